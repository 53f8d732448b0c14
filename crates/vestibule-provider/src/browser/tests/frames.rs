//! Pages within pages.

use super::*;

/// A page at `at` with frames of these URLs.
fn with_frames(browser: &mut Browser, at: &str, policy: &'static str, frames: &[&str]) {
    let frames: String = frames.iter().map(|url| format!("<iframe src='{url}' hidden></iframe>")).collect();
    let page = move || {
        let frames = frames.clone();
        async move { ([(header::CONTENT_SECURITY_POLICY, policy)], axum::response::Html(frames)) }
    };
    browser.site(at, Router::new().fallback(page));
}

#[tokio::test]
async fn a_frame_from_another_site_neither_sees_nor_sets_a_lax_cookie() {
    let mut browser = browser();
    for line in ["strict=1; SameSite=Strict", "lax=1", "none=1; SameSite=None; Secure"] {
        assert!(browser.set_cookie(APP, line));
    }
    let evicting = format!("{APP}/?set=lax%3D%3B+Max-Age%3D0");
    with_frames(&mut browser, OTHER, "frame-src *", &[&evicting, "javascript:alert(1)", "about:blank"]);
    let page = browser.get(OTHER).await;
    let frames = browser.load_frames(&page).await;
    let [frame] = frames.as_slice() else { panic!("one frame is to be had: {frames:?}") };
    for line in ["sec-fetch-site: \"cross-site\"", "sec-fetch-dest: \"iframe\"", "cookie: \"none=1\""] {
        assert!(sees(frame, line), "{line}: {}", frame.text());
    }
    assert!(!sees(frame, "sec-fetch-user"));
    assert!(sees(&browser.get(APP).await, "cookie: \"strict=1; lax=1; none=1\""), "nothing was evicted");
    browser.load_frame(&page, &format!("{APP}/?set=free%3D1%3B+SameSite%3DNone%3B+Secure")).await;
    assert!(browser.cookies().any(|cookie| cookie.name == "free"));
}

#[tokio::test]
async fn a_frame_of_the_same_site_has_every_cookie_wherever_it_was_sent_from() {
    let mut browser = browser();
    browser.set_cookie(APP, "strict=1; SameSite=Strict");
    with_frames(&mut browser, "http://localhost:3002", "", &[APP, &to(OTHER, APP)]);
    let page = browser.get("http://localhost:3002").await;
    let frames = browser.load_frames(&page).await;
    assert!(sees(&frames[0], "sec-fetch-site: \"same-site\"") && sees(&frames[0], "cookie: \"strict=1\""));
    assert!(sees(&frames[1], "sec-fetch-site: \"cross-site\"") && sees(&frames[1], "cookie: \"strict=1\""));
}

#[tokio::test]
async fn a_frame_that_the_page_may_not_have_is_not_asked_for() {
    let mut browser = browser();
    with_frames(
        &mut browser,
        OTHER,
        "default-src 'none'; frame-src http://localhost:3002",
        &[APP, "http://localhost:3002"],
    );
    let page = browser.get(OTHER).await;
    let hosts: Vec<_> = browser.load_frames(&page).await.iter().map(|frame| frame.url().port()).collect();
    assert_eq!(hosts, [Some(3002)]);
}
