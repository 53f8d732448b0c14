//! Answers of a provider, as exchanges read them.

use bytes::Bytes;
use http::{Response, header};
use vestibule_core::{Exchange, ProtocolError, Step};

use crate::{canary, stage::NOW};

/// The status that the first byte of an input stands for, and the rest of it as the body.
pub(crate) fn status_and_body(data: &[u8]) -> (u16, &[u8]) {
    match data.split_first() {
        Some((b'4', body)) => (400, body),
        Some((b'1', body)) => (401, body),
        Some((b'3', body)) => (403, body),
        Some((b'5', body)) => (500, body),
        Some((b'c', body)) => (201, body),
        Some((b'r', body)) => (302, body),
        Some((_, body)) => (200, body),
        None => (200, data),
    }
}

/// An answer.
pub(crate) fn answer(status: u16, media_type: &str, body: &[u8]) -> Response<Bytes> {
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, media_type);
    answer.body(Bytes::copy_from_slice(body)).expect("a status of ours, and a media type")
}

/// What an exchange makes of an answer; what it says of a bad one is short, and silent about `secret` members.
pub(crate) fn accept<E: Exchange>(exchange: E, status: u16, body: &[u8], secret: &[&str]) -> Option<E::Output> {
    match exchange.accept(NOW, answer(status, "application/json", body)) {
        Ok(Step::Done(output)) => Some(output),
        Ok(Step::Again(_)) => panic!("no exchange of ours takes two rounds"),
        Err(error) => {
            assert_says_little(&error, body, secret);
            None
        }
    }
}

/// Asserts that an error is short in its words, and silent about `secret` members of the input.
pub(crate) fn assert_says_little(error: &ProtocolError, input: &[u8], secret: &[&str]) {
    let said = error.to_string();
    canary::assert_short(&said);
    canary::assert_silent(&said, input, secret);
    canary::assert_silent(&format!("{error:?}"), input, secret);
}
