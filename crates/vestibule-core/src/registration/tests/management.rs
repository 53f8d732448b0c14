//! Looking after a registration (RFC 7592).

use super::*;
use crate::registration::management::{
    DeleteRegistration, ManagementRefused, ReadRegistration, Unmanageable, UpdateRegistration,
};

const CLIENT_URI: &str = "https://lab.example.com/register?id=1";

fn held() -> ClientInformation {
    adopt(&with("subject_type", "public")).expect("adopted")
}

fn answer(status: u16, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_owned()))
        .expect("a response")
}

fn done<E: Exchange>(step: Result<Step<E>, ProtocolError>) -> Result<E::Output, ProtocolError> {
    match step? {
        Step::Done(output) => Ok(output),
        Step::Again(_) => panic!("nobody asked for another try"),
    }
}

fn reader() -> ReadRegistration {
    ReadRegistration::new(request(), &held()).expect("access")
}

fn read(answer_body: &Value) -> Result<ClientInformation, ProtocolError> {
    done(reader().accept(NOW, answer(200, &answer_body.to_string())))
}

fn entropy() -> Entropy {
    Entropy::from_bytes([7; 32])
}

/// RFC 7592 2.1
#[test]
fn a_read_shows_the_token_where_the_registration_is_kept() {
    let sent = reader().request(NOW, entropy());
    assert_eq!((sent.method(), sent.uri().to_string().as_str()), (&Method::GET, CLIENT_URI));
    assert_eq!(sent.headers()[header::AUTHORIZATION], "Bearer canary");
    assert!(sent.body().is_empty());
}

/// RFC 7592 3: secret, token and place may change with every answer; what is not said stays.
#[test]
fn what_a_later_answer_changes_is_adopted_and_the_rest_kept() {
    let mut changed = with("registration_access_token", "rotated");
    changed["registration_client_uri"] = json!("https://lab.example.com/register/1");
    changed["client_secret"] = json!("another secret");
    changed["client_secret_expires_at"] = json!(1_700_000_001);
    changed["token_endpoint_auth_method"] = json!("client_secret_post");
    let information = read(&changed).expect("adopted");
    assert_eq!(information.registration_access_token, Some(Secret::from("rotated")));
    assert_eq!(information.registration_client_uri.as_deref(), Some("https://lab.example.com/register/1"));
    assert_eq!(information.client_secret, Some(Secret::from("another secret")));
    assert_eq!(information.client_secret_expires_at(), Some(NOW.plus(1)));
    assert_eq!(information.token_endpoint_auth_method(), TokenEndpointAuthMethod::ClientSecretPost);

    let ending = adopt(&with("client_secret_expires_at", 1_700_000_001)).expect("adopted");
    let reader = ReadRegistration::new(request(), &ending).expect("access");
    let least = json!({"client_id": good()["client_id"]}).to_string();
    let information = done(reader.accept(NOW, answer(200, &least))).expect("adopted");
    assert_eq!(information.client_secret, ending.client_secret);
    assert_eq!(information.client_secret_expires_at(), Some(NOW.plus(1)));
    assert_eq!(information.registration_access_token, ending.registration_access_token);
    assert_eq!(information.registration_client_uri, ending.registration_client_uri);
}

/// What holds is what was registered, not what is asked for today.
#[test]
fn a_read_that_says_little_leaves_what_was_registered() {
    let mut registered = with("token_endpoint_auth_method", "client_secret_post");
    registered["id_token_signed_response_alg"] = json!("ES256");
    registered["default_max_age"] = json!(60);
    let registered = adopt(&registered).expect("adopted");
    let reader = ReadRegistration::new(request(), &registered).expect("access");
    let least = json!({"client_id": good()["client_id"]}).to_string();
    let information = done(reader.accept(NOW, answer(200, &least))).expect("adopted");
    assert_eq!(information.token_endpoint_auth_method(), TokenEndpointAuthMethod::ClientSecretPost);
    assert_eq!(information.id_token_signed_response_alg(), SignatureAlgorithm::Es256);
    assert_eq!(information.default_max_age(), Some(60));
}

/// R100: a later answer is held to what the first was held to, and to the client that we are.
#[test]
fn a_later_answer_about_another_client_or_a_useless_one_is_refused() {
    let (expected, got) = (Excerpt::new("client_a:b% +'\""), Excerpt::new("other"));
    let other = refused(InvalidRegistration::ClientId { expected, got });
    assert_eq!(read(&with("client_id", "other")).err(), other);
    let useless = with("redirect_uris", json!(["https://app.example.com/elsewhere"]));
    assert_eq!(read(&useless).err(), refused(InvalidRegistration::RedirectUris));
}

/// RFC 7592 2.2
#[test]
fn an_update_says_all_again_save_what_is_not_ours_to_say() {
    let client = ClientMetadata::new("Renamed").contact("a@example.com");
    let asked = request_of(&client, &metadata(json!({})));
    let held = adopt(&{
        let mut answer = with("subject_type", "public");
        answer["client_id_issued_at"] = json!(1_700_000_000);
        answer["client_name"] = json!("Photo Album");
        answer["tos_uri"] = json!(null);
        answer
    });
    let mut exchange = UpdateRegistration::new(asked, &held.expect("adopted")).expect("access");
    let sent = exchange.request(NOW, entropy());
    assert_eq!((sent.method(), sent.uri().to_string().as_str()), (&Method::PUT, CLIENT_URI));
    assert_eq!(sent.headers()[header::AUTHORIZATION], "Bearer canary");
    assert_eq!(sent.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(
        serde_json::from_slice::<Value>(sent.body()).expect("JSON"),
        json!({
            "application_type": "web",
            "client_id": good()["client_id"],
            "client_name": "Renamed",
            "client_secret": good()["client_secret"],
            "contacts": ["a@example.com"],
            "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": "RS256",
            "post_logout_redirect_uris": [AFTER_LOGOUT],
            "redirect_uris": [REDIRECT_URI],
            "response_types": ["code"],
            // The provider's own addition.
            "subject_type": "public",
            "token_endpoint_auth_method": "client_secret_basic",
        })
    );
    let updated = done(exchange.accept(NOW, answer(200, &with("id_token_signed_response_alg", "ES256").to_string())));
    assert_eq!(updated.expect("adopted").id_token_signed_response_alg(), SignatureAlgorithm::Es256);
}

/// Registration 2: never both.
#[test]
fn an_update_with_keys_drops_those_that_the_provider_has() {
    let held = adopt(&with("jwks_uri", "https://app.example.com/old")).expect("adopted");
    let keys = ClientKeys::jwks(json!({"keys": []})).expect("a set");
    let asked = request_of(&ClientMetadata::new("a").keys(keys), &metadata(json!({})));
    let sent = UpdateRegistration::new(asked, &held).expect("access").request(NOW, entropy());
    let body: Value = serde_json::from_slice(sent.body()).expect("JSON");
    assert_eq!((&body["jwks"], body.get("jwks_uri")), (&json!({"keys": []}), None));
}

/// RFC 7592 2.3
#[test]
fn a_deletion_is_answered_with_204() {
    let exchange = || DeleteRegistration::new(&request(), &held()).expect("access");
    let sent = exchange().request(NOW, entropy());
    assert_eq!((sent.method(), sent.uri().to_string().as_str()), (&Method::DELETE, CLIENT_URI));
    assert_eq!(sent.headers()[header::AUTHORIZATION], "Bearer canary");
    assert_eq!(done(exchange().accept(NOW, answer(204, ""))), Ok(()));
    let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::ClientConfiguration, status: 200 };
    assert_eq!(done(exchange().accept(NOW, answer(200, "{}"))), Err(unexpected.into()));
}

/// RFC 7592 2.1 to 2.3: each no has its name.
#[test]
fn a_refusal_is_told_by_its_status() {
    let asked = |status, body| {
        let update = UpdateRegistration::new(request(), &held()).expect("access");
        let delete = DeleteRegistration::new(&request(), &held()).expect("access");
        [
            done(reader().accept(NOW, answer(status, body))).err(),
            done(update.accept(NOW, answer(status, body))).err(),
            done(delete.accept(NOW, answer(status, body))).err(),
        ]
    };
    for (status, refused) in [
        (401, ManagementRefused::Token),
        (403, ManagementRefused::Forbidden),
        (404, ManagementRefused::NotFound),
        (405, ManagementRefused::NotSupported),
    ] {
        assert_eq!(asked(status, ""), [(); 3].map(|()| Some(Misbehaviour::from(refused).into())));
    }
    let no = r#"{"error":"invalid_client_metadata"}"#;
    let denied = ErrorResponse::new("invalid_client_metadata", None).map(ProtocolError::Denied);
    assert_eq!(asked(400, no), [(); 3].map(|()| denied.clone()));
    for (status, body) in [(400, "{}"), (400, "<html>"), (201, "{}"), (302, ""), (500, "")] {
        let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::ClientConfiguration, status };
        assert_eq!(asked(status, body), [(); 3].map(|()| Some(unexpected.clone().into())), "{status}");
    }
}

/// R102, R108: the token goes nowhere but where the registration was made.
#[test]
fn the_token_does_not_leave_the_origin_of_the_registration() {
    let access = |answer: &Value| ReadRegistration::new(request(), &adopt(answer).expect("adopted")).err();
    for elsewhere in ["https://lab.example.com.evil.example/r", "https://lab.example.com:8443/r", "http://localhost/r"]
    {
        let got = Url::parse(elsewhere).expect("a URL").origin().ascii_serialization();
        let expected = "https://lab.example.com".to_owned();
        let foreign = Unmanageable::ForeignOrigin { expected, got: Excerpt::new(&got) };
        assert_eq!(access(&with("registration_client_uri", elsewhere)), Some(foreign));
    }
    for bad in [
        "http://lab.example.com/r",
        "https://a@lab.example.com/r",
        "https://:a@lab.example.com/r",
        "https://lab.example.com/r#f",
        "/register",
        "",
    ] {
        let invalid = Unmanageable::ClientUri { got: Excerpt::new(bad) };
        assert_eq!(access(&with("registration_client_uri", bad)), Some(invalid), "{bad}");
    }
}

#[test]
fn a_registration_without_access_cannot_be_looked_after() {
    for member in ["registration_client_uri", "registration_access_token"] {
        let held = adopt(&without(member)).expect("adopted");
        let refused = Some(Unmanageable::NoAccess { member });
        assert_eq!(ReadRegistration::new(request(), &held).err(), refused);
        assert_eq!(UpdateRegistration::new(request(), &held).err(), refused);
        assert_eq!(DeleteRegistration::new(&request(), &held).err(), refused);
    }
    for token in ["", "a\nb"] {
        let held = adopt(&with("registration_access_token", token)).expect("adopted");
        assert_eq!(ReadRegistration::new(request(), &held).err(), Some(Unmanageable::AccessToken));
    }
}

/// R102
#[test]
fn neither_token_nor_secret_nor_an_unknown_member_is_printed() {
    let held = adopt(&with("a_members_value", "canary")).expect("adopted");
    let mut update = UpdateRegistration::new(request(), &held).expect("access");
    let delete = DeleteRegistration::new(&request(), &held).expect("access");
    let read = ReadRegistration::new(request(), &held).expect("access");
    let headers = update.request(NOW, entropy()).headers().clone();
    let printed = format!("{held:?} {read:?} {update:?} {delete:?} {headers:?}");
    assert!(!printed.contains("canary") && !printed.contains("100%"), "{printed}");
}

/// Bytes of before there were terms can be looked after too.
#[test]
fn an_old_registration_can_be_read() {
    let old = br#"{"client_id":"client_a:b% +'\"","client_secret":"s","client_secret_expires_at":null,"id_token_signed_response_alg":"RS256","registration_access_token":"t","registration_client_uri":"https://lab.example.com/r","token_endpoint_auth_method":"client_secret_basic"}"#;
    let old = ClientInformation::from_bytes(&Secret::new(old.to_vec())).expect("readable");
    let asked = request_of(&ClientMetadata::new("Photo Album").refresh_tokens(), &metadata(json!({})));
    let reader = ReadRegistration::new(asked, &old).expect("access");
    let least = json!({"client_id": good()["client_id"]}).to_string();
    let information = done(reader.accept(NOW, answer(200, &least))).expect("adopted");
    assert!(information.may_refresh(), "it was registered for what is asked");
}
