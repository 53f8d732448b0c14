//! A whole login without IO, with nothing but the public API: what an application's driver does, step by step.

#[path = "whole_login/encrypted.rs"]
mod encrypted;
#[path = "whole_login/other_flows.rs"]
mod other_flows;

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use vestibule_core::{
    Accepted, AuthorizationCode, AuthorizationRequest, AuthorizationResponse, ClaimsSet, Client, EndSessionRequest,
    Entropy, Exchange, FirstIdToken, IdToken, Issuer, JwkSet, Misbehaviour, NumericDate, PendingLogin, ProtocolError,
    ProviderMetadata, Secret, SignatureAlgorithm, Step, TokenResponse, TokenTypeHint, Unsolicited,
    UnverifiedLogoutToken, UserInfoMethod,
    authorization::ExpectedResponse,
    discovery::{DiscoveryRequest, KeysRequest},
    error::InvalidIdToken,
    jose::{CompactJws, InvalidJws, SigningKey, access_token_hash},
    userinfo::{UserInfoRequest, UserInfoResponse},
};

const ISSUER: &str = "https://login.example.com/tenant";
const REDIRECT_URI: &str = "https://app.example.com/auth/callback/corp";
const ACCESS_TOKEN: &str = "SlAV32hkKG";
const BEGUN: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// The provider: its key, and the answers that it gives.
struct Provider {
    key: SigningKey,
}

impl Provider {
    fn new() -> Self {
        Self { key: SigningKey::generate(SignatureAlgorithm::Es256).expect("a key") }
    }

    fn configuration(request: &Request<Bytes>) -> Response<Bytes> {
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.uri(), "https://login.example.com/tenant/.well-known/openid-configuration");
        answer(&json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.com/tenant/authorize",
            "token_endpoint": "https://login.example.com/tenant/token",
            "jwks_uri": "https://keys.example.com/tenant",
            "userinfo_endpoint": "https://login.example.com/tenant/userinfo",
            "end_session_endpoint": "https://login.example.com/tenant/logout",
            "revocation_endpoint": "https://login.example.com/tenant/revoke",
            "backchannel_logout_supported": true,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        }))
    }

    fn keys(&self, request: &Request<Bytes>) -> Response<Bytes> {
        assert_eq!(request.uri(), "https://keys.example.com/tenant");
        answer(&json!({"keys": [self.key.public_jwk()]}))
    }

    /// The token answer to the login that began with `authorization`.
    fn tokens(
        &self,
        request: &Request<Bytes>,
        authorization: &HashMap<String, String>,
        now: NumericDate,
    ) -> Response<Bytes> {
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "https://login.example.com/tenant/token");
        assert_eq!(
            request.headers().get(header::AUTHORIZATION).map(|v| v.as_bytes()),
            Some(&b"Basic bXktYXBwOnMzY3IzdA=="[..])
        );
        let form: HashMap<_, _> = form_urlencoded::parse(request.body()).into_owned().collect();
        assert_eq!(form.get("grant_type").map(String::as_str), Some("authorization_code"));
        assert_eq!(form.get("code").map(String::as_str), Some("SplxlOBeZQQYbYS6WxSbIA"));
        assert_eq!(form.get("redirect_uri"), authorization.get("redirect_uri"));
        assert!(form.contains_key("code_verifier"));
        let claims = json!({
            "iss": ISSUER, "sub": "alice", "aud": "my-app", "iat": now, "exp": now.plus(300), "sid": "s-1", "name": "Alice",
            "nonce": authorization.get("nonce"), "at_hash": access_token_hash(SignatureAlgorithm::Es256, ACCESS_TOKEN),
        });
        let id_token = self.key.sign("JWT", claims.to_string().as_bytes()).expect("signed");
        answer(&json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
    }

    fn userinfo(request: &Request<Bytes>, subject: &str) -> Response<Bytes> {
        assert_eq!(request.uri(), "https://login.example.com/tenant/userinfo");
        assert_eq!(request.headers().get(header::AUTHORIZATION).map(|v| v.as_bytes()), Some(&b"Bearer SlAV32hkKG"[..]));
        answer(&json!({"sub": subject, "name": "Somebody", "email": "alice@example.com"}))
    }
}

fn answer(body: &Value) -> Response<Bytes> {
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_string()))
        .expect("valid")
}

fn entropy(byte: u8) -> Entropy {
    Entropy::from_bytes([byte; 32])
}

/// One exchange: its request, answered by `provider`.
fn carry_out<E: Exchange>(
    mut exchange: E,
    now: NumericDate,
    provider: impl Fn(&Request<Bytes>) -> Response<Bytes>,
) -> Result<E::Output, ProtocolError> {
    let request = exchange.request(now, entropy(0));
    match exchange.accept(now, provider(&request))? {
        Step::Done(output) => Ok(output),
        Step::Again(_) => panic!("no exchange of this login takes two rounds"),
    }
}

/// The relying party, when it has read what the provider says about itself.
struct RelyingParty {
    client: Client,
    metadata: ProviderMetadata,
    keys: JwkSet,
}

impl RelyingParty {
    fn discover(provider: &Provider) -> Self {
        let client = Client::confidential("my-app", "s3cr3t").id_token_signed_response_alg(SignatureAlgorithm::Es256);
        assert_eq!(client.check(), Ok(()));
        let discovery = DiscoveryRequest::new(Issuer::parse(ISSUER).expect("an issuer"));
        let metadata = carry_out(discovery, BEGUN, Provider::configuration).expect("metadata");
        assert_eq!(client.check_provider(&metadata), Ok(()));
        let keys = carry_out(KeysRequest::new(&metadata), BEGUN, |request| provider.keys(request)).expect("keys");
        Self { client, metadata, keys }
    }

    /// Where the browser is sent.
    fn authorize(&self, pending: &PendingLogin) -> Url {
        let request = AuthorizationRequest::new(REDIRECT_URI, "openid email").carry("c2VhbGVk");
        let request = request.parameter("login_hint", "alice@example.com").expect("not reserved");
        self.client.authorize(&self.metadata, &request, pending)
    }

    fn accept(&self, pending: PendingLogin, query: &str, now: NumericDate) -> Result<AuthorizationCode, ProtocolError> {
        let response = AuthorizationResponse::from_query(query)?;
        assert_eq!(response.state().carried(), "c2VhbGVk");
        match pending.accept(response, &ExpectedResponse::of(&self.metadata), now)? {
            Accepted::Code(code) => Ok(code),
            other => panic!("a code alone was asked for: {other:?}"),
        }
    }

    fn redeem(
        &self,
        code: AuthorizationCode,
        now: NumericDate,
        provider: impl Fn(&Request<Bytes>) -> Response<Bytes>,
    ) -> Result<TokenResponse, ProtocolError> {
        carry_out(self.client.redeem(&self.metadata, REDIRECT_URI, code).expect("a request"), now, provider)
    }

    fn verify(&self, tokens: &TokenResponse, now: NumericDate) -> Result<IdToken, InvalidIdToken> {
        tokens.id_token().verify(&self.keys, &self.client.expected_id_token(&self.metadata), now)
    }

    fn userinfo(
        &self,
        access_token: &Secret<String>,
        id_token: &IdToken,
        subject: &str,
    ) -> Result<ClaimsSet, ProtocolError> {
        let (client, of) = (&self.client, id_token.subject().clone());
        let question = UserInfoRequest::new(client, &self.metadata, UserInfoMethod::Get, access_token.clone(), of);
        let question = question.expect("a userinfo endpoint");
        match carry_out(question, BEGUN, |request| Provider::userinfo(request, subject))? {
            UserInfoResponse::Plain(claims) => Ok(claims),
            UserInfoResponse::Signed(_) => panic!("no signature was agreed on"),
        }
    }
}

/// What the provider reads of a request for authorization, and what it has the browser bring back.
fn sign_in(url: &Url) -> (HashMap<String, String>, String) {
    let authorization: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let state = authorization.get("state").expect("a state");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", state), ("iss", ISSUER)])
        .finish();
    (authorization, query)
}

#[test]
fn a_person_signs_in_and_out() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);

    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let url = party.authorize(&pending);
    assert!(
        url.as_str().starts_with("https://login.example.com/tenant/authorize?response_type=code&client_id=my-app&")
    );
    let kept = pending.to_bytes();

    let now = BEGUN.plus(42);
    let (authorization, query) = sign_in(&url);
    assert_eq!(authorization.get("login_hint").map(String::as_str), Some("alice@example.com"));
    let pending = PendingLogin::from_bytes(&kept).expect("what was kept");
    let code = party.accept(pending, &query, now).expect("a code");
    let tokens = party.redeem(code, now, |request| provider.tokens(request, &authorization, now)).expect("tokens");
    assert_eq!(tokens.expires_in(), Some(300));

    let id_token = party.verify(&tokens, now).expect("verified");
    assert_eq!((id_token.subject().as_str(), id_token.sid()), ("alice", Some("s-1")));
    let mut claims = id_token.claims().clone();
    claims.add_missing(party.userinfo(tokens.access_token(), &id_token, "alice").expect("claims"));
    assert_eq!(claims.claim("email"), Some(&json!("alice@example.com")));
    assert_eq!(claims.claim("name"), Some(&json!("Alice")), "V50: what the ID Token says wins");

    let goodbye = EndSessionRequest::new(
        &party.metadata,
        &party.client,
        Some(id_token.raw()),
        "https://app.example.com/bye",
        "s-2",
    );
    let url = goodbye.expect("an end_session_endpoint").url();
    assert!(url.as_str().starts_with("https://login.example.com/tenant/logout?"));
    let sent: Vec<_> = url.query_pairs().into_owned().collect();
    let expected = [
        ("id_token_hint", id_token.raw().expose().as_str()),
        ("client_id", "my-app"),
        ("post_logout_redirect_uri", "https://app.example.com/bye"),
        ("state", "s-2"),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "R126");
}

/// R85, R91, R110: what comes after a login: an hour later its tokens are renewed, then given back, and the provider's session ends.
#[test]
fn a_login_is_renewed_and_comes_to_its_end() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let (authorization, query) = sign_in(&party.authorize(&pending));
    let code = party.accept(pending, &query, BEGUN).expect("a code");
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    let first = FirstIdToken::from_raw(party.verify(&tokens, BEGUN).expect("verified").raw()).expect("an ID Token");

    let (now, sign) = (BEGUN.plus(3600), |typ, claims: Value| provider.key.sign(typ, claims.to_string().as_bytes()));
    let claims =
        json!({"iss": ISSUER, "sub": "alice", "aud": "my-app", "iat": now, "exp": now.plus(300), "sid": "s-1"});
    let exchange = party.client.refresh(&party.metadata, "8xLOxBtZp8").expect("a request");
    let renewed = carry_out(exchange, now, |request| {
        assert_eq!(request.body(), "grant_type=refresh_token&refresh_token=8xLOxBtZp8");
        let id_token = sign("JWT", claims.clone()).expect("signed");
        answer(&json!({"access_token": "TlBN45jURg", "token_type": "Bearer", "refresh_token": "9yNOxJtZa5", "id_token": id_token}))
    })
    .expect("tokens");
    let id_token = renewed.id_token().expect("an ID Token");
    let expected = party.client.expected_id_token(&party.metadata);
    let id_token = id_token.verify(&party.keys, &expected, &first, now).expect("verified");
    assert_eq!((id_token.subject().as_str(), id_token.issued_at()), ("alice", now));

    let refresh_token = renewed.refresh_token().expect("a refresh token").clone();
    let exchange = party.client.revoke(&party.metadata, refresh_token, TokenTypeHint::RefreshToken);
    carry_out(exchange.expect("a method").expect("an endpoint"), now, |request| {
        assert_eq!(request.uri(), "https://login.example.com/tenant/revoke");
        assert_eq!(request.body(), "token=9yNOxJtZa5&token_type_hint=refresh_token");
        Response::new(Bytes::new())
    })
    .expect("given back");

    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let claims = json!({"iss": ISSUER, "aud": "my-app", "iat": now, "exp": now.plus(120), "jti": "bWJq", "sid": "s-1", "events": event});
    let posted = UnverifiedLogoutToken::new(sign("logout+jwt", claims).expect("signed"));
    let logout_token = posted.verify(&party.keys, &party.client.expected_logout_token(&party.metadata), now);
    assert_eq!(logout_token.expect("verified").sid(), id_token.sid());
}

/// R2, R45: two logins of one person at one time; what belongs to one is of no use in the other.
#[test]
fn nothing_of_one_login_serves_another() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let [mine, theirs] = [7, 8].map(|byte| PendingLogin::begin(entropy(byte), BEGUN));
    let (my_authorization, my_query) = sign_in(&party.authorize(&mine));
    let (their_authorization, _) = sign_in(&party.authorize(&theirs));

    let refused = party.accept(theirs, &my_query, BEGUN).err();
    assert_eq!(refused, Some(ProtocolError::Unsolicited(Unsolicited::UnknownAttempt)));
    let code = party.accept(mine, &my_query, BEGUN).expect("a code");
    // The code was swapped at the provider: the ID Token is of the other login (V22).
    let tokens = party
        .redeem(code, BEGUN, |request| {
            let swapped =
                my_authorization.clone().into_iter().chain([("nonce".to_owned(), nonce(&their_authorization))]);
            provider.tokens(request, &swapped.collect(), BEGUN)
        })
        .expect("tokens");
    assert_eq!(party.verify(&tokens, BEGUN).err(), Some(InvalidIdToken::Nonce));
}

fn nonce(authorization: &HashMap<String, String>) -> String {
    authorization.get("nonce").expect("a nonce").clone()
}

/// R48: the ID Token vouches for the access token that it came with, and for no other.
#[test]
fn an_access_token_that_was_swapped_is_refused() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let (authorization, query) = sign_in(&party.authorize(&pending));
    let code = party.accept(pending, &query, BEGUN).expect("a code");
    let swap = |request: &Request<Bytes>| {
        let good = provider.tokens(request, &authorization, BEGUN).into_body();
        let mut body: Value = serde_json::from_slice(&good).expect("JSON");
        body["access_token"] = json!("of another person");
        answer(&body)
    };
    let tokens = party.redeem(code, BEGUN, swap).expect("tokens");
    assert_eq!(party.verify(&tokens, BEGUN).err(), Some(InvalidIdToken::AccessTokenHash));
}

/// V43: an ID Token that names the code that it was given for names the one that we redeemed.
#[test]
fn an_id_token_for_another_code_is_refused() {
    let provider = Provider::new();
    for (named, refused) in [("SplxlOBeZQQYbYS6WxSbIA", None), ("another", Some(InvalidIdToken::CodeHash))] {
        let party = RelyingParty::discover(&provider);
        let pending = PendingLogin::begin(entropy(7), BEGUN);
        let (authorization, query) = sign_in(&party.authorize(&pending));
        let code = party.accept(pending, &query, BEGUN).expect("a code");
        let name_the_code = |request: &Request<Bytes>| {
            let good = provider.tokens(request, &authorization, BEGUN).into_body();
            let mut body: Value = serde_json::from_slice(&good).expect("JSON");
            let jws = CompactJws::parse(body["id_token"].as_str().expect("a string")).expect("a JWS");
            let mut claims: Value = serde_json::from_slice(jws.unverified_payload()).expect("JSON");
            // Made of the code as at_hash is made of the access token (Core 3.3.2.11).
            claims["c_hash"] = json!(access_token_hash(SignatureAlgorithm::Es256, named));
            body["id_token"] = json!(provider.key.sign("JWT", claims.to_string().as_bytes()).expect("signed"));
            answer(&body)
        };
        let tokens = party.redeem(code, BEGUN, name_the_code).expect("tokens");
        assert_eq!(party.verify(&tokens, BEGUN).err(), refused, "{named}");
    }
}

/// R77: the provider has a new key since its key set was read; with the new set the same response is good.
#[test]
fn keys_that_changed_during_a_login_are_fetched_anew() {
    let (before, after) = (Provider::new(), Provider::new());
    let mut party = RelyingParty::discover(&before);
    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let (authorization, query) = sign_in(&party.authorize(&pending));
    let code = party.accept(pending, &query, BEGUN).expect("a code");
    let tokens = party.redeem(code, BEGUN, |request| after.tokens(request, &authorization, BEGUN)).expect("tokens");
    let refused = party.verify(&tokens, BEGUN).err();
    assert!(matches!(refused, Some(InvalidIdToken::Jws(InvalidJws::NoMatchingKey { .. }))), "{refused:?}");
    party.keys = carry_out(KeysRequest::new(&party.metadata), BEGUN, |request| after.keys(request)).expect("keys");
    assert_eq!(party.verify(&tokens, BEGUN).map(|id_token| id_token.subject().to_string()), Ok("alice".to_owned()));
}

/// R81
#[test]
fn claims_of_another_person_are_not_used() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let (authorization, query) = sign_in(&party.authorize(&pending));
    let code = party.accept(pending, &query, BEGUN).expect("a code");
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    let id_token = party.verify(&tokens, BEGUN).expect("verified");
    let refused = party.userinfo(tokens.access_token(), &id_token, "mallory").err();
    assert!(matches!(refused, Some(ProtocolError::Misbehaved(Misbehaviour::UserInfoSubject { .. }))), "{refused:?}");
}

#[test]
fn a_person_who_says_no_is_told_apart_from_a_failure() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let pending = PendingLogin::begin(entropy(7), BEGUN);
    let (_, query) = sign_in(&party.authorize(&pending));
    let query = query.replacen("code=SplxlOBeZQQYbYS6WxSbIA", "error=access_denied&error_description=cancelled", 1);
    match party.accept(pending, &query, BEGUN).map(drop) {
        Err(ProtocolError::Denied(answer)) => {
            assert!(answer.is_access_denied());
            assert_eq!(answer.error_description(), Some("cancelled"));
        }
        other => panic!("{other:?}"),
    }
}
