//! Whole logins through the other doors of Core 3: hybrid, implicit, by form post, and with a request object.

use vestibule_core::{FrontChannel, RequestObject, ResponseMode, ResponseType};

use super::*;

const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";

fn asking_for(response_type: ResponseType) -> AuthorizationRequest {
    AuthorizationRequest::new(REDIRECT_URI, "openid email").carry("c2VhbGVk").response_type(response_type)
}

/// What the provider reads of a request whose parameters are all in the URL.
fn parameters(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

impl Provider {
    /// What the browser brings back in answer to `authorization`, with these claims in its ID Token.
    fn brings_back(&self, authorization: &HashMap<String, String>, more: &Value) -> String {
        let mut claims = json!({
            "iss": ISSUER, "sub": "alice", "aud": "my-app", "iat": BEGUN, "exp": BEGUN.plus(300),
            "nonce": authorization.get("nonce"), "c_hash": access_token_hash(SignatureAlgorithm::Es256, CODE),
            "at_hash": access_token_hash(SignatureAlgorithm::Es256, ACCESS_TOKEN),
        });
        let more = more.as_object().expect("an object").clone();
        claims.as_object_mut().expect("an object").extend(more);
        let id_token = self.key.sign("JWT", claims.to_string().as_bytes()).expect("signed");
        let asked: Vec<_> = authorization["response_type"].split(' ').collect();
        let mut answer = vec![("state", authorization["state"].as_str()), ("iss", ISSUER)];
        if asked.contains(&"code") {
            answer.push(("code", CODE));
        }
        if asked.contains(&"id_token") {
            answer.push(("id_token", &id_token));
        }
        if asked.contains(&"token") {
            answer.extend([("access_token", ACCESS_TOKEN), ("token_type", "Bearer"), ("expires_in", "300")]);
        }
        form(&answer)
    }
}

impl RelyingParty {
    fn accept_fragment(&self, pending: PendingLogin, fragment: &str) -> Result<Accepted, ProtocolError> {
        let response = AuthorizationResponse::from_fragment(fragment)?;
        pending.accept(response, &ExpectedResponse::of(&self.metadata), BEGUN)
    }

    fn verify_fragment(&self, pending: PendingLogin, fragment: &str) -> Result<FrontChannel, InvalidIdToken> {
        match self.accept_fragment(pending, fragment).expect("accepted") {
            Accepted::FrontChannel(response) => {
                response.verify(&self.keys, &self.client.expected_id_token(&self.metadata), BEGUN)
            }
            other => panic!("an ID Token was asked for: {other:?}"),
        }
    }
}

/// A login of this kind, as far as the browser is back; kept in a cookie meanwhile.
fn begin(party: &RelyingParty, request: &AuthorizationRequest) -> (PendingLogin, HashMap<String, String>) {
    let pending = PendingLogin::begin(entropy(7), BEGUN).asking(request);
    let authorization = parameters(&party.client.authorize(&party.metadata, request, &pending));
    (PendingLogin::from_bytes(&pending.to_bytes()).expect("what was kept"), authorization)
}

/// R35: Core 3.3
#[test]
fn a_person_signs_in_by_a_hybrid_flow() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    for response_type in [ResponseType::CodeIdToken, ResponseType::CodeIdTokenToken] {
        let (pending, authorization) = begin(&party, &asking_for(response_type));
        let fragment = provider.brings_back(&authorization, &json!({}));
        let front = party.verify_fragment(pending, &fragment).expect("verified");
        let code = front.code.expect("a code");
        let tokens =
            party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
        let id_token = party.verify(&tokens, BEGUN).expect("verified");
        assert_eq!(id_token.subject(), front.id_token.subject());
        assert_eq!((id_token.sid(), tokens.granted().expires_in()), (Some("s-1"), Some(300)));
    }
}

/// R35, CONFORMANCE 2.1: nothing is asked of the token endpoint before.
#[test]
fn a_code_that_the_id_token_does_not_vouch_for_is_never_had() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    for (claim, value, reason) in [
        ("c_hash", "of another", InvalidIdToken::CodeHash),
        ("at_hash", "of another", InvalidIdToken::AccessTokenHash),
        ("nonce", "of another", InvalidIdToken::Nonce),
    ] {
        let (pending, authorization) = begin(&party, &asking_for(ResponseType::CodeIdTokenToken));
        let fragment = provider.brings_back(&authorization, &json!({claim: value}));
        assert_eq!(party.verify_fragment(pending, &fragment).err(), Some(reason));
    }
}

/// R35: Core 3.3.3.6
#[test]
fn a_hybrid_flow_that_ends_with_another_person_is_refused() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let (pending, authorization) = begin(&party, &asking_for(ResponseType::CodeIdToken));
    let fragment = provider.brings_back(&authorization, &json!({"sub": "mallory"}));
    let code = party.verify_fragment(pending, &fragment).expect("verified").code.expect("a code");
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    let refused = party.verify(&tokens, BEGUN).err();
    assert!(matches!(refused, Some(InvalidIdToken::NotOfThisResponse(_))), "{refused:?}");
}

/// Core 3.2
#[test]
fn a_person_signs_in_by_an_implicit_flow() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let (pending, authorization) = begin(&party, &asking_for(ResponseType::IdTokenToken));
    assert!(!authorization.contains_key("code_challenge"));
    let fragment = provider.brings_back(&authorization, &json!({}));
    let FrontChannel { id_token, granted, code, .. } = party.verify_fragment(pending, &fragment).expect("verified");
    assert!(code.is_none());
    let granted = granted.expect("an access token");
    assert_eq!((granted.expires_in(), granted.refresh_token()), (Some(300), None));
    let claims = party.userinfo(granted.access_token(), &id_token, "alice");
    assert_eq!(claims.expect("claims").claim("email"), Some(&json!("alice@example.com")));
}

/// `code token`: the code is redeemed at once, and the tokens are those of the token endpoint.
#[test]
fn a_person_signs_in_by_code_and_token() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let (pending, authorization) = begin(&party, &asking_for(ResponseType::CodeToken));
    let fragment = provider.brings_back(&authorization, &json!({}));
    let Accepted::Code(code) = party.accept_fragment(pending, &fragment).expect("accepted") else {
        panic!("no ID Token was asked for")
    };
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    assert_eq!(party.verify(&tokens, BEGUN).map(|id_token| id_token.subject().to_string()), Ok("alice".to_owned()));
}

/// R30: Form Post 1.0
#[test]
fn a_person_signs_in_by_form_post() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let request = asking_for(ResponseType::Code).response_mode(ResponseMode::FormPost).expect("allowed");
    let (pending, authorization) = begin(&party, &request);
    assert_eq!(authorization["response_mode"], "form_post");
    assert_eq!(pending.response_mode(), ResponseMode::FormPost);
    let answer = provider.brings_back(&authorization, &json!({}));
    let response = AuthorizationResponse::from_form(answer.as_bytes()).expect("a response");
    let Accepted::Code(code) =
        pending.accept(response, &ExpectedResponse::of(&party.metadata), BEGUN).expect("accepted")
    else {
        panic!("a code alone was asked for")
    };
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    assert!(party.verify(&tokens, BEGUN).is_ok());

    let (pending, _) = begin(&party, &request);
    let refused = party.accept(pending, &answer, BEGUN).err();
    let (expected, got) = (ResponseMode::FormPost, ResponseMode::Query);
    assert_eq!(refused, Some(Misbehaviour::ResponseMode { expected, got }.into()));
}

/// CONFORMANCE 2.1, form-post-error: asked without a page, a provider that would need one says so.
#[test]
fn an_error_comes_by_form_post() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let request = asking_for(ResponseType::CodeIdToken).max_age(0).prompt("none");
    let (pending, authorization) = begin(&party, &request.response_mode(ResponseMode::FormPost).expect("allowed"));
    assert_eq!((authorization["max_age"].as_str(), authorization["prompt"].as_str()), ("0", "none"));
    let answer = form(&[("error", "login_required"), ("state", &authorization["state"]), ("iss", ISSUER)]);
    let response = AuthorizationResponse::from_form(answer.as_bytes()).expect("a response");
    match pending.accept(response, &ExpectedResponse::of(&party.metadata), BEGUN) {
        Err(ProtocolError::Denied(error)) => assert_eq!(error.error(), "login_required"),
        other => panic!("{other:?}"),
    }
}

/// R11: the provider reads everything from the object.
#[test]
fn a_person_signs_in_with_a_request_object() {
    let provider = Provider::new();
    let party = RelyingParty::discover(&provider);
    let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let request = asking_for(ResponseType::CodeIdToken);
    let pending = PendingLogin::begin(entropy(7), BEGUN).asking(&request);
    let (client, metadata) = (&party.client, &party.metadata);
    let object = RequestObject::signed(client, metadata, &request, &pending, &key, BEGUN, entropy(8)).expect("signed");
    let sent = parameters(&client.authorize_by_value(metadata, &request, &pending, &object));
    let jws = CompactJws::parse(&sent["request"]).expect("a JWS");
    let keys = JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("a key set");
    assert_eq!(jws.verify(SignatureAlgorithm::Es256, &keys), Ok(()));
    let object: HashMap<String, Value> = serde_json::from_slice(jws.unverified_payload()).expect("JSON");
    let texts = object.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    let authorization: HashMap<_, _> = texts.collect();
    let fragment = provider.brings_back(&authorization, &json!({}));
    let code = party.verify_fragment(pending, &fragment).expect("verified").code.expect("a code");
    let tokens = party.redeem(code, BEGUN, |request| provider.tokens(request, &authorization, BEGUN)).expect("tokens");
    assert!(party.verify(&tokens, BEGUN).is_ok());
}
