//! Reading what a provider registered us as: adopted where it differs from what was asked, refused where it would be useless.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    ClientInformation, RegistrationRequest,
    client_information::Members,
    terms::{Terms, grant_types, named, named_unless_none},
};
use crate::{
    client_auth::TokenEndpointAuthMethod,
    error::{Excerpt, InvalidRegistration},
    jose::SignatureAlgorithm,
    json,
    numeric_date::NumericDate,
    secret::Secret,
};

/// What an answer has that is not metadata (RFC 7591 3.2.1, RFC 7592 3).
const NOT_METADATA: [&str; 6] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];

impl RegistrationRequest {
    /// The answer is adopted where it differs from what was asked (RFC 7591 3.2.1), save for what would make it useless. What a
    /// later answer does not say of secret and access is as it was.
    pub(super) fn adopt(
        &self,
        answer: &Map<String, Value>,
        held: Option<&ClientInformation>,
    ) -> Result<ClientInformation, InvalidRegistration> {
        let client_id: String = json::required(answer, "client_id")?;
        if client_id.is_empty() {
            return Err(InvalidRegistration::EmptyClientId);
        }
        // RFC 7592 3: an answer about a client that we are not is not about our registration.
        if let Some(held) = held.filter(|held| held.client_id != client_id) {
            let (expected, got) = (Excerpt::new(&held.client_id), Excerpt::new(&client_id));
            return Err(InvalidRegistration::ClientId { expected, got });
        }
        let redirect_uris: Option<Vec<String>> = json::member(answer, "redirect_uris")?;
        if redirect_uris.is_some_and(|uris| self.redirect_uris.iter().any(|asked| !uris.contains(asked))) {
            return Err(InvalidRegistration::RedirectUris);
        }
        let terms = self.terms.adopted(answer)?;
        self.check_grant_types(&terms)?;
        let (client_secret, client_secret_expires_at) = secret(answer, held)?;
        let method = self.registered_method(answer, client_secret.is_some())?;
        let client_secret = client_secret.filter(|_| method != TokenEndpointAuthMethod::None);
        let terms = Terms { token_endpoint_auth_signing_alg: self.registered_auth_signing(answer, method)?, ..terms };
        self.check_use(&terms, method, client_secret.as_ref())?;
        let access = |member| Ok::<_, InvalidRegistration>(json::member::<String>(answer, member)?);
        let information = ClientInformation {
            client_id,
            client_secret,
            client_secret_expires_at,
            token_endpoint_auth_method: method,
            id_token_signed_response_alg: self.registered_algorithm(answer)?,
            registration_access_token: access("registration_access_token")?
                .map(Secret::new)
                .or_else(|| held?.registration_access_token.clone()),
            registration_client_uri: access("registration_client_uri")?
                .or_else(|| held?.registration_client_uri.clone()),
            terms,
            added: self.added(answer),
        };
        // Whether our keys are among those that we registered, the caller finds by `Client::check` when they are there.
        information.client().check_but_keys().map_err(InvalidRegistration::Unusable)?;
        Ok(information)
    }

    /// What the provider registered of its own accord: an update must say it again (RFC 7592 2.2).
    fn added(&self, answer: &Map<String, Value>) -> Members {
        let is_added = |name: &str| !self.asked.0.contains_key(name) && !NOT_METADATA.contains(&name);
        let added = answer.iter().filter(|(name, value)| is_added(name) && !value.is_null());
        Members(added.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Registration 2: without the grant type that goes with a response type, the one is as good as dropped.
    fn check_grant_types(&self, terms: &Terms) -> Result<(), InvalidRegistration> {
        let lacks = grant_types(&self.terms.response_types)
            .find(|needed| !terms.grant_types.iter().any(|registered| registered == needed));
        lacks.map_or(Ok(()), |lacks| Err(InvalidRegistration::GrantType { lacks }))
    }

    fn registered_method(
        &self,
        answer: &Map<String, Value>,
        has_secret: bool,
    ) -> Result<TokenEndpointAuthMethod, InvalidRegistration> {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Unauthenticated, PrivateKeyJwt,
            SelfSignedTlsClientAuth, TlsClientAuth,
        };
        let method = match json::member::<String>(answer, "token_endpoint_auth_method")? {
            Some(name) => TokenEndpointAuthMethod::deserialize(Value::String(name.clone()))
                .map_err(|_| InvalidRegistration::AuthMethod { got: Excerpt::new(&name) })?,
            None => self.token_endpoint_auth_method,
        };
        match method {
            ClientSecretBasic | ClientSecretPost | ClientSecretJwt if !has_secret => {
                Err(InvalidRegistration::NoSecret { member: "token_endpoint_auth_method" })
            }
            // The provider has nothing to check our assertions with.
            PrivateKeyJwt if !self.has_keys() => {
                Err(InvalidRegistration::NoKeys { member: "token_endpoint_auth_method" })
            }
            // A certificate is there where one was asked to be taken, and it is of that kind.
            TlsClientAuth | SelfSignedTlsClientAuth if method != self.token_endpoint_auth_method => {
                Err(InvalidRegistration::AuthMethod { got: Excerpt::new(method.name()) })
            }
            ClientSecretBasic
            | ClientSecretPost
            | ClientSecretJwt
            | PrivateKeyJwt
            | TlsClientAuth
            | SelfSignedTlsClientAuth
            | Unauthenticated => Ok(method),
        }
    }

    /// Of concern to those who sign assertions only.
    fn registered_auth_signing(
        &self,
        answer: &Map<String, Value>,
        method: TokenEndpointAuthMethod,
    ) -> Result<Option<SignatureAlgorithm>, InvalidRegistration> {
        let member = "token_endpoint_auth_signing_alg";
        let is_symmetric = match method {
            TokenEndpointAuthMethod::ClientSecretJwt => true,
            TokenEndpointAuthMethod::PrivateKeyJwt => false,
            _ => return Ok(None),
        };
        let asked = self.terms.token_endpoint_auth_signing_alg;
        match named::<SignatureAlgorithm>(answer, member)? {
            // Core 9: an HMAC with the secret for the one method, a key of ours for the other.
            Some(algorithm) if algorithm.is_symmetric() != is_symmetric => {
                Err(InvalidRegistration::Algorithm { member, got: Excerpt::new(algorithm.name()) })
            }
            // What was asked for another method says nothing of this one.
            registered => Ok(registered.or(asked.filter(|asked| asked.is_symmetric() == is_symmetric))),
        }
    }

    fn registered_algorithm(&self, answer: &Map<String, Value>) -> Result<SignatureAlgorithm, InvalidRegistration> {
        // V33: what comes of `none` is refused at the ID Token, which must have what we asked for.
        let registered = named_unless_none(answer, "id_token_signed_response_alg")?;
        Ok(registered.unwrap_or(self.id_token_signed_response_alg))
    }

    /// Whether we have what it takes to hold to these terms: keys, a secret that is long enough, a certificate.
    fn check_use(
        &self,
        terms: &Terms,
        method: TokenEndpointAuthMethod,
        client_secret: Option<&Secret<String>>,
    ) -> Result<(), InvalidRegistration> {
        use TokenEndpointAuthMethod::{ClientSecretJwt, SelfSignedTlsClientAuth, TlsClientAuth};
        // Core 10.2: encrypted for us with a public key of ours, or with the secret.
        for (member, alg) in terms.response_encryption().into_iter().filter_map(|(member, alg)| Some((member, alg?))) {
            if alg.is_symmetric() && client_secret.is_none() {
                return Err(InvalidRegistration::NoSecret { member });
            }
            if !alg.is_symmetric() && !self.has_keys() {
                return Err(InvalidRegistration::NoKeys { member });
            }
        }
        if terms.request_object_encryption_alg.is_some_and(|alg| alg.is_symmetric()) && client_secret.is_none() {
            return Err(InvalidRegistration::NoSecret { member: "request_object_encryption_alg" });
        }
        let request_objects = terms.request_object_algorithm();
        if request_objects.is_some_and(|algorithm| !algorithm.is_symmetric()) && !self.has_keys() {
            return Err(InvalidRegistration::NoKeys { member: "request_object_signing_alg" });
        }
        // RFC 9101 10.5: it takes no request of ours that is not signed.
        if terms.require_signed_request_object && request_objects.is_none() {
            return Err(InvalidRegistration::SignedRequestObjects);
        }
        // RFC 7518 3.2, V54. Where no algorithm is named, it is the shortest.
        let assertions = terms
            .token_endpoint_auth_signing_alg
            .or(Some(SignatureAlgorithm::Hs256))
            .filter(|_| method == ClientSecretJwt);
        let bytes = client_secret.map_or(0, |secret| secret.expose().len());
        for (member, needed) in [
            ("token_endpoint_auth_signing_alg", assertions),
            ("userinfo_signed_response_alg", terms.userinfo_signed_response_alg),
            ("request_object_signing_alg", request_objects),
        ]
        .map(|(member, algorithm)| (member, algorithm.map_or(0, SignatureAlgorithm::secret_bytes)))
        .into_iter()
        .chain(terms.secret_bytes_of_encryption())
        {
            if bytes < needed {
                return Err(InvalidRegistration::SecretTooShort { member, bytes: needed });
            }
        }
        // RFC 8705 3.4: a token that is bound to a certificate which we do not have is good for nothing.
        let has_certificate = matches!(method, TlsClientAuth | SelfSignedTlsClientAuth);
        if terms.tls_client_certificate_bound_access_tokens && !has_certificate {
            return Err(InvalidRegistration::CertificateBoundTokens);
        }
        Ok(())
    }
}

/// The secret of this answer and its end; what a later answer does not say is as it was.
fn secret(
    answer: &Map<String, Value>,
    held: Option<&ClientInformation>,
) -> Result<(Option<Secret<String>>, Option<NumericDate>), InvalidRegistration> {
    let secret = json::member::<String>(answer, "client_secret")?.filter(|secret| !secret.is_empty()).map(Secret::new);
    // Registration 3.2: 0 means never.
    let expires_at: Option<NumericDate> = json::member(answer, "client_secret_expires_at")?;
    let is_new = secret.is_some();
    let earlier = held.filter(|_| !is_new);
    let secret = secret.or_else(|| earlier?.client_secret.clone());
    let expires_at = match expires_at {
        Some(date) => Some(date).filter(|date| date.seconds() != 0),
        None => earlier.and_then(|held| held.client_secret_expires_at),
    };
    Ok((secret, expires_at))
}

impl RegistrationRequest {
    /// Whether the provider is told of keys of ours.
    fn has_keys(&self) -> bool {
        ["jwks", "jwks_uri"].into_iter().any(|member| self.asked.0.contains_key(member))
    }

    /// The terms that hold, in the place of those that were asked for: for an answer that only says what is.
    pub(super) fn with_terms_of(self, held: &ClientInformation) -> Self {
        Self {
            token_endpoint_auth_method: held.token_endpoint_auth_method,
            id_token_signed_response_alg: held.id_token_signed_response_alg,
            terms: held.settled(self.terms),
            ..self
        }
    }
}
