//! The fragment of a deep link (`/app#/inbox`) survives a sign-in, where the application wishes it.

mod house;

use vestibule::Vestibule;
use vestibule_provider::Page;

use self::house::{
    APP, House, ISSUER, TestClock, builder,
    paper::{joined, link, navigation, own_form, place},
    provider,
};

fn house() -> House {
    House::with(|builder| builder.keep_fragments())
}

/// What the script of the page does: it goes where the link leads, with the fragment in the return address.
fn way_of_the_script(page: &Page, fragment: &str) -> String {
    let way = link(page, "Sign in");
    let encoded: String = url::form_urlencoded::byte_serialize(format!("#{fragment}").as_bytes()).collect();
    format!("{way}{encoded}")
}

fn vestibule() -> Vestibule {
    builder(&provider(), &TestClock::new()).keep_fragments().build().expect("the settings hold together")
}

#[tokio::test]
async fn a_stranger_comes_back_to_the_fragment_and_the_provider_never_sees_it() {
    let mut house = house();
    let hop = house.get("/profile?tab=1").await;
    assert_eq!((hop.status().as_u16(), hop.header("location")), (401, None));
    assert_eq!(link(&hop, "Sign in"), "/auth/login/corp?return_to=%2Fprofile%3Ftab%3D1");
    let at_the_provider = house.browser.follow_link(&hop, &way_of_the_script(&hop, "/inbox/é")).await;
    assert!(at_the_provider.url().as_str().starts_with(ISSUER), "{}", at_the_provider.url());
    assert!(!at_the_provider.hops().iter().any(|hop| hop.url.host_str() == Some("127.0.0.1")
        && (hop.url.as_str().contains("inbox") || hop.url.fragment().is_some())));
    let back = house.browser.sign_in_as(&at_the_provider, "alice").await;
    assert_eq!((back.status().as_u16(), place(&back).as_str()), (200, "/profile?tab=1"));
    assert_eq!(back.url().fragment(), Some("/inbox/%C3%A9"));
    assert_eq!(back.text(), "profile of alice");
    for request in house.provider.requests() {
        assert!(!format!("{request:?}").contains("inbox"), "{request:?}");
    }
}

#[tokio::test]
async fn without_scripts_the_link_leads_to_the_page_itself() {
    let mut house = house();
    let hop = house.get("/profile").await;
    let at_the_provider = house.browser.follow_link(&hop, &link(&hop, "Sign in")).await;
    let back = house.browser.sign_in_as(&at_the_provider, "alice").await;
    assert_eq!((place(&back).as_str(), back.url().fragment()), ("/profile", None));
}

/// V9, V12, V13, V14
#[tokio::test]
async fn the_page_between_sets_nothing_knows_nothing_and_lets_one_script_run() {
    let mut house = house();
    let hop = house.get("/profile").await;
    for (name, expected) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(joined(&hop, name), expected, "{name}");
    }
    let policy = joined(&hop, "content-security-policy");
    for directive in ["default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.split("; ").any(|own| own == directive), "{directive}: {policy}");
    }
    assert_eq!((policy.matches("script-src 'sha256-").count(), policy.contains("unsafe")), (1, false), "{policy}");
    assert_eq!(hop.text().matches("<script>").count(), 1);
    assert_eq!(house.cookie_names(), Vec::<String>::new(), "no login has begun yet");
    assert_eq!(house.provider.requests().len(), 0);
}

#[tokio::test]
async fn what_is_no_page_that_somebody_opens_is_answered_as_ever() {
    let mut house = house();
    let script = house.browser.fetch(&format!("{APP}/api/me")).await;
    assert_eq!(script.header("content-type"), Some("application/problem+json"));
    let form = house.send("/form", own_form()).await;
    assert!(form.text().contains("what you sent was not carried out"), "{}", form.text());
    let prefetch = house.send("/profile", navigation().header("sec-purpose", "prefetch")).await;
    assert_eq!(prefetch.header("content-type"), Some("application/problem+json"));
    // Nor is anybody who is signed in.
    let hop = house.get("/profile").await;
    let at_the_provider = house.browser.follow_link(&hop, &link(&hop, "Sign in")).await;
    house.browser.sign_in_as(&at_the_provider, "alice").await;
    assert_eq!(house.get("/profile").await.text(), "profile of alice");
}

/// Off unless wished for: a redirect as ever, and a fragment in a link of somebody's is left out.
#[tokio::test]
async fn unless_it_is_wished_for_no_fragment_comes_along() {
    let mut house = House::new();
    let page = house.sign_in("/auth/login?return_to=/profile%23/inbox", "alice").await;
    assert_eq!((place(&page).as_str(), page.url().fragment()), ("/profile", None));
}

/// A token or a code that landed here is for somebody else: it goes no further.
#[tokio::test]
async fn a_fragment_that_looks_like_the_answer_of_a_provider_is_left_out() {
    for fragment in ["access_token=canary", "code=canary&state=x", "id_token=canary", "error=canary", "%63ode=canary"] {
        let mut house = house();
        let hop = house.get("/profile").await;
        let at_the_provider = house.browser.follow_link(&hop, &way_of_the_script(&hop, fragment)).await;
        let back = house.browser.sign_in_as(&at_the_provider, "alice").await;
        assert_eq!((place(&back).as_str(), back.url().fragment()), ("/profile", None), "{fragment}");
    }
}

/// Who cancels and tries again comes back to it all the same.
#[tokio::test]
async fn the_fragment_survives_a_sign_in_that_failed() {
    let mut house = house();
    let hop = house.get("/profile").await;
    let at_the_provider = house.browser.follow_link(&hop, &way_of_the_script(&hop, "/inbox")).await;
    let cancelled = house.browser.submit(&at_the_provider, "authorize", &[("cancel", "cancel")]).await;
    assert_eq!(place(&cancelled), "/auth/error");
    let again = house.browser.follow_link(&cancelled, &link(&cancelled, "Try again")).await;
    let back = house.browser.sign_in_as(&again, "alice").await;
    assert_eq!((place(&back).as_str(), back.url().fragment()), ("/profile", Some("/inbox")));
}

#[test]
fn an_application_can_name_a_fragment_itself() {
    assert_eq!(vestibule().login_path(None, "/app#/inbox"), "/auth/login?return_to=%2Fapp%23%2Finbox");
    let href = vestibule().sign_in("corp").return_to("/app#/inbox").href();
    assert!(href.ends_with("&return_to=%2Fapp%23%2Finbox"), "{href}");
}
