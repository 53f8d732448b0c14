//! What the application itself stands on.

use std::sync::{Arc, atomic::Ordering};

use vestibule::{
    Builder, Client, MemoryStore, Provider, SecretKey, Tokens, Vestibule,
    examination::{Code, Finding},
};

use crate::{
    bench::{Line, assert_found, assert_not_found, confidential, discovered},
    frail::Frail,
};

async fn examined(settings: impl FnOnce(Builder) -> Builder) -> Vec<Finding> {
    Line::straight().examine_with(settings).await.findings().to_vec()
}

/// One at an https address; nobody is asked over it.
async fn public(base_url: &str, settings: impl FnOnce(Builder) -> Builder) -> Vec<Finding> {
    let builder =
        Vestibule::builder(base_url).secret_key(SecretKey::generate()).provider("corp", discovered(confidential()));
    settings(builder).build().expect("settings").examine().await.findings().to_vec()
}

#[tokio::test]
async fn the_base_url_is_for_the_public_or_for_development() {
    assert_found(&examined(|builder| builder).await, Code::BaseUrlLoopback, "on this machine alone");
    let findings = public("https://app.example.com/shop", |builder| builder).await;
    assert_found(&findings, Code::BaseUrlPublic, "within its path /shop");
    assert_found(&findings, Code::RedirectUri, "https://app.example.com/shop/auth/callback/corp");
}

#[tokio::test]
async fn development_mode_is_told_of_a_public_application_and_of_no_other() {
    let findings = public("https://app.example.com", |builder| builder.development()).await;
    assert_found(&findings, Code::DevelopmentMode, "show everybody");
    assert_not_found(&public("https://app.example.com", |builder| builder).await, Code::DevelopmentMode);
    assert_not_found(&public("https://localhost:3000", |builder| builder.development()).await, Code::DevelopmentMode);
    assert_not_found(&examined(|builder| builder).await, Code::DevelopmentMode);
}

#[tokio::test]
async fn a_key_that_a_person_made_is_told() {
    let drawn = SecretKey::generate();
    let findings =
        public("https://app.example.com", |builder| builder.previous_secret_key(SecretKey::generate())).await;
    assert_found(&findings, Code::SecretKey, "1 key that still open");
    assert_not_found(&findings, Code::SecretKeyNotRandom);
    let text = SecretKey::from_bytes(*b"this is thirty-two bytes of text");
    let findings =
        public("https://app.example.com", |builder| builder.secret_key(drawn).previous_secret_key(text)).await;
    assert_found(&findings, Code::SecretKeyNotRandom, "1 of 3 secret keys");
}

#[tokio::test]
async fn a_store_that_cannot_do_its_work_is_a_fault() {
    let store = Frail::new();
    let findings = examined(|builder| builder.sessions(Arc::clone(&store))).await;
    assert_found(&findings, Code::StoreAnswers, "the store of sessions answers");
    store.fails.store(true, Ordering::SeqCst);
    let findings = examined(|builder| builder.sessions(Arc::clone(&store))).await;
    assert_found(&findings, Code::StoreFails, "out of order");
}

#[tokio::test]
async fn what_only_this_process_knows_is_told_of_a_public_application() {
    let findings = public("https://app.example.com", |builder| builder).await;
    assert_found(&findings, Code::StoreInProcess, "logouts by the provider");
    let findings = public("https://app.example.com", |builder| builder.sessions(MemoryStore::new())).await;
    assert_found(&findings, Code::StoreInProcess, "memory of this process");
    assert_not_found(&examined(|builder| builder).await, Code::StoreInProcess);
}

#[tokio::test]
async fn the_cookies_of_a_session_are_forecast_from_scopes_and_tokens() {
    async fn with(scope: &str, tokens: Tokens) -> Vec<Finding> {
        let client = Client::confidential("my-app", "a secret");
        let entra =
            Provider::discovered("https://login.microsoftonline.com/x/v2.0", client).expect("an issuer").scope(scope);
        examined(|builder| builder.provider("entra", entra).tokens(tokens)).await
    }
    assert_found(&with("openid", Tokens::Discard).await, Code::CookieFits, "7200 are the most");
    assert_found(&with("openid profile email", Tokens::Keep).await, Code::CookieTight, "7200 are the most");
    let too_big = with("openid profile email groups offline_access", Tokens::Keep).await;
    assert_found(&too_big, Code::CookieTooBig, "7200 are the most");
    let stored = examined(|builder| builder.sessions(MemoryStore::new())).await;
    assert_found(&stored, Code::CookieFits, "78 bytes");
}

#[tokio::test]
async fn whose_certificates_are_believed_is_said() {
    assert_found(&examined(|builder| builder).await, Code::OwnHttpClient, "its own HTTP client");
    let findings = public("https://app.example.com", |builder| builder).await;
    assert_found(&findings, Code::TrustAnchors, "all providers are on this machine");
}

/// What is for development is told of an application that is not.
#[tokio::test]
async fn a_development_provider_behind_a_public_address_is_a_warning() {
    let findings = public("https://app.example.com", |builder| builder).await;
    assert_found(&findings, Code::DevelopmentProvider, "by plain http");
    let findings = public("http://localhost:3000", |builder| builder).await;
    assert_not_found(&findings, Code::DevelopmentProvider);
    let unsigned = discovered(confidential()).insecure_unsigned_request_objects();
    let findings = Line::straight().examine_other(unsigned).await;
    assert_found(&findings, Code::UnsignedRequestObjects, "not signed");
}
