//! What comes back from the authorization endpoint, read without any part of a client.

use std::collections::BTreeMap;

use axum::Router;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde_json::Value;
use url::form_urlencoded;
use vestibule_core::{ResponseType, SignatureAlgorithm, jose::code_challenge};
use vestibule_provider::{Browser, DevelopmentProvider, Page, RegisteredClient};

use crate::party::{self, REDIRECT_URI, VERIFIER, authorize_url, claims, is_sign_in};

/// A response, and how it came.
pub(crate) struct Response {
    pub(crate) way: &'static str,
    pub(crate) pieces: BTreeMap<String, String>,
}

/// A provider whose `rp` may ask for everything.
pub(crate) fn provider() -> DevelopmentProvider {
    party::provider().client(rp())
}

pub(crate) fn rp() -> RegisteredClient {
    RegisteredClient::confidential("rp", "s:%+é")
        .redirect_uri(REDIRECT_URI)
        .redirect_uri("http://localhost:3000/other?kept=yes")
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .response_types(ResponseType::ALL)
}

/// A browser with an application that shows what is posted to it.
pub(crate) fn browser(provider: &DevelopmentProvider) -> Browser {
    let mut browser = party::browser(provider);
    browser.site("http://localhost:3000", Router::new().fallback(async |body: String| body));
    browser
}

/// The response to a request with these changes, for alice, at a browser that was never here.
pub(crate) async fn response(provider: &DevelopmentProvider, changes: &[(&str, &str)]) -> Response {
    sign_in(&mut browser(provider), changes).await
}

/// The response for alice at this browser.
pub(crate) async fn sign_in(browser: &mut Browser, changes: &[(&str, &str)]) -> Response {
    let page = browser.get(&authorize_url(changes)).await;
    let page = if is_sign_in(&page) { browser.sign_in_as(&page, "alice").await } else { page };
    Response::of(&page)
}

impl Response {
    pub(crate) fn of(page: &Page) -> Self {
        let is_post = page.hops().last().is_some_and(|hop| hop.method == Method::POST);
        let (way, text) = match (is_post, page.url().fragment()) {
            (true, _) => ("form_post", page.text()),
            (false, Some(fragment)) => ("fragment", fragment),
            (false, None) => ("query", page.url().query().unwrap_or_default()),
        };
        Self { way, pieces: form_urlencoded::parse(text.as_bytes()).into_owned().collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pieces.get(name).map(String::as_str)
    }

    pub(crate) fn piece(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.pieces.keys()))
    }

    pub(crate) fn id_token(&self) -> Value {
        claims(self.piece("id_token"))
    }

    /// What the code brings.
    pub(crate) async fn redeem(&self, provider: &DevelopmentProvider) -> Value {
        let redeem = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
            ("code", self.piece("code")),
        ];
        party::json(&party::post(provider, "/token", &redeem).await)
    }
}

/// Core 3.1.3.6 for an algorithm with SHA-256: the left half of the hash.
pub(crate) fn half_hash(text: &str) -> String {
    let hash = URL_SAFE_NO_PAD.decode(code_challenge(text)).expect("base64url");
    URL_SAFE_NO_PAD.encode(hash.get(..16).expect("32 bytes"))
}
