//! Forms that somebody posts to us: of the exact media type, and of a bounded size (V84, V107).

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};

/// The longest body that is read here: what comes is a response or a token, or less.
const MOST_BODY_BYTES: usize = 16 * 1024;

/// Why there is no form to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoForm {
    #[error("what was posted is not application/x-www-form-urlencoded (Form Post 1.0 2)")]
    MediaType,
    #[error("what was posted is longer than {} bytes", MOST_BODY_BYTES)]
    TooLong,
}

impl NoForm {
    /// What is answered.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

/// The bytes of a form.
pub(crate) async fn read(request: Request<Body>) -> Result<Bytes, NoForm> {
    if !is_form(request.headers()) {
        return Err(NoForm::MediaType);
    }
    body(request).await.ok_or(NoForm::TooLong)
}

/// RFC 9110 8.3.1: type and subtype are compared without regard to case; parameters, such as a charset, follow.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    let essence = one.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// The body of a request, unless it is too long. One that says so beforehand is not read at all.
pub(crate) async fn body(request: Request<Body>) -> Option<Bytes> {
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|bytes| bytes > MOST_BODY_BYTES) {
        return None;
    }
    to_bytes(request.into_body(), MOST_BODY_BYTES).await.ok()
}
