//! Who asks at the token endpoint: by the one method that is registered (RFC 6749 2.3, Core 9, RFC 8705 2).

mod assertion;
mod certificate;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use url::{Url, form_urlencoded};
use vestibule_core::{Secret, TokenEndpointAuthMethod};

pub use certificate::PresentedCertificate;

use crate::{
    client::RegisteredClient, denial::Denial, parameters::Parameters, provider::DevelopmentProvider, state::Bounded,
};

/// What the provider knows of the proofs of clients, and asks of them.
#[derive(Default)]
pub(crate) struct Proofs {
    /// The assertions that came, by client and `jti`.
    assertions: Bounded<()>,
    takes_issuer_alone: bool,
    /// What the provider presents to itself when it is an HTTP client.
    presented: Option<PresentedCertificate>,
    /// Where endpoints are that ask for a certificate.
    aliases: Option<Url>,
}

/// What a request shows of its sender.
struct Shown {
    client_id: String,
    proof: Proof,
}

enum Proof {
    Basic(Secret<String>),
    Post(Secret<String>),
    Assertion(String),
    /// In the request; below it there may be a certificate.
    Nothing,
}

/// The client that made the request, or why nobody knows.
pub(crate) async fn authenticate(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    certificate: Option<&PresentedCertificate>,
    parameters: &Parameters,
) -> Result<Arc<RegisteredClient>, Denial> {
    use TokenEndpointAuthMethod as Method;
    let shown = Shown::read(headers, parameters)?;
    let client = provider.registered(&shown.client_id).ok_or_else(|| refused("unknown client"))?;
    match (client.auth_method(), &shown.proof) {
        (Method::ClientSecretBasic, Proof::Basic(secret)) | (Method::ClientSecretPost, Proof::Post(secret)) => {
            check_secret(provider, &client, secret)?;
        }
        (Method::ClientSecretJwt | Method::PrivateKeyJwt, Proof::Assertion(assertion)) => {
            assertion::check(provider, &client, assertion).await?;
        }
        (Method::TlsClientAuth | Method::SelfSignedTlsClientAuth, Proof::Nothing) => {
            certificate::check(provider, &client, certificate).await?;
        }
        (Method::None, Proof::Nothing) => {}
        _ => return Err(refused("the client is registered for another token_endpoint_auth_method")),
    }
    Ok(client)
}

fn check_secret(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    secret: &Secret<String>,
) -> Result<(), Denial> {
    if !client.has_secret(secret) {
        return Err(refused("wrong client_secret"));
    }
    // Registration 3.2
    if client.secret_has_expired(provider.now()) {
        return Err(refused("the client_secret has expired"));
    }
    Ok(())
}

impl Shown {
    /// RFC 6749 2.3: at most one method a request.
    fn read(headers: &HeaderMap, parameters: &Parameters) -> Result<Self, Denial> {
        let in_header = headers.get(header::AUTHORIZATION);
        let (in_body, assertion) = (parameters.get("client_secret"), parameters.get("client_assertion"));
        let client_id = parameters.get("client_id");
        let (id, proof) = match (in_header, in_body, assertion) {
            (None, None, None) => (None, Proof::Nothing),
            (None, Some(secret), None) => (None, Proof::Post(secret.into())),
            (None, None, Some(assertion)) => {
                assertion::check_type(parameters)?;
                (Some(assertion::subject(assertion)?), Proof::Assertion(assertion.to_owned()))
            }
            (Some(header), None, None) => {
                let (id, secret) = header.to_str().ok().and_then(basic).ok_or_else(|| refused("malformed Basic"))?;
                (Some(id), Proof::Basic(secret))
            }
            _ => return Err(Denial::new("invalid_request", "more than one method of client authentication")),
        };
        match (id, client_id) {
            (Some(id), Some(other)) if id != other => {
                Err(Denial::new("invalid_request", "client_id is not the client that authenticates"))
            }
            (Some(id), _) => Ok(Self { client_id: id, proof }),
            (None, Some(id)) => Ok(Self { client_id: id.to_owned(), proof }),
            (None, None) => Err(refused("no client authentication")),
        }
    }
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

pub(crate) fn refused(why: impl Into<String>) -> Denial {
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
