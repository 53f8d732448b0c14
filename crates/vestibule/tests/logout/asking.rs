//! Who can sign people out: they themselves, on a page of ours, and nobody else (V73).

use http::Request;

use crate::house::{
    APP, House, ISSUER,
    log::Log,
    paper::{expect_page_of_ours, joined, link, own_form, place, set_cookies},
};

async fn signed_in() -> House {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house
}

/// V73
#[tokio::test]
async fn a_get_shows_a_page_with_one_button_and_signs_nobody_out() {
    let mut house = signed_in().await;
    for _ in 0..3 {
        let page = house.get("/auth/logout").await;
        assert_eq!((page.status().as_u16(), page.hops().len()), (200, 1));
        expect_page_of_ours(&page);
        assert_eq!(page.text().matches("<form").count(), 1);
        assert_eq!(page.text().matches("<button").count(), 1);
        assert!(page.text().contains("<form method=\"post\" action=\"/auth/logout\">"), "{}", page.text());
        assert!(!page.text().contains("<script"), "nothing sends it by itself");
        assert_eq!(link(&page, "Stay signed in"), "/");
        assert_eq!(set_cookies(&page, APP), []);
    }
    assert_eq!(house.provider.count("/end_session"), 0);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// V73: an image, a frame, a link, a prefetch: all of them are GETs.
#[tokio::test]
async fn no_kind_of_get_or_head_signs_anybody_out() {
    let mut house = signed_in().await;
    for (method, mode, dest) in [
        ("GET", "no-cors", "image"),
        ("GET", "navigate", "iframe"),
        ("GET", "navigate", "document"),
        ("GET", "cors", "empty"),
        ("HEAD", "navigate", "document"),
    ] {
        for site in ["cross-site", "same-origin"] {
            let request = Request::builder().method(method);
            let request =
                request.header("sec-fetch-site", site).header("sec-fetch-mode", mode).header("sec-fetch-dest", dest);
            let page = house.send("/auth/logout?confirm=1&_method=POST", request).await;
            assert_eq!(page.status(), 200, "{method} {mode} {dest}");
            assert_eq!(house.me().await.as_deref(), Some("alice"), "{method} {mode} {dest}");
        }
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(house.send("/auth/logout", Request::builder().method(method)).await.status(), 405);
    }
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// V73: Chromium applies `form-action` to where the form's answer redirects as well.
#[tokio::test]
async fn the_page_lets_its_form_lead_to_us_and_to_the_provider() {
    let mut house = signed_in().await;
    let page = house.get("/auth/logout").await;
    assert!(joined(&page, "content-security-policy").contains(&format!("; form-action 'self' {ISSUER};")));

    let mut stranger = house.another_browser();
    let page = stranger.get(&format!("{APP}/auth/logout")).await;
    assert!(joined(&page, "content-security-policy").contains("; form-action 'self';"), "no session, no provider");
}

#[tokio::test]
async fn the_button_signs_out_here_and_at_the_provider() {
    let mut house = signed_in().await;
    let page = house.get("/auth/logout").await;
    let page = house.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/", "stranger"));
    assert_eq!(house.me().await, None);
    assert_eq!(house.cookie_names(), Vec::<String>::new(), "nothing of ours is left in the browser");
    let page = house.get("/profile").await;
    assert!(page.url().as_str().starts_with(&format!("{ISSUER}/authorize")), "and the provider asks again");
}

/// V73
#[tokio::test]
async fn a_form_of_another_site_is_refused_and_the_session_lives() {
    let mut house = signed_in().await;
    let (log, _listening) = Log::listen();
    for from in ["https://evil.example/", "http://127.0.0.1:3000/", "http://localhost:3999/", "https://localhost:3000/"]
    {
        let page = house.browser.post_form_from(from, &format!("{APP}/auth/logout"), &[]).await;
        assert_eq!((page.status().as_u16(), page.hops().len()), (403, 1), "{from}");
        expect_page_of_ours(&page);
        assert_eq!(set_cookies(&page, APP), [], "{from}");
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{from}");
    }
    assert_eq!(house.provider.count("/end_session"), 0);
    let refusals = log.lines().into_iter().filter(|line| line.starts_with("WARN vestibule::logout")).count();
    assert_eq!(refusals, 4);
}

/// V73, V16: even when the cookie comes along, as from a sibling site or an old browser.
#[tokio::test]
async fn the_session_lives_whatever_a_foreign_request_says() {
    let mut house = signed_in().await;
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", APP)],
        vec![("sec-fetch-site", "")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "http://localhost:3001")],
        vec![("origin", "http://localhost:3000.evil.example")],
        vec![("origin", "https://evil.example"), ("x-requested-with", "XMLHttpRequest")],
        vec![("origin", "https://evil.example"), ("host", "evil.example")],
        vec![("origin", "https://evil.example"), ("referer", "http://localhost:3000/")],
    ] {
        let cookie = house.cookie_header();
        let request =
            headers.iter().fold(Request::post("/auth/logout").header("cookie", cookie), |request, (name, value)| {
                request.header(*name, *value)
            });
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let Ok(response) = tower::ServiceExt::oneshot(house.app.clone(), request).await;
        assert_eq!(response.status(), 403, "{headers:?}");
        assert_eq!(response.headers().get("set-cookie"), None, "{headers:?}");
    }
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// V73: what the refused form leads to is a question, at an address of ours.
#[tokio::test]
async fn whoever_was_sent_by_another_site_and_wants_to_leave_still_can() {
    let mut house = signed_in().await;
    let page = house.browser.post_form_from("https://evil.example/", &format!("{APP}/auth/logout"), &[]).await;
    let question = house.browser.follow_link(&page, &link(&page, "Sign out")).await;
    assert_eq!((place(&question).as_str(), question.status().as_u16()), ("/auth/logout", 200));
    let page = house.browser.submit(&question, "/auth/logout", &[]).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/", "stranger"));
    assert_eq!(house.me().await, None);
}

#[tokio::test]
async fn a_form_of_our_own_pages_works_from_anywhere_on_the_site() {
    for headers in [
        vec![("sec-fetch-site", "same-origin"), ("origin", APP)],
        vec![("sec-fetch-site", "same-origin"), ("origin", "null")],
        vec![("origin", APP)],
        vec![],
    ] {
        let mut house = signed_in().await;
        let request = headers.iter().fold(Request::post("/"), |request, (name, value)| request.header(*name, *value));
        let page = house.send("/auth/logout", request).await;
        assert_eq!(page.status(), 303, "{headers:?}");
        assert!(page.header("location").is_some_and(|location| location.starts_with(ISSUER)));
        assert_eq!(house.me().await, None, "{headers:?}");
    }
}

/// V61: somebody else's session of the same browser is not touched.
#[tokio::test]
async fn a_logout_ends_the_session_of_this_browser_alone() {
    let mut house = signed_in().await;
    let mut other = house.another_browser();
    let page = other.get(&format!("{APP}/profile")).await;
    other.sign_in_as(&page, "alice").await;
    house.send("/auth/logout", own_form()).await;
    assert_eq!(house.me().await, None);
    assert_eq!(other.fetch(&format!("{APP}/api/me")).await.text(), "alice");
}

#[tokio::test]
async fn a_second_logout_and_a_strangers_logout_end_on_the_goodbye_page() {
    let mut house = signed_in().await;
    let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert_eq!(place(&page), "/");
    let asked = house.provider.count("/end_session");
    for _ in 0..2 {
        let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        assert_eq!((place(&page).as_str(), page.text(), page.hops().len()), ("/", "stranger", 2));
    }
    let mut stranger = house.another_browser();
    let page = stranger.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/", "stranger"));
    assert_eq!(house.provider.count("/end_session"), asked, "there is nobody to tell the provider about");
}

/// A session that is over is not handed to the provider as one.
#[tokio::test]
async fn a_logout_after_the_session_ended_is_a_strangers() {
    let mut house = signed_in().await;
    house.pass(24 * 3600);
    let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/", "stranger"));
    assert_eq!(house.provider.count("/end_session"), 0);
}
