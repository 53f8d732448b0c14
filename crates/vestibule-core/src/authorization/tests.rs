mod asking;
mod front_channel;
mod other_ways;
mod responses;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use url::form_urlencoded;

use super::*;
use crate::{
    error::{ErrorResponse, Excerpt, Misbehaviour, ProtocolError, Unsolicited},
    jose::base64url,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

const ISSUER: &str = "https://login.example.com";
const REDIRECT_URI: &str = "https://app.example.com/auth/callback/corp";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn metadata_with(member: &str, value: impl Into<Value>) -> ProviderMetadata {
    let mut json = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
    });
    json[member] = value.into();
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn metadata() -> ProviderMetadata {
    metadata_with("issuer", ISSUER)
}

/// A provider that promises `iss` in its responses.
fn promising() -> ProviderMetadata {
    metadata_with("authorization_response_iss_parameter_supported", true)
}

fn entropy(number: u64) -> Entropy {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Entropy::from_bytes(bytes)
}

fn pending(number: u64) -> PendingLogin {
    PendingLogin::begin(entropy(number), NOW)
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(REDIRECT_URI, "openid email")
}

/// The parameters of an authorization URL, each of which is there once.
fn parameters(url: &Url) -> HashMap<String, String> {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let count = pairs.len();
    let parameters: HashMap<_, _> = pairs.into_iter().collect();
    assert_eq!(parameters.len(), count, "{url}");
    parameters
}

fn query(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// What login 7 makes of a response with its state and these parameters.
fn accept(metadata: &ProviderMetadata, others: &[(&str, &str)]) -> Result<AuthorizationCode, ProtocolError> {
    let login = pending(7);
    let state = login.state("");
    let response = AuthorizationResponse::from_query(&query(&[&[("state", state.as_str())], others].concat()))?;
    login.accept(response, &ExpectedResponse::of(metadata), NOW).map(code_alone)
}

fn code_alone(accepted: Accepted) -> AuthorizationCode {
    match accepted {
        Accepted::Code(code) => code,
        Accepted::FrontChannel(response) => panic!("more than was asked for: {response:?}"),
    }
}

fn refusal(metadata: &ProviderMetadata, others: &[(&str, &str)]) -> Option<ProtocolError> {
    accept(metadata, others).err()
}

fn unsolicited(reason: Unsolicited) -> Option<ProtocolError> {
    Some(ProtocolError::Unsolicited(reason))
}

fn misbehaved(reason: Misbehaviour) -> Option<ProtocolError> {
    Some(ProtocolError::Misbehaved(reason))
}

/// R1, V19
#[test]
fn every_request_has_its_own_s256_code_challenge() {
    let (metadata, request) = (metadata(), request());
    let mut challenges = HashSet::new();
    for (number, client) in (0..10_000).zip([Client::public("rp"), Client::confidential("rp", "secret")].iter().cycle())
    {
        let sent = parameters(&client.authorize(&metadata, &request, &pending(number)));
        assert_eq!(sent["code_challenge_method"], "S256");
        assert_eq!(sent["code_challenge"].len(), 43);
        assert_eq!(base64url::decode(&sent["code_challenge"]).map(|hash| hash.len()), Some(32));
        challenges.insert(sent["code_challenge"].clone());
    }
    assert_eq!(challenges.len(), 10_000);
}

/// R1: RFC 7636 4.2
#[test]
fn the_code_verifier_hashes_to_the_challenge_and_is_not_in_the_request() {
    let url = Client::public("rp").authorize(&metadata(), &request(), &pending(7));
    let code = accept(&metadata(), &[("code", "c")]).expect("a code");
    let verifier = code.code_verifier.expose();
    // RFC 7636 4.1: 43 to 128 unreserved characters.
    assert_eq!(verifier.len(), 43);
    assert!(verifier.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c)), "{verifier}");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    assert_eq!(parameters(&url)["code_challenge"], base64url::encode(hash));
    assert!(!url.as_str().contains(verifier.as_str()), "{url}");
}

/// R3
#[test]
fn a_request_says_exactly_what_was_set() {
    let redirect_uri = "https://app.example.com/auth/callback/corp?a=b%20c&d=+";
    let request = AuthorizationRequest::new(redirect_uri, "openid email profile");
    let login = pending(7);
    let url = Client::public("my app").authorize(&metadata(), &request, &login);
    let (endpoint, _) = url.as_str().split_once('?').expect("a query");
    assert_eq!(endpoint, "https://login.example.com/authorize");
    let expected: HashMap<_, _> = [
        ("response_type", "code"),
        ("client_id", "my app"),
        ("redirect_uri", redirect_uri),
        ("scope", "openid email profile"),
        ("state", login.state("").as_str()),
        ("nonce", &login.nonce()),
        ("code_challenge", &login.code_challenge()),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(parameters(&url), expected);
}

/// R53, V87
#[test]
fn a_request_holds_no_client_secret() {
    let url = Client::confidential("rp", "canary").authorize(&metadata(), &request(), &pending(7));
    assert!(!url.as_str().contains("canary"), "{url}");
}

/// RFC 6749 3.1: "the endpoint URI MAY include a query component, which MUST be retained".
#[test]
fn an_endpoint_that_has_a_query_keeps_it() {
    for (endpoint, start) in [
        (
            "https://login.example.com/authorize?tenant=a%20b&p=1",
            "/authorize?tenant=a%20b&p=1&response_type=code&client_id=rp&",
        ),
        ("https://login.example.com/authorize?", "/authorize?response_type=code&client_id=rp&"),
        ("https://login.example.com", "/?response_type=code&client_id=rp&"),
    ] {
        let metadata = metadata_with("authorization_endpoint", endpoint);
        let url = Client::public("rp").authorize(&metadata, &request(), &pending(7));
        let rest = url.as_str().strip_prefix(ISSUER).expect("the provider's host");
        assert!(rest.starts_with(start), "{url}");
    }
}

/// R4, R5: attempt, nonce, code challenge of 10^5 logins from distinct entropy.
#[test]
fn state_nonce_and_challenge_differ_from_login_to_login_and_among_each_other() {
    const LOGINS: u64 = 100_000;
    let mut seen = HashSet::new();
    for number in 0..LOGINS {
        let login = pending(number);
        seen.insert(login.attempt());
        seen.insert(login.nonce());
        seen.insert(login.code_challenge());
    }
    assert_eq!(seen.len() as u64, 3 * LOGINS);
}

/// R4, R5: at least 128 bits each, and every bit of the entropy counts.
#[test]
fn state_and_nonce_come_from_the_entropy_handed_in() {
    let values = |bytes: [u8; 32], now| {
        let login = PendingLogin::begin(Entropy::from_bytes(bytes), now);
        let url = Client::public("rp").authorize(&metadata(), &request(), &login);
        let sent = parameters(&url);
        [sent["state"].clone(), sent["nonce"].clone(), sent["code_challenge"].clone()]
    };
    let bits = |text: &str| base64url::decode(text).map(|bytes| bytes.len() * 8);
    let of_sevens = values([7; 32], NOW);
    let [state, nonce, _] = &of_sevens;
    assert_eq!(bits(state.strip_suffix('.').expect("nothing carried")), Some(128));
    assert_eq!(bits(nonce), Some(256));
    assert_eq!(values([7; 32], NOW), of_sevens);
    assert_eq!(values([7; 32], NOW.plus(1)), of_sevens, "the clock has no part in it");
    for bit in 0..256 {
        let mut bytes = [7; 32];
        bytes[bit / 8] ^= 1 << (bit % 8);
        let others = values(bytes, NOW);
        assert!(others.iter().zip(&of_sevens).all(|(other, value)| other != value), "bit {bit}");
    }
}

/// R15, V24
#[test]
fn a_parameter_that_the_protocol_sets_cannot_be_set_by_the_application() {
    for name in [
        "response_type",
        "response_mode",
        "client_id",
        "client_secret",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "claims",
        "max_age",
        "acr_values",
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
    ] {
        let reserved = InvalidParameter::Reserved { name: name.to_owned() };
        assert_eq!(request().parameter(name, "x"), Err(reserved));
        let message = check_parameter(name, "x").expect_err("reserved").to_string();
        assert!(message.contains(&format!("'{name}'")), "{message}");
    }
}

/// R18: by whichever way a resource is asked for.
#[test]
fn a_resource_among_further_parameters_is_checked_as_one() {
    for wrong in ["", "api", "/api", "//api.example", "https://api.example/#", "https://api.example/a#b"] {
        let refused = InvalidParameter::Resource { got: Excerpt::new(wrong) };
        assert_eq!(request().parameter("resource", wrong), Err(refused), "{wrong}");
    }
    assert!(request().parameter("resource", "urn:example:api").is_ok());
}

#[test]
fn further_parameters_are_sent_as_they_are() {
    let request = request()
        .parameter("login_hint", "zoë@example.com&scope=admin#x")
        .and_then(|request| request.parameter("ui_locales", "de-AT en"))
        .expect("not reserved");
    let url = Client::public("rp").authorize(&metadata(), &request, &pending(7));
    let sent = parameters(&url);
    assert_eq!(sent["login_hint"], "zoë@example.com&scope=admin#x");
    assert_eq!(sent["ui_locales"], "de-AT en");
    assert_eq!(sent["scope"], "openid email", "R15: no value reaches into another parameter");
    assert_eq!(url.fragment(), None);
}

#[test]
fn carried_text_returns_as_it_left() {
    for carried in ["", "a", "-_09AZaz", &"x".repeat(2048 - 23)] {
        let login = pending(7);
        let url = Client::public("rp").authorize(&metadata(), &request().carry(carried), &login);
        let answer = query(&[("code", "c"), ("state", &parameters(&url)["state"])]);
        let response = AuthorizationResponse::from_query(&answer).expect("a response");
        assert_eq!(response.state().carried(), carried);
        assert_eq!(response.state().attempt(), login.attempt());
        assert_eq!(response.state().as_str(), format!("{}.{carried}", login.attempt()));
        assert!(login.accept(response, &ExpectedResponse::of(&metadata()), NOW).is_ok());
    }
}

/// V4: refused, never cut.
#[test]
fn what_has_not_the_form_of_our_state_is_refused() {
    let attempt = pending(7).attempt();
    for foreign in [
        String::new(),
        ".".to_owned(),
        attempt.clone(),
        format!(".{attempt}"),
        format!("{attempt}x."),
        format!("{}.", &attempt[1..]),
        format!("{}é.", &attempt[2..]),
        format!("{attempt}.a b"),
        format!("{attempt}.a\n"),
        format!("{attempt}.<script>"),
        format!("{attempt}.é"),
        format!("{} .", &attempt[1..]),
        format!("{attempt}.{}", "x".repeat(2048 - 22)),
        format!("{attempt}.{}", "x".repeat(1_000_000)),
    ] {
        assert_eq!(State::parse(foreign.as_str()), Err(Unsolicited::ForeignState), "{foreign}");
        let answer = query(&[("code", "c"), ("state", &foreign)]);
        assert_eq!(
            AuthorizationResponse::from_query(&answer).err(),
            unsolicited(Unsolicited::ForeignState),
            "{foreign}"
        );
    }
    assert!(State::parse(format!("{attempt}.{}", "x".repeat(2048 - 23))).is_ok());
}

/// V69
#[test]
fn debug_prints_no_secret() {
    let login = pending(7);
    let state = login.state("canary-carried");
    let answer = query(&[("state", state.as_str()), ("code", "canary-code"), ("iss", ISSUER)]);
    let response = AuthorizationResponse::from_query(&answer).expect("a response");
    let (kept, nonce, attempt) = (login.to_bytes(), login.nonce(), login.attempt());
    assert_eq!(format!("{state:?}"), "State(***)");
    let mut shown = format!("{login:?} {response:?} {state:?} {:?} {kept:?}", entropy(7));
    let code = login.accept(response, &ExpectedResponse::of(&metadata()), NOW).map(code_alone).expect("a code");
    shown.push_str(&format!(" {code:?}"));
    let verifier = code.code_verifier.expose().as_str();
    for canary in ["canary", &nonce, &attempt, verifier, "7, 0, 0", "[7"] {
        assert!(!shown.contains(canary), "{canary}: {shown}");
    }
}

/// V69: not in a refusal either, which ends in a log.
#[test]
fn refusals_print_no_code_and_no_state() {
    for others in [
        &[("code", "canary"), ("iss", "https://evil.example")][..],
        &[("code", "canary"), ("error", "x")],
        &[("error", "\"")],
    ] {
        let refused = refusal(&promising(), others).expect("refused");
        let shown = format!("{refused} {refused:?}");
        assert!(!shown.contains("canary") && !shown.contains(&pending(7).attempt()), "{shown}");
    }
    let twice = AuthorizationResponse::from_query("code=canary&code=canary2&state=canary3").expect_err("twice");
    let foreign = AuthorizationResponse::from_query("code=canary&state=canary3").expect_err("foreign");
    let shown = format!("{twice} {twice:?} {foreign} {foreign:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
