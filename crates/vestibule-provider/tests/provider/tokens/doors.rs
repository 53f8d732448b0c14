//! The places where tokens are read, so set up that nothing but the kind of a token tells it from the others: the client is called as
//! the provider is, so that all have one `iss` and one `aud`, and both sign with the one secret that they share.

use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use vestibule_core::{
    Accepted, AuthorizationRequest, AuthorizationResponse, ClaimsSet, Client, Entropy, Exchange, FirstIdToken, Issuer,
    JwkSet, PendingLogin, ProviderMetadata, ResponseType, Secret, SignatureAlgorithm, Step, Subject,
    TokenEndpointAuthMethod, UnverifiedIdToken, UnverifiedLogoutToken, UnverifiedRefreshedIdToken, UserInfoMethod,
    authorization::ExpectedResponse,
    jose::SigningKey,
    userinfo::{ClaimSources, UserInfoRequest, UserInfoResponse},
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::party::{self, GOODBYE, ISSUER, NOW, REDIRECT_URI, json, send};

pub(super) const SUBJECT: &str = "alice";
const SECRET: &str = "a secret that is long enough for an HMAC of 512 bits, which is sixty-four bytes";

/// A place where a token is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// What the token endpoint answers at a login.
    Login,
    /// What comes through the browser.
    FrontChannel,
    /// What the token endpoint answers at a refresh.
    Refresh,
    /// What is posted to end sessions.
    BackChannelLogout,
    UserInfo,
    /// What another than the provider says of somebody.
    ClaimSource,
    /// The provider's: whose session is to end.
    Hint,
    /// The provider's: what is asked for.
    RequestObject,
    /// The provider's: who asks.
    ClientAssertion,
}

impl Door {
    pub(super) const ALL: [Self; 9] = [
        Self::Login,
        Self::FrontChannel,
        Self::Refresh,
        Self::BackChannelLogout,
        Self::UserInfo,
        Self::ClaimSource,
        Self::Hint,
        Self::RequestObject,
        Self::ClientAssertion,
    ];
}

pub(super) struct Doors {
    pub(super) provider: DevelopmentProvider,
    client: Client,
    metadata: ProviderMetadata,
    /// What the provider and the client sign with, whoever signs.
    pub(super) key: SigningKey,
    keys: JwkSet,
}

impl Doors {
    /// With the shared secret, and HMACs of 256 bits.
    pub(super) fn new() -> Self {
        let key = SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::from(SECRET)).expect("a key");
        Self::with(key, JwkSet::empty())
    }

    /// With a key of this algorithm, which both the provider and the client have.
    pub(super) fn signing_with(key: SigningKey) -> Self {
        if key.algorithm().is_symmetric() {
            let key = SigningKey::from_secret(key.algorithm(), &Secret::from(SECRET)).expect("a key");
            return Self::with(key, JwkSet::empty());
        }
        let keys = set_of(&key);
        Self::with(key, keys)
    }

    fn with(key: SigningKey, keys: JwkSet) -> Self {
        let algorithm = key.algorithm();
        let method = if algorithm.is_symmetric() {
            TokenEndpointAuthMethod::ClientSecretJwt
        } else {
            TokenEndpointAuthMethod::PrivateKeyJwt
        };
        let registered = RegisteredClient::confidential(ISSUER, SECRET)
            .redirect_uri(REDIRECT_URI)
            .post_logout_redirect_uri(GOODBYE)
            .id_token_signed_response_alg(algorithm)
            .request_object_signing_alg(algorithm)
            .token_endpoint_auth_method(method);
        let registered =
            if algorithm.is_symmetric() { registered } else { registered.jwks(json!({"keys": [key.public_jwk()]})) };
        let metadata = json!({
            "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"), "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/jwks"), "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        });
        let client = Client::confidential(ISSUER, SECRET);
        Self {
            provider: party::provider().client(registered),
            client: client.id_token_signed_response_alg(algorithm).userinfo_signed_response_alg(algorithm),
            metadata: ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata"),
            key,
            keys,
        }
    }

    pub(super) fn sign(&self, typ: &str, claims: &Value) -> String {
        self.key.sign(typ, claims.to_string().as_bytes()).expect("a signature")
    }

    /// Whether this token gets through there.
    pub(super) async fn take(&self, door: Door, token: &str) -> bool {
        match door {
            Door::Login => {
                let token = UnverifiedIdToken::new(token, self.nonce());
                token.verify(&self.keys, &self.client.expected_id_token(&self.metadata), NOW).is_ok()
            }
            Door::FrontChannel => self.front_channel(token),
            Door::Refresh => {
                let subject = Subject::parse(SUBJECT).expect("a subject");
                let issuer = self.metadata.issuer();
                let first = FirstIdToken::new(issuer, &subject, [ISSUER], NOW).nonce(self.nonce());
                let token = UnverifiedRefreshedIdToken::new(token);
                token.verify(&self.keys, &self.client.expected_id_token(&self.metadata), &first, NOW).is_ok()
            }
            Door::BackChannelLogout => {
                let expected = self.client.expected_logout_token(&self.metadata);
                UnverifiedLogoutToken::new(token).verify(&self.keys, &expected, NOW).is_ok()
            }
            Door::UserInfo => self.userinfo(token),
            Door::ClaimSource => self.claim_source(token),
            Door::Hint => self.hint(token).await,
            Door::RequestObject => self.request_object(token).await,
            Door::ClientAssertion => self.client_assertion(token).await,
        }
    }

    fn asking() -> AuthorizationRequest {
        AuthorizationRequest::new(REDIRECT_URI, "openid").response_type(ResponseType::IdToken)
    }

    fn pending() -> PendingLogin {
        PendingLogin::begin(Entropy::from_bytes([7; 32]), NOW).asking(&Self::asking())
    }

    fn departure(&self) -> Url {
        self.client.authorize(&self.metadata, &Self::asking(), &Self::pending())
    }

    pub(super) fn nonce(&self) -> String {
        party::parameter(&self.departure(), "nonce").expect("a nonce")
    }

    fn front_channel(&self, token: &str) -> bool {
        let state = party::parameter(&self.departure(), "state").expect("a state");
        let pairs = [("id_token", token), ("state", state.as_str())];
        let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let response = AuthorizationResponse::from_fragment(&fragment).expect("a response");
        let accepted = Self::pending().accept(response, &ExpectedResponse::of(&self.metadata), NOW).expect("ours");
        let Accepted::FrontChannel(unverified) = accepted else { panic!("there is an ID Token") };
        unverified.verify(&self.keys, &self.client.expected_id_token(&self.metadata), NOW).is_ok()
    }

    fn userinfo(&self, token: &str) -> bool {
        let subject = Subject::parse(SUBJECT).expect("a subject");
        let question = UserInfoRequest::new(&self.client, &self.metadata, UserInfoMethod::Get, "t".into(), subject);
        let answer =
            http::Response::builder().header(header::CONTENT_TYPE, "application/jwt").body(token.to_owned().into());
        match question.expect("a question").accept(NOW, answer.expect("an answer")) {
            Ok(Step::Done(UserInfoResponse::Signed(signed))) => {
                signed.verify(&self.keys, &self.client.expected_userinfo(&self.metadata), NOW).is_ok()
            }
            _ => false,
        }
    }

    /// Sources sign with keys that they publish, and never with a secret of ours: what an HMAC vouches for is signed anew for them.
    fn claim_source(&self, token: &str) -> bool {
        let claims =
            json!({"sub": SUBJECT, "_claim_names": {"email": "src"}, "_claim_sources": {"src": {"JWT": token}}});
        let claims = ClaimsSet::from_json(claims.to_string().as_bytes()).expect("claims");
        let issuer = Issuer::parse(ISSUER).expect("an issuer");
        let Ok(sources) = ClaimSources::read(&claims, &issuer) else { return false };
        let source = sources.aggregated().first().expect("one");
        source.verify(&self.client, &issuer, self.key.algorithm(), &self.keys, NOW).is_ok()
    }

    async fn hint(&self, token: &str) -> bool {
        let pairs = [("id_token_hint", token), ("post_logout_redirect_uri", GOODBYE)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let answer = send(&self.provider, Request::get(format!("{ISSUER}/end_session?{query}")), "").await;
        answer.headers().contains_key(header::LOCATION)
    }

    async fn request_object(&self, token: &str) -> bool {
        let url = party::authorize_url(&[("client_id", ISSUER), ("request", token)]);
        let answer = send(&self.provider, Request::get(url), "").await;
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let refused = location.is_some_and(|location| location.contains("error=invalid_request_object"));
        assert!(refused || answer.status() == StatusCode::OK, "{} {location:?}", answer.status());
        !refused
    }

    async fn client_assertion(&self, token: &str) -> bool {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", "none"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", token),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request =
            Request::post(format!("{ISSUER}/token")).header("content-type", "application/x-www-form-urlencoded");
        let answer = json(&send(&self.provider, request, &body).await);
        let error = answer.get("error").and_then(Value::as_str).unwrap_or_default().to_owned();
        assert!(["invalid_client", "invalid_grant", "invalid_request"].contains(&error.as_str()), "{answer}");
        error != "invalid_client"
    }
}

pub(super) fn set_of(key: &SigningKey) -> JwkSet {
    JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("keys")
}
