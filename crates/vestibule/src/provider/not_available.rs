//! A provider that answers, and says that it cannot now: by a status of 5xx, or 429.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, header};
use vestibule_core::{Misbehaviour, NumericDate, ProtocolError, exchange::Endpoint};

use super::ProviderError;

/// A provider that answered with a status of 5xx, or 429 (RFC 6585 4): it is in trouble, or has too much to do. Whoever tries again later
/// may succeed. Nothing else of the answer is kept.
///
/// # Example
/// ```
/// use vestibule::ProviderError;
///
/// fn to_be_told(error: &ProviderError) -> String {
///     match error {
///         ProviderError::Unavailable(unavailable) => format!("{} says {}", unavailable.endpoint(), unavailable.status()),
///         error => error.to_string(),
///     }
/// }
/// # let _ = to_be_told;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{endpoint} answered with status {status}: it is not available right now")]
pub struct NotAvailable {
    endpoint: Endpoint,
    status: u16,
    retry_after: Option<Duration>,
}

/// What we say ourselves, in seconds; and the most of what a provider says that is passed on. One that is well again sooner than it
/// thought is worth another try, and people do not wait an hour before a page.
pub(crate) const RETRY_AFTER: u8 = 30;

impl NotAvailable {
    /// Which of its endpoints answered so.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The status: 429, or 500 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// After how long it wants to be asked again, where it said so (RFC 9110 10.2.3). It is the provider's word: it may be days.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What came of an answer that could not be accepted.
    pub(super) fn or(error: ProtocolError, retry_after: Option<Duration>) -> ProviderError {
        match error {
            ProtocolError::Misbehaved(Misbehaviour::UnexpectedStatus { endpoint, status }) if error.is_transient() => {
                // RFC 9110 15.6.4, RFC 6585 4: these two may say when. With any other status it means something else, if anything.
                let retry_after = retry_after.filter(|_| matches!(status, 429 | 503));
                Self { endpoint, status, retry_after }.into()
            }
            error => error.into(),
        }
    }

    /// In seconds, as far as it makes sense to pass it on.
    pub(super) fn told_retry_after(&self) -> u8 {
        let said = self.retry_after.map(|after| u8::try_from(after.as_secs()).unwrap_or(u8::MAX));
        said.map_or(RETRY_AFTER, |seconds| seconds.clamp(1, RETRY_AFTER))
    }
}

/// When the sender of an answer wants to be asked again: a number of seconds, or a date (RFC 9110 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: NumericDate) -> Option<Duration> {
    let said = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is too large to hold is as large as can be.
        return Some(Duration::from_secs(said.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(said).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = u64::try_from(now.seconds()).ok()?;
    Some(at.saturating_sub(Duration::from_secs(now)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// 1994-11-06 08:49:37, the example of RFC 9110 5.6.7.
    const NOW: NumericDate = NumericDate::from_seconds(784_111_777);

    fn answered(status: u16, retry_after: &'static str) -> ProviderError {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(retry_after));
        let endpoint = Endpoint::Token;
        NotAvailable::or(Misbehaviour::UnexpectedStatus { endpoint, status }.into(), super::retry_after(&headers, NOW))
    }

    /// Reliability: "a login during the outage gets a 503 page with Retry-After".
    #[test]
    fn whoever_says_that_it_cannot_answer_now_is_not_available() {
        for status in [429, 500, 502, 503, 504, 520] {
            let error = answered(status, "7");
            let ProviderError::Unavailable(unavailable) = &error else { panic!("{status}: {error:?}") };
            assert_eq!((unavailable.endpoint(), unavailable.status()), (Endpoint::Token, status));
            assert_eq!(
                error.to_string(),
                format!("the token endpoint answered with status {status}: it is not available right now")
            );
            assert!(error.is_transient() && error.name() == "unavailable");
        }
        for status in [204, 302, 304, 400, 401, 403, 404, 428, 600] {
            assert!(matches!(answered(status, "7"), ProviderError::Protocol(_)), "{status}");
        }
        let denied =
            vestibule_core::ErrorResponse::new("server_error", None).map(ProtocolError::Denied).expect("a code");
        assert!(
            matches!(NotAvailable::or(denied, None), ProviderError::Protocol(_)),
            "that is an answer, to the browser"
        );
    }

    /// RFC 9110 10.2.3
    #[test]
    fn when_to_come_back_is_said_in_seconds_or_by_a_date() {
        for (said, heard) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(said))]);
            assert_eq!(super::retry_after(&headers, NOW), heard.map(Duration::from_secs), "{said:?}");
        }
        assert_eq!(super::retry_after(&HeaderMap::new(), NOW), None);
    }

    #[test]
    fn what_is_passed_on_is_at_most_what_we_would_say_ourselves() {
        for (status, said, told) in [
            (503, "7", 7),
            (429, "7", 7),
            (503, "0", 1),
            (503, "86400", 30),
            (429, "soon", 30),
            (500, "7", 30),
            (502, "7", 30),
        ] {
            assert_eq!(answered(status, said).retry_after(), Some(told), "{status}, {said}");
        }
        assert_eq!(answered(404, "7").retry_after(), None);
    }
}
