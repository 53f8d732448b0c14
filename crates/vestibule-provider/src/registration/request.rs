//! What a client asks to be registered as (Registration 2, RFC 7591 2), checked.

use serde_json::{Map, Value, json};
use url::Url;
use vestibule_core::{NumericDate, Secret, SignatureAlgorithm, TokenEndpointAuthMethod, issuer::is_https_or_loopback};

use super::{Registrations, logout_uris::LogoutUris};
use crate::{client::RegisteredClient, denial::Denial};

/// A registration request in order.
pub(crate) struct RegistrationRequest {
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    logout_uris: LogoutUris,
    has_refresh_tokens: bool,
    client_name: Option<String>,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
    /// What the client says of itself, and the provider only repeats.
    described: Map<String, Value>,
}

const AUTH_METHODS: [TokenEndpointAuthMethod; 3] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::None,
];

/// Members that mean something to people alone; each may come in several languages (`tos_uri#fr`).
const TEXTS: [&str; 8] =
    ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri", "scope", "software_id", "software_version"];

impl RegistrationRequest {
    /// Reads the body, as this provider takes it. Members that the provider knows nothing of are left out (RFC 7591 2).
    pub(crate) fn parse(body: &[u8], registrations: &Registrations) -> Result<Self, Denial> {
        let mut asked: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| invalid("the body must be a JSON object"))?;
        registrations.substitute_in(&mut asked);
        check_flow(&asked)?;
        let redirect_uris = redirect_uris(&asked)?;
        let request = Self {
            logout_uris: LogoutUris::read(&asked, &redirect_uris)?,
            has_refresh_tokens: list(&asked, "grant_types")?.is_some_and(|types| types.contains(&"refresh_token")),
            redirect_uris,
            post_logout_redirect_uris: post_logout_redirect_uris(&asked)?,
            client_name: text(&asked, "client_name")?.map(str::to_owned),
            token_endpoint_auth_method: auth_method(&asked)?,
            id_token_signed_response_alg: algorithm(&asked)?,
            described: described(&asked)?,
        };
        // Core 10.1: the key of an HMAC is the client's secret.
        if request.id_token_signed_response_alg.is_symmetric() && !request.has_secret() {
            return Err(invalid("an HMAC needs a client with a secret"));
        }
        Ok(request)
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.token_endpoint_auth_method != TokenEndpointAuthMethod::None
    }

    /// The client that this becomes.
    pub(crate) fn client(
        &self,
        client_id: &str,
        secret: Option<(Secret<String>, Option<NumericDate>)>,
    ) -> RegisteredClient {
        let mut client = match secret {
            Some((secret, expires_at)) => {
                RegisteredClient::confidential(client_id, secret).secret_expires_at(expires_at)
            }
            None => RegisteredClient::public(client_id),
        };
        if let Some(name) = &self.client_name {
            client = client.client_name(name);
        }
        let client = self.redirect_uris.iter().fold(client, RegisteredClient::redirect_uri);
        let client = self.post_logout_redirect_uris.iter().fold(client, RegisteredClient::post_logout_redirect_uri);
        let client = if self.has_refresh_tokens { client.grant_type("refresh_token") } else { client };
        self.logout_uris
            .put_into(client)
            .token_endpoint_auth_method(self.token_endpoint_auth_method)
            .id_token_signed_response_alg(self.id_token_signed_response_alg)
    }

    /// The metadata as registered, with what was not asked for and is so (Registration 3.2).
    pub(crate) fn registered(&self) -> Map<String, Value> {
        let mut members = self.described.clone();
        let refresh_token = self.has_refresh_tokens.then_some("refresh_token");
        let grant_types: Vec<&str> = ["authorization_code"].into_iter().chain(refresh_token).collect();
        for (name, value) in [
            ("redirect_uris", json!(self.redirect_uris)),
            ("response_types", json!(["code"])),
            ("grant_types", json!(grant_types)),
            ("subject_type", json!("public")),
            ("token_endpoint_auth_method", json!(self.token_endpoint_auth_method)),
            ("id_token_signed_response_alg", json!(self.id_token_signed_response_alg)),
        ] {
            members.insert(name.to_owned(), value);
        }
        if !self.post_logout_redirect_uris.is_empty() {
            members.insert("post_logout_redirect_uris".to_owned(), json!(self.post_logout_redirect_uris));
        }
        self.logout_uris.tell(&mut members);
        members
    }
}

/// Registration 2: the code flow, for whose parts response_types and grant_types must agree.
fn check_flow(asked: &Map<String, Value>) -> Result<(), Denial> {
    let response_types = list(asked, "response_types")?.unwrap_or_else(|| vec!["code"]);
    if response_types != ["code"] {
        return Err(invalid("response_types may hold code alone"));
    }
    let grant_types = list(asked, "grant_types")?.unwrap_or_else(|| vec!["authorization_code"]);
    if !grant_types.contains(&"authorization_code") {
        return Err(invalid("grant_types lacks authorization_code, which the response type code needs"));
    }
    if grant_types.iter().any(|grant_type| !["authorization_code", "refresh_token"].contains(grant_type)) {
        return Err(invalid("grant_types has one that is not supported, or has no response type"));
    }
    if text(asked, "subject_type")?.is_some_and(|kind| kind != "public") {
        return Err(invalid("subject_type must be public"));
    }
    Ok(())
}

/// RFC 7591 3.2.2 has an error of its own for these.
fn redirect_uris(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    let invalid = |why| Denial::new("invalid_redirect_uri", why);
    let uris = list(asked, "redirect_uris").map_err(|_| invalid("redirect_uris must be a list of texts"))?;
    let uris = uris.filter(|uris| !uris.is_empty()).ok_or(invalid("redirect_uris is missing"))?;
    if !uris.iter().all(|uri| is_returnable(uri)) {
        return Err(invalid("a redirect URI is https, or http on this machine, and has no fragment"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

fn post_logout_redirect_uris(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    let uris = list(asked, "post_logout_redirect_uris")?.unwrap_or_default();
    if !uris.iter().all(|uri| is_returnable(uri)) {
        return Err(invalid("a post-logout redirect URI is https, or http on this machine, and has no fragment"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// RFC 6749 3.1.2. It is later compared and sent as it is written, so that it must be written as a header needs it.
pub(super) fn is_returnable(uri: &str) -> bool {
    let is_written_out = uri.contains("://") && !uri.contains('\\') && uri.bytes().all(|byte| byte.is_ascii_graphic());
    is_written_out && Url::parse(uri).is_ok_and(|url| is_https_or_loopback(&url) && url.fragment().is_none())
}

fn auth_method(asked: &Map<String, Value>) -> Result<TokenEndpointAuthMethod, Denial> {
    let Some(name) = text(asked, "token_endpoint_auth_method")? else {
        return Ok(TokenEndpointAuthMethod::ClientSecretBasic);
    };
    let method = AUTH_METHODS.into_iter().find(|method| method.name() == name);
    method.ok_or_else(|| invalid("token_endpoint_auth_method must be client_secret_basic, client_secret_post or none"))
}

fn algorithm(asked: &Map<String, Value>) -> Result<SignatureAlgorithm, Denial> {
    let name = text(asked, "id_token_signed_response_alg")?;
    name.map_or(Ok(SignatureAlgorithm::Rs256), str::parse)
        .map_err(|unknown| Denial::new("invalid_client_metadata", format!("id_token_signed_response_alg is {unknown}")))
}

fn described(asked: &Map<String, Value>) -> Result<Map<String, Value>, Denial> {
    let mut described = Map::new();
    for (name, value) in asked {
        let base = name.split_once('#').map_or(name.as_str(), |(base, _)| base);
        if TEXTS.contains(&base) && text(asked, name)?.is_some() {
            described.insert(name.clone(), value.clone());
        }
    }
    if list(asked, "contacts")?.is_some() {
        described.extend(asked.get_key_value("contacts").map(|(name, value)| (name.clone(), value.clone())));
    }
    match text(asked, "application_type")?.unwrap_or("web") {
        kind @ ("web" | "native") => described.insert("application_type".to_owned(), json!(kind)),
        _ => return Err(invalid("application_type must be web or native")),
    };
    Ok(described)
}

/// RFC 7591 2.1: a member that is null is not there.
fn member<'a>(asked: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    asked.get(name).filter(|value| !value.is_null())
}

pub(super) fn text<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Denial> {
    let text = |value: &'a Value| value.as_str().ok_or_else(|| invalid(format!("{name} must be a text")));
    member(asked, name).map(text).transpose()
}

pub(super) fn flag(asked: &Map<String, Value>, name: &str) -> Result<bool, Denial> {
    let flag = |value: &Value| value.as_bool().ok_or_else(|| invalid(format!("{name} must be true or false")));
    Ok(member(asked, name).map(flag).transpose()?.unwrap_or_default())
}

fn list<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Denial> {
    let texts = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<&'a str>>>();
    let list = |value| texts(value).ok_or_else(|| invalid(format!("{name} must be a list of texts")));
    member(asked, name).map(list).transpose()
}

pub(super) fn invalid(why: impl Into<String>) -> Denial {
    Denial::new("invalid_client_metadata", why)
}
