//! The answer to a registration: what we are by it, what is kept of it, and what is asked of it later.

use serde_json::Value;
use vestibule_core::{
    ClientInformation, ClientMetadata, Exchange,
    registration::{
        RegistrationRequest,
        management::{DeleteRegistration, ReadRegistration},
    },
};

use crate::{
    Verdict,
    answer::{accept, status_and_body},
    canary,
    oracle::Members,
    stage::{self, NOW, REDIRECT_URI},
};

pub(crate) const WORDS: &[&str] = &[
    "\"client_id\":\"x\"",
    "\"client_secret\":\"CANARY\"",
    "\"client_secret_expires_at\":0",
    "\"registration_access_token\":\"CANARY\"",
    "\"registration_client_uri\":\"https://login.example.com/register?id=1\"",
    "\"redirect_uris\":[",
    "\"token_endpoint_auth_method\":",
    "\"none\"",
    "\"private_key_jwt\"",
    "\"client_secret_jwt\"",
    "\"id_token_signed_response_alg\":\"HS512\"",
    "\"none\"",
    "\"response_types\":[\"code\"]",
    "\"default_max_age\":18446744073709551615",
    "\"require_auth_time\":true",
    "null",
    "\"id_token_encrypted_response_alg\":\"ECDH-ES\"",
    "\"error\":\"invalid_redirect_uri\"",
];

const SECRET: &[&str] = &["client_secret", "registration_access_token"];

/// What is adopted is what a naive reading finds, and keeps as it is.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (status, body) = status_and_body(data);
    let Some(information) = accept(request(), status, body, SECRET) else { return Verdict::Refused };
    assert!(matches!(status, 200 | 201), "status {status}");
    canary::assert_silent(&format!("{information:?}"), body, SECRET);
    let members = Members::of(body).expect("an answer that is no object");
    assert!(!members.has_duplicates(), "a member twice");
    let client_id = members.text("client_id").expect("a client_id");
    assert!(!client_id.is_empty(), "nobody");
    assert_eq!(information.client().client_id(), client_id, "another client");
    if let Some(redirect_uris) = members.get("redirect_uris") {
        let is_ours = |uris: &Vec<Value>| uris.iter().any(|uri| uri == REDIRECT_URI);
        assert!(redirect_uris.as_array().is_some_and(is_ours), "our redirect URI was taken away");
    }
    assert_is_kept(&information);
    look_after(&information);
    Verdict::Accepted
}

fn request() -> RegistrationRequest {
    let lab = ClientMetadata::new("Lab");
    RegistrationRequest::new(stage::metadata(), &lab, REDIRECT_URI, "https://app.example.com/bye")
        .expect("a place to register")
}

/// What is written and read again is the same.
fn assert_is_kept(information: &ClientInformation) {
    let written = information.to_bytes();
    let again = ClientInformation::from_bytes(&written).expect("what we wrote");
    assert_eq!(again.to_bytes(), written, "written in two ways");
    assert_eq!(format!("{:?}", again.client()), format!("{:?}", information.client()), "another client");
    assert_eq!(again.client_secret_expires_at(), information.client_secret_expires_at(), "another end");
}

/// Whatever we are now, it can be checked, and its registration asked for, without a panic.
fn look_after(information: &ClientInformation) {
    let client = information.client();
    let _ = (client.check(), client.check_provider(stage::metadata()));
    if let Ok(mut redeem) = client.redeem(stage::metadata(), REDIRECT_URI, stage::code()) {
        let _ = redeem.request(NOW, stage::entropy());
    }
    if let Ok(mut read) = ReadRegistration::new(request(), information) {
        let uri = read.request(NOW, stage::entropy()).uri().to_string();
        assert!(uri.starts_with("https://login.example.com/"), "the token of a registration was shown at {uri}");
    }
    if let Ok(mut delete) = DeleteRegistration::new(&request(), information) {
        let _ = delete.request(NOW, stage::entropy());
    }
}
