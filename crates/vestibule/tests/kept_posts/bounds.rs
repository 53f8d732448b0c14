//! Everything bounded: ten times more than is kept leaves as much as is kept.

use std::collections::BTreeSet;

use axum::body::Body;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use vestibule_provider::User;

use crate::{
    bench::{Bench, FORM, MODES, Mode, script},
    house::{
        APP,
        paper::{link, own_form, set_cookies},
    },
};

#[tokio::test]
async fn of_forty_forms_of_one_person_the_last_four_are_kept() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let mut pages = Vec::new();
        for number in 0..40 {
            bench.house.pass(1);
            pages.push(bench.kept("/notes", FORM, format!("number={number}")).await);
            assert!(bench.in_store() <= 4 && bench.kept_cookies() <= 4, "{mode:?} {number}");
        }
        assert_eq!((bench.in_store(), bench.kept_cookies()), (4, 4), "{mode:?}");
        let asking = bench.back_from(pages.last().expect("forty")).await;
        bench.press_send(&asking).await;
        for page in pages.iter().rev().skip(1) {
            let href = link(page, "Sign in");
            let asking = bench.house.browser.follow_link(page, &href).await;
            if asking.status() == 200 {
                bench.press_send(&asking).await;
            }
        }
        let sent: Vec<_> = bench.received().iter().map(|received| received.body.clone()).collect();
        assert_eq!(sent, ["number=39", "number=38", "number=37", "number=36"], "{mode:?}");
    }
}

/// One person has no more in many browsers than in one; what gave way is gone for its own browser, which does not get what took its
/// place.
#[tokio::test]
async fn the_browsers_of_one_person_share_their_four_places() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let (mut others, first) = (bench.house.browser.clone(), bench.kept("/notes", FORM, "text=first").await);
        std::mem::swap(&mut others, &mut bench.house.browser);
        for number in 0..4 {
            bench.house.pass(1);
            bench.kept("/notes", FORM, format!("number={number}")).await;
        }
        assert_eq!((bench.in_store(), bench.kept_cookies()), (4, 4), "{mode:?}");
        std::mem::swap(&mut others, &mut bench.house.browser);
        let gone = bench.back_from(&first).await;
        assert_eq!(gone.status(), 410, "{mode:?}: {}", gone.text());
        assert_eq!((bench.in_store(), bench.received().len()), (4, 0), "{mode:?}");
    }
}

/// At once, and not one after the other.
#[tokio::test]
async fn forms_that_are_sent_at_once_each_find_a_place_or_are_told() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let browser = bench.house.browser.clone();
    let all = (0..40).map(|number| {
        let mut browser = browser.clone();
        async move { browser.post_form("http://localhost:3000/notes", &[("number", &number.to_string())]).await }
    });
    let pages = futures_util::future::join_all(all).await;
    let kept = pages.iter().filter(|page| page.text().contains("It is kept here")).count();
    assert!(kept >= 4, "{kept}");
    assert!(pages.iter().all(|page| page.status() == 401));
    assert_eq!(bench.in_store(), 4);
}

/// V26, V60, V62: a script sends forty at once, over one connection: none of them comes with the cookies that another one sets.
#[tokio::test]
async fn of_forty_posts_at_once_the_browser_keeps_no_more_names_than_there_are_places() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let browser = bench.house.browser.clone();
        let all = (0..40).map(|number| {
            let mut browser = browser.clone();
            async move { browser.request(script("/notes", "application/json", &number.to_string())).await }
        });
        let answers = futures_util::future::join_all(all).await;
        // One jar, in the order in which the answers came.
        for line in answers.iter().flat_map(|answer| answer.hops()).flat_map(|hop| &hop.set_cookies) {
            bench.house.browser.set_cookie(APP, line);
        }
        let bytes = bench.house.cookie_header().len();
        assert!(bench.kept_cookies() == 4 && bytes < 8000, "{mode:?}: {} names, {bytes} bytes", bench.kept_cookies());
        for answer in answers.iter().skip(36) {
            let problem: serde_json::Value = serde_json::from_str(answer.text()).expect("JSON");
            let asking = bench.house.browser.get(problem["kept"].as_str().expect("an address")).await;
            let asking = bench.arrived(asking, "alice").await;
            bench.press_send(&asking).await;
        }
        let sent: Vec<_> = bench.received().iter().map(|received| received.body.clone()).collect();
        assert_eq!(sent, ["36", "37", "38", "39"], "{mode:?}");
    }
}

/// One person whose bodies never come to their end takes no room from others: not even their own fifth is waited for.
#[tokio::test(start_paused = true)]
async fn somebody_who_sends_a_thousand_forms_drop_by_drop_is_told_at_the_fifth() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let browser = bench.house.browser.clone();
    let dribbling = || Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>());
    let slow = (0..1000).map(|_| {
        let (mut browser, request) = (browser.clone(), own_form().uri(format!("{APP}/notes")));
        let request = request.header("content-type", FORM).body(dribbling()).expect("a request");
        async move { browser.request(request).await }
    });
    let began = tokio::time::Instant::now();
    let mut at_once = 0;
    let mut all: FuturesUnordered<_> = slow.collect();
    while let Some(page) = all.next().await {
        assert_eq!(page.status(), 401);
        at_once += usize::from(began.elapsed().is_zero());
    }
    assert_eq!((at_once, bench.in_store()), (996, 0));
    assert_eq!(began.elapsed().as_secs(), 30, "four were waited for");
}

/// V60: a session that begins counts what stays beside it, and logins under way give way to it.
#[tokio::test]
async fn a_large_session_beside_kept_names_and_logins_under_way_leaves_the_header_short() {
    let large = User::new("alice").claim("picture", "x".repeat(3600));
    let mut bench = Bench::with_user(Mode::Cookies, large);
    bench.left_alone_overnight().await;
    // The browser forgot it, so that there is room for names and logins until the next one.
    for name in bench.house.cookie_names().iter().filter(|name| name.contains("-session")) {
        bench.house.browser.remove_cookie(name);
    }
    let mut page = None;
    for number in 0..4 {
        page = Some(bench.kept("/notes", FORM, format!("number={number}")).await);
    }
    for _ in 0..7 {
        bench.house.browser.get_without_redirects(&format!("{APP}/notes")).await;
    }
    let asking = bench.back_from(&page.expect("four")).await;
    assert_eq!(asking.status(), 200, "{}", asking.text());
    let (bytes, names) = (bench.house.cookie_header().len(), bench.house.cookie_names());
    assert!(bytes <= 8000 && bench.kept_cookies() == 4, "{bytes}: {names:?}");
    assert!(bytes > 7500 && names.iter().any(|name| name.contains("-login-")), "{bytes}: {names:?}");
}

/// V60: the same where the session is large, and a form comes that needs a fresher one.
#[tokio::test]
async fn a_name_that_is_kept_beside_a_large_session_and_logins_under_way_leaves_the_header_short() {
    let large = User::new("alice").claim("picture", "x".repeat(4000));
    let mut bench = Bench::with_user(Mode::Cookies, large);
    bench.house.sign_in("/strict", "alice").await;
    bench.house.pass(600);
    for _ in 0..7 {
        bench.house.browser.get_without_redirects(&format!("{APP}/strict")).await;
    }
    for number in 0..4 {
        bench.house.pass(1);
        let kept = bench.kept("/strict", FORM, format!("number={number}")).await;
        let bytes = bench.house.cookie_header().len();
        assert!(bytes <= 8000 && bench.kept_cookies() >= 1, "{bytes}: {:?}", bench.house.cookie_names());
        if number == 3 {
            let asking = bench.back_from(&kept).await;
            bench.press_send(&asking).await;
        }
    }
    assert_eq!(bench.received().first().map(|received| received.body.clone()), Some("number=3".into()));
}

/// V60: what is set in the browser is small, and its names are ours.
#[tokio::test]
async fn the_cookies_are_small_and_end() {
    let mut bench = Bench::new(Mode::Cookies);
    let page = bench.house.sign_in("/notes", "alice").await;
    let former = set_cookies(&page, "http://localhost:3000");
    let former = former.iter().find(|line| line.name.ends_with("-former")).expect("who was here");
    assert_eq!(former.max_age(), Some(7 * 24 * 3600));
    assert!(former.has("HttpOnly") && former.has("SameSite=Lax") && former.value.len() < 150, "{}", former.value.len());
    let again = bench.house.get("/notes").await;
    assert!(!set_cookies(&again, "http://localhost:3000").iter().any(|line| line.name.ends_with("-former")));
    bench.house.pass(crate::bench::NIGHT);
    let kept = bench.kept("/notes", FORM, "x=1").await;
    let lines = set_cookies(&kept, "http://localhost:3000");
    let name = lines.iter().find(|line| line.name.contains("-kept-")).expect("a name");
    assert_eq!(name.max_age(), Some(15 * 60));
    assert!(name.has("HttpOnly") && name.has("SameSite=Lax") && name.value.len() < 220, "{}", name.value.len());
    let distinct: BTreeSet<_> = lines.iter().map(|line| &line.name).collect();
    assert_eq!(distinct.len(), lines.len());
}
