//! The module about pages that watch the provider's session (Session Management 1.0).

use conformance::{APP, CLIENT_ID, Setup, Variant};
use vestibule_provider::{Page, SessionStatus};

/// What a page of the relying party posts to the provider's frame.
fn message(page: &Page) -> String {
    let (_, rest) = page.text().split_once("data-message=\"").expect("a message");
    rest.split('"').next().expect("quoted").to_owned()
}

/// The page asks before the logout and after it; the provider's frame answers, as its script would.
pub(crate) async fn oidcc_client_test_session_management(variant: Variant) {
    let mut bench = Setup::of(variant).start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    let watching = bench.get("/auth/check_session").await;
    let frames = bench.browser.load_frames(&watching).await;
    assert_eq!(frames.iter().map(|frame| frame.status().as_u16()).collect::<Vec<_>>(), [200]);
    let message = message(&watching);
    let (client_id, session_state) = message.split_once(' ').expect("two words");
    assert_eq!(client_id, CLIENT_ID);
    assert!(!session_state.is_empty() && !session_state.contains(' '));
    assert_eq!(bench.op.check_session(&bench.browser, APP, &message), SessionStatus::Unchanged);

    bench.log_out().await;
    assert_ne!(bench.op.check_session(&bench.browser, APP, &message), SessionStatus::Unchanged);
    // The page that was left open tells the application, which knows already.
    let changed = format!("{APP}/auth/session_changed");
    let answer = bench.browser.post_form(&changed, &[("session_state", session_state)]).await;
    assert_eq!((answer.status().as_u16(), bench.who().await), (204, None));
    bench.expect_arrived(&[variant.complete(), vec!["check_session", "end_session"]].concat());
}
