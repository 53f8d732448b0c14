//! What a request cannot make us do: read what we did not ask for, work for long, or take somebody for somebody else by address.

mod house;

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{Request, header},
};
use bytes::Bytes;
use house::{APP, House};
use tower::ServiceExt;

/// A body that nobody may look at.
struct Untouchable;

impl http_body::Body for Untouchable {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        panic!("somebody read a body that no route of ours needs")
    }
}

/// V107: most of our routes need no body, so none is read; the two that do read a short one, and none that says it is long.
#[tokio::test]
async fn no_route_of_ours_reads_a_long_body() {
    let house = House::new();
    for path in [
        "/auth/logout",
        "/auth/login",
        "/auth/login/corp",
        "/auth/callback/corp",
        "/auth/error",
        "/auth/logged_out",
        "/auth/frontchannel_logout/corp",
        "/auth/backchannel_logout/corp",
        "/auth/check_session",
        "/auth/session_changed",
        "/profile",
    ] {
        for method in ["POST", "PUT", "GET"] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::CONTENT_LENGTH, "10000000000")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::new(Untouchable))
                .expect("a request");
            let response = house.app.clone().oneshot(request).await.expect("an answer");
            assert!(response.status().as_u16() < 500, "{method} {path}: {}", response.status());
        }
    }
}

/// V31: the cookie is what counts; addresses and user agents change under way and can be forged.
#[tokio::test]
async fn a_session_is_bound_to_its_cookie_and_to_nothing_else() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7"),
        ("user-agent", "another"),
        ("accept-language", "tlh"),
    ] {
        let request =
            Request::builder().uri(format!("{APP}/api/me")).header(name, value).body(Body::empty()).expect("a request");
        assert_eq!(house.browser.request(request).await.text(), "alice", "{name}");
    }
    let request =
        Request::builder().uri(format!("{APP}/api/me")).header("x-forwarded-for", "127.0.0.1").body(Body::empty());
    let stranger = house.another_browser().request(request.expect("a request")).await;
    assert_eq!(stranger.status().as_u16(), 401);
}

/// V108, V109: what would let a request buy minutes of our time is not even there to be called.
#[test]
fn the_library_has_no_slow_hash_and_no_regular_expressions() {
    for manifest in [include_str!("../Cargo.toml"), include_str!("../../vestibule-core/Cargo.toml")] {
        let (dependencies, _) = manifest.split_once("[dev-dependencies]").expect("a manifest");
        for slow in ["argon2", "pbkdf2", "scrypt", "bcrypt", "regex", "fancy-regex", "pcre2"] {
            assert!(!dependencies.contains(slow), "{slow}");
        }
    }
}
