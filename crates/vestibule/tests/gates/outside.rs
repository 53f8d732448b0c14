//! Gates and extractors where no vestibule is around them: a mistake that must not open the door.

use axum::{Router, body::Body, routing::get};
use http::Request;
use tower::ServiceExt;
use vestibule::{Claims, EndUser, LoginError, Vestibule};
use vestibule_provider::{Browser, Page};

use crate::house::{
    APP, House, TestClock, builder,
    log::Log,
    paper::{expect_page_of_ours, navigation},
    provider,
};

fn vestibule() -> Vestibule {
    builder(&provider(), &TestClock::new()).build().expect("the settings hold together")
}

/// One of each kind.
fn kinds(vestibule: &Vestibule) -> Router {
    let gated = Router::new().route("/gate", get(async || "entered")).route_layer(vestibule.require_login());
    Router::new()
        .route("/user", get(async |_: EndUser| "entered"))
        .route("/optional", get(async |_: Option<EndUser>| "entered"))
        .route("/claims", get(async |_: Claims<serde_json::Value>| "entered"))
        .merge(gated)
}

async fn open(router: Router, path: &str) -> Page {
    let mut browser = Browser::new();
    browser.site(APP, router);
    browser.get(&format!("{APP}{path}")).await
}

#[tokio::test]
async fn outside_of_wrap_every_gate_and_extractor_answers_500_and_logs_why() {
    let vestibule = vestibule();
    let late = vestibule.wrap(Router::new().route("/", get(async || "inside"))).merge(kinds(&vestibule));
    for (path, what) in
        [("/gate", "require_login()"), ("/user", "EndUser"), ("/optional", "Option<EndUser>"), ("/claims", "EndUser")]
    {
        for router in [kinds(&vestibule), late.clone()] {
            let (log, _listening) = Log::listen();
            let page = open(router, path).await;
            assert_eq!((page.status().as_u16(), page.hops().len()), (500, 1), "{path}: never a login");
            expect_page_of_ours(&page);
            assert!(!page.text().contains("entered") && !page.text().contains("vestibule"), "{path}");
            let lines = log.lines();
            let [line] = lines.as_slice() else { panic!("one line: {lines:?}") };
            assert!(line.starts_with("ERROR vestibule::gate"), "{line}");
            assert!(line.contains("outside the vestibule") && line.contains(what), "{line}");
        }
    }
}

/// The visit is what the layer made of this very request; nothing that a request brings takes its place.
#[tokio::test]
async fn inside_of_wrap_the_same_routes_ask_for_a_sign_in() {
    let vestibule = vestibule();
    let app = vestibule.wrap(kinds(&vestibule));
    for path in ["/gate", "/user", "/claims"] {
        let request = navigation().uri(path).body(Body::empty()).expect("a request");
        let Ok(response) = app.clone().oneshot(request).await;
        assert_eq!(response.status(), 303, "{path}");
    }
}

#[tokio::test]
async fn a_login_error_outside_of_the_error_view_is_a_mistake_that_answers_500() {
    let vestibule = vestibule();
    let app = vestibule.wrap(Router::new().route("/sorry", get(async |_: LoginError| "entered")));
    let (log, _listening) = Log::listen();
    let page = open(app, "/sorry").await;
    assert_eq!(page.status(), 500);
    assert!(log.lines().iter().any(|line| line.contains("LoginError outside of the error view")));
}

/// A session of one vestibule is nothing to the gate of another.
#[tokio::test]
async fn a_gate_of_another_vestibule_goes_by_the_vestibule_around_it() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let other = vestibule::Vestibule::builder("http://localhost:3999")
        .secret_key(vestibule::SecretKey::from_bytes([9; 32]))
        .provider(
            "corp",
            vestibule::Provider::discovered(crate::house::ISSUER, vestibule::Client::public("x")).unwrap(),
        )
        .http_client(house.provider.clone())
        .build()
        .expect("the settings hold together");
    let app = other.wrap(Router::new().route("/user", get(async |_: EndUser| "entered")));
    let request = Request::get("/user").header("cookie", house.cookie_header()).body(Body::empty()).expect("a request");
    let Ok(response) = app.oneshot(request).await;
    assert_eq!(response.status(), 401);
}
