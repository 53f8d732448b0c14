//! Which browser it is, in development alone: so that a page can say what was decided about this one, and about no other.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;

use crate::{base_url::BaseUrl, session::seal};

/// The random name of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrowserId([u8; 16]);

impl BrowserId {
    pub(super) fn random() -> Self {
        Self(seal::random())
    }

    /// What a browser sent: the cookie once, and well formed.
    pub(crate) fn read<'a>(base: &BaseUrl, headers: impl Iterator<Item = &'a HeaderValue>) -> Option<Self> {
        let name = cookie_name(base);
        let pairs = headers.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        let mut values = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let mut id = [0; 16];
        let length = URL_SAFE_NO_PAD.decode_slice(value, &mut id).ok()?;
        (length == id.len()).then_some(Self(id))
    }

    /// The line that gives it to the browser, until that closes.
    pub(crate) fn set_cookie(self, base: &BaseUrl) -> HeaderValue {
        let secure = if base.is_https() { "; Secure" } else { "" };
        let (name, value) = (cookie_name(base), URL_SAFE_NO_PAD.encode(self.0));
        HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Not one of the door's own cookies: those it counts, and clears when somebody signs out, and this one it shall do neither with.
fn cookie_name(base: &BaseUrl) -> String {
    format!("why-{}", base.short_hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_its_one_cookie() {
        let base = BaseUrl::parse("http://localhost:3000").expect("a base URL");
        let id = BrowserId::random();
        let line = id.set_cookie(&base);
        let pair = line.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
        let read = |header: String| BrowserId::read(&base, [HeaderValue::try_from(header).expect("a header")].iter());
        assert_eq!(read(format!("a=b; {pair}; c=d")), Some(id));
        assert_eq!(read(format!("{pair}; {pair}")), None, "twice");
        assert_eq!(read(format!("{pair}A")), None, "too long");
        assert_eq!(read(pair.replace('=', "x=")), None, "of another name");
        assert_eq!(read(String::new()), None);
    }
}
