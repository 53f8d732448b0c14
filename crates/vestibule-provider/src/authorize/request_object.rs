//! Request objects (Core 6, RFC 9101): parameters that the client signed, sent along or fetched from where it put them.

mod encrypted;

use serde_json::{Map, Value};
use vestibule_core::{
    JwkSet, SignatureAlgorithm,
    jose::{CompactJws, InvalidJws},
};

use self::encrypted::decrypted;
use crate::{
    claim,
    client::{ObjectAlgorithm, RegisteredClient},
    denial::Denial,
    header,
    parameters::Parameters,
    provider::DevelopmentProvider,
    warning::Warning,
};

/// How the provider takes request objects.
#[derive(Default)]
pub(crate) struct RequestSettings {
    pub(crate) refuses_objects: bool,
    pub(crate) requires_registered_uris: bool,
}

/// The most characters of a `request_uri` (Core 6.2).
const MOST_CHARACTERS: usize = 512;

impl DevelopmentProvider {
    /// Takes no request objects: they are answered with `request_not_supported` and `request_uri_not_supported` (Core 3.1.2.6).
    pub fn without_request_objects(self) -> Self {
        self.state().request_settings.refuses_objects = true;
        self
    }

    /// Fetches request objects from places alone that the client registered (`require_request_uri_registration`, Discovery 3);
    /// from everywhere, unless said.
    pub fn require_request_uri_registration(self) -> Self {
        self.state().request_settings.requires_registered_uris = true;
        self
    }
}

/// The parameters of a request, those of its request object in the place of those beside it (Core 6.1).
pub(super) async fn resolved(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    plain: &Parameters,
) -> Result<Parameters, Denial> {
    let (refuses, registered_only) = {
        let settings = &provider.state().request_settings;
        (settings.refuses_objects, settings.requires_registered_uris)
    };
    let token = match (plain.get("request"), plain.get("request_uri")) {
        (None, None) => return Ok(plain.clone()),
        // Core 3.1.2.6: what cannot be done is said, not skipped.
        (Some(_), _) if refuses => {
            return Err(Denial::new("request_not_supported", "request objects are not supported"));
        }
        (None, Some(_)) if refuses => {
            return Err(Denial::new("request_uri_not_supported", "request_uri is not supported"));
        }
        // Core 6.1
        (Some(_), Some(_)) => return Err(Denial::new("invalid_request", "both request and request_uri")),
        (Some(token), None) => token.to_owned(),
        (None, Some(uri)) => {
            check_place(client, uri, registered_only)?;
            fetched(provider, uri).await?
        }
    };
    // Core 6.1: these two are there as OAuth wants them, and the same.
    for name in ["response_type", "scope"] {
        if !plain.has(name) {
            return Err(Denial::new("invalid_request", format!("{name} is missing beside the request object")));
        }
    }
    if !plain.lists("scope", "openid") {
        return Err(Denial::new("invalid_scope", "scope must contain openid beside the request object too"));
    }
    let claims = verified(provider, client, &decrypted(provider, client, token)?).await?;
    check_claims(provider, client, &claims)?;
    merged(plain, &claims)
}

/// Core 6.2; that it is https, or http on this machine, is for whoever fetches it to say.
fn check_place(client: &RegisteredClient, uri: &str, registered_only: bool) -> Result<(), Denial> {
    let refused = |why: &'static str| Denial::new("invalid_request_uri", why);
    if uri.len() > MOST_CHARACTERS {
        return Err(refused("request_uri has more than 512 characters"));
    }
    if registered_only && !client.has_request_uri(uri) {
        return Err(refused("request_uri is not registered for the client"));
    }
    Ok(())
}

async fn fetched(provider: &DevelopmentProvider, uri: &str) -> Result<String, Denial> {
    let fetched = provider.fetch(uri).await.map_err(|why| Denial::new("invalid_request_uri", why.to_string()))?;
    let text = String::from_utf8(fetched.to_vec());
    text.map_err(|_| Denial::new("invalid_request_uri", "what is there is no text"))
}

/// The claims, as the client's own signature vouches for them (Core 6.3.2, RFC 9101 6.2).
async fn verified(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    token: &str,
) -> Result<Map<String, Value>, Denial> {
    let jws = CompactJws::parse(token).map_err(|why| invalid(why.to_string()))?;
    // RFC 9101 10.8.1
    if !header::may_be(token, &["jwt", "oauth-authz-req+jwt"]) {
        return Err(invalid("another kind of token"));
    }
    let alg = header::text(token, "alg").ok_or_else(|| invalid("the header has no alg"))?;
    let signed = match (client.object_algorithm(), alg.as_str()) {
        (ObjectAlgorithm::Unsigned, "none") if token.ends_with('.') => None,
        (ObjectAlgorithm::Unsigned, _) => return Err(invalid("request_object_signing_alg is none")),
        (_, "none") => return Err(invalid("the request object is not signed")),
        (ObjectAlgorithm::Signed(registered), _) => Some(registered),
        (ObjectAlgorithm::Any, alg) => Some(alg.parse().map_err(|_| invalid("an algorithm that nobody knows"))?),
    };
    if let Some(algorithm) = signed {
        check_signature(provider, client, &jws, algorithm).await.map_err(|why| invalid(why.to_string()))?;
    }
    serde_json::from_slice(jws.unverified_payload()).map_err(|_| invalid("the payload is no JSON object"))
}

async fn check_signature(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    jws: &CompactJws<'_>,
    algorithm: SignatureAlgorithm,
) -> Result<(), InvalidJws> {
    if algorithm.is_symmetric() {
        let none = "".into();
        return jws.verify_with_secret(algorithm, client.client_secret().unwrap_or(&none));
    }
    let keys = provider.keys_of(client).await.and_then(|keys| JwkSet::from_json(keys.to_string().as_bytes()).ok());
    jws.verify(algorithm, &keys.unwrap_or_else(JwkSet::empty))
}

/// Of these, at least one is in whatever asks for something (Core 3.1.2.1).
const ASKING: [&str; 10] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "max_age",
    "prompt",
    "acr_values",
    "claims",
];

/// Core 6.1, RFC 9101 4
fn check_claims(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    claims: &Map<String, Value>,
) -> Result<(), Denial> {
    match claims.get("iss") {
        None => provider.warn(Warning::RequestObjectWithoutIssuer),
        Some(iss) if iss == client.client_id() => {}
        Some(_) => return Err(invalid("iss is not the client")),
    }
    match claims.get("aud") {
        None => provider.warn(Warning::RequestObjectWithoutAudience),
        Some(aud) if claim::names(aud, provider.issuer().as_str()) => {}
        Some(_) => return Err(invalid("aud is not this provider")),
    }
    let now = provider.now();
    if claim::time(claims, "exp").map_err(|_| invalid("exp is no number"))?.is_some_and(|exp| exp <= now) {
        return Err(invalid("the request object has expired"));
    }
    if claim::time(claims, "nbf").map_err(|_| invalid("nbf is no number"))?.is_some_and(|nbf| nbf > now) {
        return Err(invalid("the request object is not good yet"));
    }
    // RFC 9101 10.8, RFC 8725 3.12: a token about somebody, or an answer, asks for nothing.
    if let Some(claim) = ["sub", "events", "code"].into_iter().find(|claim| claims.contains_key(*claim)) {
        return Err(invalid(format!("{claim} is a claim of another kind of token")));
    }
    if !ASKING.into_iter().any(|parameter| claims.contains_key(parameter)) {
        return Err(invalid("it asks for nothing"));
    }
    // RFC 9101 4
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(invalid("a request object inside of a request object"));
    }
    Ok(())
}

/// Claims that are about the token and no parameters (RFC 7519 4.1).
const OF_THE_TOKEN: [&str; 7] = ["iss", "aud", "exp", "iat", "nbf", "jti", "sub"];

fn merged(plain: &Parameters, claims: &Map<String, Value>) -> Result<Parameters, Denial> {
    let mut parameters = plain.clone();
    parameters.remove("request");
    parameters.remove("request_uri");
    for (name, value) in claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str())) {
        if name == "resource" {
            parameters.set_resources(resources(value)?);
            continue;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            // RFC 9101 4: a number is a number there, and `claims` an object.
            Value::Number(_) | Value::Object(_) | Value::Bool(_) => value.to_string(),
            Value::Array(_) | Value::Null => return Err(invalid(format!("{name} is no parameter"))),
        };
        // Core 6.1: what must be beside the object must be the same in it.
        if ["client_id", "response_type"].contains(&name.as_str()) && plain.get(name) != Some(&text) {
            return Err(invalid(format!("{name} is another one beside the request object")));
        }
        parameters.set(name, text);
    }
    Ok(parameters)
}

/// RFC 8707 2.1: one, or a list.
fn resources(value: &Value) -> Result<Vec<String>, Denial> {
    claim::strings(value).ok_or_else(|| invalid("resource is neither a text nor a list of them"))
}

fn invalid(why: impl Into<String>) -> Denial {
    Denial::new("invalid_request_object", why)
}
