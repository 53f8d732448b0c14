//! Modules about refresh tokens (OpenID Connect Core 12).

use conformance::{APP, Bench, ISSUER, Setup, Variant, body_of};
use vestibule_provider::{Fault, Page, RefreshFault};

/// The application asks for new tokens, and for the person's claims with them.
async fn refresh(bench: &mut Bench) -> Page {
    bench.browser.post_form(&format!("{APP}/refresh"), &[]).await
}

async fn signed_in(variant: Variant) -> Bench {
    let mut bench = Setup::of(variant).client(|client| client.grant_type("refresh_token")).start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench
}

/// The refresh tokens that the relying party showed, in order. It asks for no other scope than it has.
fn refresh_tokens(bench: &Bench) -> Vec<String> {
    let mut shown = Vec::new();
    for request in bench.arrived_at("token") {
        let body = body_of(&request);
        let value = |name: &str| body.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        if value("grant_type").as_deref() == Some("refresh_token") {
            assert_eq!(value("scope"), None);
            shown.extend(value("refresh_token"));
        }
    }
    shown
}

/// Twice, since a new refresh token comes with every answer.
pub(crate) async fn oidcc_client_test_refresh_token(variant: Variant) {
    let mut bench = signed_in(variant).await;
    for _ in 0..2 {
        let page = refresh(&mut bench).await;
        assert_eq!((page.status().as_u16(), page.text()), (200, "\"alice\""));
    }
    let refresh = vec!["token", "userinfo"];
    bench.expect_arrived(&[variant.complete(), refresh.clone(), refresh].concat());
    let shown = refresh_tokens(&bench);
    assert!(matches!(shown.as_slice(), [first, second] if first != second), "the new one is used");
}

/// The refresh token is spent, nothing that came with the ID Token is used, and Alice stays signed in with what she had.
async fn expect_refused(variant: Variant, fault: RefreshFault, difference: &str) {
    let mut bench = signed_in(variant).await;
    bench.op.set_fault(Some(Fault::Refresh(fault)));
    let page = refresh(&mut bench).await;
    assert_eq!(page.status(), 502, "{}", page.text());
    let message = "the answer to a refresh was refused; the session goes on with the access token that it has";
    let reasons = bench.reasons_of(message);
    assert!(
        matches!(reasons.as_slice(), [one] if one.starts_with(&format!("the ID Token {difference}"))),
        "{reasons:?}"
    );
    assert_eq!(bench.who().await.as_deref(), Some("alice"));
    bench.expect_arrived(&[variant.complete(), vec!["token"]].concat());
}

pub(crate) async fn oidcc_client_test_refresh_token_invalid_issuer(variant: Variant) {
    let reason = format!("has issuer 'https://stranger.example', expected '{ISSUER}' (Core 3.1.3.7 (2))");
    expect_refused(variant, RefreshFault::WrongIssuer, &reason).await;
}

pub(crate) async fn oidcc_client_test_refresh_token_invalid_sub(variant: Variant) {
    let reason = "is not of the login that it renews: its subject is 'somebody-else', the first one was about 'alice' (Core 12.2)";
    expect_refused(variant, RefreshFault::WrongSubject, reason).await;
}
