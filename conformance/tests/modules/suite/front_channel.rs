//! Modules about a session that ends by a frame in a page of the provider's (Front-Channel Logout 1.0).

use conformance::{Bench, ISSUER, Setup, Variant};
use vestibule_provider::Page;

use super::logout::expect_login_and_end_session;

/// Where the relying party ends a session when a frame loads it.
const FRONTCHANNEL_LOGOUT_URI: &str = "https://rp.example/auth/frontchannel_logout/op";

async fn signed_in(variant: Variant) -> Bench {
    let setup = Setup::of(variant)
        .client(|client| client.frontchannel_logout_uri(FRONTCHANNEL_LOGOUT_URI))
        .op(|op| op.tells_the_initiator_too());
    let mut bench = setup.start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench
}

/// The provider's page loads our page in a frame, with `iss` and `sid`, and lets itself be framed there and nowhere else.
async fn expect_one_frame(bench: &mut Bench, page: &Page) {
    let frames = bench.browser.load_frames(page).await;
    let [frame] = frames.as_slice() else { panic!("one frame, not {}", frames.len()) };
    assert_eq!((frame.status().as_u16(), frame.url().path()), (200, "/auth/frontchannel_logout/op"));
    let pairs: Vec<_> = frame.url().query_pairs().into_owned().collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["iss", "sid"]);
    let policy = frame.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors https://op.example;"), "{policy}");
    assert_eq!(frame.header("x-frame-options"), None);
    assert_eq!(frame.header("cache-control"), Some("no-store"));
}

/// The suite's page calls back once the frame has loaded; here the page goes on to where the relying party wanted people.
pub(crate) async fn oidcc_client_test_rp_frontchannel_rpinitlogout(variant: Variant) {
    let mut bench = signed_in(variant).await;
    let page = bench.log_out().await;
    assert!(page.url().as_str().starts_with(ISSUER), "the provider's page: {}", page.url());
    assert_eq!(bench.who().await, None, "our session is over before");
    expect_one_frame(&mut bench, &page).await;
    let page = bench.browser.follow_refresh(&page).await;
    assert_eq!((page.url().path(), page.text()), ("/", "a stranger"));
    expect_login_and_end_session(&bench);
}

/// The person signs out at the provider: its page ends the session at the relying party, without a word to it from elsewhere.
pub(crate) async fn oidcc_client_test_rp_frontchannel_opinitlogout(variant: Variant) {
    let mut bench = signed_in(variant).await;
    let page = bench.browser.get(&format!("{ISSUER}end_session")).await;
    let page = bench.browser.submit(&page, "end_session", &[("confirm", "yes")]).await;
    assert_eq!(bench.who().await.as_deref(), Some("alice"), "until the frame is loaded");
    expect_one_frame(&mut bench, &page).await;
    assert_eq!(bench.who().await, None);
    // The person's own two requests to the provider's pages.
    bench.expect_arrived(&[variant.complete(), vec!["end_session", "end_session"]].concat());
}
