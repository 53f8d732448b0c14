//! A person signs in, and comes out where they were going.

mod house;

use axum::{Router, body::Body, routing::get};
use house::{
    APP, House, ISSUER, TestClock, builder, callback_url, provider,
    rejection::{cookies, is_departure, who},
};
use http::Request;
use serde::Deserialize;
use vestibule::{Builder, Claims, NewLogin, Refusal};

/// More than there are places for logins; `healing/tabs.rs` has 64, in many orders.
const TABS: usize = 30;

#[tokio::test]
async fn a_person_gets_in_sees_who_they_are_and_gets_out_again() {
    let mut house = House::new();
    assert_eq!(house.get("/").await.text(), "stranger");

    let page = house.sign_in("/profile?tab=2", "alice").await;
    assert_eq!((page.status().as_u16(), page.url().as_str()), (200, "http://localhost:3000/profile?tab=2"));
    assert_eq!(page.text(), "profile of alice");
    assert_eq!(house.get("/").await.text(), "alice");
    assert_eq!(house.get("/name").await.text(), "Alice Liddell");
    assert_eq!(house.me().await.as_deref(), Some("alice"));

    let page = house.browser.post_form_from(&format!("{APP}/"), &format!("{APP}/auth/logout"), &[]).await;
    assert_eq!((page.status().as_u16(), page.url().as_str()), (200, "http://localhost:3000/"));
    assert_eq!(page.text(), "stranger");
    assert_eq!(house.me().await, None);
    assert!(page.hops().iter().any(|hop| hop.url.as_str().starts_with(&format!("{ISSUER}/end_session?"))));
}

/// V1, V4: the address comes back as a browser would write it; one that is too long or not ours becomes the front page.
#[tokio::test]
async fn a_person_comes_out_where_they_were_going_query_included() {
    let long = format!("/open?{}", "x".repeat(506));
    for (asked, landed) in [
        ("/auth/login?return_to=%2Fopen%3Fa%3Db%26c%3D%25C3%25A9", "/open?a=b&c=%C3%A9"),
        ("/auth/login/corp?return_to=/open", "/open"),
        ("/auth/login", "/"),
        ("/auth/login?return_to=//evil.example", "/"),
        ("/auth/login?return_to=https://evil.example/", "/"),
        ("/auth/login?return_to=/auth/login", "/"),
        (&format!("/auth/login?return_to={long}"), long.as_str()),
        (&format!("/auth/login?return_to={long}x"), "/"),
    ] {
        let page = House::new().sign_in(asked, "alice").await;
        assert_eq!((page.status().as_u16(), page.url().as_str()), (200, format!("{APP}{landed}").as_str()), "{asked}");
    }
}

/// V26
#[tokio::test]
async fn two_tabs_at_once_both_finish_each_on_its_own_page_in_either_order() {
    for (first, second) in [(0, 1), (1, 0)] {
        let mut house = House::new();
        let pages = ["/profile?tab=1", "/profile?tab=2"];
        let callbacks = [house.callback_url(pages[0]).await, house.callback_url(pages[1]).await];
        for tab in [first, second] {
            let page = house.browser.get(&callbacks[tab]).await;
            assert_eq!((page.status().as_u16(), page.url().as_str()), (200, format!("{APP}{}", pages[tab]).as_str()));
            assert_eq!(page.text(), "profile of alice");
        }
        assert_eq!(house.provider.count("/token"), 2, "each tab finished its own login");
        assert!(cookies(&house.browser, "login").is_empty(), "nothing of the two is left");
    }
}

/// V26
#[tokio::test]
async fn of_ten_tabs_the_eight_newest_finish_and_the_others_land_on_their_pages() {
    for seconds_between in [0, 1] {
        let mut house = House::new();
        let mut callbacks = Vec::new();
        for tab in 0..10 {
            house.pass(seconds_between);
            callbacks.push(house.callback_url(&format!("/profile?tab={tab}")).await);
            assert_eq!(cookies(&house.browser, "login").len(), 8.min(tab + 1));
        }
        for tab in [9, 2, 3, 4, 8, 7, 6, 5] {
            let page = house.browser.get(&callbacks[tab]).await;
            assert_eq!(page.url().as_str(), format!("{APP}/profile?tab={tab}"));
        }
        assert_eq!(house.provider.count("/token"), 8);
        for (tab, callback) in callbacks.iter().enumerate().take(2) {
            let page = house.browser.get(callback).await;
            let expected = format!("{APP}/profile?tab={tab}");
            assert_eq!((page.status().as_u16(), page.url().as_str()), (200, expected.as_str()));
        }
        assert_eq!(house.provider.count("/token"), 8, "an evicted login asks for no token");
    }
}

/// V26: a browser that starts again opens its tabs at once, and no request knows the cookies of the others' answers.
#[tokio::test]
async fn tabs_that_leave_at_the_same_moment_all_come_back_to_their_own_pages() {
    let mut house = House::new();
    // The provider knows the person who comes back from it.
    house.sign_in("/profile", "alice").await;
    for name in house.cookie_names() {
        house.browser.remove_cookie(&name);
    }
    let mut callbacks = Vec::new();
    for tab in 0..TABS {
        let mut alone = house.another_browser();
        callbacks.push(callback_url(&mut alone, &format!("/profile?tab={tab}"), "alice").await);
        for login in cookies(&alone, "login") {
            let line = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", login.name, login.value);
            assert!(house.browser.set_cookie(APP, &line));
        }
    }
    for (tab, callback) in callbacks.iter().enumerate() {
        let page = house.browser.get(callback).await;
        assert_eq!(
            (page.text(), page.url().as_str()),
            ("profile of alice", format!("{APP}/profile?tab={tab}").as_str())
        );
    }
    assert!(cookies(&house.browser, "login").is_empty());
}

/// V26: without a session the evicted one is a stranger's.
#[tokio::test]
async fn an_evicted_tab_that_comes_first_starts_again_on_its_own_page() {
    let mut house = House::new();
    let first = house.callback_url("/profile?tab=0").await;
    for tab in 1..9 {
        house.pass(1);
        house.callback_url(&format!("/profile?tab={tab}")).await;
    }
    let answer = house.browser.get_without_redirects(&first).await;
    assert!(is_departure(&answer));
    assert_eq!(house.provider.count("/token"), 0);
    let page = house.browser.get(answer.header("location").expect("it leads on")).await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=0")));
}

/// R131, V56: whoever planted a cookie in the browser before, or copied the one that was there, has not the session after.
#[tokio::test]
async fn a_login_makes_a_new_session_in_the_place_of_any_other() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let before = cookies(&house.browser, "session");
    house.pass(1);
    let page = house.get("/auth/login?return_to=/profile").await;
    assert_eq!(page.text(), "profile of alice", "the provider knows alice still");
    let after = cookies(&house.browser, "session");
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before[0].value, after[0].value);
    let sealed = |value: &str| value.split_at(40).0.to_owned();
    assert_ne!(sealed(&before[0].value), sealed(&after[0].value), "sealed anew");
}

/// V65
#[tokio::test]
async fn who_signs_in_as_somebody_else_is_somebody_else() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.browser.remove_cookie(&provider_cookie(&house));
    let page = house.sign_in("/auth/login?return_to=/profile", "bob").await;
    assert_eq!(page.text(), "profile of bob");
    assert_eq!(house.get("/name").await.text(), "Bob");
    assert_eq!(house.me().await.as_deref(), Some("bob"));
    assert_eq!(cookies(&house.browser, "session").len(), 1);
}

fn provider_cookie(house: &House) -> String {
    let cookie = house.browser.cookies().find(|cookie| cookie.host == "127.0.0.1");
    cookie.expect("the provider's own session").name.clone()
}

/// V22: a copy of the whole browser, as malware takes it, cannot finish what was finished.
#[tokio::test]
async fn a_used_callback_lands_who_is_signed_in_on_their_page_and_starts_over_for_a_stranger() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?tab=7").await;
    let mut stranger = house.browser.clone();
    house.browser.get(&callback).await;

    let again = house.browser.get(&callback).await;
    assert_eq!((again.status().as_u16(), again.url().as_str()), (200, "http://localhost:3000/profile?tab=7"));
    assert_eq!(house.provider.count("/token"), 1);

    let answer = stranger.get_without_redirects(&callback).await;
    assert!(is_departure(&answer));
    assert_eq!((who(&mut stranger).await, house.provider.count("/token")), (None, 1));
    let page = stranger.get(answer.header("location").expect("it leads on")).await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=7")));
}

#[derive(Deserialize)]
struct Member {
    user_id: u32,
    name: String,
}

#[tokio::test]
async fn the_application_adds_claims_of_its_own_but_never_another_subject() {
    let settings = |builder: vestibule::Builder| {
        builder.on_login(async |login: NewLogin| {
            assert_eq!((login.provider(), login.issuer().as_str()), ("corp", ISSUER));
            assert_eq!(login.subject().as_str(), "alice");
            Ok(login.with_claim("user_id", 42).with_claim("sub", "mallory").with_claim("iss", "https://evil.example"))
        })
    };
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = settings(builder(&provider, &clock)).build().expect("the settings hold together");
    let member = get(async |Claims(me): Claims<Member>| format!("{} {}", me.user_id, me.name));
    let mut house = House::around(provider, clock, &vestibule);
    house.browser.site(APP, vestibule.wrap(Router::new().route("/member", member)));
    assert_eq!(house.sign_in("/member", "alice").await.text(), "42 Alice Liddell");
    house.browser.site(APP, house.app.clone());
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

#[tokio::test]
async fn the_application_refuses_with_a_reason_that_the_person_reads() {
    let mut house = House::with(|builder| {
        builder.on_login(async |login: NewLogin| match login.subject().as_str() {
            "bob" => Err(Refusal::new("Bob <b>left</b> & took the key.")),
            _ => Ok(login),
        })
    });
    let page = house.sign_in("/profile", "bob").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (403, "/auth/error"));
    assert!(page.text().contains("Bob &lt;b&gt;left&lt;/b&gt; &amp; took the key."), "{}", page.text());
    assert_eq!((house.me().await, house.entered()), (None, 0));
    assert!(cookies(&house.browser, "session").is_empty());

    let mut other = house.another_browser();
    let callback = callback_url(&mut other, "/profile", "alice").await;
    assert_eq!(other.get(&callback).await.text(), "profile of alice", "others get in as ever");
}

/// V4: what an application says travels in a cookie, which a browser keeps up to 4096 bytes only.
#[tokio::test]
async fn a_reason_of_any_length_reaches_the_person() {
    let mut house = House::with(|builder| {
        builder.on_login(async |_: NewLogin| Err(Refusal::new("No, ünd no again. ".repeat(5000))))
    });
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (403, "/auth/error"));
    assert!(page.text().contains("No, ünd no again. No, ünd no again."), "{}", page.text());
}

/// V65: who proved to be somebody else does not go on as the one before, even if they may not come in.
#[tokio::test]
async fn a_person_who_is_refused_does_not_go_on_as_the_one_before() {
    let only_alice = |login: NewLogin| async move {
        if login.subject().as_str() == "alice" { Ok(login) } else { Err(Refusal::new("Only alice.")) }
    };
    let mut house = House::with(|builder| builder.on_login(only_alice));
    house.sign_in("/profile", "alice").await;
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    house.browser.remove_cookie("provider_session");
    let page = house.get("/auth/login/corp?return_to=/profile").await;
    let page = house.browser.sign_in_as(&page, "bob").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (403, "/auth/error"));
    assert_eq!(house.me().await, None);
}

/// V65: the same person again keeps what they had, when the new login comes to nothing.
#[tokio::test]
async fn a_person_whose_second_login_is_refused_keeps_the_first() {
    let refuse = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let asked = std::sync::Arc::clone(&refuse);
    let moody = move |login: NewLogin| {
        let refused = asked.load(std::sync::atomic::Ordering::SeqCst);
        async move { if refused { Err(Refusal::new("Not now.")) } else { Ok(login) } }
    };
    let mut house = House::with(|builder| builder.on_login(moody));
    house.sign_in("/profile", "alice").await;
    refuse.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(house.get("/auth/login/corp").await.status().as_u16(), 403);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// R14: with the setting, a login begins where the person or a page of ours asked for it.
#[tokio::test]
async fn a_login_that_another_site_links_to_is_refused_where_the_settings_say_so() {
    let from = |site: Option<&str>| {
        let request = Request::builder().uri(format!("{APP}/auth/login/corp?return_to=/profile"));
        let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        request.header("accept", "text/html").body(Body::empty()).expect("a request")
    };
    let mut strict = House::with(Builder::refuse_cross_site_logins);
    for site in ["cross-site", "same-site"] {
        let page = strict.browser.request(from(Some(site))).await;
        assert_eq!((page.status().as_u16(), page.header("location")), (403, None), "{site}");
        assert!(page.text().contains("/auth/login/corp?return_to=/profile"), "a button goes on: {}", page.text());
    }
    for site in [Some("same-origin"), Some("none"), None] {
        assert_eq!(strict.browser.request(from(site)).await.status(), 303, "{site:?}");
    }
    let mut lenient = House::new();
    assert_eq!(lenient.browser.request(from(Some("cross-site"))).await.status(), 303);
}

/// A driver that knows one address names the provider in the query.
#[tokio::test]
async fn the_login_page_takes_the_provider_by_name() {
    let mut house = House::new();
    let page = house.get("/auth/login?provider=corp&return_to=/profile").await;
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "profile of alice");
    assert_eq!(house.get("/auth/login?provider=nobody").await.status(), 404);
}
