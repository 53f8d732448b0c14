//! Modules about logout tokens (Back-Channel Logout 1.0). Each is sent twice: for a session that lives, where it can be seen whether
//! it ends, and as the suite does, while the relying party signs out by itself.

use conformance::{Bench, CLIENT_ID, ISSUER, Variant};
use vestibule_provider::{Fault, LogoutTokenFault};

use super::logout::{expect_login_and_end_session, signed_in};

/// What the provider calls the session that Alice has.
fn sid(bench: &Bench) -> String {
    bench.op.sids_of("alice").pop().expect("a session")
}

/// The token has no effect, the provider is told so, and the log says why.
async fn expect_refused(variant: Variant, fault: LogoutTokenFault, reason: &str) {
    let mut bench = signed_in(variant).await;
    let token = bench.op.logout_token(CLIENT_ID).sub("alice").sid(sid(&bench)).without_typ();
    bench.deliver(token.fault(fault).request()).await.expect(400);
    assert_eq!(bench.who().await.as_deref(), Some("alice"));

    bench.op.set_fault(Some(Fault::LogoutToken(fault)));
    bench.log_out().await;
    bench.deliver_logout_request().await.expect(400);
    assert_eq!(bench.who().await, None, "signed out by oneself");
    assert_eq!(bench.reasons_of("a logout token was refused"), [reason, reason]);
    expect_login_and_end_session(&bench);
}

/// The session is gone already when the token comes, and that is no error. One that lives is gone then.
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout(variant: Variant) {
    let mut bench = signed_in(variant).await;
    bench.log_out().await;
    bench.deliver_logout_request().await.expect(200);
    expect_login_and_end_session(&bench);

    bench.sign_in().await;
    assert_eq!(bench.who().await.as_deref(), Some("alice"), "a new session is another one");
    bench.op.end_session(&sid(&bench));
    bench.deliver_logout_request().await.expect(200);
    assert_eq!(bench.who().await, None);
    assert_eq!(bench.reasons_of("a logout token was refused"), [] as [&str; 0]);
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none(variant: Variant) {
    let reason = "is not a usable JWS: signed with 'none', expected RS256 (RFC 8725 3.1)";
    expect_refused(variant, LogoutTokenFault::AlgNone, reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event(variant: Variant) {
    let reason = "has claims that cannot be read: 'events' is missing";
    expect_refused(variant, LogoutTokenFault::MissingEvents, reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce(variant: Variant) {
    let reason = "has a nonce, which no logout token has (Back-Channel Logout 2.6 (7))";
    expect_refused(variant, LogoutTokenFault::Nonce, reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg(variant: Variant) {
    let reason = "is not a usable JWS: signed with 'ES256', expected RS256 (RFC 8725 3.1)";
    expect_refused(variant, LogoutTokenFault::WrongAlgorithm, reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud(variant: Variant) {
    let reason = format!("is not for client '{CLIENT_ID}' (Back-Channel Logout 2.6 (4))");
    expect_refused(variant, LogoutTokenFault::WrongAudience, &reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event(variant: Variant) {
    let reason = "has no backchannel-logout event (Back-Channel Logout 2.6 (6))";
    expect_refused(variant, LogoutTokenFault::WrongEvent, reason).await;
}

pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss(variant: Variant) {
    let reason = format!("has issuer 'https://stranger.example', expected '{ISSUER}' (Back-Channel Logout 2.6 (4))");
    expect_refused(variant, LogoutTokenFault::WrongIssuer, &reason).await;
}
