//! How a logout token has to come: by POST, as a form, and not too long (Back-Channel Logout 2.5).

use axum::body::Body;
use http::Request;
use serde_json::json;
use url::form_urlencoded;

use crate::bench::{Bench, Mode, is_in};

const FORM: &str = "application/x-www-form-urlencoded";

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn good(bench: &Bench) -> String {
    bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sid": "s-1"})))
}

async fn send(bench: &Bench, method: &str, content_types: &[&str], body: String) -> crate::bench::Answered {
    let request = Request::builder().method(method).uri("/auth/backchannel_logout/corp");
    let request = content_types.iter().fold(request, |request, value| request.header("content-type", *value));
    bench.send(request.body(Body::from(body)).expect("a request")).await
}

/// R115
#[tokio::test]
async fn only_a_form_that_is_posted_is_read() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let token = good(&bench);
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let answer = send(&bench, method, &[FORM], form(&[("logout_token", &token)])).await;
        answer.expect_error(405, method);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    assert_eq!(send(&bench, "HEAD", &[FORM], form(&[("logout_token", &token)])).await.status, 405);
    let request = Request::get(format!("/auth/backchannel_logout/corp?logout_token={token}"));
    bench.send(request.body(Body::empty()).expect("a request")).await.expect_error(405, "in the query");

    let as_json = json!({"logout_token": token}).to_string();
    for types in [
        &["application/json"][..],
        &["application/jwt"],
        &["multipart/form-data; boundary=x"],
        &["text/plain"],
        &["application/x-www-form-urlencoded2"],
        &["application/x-www-form-urlencoded, text/plain"],
        &[""],
        &[],
        &[FORM, FORM],
    ] {
        send(&bench, "POST", types, form(&[("logout_token", &token)])).await.expect_error(415, &format!("{types:?}"));
    }
    send(&bench, "POST", &["application/json"], as_json.clone()).await.expect_error(415, "JSON");
    send(&bench, "POST", &[FORM], as_json).await.expect_error(400, "JSON that says it is a form");
    assert!(is_in(&mut alice).await);

    let charset = "Application/X-WWW-Form-Urlencoded ; charset=UTF-8";
    send(&bench, "POST", &[charset], form(&[("logout_token", &token)])).await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// R115, V23
#[tokio::test]
async fn one_token_is_wanted_and_whatever_else_is_there_is_ignored() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let (token, filler) = (good(&bench), "x".repeat(300));
    for (why, body) in [
        ("none", form(&[("filler", &filler)])),
        ("another name", form(&[("Logout_Token", &token)])),
        ("twice", form(&[("logout_token", &token), ("logout_token", &token)])),
        ("twice, of which one is empty", form(&[("logout_token", &token), ("logout_token", "")])),
        ("empty", form(&[("logout_token", ""), ("filler", &filler)])),
        ("an array", form(&[("logout_token[]", &token)])),
    ] {
        bench.post_form("corp", body).await.expect_error(400, why);
    }
    assert!(is_in(&mut alice).await);
    let body = form(&[("a", "1"), ("logout_token", &token), ("a", "2"), ("unknown_parameter", "x")]);
    bench.post_form("corp", body).await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// V77
#[tokio::test]
async fn what_is_too_long_or_too_short_to_be_a_token_is_not_looked_at() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let (asked, token) = (bench.store.asked(), good(&bench));
    let padded = |bytes: usize| {
        let body = form(&[("logout_token", &token), ("filler", "")]);
        format!("{body}{}", "x".repeat(bytes - body.len()))
    };
    bench.post_form("corp", padded(16 * 1024 + 1)).await.expect_error(413, "too long");
    bench.post_form("corp", "x".repeat(10 * 1024 * 1024)).await.expect_error(413, "much too long");
    let chunks = of_unknown_length(64, 1024);
    bench.post_form("corp", chunks).await.expect_error(413, "too long, and nobody said so before");
    for short in [String::new(), form(&[("logout_token", &"a.".repeat(115))])] {
        let answer = bench.post_form("corp", short).await;
        answer.expect_error(400, "too short");
        assert!(answer.body.contains("too short to hold a signed token"), "{answer:?}");
    }
    assert_eq!(bench.store.asked(), asked);
    assert!(is_in(&mut alice).await);
    bench.post_form("corp", padded(16 * 1024)).await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// A body of unknown length.
fn of_unknown_length(chunks: usize, bytes: usize) -> Body {
    struct Chunks(usize, usize);
    impl http_body::Body for Chunks {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            if self.0 == 0 {
                return std::task::Poll::Ready(None);
            }
            self.0 -= 1;
            std::task::Poll::Ready(Some(Ok(http_body::Frame::data(vec![b'x'; self.1].into()))))
        }
    }
    Body::new(Chunks(chunks, bytes))
}

#[tokio::test]
async fn a_provider_that_nobody_knows_has_no_logout() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let token = good(&bench);
    for name in ["nobody", "CORP", "%63orp%20", "corp%2F.."] {
        bench.post(name, &token).await.expect_error(404, name);
    }
    bench.post("staff", &token).await.expect_error(400, "another provider's");
    assert!(is_in(&mut alice).await);
}
