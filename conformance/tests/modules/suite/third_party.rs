//! The module about a login that the provider begins (OpenID Connect Core 4).

use conformance::{APP, ISSUER, Setup, Variant};
use serde_json::json;
use url::form_urlencoded;

use super::discovery::asked;

/// The place that is registered as `initiate_login_uri`.
const INITIATE_LOGIN_URI: &str = "https://rp.example/auth/initiate_login/op";

/// The person follows a link at the provider's, and ends signed in at the application.
pub(crate) async fn oidcc_client_test_3rd_party_init_login(variant: Variant) {
    let mut bench = Setup::of(variant).set("initiate_login", true).start();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("iss", ISSUER).finish();
    bench.expect_arrived(&[]);
    let page = bench.browser.get(&format!("{ISSUER}check_session")).await;
    bench.op.forget_requests();
    let page = bench.browser.follow_link(&page, &format!("{INITIATE_LOGIN_URI}?{query}")).await;
    let page = bench.go_on(page).await;
    assert_eq!(page.url().as_str(), format!("{APP}/"));
    assert_eq!(bench.failures(), [] as [(String, String); 0]);
    assert_eq!(bench.who().await.as_deref(), Some("alice"));
    bench.expect_arrived(&variant.complete());
    if variant.registers() {
        assert_eq!(asked(&bench).get("initiate_login_uri"), Some(&json!(INITIATE_LOGIN_URI)));
    }
}
