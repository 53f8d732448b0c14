//! Modules about a logout that begins at the relying party (RP-Initiated Logout 1.0).

use conformance::{Bench, CLIENT_ID, POST_LOGOUT_REDIRECT_URI, Setup, Variant, body_of, parameters_of};
use vestibule_provider::Fault;

/// Where the relying party takes logout tokens.
pub(super) const BACKCHANNEL_LOGOUT_URI: &str = "https://rp.example/auth/backchannel_logout/op";

/// A bench whose client takes logout tokens, and where Alice is signed in. The tokens are as the suite's: they do not say of what
/// type they are, and there is more in them, and beside them, than anybody knows.
pub(super) async fn signed_in(variant: Variant) -> Bench {
    let setup = Setup::of(variant)
        .client(|client| client.backchannel_logout_uri(BACKCHANNEL_LOGOUT_URI))
        .op(|op| op.tells_the_initiator_too().without_logout_token_typ().with_unknown_logout_members());
    let mut bench = setup.start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench
}

/// What arrived: a login, and one request to end the session, in order.
pub(super) fn expect_login_and_end_session(bench: &Bench) {
    bench.expect_arrived(&[bench.variant.complete(), vec!["end_session"]].concat());
    let request = bench.the_one_at("end_session");
    let parameters = if request.query.is_some() { parameters_of(&request) } else { body_of(&request) };
    let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]);
    let value = |name: &str| parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    assert_eq!(value("client_id"), Some(CLIENT_ID));
    assert_eq!(value("post_logout_redirect_uri"), Some(POST_LOGOUT_REDIRECT_URI));
    assert!(value("state").is_some_and(|state| state.len() == 64));
}

/// The person comes back from the provider with something else than the state that was sent: to a page of the library's own, and
/// nobody is signed in.
async fn expect_own_farewell(variant: Variant, fault: Fault) {
    let mut bench = signed_in(variant).await.with_fault(fault);
    let page = bench.log_out().await;
    assert_eq!((page.status().as_u16(), page.url().path()), (200, "/auth/logged_out"));
    assert!(page.text().contains("You are signed out"), "{}", page.text());
    assert_eq!(bench.who().await, None);
    bench.deliver_logout_request().await.expect(200);
    expect_login_and_end_session(&bench);
}

/// With the state that was sent, people come out where the application wants them.
pub(crate) async fn oidcc_client_test_rp_init_logout(variant: Variant) {
    let mut bench = signed_in(variant).await;
    let page = bench.log_out().await;
    assert_eq!((page.status().as_u16(), page.url().path(), page.text()), (200, "/", "a stranger"));
    assert_eq!(bench.who().await, None);
    bench.deliver_logout_request().await.expect(200);
    expect_login_and_end_session(&bench);
}

pub(crate) async fn oidcc_client_test_rp_init_logout_other_state(variant: Variant) {
    expect_own_farewell(variant, Fault::WrongLogoutState).await;
}

pub(crate) async fn oidcc_client_test_rp_init_logout_no_state(variant: Variant) {
    expect_own_farewell(variant, Fault::MissingLogoutState).await;
}
