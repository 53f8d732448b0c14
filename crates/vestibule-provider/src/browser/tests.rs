mod frames;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode};

use super::*;

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const APP: &str = "http://localhost:3000";
const OTHER: &str = "http://127.0.0.1:3001";

/// Answers with what arrived, sets the cookie that the query asks for, and redirects where the query says.
async fn mirror(request: Request) -> Response {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let mut lines: Vec<String> = request.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    lines.insert(0, format!("{} {}", request.method(), request.uri()));
    let mut headers = HeaderMap::new();
    headers.extend(asked("set").map(|line| (header::SET_COOKIE, line.parse().expect("a header"))));
    headers.extend(asked("policy").map(|policy| (header::REFERRER_POLICY, policy.parse().expect("a header"))));
    match (asked("to"), asked("keep")) {
        (Some(to), None) => (headers, Redirect::to(&to)).into_response(),
        (Some(to), Some(_)) => (headers, Redirect::temporary(&to)).into_response(),
        _ => (headers, lines.join("\n") + "<form method=post action='?sent'><input name=a value=1></form>")
            .into_response(),
    }
}

fn browser() -> Browser {
    let mut browser = Browser::new();
    browser.set_now(NOW);
    for origin in [APP, OTHER, "http://localhost:3002", "https://app.example.com", "http://plain.example"] {
        browser.site(origin, Router::new().fallback(mirror));
    }
    browser
}

fn to(at: &str, target: &str) -> String {
    format!("{at}/?to={}", form_urlencoded::byte_serialize(target.as_bytes()).collect::<String>())
}

fn sees(page: &Page, line: &str) -> bool {
    page.text().contains(line)
}

#[tokio::test]
async fn a_typed_navigation_looks_like_one() {
    let page = browser().get("http://localhost:3000/a?b=c#d").await;
    assert_eq!(page.url().as_str(), "http://localhost:3000/a?b=c#d");
    for line in [
        "GET /a?b=c\n",
        "host: \"localhost:3000\"",
        "accept: \"text/html,",
        "sec-fetch-site: \"none\"",
        "sec-fetch-mode: \"navigate\"",
        "sec-fetch-user: \"?1\"",
        "sec-fetch-dest: \"document\"",
    ] {
        assert!(sees(&page, line), "{line}: {}", page.text());
    }
    assert!(!sees(&page, "origin:") && !sees(&page, "cookie:"));
}

#[tokio::test]
async fn a_typed_navigation_stays_one_through_redirects_to_other_sites() {
    let mut browser = browser();
    browser.set_cookie(OTHER, "strict=1; SameSite=Strict");
    let page = browser.get(&to(APP, OTHER)).await;
    assert_eq!(page.hops().len(), 2);
    assert_eq!((page.hops()[0].status, page.url().as_str()), (StatusCode::SEE_OTHER, "http://127.0.0.1:3001/"));
    assert!(sees(&page, "sec-fetch-site: \"none\"") && sees(&page, "cookie: \"strict=1\""));
}

#[tokio::test]
async fn a_chain_that_was_once_cross_site_stays_cross_site() {
    let mut browser = browser();
    for line in ["strict=1; SameSite=Strict", "lax=1; SameSite=Lax", "unsaid=1", "none=1; SameSite=None; Secure"] {
        assert!(browser.set_cookie(APP, line));
    }
    let home = browser.get(APP).await;
    assert!(sees(&home, "cookie: \"strict=1; lax=1; unsaid=1; none=1\""));
    let link = browser.follow_link(&home, &to(APP, APP)).await;
    assert!(sees(&link, "sec-fetch-site: \"same-origin\"") && sees(&link, "strict=1"));
    let around = browser.follow_link(&home, &to(OTHER, APP)).await;
    assert!(sees(&around, "sec-fetch-site: \"cross-site\"") && sees(&around, "cookie: \"lax=1; unsaid=1; none=1\""));
    let neighbour = browser.follow_link(&home, &to("http://localhost:3002", APP)).await;
    assert!(sees(&neighbour, "sec-fetch-site: \"same-site\"") && sees(&neighbour, "strict=1"));
}

#[tokio::test]
async fn a_post_from_another_site_brings_no_lax_cookie() {
    let mut browser = browser();
    browser.set_cookie(APP, "lax=1");
    browser.set_cookie(APP, "none=1; SameSite=None; Secure");
    let page = browser.post_form_from(OTHER, APP, &[("a", "b c")]).await;
    for line in ["POST /", "origin: \"http://127.0.0.1:3001\"", "sec-fetch-site: \"cross-site\"", "cookie: \"none=1\""]
    {
        assert!(sees(&page, line), "{line}: {}", page.text());
    }
    let page = browser.post_form(APP, &[]).await;
    assert!(sees(&page, "cookie: \"lax=1; none=1\"") && sees(&page, "origin: \"http://localhost:3000\""));
}

/// Fetch 4.4
#[tokio::test]
async fn only_307_and_308_keep_a_post() {
    let mut browser = browser();
    let page = browser.post_form(&to(APP, OTHER), &[]).await;
    assert_eq!((&page.hops()[0].method, &page.hops()[1].method), (&Method::POST, &Method::GET));
    assert!(!sees(&page, "origin:") && !sees(&page, "content-type:"));
    let page = browser.post_form(&format!("{}&keep", to(APP, OTHER)), &[]).await;
    assert_eq!(page.hops()[1].method, Method::POST);
    assert!(sees(&page, "origin: \"http://localhost:3000\""));
    let back = format!("{}&keep", to(OTHER, APP));
    let page = browser.post_form(&format!("{}&keep", to(APP, &back)), &[]).await;
    assert!(page.hops().len() == 3 && sees(&page, "origin: \"null\""), "tainted by the way: {}", page.text());
}

/// Fetch 3.2
#[tokio::test]
async fn a_page_that_sends_no_referrer_sends_no_origin_with_its_forms() {
    let mut browser = browser();
    for (policy, origin) in [
        ("no-referrer", "null"),
        ("unheard-of", APP),
        ("no-referrer, strict-origin-when-cross-origin", APP),
        ("same-origin", APP),
    ] {
        let page = browser.get(&format!("{APP}/?policy={policy}")).await;
        let page = browser.submit(&page, "sent", &[("b", "2")]).await;
        assert!(sees(&page, &format!("origin: {origin:?}")), "{policy}: {}", page.text());
        assert_eq!((page.url().query(), page.hops().len()), (Some("sent"), 1));
    }
}

#[tokio::test]
async fn twenty_redirects_are_followed_and_no_more() {
    let app = Router::new().fallback(async || Redirect::to("/again"));
    let mut browser = browser();
    browser.site(APP, app);
    let page = browser.get(APP).await;
    assert_eq!((page.hops().len(), page.status()), (21, StatusCode::SEE_OTHER));
    let page = browser.get_without_redirects(APP).await;
    assert_eq!((page.hops().len(), page.header("location")), (1, Some("/again")));
}

#[tokio::test]
async fn an_origin_that_is_no_site_answers_502() {
    let page = browser().get(&to(APP, "https://evil.example/take?code=1")).await;
    assert_eq!((page.status(), page.url().host_str()), (StatusCode::BAD_GATEWAY, Some("evil.example")));
    assert!(sees(&page, "knows no site https://evil.example"));
}

#[tokio::test]
async fn what_is_neither_http_nor_https_is_not_followed() {
    for target in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
        let page = browser().get(&to(APP, target)).await;
        assert_eq!((page.hops().len(), page.status()), (1, StatusCode::SEE_OTHER), "{target}");
    }
}

#[tokio::test]
async fn a_script_asks_as_scripts_do() {
    let mut browser = browser();
    browser.set_cookie(APP, "a=1; HttpOnly");
    let page = browser.fetch(APP).await;
    for line in ["sec-fetch-mode: \"cors\"", "sec-fetch-dest: \"empty\"", "accept: \"*/*\"", "cookie: \"a=1\""] {
        assert!(sees(&page, line), "{line}");
    }
    assert!(!sees(&page, "sec-fetch-user"));
    assert_eq!(browser.fetch(&to(APP, OTHER)).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_raw_request_is_sent_as_it_is_with_cookies_added() {
    let mut browser = browser();
    browser.set_cookie(APP, "a=1");
    let raw = |site: &str, mode: &str| {
        let request = Request::get(APP).header("host", "evil.example").header("sec-fetch-site", site);
        request.header("sec-fetch-mode", mode).body(Body::empty()).expect("a request")
    };
    let page = browser.request(raw("same-origin", "cors")).await;
    assert!(sees(&page, "cookie: \"a=1\"") && sees(&page, "host: \"evil.example\"") && !sees(&page, "localhost"));
    assert!(!sees(&browser.request(raw("cross-site", "cors")).await, "cookie:"));
    assert!(sees(&browser.request(raw("cross-site", "navigate")).await, "cookie:"));
}

#[tokio::test]
async fn cookies_are_kept_by_host_whatever_the_port_and_expire_on_time() {
    let mut browser = browser();
    let page = browser.get(&format!("{APP}/?set=a%3D1%3B+Max-Age%3D60")).await;
    assert_eq!(page.hops()[0].set_cookies, ["a=1; Max-Age=60"]);
    assert!(sees(&browser.get("http://localhost:3002").await, "cookie: \"a=1\""));
    assert!(!sees(&browser.get(OTHER).await, "cookie:"));
    browser.set_now(NOW.plus(60));
    assert!(browser.cookies().next().is_none());
    assert!(!sees(&browser.get(APP).await, "cookie:"));
}

#[tokio::test]
async fn longer_paths_come_first_then_older_cookies() {
    let mut browser = browser();
    for line in ["a=1; Path=/", "b=1; Path=/", "c=1; Path=/x", "a=2; Path=/"] {
        browser.set_cookie(APP, line);
    }
    assert!(sees(&browser.get("http://localhost:3000/x/y").await, "cookie: \"c=1; a=2; b=1\""));
    browser.set_cookie(APP, "a=; Path=/; Max-Age=0");
    browser.remove_cookie("c");
    let names: Vec<&str> = browser.cookies().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["b"]);
}

#[tokio::test]
async fn plain_http_neither_sees_nor_replaces_a_secure_cookie() {
    let mut browser = browser();
    browser.site("http://app.example.com", Router::new().fallback(mirror));
    assert!(browser.set_cookie("https://app.example.com", "a=1; Secure"));
    assert!(!browser.set_cookie("http://app.example.com", "a=evil"));
    assert!(!sees(&browser.get("http://app.example.com").await, "cookie:"));
    assert!(sees(&browser.get("https://app.example.com").await, "cookie: \"a=1\""));
}

#[tokio::test]
async fn an_origin_that_is_not_trustworthy_gets_no_fetch_metadata() {
    let mut browser = browser();
    assert!(!sees(&browser.get("http://plain.example").await, "sec-fetch"));
    assert!(sees(&browser.get("https://app.example.com").await, "sec-fetch-site"));
}

#[tokio::test]
async fn a_clone_is_a_profile_of_its_own() {
    let mut first = browser();
    first.set_cookie(APP, "a=1");
    let mut second = first.clone();
    second.remove_cookie("a");
    second.set_cookie(APP, "b=1");
    assert!(sees(&first.get(APP).await, "cookie: \"a=1\""));
    assert!(sees(&second.get(APP).await, "cookie: \"b=1\""));
}

#[test]
fn a_host_keeps_180_cookies_and_loses_the_oldest() {
    let mut browser = browser();
    browser.set_cookie(OTHER, "other=1");
    for number in 0..=180 {
        browser.set_cookie(APP, &format!("c{number}=1"));
    }
    let names: Vec<&str> = browser.cookies().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[1]), (181, "other", "c1"));
}

#[test]
#[should_panic(expected = "not an http or https URL")]
fn a_site_has_an_http_origin() {
    Browser::new().site("localhost:3000", Router::new());
}

#[tokio::test]
async fn a_refresh_leads_on_without_a_hand() {
    let mut browser = browser();
    browser.set_cookie(APP, "strict=1; SameSite=Strict");
    let page = |content: &'static str| {
        Router::new().fallback(async move || format!("<meta http-equiv=Refresh content=\"{content}\">"))
    };
    for content in ["0; url=http://localhost:3000/x", "5;URL='http://localhost:3000/x'"] {
        browser.site(OTHER, page(content));
        let here = browser.get(OTHER).await;
        let there = browser.follow_refresh(&here).await;
        assert_eq!(there.url().as_str(), "http://localhost:3000/x");
        assert!(sees(&there, "sec-fetch-site: \"cross-site\"") && sees(&there, "sec-fetch-dest: \"document\""));
        assert!(!sees(&there, "sec-fetch-user") && !sees(&there, "cookie:"));
    }
    for content in ["5", "0; url=javascript:alert(1)", "0; u"] {
        browser.site(OTHER, page(content));
        let here = browser.get(OTHER).await;
        assert_eq!(browser.follow_refresh(&here).await.url(), here.url(), "{content}");
    }
}

#[tokio::test]
async fn a_script_of_another_site_sets_no_lax_cookie() {
    let mut browser = browser();
    let ask = |line: &str| {
        let request = Request::get(format!("{APP}/?set={line}")).header("sec-fetch-site", "cross-site");
        request.header("sec-fetch-mode", "cors").body(Body::empty()).expect("a request")
    };
    browser.request(ask("lax=1")).await;
    browser.request(ask("none=1%3B+SameSite%3DNone%3B+Secure")).await;
    let names: Vec<&str> = browser.cookies().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["none"]);
}

#[tokio::test]
async fn a_browser_may_block_every_cookie_of_third_parties() {
    let mut browser = browser();
    browser.block_third_party_cookies();
    browser.set_cookie(APP, "none=1; SameSite=None; Secure");
    let (page, neighbour) = (browser.get(OTHER).await, browser.get("http://localhost:3002").await);
    let url = format!("{APP}/?set=new%3D1%3B+SameSite%3DNone%3B+Secure");
    assert!(!sees(&browser.load_frame(&page, &url).await, "cookie:"));
    assert!(sees(&browser.load_frame(&neighbour, APP).await, "cookie: \"none=1\""));
    let page = browser.follow_link(&page, APP).await;
    assert!(sees(&page, "cookie: \"none=1\""), "a window of its own is no third party");
}

/// A page of another site that sends its form here.
fn form_page(script: &'static str) -> Router {
    let form = format!("<form method=post action='{APP}/in'><input name=code value=c></form>{script}");
    Router::new().fallback(async move || axum::response::Html(form))
}

const SELF_SUBMITTING: &str = "<script>document.forms[0].submit()</script>";

/// Form Post 2, RFC 6265bis 5.2: the case for which a login cookie has to say `SameSite=None`.
#[tokio::test]
async fn a_form_of_another_site_that_goes_by_itself_carries_cookies_of_same_site_none_alone() {
    let mut browser = browser();
    browser.site(OTHER, form_page(SELF_SUBMITTING));
    for line in ["strict=1; SameSite=Strict", "lax=1; SameSite=Lax", "unsaid=1", "none=1; SameSite=None; Secure"] {
        assert!(browser.set_cookie(APP, line));
    }
    let page = browser.get(OTHER).await;
    assert_eq!((page.url().as_str(), page.hops().len()), ("http://localhost:3000/in", 2));
    for line in
        ["POST /in", "cookie: \"none=1\"", "sec-fetch-site: \"cross-site\"", "origin: \"http://127.0.0.1:3001\""]
    {
        assert!(sees(&page, line), "{line}: {}", page.text());
    }
    assert!(!sees(&page, "sec-fetch-user"), "nobody clicked");
    // And back to a page of its own, Lax cookies come along again.
    let page = browser.post_form_from(OTHER, &to(APP, "/here"), &[]).await;
    assert!(sees(&page, "GET /here") && sees(&page, "lax=1") && !sees(&page, "strict=1"), "{}", page.text());
}

#[tokio::test]
async fn a_page_stays_whose_script_is_another_or_may_not_run() {
    let other = "<script>document.forms[0].a.value = location.hash; document.forms[0].submit()</script>";
    let mut browser = browser();
    for script in [other, "", "<!-- <script>document.forms[0].submit()</script> -->"] {
        browser.site(OTHER, form_page(script));
        assert_eq!(browser.get(OTHER).await.hops().len(), 1, "{script}");
    }
    browser.site(OTHER, form_page(SELF_SUBMITTING));
    assert_eq!(browser.get_without_redirects(OTHER).await.hops().len(), 1);
    browser.disable_scripts();
    let page = browser.get(OTHER).await;
    assert_eq!(page.hops().len(), 1);
    assert!(sees(&browser.post_form_of(&page).await, "sec-fetch-user: \"?1\""));
}

#[tokio::test]
async fn two_pages_that_send_each_other_forms_come_to_an_end() {
    let mut browser = browser();
    browser.site(APP, form_page(SELF_SUBMITTING));
    assert_eq!(browser.get(APP).await.hops().len(), 21);
}

/// What no server sees, a script on the page does.
#[tokio::test]
async fn a_fragment_stays_in_the_address_bar_and_a_form_may_bring_it() {
    let mut browser = browser();
    let page = browser.get(&to(OTHER, "http://localhost:3000/in#code=c&state=s")).await;
    assert_eq!(browser.fragment_of(&page), Some("code=c&state=s"));
    assert!(sees(&page, "GET /in\n"));
    browser.site(APP, Router::new().fallback(async |body: String| body));
    let page = Page::clone(&page);
    let page = browser.submit_fragment(&page, "0", "fragment").await;
    assert_eq!(page.text(), "a=1&fragment=code%3Dc%26state%3Ds");
}
