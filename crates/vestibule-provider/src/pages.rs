//! The pages that people see.

use std::sync::LazyLock;

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use minijinja::{Environment, Value, context};

use crate::{denial::not_stored, front_channel::Frames, identifier::identifier, provider::DevelopmentProvider};

/// Names end in `.html`, which is what makes the engine escape every value.
static TEMPLATES: [(&str, &str); 7] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("sign_in.html", include_str!("pages/sign_in.html")),
    ("sign_out.html", include_str!("pages/sign_out.html")),
    ("signed_out.html", include_str!("pages/signed_out.html")),
    ("error.html", include_str!("pages/error.html")),
    ("form_post.html", include_str!("pages/form_post.html")),
    ("check_session.html", include_str!("pages/check_session.html")),
];

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, source) in TEMPLATES {
        pages.add_template(name, source).expect("the templates are constants, and the tests below parse each");
    }
    pages
});

/// No scripts, no frames (but see `signed_out`, `form_post` and `check_session`), nothing from elsewhere. There is no `form-action`: browsers apply it to the redirect after a form
/// too, which goes to a client.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// The sign-in page of an authorization request.
#[derive(Debug)]
pub(crate) struct SignIn<'a> {
    pub(crate) client: &'a str,
    pub(crate) login_hint: &'a str,
    pub(crate) fields: Vec<(String, String)>,
}

pub(crate) fn sign_in(provider: &DevelopmentProvider, page: SignIn<'_>) -> Response {
    let users: Vec<(String, String)> =
        provider.state().users.iter().map(|user| (user.name().to_owned(), user.label().to_owned())).collect();
    let values = context! {
        issuer => provider.issuer().as_str(),
        action => provider.endpoint("/authorize"),
        client => page.client,
        login_hint => page.login_hint,
        fields => page.fields,
        users,
    };
    render(StatusCode::OK, "sign_in.html", &values)
}

/// Asks whether to sign out.
pub(crate) fn sign_out(provider: &DevelopmentProvider, user: &str, fields: Vec<(String, String)>) -> Response {
    let (issuer, action) = (provider.issuer().as_str(), provider.endpoint("/end_session"));
    render(StatusCode::OK, "sign_out.html", &context! { issuer, action, user, fields })
}

/// Loads the frames, then goes on to the destination, if there is one: a refresh waits until everything has loaded.
pub(crate) fn signed_out(provider: &DevelopmentProvider, frames: &Frames, destination: Option<&str>) -> Response {
    let values = context! { issuer => provider.issuer().as_str(), destination, frames => frames.urls() };
    let mut response = render(StatusCode::OK, "signed_out.html", &values);
    if !frames.is_empty() {
        let origins: Vec<String> = frames.origins().into_iter().collect();
        set_policy(&mut response, &format!("{CONTENT_SECURITY_POLICY}; frame-src {}", origins.join(" ")));
    }
    response
}

/// An authorization response that goes on by itself where scripts run, and by a button where none do (Form Post 2).
pub(crate) fn form_post(provider: &DevelopmentProvider, action: &str, fields: &[(&str, String)]) -> Response {
    let nonce = identifier();
    let policy = format!("{CONTENT_SECURITY_POLICY}; script-src 'nonce-{nonce}'");
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let values = context! { issuer => provider.issuer().as_str(), action, fields, nonce };
    let mut response = render(StatusCode::OK, "form_post.html", &values);
    set_policy(&mut response, &policy);
    response
}

/// The page for `check_session_iframe`: the only one that other sites may frame.
pub(crate) fn check_session(origins: &str, cookie: &str) -> Response {
    let nonce = identifier();
    let policy = format!("default-src 'none'; script-src 'nonce-{nonce}'; base-uri 'none'");
    let mut response = render(StatusCode::OK, "check_session.html", &context! { origins, cookie, nonce });
    set_policy(&mut response, &policy);
    response
}

/// What is wrong, where there is nobody whom it would be safe to redirect to.
pub(crate) fn error(provider: &DevelopmentProvider, status: StatusCode, message: &str) -> Response {
    render(status, "error.html", &context! { issuer => provider.issuer().as_str(), message })
}

pub(crate) async fn nothing_here(State(provider): State<DevelopmentProvider>) -> Response {
    error(&provider, StatusCode::NOT_FOUND, "There is nothing here.")
}

fn render(status: StatusCode, name: &str, values: &Value) -> Response {
    let Ok(html) = PAGES.get_template(name).and_then(|template| template.render(values)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The URL holds a request; its Origin is still sent with the form, which `no-referrer` would turn into `null`.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    not_stored(response)
}

/// An origin and an identifier are ASCII; should one be none, the page goes out without frames and scripts.
fn set_policy(response: &mut Response, policy: &str) {
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::user::User;

    async fn text(response: Response) -> String {
        assert_eq!(response.headers().get(header::CACHE_CONTROL), Some(&HeaderValue::from_static("no-store")));
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], CONTENT_SECURITY_POLICY);
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("UTF-8")
    }

    /// V9, Form Post 2
    #[tokio::test]
    async fn a_form_that_goes_by_itself_has_its_own_script_and_no_other() {
        const EVIL: &str = "\"><script>alert(1)</script>";
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid");
        let response = form_post(&provider, EVIL, &[("state", EVIL.to_owned())]);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.starts_with(&format!("{CONTENT_SECURITY_POLICY}; script-src 'nonce-")), "{policy}");
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        assert_eq!(text.matches("<script").count(), 1, "{text}");
        assert!(text.contains("<noscript><button>"), "{text}");
    }

    /// V9
    #[tokio::test]
    async fn every_value_on_a_page_is_escaped() {
        const EVIL: &str = "\"><script>alert(1)</script>";
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid");
        let provider = provider.user(User::new(EVIL).claim("name", EVIL));
        let fields = vec![(EVIL.to_owned(), EVIL.to_owned())];
        let page = SignIn { client: EVIL, login_hint: EVIL, fields: fields.clone() };
        for response in [
            sign_in(&provider, page),
            sign_out(&provider, EVIL, fields),
            signed_out(&provider, &Frames::default(), Some(EVIL)),
            error(&provider, StatusCode::BAD_REQUEST, EVIL),
        ] {
            let text = text(response).await;
            assert!(!text.contains("<script"), "{text}");
            assert!(
                text.starts_with("<!doctype html>") && text.contains("<main>") && text.ends_with("</html>"),
                "{text}"
            );
            assert!(text.contains("Never use it in production"), "{text}");
        }
    }
}
