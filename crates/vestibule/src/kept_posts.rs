//! A POST that comes when its person is signed in no more: kept sealed for a while, and sent again when they are back and say so.
//!
//! Who passes a gate that keeps POSTs gets a cookie that says who was here ([`former`]). A POST of theirs that the gate stops is
//! put into the store ([`keep`], [`slots`]), under a name that only their browser has ([`record`]). Back from signing in they are
//! asked ([`page`]); "send" is a POST to the same route, which the gate knows, and in whose place the kept one goes on ([`resume`]).

mod former;
mod keep;
mod page;
mod record;
mod resume;
mod room;
mod slots;

use std::time::Duration;

use http::{HeaderMap, header};

pub(crate) use self::{
    former::{is_last_here, remember},
    keep::{NotKept, Stopped},
    page::{kept_page, throw_away},
    record::Id,
    resume::{Resumed, resume},
    room::Room,
};

/// What a gate keeps of POSTs that come when their person is signed in no more; see
/// [`RequireLogin::keep_posts`](crate::RequireLogin::keep_posts).
///
/// Unless said: bodies of at most 64 KiB, for 15 minutes, of the media types `application/x-www-form-urlencoded`,
/// `multipart/form-data` and `application/json`. A person has at most four, the oldest gives way; a process keeps at most 4,096, of
/// 64 MiB in all, and more are not kept.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use axum::{Router, routing::get};
/// use vestibule::{Client, KeptPosts, Provider, SecretKey, Vestibule};
///
/// let vestibule = Vestibule::builder("https://app.example.com")
///     .secret_key(SecretKey::generate())
///     .provider("corp", Provider::discovered("https://login.example.com", Client::public("my-app"))?)
///     .build()?;
/// let kept = KeptPosts::default().at_most_bytes(256 * 1024).lifetime(Duration::from_secs(3600));
/// let app: Router = vestibule.wrap(
///     Router::new()
///         .route("/letters", get(async || "the page with the form").post(async |letter: String| letter))
///         .route_layer(vestibule.require_login().keep_posts(kept)),
/// );
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPosts {
    at_most_bytes: usize,
    lifetime: i64,
    media_types: Vec<MediaType>,
}

/// The largest body that can be asked for: a cookie leads to it, and a store of all machines holds it.
const LARGEST_BYTES: usize = 1024 * 1024;
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl KeptPosts {
    /// The largest body that is kept, in bytes: 1 to 1,048,576.
    ///
    /// # Panics
    /// For any other number: at startup, as axum does for a bad path.
    #[must_use]
    pub fn at_most_bytes(self, bytes: usize) -> Self {
        assert!(
            (1..=LARGEST_BYTES).contains(&bytes),
            "KeptPosts::at_most_bytes({bytes}): it must be between 1 and {LARGEST_BYTES}"
        );
        Self { at_most_bytes: bytes, ..self }
    }

    /// For how long a body is kept, in whole seconds: one minute to one day.
    ///
    /// # Panics
    /// For any other time: at startup, as axum does for a bad path.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        assert!(
            (SHORTEST..=LONGEST).contains(&lifetime),
            "KeptPosts::lifetime({lifetime:?}): it must be between one minute and one day"
        );
        // Bounded just above.
        Self { lifetime: i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX), ..self }
    }

    /// The media types that are kept, of those three that there are.
    ///
    /// # Panics
    /// For any other media type, and for none: at startup, as axum does for a bad path.
    #[must_use]
    #[expect(clippy::panic, reason = "as axum's bad paths do: the name stands in the application's own code")]
    pub fn media_types<'a>(self, media_types: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name: &str| {
            MediaType::ALL.into_iter().find(|known| known.name() == name).unwrap_or_else(|| {
                let all = MediaType::ALL.map(MediaType::name).join(", ");
                panic!("KeptPosts::media_types(\"{name}\"): it is none of {all}")
            })
        };
        let media_types: Vec<_> = media_types.into_iter().map(known).collect();
        assert!(!media_types.is_empty(), "KeptPosts::media_types(): there is none");
        Self { media_types, ..self }
    }
}

impl Default for KeptPosts {
    fn default() -> Self {
        Self { at_most_bytes: 64 * 1024, lifetime: 15 * 60, media_types: MediaType::ALL.to_vec() }
    }
}

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaType {
    Form,
    Multipart,
    Json,
}

impl MediaType {
    const ALL: [Self; 3] = [Self::Form, Self::Multipart, Self::Json];

    const fn name(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Multipart => "multipart/form-data",
            Self::Json => "application/json",
        }
    }

    /// What people call it.
    const fn noun(self) -> &'static str {
        match self {
            Self::Form => "A form",
            Self::Multipart => "A form, perhaps with files",
            Self::Json => "Data of a script (JSON)",
        }
    }

    /// RFC 9110 8.3.1: type and subtype are compared without regard to case; parameters follow.
    fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim_ascii();
        Self::ALL.into_iter().find(|known| essence.eq_ignore_ascii_case(known.name()))
    }

    /// The Content-Type of a request, and its kind. None where there are several, or where the body is packed in some way.
    fn of_request(headers: &HeaderMap) -> Option<(Self, String)> {
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        let (Some(one), None) = (types.next(), types.next()) else { return None };
        let text = one.to_str().ok().filter(|_| !headers.contains_key(header::CONTENT_ENCODING))?;
        Some((Self::of(text)?, text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_content_type_is_known_by_its_essence_and_by_nothing_that_stands_around_it() {
        for (text, known) in [
            ("application/x-www-form-urlencoded", Some(MediaType::Form)),
            ("Application/X-WWW-Form-urlencoded ; charset=utf-8", Some(MediaType::Form)),
            ("multipart/form-data; boundary=x", Some(MediaType::Multipart)),
            ("application/json", Some(MediaType::Json)),
            ("application/json5", None),
            ("text/plain; a=application/json", None),
            ("", None),
        ] {
            assert_eq!(MediaType::of(text), known, "{text}");
        }
    }

    #[test]
    fn what_has_two_types_or_is_packed_has_none() {
        let json = || (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let kind = |headers: HeaderMap| MediaType::of_request(&headers).map(|(kind, _)| kind);
        assert_eq!(kind(HeaderMap::from_iter([json()])), Some(MediaType::Json));
        let mut two = HeaderMap::from_iter([json()]);
        two.append(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(kind(two), None);
        let packed = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(kind(HeaderMap::from_iter([json(), packed])), None);
        assert_eq!(kind(HeaderMap::new()), None);
    }

    #[test]
    #[should_panic(expected = "between 1 and 1048576")]
    fn a_body_of_any_size_is_not_kept() {
        let _ = KeptPosts::default().at_most_bytes(LARGEST_BYTES + 1);
    }

    #[test]
    #[should_panic(expected = "between one minute and one day")]
    fn a_body_is_not_kept_for_ever() {
        let _ = KeptPosts::default().lifetime(LONGEST + Duration::from_secs(1));
    }

    #[test]
    #[should_panic(expected = "it is none of application/x-www-form-urlencoded")]
    fn a_media_type_that_nobody_resumes_is_refused() {
        let _ = KeptPosts::default().media_types(["text/plain"]);
    }
}
