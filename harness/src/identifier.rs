//! What somebody types to be found by WebFinger.

use url::{Host, Url};
use vestibule_core::{
    Exchange,
    discovery::{WebFingerRequest, WebFingerResource},
};

use crate::{
    Verdict, canary,
    stage::{self, NOW},
};

pub(crate) const WORDS: &[&str] = &[
    "acct:",
    "https://",
    "http://",
    "joe@",
    "@",
    "example.com",
    "127.0.0.1",
    "[::1]",
    "localhost",
    ":8080",
    ":99999",
    "/",
    "?",
    "#",
    "\\",
    "%40",
    "%00",
    "\u{e9}",
    "xn--",
    "0x7f.1",
    "://",
    "//",
    ":",
    " ",
    "=",
];

/// What is asked is the host that was typed, over https unless it is this machine; what was normalised is normal.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(data) else { return Verdict::Refused };
    let resource = match WebFingerResource::parse(text) {
        Ok(resource) => resource,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            return Verdict::Refused;
        }
    };
    // A scheme before it may make it longer than what anybody types.
    if resource.as_str().len() <= 1_024 {
        let again = WebFingerResource::parse(resource.as_str());
        assert_eq!(again.as_ref(), Ok(&resource), "what was normalised is not normal");
    }
    // A password is nobody's to send.
    assert!(Url::parse(resource.as_str()).is_ok_and(|url| url.password().is_none()), "a password was asked with");
    let request = WebFingerRequest::new(resource.clone()).request(NOW, stage::entropy());
    let url = Url::parse(&request.uri().to_string()).expect("a request target that is no URL");
    assert_eq!(url.host_str(), Some(resource.host()), "another host");
    assert_eq!(url.port(), resource.port(), "another port");
    assert_eq!(url.path(), "/.well-known/webfinger", "another place");
    assert!(url.scheme() == "https" || is_this_machine(&url), "without TLS: {url}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "more than a place");
    let asked: Vec<_> = url.query_pairs().filter(|(name, _)| name == "resource").map(|(_, value)| value).collect();
    assert_eq!(asked, [resource.as_str()], "asked for somebody else");
    Verdict::Accepted
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
