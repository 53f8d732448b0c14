//! Responses that the provider's page posts (Form Post 1.0): the one cookie that comes along, the ones that do not, and what becomes
//! of who was signed in before (R30, V28, V65).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::Body;
use http::Request;
use vestibule::{Builder, MemoryStore, NewLogin, ResponseMode, ResponseType, SessionPolicy};
use vestibule_provider::{Browser, Fault, Page};

use crate::{
    bench::{
        CALLBACK, Stopped, asked, at_the_error_page, corp_by, delivery, departures, hop_over, house, house_with,
        last_said, only_reason, only_reason_to_start_over, said, stopped,
    },
    house::{
        APP, House, ISSUER,
        log::Log,
        paper::set_cookies,
        rejection::{Delivery, Rejected, cookies, is_departure, who},
    },
};

/// Every response type may come by a form; a code alone is what most ask for.
fn by_form() -> vestibule::Provider {
    corp_by(ResponseType::Code, Some(ResponseMode::FormPost))
}

/// With sessions in cookies, and with sessions in a store.
fn houses() -> [(&'static str, House); 2] {
    houses_with(|builder| builder)
}

fn houses_with(settings: impl Fn(Builder) -> Builder) -> [(&'static str, House); 2] {
    [
        ("cookies", house_with(by_form(), &settings)),
        ("store", house_with(by_form(), |builder| settings(builder).sessions(MemoryStore::new()))),
    ]
}

async fn signed_in(house: &mut House, user: &str) {
    let page = house.get("/profile").await;
    let page = house.browser.sign_in_as(&page, user).await;
    assert_eq!(page.text(), format!("profile of {user}"));
}

/// Signs in again, as whomever, and stops before the callback: the session of before is still there.
async fn again(house: &mut House, user: &str) -> Stopped {
    house.provider.log_out("alice");
    stopped(&mut house.browser, "/auth/login/corp?return_to=/profile", user).await
}

/// V28: `SameSite=None` for the one that must come along, and for no other.
#[tokio::test]
async fn only_the_cookie_of_the_login_under_way_comes_along_from_another_site() {
    for (mode, mut house) in houses() {
        let departure = house.browser.get_without_redirects(&format!("{APP}/profile")).await;
        let [login] = &set_cookies(&departure, APP)[..] else { panic!("one cookie: {departure:?}") };
        assert!(login.name.contains("-posted-login-"), "{mode}: {}", login.name);
        assert_eq!(login.attributes, ["Path=/", "HttpOnly", "SameSite=None", "Secure", "Max-Age=1800"], "{mode}");

        let page = house.get("/profile").await;
        let page = house.browser.sign_in_as(&page, "alice").await;
        let methods: Vec<_> = page.hops().iter().map(|hop| (hop.method.as_str(), hop.status.as_u16())).collect();
        assert_eq!(methods, [("POST", 200), ("POST", 303), ("GET", 200)], "{mode}: the form, the callback, the page");
        assert_eq!((page.text(), page.url().path()), ("profile of alice", "/profile"), "{mode}");
        let lines = set_cookies(&page, APP);
        let (logins, sessions): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.name.contains("-posted-login-"));
        assert!(sessions.iter().all(|line| line.has("SameSite=Lax")), "{mode}: {sessions:?}");
        assert!(sessions.iter().any(|line| !line.is_deletion()), "{mode}: {sessions:?}");
        assert!(
            logins.iter().all(|line| line.is_deletion() && line.has("SameSite=None") && line.has("Secure")),
            "{mode}"
        );
        assert_eq!(cookies(&house.browser, "posted-login-").len(), 1, "{mode}: the tab that was left alone");
    }
}

/// V22, R121: the second POST makes no token request.
#[tokio::test]
async fn a_form_signs_in_once() {
    for (mode, mut house) in houses() {
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        let mut thief = house.browser.clone();
        let answer = stopped.arrive(&mut house.browser).await;
        assert_eq!((answer.status().as_u16(), answer.header("location")), (303, Some("/profile")), "{mode}");
        assert_eq!(
            (answer.header("referrer-policy"), answer.header("cache-control")),
            (Some("no-referrer"), Some("no-store"))
        );
        let (log, _listening) = Log::listen();
        let answer = stopped.arrive(&mut thief).await;
        assert!(comes_to_the_error_page(&answer), "{mode}");
        assert_eq!(log.failures(), Vec::<String>::new(), "{mode}");
        assert!(is_departure(&at_the_error_page(&mut thief, &answer).await), "{mode}");
        assert_eq!(only_reason_to_start_over(&log), "a login that was used already", "{mode}");
        assert_eq!((who(&mut thief).await, house.provider.count("/token")), (None, 1), "{mode}");
    }
}

/// With a record of this tab's own: it lands or starts over there.
fn comes_to_the_error_page(answer: &Page) -> bool {
    answer.header("location").is_some_and(|place| place.starts_with("/auth/error?record="))
}

/// V22: of two that come at the same time, one is taken.
#[tokio::test]
async fn of_two_forms_at_once_one_signs_in() {
    for (mode, mut house) in houses() {
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        let (mut one, mut other) = (house.browser.clone(), house.browser.clone());
        let hold = house.provider.hold("/token");
        let late = async {
            hold.until_waiting(1).await;
            let answer = tokio::select! {
                answer = stopped.arrive(&mut other) => answer,
                () = hold.until_waiting(2) => panic!("{mode}: a second token request"),
            };
            hold.release();
            answer
        };
        let (first, late) = tokio::join!(stopped.arrive(&mut one), late);
        assert_eq!(first.header("location"), Some("/profile"), "{mode}");
        assert!(comes_to_the_error_page(&late), "{mode}");
        assert_eq!((who(&mut one).await.as_deref(), who(&mut other).await), (Some("alice"), None), "{mode}");
        assert_eq!(house.provider.count("/token"), 1, "{mode}");
    }
}

/// R121: the provider says goodbye while the callback waits for its token endpoint.
#[tokio::test]
async fn a_logout_that_comes_before_a_form_is_finished_lets_nobody_in() {
    for (mode, mut house) in houses() {
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        let mut browser = house.browser.clone();
        let hold = house.provider.hold("/token");
        let goodbye = async {
            hold.until_waiting(1).await;
            let token = house.provider.logout_token("my-app").sub("alice").sign();
            let url = format!("{APP}/auth/backchannel_logout/corp");
            let answer = house.another_browser().post_form(&url, &[("logout_token", token.as_str())]).await;
            hold.release();
            answer.status()
        };
        let (answer, status) = tokio::join!(stopped.arrive(&mut browser), goodbye);
        assert_eq!((status.as_u16(), answer.header("location")), (200, Some("/auth/error")), "{mode}");
        assert_eq!(who(&mut browser).await, None, "{mode}");
    }
}

/// V17, V18: a form of whoever it is brings no cookie that the browser has not.
#[tokio::test]
async fn a_form_with_the_login_of_another_browser_signs_nobody_in() {
    let mut house = house(by_form());
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    house.browser = house.another_browser();
    house.get("/profile").await;
    let (url, body) = stopped.delivered_by(ResponseMode::FormPost);
    let (log, _listening) = Log::listen();
    let from = "https://evil.example";
    house.expect_started_over(Delivery::Form { from, url: &url, body: &body }, None).await;
    let reason = "a state whose login this browser did not start, or that it finished";
    assert_eq!(only_reason_to_start_over(&log), reason);
    assert_eq!(cookies(&house.browser, "posted-login-").len(), 2, "its own login goes on beside the new one");
}

/// V28, V63: its cookie does not come along, so it is ended by what the attempt remembers.
#[tokio::test]
async fn the_session_of_before_is_ended_though_its_cookie_stays_at_home() {
    for (mode, mut house) in houses() {
        for user in ["alice", "bob"] {
            house.browser = house.another_browser();
            signed_in(&mut house, "alice").await;
            let stopped = again(&mut house, user).await;
            let mut before = house.browser.clone();
            assert_eq!(who(&mut before).await.as_deref(), Some("alice"), "{mode} {user}: as long as nothing came");
            let answer = stopped.arrive(&mut house.browser).await;
            assert_eq!(answer.header("location"), Some("/profile"), "{mode} {user}");
            assert_eq!(who(&mut house.browser).await.as_deref(), Some(user), "{mode} {user}");
            assert_eq!(who(&mut before).await, None, "{mode} {user}: a copy of the old cookie is worth nothing");
        }
    }
}

/// V65: whoever proved who they are does not go on as the one before, whatever comes of their login.
#[tokio::test]
async fn another_persons_session_is_ended_even_when_the_login_then_fails() {
    for (mode, mut house) in houses() {
        signed_in(&mut house, "alice").await;
        let stopped = again(&mut house, "bob").await;
        let mut before = house.browser.clone();
        house.provider.set_fault(Some(Fault::WrongUserInfoSubject));
        let answer = stopped.arrive(&mut house.browser).await;
        assert_eq!(answer.header("location"), Some("/auth/error"), "{mode}");
        assert_eq!(who(&mut house.browser).await, None, "{mode}");
        assert_eq!(who(&mut before).await, None, "{mode}: not in a copy of the profile either");
    }
}

/// V65: a login that fails costs nobody their own session, nor one that fails before anybody is known.
#[tokio::test]
async fn a_session_of_ones_own_survives_a_login_that_fails() {
    for (user, fault) in [("alice", Fault::WrongUserInfoSubject), ("bob", Fault::WrongNonce)] {
        for (mode, mut house) in houses() {
            signed_in(&mut house, "alice").await;
            let stopped = again(&mut house, user).await;
            house.provider.set_fault(Some(fault.clone()));
            let answer = stopped.arrive(&mut house.browser).await;
            assert_eq!(answer.header("location"), Some("/auth/error"), "{mode}");
            assert_eq!(who(&mut house.browser).await.as_deref(), Some("alice"), "{mode} {fault:?}");
        }
    }
}

/// V60: how many pieces the old session had, nobody knows at the callback.
#[tokio::test]
async fn no_piece_of_a_longer_session_is_left_over() {
    let padding = Arc::new(AtomicUsize::new(3000));
    for (mode, mut house) in houses_with(|builder| {
        let padding = Arc::clone(&padding);
        builder.on_login(move |login: NewLogin| {
            let bytes = padding.load(Ordering::SeqCst);
            async move { Ok(login.with_claim("padding", "p".repeat(bytes))) }
        })
    }) {
        padding.store(3000, Ordering::SeqCst);
        signed_in(&mut house, "alice").await;
        assert_eq!(cookies(&house.browser, "session").len(), if mode == "store" { 1 } else { 2 });
        padding.store(10, Ordering::SeqCst);
        let stopped = again(&mut house, "alice").await;
        stopped.arrive(&mut house.browser).await;
        assert_eq!(cookies(&house.browser, "session").len(), 1, "{mode}");
        assert_eq!(who(&mut house.browser).await.as_deref(), Some("alice"), "{mode}");
    }
}

/// A POST to the callback as it is.
async fn posted(browser: &mut Browser, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
    let request = Request::post(CALLBACK).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    browser.request(request.body(Body::from(body)).expect("a request")).await
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// An error page with a button, never a bare status, and the log says why.
async fn expect_page_about(house: &mut House, answer: &Page, reason: &str, log: &Log) {
    assert_eq!((answer.status().as_u16(), answer.header("location"), answer.text()), (303, Some("/auth/error"), ""));
    let page = house.get("/auth/error").await;
    assert_eq!(page.status(), 400, "{}", page.text());
    assert!(page.text().contains("Start again"), "{}", page.text());
    let failures = log.failures();
    let last = failures.last().expect("a record");
    assert!(last.contains("decision=callback_unsolicited") && last.contains(reason), "{last}");
}

/// R30, V84: nothing else is read, and nothing is burnt.
#[tokio::test]
async fn a_body_that_is_no_form_or_too_long_is_refused_and_leaves_the_login_alone() {
    let mut house = house(by_form());
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    let body = stopped.parameters.as_bytes();
    let (log, _listening) = Log::listen();
    for kind in
        ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded2", ""]
    {
        let answer = posted(&mut house.browser, &[("content-type", kind)], body.to_vec()).await;
        expect_page_about(&mut house, &answer, "what was posted is not application/x-www-form-urlencoded", &log).await;
    }
    for kinds in [vec![], vec![FORM, FORM]] {
        let answer = posted(&mut house.browser, &kinds, body.to_vec()).await;
        expect_page_about(&mut house, &answer, "what was posted is not application/x-www-form-urlencoded", &log).await;
    }
    let padded = |bytes: usize| [body, b"&x=", &vec![b'x'; bytes - body.len() - 3]].concat();
    for headers in [vec![FORM], vec![FORM, ("content-length", "16385")]] {
        let answer = posted(&mut house.browser, &headers, padded(16 * 1024 + 1)).await;
        expect_page_about(&mut house, &answer, "what was posted is longer than 16384 bytes", &log).await;
    }
    assert_eq!((house.provider.count("/token"), house.me().await), (0, None));
    let kind = ("content-type", "Application/X-WWW-Form-URLencoded; charset=UTF-8");
    let page = posted(&mut house.browser, &[kind], padded(16 * 1024)).await;
    assert_eq!(page.header("location"), Some("/profile"), "and a form of 16 KB is read");
}

/// Form Post 2, Core 3.1.2.6: an error comes the same way.
#[tokio::test]
async fn an_error_by_a_form_ends_on_the_error_page() {
    for (error, status) in [("login_required", 502), ("server_error", 502), ("access_denied", 403)] {
        let mut house = house(by_form());
        let fault = Fault::AuthorizeError { error: error.to_owned(), error_description: Some("canary".to_owned()) };
        house.provider.set_fault(Some(fault));
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        assert_eq!((stopped.mode, stopped.parameter("error").as_deref()), (ResponseMode::FormPost, Some(error)));
        let (url, body) = stopped.delivered_by(ResponseMode::FormPost);
        let delivery = delivery(ResponseMode::FormPost, &url, &body);
        let page = house.expect_rejected(delivery, Rejected::with(status).burning(delivery)).await;
        assert!(!page.text().contains("canary"), "{}", page.text());
        assert!(cookies(&house.browser, "posted-login-").is_empty());
    }
}

/// R30: a form says it all; what stands in the URL is not read beside it.
#[tokio::test]
async fn nothing_is_read_from_the_query_of_a_post() {
    let mut house = house(by_form());
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    let state = stopped.parameter("state").expect("a state");
    for (query, rest) in
        [(stopped.parameters.clone(), String::new()), (format!("state={state}"), stopped.without("state").parameters)]
    {
        let url = format!("{CALLBACK}?{query}");
        let (log, _listening) = Log::listen();
        house.expect_rejected(Delivery::Form { from: ISSUER, url: &url, body: &rest }, Rejected::with(400)).await;
        assert_eq!(only_reason(&log), "no state");
    }
    let url = format!("{CALLBACK}?code=evil&state=evil&error=access_denied");
    let answer = Delivery::Form { from: ISSUER, url: &url, body: &stopped.parameters }.by(&mut house.browser).await;
    assert_eq!(answer.header("location"), Some("/profile"), "nor does it spoil anything");
}

/// V26: the oldest gives way, whichever kind of cookie it is.
#[tokio::test]
async fn no_more_than_eight_logins_are_under_way_in_a_browser() {
    let mut house = house(by_form());
    for tab in 0..12 {
        house.browser.get_without_redirects(&format!("{APP}/profile?tab={tab}")).await;
        house.pass(1);
        assert!(cookies(&house.browser, "posted-login-").len() <= 8, "{tab}");
    }
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    assert_eq!(cookies(&house.browser, "posted-login-").len(), 8);
    assert_eq!(stopped.arrive(&mut house.browser).await.header("location"), Some("/profile"), "the newest goes on");
}

/// R16, V28: a silent login renews a session whose cookie would stay at home: it asks for its response in a query.
#[tokio::test]
async fn a_silent_login_does_not_come_by_a_form_and_does_not_go_round_in_circles() {
    let every = std::time::Duration::from_secs(900);
    for (mode, mut house) in houses_with(|builder| builder.session(SessionPolicy::default().silent_renewal(every))) {
        signed_in(&mut house, "alice").await;
        house.pass(900);
        let page = house.get("/profile").await;
        assert_eq!(page.text(), "profile of alice", "{mode}");
        let requests = asked(&house);
        let [first, silent] = &requests[..] else { panic!("two departures: {requests:?}") };
        let of = |name| (said(first, name), said(silent, name));
        assert_eq!(of("prompt"), (None, Some("none".to_owned())), "{mode}");
        assert_eq!(of("response_mode"), (Some("form_post".to_owned()), None), "{mode}");
        assert!(house.get("/profile").await.hops().len() == 1, "{mode}: and then not for another interval");

        house.provider.log_out("alice");
        house.pass(900);
        let page = house.get("/profile").await;
        assert!(page.url().as_str().starts_with(ISSUER), "{mode}: {}", page.url());
        assert_eq!(departures(&house), 4, "{mode}: one that nobody sees, and one that they do");
        assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "profile of alice", "{mode}");
    }
}

/// The same where the response cannot come in a query.
#[tokio::test]
async fn a_silent_login_for_an_id_token_comes_by_the_fragment() {
    let every = std::time::Duration::from_secs(900);
    let corp = corp_by(ResponseType::CodeIdToken, Some(ResponseMode::FormPost));
    let mut house = house_with(corp, |builder| builder.session(SessionPolicy::default().silent_renewal(every)));
    signed_in(&mut house, "alice").await;
    house.pass(900);
    let page = house.get("/profile").await;
    assert_eq!((page.url().path(), last_said(&house, "response_mode")), ("/auth/callback/corp", None));
    assert_eq!(hop_over(&mut house.browser, page).await.text(), "profile of alice");
    assert_eq!(departures(&house), 2);
}

/// A form that comes twice is of no use, and whoever is signed in by then is on their page all the same: the error page sees the
/// session's cookie, which did not come along with the form.
#[tokio::test]
async fn a_form_of_a_login_that_is_over_lands_who_is_signed_in_on_their_page() {
    for (mode, mut house) in houses() {
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        let (url, body) = stopped.delivered_by(ResponseMode::FormPost);
        let form: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let first = house.browser.post_form_from(ISSUER, &url, &form).await;
        assert_eq!(first.text(), "profile of alice", "{mode}");
        let second = house.browser.post_form_from(ISSUER, &url, &form).await;
        assert_eq!((second.status().as_u16(), second.text()), (200, "profile of alice"), "{mode}");
        let mut stranger = house.another_browser();
        let third = stranger.post_form_from(ISSUER, &url, &form).await;
        let starts = (third.status().as_u16(), third.url().as_str().starts_with(&format!("{ISSUER}/authorize?")));
        assert_eq!(starts, (200, true), "{mode}: nobody is signed in, and the provider asks who it is");
        assert_eq!(house.provider.count("/token"), 1, "{mode}");
    }
}
