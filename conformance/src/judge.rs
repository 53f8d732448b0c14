//! What the suite judges in every request, whatever the module is about (OpenID Connect Core 3.1.2.1, 3.1.3.1, 5.3.1).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, header};
use url::form_urlencoded;
use vestibule::TokenEndpointAuthMethod;
use vestibule_provider::RecordedRequest;

use crate::{
    Arrived, Bench, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Variant,
    arrivals::{body_of, parameters_of},
    judge_object::parameters_in_object,
};

/// Parameters, each of which may be there once.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        // `resource` is the one that may come again (RFC 8707 2), and no module asks for several.
        assert_eq!(before, names.len(), "a parameter is there twice");
        Self(pairs)
    }

    /// Those in the query, or in the form.
    pub(crate) fn of_authorization_request(request: &RecordedRequest) -> Self {
        Self::new(if request.method == Method::POST { body_of(request) } else { parameters_of(request) })
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

pub(crate) fn judge(bench: &Bench, arrived: &Arrived) {
    match arrived.at.as_str() {
        "authorize" => judge_authorization_request(bench, &arrived.request),
        "token" | "/mtls/token" => judge_token_request(bench, &arrived.request),
        "userinfo" => judge_userinfo_request(&arrived.request),
        "discovery" | "jwks" => assert_eq!(arrived.request.method, Method::GET),
        _ => {}
    }
}

fn judge_authorization_request(bench: &Bench, request: &RecordedRequest) {
    let Variant { response_type, response_mode, .. } = bench.variant;
    let plain = Parameters::of_authorization_request(request);
    let client_id = plain.value("client_id").expect("a client_id");
    assert!(bench.op.registered(client_id).is_some(), "client_id: {client_id}");
    assert_eq!(client_id == CLIENT_ID, !bench.variant.registers(), "client_id: {client_id}");
    let wanted = plain.value("response_type").expect("a response_type");
    assert!(response_type.is_named(wanted), "response_type: {wanted}");
    // With request objects too, in the plain parameters (Core 6.1).
    let scope = plain.value("scope").expect("a scope");
    assert!(scope.split(' ').any(|scope| scope == "openid"), "scope: {scope}");
    assert_eq!(plain.value("redirect_uri"), Some(REDIRECT_URI));
    let parameters = if bench.variant.has_request_objects() { parameters_in_object(bench, &plain) } else { plain };
    assert!(!parameters.has("request") && !parameters.has("request_uri"), "no request object");
    assert_eq!(parameters.value("response_mode"), response_mode.map(|mode| mode.name()), "response_mode");
    assert_eq!(parameters.value("redirect_uri"), Some(REDIRECT_URI));
    let state = parameters.value("state").expect("a state");
    assert!(!state.is_empty());
    let nonce = parameters.value("nonce").expect("a nonce");
    // So long is the base64url of 32 bytes, and the suite warns of more.
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    assert!((22..=43).contains(&nonce.len()) && nonce.bytes().all(is_safe), "nonce: {nonce}");
    if response_type.has_code() {
        assert_eq!(parameters.value("code_challenge_method"), Some("S256"));
        assert_eq!(parameters.value("code_challenge").map(str::len), Some(43), "code_challenge");
    } else {
        assert!(!parameters.has("code_challenge"), "there is no code to protect");
    }
}

fn judge_token_request(bench: &Bench, request: &RecordedRequest) {
    assert_eq!((&request.method, &request.query), (&Method::POST, &None));
    let parameters = Parameters::new(body_of(request));
    match parameters.value("grant_type") {
        Some("authorization_code") => {
            assert_eq!(parameters.value("redirect_uri"), Some(REDIRECT_URI));
            assert!(parameters.has("code") && parameters.has("code_verifier"));
        }
        Some("refresh_token") => assert!(parameters.has("refresh_token")),
        other => panic!("grant_type: {other:?}"),
    }
    judge_client_authentication(bench.variant, request, &parameters);
}

/// Core 9: by the one method of the variant.
fn judge_client_authentication(variant: Variant, request: &RecordedRequest, parameters: &Parameters) {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost, PrivateKeyJwt};
    let authorization = request.headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("ASCII"));
    let is_known = |id: &str| variant.registers() || id == CLIENT_ID;
    let is_secret = |secret: &str| variant.registers() || secret == CLIENT_SECRET;
    let proofs = (authorization.is_some(), parameters.has("client_secret"), parameters.has("client_assertion"));
    match variant.client_auth_type {
        ClientSecretBasic => {
            assert_eq!(proofs, (true, false, false));
            let (id, secret) = basic(authorization.expect("checked"));
            assert!(is_known(&id) && is_secret(&secret), "{id}");
        }
        ClientSecretPost => {
            assert_eq!(proofs, (false, true, false));
            assert!(parameters.value("client_secret").is_some_and(is_secret));
        }
        ClientSecretJwt | PrivateKeyJwt => {
            assert_eq!(proofs, (false, false, true));
            let kind = parameters.value("client_assertion_type");
            assert_eq!(kind, Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
            return;
        }
        // By nothing, or by the connection.
        _ => assert_eq!(proofs, (false, false, false)),
    }
    if variant.client_auth_type != ClientSecretBasic {
        assert!(parameters.value("client_id").is_some_and(is_known), "client_id");
    }
}

/// RFC 6749 2.3.1: base64 of exactly two parts, each of them form-urlencoded.
fn basic(authorization: &str) -> (String, String) {
    let encoded = authorization.strip_prefix("Basic ").expect("the scheme Basic");
    let decoded = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("text");
    let parts: Vec<&str> = decoded.split(':').collect();
    let [id, secret] = parts.as_slice() else { panic!("two parts, not {}", parts.len()) };
    let plain = |part: &&str| {
        let pair = format!("x={part}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    (plain(id), plain(secret))
}

/// RFC 6750 2: in the header or in the form, never in the query, and never in two places.
fn judge_userinfo_request(request: &RecordedRequest) {
    assert!(!parameters_of(request).iter().any(|(name, _)| name == "access_token"), "not in the query");
    let in_header = request.headers.get_all(header::AUTHORIZATION).iter().count();
    let in_body = body_of(request).iter().filter(|(name, _)| name == "access_token").count();
    assert_eq!(in_header + in_body, 1, "the access token is in one place");
    for value in request.headers.get_all(header::AUTHORIZATION) {
        assert!(value.to_str().is_ok_and(|value| value.starts_with("Bearer ")), "the scheme Bearer");
    }
}
