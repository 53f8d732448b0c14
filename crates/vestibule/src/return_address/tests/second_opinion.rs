//! A great many payloads, and for whatever is made of them the word of a second reader of URLs, which follows another book: RFC 3986,
//! where `url` follows the WHATWG. A browser is the third: `acceptance/tests/return_addresses.rs`.

use std::collections::BTreeSet;

use iri_string::{
    format::ToDedicatedString,
    types::{UriAbsoluteStr, UriReferenceStr, UriStr},
};

use super::{super::ReturnAddress, base, payloads::Payloads};
use crate::base_url::BaseUrl;

/// How many are judged: `VESTIBULE_PAYLOADS` says another number (1,000,000 and more in release).
const USUALLY: usize = 60_000;

/// The address with a letter for each character that RFC 3986 does not know in a path or a query, and a browser leaves as it is. None
/// of them parts anything from anything.
fn as_rfc_3986_knows_it(address: &str) -> String {
    let is_escape =
        |at: usize| address.get(at + 1..at + 3).is_some_and(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let known = |(at, c): (usize, char)| match c {
        '|' | '^' | '`' | '{' | '}' | '[' | ']' | '"' | '\'' => 'x',
        '%' if !is_escape(at) => 'x',
        other => other,
    };
    address.char_indices().map(known).collect()
}

/// Where RFC 3986 5.2 leads from our front page by this address: scheme and authority.
fn led_to(base: &BaseUrl, address: &str) -> (String, String) {
    let front = format!("{}/", base.origin().origin().ascii_serialization());
    let front = UriAbsoluteStr::new(&front).expect("a URI");
    let known = as_rfc_3986_knows_it(address);
    let reference = UriReferenceStr::new(&known).unwrap_or_else(|_| panic!("no URI reference: {address:?}"));
    let whole = reference.resolve_against(front).to_dedicated_string();
    let whole: &UriStr = &whole;
    (whole.scheme_str().to_owned(), whole.authority_str().unwrap_or_default().to_owned())
}

/// What both must say of an address that we would send somebody to.
fn assert_ours(base: &BaseUrl, payload: &str, address: &ReturnAddress) {
    let address = address.as_str();
    let first = base.origin().join(address).expect("a URL");
    assert_eq!(first.origin(), base.origin().origin(), "{payload:?} became {address:?}");
    let authority = base.origin().authority().to_owned();
    assert_eq!(led_to(base, address), (base.origin().scheme().to_owned(), authority), "{payload:?} became {address:?}");
    // Nothing is left that a header, a proxy or a laxer reader would see something else in.
    assert!(address.starts_with('/') && !address.starts_with("//"), "{payload:?} became {address:?}");
    assert!(address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{payload:?} became {address:?}");
    assert_eq!(ReturnAddress::parse(base, address).as_ref().map(ReturnAddress::as_str), Some(address), "{payload:?}");
}

/// V1 to V4, V7, V8, R140: as an address of ours, and as a target that another site names.
#[test]
fn wherever_a_payload_leads_two_readers_of_urls_call_it_our_own_origin() {
    let count = std::env::var("VESTIBULE_PAYLOADS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUALLY);
    let below = BaseUrl::parse("https://app.example.com:8443/shop").expect("valid");
    let bases = [base(), below];
    let (mut taken, mut seen) = (0_u32, BTreeSet::new());
    for payload in Payloads::new(1).take(count) {
        for base in &bases {
            let origin = base.origin().origin().ascii_serialization();
            let ways = [
                ReturnAddress::parse(base, &payload),
                ReturnAddress::parse(base, &format!("{}{payload}", base.path())),
                ReturnAddress::of_target(base, &payload),
                ReturnAddress::of_target(base, &format!("{origin}{payload}")),
            ];
            for address in ways.into_iter().flatten() {
                assert_ours(base, &payload, &address);
                taken += 1;
            }
        }
        if seen.len() < 50_000 {
            seen.insert(payload);
        }
    }
    println!("figure: {count} payloads, 8 ways each, {taken} addresses of them, 0 off our origin");
    // A generator that repeats itself, or gets nothing past the first check, would show nothing.
    assert!(seen.len() * 2 > count.min(50_000), "{} different ones", seen.len());
    assert!(taken as usize > count / 4, "{taken}");
}
