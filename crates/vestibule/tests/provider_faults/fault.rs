//! The faults, and what each of them says instead of an answer.

use std::fmt;

/// What goes wrong between a question and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Refused,
    NoSuchName,
    UntrustedCertificate,
    ExpiredCertificate,
    CertificateOfAnother,
    Silent,
    Dripping,
    CutInHead,
    CutInBody,
    Redirect(u16),
    InvalidGrant,
    InvalidClient,
    TooManyRequests,
    ServerError,
    BadGateway,
    TruncatedJson,
    Empty,
    FiftyMegabytes,
    GzipBomb,
    OtherMediaType,
}

impl Fault {
    pub(crate) const ALL: [Self; 24] = [
        Self::Refused,
        Self::NoSuchName,
        Self::UntrustedCertificate,
        Self::ExpiredCertificate,
        Self::CertificateOfAnother,
        Self::Silent,
        Self::Dripping,
        Self::CutInHead,
        Self::CutInBody,
        Self::Redirect(301),
        Self::Redirect(302),
        Self::Redirect(303),
        Self::Redirect(307),
        Self::Redirect(308),
        Self::InvalidGrant,
        Self::InvalidClient,
        Self::TooManyRequests,
        Self::ServerError,
        Self::BadGateway,
        Self::TruncatedJson,
        Self::Empty,
        Self::FiftyMegabytes,
        Self::GzipBomb,
        Self::OtherMediaType,
    ];

    /// Whether the provider has done what it was asked for when this happens to its answer. It is the worse case: a code is used
    /// up, a refresh token is replaced.
    pub(crate) fn is_of_the_answer(self) -> bool {
        use Fault::{
            CutInBody, CutInHead, Dripping, Empty, FiftyMegabytes, GzipBomb, OtherMediaType, Silent, TruncatedJson,
        };
        matches!(
            self,
            Silent
                | Dripping
                | CutInHead
                | CutInBody
                | TruncatedJson
                | Empty
                | FiftyMegabytes
                | GzipBomb
                | OtherMediaType
        )
    }

    /// The status, where what a browser gets has one.
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Redirect(status) => Some(status),
            Self::TooManyRequests => Some(429),
            Self::ServerError => Some(500),
            Self::BadGateway => Some(502),
            Self::Empty => Some(200),
            _ => None,
        }
    }

    /// What is said, byte for byte (of 50 MB the head), by a provider that would have answered with this body.
    pub(crate) fn said(self, rightful: &[u8]) -> Vec<u8> {
        let half = rightful.len() / 2;
        match self {
            Self::Redirect(status) => {
                format!("HTTP/1.1 {status} Over there\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
                    .into_bytes()
            }
            Self::InvalidGrant => answer("400 Bad Request", JSON, br#"{"error":"invalid_grant"}"#),
            Self::InvalidClient => answer("401 Unauthorized", JSON, br#"{"error":"invalid_client"}"#),
            Self::TooManyRequests => answer("429 Slow down", "text/plain\r\nretry-after: 60", b"later"),
            Self::ServerError => answer("500 No", "text/plain", b""),
            Self::BadGateway => answer("502 Bad Gateway", "text/html", b"<html><h1>502 Bad Gateway</h1></html>"),
            Self::TruncatedJson => answer("200 OK", JSON, &rightful[..half]),
            Self::Empty => answer("200 OK", JSON, b""),
            Self::FiftyMegabytes => {
                format!("HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n\r\n", PIECES * PIECE.len())
                    .into_bytes()
            }
            Self::GzipBomb => answer(
                "200 OK",
                "application/json\r\ncontent-encoding: gzip",
                &[&GZIP_HEADER, &[0; 32_768][..]].concat(),
            ),
            Self::OtherMediaType => answer("200 OK", "text/html", rightful),
            Self::CutInHead => {
                let whole = answer("200 OK", JSON, rightful);
                whole[..40].to_vec()
            }
            Self::CutInBody => {
                let whole = answer("200 OK", JSON, rightful);
                whole[..whole.len() - rightful.len() + half].to_vec()
            }
            // The head at once, and the body so slowly that it takes longer than anybody waits.
            _ => answer("200 OK", JSON, rightful),
        }
    }
}

/// 50 MB, in pieces that nobody has to keep.
pub(crate) static PIECE: [u8; 50_000] = [b' '; 50_000];
pub(crate) const PIECES: usize = 1_000;

const JSON: &str = "application/json";
/// Of a stream that unpacks to a thousand times as much (RFC 1952 2.3).
const GZIP_HEADER: [u8; 10] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3];

fn answer(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Refused => "connection refused",
            Self::NoSuchName => "the name does not resolve",
            Self::UntrustedCertificate => "TLS: an authority nobody trusts",
            Self::ExpiredCertificate => "TLS: expired",
            Self::CertificateOfAnother => "TLS: of another name",
            Self::Silent => "silent: takes the request, says nothing",
            Self::Dripping => "dripping: a byte a second",
            Self::CutInHead => "cut in the head",
            Self::CutInBody => "cut in the middle of the body",
            Self::Redirect(status) => return write!(f, "redirect {status}"),
            Self::InvalidGrant => "400 `invalid_grant`",
            Self::InvalidClient => "401 `invalid_client`",
            Self::TooManyRequests => "429 with Retry-After",
            Self::ServerError => "500",
            Self::BadGateway => "502 with a page",
            Self::TruncatedJson => "200, JSON that ends in the middle",
            Self::Empty => "200, empty",
            Self::FiftyMegabytes => "200, 50 MB",
            Self::GzipBomb => "200, a gzip bomb",
            Self::OtherMediaType => "200, as text/html",
        };
        f.write_str(name)
    }
}
