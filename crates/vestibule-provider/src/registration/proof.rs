//! How a client will prove who it is: its method at the token endpoint, its keys, its certificate (Registration 2, RFC 8705 2).

use serde_json::{Map, Value, json};
use vestibule_core::{SignatureAlgorithm, TokenEndpointAuthMethod};

use super::members::{flag, invalid, member, named, own_url, repeat, text};
use crate::{client::RegisteredClient, denial::Denial};

pub(super) struct Proof {
    pub(super) method: TokenEndpointAuthMethod,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    token_endpoint_auth_signing_alg: Option<SignatureAlgorithm>,
    tls_client_auth_subject_dn: Option<String>,
    has_bound_tokens: bool,
    /// What is repeated in the answer as it was asked for.
    told: Map<String, Value>,
}

pub(crate) const AUTH_METHODS: [TokenEndpointAuthMethod; 7] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::ClientSecretJwt,
    TokenEndpointAuthMethod::PrivateKeyJwt,
    TokenEndpointAuthMethod::TlsClientAuth,
    TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
    TokenEndpointAuthMethod::None,
];

/// RFC 8705 2.1.2: of these exactly one.
const CERTIFICATE_NAMES: [&str; 5] = [
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
];

/// Members of a JWK that nobody but its owner may know (RFC 7518 6.2.2, 6.3.2, 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Proof {
    pub(super) fn read(asked: &Map<String, Value>, offered: &[TokenEndpointAuthMethod]) -> Result<Self, Denial> {
        let proof = Self {
            method: method(asked, offered)?,
            jwks: jwks(asked)?,
            jwks_uri: own_url(asked, "jwks_uri")?.map(str::to_owned),
            token_endpoint_auth_signing_alg: named(asked, "token_endpoint_auth_signing_alg")?,
            tls_client_auth_subject_dn: text(asked, "tls_client_auth_subject_dn")?.map(str::to_owned),
            has_bound_tokens: flag(asked, "tls_client_certificate_bound_access_tokens")?,
            told: told(asked)?,
        };
        // Registration 2
        if proof.jwks.is_some() && proof.jwks_uri.is_some() {
            return Err(invalid("jwks and jwks_uri must not both be there"));
        }
        proof.check_signing_algorithm()?;
        proof.check_keys()?;
        Ok(proof)
    }

    /// Whether the client gets a secret.
    pub(super) fn has_secret(&self) -> bool {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost};
        matches!(self.method, ClientSecretBasic | ClientSecretPost | ClientSecretJwt)
    }

    pub(super) fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }

    pub(super) fn put_into(&self, client: RegisteredClient) -> RegisteredClient {
        let client = client.token_endpoint_auth_method(self.method);
        let client = self.jwks.iter().cloned().fold(client, RegisteredClient::jwks);
        let client = self.jwks_uri.iter().fold(client, RegisteredClient::jwks_uri);
        let client = self.tls_client_auth_subject_dn.iter().fold(client, RegisteredClient::tls_client_auth_subject_dn);
        let algorithm = self.token_endpoint_auth_signing_alg;
        let client = algorithm.into_iter().fold(client, RegisteredClient::token_endpoint_auth_signing_alg);
        if self.has_bound_tokens { client.tls_client_certificate_bound_access_tokens() } else { client }
    }

    pub(super) fn tell(&self, members: &mut Map<String, Value>) {
        members.extend(self.told.clone());
        members.insert("token_endpoint_auth_method".to_owned(), json!(self.method));
    }

    /// Registration 2: it is for the two methods with assertions; HMACs are for the one with the secret (Core 9).
    fn check_signing_algorithm(&self) -> Result<(), Denial> {
        let Some(algorithm) = self.token_endpoint_auth_signing_alg else { return Ok(()) };
        let fits = match self.method {
            TokenEndpointAuthMethod::ClientSecretJwt => algorithm.is_symmetric(),
            TokenEndpointAuthMethod::PrivateKeyJwt => !algorithm.is_symmetric(),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(invalid("token_endpoint_auth_signing_alg does not fit token_endpoint_auth_method"))
        }
    }

    fn check_keys(&self) -> Result<(), Denial> {
        match self.method {
            // Core 9; RFC 8705 2.2.2
            TokenEndpointAuthMethod::PrivateKeyJwt | TokenEndpointAuthMethod::SelfSignedTlsClientAuth
                if !self.has_keys() =>
            {
                Err(invalid("this token_endpoint_auth_method needs jwks or jwks_uri"))
            }
            // RFC 8705 2.1.2
            TokenEndpointAuthMethod::TlsClientAuth
                if CERTIFICATE_NAMES.iter().filter(|name| self.told.contains_key(**name)).count() != 1 =>
            {
                Err(invalid("tls_client_auth needs exactly one name of the certificate's subject"))
            }
            _ => Ok(()),
        }
    }
}

fn method(asked: &Map<String, Value>, offered: &[TokenEndpointAuthMethod]) -> Result<TokenEndpointAuthMethod, Denial> {
    let name = text(asked, "token_endpoint_auth_method")?.unwrap_or("client_secret_basic");
    let method = offered.iter().find(|method| method.name() == name);
    method.copied().ok_or_else(|| invalid("token_endpoint_auth_method is not one that is offered"))
}

/// RFC 7517 5; a client that gives its private keys away is told at once.
fn jwks(asked: &Map<String, Value>) -> Result<Option<Value>, Denial> {
    let Some(jwks) = member(asked, "jwks") else { return Ok(None) };
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or_else(|| invalid("jwks must be a key set"))?;
    let types = keys.iter().map(|key| key.get("kty").and_then(Value::as_str));
    if keys.is_empty() || types.into_iter().any(|kty| kty.is_none()) {
        return Err(invalid("jwks must have keys, each with its kty"));
    }
    if keys.iter().any(|key| PRIVATE.iter().any(|member| key.get(member).is_some())) {
        return Err(invalid("jwks has a key that is not public"));
    }
    Ok(Some(jwks.clone()))
}

fn told(asked: &Map<String, Value>) -> Result<Map<String, Value>, Denial> {
    let mut told = Map::new();
    for name in CERTIFICATE_NAMES {
        text(asked, name)?;
    }
    repeat(asked, &CERTIFICATE_NAMES, &mut told);
    let others = ["jwks", "jwks_uri", "token_endpoint_auth_signing_alg", "tls_client_certificate_bound_access_tokens"];
    repeat(asked, &others, &mut told);
    Ok(told)
}
