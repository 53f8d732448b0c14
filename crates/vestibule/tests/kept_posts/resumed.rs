//! What was kept comes to its handler as it was sent.

use std::time::Duration;

use axum::{Form, Json, extract::FromRequest};
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule::KeptPosts;

use crate::{
    bench::{Bench, FORM, MODES, Mode, NIGHT, Received, binary, multipart, script},
    house::{
        APP,
        log::Log,
        paper::{expect_page_of_ours, place},
    },
};

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Note {
    text: String,
    tag: Option<String>,
}

/// What was received, as a request that an extractor reads.
fn request(received: &Received) -> Request<axum::body::Body> {
    Request::post(received.uri.clone())
        .header("content-type", received.content_type.clone().expect("a type"))
        .body(received.body.clone().into())
        .expect("a request")
}

#[tokio::test]
async fn a_form_that_came_after_the_session_ended_is_sent_once_its_person_is_back_and_says_so() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let body = "text=two+words+%26+more&tag=%C3%A9";
        let kept = bench.kept("/notes?draft=1&x=a%20b", FORM, body).await;
        expect_page_of_ours(&kept);
        assert_eq!((bench.received(), bench.in_store(), bench.kept_cookies()), (vec![], 1, 1), "{mode:?}");

        let asking = bench.back_from(&kept).await;
        assert_eq!(asking.status(), 200, "{}", asking.text());
        assert!(place(&asking).starts_with("/auth/kept/"), "{mode:?}: {}", place(&asking));
        expect_page_of_ours(&asking);
        for said in ["A form", "34 bytes", "/notes?draft=1&amp;x=a%20b", "just now", "for another 15 minutes"] {
            assert!(asking.text().contains(said), "{said}: {}", asking.text());
        }
        assert_eq!(bench.received(), [], "{mode:?}: nothing is sent by itself");

        let sent = bench.press_send(&asking).await;
        assert_eq!((sent.status().as_u16(), sent.text()), (200, "written"), "{mode:?}");
        let received = bench.received();
        let [received] = received.as_slice() else { panic!("{mode:?}: {received:?}") };
        assert_eq!(received.uri, "/notes?draft=1&x=a%20b");
        assert_eq!(received.content_type.as_deref(), Some(FORM));
        assert_eq!(received.content_length.as_deref(), Some("34"));
        assert_eq!(received.body, body);
        let Form(note) = Form::<Note>::from_request(request(received), &()).await.expect("a form");
        assert_eq!(note, Note { text: "two words & more".to_owned(), tag: Some("é".to_owned()) });
        assert_eq!(bench.kept_cookies(), 0, "{mode:?}: the browser forgets its name");
        bench.house.pass(61);
        assert_eq!(bench.in_store(), 0, "{mode:?}: and the store what it was");
    }
}

#[tokio::test]
async fn a_form_with_a_file_of_forty_kilobytes_comes_byte_for_byte() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let (content_type, body) = multipart(&binary(40_000));
        let kept = bench.kept("/notes", &content_type, body.clone()).await;
        let asking = bench.back_from(&kept).await;
        assert!(asking.text().contains("perhaps with files") && asking.text().contains("40 KB"), "{}", asking.text());
        bench.press_send(&asking).await;
        let received = bench.received();
        let [received] = received.as_slice() else { panic!("{mode:?}") };
        assert_eq!(received.content_type, Some(content_type));
        assert_eq!(received.content_length, Some(body.len().to_string()));
        assert!(received.body == body, "{mode:?}: not what was sent");
    }
}

#[tokio::test]
async fn a_script_that_posts_is_told_where_to_go_on() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.left_alone_overnight().await;
        let body = json!({"text": "naïve \u{1f600}", "tag": null}).to_string();
        let answer = bench.house.browser.request(script("/notes", "application/json; charset=utf-8", &body)).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem: Value = serde_json::from_str(answer.text()).expect("JSON");
        assert_eq!(problem["login_url"], format!("{APP}/auth/login/corp"));
        let kept = problem["kept"].as_str().expect("an address");
        let sign_in = bench.house.browser.get(kept).await;
        let asking = bench.arrived(sign_in, "alice").await;
        assert!(asking.text().contains("Data of a script (JSON)"), "{}", asking.text());
        bench.press_send(&asking).await;
        let received = bench.received();
        let [received] = received.as_slice() else { panic!("{mode:?}") };
        assert_eq!(received.body, body);
        let Json(note) = Json::<Note>::from_request(request(received), &()).await.expect("JSON");
        assert_eq!(note, Note { text: "naïve \u{1f600}".to_owned(), tag: None });
    }
}

#[tokio::test]
async fn what_one_machine_kept_another_one_sends() {
    for mode in MODES {
        let [mut one, mut other] = Bench::two(mode);
        one.left_alone_overnight().await;
        let kept = one.kept("/notes", FORM, "text=here").await;
        other.takes_over(&one.house.browser);
        let asking = other.back_from(&kept).await;
        other.press_send(&asking).await;
        assert_eq!((one.received().len(), other.received().len()), (0, 1), "{mode:?}");
        assert_eq!(other.received().first().map(|received| received.body.clone()), Some("text=here".into()));
        // And it is sent for both of them.
        one.takes_over(&other.house.browser);
        let again = one.house.browser.submit(&asking, "0", &[]).await;
        assert_eq!((again.status().as_u16(), one.received().len()), (410, 0), "{mode:?}");
    }
}

#[tokio::test]
async fn a_form_for_a_page_that_wants_a_fresher_sign_in_is_kept_as_well() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.house.sign_in("/strict", "alice").await;
    bench.house.pass(600);
    assert_eq!(bench.house.me().await.as_deref(), Some("alice"), "signed in, but not lately");
    let kept = bench.kept("/strict", FORM, "text=x").await;
    assert!(
        kept.text().contains("not as this page needs it") && !kept.text().contains("signed out"),
        "{}",
        kept.text()
    );
    assert!(kept.text().contains("kept here for 15 minutes"), "{}", kept.text());
    let asking = bench.back_from(&kept).await;
    assert!(!asking.text().contains("signed out"), "{}", asking.text());
    bench.press_send(&asking).await;
    assert_eq!(bench.received().len(), 1);
}

/// Of the form of our page nothing is kept: what it stands for is.
#[tokio::test]
async fn who_is_signed_out_once_more_before_they_press_send_signs_in_once_more_and_it_is_still_there() {
    let mut bench = Bench::keeping(Mode::Cookies, KeptPosts::default().lifetime(Duration::from_secs(24 * 3600)));
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=patience").await;
    let asking = bench.back_from(&kept).await;
    bench.house.pass(NIGHT);
    let signed_out = bench.house.browser.submit(&asking, "0", &[]).await;
    assert_eq!((signed_out.status().as_u16(), bench.kept_cookies(), bench.in_store()), (401, 1, 1));
    let asking = bench.back_from(&signed_out).await;
    bench.press_send(&asking).await;
    assert_eq!(bench.received().first().map(|received| received.body.clone()), Some("text=patience".into()));
}

/// A page that its person opened by its address, once they are signed out again.
#[tokio::test]
async fn the_page_that_asks_sends_a_stranger_to_sign_in_first() {
    let mut bench = Bench::keeping(Mode::Cookies, KeptPosts::default().lifetime(Duration::from_secs(24 * 3600)));
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    bench.house.pass(NIGHT);
    bench.at_the_provider_nobody_is_signed_in();
    let asking = bench.house.sign_in(asking.url().path(), "alice").await;
    bench.press_send(&asking).await;
    assert_eq!(bench.received().len(), 1);
}

/// V69: what was sent is nowhere but in its handler.
#[tokio::test]
async fn what_was_sent_is_in_no_log_no_page_no_address_no_cookie_and_not_readable_in_the_store() {
    let (log, _guard) = Log::listen();
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=canary").await;
    let asking = bench.back_from(&kept).await;
    let sent = bench.press_send(&asking).await;
    for page in [&kept, &asking, &sent] {
        assert!(!page.text().contains("canary"), "{}", page.text());
        for hop in page.hops() {
            assert!(!hop.url.as_str().contains("canary"), "{}", hop.url);
            assert!(hop.set_cookies.iter().all(|line| !line.contains("canary")));
        }
    }
    assert!(!log.lines().iter().any(|line| line.contains("canary")), "{:?}", log.lines());
    let said = |what: &str| log.lines().iter().filter(|line| line.contains(what)).count();
    assert_eq!((said("and is kept"), said("what was kept is sent")), (1, 1), "{:?}", log.lines());
    assert_eq!(bench.received().len(), 1);
}
