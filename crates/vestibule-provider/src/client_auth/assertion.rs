//! Authentication by an assertion (RFC 7523 2.2 and 3, Core 9): `client_secret_jwt` and `private_key_jwt`.

use serde_json::{Map, Value};
use vestibule_core::{
    JwkSet, SignatureAlgorithm, TokenEndpointAuthMethod,
    jose::{CompactJws, InvalidJws},
};

use super::refused;
use crate::{
    claim, client::RegisteredClient, denial::Denial, header, parameters::Parameters, provider::DevelopmentProvider,
};

/// RFC 7523 2.2
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The most seconds that an assertion may be good for from now on.
const MOST_SECONDS: i64 = 3600;

impl DevelopmentProvider {
    /// Takes assertions alone whose `aud` is the issuer, as a plain text (as FAPI 2.0 asks). Unless said, the token endpoint will do,
    /// and a list with others in it.
    pub fn strict_assertion_audience(self) -> Self {
        self.state().proofs.takes_issuer_alone = true;
        self
    }
}

pub(super) fn check_type(parameters: &Parameters) -> Result<(), Denial> {
    match parameters.get("client_assertion_type") {
        Some(TYPE) => Ok(()),
        _ => Err(Denial::new("invalid_request", "client_assertion_type must be that of a JWT")),
    }
}

/// Who says to be the client, which nobody has vouched for yet.
pub(super) fn subject(assertion: &str) -> Result<String, Denial> {
    let claims = claims(&parsed(assertion)?)?;
    claims.get("sub").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| refused("an assertion without sub"))
}

pub(super) async fn check(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    assertion: &str,
) -> Result<(), Denial> {
    // RFC 8725 3.11, the update of RFC 7523 4
    if !header::may_be(assertion, &["jwt", "client-authentication+jwt"]) {
        return Err(refused("the assertion says that it is another kind of token"));
    }
    let jws = parsed(assertion)?;
    let algorithm = agreed_algorithm(client, assertion)?;
    check_signature(provider, client, &jws, algorithm).await.map_err(|why| refused(why.to_string()))?;
    let claims = claims(&jws)?;
    // RFC 7523 3 (1) and (2B)
    for name in ["iss", "sub"] {
        if claims.get(name).and_then(Value::as_str) != Some(client.client_id()) {
            return Err(refused(format!("{name} of the assertion is not the client")));
        }
    }
    check_audience(provider, claims.get("aud"))?;
    check_times(provider, &claims)?;
    check_first_use(provider, client, &claims)
}

fn parsed(assertion: &str) -> Result<CompactJws<'_>, Denial> {
    CompactJws::parse(assertion).map_err(|why| refused(format!("the assertion is {why}")))
}

fn claims(jws: &CompactJws<'_>) -> Result<Map<String, Value>, Denial> {
    serde_json::from_slice(jws.unverified_payload()).map_err(|_| refused("the assertion is no JSON object"))
}

/// The registered one; else any that fits the method.
fn agreed_algorithm(client: &RegisteredClient, assertion: &str) -> Result<SignatureAlgorithm, Denial> {
    let is_secret = client.auth_method() == TokenEndpointAuthMethod::ClientSecretJwt;
    let own = header::text(assertion, "alg").and_then(|alg| alg.parse::<SignatureAlgorithm>().ok());
    let own = own.ok_or_else(|| refused("the assertion has an algorithm that nobody knows"))?;
    if client.assertion_algorithm().is_some_and(|registered| registered != own) {
        return Err(refused("the assertion has another algorithm than token_endpoint_auth_signing_alg"));
    }
    if own.is_symmetric() != is_secret {
        return Err(refused("the assertion has an algorithm of another token_endpoint_auth_method"));
    }
    Ok(own)
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

/// RFC 7523 3 (3)
fn check_audience(provider: &DevelopmentProvider, aud: Option<&Value>) -> Result<(), Denial> {
    let aud = aud.ok_or_else(|| refused("the assertion has no aud"))?;
    let issuer = provider.issuer().as_str();
    let is_meant = if provider.state().proofs.takes_issuer_alone {
        aud == issuer
    } else {
        let endpoint = provider.endpoint("/token");
        let alias = provider.mtls_endpoint("/token");
        let names = [Some(issuer), Some(endpoint.as_str()), alias.as_deref()];
        names.into_iter().flatten().any(|name| claim::names(aud, name))
    };
    if is_meant { Ok(()) } else { Err(refused("aud of the assertion is not this provider")) }
}

/// RFC 7523 3 (4), (5) and (6)
fn check_times(provider: &DevelopmentProvider, claims: &Map<String, Value>) -> Result<(), Denial> {
    let now = provider.now();
    let time =
        |name: &str| claim::time(claims, name).map_err(|_| refused(format!("{name} of the assertion is no number")));
    let exp = time("exp")?.ok_or_else(|| refused("the assertion has no exp"))?;
    if exp <= now {
        return Err(refused("the assertion has expired"));
    }
    if exp > now.plus(MOST_SECONDS) {
        return Err(refused("the assertion is good for more than an hour"));
    }
    if time("nbf")?.is_some_and(|nbf| nbf > now) {
        return Err(refused("the assertion is not good yet"));
    }
    if time("iat")?.is_some_and(|iat| iat > now) {
        return Err(refused("the assertion was made in the future"));
    }
    Ok(())
}

/// RFC 7523 3 (7), Core 9: an assertion is good once.
fn check_first_use(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    claims: &Map<String, Value>,
) -> Result<(), Denial> {
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| !jti.is_empty());
    let jti = jti.ok_or_else(|| refused("the assertion has no jti"))?;
    let name = format!("{}\n{jti}", client.client_id());
    let known = &mut provider.state().proofs.assertions;
    if known.get(&name).is_some() {
        return Err(refused("the assertion was used before"));
    }
    known.insert(name, ());
    Ok(())
}
