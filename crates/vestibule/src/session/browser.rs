//! The family of a browser, for the list of somebody's sessions. Nothing is decided by it: a browser says of itself what it likes.

use http::{HeaderMap, header};

/// The families by what their User-Agent holds, the more particular first: most browsers claim to be several.
const FAMILIES: [(&str, &str); 10] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// The family that a request's User-Agent names, if it is one of those that are known.
pub(crate) fn family(headers: &HeaderMap) -> Option<&'static str> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    FAMILIES.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, family)| *family)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn family_of(agent: &'static str) -> Option<&'static str> {
        family(&HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static(agent))]))
    }

    #[test]
    fn a_browser_is_known_by_the_most_particular_thing_that_it_says() {
        for (agent, family) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                "Chrome",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
                "Edge",
            ),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "Safari"),
            (
                "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1",
                "Chrome",
            ),
            ("curl/8.5.0", "curl"),
        ] {
            assert_eq!(family_of(agent), Some(family), "{agent}");
        }
        assert_eq!(family_of("something of its own"), None);
        assert_eq!(family(&HeaderMap::new()), None);
    }
}
