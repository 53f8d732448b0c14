//! The page that people see when a login fails: the application's, or ours.

mod house;

use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse},
    routing::get,
};
use house::{APP, House, log::Log, rejection::cookies};
use vestibule::{EndUser, LoginError, LoginErrorKind};
use vestibule_provider::Fault;

#[derive(Clone)]
struct Pages {
    title: &'static str,
}

async fn sorry(State(pages): State<Pages>, error: LoginError) -> String {
    let denial =
        error.denial().map(|denial| (denial.error().to_owned(), denial.error_description().map(str::to_owned)));
    format!("{}|{:?}|{denial:?}|{}|{}", pages.title, error.kind(), error.public_message(), error.try_again())
}

fn with_a_view() -> House {
    House::with(|builder| builder.error_view(get(sorry).with_state(Pages { title: "Sorry" })))
}

fn authorize_error(error: &str, description: Option<&str>) -> Fault {
    Fault::AuthorizeError { error: error.to_owned(), error_description: description.map(str::to_owned) }
}

fn token_error(error: &str, description: Option<&str>) -> Fault {
    Fault::TokenError { error: error.to_owned(), error_description: description.map(str::to_owned) }
}

#[tokio::test]
async fn a_view_with_state_of_its_own_gets_the_error_of_the_authorization_endpoint() {
    let mut house = with_a_view();
    house.provider.set_fault(Some(authorize_error("interaction_required", Some("Please <i>phone</i> us"))));
    let page = house.get("/profile?tab=1").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    let denial = r#"Some(("interaction_required", Some("Please <i>phone</i> us")))"#;
    let try_again = "/auth/login/corp?return_to=%2Fprofile%3Ftab%3D1";
    assert_eq!(page.text(), format!("Sorry|Denied|{denial}|The provider refused the sign-in.|{try_again}"));
    house.provider.set_fault(None);
    let page = house.browser.follow_link(&page, try_again).await;
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=1")));
}

#[tokio::test]
async fn a_view_gets_the_error_of_the_token_endpoint() {
    let mut house = with_a_view();
    house.provider.set_fault(Some(token_error("invalid_grant", None)));
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!(page.status(), 502);
    assert!(page.text().starts_with(r#"Sorry|Denied|Some(("invalid_grant", None))|"#), "{}", page.text());
}

#[tokio::test]
async fn a_person_who_cancels_is_told_so_with_the_providers_words() {
    let mut house = with_a_view();
    let page = house.get("/profile").await;
    let page = house.browser.submit(&page, "/authorize", &[("cancel", "1")]).await;
    assert_eq!(page.status(), 403);
    let denial = r#"Some(("access_denied", Some("the sign-in was cancelled")))"#;
    assert!(page.text().starts_with(&format!("Sorry|Cancelled|{denial}|You cancelled")), "{}", page.text());
}

/// R24: words that nobody vouches for are nobody's denial.
#[tokio::test]
async fn a_view_gets_no_denial_where_the_provider_denied_nothing() {
    let mut house = with_a_view();
    for query in ["?error=access_denied&error_description=evil", "?error=access_denied&state=0123456789abcdefghijkl."] {
        let page = house.browser.get(&format!("{APP}/auth/callback/corp{query}")).await;
        assert_eq!(page.status(), 400);
        assert!(page.text().starts_with("Sorry|Unsolicited|None|"), "{}", page.text());
    }
    house.provider.set_fault(Some(Fault::BadSignature));
    assert!(house.sign_in("/profile", "alice").await.text().starts_with("Sorry|Misbehaved|None|"));
}

/// R32, V85: what `denial()` gives is cut and free of control characters. It is not escaped: its documentation says "Escape them".
#[tokio::test]
async fn a_view_gets_short_text_without_control_characters_and_unescaped() {
    let mut house = with_a_view();
    let long = format!("<script>\0\r\n\u{1b}[31m{}", "x".repeat(50_000));
    house.provider.set_fault(Some(token_error("server_error", Some(&long))));
    let page = house.sign_in("/profile", "alice").await;
    let expected = format!("Some(\"<script>[31m{}\")", "x".repeat(256 - "<script>[31m".len()));
    assert!(page.text().contains(&expected), "{}", page.text());
}

/// The status that the error has, unless the view has another idea than 200.
#[tokio::test]
async fn the_status_is_the_errors_own_unless_the_view_sets_one() {
    async fn teapot(error: LoginError) -> impl IntoResponse {
        (StatusCode::IM_A_TEAPOT, error.reference().to_owned())
    }
    async fn forgetful(_: LoginError) -> Html<&'static str> {
        Html("<p>Oh.</p>")
    }
    let mut house = House::with(|builder| builder.error_view(teapot));
    let page = house.browser.get(&format!("{APP}/auth/callback/corp")).await;
    assert_eq!((page.status().as_u16(), page.text().len()), (418, 6));

    let mut house = House::with(|builder| builder.error_view(forgetful));
    for (fault, status) in [
        (authorize_error("access_denied", None), 403),
        (authorize_error("server_error", None), 502),
        (Fault::WrongResponseIssuer, 502),
        (Fault::Unreachable, 503),
    ] {
        house = House::with(|builder| builder.error_view(forgetful));
        house.provider.set_fault(Some(fault));
        let mut page = house.get("/profile").await;
        if page.url().path() == "/authorize" {
            page = house.browser.sign_in_as(&page, "alice").await;
        }
        assert_eq!((page.status().as_u16(), page.text()), (status, "<p>Oh.</p>"));
        assert_eq!(
            (page.header("cache-control"), page.header("retry-after").is_some()),
            (Some("no-store"), status == 503)
        );
    }
    let page = house.get("/auth/error?status=200").await;
    assert_eq!(page.status(), 503, "the query has no say");
}

#[tokio::test]
async fn a_view_may_ask_who_is_there_and_nobody_is() {
    async fn view(user: Option<EndUser>, error: LoginError) -> String {
        format!("{} {:?}", user.is_some(), error.kind() == LoginErrorKind::Cancelled)
    }
    let mut house = House::with(|builder| builder.error_view(view));
    house.provider.set_fault(Some(authorize_error("access_denied", None)));
    assert_eq!(house.get("/profile").await.text(), "false true");
}

#[tokio::test]
async fn a_view_is_not_run_where_there_is_nothing_to_show() {
    let mut house = with_a_view();
    let page = house.get("/auth/error").await;
    assert_eq!(page.status(), 404);
    assert!(!page.text().contains("Sorry"), "{}", page.text());
    let page = house.get("/auth/error?error=access_denied&error_description=evil").await;
    assert!(page.status() == 404 && !page.text().contains("evil"), "{}", page.text());
    house.browser.get(&format!("{APP}/auth/callback/corp")).await;
    let record = cookies(&house.browser, "error").remove(0);
    assert!(house.browser.set_cookie(APP, &format!("{}={}; Path=/", record.name, record.value)));
    house.pass(61);
    assert_eq!(house.get("/auth/error").await.status(), 404, "a record that a browser keeps for too long");
    house.pass(-61);
    assert_eq!(house.get("/auth/error").await.status(), 400);
    let mut forged = record.value.into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("ASCII");
    assert!(house.browser.set_cookie(APP, &format!("{}={forged}; Path=/", record.name)));
    assert_eq!(house.get("/auth/error").await.status(), 404, "a record that we did not seal");
}

/// V9: fixed text and a reference, and the reference finds the one line of the log.
#[tokio::test]
async fn without_a_view_the_page_has_fixed_text_and_a_reference_that_is_in_the_log() {
    for (fault, status, text) in [
        (authorize_error("access_denied", Some("canary")), 403, "You cancelled the sign-in."),
        (authorize_error("canary", Some("canary")), 502, "The provider refused the sign-in."),
        (token_error("canary", Some("canary")), 502, "The provider refused the sign-in."),
        (Fault::WrongResponseIssuer, 502, "We could not verify the sign-in."),
        (Fault::Unreachable, 503, "The provider cannot be reached. Try again later."),
    ] {
        let (log, _listening) = Log::listen();
        let mut house = House::new();
        house.provider.set_fault(Some(fault));
        let mut page = house.get("/profile").await;
        if page.url().path() == "/authorize" {
            page = house.browser.sign_in_as(&page, "alice").await;
        }
        assert_eq!(page.status(), status);
        assert!(page.text().contains(text) && !page.text().contains("canary"), "{}", page.text());
        assert!(page.text().contains("Try again"), "{}", page.text());
        let reference =
            page.text().split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a reference");
        let [line] = &log.failures()[..] else { panic!("one line: {:?}", log.failures()) };
        assert!(line.contains(&format!("reference={reference}")), "{reference} is not in {line}");
        for (header, part) in [
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert!(page.header(header).is_some_and(|value| value.contains(part)), "{header}");
        }
    }
}

/// Whose fault it is is whose level it is: DESIGN 4.
#[tokio::test]
async fn the_level_of_the_line_is_that_of_who_must_act() {
    for (fault, level) in [
        (authorize_error("access_denied", None), "INFO "),
        (authorize_error("server_error", None), "WARN "),
        (Fault::WrongResponseIssuer, "ERROR "),
        (Fault::Unreachable, "ERROR "),
    ] {
        let (log, _listening) = Log::listen();
        let mut house = House::new();
        house.provider.set_fault(Some(fault));
        let page = house.get("/profile").await;
        if page.url().path() == "/authorize" {
            house.browser.sign_in_as(&page, "alice").await;
        }
        assert!(
            log.failures().iter().all(|line| line.starts_with(level)) && !log.failures().is_empty(),
            "{:?}",
            log.failures()
        );
    }
    let (log, _listening) = Log::listen();
    House::new().browser.get(&format!("{APP}/auth/callback/corp")).await;
    assert!(log.failures().iter().all(|line| line.starts_with("INFO ")));
}

#[tokio::test]
async fn a_login_error_outside_of_the_error_view_is_a_mistake_and_answers_500() {
    use axum::{Router, body::Body, http::Request};
    use tower::ServiceExt;
    let app = Router::<()>::new().route("/", get(async |error: LoginError| error.reference().to_owned()));
    let response = app.oneshot(Request::get("/").body(Body::empty()).expect("a request")).await;
    assert_eq!(response.expect("infallible").status(), 500);
}
