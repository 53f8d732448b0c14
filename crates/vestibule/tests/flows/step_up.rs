//! Pages that want another way of signing in than the session has (Core 3.1.2.1, RFC 9470): one new login, and then 403.

use axum::{Router, routing::get};
use serde_json::Value;
use vestibule::{Builder, EndUser, MemoryStore, Provider, ResponseMode, ResponseType, Vestibule};
use vestibule_provider::Page;

use crate::{
    bench::{corp, corp_by, departures, house_around, last_said, people},
    house::{
        APP, Employee, House, ISSUER,
        paper::{expect_page_of_ours, link, own_form, place},
    },
};

/// A page for whoever is signed in, and three that want more.
fn application(vestibule: &Vestibule) -> Router {
    let bank = get(async |user: EndUser| format!("bank of {}", user.subject())).post(async || "paid");
    let vault = get(async || "vault");
    let admin = |employee: &Employee| employee.admin == Some(true);
    Router::new()
        .route("/profile", get(async |user: EndUser| format!("profile of {}", user.subject())))
        .merge(Router::new().route("/bank", bank).route_layer(vestibule.require_login().acr_values(["phr", "phrh"])))
        .merge(
            Router::new()
                .route("/vault", vault)
                .route_layer(vestibule.require_login().claims(admin).acr_values(["phr"])),
        )
        .merge(
            Router::new()
                .route("/mint", get(async || "mint"))
                .route_layer(vestibule.require_login().acr_values(["phrh"])),
        )
}

fn bank(corp: Provider) -> House {
    house_around(people(), |builder| builder.provider("corp", corp), application)
}

/// In every way that a session is kept and a response comes.
fn banks() -> [(&'static str, House); 3] {
    let stored =
        house_around(people(), |builder| builder.provider("corp", corp()).sessions(MemoryStore::new()), application);
    let by_form = corp_by(ResponseType::Code, Some(ResponseMode::FormPost));
    [("cookies", bank(corp())), ("store", stored), ("form", bank(by_form))]
}

fn expect_forbidden(page: &Page, what: &str) {
    assert_eq!(page.status(), 403, "{what}: {}", page.text());
    expect_page_of_ours(page);
    assert!(page.text().contains("stronger or fresher sign-in"), "{what}: {}", page.text());
}

#[tokio::test]
async fn who_signed_in_in_a_weaker_way_is_asked_once_more_and_passes() {
    for (what, mut house) in banks() {
        house.sign_in("/profile", "alice").await;
        let page = house.get("/bank?account=1").await;
        assert!(page.url().as_str().starts_with(ISSUER), "{what}: {}", page.text());
        assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr phrh"), "{what}");
        let page = house.browser.sign_in_as(&page, "alice").await;
        assert_eq!((page.text(), place(&page)), ("bank of alice", "/bank?account=1".to_owned()), "{what}");
        assert_eq!(house.get("/bank").await.hops().len(), 1, "{what}: and stays so");
        assert_eq!(departures(&house), 2, "{what}");
    }
}

/// Never a loop: the provider said before that it cannot.
#[tokio::test]
async fn who_cannot_sign_in_so_is_asked_once_and_then_told_no() {
    for (what, mut house) in banks() {
        house.sign_in("/profile", "bob").await;
        let page = house.get("/bank").await;
        expect_forbidden(&page, what);
        assert_eq!((place(&page), departures(&house)), ("/bank".to_owned(), 2), "{what}");
        for _ in 0..3 {
            house.pass(3600);
            let page = house.get("/bank").await;
            expect_forbidden(&page, what);
            assert_eq!(page.hops().len(), 1, "{what}");
        }
        assert_eq!(house.get("/profile").await.text(), "profile of bob", "{what}: who is signed in still is");
        assert_eq!(departures(&house), 2, "{what}");
    }
}

/// What was asked for was another thing: that is one new login of its own.
#[tokio::test]
async fn a_page_that_wants_something_else_asks_for_itself() {
    let mut house = bank(corp());
    house.sign_in("/bank", "alice").await;
    let page = house.get("/mint").await;
    expect_forbidden(&page, "the bank asked for this one among others");
    assert_eq!(departures(&house), 1);

    let mut house = bank(corp());
    house.sign_in("/mint", "bob").await;
    assert_eq!((last_said(&house, "acr_values").as_deref(), departures(&house)), (Some("phrh"), 1));
    expect_forbidden(&house.get("/bank").await, "one of the two was not asked for yet");
    assert_eq!((last_said(&house, "acr_values").as_deref(), departures(&house)), (Some("phr phrh"), 2));
    expect_forbidden(&house.get("/mint").await, "asked for by now");
    assert_eq!(departures(&house), 2);
}

/// One login, not two.
#[tokio::test]
async fn a_stranger_is_sent_with_the_demand_at_once() {
    for (what, mut house) in banks() {
        let page = house.sign_in("/bank", "alice").await;
        assert_eq!((page.text(), departures(&house)), ("bank of alice", 1), "{what}");
        assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr phrh"), "{what}");

        house.browser = house.another_browser();
        expect_forbidden(&house.sign_in("/bank", "bob").await, what);
        assert_eq!(departures(&house), 2, "{what}");
    }
}

/// The link asks for what the page wants, so that one click is one login.
#[tokio::test]
async fn the_link_on_the_page_that_says_no_leads_to_a_sign_in_that_asks_again() {
    for (what, mut house) in banks() {
        let page = house.sign_in("/bank?account=1", "bob").await;
        let again = link(&page, "Sign in again");
        house.provider.log_out("bob");
        let departure = house.browser.follow_link(&page, &again).await;
        assert_eq!((last_said(&house, "acr_values").as_deref(), departures(&house)), (Some("phr phrh"), 2), "{what}");
        let page = house.browser.sign_in_as(&departure, "alice").await;
        assert_eq!((page.text(), place(&page)), ("bank of alice", "/bank?account=1".to_owned()), "{what}");
        assert_eq!(departures(&house), 2, "{what}");
    }
}

/// The same where the page wants another provider besides.
#[tokio::test]
async fn the_link_to_another_provider_asks_for_what_the_page_wants_too() {
    let two = |builder: Builder| builder.provider("corp", corp()).provider("lab", corp()).default_provider("corp");
    let mut house = house_around(people(), two, |vestibule| {
        let staff = vestibule.require_login().provider("lab").acr_values(["phr"]);
        let gated = Router::new().route("/staff", get(async || "for staff")).route_layer(staff);
        gated.route("/profile", get(async |user: EndUser| user.subject().to_string()))
    });
    house.sign_in("/profile", "alice").await;
    let page = house.get("/staff").await;
    assert_eq!((page.status().as_u16(), departures(&house)), (403, 1), "never sent there unasked");
    let departure = house.browser.follow_link(&page, &link(&page, "Sign in with lab instead")).await;
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr"));
    assert_eq!(house.browser.sign_in_as(&departure, "alice").await.text(), "for staff");
    assert_eq!(departures(&house), 2);
}

/// "May you" comes first: a stronger sign-in would not help.
#[tokio::test]
async fn who_may_not_is_not_asked_to_sign_in_more_strongly() {
    let mut house = bank(corp());
    house.sign_in("/profile", "bob").await;
    let page = house.get("/vault").await;
    assert_eq!(page.status(), 403);
    assert!(page.text().contains("Your account may not see this page."), "{}", page.text());
    assert_eq!(departures(&house), 1);

    house.browser = house.another_browser();
    house.sign_in("/profile", "alice").await;
    let page = house.get("/vault").await;
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "vault");
    assert_eq!(departures(&house), 3);
}

/// A problem, the title that it has, and the place where a person can sign in as the page wants.
async fn login_url(house: &mut House, title: &str) -> String {
    let before = departures(house);
    let page = house.browser.fetch(&format!("{APP}/bank")).await;
    assert_eq!((page.status().as_u16(), page.header("content-type")), (401, Some("application/problem+json")));
    assert_eq!(page.header("location"), None);
    let problem: Value = serde_json::from_str(page.text()).expect("JSON");
    let member = |name: &str| problem.get(name).and_then(Value::as_str).expect("a member").to_owned();
    assert_eq!(member("title"), title);
    assert_eq!(departures(house), before, "a program is sent nowhere");
    member("login_url")
}

#[tokio::test]
async fn a_program_is_told_where_to_sign_in_more_strongly() {
    for is_stranger in [true, false] {
        let mut house =
            house_around(people(), |builder| builder.provider("corp", corp()).default_provider("corp"), application);
        let title = "A stronger or fresher sign-in required";
        if !is_stranger {
            house.sign_in("/profile", "alice").await;
        }
        let before = departures(&house);
        let url = login_url(&mut house, title).await;
        assert!(url.starts_with(&format!("{APP}/auth/login/corp?wish=")) && !url.contains("phr"), "{url}");
        let page = house.browser.get(&format!("{url}&return_to=/bank")).await;
        assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr phrh"));
        assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "bank of alice");
        assert_eq!(departures(&house), before + 1);
    }
}

/// The demand is remembered through the link too, or the page would ask once more.
#[tokio::test]
async fn who_cannot_and_followed_the_link_of_a_program_is_told_no_at_once() {
    let mut house = bank(corp());
    house.sign_in("/profile", "bob").await;
    let url = login_url(&mut house, "A stronger or fresher sign-in required").await;
    expect_forbidden(&house.browser.get(&format!("{url}&return_to=/bank")).await, "bob");
    assert_eq!(departures(&house), 2);
    let page = house.browser.fetch(&format!("{APP}/bank")).await;
    assert_eq!(page.status(), 403, "and a program is told no as well");
}

/// Its body would be lost on the way, so a page explains.
#[tokio::test]
async fn who_sent_a_form_gets_a_page_with_a_link_that_asks() {
    let mut house = bank(corp());
    house.sign_in("/profile", "alice").await;
    let page = house.send("/bank", own_form()).await;
    assert_eq!((page.status().as_u16(), departures(&house)), (401, 1));
    expect_page_of_ours(&page);
    let href = link(&page, "Sign in");
    let page = house.browser.follow_link(&page, &href).await;
    assert_eq!(last_said(&house, "acr_values").as_deref(), Some("phr phrh"));
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "bank of alice");
    let paid = house.send("/bank", own_form()).await;
    assert_eq!((paid.status().as_u16(), paid.text(), departures(&house)), (200, "paid", 2));
}
