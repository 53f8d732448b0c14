use url::form_urlencoded;
use vestibule_provider::{Browser, DevelopmentProvider, Fault, Page};

use crate::party::{GOODBYE, NOW, Party, authorize_url, browser, is_sign_in, provider};

const END_SESSION: &str = "http://127.0.0.1:3001/end_session";

/// A browser where alice is signed in, and her ID Token.
async fn signed_in(provider: &DevelopmentProvider) -> (Browser, String) {
    let party = Party::rp(provider).await.expect("discovery");
    let mut browser = browser(provider);
    let code = party.authorize(&mut browser, "openid").await.expect("a code");
    let tokens = party.redeem(code).await.expect("tokens");
    let expected = party.client.expected_id_token(&party.metadata);
    let id_token = tokens.id_token().verify(&party.keys, &expected, NOW).expect("an ID Token");
    (browser, id_token.raw().expose().clone())
}

async fn leave(browser: &mut Browser, parameters: &[(&str, &str)]) -> Page {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    browser.get(&format!("{END_SESSION}?{query}")).await
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    !is_sign_in(&browser.get(&authorize_url(&[])).await)
}

#[tokio::test]
async fn a_valid_hint_ends_the_session_without_a_question_and_goes_where_the_client_asked() {
    let provider = provider();
    let (mut browser, hint) = signed_in(&provider).await;
    assert!(is_signed_in(&mut browser).await);
    // Expired is fine.
    provider.set_now(NOW.plus(100_000));
    let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", GOODBYE), ("state", "s 1")];
    let page = leave(&mut browser, &parameters).await;
    assert_eq!(page.url().as_str(), format!("{GOODBYE}?state=s+1"));
    assert!(browser.cookies().all(|cookie| cookie.name != "provider_session"));
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_place_that_is_not_registered_is_never_gone_to() {
    let provider = provider();
    for uri in ["https://evil.example/", "http://localhost:3000/goodbye/", "http://localhost:3000/callback", ""] {
        let (mut browser, hint) = signed_in(&provider).await;
        let page = leave(&mut browser, &[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]).await;
        assert!(page.hops().len() == 1 && page.text().contains("no longer signed in"), "{uri}");
        assert!(!is_signed_in(&mut browser).await);
    }
}

#[tokio::test]
async fn without_a_valid_hint_the_person_is_asked_first() {
    let provider = provider();
    let (mut browser, hint) = signed_in(&provider).await;
    let forged = hint.replace('.', ".A");
    for parameters in [
        vec![],
        vec![("client_id", "rp"), ("post_logout_redirect_uri", GOODBYE)],
        vec![("client_id", "rp"), ("post_logout_redirect_uri", GOODBYE), ("id_token_hint", forged.as_str())],
    ] {
        let page = leave(&mut browser, &parameters).await;
        assert!(page.text().contains("Sign out?") && page.hops().len() == 1, "{parameters:?}");
        assert!(is_signed_in(&mut browser).await);
    }
    let page = leave(&mut browser, &[("client_id", "rp"), ("post_logout_redirect_uri", GOODBYE)]).await;
    let page = browser.submit(&page, "/end_session", &[("confirm", "yes")]).await;
    assert_eq!(page.url().as_str(), GOODBYE);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_hint_about_somebody_else_does_not_end_this_session_unasked() {
    let provider = provider();
    let (_, hint_of_alice) = signed_in(&provider).await;
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[])).await;
    browser.sign_in_as(&page, "bob").await;
    let page = leave(&mut browser, &[("id_token_hint", &hint_of_alice)]).await;
    assert!(page.text().contains("Sign out?"));
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_hint_for_another_client_is_refused() {
    let provider = provider();
    let (mut browser, hint) = signed_in(&provider).await;
    let page = leave(&mut browser, &[("id_token_hint", &hint), ("client_id", "spa")]).await;
    assert_eq!(page.status().as_u16(), 400);
    assert!(is_signed_in(&mut browser).await);
}

/// V73, at the provider: its Lax cookie does not come with another site's form.
#[tokio::test]
async fn another_sites_form_ends_nothing_without_a_hint() {
    let provider = provider();
    let (mut browser, hint) = signed_in(&provider).await;
    browser.post_form_from("https://evil.example", END_SESSION, &[("confirm", "yes")]).await;
    assert!(is_signed_in(&mut browser).await);
    browser.post_form_from("http://localhost:3000", END_SESSION, &[("id_token_hint", &hint)]).await;
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_on() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = leave(&mut browser, &[("client_id", "rp"), ("post_logout_redirect_uri", GOODBYE)]).await;
    assert_eq!(page.url().as_str(), GOODBYE);
    let page = leave(&mut browser, &[("client_id", "spa"), ("post_logout_redirect_uri", GOODBYE)]).await;
    assert!(page.text().contains("no longer signed in"));
}

#[tokio::test]
async fn a_fault_returns_with_another_state_or_none() {
    for (fault, query) in
        [(Fault::WrongLogoutState, Some("state=the-state-of-another-logout")), (Fault::MissingLogoutState, None)]
    {
        let provider = provider();
        let (mut browser, hint) = signed_in(&provider).await;
        provider.set_fault(Some(fault));
        let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", GOODBYE), ("state", "s 1")];
        let page = leave(&mut browser, &parameters).await;
        assert_eq!((page.url().path(), page.url().query()), ("/goodbye", query));
    }
}
