//! A request with secrets in it, and a look at every error for what must not be there.

use std::error::Error;

use bytes::Bytes;
use http::{Request, Response};
use vestibule::{HttpClient, HttpError, ReqwestClient, core::Limits};

use crate::authority::Authority;

/// The most bytes that an answer may have.
pub(crate) const LIMIT: usize = 64 * 1024;

/// The client, trusting whom the platform trusts and this one.
pub(crate) fn trusting(authority: &Authority) -> ReqwestClient {
    ReqwestClient::new(Some(authority.pem.as_bytes())).expect("a client")
}

/// The client, for those whom it need not trust.
pub(crate) fn client() -> ReqwestClient {
    trusting(&Authority::new())
}

/// Asks as the token endpoint is asked. What goes out has a canary wherever a secret may be; no error repeats it.
pub(crate) async fn ask(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let request = Request::post(format!("{url}?query=canary"))
        .header("authorization", "Basic canary")
        .header("x-canary", "canary")
        .body(Bytes::from_static(b"client_secret=canary"))
        .expect("a request");
    let answer = client.send(request, Limits::new(LIMIT, &["application/json"])).await;
    if let Err(error) = &answer {
        let printed = printed(error);
        assert!(!printed.contains("canary"), "{printed}");
    }
    answer
}

/// An error with all that is beneath it, in both ways of printing.
pub(crate) fn printed(error: &HttpError) -> String {
    let mut printed = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        printed.push_str(&format!("\n{error} {error:?}"));
        source = error.source();
    }
    printed
}

/// No connection came about, for this reason.
pub(crate) fn assert_not_connected(answer: Result<Response<Bytes>, HttpError>, reason: &str) {
    let error = answer.expect_err(reason);
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    assert!(printed(&error).contains(reason), "expected {reason:?}: {}", printed(&error));
}
