//! How fresh a sign-in is (`max_age`, R12, R47), and what every sign-in with a provider must be (essential `acr`, R46).

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::Request;
use serde_json::Value;
use vestibule::{EndUser, Provider, ResponseType, Vestibule};
use vestibule_provider::Fault;

use crate::{
    bench::{
        corp, corp_by, departures, finish_sign_in, hop_over, house_around, last_said, only_reason, people, stopped,
    },
    house::{APP, House, ISSUER, log::Log, paper::place, rejection::cookies},
};

const BEGAN: i64 = 1_700_000_000;
const A_DAY: i64 = 24 * 3600;

fn application(vestibule: &Vestibule) -> Router {
    let within = |seconds| vestibule.require_login().max_age(Duration::from_secs(seconds));
    let page = || get(async |user: EndUser| format!("for {}", user.subject()));
    Router::new()
        .route("/profile", page())
        .merge(Router::new().route("/fresh", page()).route_layer(within(300)))
        .merge(Router::new().route("/now", page()).route_layer(within(0)))
        .merge(Router::new().route("/both", page()).route_layer(within(300).acr_values(["phr"])))
}

fn bank(corp: Provider) -> House {
    house_around(people(), |builder| builder.provider("corp", corp), application)
}

fn is_at_the_provider(page: &vestibule_provider::Page) -> bool {
    page.url().as_str().starts_with(ISSUER) && page.status() == 200
}

/// R47: give or take a minute between the clocks.
#[tokio::test]
async fn a_fresh_sign_in_passes_and_a_stale_one_is_asked_for_once_more() {
    let mut house = bank(corp());
    house.sign_in("/profile", "alice").await;
    assert_eq!(last_said(&house, "max_age"), None, "only for pages that want it");
    house.pass(360);
    assert_eq!((house.get("/fresh").await.text(), departures(&house)), ("for alice", 1));
    house.pass(1);
    let page = house.get("/fresh?tab=1").await;
    assert!(is_at_the_provider(&page), "{}", page.text());
    assert_eq!((last_said(&house, "max_age").as_deref(), departures(&house)), (Some("300"), 2));
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.text(), place(&page), departures(&house)), ("for alice", "/fresh?tab=1".to_owned(), 2));
}

#[tokio::test]
async fn a_stranger_is_sent_with_the_age_at_once() {
    let mut house = bank(corp());
    let page = house.sign_in("/both", "alice").await;
    assert_eq!((page.text(), departures(&house)), ("for alice", 1));
    assert_eq!(last_said(&house, "max_age").as_deref(), Some("300"));
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr"));
}

/// R47: what the provider says of the age is held against it, and the person who is signed in stays so.
#[tokio::test]
async fn a_provider_that_does_not_ask_again_signs_nobody_in_and_sends_nobody_round() {
    for (fault, reason) in [
        (
            Fault::StaleAuthTime,
            format!(
                "the ID Token has auth_time {}, more than max_age 300 before {} (Core 3.1.3.7 (13))",
                BEGAN + 361 - A_DAY,
                BEGAN + 361
            ),
        ),
        (
            Fault::MissingAuthTime,
            "the ID Token has no auth_time, which max_age, default_max_age, require_auth_time or claims asks for (Core 3.1.3.7 (13))"
                .to_owned(),
        ),
    ] {
        for response_type in [ResponseType::Code, ResponseType::IdToken, ResponseType::CodeIdToken] {
            let mut house = bank(corp_by(response_type, None));
            let page = house.get("/profile").await;
            finish_sign_in(&mut house.browser, &page, "alice").await;
            house.pass(361);
            let is_hybrid = response_type == ResponseType::CodeIdToken;
            let behind = Fault::AtTokenEndpoint(Box::new(fault.clone()));
            house.provider.set_fault(Some(if is_hybrid { behind } else { fault.clone() }));
            let page = house.get("/fresh").await;
            let (log, _listening) = Log::listen();
            let page = finish_sign_in(&mut house.browser, &page, "alice").await;
            assert_eq!(
                (page.status().as_u16(), place(&page)),
                (502, "/auth/error".to_owned()),
                "{response_type} {fault:?}"
            );
            assert_eq!(only_reason(&log), reason, "{response_type} {fault:?}");
            assert_eq!(departures(&house), 2, "{response_type} {fault:?}");
            assert_eq!(house.get("/profile").await.text(), "for alice", "{response_type} {fault:?}");
        }
    }
}

/// A page that wants a sign-in of this very moment takes the one that was just made.
#[tokio::test]
async fn an_age_of_nothing_is_one_sign_in_and_no_loop() {
    let mut house = bank(corp());
    let page = house.sign_in("/now", "alice").await;
    assert_eq!((page.text(), last_said(&house, "max_age").as_deref()), ("for alice", Some("0")));
    house.pass(60);
    assert_eq!((house.get("/now").await.text(), departures(&house)), ("for alice", 1));
    house.pass(1);
    let page = house.get("/now").await;
    assert!(is_at_the_provider(&page), "{}", page.text());
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "for alice");
    assert_eq!(departures(&house), 2);
}

/// Of two ages the lower one counts; a page without a wish of its own gets the provider's.
#[tokio::test]
async fn what_every_sign_in_with_a_provider_is_holds_beside_what_a_page_wants() {
    let mut house = bank(corp().max_age(Duration::from_secs(600)).acr_values(["pwd"]));
    house.get("/profile").await;
    assert_eq!(last_said(&house, "max_age").as_deref(), Some("600"));
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("pwd"));
    house.get("/both").await;
    assert_eq!(last_said(&house, "max_age").as_deref(), Some("300"));
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr"));
    let mut house = bank(corp().max_age(Duration::from_secs(200)));
    house.get("/fresh").await;
    assert_eq!(last_said(&house, "max_age").as_deref(), Some("200"));
}

/// R47: without a gate, by the settings of the provider alone; five seconds less would do.
#[tokio::test]
async fn a_sign_in_that_is_older_than_the_provider_was_asked_for_is_refused() {
    let mut house = bank(corp().max_age(Duration::from_secs(600)));
    house.provider.set_fault(Some(Fault::StaleAuthTime));
    let page = house.get("/profile").await;
    let (log, _listening) = Log::listen();
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!(page.status(), 502);
    assert!(only_reason(&log).contains("more than max_age 600 before"), "{}", only_reason(&log));
    assert_eq!((house.get("/api/me").await.status().as_u16(), departures(&house)), (404, 1));

    let mut house = bank(corp().max_age(Duration::from_secs(A_DAY.unsigned_abs())));
    house.provider.set_fault(Some(Fault::StaleAuthTime));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "for alice");
}

/// R46, Core 5.5.1.1: in one of these ways, or the login is refused.
#[tokio::test]
async fn an_essential_acr_is_in_the_id_token_or_nobody_is_signed_in() {
    for (fault, reason) in [
        (Fault::MissingAcr, "the ID Token has no acr, which was asked for as essential (Core 3.1.3.7 (12))"),
        (
            Fault::WrongAcr,
            "the ID Token has acr 'something-else', which is none of those asked for as essential (Core 3.1.3.7 (12))",
        ),
    ] {
        for response_type in [ResponseType::Code, ResponseType::IdToken, ResponseType::CodeIdToken] {
            let mut house = bank(corp_by(response_type, None).essential_acr(["phr", "phrh"]));
            let page = house.get("/profile").await;
            let claims: Value = serde_json::from_str(&last_said(&house, "claims").expect("claims")).expect("JSON");
            assert_eq!(claims["id_token"]["acr"], serde_json::json!({"essential": true, "values": ["phr", "phrh"]}));
            let is_hybrid = response_type == ResponseType::CodeIdToken;
            let behind = Fault::AtTokenEndpoint(Box::new(fault.clone()));
            house.provider.set_fault(Some(if is_hybrid { behind } else { fault.clone() }));
            let (log, _listening) = Log::listen();
            let page = finish_sign_in(&mut house.browser, &page, "alice").await;
            assert_eq!(
                (page.status().as_u16(), place(&page)),
                (502, "/auth/error".to_owned()),
                "{response_type} {fault:?}"
            );
            assert_eq!(only_reason(&log), reason, "{response_type}");
            assert_eq!((departures(&house), house.provider.count("/userinfo")), (1, 0), "{response_type} {fault:?}");

            house.provider.set_fault(None);
            let page = house.get("/profile").await;
            let page = hop_over(&mut house.browser, page).await;
            assert_eq!(page.text(), "for alice", "{response_type}: and who signed in so is in");
        }
    }
}

/// R12, Core 3.1.2.2: whoever asks for one person gets that one, or nobody. A provider that keeps to it says no itself.
#[tokio::test]
async fn a_sub_that_is_asked_for_is_who_signs_in_or_nobody_does() {
    let asking =
        |response_type| corp_by(response_type, None).claims(serde_json::json!({"id_token": {"sub": {"value": "bob"}}}));
    for response_type in [ResponseType::Code, ResponseType::IdToken] {
        let mut house = bank(asking(response_type));
        house.provider.set_fault(Some(Fault::WrongSubject));
        let (log, _listening) = Log::listen();
        let page = house.get("/profile").await;
        let page = finish_sign_in(&mut house.browser, &page, "bob").await;
        assert_eq!((page.status().as_u16(), place(&page)), (502, "/auth/error".to_owned()), "{response_type}");
        let reason = only_reason(&log);
        assert!(reason.ends_with(", and the sub 'bob' was asked for (Core 3.1.2.2)"), "{response_type}: {reason}");

        let mut house = bank(asking(response_type));
        let page = house.get("/profile").await;
        let page = finish_sign_in(&mut house.browser, &page, "bob").await;
        assert_eq!(page.text(), "for bob", "{response_type}");
    }
    let mut house = bank(asking(ResponseType::Code));
    assert_eq!(house.sign_in("/profile", "alice").await.status(), 403, "the provider is asked for bob alone");
}

/// R12, Core 2
#[tokio::test]
async fn an_auth_time_that_is_asked_for_as_essential_comes_or_nobody_is_signed_in() {
    let asked = serde_json::json!({"id_token": {"auth_time": {"essential": true}}});
    let mut house = bank(corp().claims(asked));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "for alice");
    house.browser = house.another_browser();
    house.provider.set_fault(Some(Fault::MissingAuthTime));
    let (log, _listening) = Log::listen();
    assert_eq!(house.sign_in("/profile", "alice").await.status(), 502);
    assert!(only_reason(&log).contains("no auth_time"), "{}", only_reason(&log));
}

/// R46: what was only wished for is not insisted on.
#[tokio::test]
async fn acr_values_of_the_settings_are_a_wish() {
    let mut house = bank(corp().acr_values(["phr"]));
    assert_eq!(house.sign_in("/profile", "bob").await.text(), "for bob");
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr"));
}

/// R46: a provider that keeps to Core 5.5.1.1 says no itself.
#[tokio::test]
async fn a_person_who_cannot_sign_in_so_ends_on_the_error_page() {
    let mut house = bank(corp().essential_acr(["phr"]));
    let page = house.get("/profile").await;
    let page = house.browser.sign_in_as(&page, "bob").await;
    assert_eq!((page.status().as_u16(), place(&page)), (502, "/auth/error".to_owned()));
    assert_eq!((departures(&house), house.provider.count("/token")), (1, 0));
}

/// Of two gates that want different ways of signing in, one around the other, each asks once: never in turns for ever.
#[tokio::test]
async fn gates_that_want_what_no_sign_in_can_be_ask_once_each() {
    let inner = |vestibule: &vestibule::Vestibule| {
        Router::new()
            .route("/nested", get(async || "inside"))
            .route_layer(vestibule.require_login().acr_values(["phr"]))
            .route_layer(vestibule.require_login().acr_values(["pwd"]))
    };
    let mut house = house_around(people(), |builder| builder.provider("corp", corp()), inner);
    let mut page = house.get("/nested").await;
    for _ in 0..5 {
        if !is_at_the_provider(&page) {
            break;
        }
        page = house.browser.sign_in_as(&page, "alice").await;
    }
    assert_eq!(page.status(), 403, "{}", page.text());
    assert!(departures(&house) <= 3, "{}", departures(&house));
}

/// V26, V25: a sign-in begins in a window, so that no image, frame or prefetch of another site fills a browser with cookies.
#[tokio::test]
async fn no_sign_in_begins_unseen() {
    let mut house = bank(corp());
    let asking = |name: &'static str, value: &'static str| {
        let request = Request::builder().uri(format!("{APP}/auth/login/corp")).header(name, value);
        request.body(Body::empty()).expect("a request")
    };
    for (name, value) in [
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", "empty"),
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
    ] {
        let page = house.browser.request(asking(name, value)).await;
        assert_eq!((page.status().as_u16(), page.header("set-cookie")), (403, None), "{name}: {value}");
    }
    let head = Request::builder().method("HEAD").uri(format!("{APP}/auth/login/corp")).body(Body::empty());
    assert_eq!(house.browser.request(head.expect("a request")).await.status(), 405);
    assert_eq!(house.browser.request(asking("sec-fetch-dest", "document")).await.status(), 303);
}

/// A step-up whose cookie the browser does not keep ends on the error page, and sends nobody round: what is for a page that would
/// ask again does not land there.
#[tokio::test]
async fn a_step_up_that_cannot_come_back_ends_on_the_error_page() {
    let mut house = bank(corp());
    house.sign_in("/profile", "alice").await;
    let stopped = stopped(&mut house.browser, "/both", "alice").await;
    let [login] = &cookies(&house.browser, "login-")[..] else { panic!("one login under way") };
    assert!(house.browser.set_cookie(APP, &format!("{}=; Path=/; Max-Age=0", login.name)));
    let page = stopped.arrive(&mut house.browser).await;
    assert_eq!(page.header("location"), Some("/auth/error"));
    let page = house.get("/auth/error").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"));
    assert_eq!(house.get("/profile").await.text(), "for alice", "who is signed in still is");
}
