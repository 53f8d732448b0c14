//! A provider with two clients that want to be told of a session's end.

use std::collections::BTreeMap;

use axum::Router;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use url::form_urlencoded;
use vestibule_core::SignatureAlgorithm;
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient};

use crate::party::{self, GOODBYE, REDIRECT_URI, authorize_url, claims, is_sign_in, parameter};

pub(crate) const SHOP: &str = "http://localhost:3002";

/// `rp`, as ever, and `shop`, each with a place for both channels.
pub(crate) fn provider() -> DevelopmentProvider {
    party::provider().client(rp()).client(shop())
}

pub(crate) fn rp() -> RegisteredClient {
    RegisteredClient::confidential("rp", "s:%+é")
        .redirect_uri(REDIRECT_URI)
        .post_logout_redirect_uri(GOODBYE)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .backchannel_logout_uri("http://localhost:3000/back?kept=yes")
        .frontchannel_logout_uri("http://localhost:3000/front?kept=yes")
}

pub(crate) fn shop() -> RegisteredClient {
    RegisteredClient::public("shop")
        .redirect_uri(format!("{SHOP}/callback"))
        .id_token_signed_response_alg(SignatureAlgorithm::EdDsa)
        .backchannel_logout_uri(format!("{SHOP}/back"))
        .frontchannel_logout_uri(format!("{SHOP}/front"))
}

pub(crate) fn browser(provider: &DevelopmentProvider) -> Browser {
    let mut browser = party::browser(provider);
    browser.site(SHOP, Router::new().fallback(async || "the shop"));
    browser
}

/// Signs somebody in for `client_id`, by the session that there is or by a new one.
pub(crate) async fn sign_in(browser: &mut Browser, client_id: &str, user: &str) {
    let redirect_uri = if client_id == "shop" { format!("{SHOP}/callback") } else { REDIRECT_URI.to_owned() };
    let page = browser.get(&authorize_url(&[("client_id", client_id), ("redirect_uri", &redirect_uri)])).await;
    let page = if is_sign_in(&page) { browser.sign_in_as(&page, user).await } else { page };
    assert!(parameter(page.url(), "code").is_some(), "{}", page.url());
}

/// The logout tokens that wait, by the place that they go to.
pub(crate) fn told(provider: &DevelopmentProvider) -> BTreeMap<String, Vec<Value>> {
    let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for request in provider.pending_logout_requests() {
        let token = logout_token(&request);
        told.entry(request.uri().to_string()).or_default().push(claims(&token));
    }
    told
}

pub(crate) fn logout_token(request: &Request<Bytes>) -> String {
    let mut fields = form_urlencoded::parse(request.body()).into_owned();
    let (name, token) = fields.next().expect("a field");
    assert_eq!((name.as_str(), fields.next()), ("logout_token", None));
    token
}
