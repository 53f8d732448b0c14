//! The module about an error in the place of a response.

use conformance::{Setup, Variant, parameters_of};
use toml::Table;

/// Nobody is signed in at the provider, and it may not ask: the form says `login_required`.
pub(crate) async fn oidcc_client_test_form_post_error(variant: Variant) {
    let silently = Table::from_iter([("prompt".to_owned(), "none".into())]);
    let mut bench = Setup::of(variant).set("max_age", 0).set("authorization_parameters", silently).start();
    let page = bench.sign_in().await;
    let reason = "the provider answered with an error: login_required (nobody is signed in at this browser)";
    assert_eq!(bench.failures(), [("Denied".to_owned(), reason.to_owned())]);
    bench.expect_error_page(&page, 502).await;
    bench.expect_arrived(&["discovery", "authorize"]);
    let parameters = parameters_of(&bench.the_one_at("authorize"));
    for expected in [("prompt", "none"), ("max_age", "0"), ("response_mode", "form_post")] {
        assert!(parameters.iter().any(|(name, value)| (name.as_str(), value.as_str()) == expected), "{expected:?}");
    }
}
