//! Several providers: one session a browser, a choice where nothing is said, and no ping-pong.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    routing::{get, post},
};
use vestibule::{Builder, Client, EndUser, Provider, Vestibule};
use vestibule_provider::{DevelopmentProvider, Page, RegisteredClient, User};

use crate::house::{
    APP, House, ISSUER, TestClock, bare_builder,
    paper::{expect_page_of_ours, link, navigation, path_and_query, place},
    provider,
    town::Town,
};

const STAFF: &str = "http://127.0.0.1:3002";

struct TwoProviders {
    house: House,
    staff: DevelopmentProvider,
}

fn vestibule(corp: &DevelopmentProvider, staff: &DevelopmentProvider, clock: &TestClock) -> Builder {
    let client = |secret: &str| Client::confidential("my-app", secret);
    let at = |issuer, secret| Provider::discovered(issuer, client(secret)).expect("an issuer");
    bare_builder(corp, clock)
        .http_client(Town::of([corp.clone(), staff.clone()]))
        .provider("corp", at(ISSUER, crate::house::CLIENT_SECRET))
        .provider("staff", at(STAFF, "another secret of at least 32 bytes"))
}

/// A page for anybody who is signed in, and one for the people of each provider.
fn application(vestibule: &Vestibule, entered: &Arc<AtomicUsize>) -> Router {
    let only = |path, name: &str| {
        let entered = Arc::clone(entered);
        let handler = get(async move |user: EndUser| {
            entered.fetch_add(1, Ordering::SeqCst);
            format!("{} of {}", user.subject(), user.provider())
        });
        Router::new().route(path, handler).route_layer(vestibule.require_login().provider(name))
    };
    Router::new()
        .route(
            "/",
            get(async |user: Option<EndUser>| user.map_or("stranger".into(), |user| user.provider().to_owned())),
        )
        .route("/any", get(async |user: EndUser| format!("{} of {}", user.subject(), user.provider())))
        .route("/form", post(async |_: EndUser| "sent"))
        .merge(only("/for_corp", "corp"))
        .merge(only("/for_staff", "staff"))
}

fn two_providers(settings: impl FnOnce(Builder) -> Builder) -> TwoProviders {
    let (corp, clock, entered) = (provider(), TestClock::new(), Arc::default());
    let staff = DevelopmentProvider::new(STAFF)
        .expect("an issuer")
        .client(
            RegisteredClient::confidential("my-app", "another secret of at least 32 bytes")
                .redirect_uri(format!("{APP}/auth/callback/staff"))
                .post_logout_redirect_uri(format!("{APP}/auth/logged_out")),
        )
        .user(User::new("alice").claim("name", "Another Alice"));
    let vestibule = settings(vestibule(&corp, &staff, &clock)).build().expect("the settings hold together");
    let app = vestibule.wrap(application(&vestibule, &entered));
    let mut house = House::around_app(corp, clock, app, entered);
    house.browser.site(STAFF, staff.router());
    staff.set_now(vestibule::Clock::now(&house.clock));
    TwoProviders { house, staff }
}

impl TwoProviders {
    async fn sign_in_at(&mut self, issuer: &str, path: &str) -> Page {
        let page = self.house.get(path).await;
        assert!(page.url().as_str().starts_with(&format!("{issuer}/")), "{} is not at {issuer}", page.url());
        self.house.browser.sign_in_as(&page, "alice").await
    }
}

#[tokio::test]
async fn a_gate_for_one_provider_sends_a_stranger_straight_there() {
    let mut two = two_providers(|builder| builder.default_provider("corp"));
    let page = two.sign_in_at(STAFF, "/for_staff?x=1").await;
    assert_eq!((place(&page).as_str(), page.text()), ("/for_staff?x=1", "alice of staff"));
    assert_eq!(two.house.provider.requests().len(), 0, "the default provider has no part in it");
    let stranger = &mut two.house.another_browser();
    let problem = stranger.fetch(&format!("{APP}/for_staff")).await;
    assert!(problem.text().contains("\"login_url\":\"http://localhost:3000/auth/login/staff\""), "{}", problem.text());
}

/// Never a ping-pong: a page that offers, and a person who decides.
#[tokio::test]
async fn somebody_signed_in_elsewhere_is_offered_the_other_provider_and_never_sent_there() {
    let mut two = two_providers(|builder| builder.default_provider("corp"));
    two.sign_in_at(ISSUER, "/any").await;
    let asked = two.house.provider.requests().len();
    for _ in 0..3 {
        let page = two.house.get("/for_staff?x=1").await;
        assert_eq!((page.status().as_u16(), page.hops().len()), (403, 1));
        expect_page_of_ours(&page);
        assert_eq!(page.hops()[0].set_cookies, Vec::<String>::new(), "no login begins by itself");
    }
    assert_eq!((two.house.provider.requests().len(), two.staff.requests().len()), (asked, 0));
    assert_eq!(two.house.entered(), 0);
    assert_eq!(two.house.get("/").await.text(), "corp", "and the session at hand lives on");

    let page = two.house.get("/for_staff?x=1").await;
    let offer = link(&page, "Sign in with staff instead");
    let at_staff = two.house.browser.follow_link(&page, &offer).await;
    assert!(at_staff.url().as_str().starts_with(STAFF));
    let back = two.house.browser.sign_in_as(&at_staff, "alice").await;
    assert_eq!((place(&back).as_str(), back.text()), ("/for_staff?x=1", "alice of staff"));
    assert_eq!(two.house.entered(), 1);

    // One session a browser: the other way round it is the same.
    assert_eq!(two.house.get("/").await.text(), "staff");
    let page = two.house.get("/for_corp").await;
    assert_eq!((page.status().as_u16(), page.hops().len()), (403, 1));
    assert_eq!(link(&page, "Sign in with corp instead"), "/auth/login/corp?return_to=%2Ffor_corp");
    assert_eq!(two.house.entered(), 1);
}

/// R136, V99: two issuers may call two people by one subject.
#[tokio::test]
async fn the_same_subject_at_two_issuers_is_two_people() {
    let mut two = two_providers(|builder| builder);
    two.sign_in_at(ISSUER, "/for_corp").await;
    assert_eq!(two.house.get("/any").await.text(), "alice of corp");
    assert_eq!(two.house.get("/for_staff").await.status(), 403);
    assert_eq!(two.house.entered(), 1);
}

#[tokio::test]
#[should_panic(expected = "no provider of this name")]
async fn a_gate_for_a_provider_that_nobody_gave_panics_at_startup() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = crate::house::builder(&provider, &clock).build().expect("the settings hold together");
    let _ = vestibule.require_login().provider("staf");
}

#[tokio::test]
async fn with_several_providers_and_no_default_people_choose_on_a_page() {
    let mut two = two_providers(|builder| builder);
    let page = two.house.get("/any?x=%2F").await;
    assert_eq!(path_and_query(page.url()), "/auth/login?return_to=%2Fany%3Fx%3D%252F");
    assert_eq!(page.status(), 200);
    assert_eq!(page.hops()[0].status, 303);
    expect_page_of_ours(&page);
    assert_eq!((two.house.provider.requests().len(), two.staff.requests().len()), (0, 0), "nobody is asked yet");
    assert_eq!(two.house.cookie_names(), Vec::<String>::new());
    for (label, issuer, expected) in
        [("Sign in with corp", ISSUER, "alice of corp"), ("Sign in with staff", STAFF, "alice of staff")]
    {
        let mut browser = two.house.browser.clone();
        let there = browser.follow_link(&page, &link(&page, label)).await;
        assert!(there.url().as_str().starts_with(issuer), "{}", there.url());
        let back = browser.sign_in_as(&there, "alice").await;
        assert_eq!((place(&back).as_str(), back.text()), ("/any?x=%2F", expected));
    }
}

#[tokio::test]
async fn without_a_default_a_program_and_a_form_are_pointed_to_the_choice() {
    let mut two = two_providers(|builder| builder);
    let problem = two.house.browser.fetch(&format!("{APP}/any")).await;
    assert!(problem.text().contains("\"login_url\":\"http://localhost:3000/auth/login\""), "{}", problem.text());
    let page = two.house.browser.post_form(&format!("{APP}/form"), &[]).await;
    assert_eq!(page.status(), 401);
    assert_eq!(link(&page, "Sign in"), "/auth/login?return_to=%2Fform");
    let page = two.house.browser.post_form(&format!("{APP}/for_staff"), &[]).await;
    assert_eq!(link(&page, "Sign in"), "/auth/login/staff?return_to=%2Ffor_staff", "where the gate names one");
}

#[tokio::test]
async fn with_a_default_nobody_is_asked_to_choose() {
    let mut two = two_providers(|builder| builder.default_provider("staff"));
    let page = two.sign_in_at(STAFF, "/any").await;
    assert_eq!(page.text(), "alice of staff");
    let page = two.house.another_browser().get_without_redirects(&format!("{APP}/auth/login")).await;
    assert!(page.header("location").is_some_and(|location| location.starts_with(STAFF)));
}

#[tokio::test]
async fn a_provider_that_nobody_gave_is_404_at_login_and_at_callback() {
    let mut two = two_providers(|builder| builder);
    for path in [
        "/auth/login/x",
        "/auth/login/Corp",
        "/auth/login/corp%20",
        "/auth/login/%3Cscript%3E",
        "/auth/callback/x?code=c&state=s",
        "/auth/callback/CORP",
        "/auth/callback/..%2Fcorp",
    ] {
        let page = two.house.send(path, navigation()).await;
        assert_eq!(
            (page.status().as_u16(), page.header("location"), page.header("set-cookie")),
            (404, None, None),
            "{path}"
        );
        expect_page_of_ours(&page);
        assert!(!page.text().contains("Corp") && !page.text().contains("<script>"), "{path}: nothing is repeated");
    }
    // R36: nothing below a callback is one.
    for path in ["/auth/callback/corp/x", "/auth/callback/corp/..;/x", "/auth/callback/", "/auth/callback"] {
        assert_eq!(two.house.send(path, navigation()).await.status(), 404, "{path}");
    }
    assert_eq!((two.house.provider.requests().len(), two.staff.requests().len()), (0, 0));
}
