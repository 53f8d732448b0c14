mod adoption;
mod asking;
mod contradictions;
mod management;
mod registered_client;
mod sector_identifier;

use serde_json::json;

use super::*;
use crate::error::{ErrorResponse, Excerpt, InvalidRegistration, JsonFault};

const REDIRECT_URI: &str = "https://app.example.com/auth/callback/lab";
const AFTER_LOGOUT: &str = "https://app.example.com/auth/logged_out";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn metadata(members: Value) -> ProviderMetadata {
    let mut metadata = json!({
        "issuer": "https://lab.example.com",
        "authorization_endpoint": "https://lab.example.com/authorize",
        "token_endpoint": "https://lab.example.com/token",
        "jwks_uri": "https://lab.example.com/keys",
        "registration_endpoint": "https://lab.example.com/register",
    });
    let Value::Object(members) = members else { panic!("an object") };
    metadata.as_object_mut().expect("an object").extend(members);
    ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata")
}

fn request_of(asked: &ClientMetadata, metadata: &ProviderMetadata) -> RegistrationRequest {
    RegistrationRequest::new(metadata, asked, REDIRECT_URI, AFTER_LOGOUT).expect("a place to register")
}

fn request() -> RegistrationRequest {
    request_of(&ClientMetadata::new("Photo Album"), &metadata(json!({})))
}

fn asked(client: &ClientMetadata, members: Value) -> Value {
    serde_json::from_slice(&request_of(client, &metadata(members)).asked()).expect("JSON")
}

fn good() -> Value {
    json!({
        "client_id": "client_a:b% +'\"",
        "client_secret": "secret: 100% + \"quoted\" \\ ",
        "client_secret_expires_at": 0,
        "redirect_uris": [REDIRECT_URI],
        "registration_access_token": "canary",
        "registration_client_uri": "https://lab.example.com/register?id=1",
    })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut answer = good();
    answer[name] = value.into();
    answer
}

fn without(name: &str) -> Value {
    let mut answer = good();
    answer.as_object_mut().expect("an object").remove(name);
    answer
}

fn read(status: u16, body: &str) -> Result<ClientInformation, ProtocolError> {
    let response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_owned()))
        .expect("a response");
    match request().accept(NOW, response)? {
        Step::Done(information) => Ok(information),
        Step::Again(_) => panic!("nobody asked for another try"),
    }
}

fn adopt(answer: &Value) -> Result<ClientInformation, ProtocolError> {
    read(201, &answer.to_string())
}

fn refusal(answer: &Value) -> Option<ProtocolError> {
    adopt(answer).err()
}

fn refused(reason: InvalidRegistration) -> Option<ProtocolError> {
    Some(Misbehaviour::Registration(reason).into())
}

#[test]
fn what_is_asked_for_is_what_a_code_flow_client_needs() {
    let client = ClientMetadata::new("Photo Album")
        .contact("a@example.com")
        .contact("b@example.com")
        .tos_uri("https://app.example.com/tos");
    assert_eq!(
        asked(&client, json!({})),
        json!({
            "application_type": "web",
            "client_name": "Photo Album",
            "contacts": ["a@example.com", "b@example.com"],
            "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": "RS256",
            "post_logout_redirect_uris": [AFTER_LOGOUT],
            "redirect_uris": [REDIRECT_URI],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "tos_uri": "https://app.example.com/tos",
        })
    );
}

/// RFC 6749 6: a client that did not ask gets no refresh tokens.
#[test]
fn refresh_tokens_are_asked_for_where_the_application_wants_them() {
    let client = ClientMetadata::new("Photo Album").refresh_tokens();
    assert_eq!(asked(&client, json!({}))["grant_types"], json!(["authorization_code", "refresh_token"]));
}

/// What is asked of a provider that promises this of logouts.
fn asked_of_logouts(promises: &[&str]) -> Map<String, Value> {
    let promises: Map<String, Value> = promises.iter().map(|promise| ((*promise).to_owned(), json!(true))).collect();
    let request = request_of(&ClientMetadata::new("Photo Album"), &metadata(Value::Object(promises)))
        .backchannel_logout_uri("https://app.example.com/auth/backchannel/lab")
        .frontchannel_logout_uri("https://app.example.com/auth/frontchannel/lab");
    let asked: Map<String, Value> = serde_json::from_slice(&request.asked()).expect("JSON");
    asked.into_iter().filter(|(name, _)| name.contains("channel_logout")).collect()
}

/// Back-Channel Logout 2.2
#[test]
fn logout_tokens_are_asked_for_where_the_provider_posts_them() {
    assert_eq!(Value::Object(asked_of_logouts(&["backchannel_logout_session_supported"])), json!({}));
    for (promises, sessions) in [
        (&["backchannel_logout_supported"][..], false),
        (&["backchannel_logout_supported", "backchannel_logout_session_supported"], true),
    ] {
        let expected = json!({
            "backchannel_logout_uri": "https://app.example.com/auth/backchannel/lab",
            "backchannel_logout_session_required": sessions,
        });
        assert_eq!(Value::Object(asked_of_logouts(promises)), expected);
    }
}

/// V72: Front-Channel Logout 2
#[test]
fn a_logout_in_a_frame_is_asked_for_where_it_names_the_session() {
    for promises in [&[][..], &["frontchannel_logout_supported"], &["frontchannel_logout_session_supported"]] {
        assert_eq!(Value::Object(asked_of_logouts(promises)), json!({}), "{promises:?}");
    }
    let expected = json!({
        "frontchannel_logout_uri": "https://app.example.com/auth/frontchannel/lab",
        "frontchannel_logout_session_required": true,
    });
    let promises = ["frontchannel_logout_supported", "frontchannel_logout_session_supported"];
    assert_eq!(Value::Object(asked_of_logouts(&promises)), expected);
}

#[test]
fn method_and_algorithm_are_what_we_want_or_else_what_the_provider_offers() {
    let modern = json!({
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["ES256", "none"],
    });
    let choice = asked(&ClientMetadata::new("a"), modern.clone());
    assert_eq!(
        (&choice["token_endpoint_auth_method"], &choice["id_token_signed_response_alg"]),
        (&json!("client_secret_post"), &json!("ES256"))
    );
    let wanted = ClientMetadata::new("a")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::None)
        .id_token_signed_response_alg(SignatureAlgorithm::Ps256);
    let choice = asked(&wanted, modern);
    assert_eq!(
        (&choice["token_endpoint_auth_method"], &choice["id_token_signed_response_alg"]),
        (&json!("none"), &json!("PS256"))
    );
}

#[test]
fn the_initial_access_token_goes_into_the_header_and_nowhere_else() {
    let metadata = metadata(json!({}));
    let mut request = request_of(&ClientMetadata::new("a").initial_access_token("canary"), &metadata);
    let sent = request.request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!((sent.method(), sent.uri().to_string().as_str()), (&Method::POST, "https://lab.example.com/register"));
    assert_eq!(sent.headers()[header::AUTHORIZATION], "Bearer canary");
    assert!(!String::from_utf8_lossy(sent.body()).contains("canary"));
    assert!(!format!("{request:?}").contains("canary"));
    let sent = super::tests::request().request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!(sent.headers().get(header::AUTHORIZATION), None);
}

#[test]
fn a_provider_without_the_endpoint_registers_nobody() {
    let metadata = ProviderMetadata::from_json(
        br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a", "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k"}"#,
    )
    .expect("metadata");
    let refused = RegistrationRequest::new(&metadata, &ClientMetadata::new("a"), REDIRECT_URI, AFTER_LOGOUT).err();
    assert_eq!(refused, Some(InvalidMetadata::NoRegistration));
}

/// R100: what the provider put in the place of what we asked is adopted.
#[test]
fn substituted_values_are_adopted() {
    let mut answer = with("token_endpoint_auth_method", "client_secret_post");
    answer["id_token_signed_response_alg"] = json!("ES256");
    answer["client_name"] = json!("Renamed");
    answer["redirect_uris"] = json!(["https://other.example.com", REDIRECT_URI]);
    let information = adopt(&answer).expect("adopted");
    assert_eq!(information.token_endpoint_auth_method, TokenEndpointAuthMethod::ClientSecretPost);
    assert_eq!(information.id_token_signed_response_alg, SignatureAlgorithm::Es256);
    assert_eq!(information.client().client_id(), "client_a:b% +'\"");
    assert!(read(200, &answer.to_string()).is_ok(), "some providers answer 200");
}

/// R100
#[test]
fn what_would_make_the_registration_useless_is_refused() {
    assert_eq!(refusal(&with("client_id", "")), refused(InvalidRegistration::EmptyClientId));
    assert_eq!(
        refusal(&without("client_id")),
        refused(InvalidRegistration::Json(JsonFault::Missing { member: "client_id" }))
    );
    assert_eq!(
        refusal(&with("client_id", 7)),
        refused(InvalidRegistration::Json(JsonFault::WrongType { member: "client_id" }))
    );
    let changed = with("redirect_uris", json!([format!("{REDIRECT_URI}/")]));
    assert_eq!(refusal(&changed), refused(InvalidRegistration::RedirectUris));
    for method in ["tls_client_auth", "self_signed_tls_client_auth", "magic"] {
        let answer = with("token_endpoint_auth_method", method);
        assert_eq!(refusal(&answer), refused(InvalidRegistration::AuthMethod { got: Excerpt::new(method) }));
    }
    let no_secret = || refused(InvalidRegistration::NoSecret { member: "token_endpoint_auth_method" });
    assert_eq!(refusal(&without("client_secret")), no_secret());
    assert_eq!(refusal(&with("client_secret", "")), no_secret());
    let answer = with("id_token_signed_response_alg", "XS256");
    let member = "id_token_signed_response_alg";
    assert_eq!(refusal(&answer), refused(InvalidRegistration::Algorithm { member, got: Excerpt::new("XS256") }));
    let short = InvalidRegistration::Unusable(crate::client::InvalidClient::SecretTooShort(SignatureAlgorithm::Hs256));
    assert_eq!(refusal(&with("id_token_signed_response_alg", "HS256")), refused(short));
}

/// V33: `none` is refused at the ID Token, whatever the registration says.
#[test]
fn none_as_an_algorithm_is_not_adopted() {
    let information = adopt(&with("id_token_signed_response_alg", "none")).expect("adopted otherwise");
    assert_eq!(information.id_token_signed_response_alg, SignatureAlgorithm::Rs256);
}

#[test]
fn a_public_client_keeps_no_secret() {
    let information = adopt(&with("token_endpoint_auth_method", "none")).expect("adopted");
    assert_eq!((information.client_secret.is_none(), information.client().check()), (true, Ok(())));
}

/// R101
#[test]
fn a_secret_ends_when_it_says_and_never_when_it_says_0() {
    let ends = |answer: &Value| adopt(answer).expect("adopted").client_secret_expires_at();
    assert_eq!(ends(&good()), None);
    assert_eq!(ends(&without("client_secret_expires_at")), None);
    assert_eq!(ends(&with("client_secret_expires_at", 1_700_000_001)), Some(NOW.plus(1)));
    assert!(refusal(&with("client_secret_expires_at", "soon")).is_some());
}

#[test]
fn an_error_answer_is_the_providers_no_and_anything_else_is_no_answer() {
    let no = r#"{"error":"invalid_redirect_uri","error_description":"no"}"#;
    let denied = ErrorResponse::new("invalid_redirect_uri", Some("no")).map(ProtocolError::Denied);
    for status in [400, 401, 403] {
        assert_eq!(read(status, no).err(), denied);
        let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Registration, status };
        assert_eq!(read(status, "<html>").err(), Some(unexpected.clone().into()));
        assert_eq!(read(status, "{}").err(), Some(unexpected.into()));
    }
    for status in [204, 302, 307, 404, 500] {
        let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Registration, status };
        assert_eq!(read(status, &good().to_string()).err(), Some(unexpected.into()), "{status}");
    }
}

/// R102
#[test]
fn a_registration_is_kept_whole_and_not_printed() {
    let information = adopt(&with("client_secret_expires_at", 1_700_000_001)).expect("adopted");
    let kept = ClientInformation::from_bytes(&information.to_bytes()).expect("readable");
    assert_eq!(kept.to_bytes().expose(), information.to_bytes().expose());
    assert_eq!(kept.client_secret, information.client_secret);
    assert_eq!(kept.registration_access_token, Some(Secret::from("canary")));
    let printed = format!("{information:?}");
    assert!(!printed.contains("canary") && !printed.contains("100%"), "{printed}");
    assert!(ClientInformation::from_bytes(&Secret::new(b"{}".to_vec())).is_none());
}
