//! What is not kept, and what is not sent.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use vestibule::KeptPosts;
use vestibule_provider::Page;

use crate::{
    bench::{Bench, FORM, MODES, Mode, expect_nothing_kept, script},
    house::{
        APP,
        log::Log,
        paper::{expect_page_of_ours, link, own_form},
    },
};

fn expect_refusal(page: &Page, status: u16, said: &str) {
    assert_eq!(page.status(), status, "{}", page.text());
    assert!(page.text().contains(said), "{}", page.text());
    assert!(!page.text().contains("Send it now"), "and offers nothing: {}", page.text());
    assert!(reference(page).is_some(), "its record can be found: {}", page.text());
    expect_page_of_ours(page);
}

#[tokio::test]
async fn of_strangers_nothing_is_kept() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        let page = bench.send("/notes", FORM, "text=x").await;
        expect_nothing_kept(&bench, &page, "a stranger");
        assert!(link(&page, "Sign in").ends_with("return_to=%2Fnotes"), "the plain page: {}", page.text());
        let answer = bench.house.browser.request(script("/notes", "application/json", "{}")).await;
        expect_nothing_kept(&bench, &answer, "a stranger's script");
        // Somebody who was here, but never behind this gate.
        bench.house.sign_in("/lossy", "alice").await;
        bench.house.pass(crate::bench::NIGHT);
        let page = bench.send("/notes", FORM, "text=x").await;
        expect_nothing_kept(&bench, &page, "never behind this gate");
    }
}

/// V73: another site's form is not one that its person wrote.
#[tokio::test]
async fn what_another_site_sends_in_somebodys_name_is_not_kept() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    for (origin, site) in
        [("https://evil.example", "cross-site"), ("http://evil.localhost:3000", "same-site"), ("null", "cross-site")]
    {
        let request = Request::post(format!("{APP}/notes"))
            .header("accept", "text/html")
            .header("origin", origin)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("content-type", FORM)
            // Were the cookie sent along all the same, as browsers do within a site.
            .header("cookie", bench.house.cookie_header());
        let page = bench.house.another_browser().request(request.body(Body::from("text=x")).expect("a request")).await;
        expect_nothing_kept(&bench, &page, origin);
    }
}

/// V61, V62: who was here is forgotten after seven days, whatever a browser keeps; and a cookie that comes twice is nobody's.
#[tokio::test]
async fn of_somebody_who_was_here_long_ago_or_whose_cookies_somebody_tampered_with_nothing_is_kept() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let cookies = bench.house.cookie_header();
    let former = cookies.split("; ").find(|pair| pair.contains("-former=")).expect("who was here").to_owned();
    let send = |cookies: String| {
        let request = own_form().uri(format!("{APP}/notes")).header("content-type", FORM).header("cookie", cookies);
        let (mut browser, body) = (bench.house.another_browser(), Body::from("text=x"));
        async move { browser.request(request.body(body).expect("a request")).await }
    };
    expect_nothing_kept(&bench, &send(format!("{former}; {former}")).await, "twice");
    expect_nothing_kept(&bench, &send(format!("{former}A")).await, "changed");
    bench.house.pass(7 * 24 * 3600 - crate::bench::NIGHT);
    let request = own_form().uri(format!("{APP}/notes")).header("content-type", FORM).header("cookie", former);
    let page = bench.house.another_browser().request(request.body(Body::from("text=x")).expect("a request")).await;
    expect_nothing_kept(&bench, &page, "long ago");
}

#[tokio::test]
async fn without_the_option_and_for_other_methods_nothing_is_kept() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let page = bench.send("/lossy", FORM, "text=x").await;
    expect_nothing_kept(&bench, &page, "a gate without the option");
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = Request::builder()
            .method(method)
            .uri(format!("{APP}/notes"))
            .header("origin", APP)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json");
        let answer = bench.house.browser.request(request.body(Body::from("{}")).expect("a request")).await;
        expect_nothing_kept(&bench, &answer, method);
        assert!(answer.text().contains("login_url") && !answer.text().contains("kept"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_kind_is_not_kept_and_its_person_is_told() {
    let kept = KeptPosts::default().at_most_bytes(100).media_types([FORM]);
    let mut bench = Bench::keeping(Mode::Store, kept);
    bench.left_alone_overnight().await;
    let chunked =
        |bytes: usize| Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("x".repeat(bytes))]));
    for (content_type, body, said) in [
        (FORM, Body::from("x".repeat(101)), "It is larger than this site keeps"),
        (FORM, chunked(101), "It is larger than this site keeps"),
        ("text/plain", Body::from("x"), "of a kind that this site does not keep"),
        ("application/json", Body::from("{}"), "of a kind that this site does not keep"),
    ] {
        let page = bench.send("/notes", content_type, body).await;
        expect_nothing_kept(&bench, &page, said);
        expect_page_of_ours(&page);
        assert!(reference(&page).is_some(), "{}", page.text());
        assert!(page.text().contains(said) && page.text().contains("Go back to it"), "{}", page.text());
        assert!(link(&page, "Sign in").ends_with("return_to=%2Fnotes"), "{}", page.text());
    }
    let answer = bench.house.browser.request(script("/notes", "application/json", "{}")).await;
    expect_nothing_kept(&bench, &answer, "a script");
    for body in [Body::from("x".repeat(100)), chunked(100)] {
        bench.kept("/notes", FORM, body).await;
    }
    // The way back leads to what a browser would write.
    for address in [format!("/notes?{}", "x".repeat(512)), "/notes?x='".to_owned()] {
        let page = bench.send(&address, FORM, "x").await;
        assert!(page.text().contains("It cannot be sent to its address later."), "{address}: {}", page.text());
    }
}

#[tokio::test]
async fn whoever_signs_in_as_somebody_else_is_told_so_and_offered_nothing() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=alices").await;
        bench.at_the_provider_nobody_is_signed_in();
        let provider = bench.house.get("/auth/login?return_to=/notes").await;
        bench.house.browser.sign_in_as(&provider, "bob").await;
        assert_eq!(bench.house.me().await.as_deref(), Some("bob"));
        let page = bench.house.browser.follow_link(&kept, &asking_path(&kept)).await;
        expect_refusal(&page, 403, "somebody else");
        assert!(!page.text().contains("alices") && !page.text().contains("/notes"), "{}", page.text());
        let sent = bench.house.browser.post_form(&format!("{APP}/notes"), &[("vestibule_kept", &id(&kept))]).await;
        expect_refusal(&sent, 403, "somebody else");
        let thrown = bench.house.browser.post_form(&format!("{APP}{}", asking_path(&kept)), &[]).await;
        expect_refusal(&thrown, 403, "somebody else");
        assert_eq!((bench.received().len(), bench.in_store()), (0, 1), "{mode:?}: it is alice's still");
    }
}

/// The page that asks, as the link of the page that says that something is kept names it.
fn asking_path(kept: &Page) -> String {
    let href = link(kept, "Sign in");
    let (_, return_to) = href.split_once("return_to=").expect("a way back");
    return_to.replace("%2F", "/")
}

fn id(kept: &Page) -> String {
    asking_path(kept).rsplit('/').next().expect("an id").to_owned()
}

#[tokio::test]
async fn what_was_for_one_address_is_sent_to_no_other() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes?draft=1", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    for other in ["/notes", "/notes?draft=2", "/notes?draft=1&x", "/letters?draft=1"] {
        let page = bench.house.browser.post_form(&format!("{APP}{other}"), &[("vestibule_kept", &id(&kept))]).await;
        expect_refusal(&page, 409, "belongs to another page");
    }
    assert_eq!(bench.received(), []);
    bench.press_send(&asking).await;
    assert_eq!(bench.received().len(), 1, "and it is still there for its own");
}

#[tokio::test]
async fn what_is_kept_is_sent_once_and_thrown_away_once() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=once").await;
        let asking = bench.back_from(&kept).await;
        // A browser whose first answer never came: it has the name still.
        let mut double_click = bench.house.browser.clone();
        bench.press_send(&asking).await;
        let again = double_click.submit(&asking, "0", &[]).await;
        expect_refusal(&again, 410, "sent already, or thrown away");
        let looked = double_click.get(asking.url().as_str()).await;
        assert_eq!(looked.status(), 410);
        assert_eq!(bench.received().len(), 1, "{mode:?}");

        let kept = signed_out_again(&mut bench).await;
        let asking = bench.back_from(&kept).await;
        let mut double_click = bench.house.browser.clone();
        let thrown = bench.house.browser.submit(&asking, "/auth/kept/", &[]).await;
        expect_refusal(&thrown, 200, "It is thrown away");
        assert_eq!(bench.kept_cookies(), 0);
        let sent = double_click.submit(&asking, "0", &[]).await;
        expect_refusal(&sent, 410, "sent already, or thrown away");
        assert_eq!(bench.received().len(), 1, "{mode:?}");
    }
}

/// Two clicks at once, of which each finds that it is there.
#[tokio::test]
async fn of_two_clicks_at_once_one_sends() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=once").await;
        let asking = bench.back_from(&kept).await;
        let clicks = (0..5).map(|_| {
            let (mut browser, asking) = (bench.house.browser.clone(), &asking);
            async move { browser.submit(asking, "0", &[]).await.status().as_u16() }
        });
        let clicks = futures_util::future::join_all(clicks);
        bench.store.hold_answers_of(&["kept"]);
        let release = async {
            bench.store.until_so_many_are_held(5).await;
            bench.store.release();
        };
        let (mut statuses, ()) = futures_util::future::join(clicks, release).await;
        statuses.sort_unstable();
        assert_eq!((statuses, bench.received().len()), (vec![200, 410, 410, 410, 410], 1), "{mode:?}");
    }
}

async fn signed_out_again(bench: &mut Bench) -> Page {
    bench.house.pass(crate::bench::NIGHT);
    bench.kept("/notes", FORM, "text=never").await
}

#[tokio::test]
async fn what_is_kept_ends_after_its_time() {
    for mode in MODES {
        let mut bench = Bench::keeping(mode, KeptPosts::default().lifetime(Duration::from_secs(120)));
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=late").await;
        let asking = bench.back_from(&kept).await;
        // A browser that does not forget.
        let cookies = bench.house.cookie_header();
        bench.house.pass(119);
        assert_eq!(
            (bench.in_store(), bench.house.browser.get(asking.url().as_str()).await.status().as_u16()),
            (1, 200)
        );
        bench.house.pass(1);
        assert_eq!(bench.in_store(), 0, "{mode:?}");
        let late = bench.house.browser.submit(&asking, "0", &[]).await;
        expect_refusal(&late, 410, "its time is over");
        let request = own_form().uri(format!("{APP}/notes")).header("content-type", FORM).header("cookie", cookies);
        let body = Body::from(format!("vestibule_kept={}", id(&kept)));
        let late = bench.house.another_browser().request(request.body(body).expect("a request")).await;
        expect_refusal(&late, 410, "its time is over");
        assert_eq!(bench.received(), [], "{mode:?}");
    }
}

/// V73: the name alone does nothing: it has to come from our own page, with the cookie that has the secret.
#[tokio::test]
async fn nothing_is_sent_that_another_site_or_another_browser_asks_for() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    let body = format!("vestibule_kept={}", id(&kept));
    for (path, said) in [("/notes", "Another site asked for it"), (asking.url().path(), "Another site asked for it")] {
        let request = Request::post(format!("{APP}{path}"))
            .header("origin", "http://evil.localhost:3000")
            .header("sec-fetch-site", "same-site")
            .header("content-type", FORM);
        let page = bench.house.browser.request(request.body(Body::from(body.clone())).expect("a request")).await;
        expect_refusal(&page, 403, said);
    }
    // Alice in another browser, who knows what the page calls it.
    let mut other = bench.house.another_browser();
    std::mem::swap(&mut other, &mut bench.house.browser);
    bench.house.sign_in("/notes", "alice").await;
    let page = bench.house.browser.post_form(&format!("{APP}/notes"), &[("vestibule_kept", &id(&kept))]).await;
    expect_refusal(&page, 410, "nothing to send");
    let page = bench.house.get(asking.url().path()).await;
    expect_refusal(&page, 410, "nothing to send");
    assert_eq!(bench.received(), []);
}

/// Whoever says how much they send, and sends less.
#[tokio::test]
async fn a_form_of_ours_that_breaks_off_sends_nothing_and_gets_a_page() {
    let (log, _guard) = Log::listen();
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    bench.back_from(&kept).await;
    let page = bench.send("/notes", FORM, Body::new(BrokenOff)).await;
    expect_refusal(&page, 400, "did not arrive whole");
    assert_eq!((bench.received().len(), bench.in_store(), bench.kept_cookies()), (0, 1, 1));
    let reference = reference(&page).expect("one");
    let said = log.lines().into_iter().find(|line| line.contains(&reference)).expect("its record");
    assert!(said.contains("kept_post_refused") && said.contains("did not arrive whole"), "{said}");
    let page = bench.house.get("/auth/kept/nothing").await;
    assert!(log.lines().iter().any(|line| line.contains(&self::reference(&page).expect("one"))));
}

/// A body of the length of our form that never gets there.
struct BrokenOff;

impl http_body::Body for BrokenOff {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(37)
    }
}

/// The reference on a page.
fn reference(page: &Page) -> Option<String> {
    let (_, after) = page.text().split_once("Reference <code>")?;
    Some(after.split('<').next()?.to_owned())
}

/// Nobody is told that something is kept which their browser knows nothing of.
#[tokio::test]
async fn somebody_signed_out_whose_browser_has_no_such_name_is_not_told_that_it_is_kept() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let page = bench.send("/notes", FORM, "vestibule_kept=AAAAAAAAAAAAAAAAAAAAAA").await;
    expect_refusal(&page, 410, "nothing to send");
}

/// What looks like the form of our page and is not stays what it is.
#[tokio::test]
async fn a_form_of_the_applications_own_of_the_same_length_goes_through() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.house.sign_in("/notes", "alice").await;
    for body in ["vestibule_kept=AAAAAAAAAAAAAAAAAAAA.A", "vestibule_lept=AAAAAAAAAAAAAAAAAAAAAA", "x=1"] {
        let page = bench.send("/notes", FORM, body).await;
        assert_eq!((page.status().as_u16(), page.text()), (200, "written"), "{body}");
        assert_eq!(bench.received().last().map(|received| received.body.clone()), Some(body.into()));
    }
    bench.house.pass(crate::bench::NIGHT);
    let kept = bench.kept("/notes", FORM, "text=x").await;
    bench.back_from(&kept).await;
    let page = bench.send("/notes", "text/plain", format!("vestibule_kept={}", id(&kept))).await;
    assert_eq!((page.text(), bench.in_store()), ("written", 1), "it is no form, so not the form of our page");
    let page = bench.house.get("/auth/kept/nothing").await;
    expect_refusal(&page, 404, "nothing to send");
}
