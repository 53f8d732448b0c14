//! Where Chromium ends when somebody else wrote the address that a sign-in comes back to: on our own origin, whatever that address was.
//!
//! The payloads are those of the door's own test of its judge of redirects, of which two readers of URLs have seen a million; here the
//! reader is the browser. Each of 2,000 goes through the door's public [`Vestibule::login_path`], and what is left of it is put into the
//! `Location` of a 303 that Chromium follows; where it ended, it says itself. A few of them are whole logins besides: Chromium goes to
//! the demo's `/auth/login`, on to the provider (another site, where alice is signed in and is not asked again), back to the callback
//! with the address sealed in `state`, and on to where the callback sends it. `VESTIBULE_LOGINS` says how many.
//!
//! What this does not show: addresses that the application itself emits, and browsers other than Chromium.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

#[path = "../../crates/vestibule/src/return_address/tests/payloads.rs"]
mod payloads;

use std::{env, sync::Arc};

use acceptance::{Failure, chromium::Chromium, demo::Demo};
use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header::LOCATION},
    response::Html,
    routing::get,
};
use payloads::Payloads;
use tokio::net::TcpListener;
use vestibule::{Client, Provider, SecretKey, Vestibule};

/// How many payloads come before Chromium.
const PAYLOADS: usize = 2000;
/// How many of them in whole logins, unless `VESTIBULE_LOGINS` says another number.
const LOGINS: usize = 60;

/// What the door leaves of an address that somebody else wrote; nothing, where it leads anywhere but to us.
fn left_of(vestibule: &Vestibule, payload: &str) -> Option<String> {
    let path = vestibule.login_path(None, payload);
    let (_, query) = path.split_once("?return_to=")?;
    let (mut bytes, mut rest) = (Vec::new(), query.bytes());
    while let Some(byte) = rest.next() {
        let escaped: Vec<u8> = if byte == b'%' { rest.by_ref().take(2).collect() } else { Vec::new() };
        let written = str::from_utf8(&escaped).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(written.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    String::from_utf8(bytes).ok()
}

fn door(origin: &str) -> Result<Vestibule, Failure> {
    let provider = Provider::discovered("http://127.0.0.1:9", Client::public("a"))?;
    Ok(Vestibule::builder(origin).secret_key(SecretKey::generate()).provider("corp", provider).build()?)
}

/// An application at this place that sends whoever asks for `/hop/7` to the seventh address.
fn application(addresses: Vec<String>) -> Router {
    let addresses = Arc::new(addresses);
    let hop = async move |Path(number): Path<usize>| {
        addresses
            .get(number)
            .cloned()
            .map(|address| (StatusCode::SEE_OTHER, [(LOCATION, address)]))
            .ok_or(StatusCode::NOT_FOUND)
    };
    Router::new().route("/hop/{number}", get(hop)).fallback(async || Html("<title>here</title>"))
}

/// V1, V7, V8
#[tokio::test(flavor = "multi_thread")]
async fn chromium_stays_on_our_own_origin_wherever_a_payload_was_to_lead_it() -> Result<(), Failure> {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let vestibule = door(&origin)?;
    let addresses: Vec<String> =
        Payloads::new(3).filter_map(|payload| left_of(&vestibule, &payload)).take(PAYLOADS).collect();
    let server = tokio::spawn(async move { axum::serve(listener, application(addresses)).await });

    browser.open(&format!("{origin}/")).await?;
    let (mut ended, mut elsewhere) = (0, Vec::new());
    for first in (0..PAYLOADS).step_by(200) {
        let hops = format!(
            "Promise.all(Array.from({{length: 200}}, (_, n) => fetch('/hop/' + ({first} + n)).then(a => a.url, e => String(e))))"
        );
        let urls = browser.evaluate(&hops).await?;
        for url in urls.as_array().ok_or("no list")?.iter().filter_map(|url| url.as_str()) {
            ended += 1;
            if !url.starts_with(&format!("{origin}/")) {
                elsewhere.push(url.to_owned());
            }
        }
    }
    server.abort();
    println!("figure: {ended} redirects followed by Chromium: {} to another origin", elsewhere.len());
    assert_eq!((ended, elsewhere), (PAYLOADS, Vec::new()));
    Ok(())
}

/// V1, V7, V8
#[tokio::test]
async fn chromium_ends_on_our_own_origin_wherever_a_sign_in_was_told_to_lead() -> Result<(), Failure> {
    let logins = env::var("VESTIBULE_LOGINS").ok().and_then(|count| count.parse().ok()).unwrap_or(LOGINS);
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = Demo::start()?;
    browser.open(&demo.page("/profile")).await?;
    browser.sight_of("asks who you are").await?;
    browser.press("Alice Liddell").await?;
    browser.arrival_at(&demo.page("/profile")).await?;
    browser.requests().await?;

    let (ours, theirs) = (demo.page("/"), format!("{}/", demo.issuer()));
    let mut elsewhere = 0;
    // Half of them are such that something is left of them: of the others, most lead to the front page.
    let door = door(&demo.page(""))?;
    let led_on = Payloads::new(2).filter(|payload| left_of(&door, payload).is_some()).take(logins / 2);
    for payload in led_on.chain(Payloads::new(4)).take(logins) {
        let encoded: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        browser.open(&demo.page(&format!("/auth/login?return_to={encoded}"))).await?;
        let address = browser.address().await?;
        assert!(address.starts_with(&ours), "{payload:?} led to {address}");
        let landed = address.get(ours.len()..).unwrap_or_default();
        assert!(!landed.starts_with("auth/callback") && !landed.starts_with("auth/error"), "{payload:?}: {address}");
        elsewhere += usize::from(!landed.is_empty());
        for request in browser.requests().await? {
            let is_known = request.starts_with(&ours) || request.starts_with(&theirs) || request.starts_with("data:");
            assert!(is_known, "{payload:?} asked for {request}");
        }
    }
    println!("figure: {logins} logins in Chromium, {elsewhere} ended on a page of their own, 0 on another origin");
    // Were each payload refused, this would show nothing.
    assert!(elsewhere > logins / 4, "{elsewhere}");
    Ok(())
}
