//! Where people may be sent: what a link, a request and another site's link say about it.

use axum::Router;
use url::{Url, form_urlencoded};

use crate::{
    Verdict,
    door::{self, APP, Answered, PROVIDER},
    envelope::{self, Role},
    stage::ISSUER,
};

pub(crate) const WORDS: &[&str] = &[
    "/",
    "//",
    "\\",
    "/\\",
    "\t",
    "\n",
    "%2f",
    "%5c",
    "%09",
    "/.",
    "/..",
    "/./",
    "@",
    ":",
    "?",
    "#",
    "evil.example",
    "https:",
    "https://app.example.com",
    "javascript:",
    "\u{e9}",
    "\u{ff0f}",
    "\u{3002}",
    "%2e%2e",
    ";",
    "&",
    "private/",
];

/// However it is said, the address that is sealed for the way back is a path of ours, for any reader of URLs, and stays what it is.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let app = door::with_cookies();
    let encoded: String = form_urlencoded::byte_serialize(data).collect();
    door::run(async {
        let named = sealed(&app, &format!("/auth/login/{PROVIDER}?return_to={encoded}")).await;
        let initiated = format!("/auth/initiate_login/{PROVIDER}?iss={}&target_link_uri=", escaped(ISSUER));
        let whole: String = form_urlencoded::byte_serialize(&[APP.as_bytes(), data].concat()).collect();
        let target = sealed(&app, &format!("{initiated}{whole}")).await;
        let elsewhere = sealed(&app, &format!("{initiated}{encoded}")).await;
        let asked = match str::from_utf8(data) {
            Ok(text) => sealed(&app, &format!("/private{text}")).await,
            Err(_) => None,
        };
        for address in [&named, &target, &elsewhere, &asked].into_iter().flatten() {
            assert_is_ours(address);
            let again = sealed(&app, &format!("/auth/login/{PROVIDER}?return_to={}", escaped(address))).await;
            assert_eq!(again.as_ref(), Some(address), "judged twice, it is another");
        }
        assert!(named.is_some(), "a login that does not know where to go");
        let is_home = |address: &Option<String>| address.as_deref().is_none_or(|address| address == "/");
        Verdict::from((!is_home(&named) || data == b"/").then_some(()))
    })
}

/// The return address that a login carries which begins with this request.
async fn sealed(app: &Router, path_and_query: &str) -> Option<String> {
    let answered = door::ask(app, door::navigation(path_and_query, b"")?).await;
    carried(&answered)
}

fn carried(answered: &Answered) -> Option<String> {
    let location = Url::parse(answered.location()?).ok()?;
    let (_, state) = location.query_pairs().find(|(name, _)| name == "state")?;
    let (attempt, sealed) = state.split_once('.').expect("a state of ours");
    let carried = envelope::open(Role::ReturnAddress, &door::state_context(attempt), sealed).expect("a seal of ours");
    let carried = String::from_utf8(carried).expect("an address is text");
    // The last word, behind a version and five that have no space in them either.
    assert_eq!(carried.split(' ').count(), 7, "{carried:?}");
    carried.rsplit(' ').next().map(str::to_owned)
}

/// V1 to V8, by a reader of URLs and without one.
fn assert_is_ours(address: &str) {
    let base = Url::parse(APP).expect("a URL");
    let landed = base.join(address).expect("an address that is no URL");
    assert_eq!(landed.origin(), base.origin(), "led away: {address:?}");
    assert!(landed.username().is_empty() && landed.password().is_none() && landed.fragment().is_none(), "{address:?}");
    let (path, query) = (landed.path(), landed.query().map_or(String::new(), |query| format!("?{query}")));
    assert_eq!(format!("{path}{query}"), address, "a browser would write it otherwise");
    assert!(address.starts_with('/') && !address.starts_with("//"), "{address:?}");
    assert!(address.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\'), "{address:?}");
    assert!(address.len() <= 512, "{} bytes", address.len());
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
