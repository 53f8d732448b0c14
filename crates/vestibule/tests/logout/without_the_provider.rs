//! Our session ends even if the provider is down, has no way out, or was never heard of (R128).

use vestibule::{Client, Provider, ProviderMetadata, Vestibule};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, builder,
    log::Log,
    paper::{joined, own_form, path_and_query, place, session_value},
    provider,
};

impl House {
    /// The application starts again, with the same settings: it has not asked the provider anything yet.
    fn restart(&mut self) {
        let vestibule = builder(&self.provider, &self.clock).after_logout("/open").build().expect("as before");
        let again = Self::around(self.provider.clone(), self.clock.clone(), &vestibule);
        self.browser.site(APP, again.app.clone());
        self.app = again.app;
    }
}

async fn signed_in() -> House {
    let mut house = House::with(|builder| builder.after_logout("/open"));
    house.sign_in("/profile", "alice").await;
    house
}

fn without_end_session(provider: &DevelopmentProvider, clock: &TestClock) -> Vestibule {
    let metadata = serde_json::json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "authorization_response_iss_parameter_supported": true,
    });
    let metadata = ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata");
    let corp = Provider::described(metadata, Client::confidential("my-app", CLIENT_SECRET));
    bare_builder(provider, clock)
        .provider("corp", corp)
        .after_logout("/open")
        .build()
        .expect("the settings hold together")
}

/// R128
#[tokio::test]
async fn with_a_provider_that_is_down_our_session_ends_all_the_same() {
    let mut house = signed_in().await;
    let kept = session_value(&house.browser);
    house.provider.set_fault(Some(Fault::Unreachable));
    let page = house.get("/auth/logout").await;
    assert_eq!(page.status(), 200, "the question is asked without the provider");
    house.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!(house.me().await, None);
    assert!(kept.is_some() && session_value(&house.browser).is_none(), "the browser forgot it");
}

/// R128: a process that has not heard of the provider yet, and cannot.
#[tokio::test]
async fn a_new_process_that_cannot_reach_the_provider_says_goodbye_itself() {
    let mut house = signed_in().await;
    house.restart();
    house.provider.set_fault(Some(Fault::Unreachable));
    let (log, _listening) = Log::listen();
    let page = house.get("/auth/logout").await;
    assert_eq!(page.status(), 200);
    let page = house.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!((place(&page).as_str(), page.text(), page.hops().len()), ("/open", "open to all", 2));
    assert_eq!(house.me().await, None);
    assert_eq!(house.cookie_names(), Vec::<String>::new());
    let warnings: Vec<_> = log.lines().into_iter().filter(|line| line.starts_with("WARN")).collect();
    assert!(
        warnings.iter().any(|line| line.contains("signed out here; the provider could not be told")),
        "{warnings:?}"
    );
}

/// V73: the page of a new process lets its form lead to the provider as well, or Chromium would stop the way there.
#[tokio::test]
async fn a_new_process_that_can_reach_the_provider_signs_out_there_too() {
    let mut house = signed_in().await;
    house.restart();
    let page = house.get("/auth/logout").await;
    assert!(joined(&page, "content-security-policy").contains(&format!("; form-action 'self' {ISSUER};")));
    let page = house.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!(place(&page), "/open");
    assert_eq!(house.provider.count("/end_session"), 1);
    assert_eq!(house.me().await, None);
}

/// R128
#[tokio::test]
async fn with_a_provider_that_has_no_way_out_we_say_goodbye_ourselves() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = without_end_session(&provider, &clock);
    let mut house = House::around(provider, clock, &vestibule);
    house.sign_in("/profile", "alice").await;
    let page = house.get("/auth/logout").await;
    assert!(joined(&page, "content-security-policy").contains("; form-action 'self';"));
    let page = house.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!((place(&page).as_str(), page.text(), page.hops().len()), ("/open", "open to all", 2));
    assert_eq!(house.me().await, None);
    assert_eq!(house.cookie_names(), Vec::<String>::new(), "no logout is under way");
    assert_eq!(house.provider.count("/end_session"), 0);
}

/// The provider's session is the provider's: it may say no, and ours is over.
#[tokio::test]
async fn a_provider_that_keeps_people_on_its_own_page_keeps_nobody_signed_in_here() {
    let mut house = signed_in().await;
    // Not registered there, so that the provider does not send people back.
    let provider = house.provider.clone().client(
        vestibule_provider::RegisteredClient::confidential("my-app", CLIENT_SECRET)
            .redirect_uri(format!("{APP}/auth/callback/corp")),
    );
    let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert_eq!(path_and_query(page.url()).split('?').next(), Some("/end_session"));
    assert_eq!(provider.count("/end_session"), 1);
    assert_eq!(house.me().await, None);
}

/// A browser that hangs up after our answer is signed out, whether it goes to the provider or not.
#[tokio::test]
async fn the_answer_that_leads_to_the_provider_has_ended_our_session_already() {
    let mut house = signed_in().await;
    let page = house.send("/auth/logout", own_form()).await;
    assert!(page.header("location").is_some_and(|location| location.starts_with(ISSUER)));
    assert_eq!(session_value(&house.browser), None);
    assert_eq!((house.me().await, house.provider.count("/end_session")), (None, 0));
}
