//! Who asks at the token endpoint: by the one method that is registered (RFC 6749 2.3.1, Core 9).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use url::form_urlencoded;
use vestibule_core::{Secret, TokenEndpointAuthMethod};

use crate::{client::RegisteredClient, denial::Denial, parameters::Parameters, provider::DevelopmentProvider};

/// What a request shows of its sender.
struct Shown {
    client_id: String,
    client_secret: Option<Secret<String>>,
    method: TokenEndpointAuthMethod,
}

/// The client that made the request, or why nobody knows.
pub(crate) fn authenticate(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Arc<RegisteredClient>, Denial> {
    let shown = shown(headers, parameters)?;
    let client = provider.registered(&shown.client_id).ok_or_else(|| refused("unknown client"))?;
    if client.auth_method() != shown.method {
        return Err(refused("the client is registered for another token_endpoint_auth_method"));
    }
    match &shown.client_secret {
        Some(secret) if !client.has_secret(secret) => Err(refused("wrong client_secret")),
        // Registration 3.2
        Some(_) if client.secret_has_expired(provider.now()) => Err(refused("the client_secret has expired")),
        _ => Ok(client),
    }
}

/// RFC 6749 2.3: at most one method a request.
fn shown(headers: &HeaderMap, parameters: &Parameters) -> Result<Shown, Denial> {
    let (client_id, client_secret) = (parameters.get("client_id"), parameters.get("client_secret"));
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let (id, secret) = authorization.to_str().ok().and_then(basic).ok_or_else(|| refused("malformed Basic"))?;
        if client_secret.is_some() || client_id.is_some_and(|other| other != id) {
            return Err(Denial::new("invalid_request", "more than one method of client authentication"));
        }
        let method = TokenEndpointAuthMethod::ClientSecretBasic;
        return Ok(Shown { client_id: id, client_secret: Some(secret), method });
    }
    let client_id = client_id.ok_or_else(|| refused("no client authentication"))?.to_owned();
    let client_secret = client_secret.map(Secret::from);
    let method = match client_secret {
        Some(_) => TokenEndpointAuthMethod::ClientSecretPost,
        None => TokenEndpointAuthMethod::None,
    };
    Ok(Shown { client_id, client_secret, method })
}

/// RFC 6749 2.3.1: id and secret are form-url-encoded before they are joined by a colon.
fn basic(authorization: &str) -> Option<(String, Secret<String>)> {
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decoded(id)?, Secret::new(form_decoded(secret)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    // An `&` or `=` is never bare in what was encoded; a value that is not UTF-8 would be repaired silently.
    if text.contains(['&', '=']) {
        return None;
    }
    let line = format!("v={text}");
    let decoded = form_urlencoded::parse(line.as_bytes()).next()?.1.into_owned();
    (!decoded.contains('\u{fffd}')).then_some(decoded)
}

pub(crate) fn refused(why: &'static str) -> Denial {
    Denial::new("invalid_client", why).unauthorized("Basic realm=\"token\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R54
    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:s+%25%C3%A9"));
        let (id, secret) = basic(&header).expect("credentials");
        assert_eq!((id.as_str(), secret.expose().as_str()), ("a:b", "s %é"));
    }

    #[test]
    fn what_is_not_basic_is_refused() {
        for header in ["", "Basic", "Basic !", "Bearer YTpi", "Basic YQ==", "Basic YT1iOmM="] {
            assert!(basic(header).is_none(), "{header}");
        }
    }
}
