//! What a provider answers: adopted where it differs from what was asked, refused where it is of no use (R100).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded;
use vestibule::{SignatureAlgorithm, TokenEndpointAuthMethod};
use vestibule_provider::{DevelopmentProvider, Fault, RecordedRequest};

use crate::{
    house::{APP, House, log::Log},
    lab::{Shelf, asked, lab, op, run, run_of, signs_in},
};

/// The one request that went to this path.
fn one_request(op: &DevelopmentProvider, path: &str) -> RecordedRequest {
    let mut requests: Vec<_> = op.requests().into_iter().filter(|request| request.path == path).collect();
    assert_eq!(requests.len(), 1, "{path}");
    requests.remove(0)
}

fn parameter(text: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(text).find_map(|(own, value)| (own == name).then(|| value.into_owned()))
}

/// How the client showed who it is when it redeemed its one code.
fn shown_by(op: &DevelopmentProvider) -> &'static str {
    let request = one_request(op, "/token");
    match (request.headers.contains_key("authorization"), parameter(&request.body, "client_secret").is_some()) {
        (true, true) => "both",
        (true, false) => "client_secret_basic",
        (false, true) => "client_secret_post",
        (false, false) => "none",
    }
}

/// What the ID Token of the one login was signed with, as the hint at logout says.
async fn algorithm_of_the_id_token(house: &mut House) -> Value {
    house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    let query = one_request(&house.provider, "/end_session").query.expect("a query");
    let hint = parameter(query.as_bytes(), "id_token_hint").expect("a hint");
    let header = hint.split('.').next().expect("a header");
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    header.get("alg").cloned().expect("an algorithm")
}

/// R100
#[tokio::test]
async fn the_auth_method_that_was_registered_is_the_one_that_is_used() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Unauthenticated};
    for (method, substitute) in [
        (ClientSecretBasic, "client_secret_post"),
        (ClientSecretPost, "client_secret_basic"),
        (ClientSecretBasic, "none"),
        (Unauthenticated, "client_secret_basic"),
    ] {
        let op = op().substitutes_at_registration("token_endpoint_auth_method", substitute);
        let mut house = run_of(&op, lab(asked().token_endpoint_auth_method(method)), |builder| builder);
        assert!(signs_in(&mut house).await, "{method:?} {substitute}");
        assert_eq!(shown_by(&op), substitute, "{method:?}");
    }
}

/// R100
#[tokio::test]
async fn the_algorithm_that_was_registered_is_the_one_that_id_tokens_must_have() {
    for substitute in ["EdDSA", "ES384", "HS256"] {
        let op = op().substitutes_at_registration("id_token_signed_response_alg", substitute);
        let lab = lab(asked().id_token_signed_response_alg(SignatureAlgorithm::Es256));
        let mut house = run_of(&op, lab, |builder| builder);
        assert!(signs_in(&mut house).await, "{substitute}");
        assert_eq!(algorithm_of_the_id_token(&mut house).await, substitute);
    }
}

/// R100
#[tokio::test]
async fn what_is_registered_besides_stops_nobody() {
    for (member, substitute) in [
        ("client_name", json!("Registered by Policy")),
        ("client_name#fr", json!("Album de photos")),
        ("contacts", json!(["helpdesk@example.com"])),
        ("scope", json!("openid email")),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("application_type", json!("native")),
        ("post_logout_redirect_uris", json!(["https://app.example/goodbye"])),
        ("redirect_uris", json!(["https://app.example/elsewhere", format!("{APP}/auth/callback/lab")])),
    ] {
        let op = op().substitutes_at_registration(member, substitute);
        assert!(signs_in(&mut run(&op)).await, "{member}");
        assert_eq!((op.count("/register"), shown_by(&op)), (1, "client_secret_basic"), "{member}");
    }
}

/// R100, R102
#[tokio::test]
async fn what_was_adopted_is_remembered() {
    let shelf = Shelf::default();
    let op = op()
        .substitutes_at_registration("token_endpoint_auth_method", "client_secret_post")
        .substitutes_at_registration("id_token_signed_response_alg", "EdDSA");
    for registrations in [1, 0] {
        let mut house = run_of(&op, lab(asked()), |builder| builder.registrations(shelf.clone()));
        assert!(signs_in(&mut house).await);
        assert_eq!((op.count("/register"), shown_by(&op)), (registrations, "client_secret_post"));
        assert_eq!(algorithm_of_the_id_token(&mut house).await, "EdDSA");
        op.forget_requests();
    }
}

/// R100
#[tokio::test]
async fn a_registration_for_other_redirect_uris_ends_the_login_before_it_began() {
    for substitute in [
        json!(["https://app.example/elsewhere"]),
        json!([format!("{APP}/auth/callback/lab/")]),
        json!([format!("{APP}/auth/callback/lab?a=b"), format!("{APP}/auth/callback")]),
    ] {
        let op = op().substitutes_at_registration("redirect_uris", substitute.clone());
        let page = run(&op).get("/profile").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"), "{substitute}");
        assert_eq!((op.count("/register"), op.count("/authorize")), (1, 0), "{substitute}");
    }
}

/// R100
#[tokio::test]
async fn an_answer_that_cannot_be_used_ends_the_login_before_it_began() {
    let refused = Fault::RegistrationError { error: "invalid_client_metadata".to_owned(), error_description: None };
    for (fault, status, reason) in [
        (refused, 502, "invalid_client_metadata"),
        (Fault::RegistrationServerError, 503, "status 500"),
        (Fault::RegistrationRedirectUriChanged, 502, "redirect URI"),
        (Fault::RegistrationEmptyClientId, 502, "has an empty client_id"),
        (Fault::RegistrationAuthMethodUnusable, 502, "token_endpoint_auth_method, which needs keys of ours"),
    ] {
        let op = op();
        op.set_fault(Some(fault.clone()));
        let mut house = run(&op);
        let (log, _listening) = Log::listen();
        let page = house.get("/profile").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (status, "/auth/error"), "{fault:?}");
        assert_eq!((op.count("/register"), op.count("/authorize")), (1, 0), "{fault:?}");
        let [line] = &log.failures()[..] else { panic!("one line: {:?}", log.failures()) };
        assert!(line.contains(reason), "{fault:?}: {line}");
        op.set_fault(None);
        assert!(signs_in(&mut house).await, "{fault:?}");
    }
}
