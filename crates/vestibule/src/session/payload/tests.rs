use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use proptest::prelude::*;
use vestibule_core::{Client, HttpClient, Limits, http_client::Answer};

use super::*;
use crate::{
    base_url::BaseUrl,
    clock::{Clock, SystemClock},
    paths::Paths,
    provider::{Addresses, KeptValues, Provider, Remembered, Surroundings},
    session::{SessionPolicy, SignedIn, keys::Keys},
    session_store::{MemoryStore, SessionStore},
};

const ISSUER: &str = "https://login.example.com";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

struct NobodyHome;

impl HttpClient for NobodyHome {
    fn send(&self, _: Request<Bytes>, _: Limits) -> Answer<'_> {
        Box::pin(std::future::ready(Ok(Response::new(Bytes::new()))))
    }
}

fn provider(name: &str, issuer: &str, client_id: &str) -> Arc<ConnectedProvider> {
    let provider = Provider::discovered(issuer, Client::public(client_id)).expect("an issuer");
    let base = BaseUrl::parse("https://app.example.com").expect("a base URL");
    let paths = Paths::new(&base, "/auth").expect("a prefix");
    let addresses = Addresses::new(&base, &paths, name, &provider);
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let kept_values = KeptValues::new(&store, &[], Keys::new(&base), &Arc::default());
    let surroundings = Surroundings {
        http: Arc::new(NobodyHome),
        clock: Arc::clone(&clock),
        remembered: Remembered::new(None, &kept_values, &clock, &[], "https://app.example.com"),
        kept_values,
        longest_session: std::time::Duration::from_secs(24 * 3600),
    };
    Arc::new(ConnectedProvider::new(name.to_owned(), provider, addresses, surroundings))
}

fn corp() -> Arc<ConnectedProvider> {
    provider("corp", ISSUER, "my-app")
}

/// Only `corp`, as it was when the session began.
fn find(name: &str) -> Option<Arc<ConnectedProvider>> {
    (name == "corp").then(corp)
}

fn claims() -> ClaimsSet {
    ClaimsSet::from_json(br#"{"name":"Alice","nested":{"roles":["a","b"]},"sub":"alice","\u00fc":1.5}"#)
        .expect("claims")
}

fn evidence() -> Evidence {
    Evidence {
        auth_time: Some(NOW.minus(7)),
        acr: Some("phr".to_owned()),
        browser: Some("Firefox".to_owned()),
        session_state: Some("s-1".to_owned()),
        demand: Demand::default(),
    }
}

fn tokens() -> HeldTokens {
    HeldTokens {
        id_token: Some(Secret::from("e30.e30.AA")),
        access_token: Some(Secret::from("at-1")),
        access_token_expires_at: Some(NOW.plus(3600)),
        access_token_stale_at: Some(NOW.plus(3570)),
        refresh_token: Some(Secret::from("rt-1")),
        scope: Some("openid profile".to_owned()),
    }
}

fn key() -> Key {
    Key::from_bytes([7; 32])
}

fn born() -> Born {
    Born::new(NOW.minus(2), Moment(1_700_000_000 << 20))
}

fn session_of(evidence: Evidence, tokens: HeldTokens) -> Session {
    let provider = corp();
    let signed_in = SignedIn {
        issuer: Arc::clone(provider.issuer().expect("the settings have it")),
        provider,
        subject: Subject::parse("alice").expect("a subject"),
        claims: claims(),
        evidence,
        tokens,
        born: born(),
        sid: Some("sid-1".to_owned()),
        session_expiry: None,
    };
    Session::log_in(signed_in, key(), &SessionPolicy::default(), NOW)
}

fn payload() -> Vec<u8> {
    let session = session_of(evidence(), tokens());
    session.to_payload(&session.times)
}

/// The payload of [`payload`] as version 2 writes it. Cookies that look so are out there: never change it, add another.
const GOLDEN_V2: &str = "\
    0180c49fd50c80c49fd50c808aaad50c0180c20304636f72701968747470733a2f2f6c6f67696e2e6578616d706c652e \
    636f6d066d792d61707005616c6963650707070707070707070707070707070707070707070707070707070707070707 \
    fcc39fd50c80808080f1a7950301057369642d310080c49fd50c01f2c39fd50c0103706872010746697265666f780103 \
    732d31447b226e616d65223a22416c696365222c226e6573746564223a7b22726f6c6573223a5b2261222c2262225d7d \
    2c22737562223a22616c696365222c22c3bc223a312e357d010a6533302e6533302e4141010461742d3101a0fc9fd50c \
    01e4fb9fd50c010472742d31010e6f70656e69642070726f66696c65";

/// A payload like [`payload`] as version 1 wrote it. Cookies that look so are out there: never change it, add another.
const GOLDEN_V1: &str = "\
    0080c49fd50c80c49fd50c808aaad50c0180c20304636f72701968747470733a2f2f6c6f67696e2e6578616d706c652e \
    636f6d066d792d61707005616c69636501f2c39fd50c010370687201057369642d31447b226e616d65223a22416c6963 \
    65222c226e6573746564223a7b22726f6c6573223a5b2261222c2262225d7d2c22737562223a22616c696365222c22c3 \
    bc223a312e357d0a6533302e6533302e41410461742d3101a0fc9fd50c010472742d31010e6f70656e69642070726f66 \
    696c65";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex digits");
    digits.chunks(2).map(byte).collect()
}

fn assert_is_alices(session: &Session) {
    assert_eq!((session.provider.name(), session.issuer.as_str()), ("corp", ISSUER));
    assert_eq!(session.subject.as_str(), "alice");
    let times =
        Times { began_at: NOW, last_seen: NOW, ends_at: NOW.plus(24 * 3600), idle: Some(8 * 3600), checked_at: NOW };
    assert_eq!(session.times, times);
    assert_eq!(session.sid.as_deref(), Some("sid-1"));
    assert_eq!(session.claims(), claims());
    assert_eq!(session.tokens(), tokens());
}

#[test]
fn a_session_comes_back_whole() {
    let session = Session::from_payload(payload(), find).expect("a session");
    assert_is_alices(&session);
    assert_eq!((session.key, session.born, session.generation), (key(), born(), 0));
    assert_eq!(session.evidence(), evidence());
}

#[test]
fn new_tokens_take_the_place_of_the_old_and_leave_the_rest() {
    let earlier = Session::from_payload(payload(), find).expect("a session");
    let tokens = HeldTokens { access_token: Some(Secret::from("at-2")), refresh_token: None, ..tokens() };
    let renewed = earlier.with_tokens(&tokens);
    let renewed = Session::from_payload(renewed.to_payload(&renewed.times), find).expect("a session");
    assert_eq!((renewed.tokens(), renewed.generation), (tokens, 1));
    assert_eq!((renewed.claims(), renewed.evidence(), renewed.times), (claims(), evidence(), earlier.times));
    assert_eq!((renewed.key, renewed.born, renewed.sid), (earlier.key, earlier.born, earlier.sid));
}

#[test]
fn what_a_provider_left_out_comes_back_as_left_out() {
    let tokens = HeldTokens::default();
    let session = session_of(Evidence::default(), tokens.clone());
    let times = Times { idle: None, ..session.times };
    let back = Session::from_payload(session.to_payload(&times), find).expect("a session");
    assert_eq!((back.times, back.evidence(), back.tokens()), (times, Evidence::default(), tokens));
}

/// The cold part is carried over as it is when only the times change.
#[test]
fn a_session_that_was_opened_and_sealed_again_differs_in_its_times_alone() {
    let opened = Session::from_payload(payload(), find).expect("a session");
    let again = opened.to_payload(&opened.seen(NOW.plus(3000)));
    assert_eq!(opened.to_payload(&opened.times), payload());
    let again = Session::from_payload(again, find).expect("a session");
    assert_eq!(again.times, Times { last_seen: NOW.plus(3000), ..opened.times });
    assert_eq!((again.claims(), again.tokens()), (claims(), tokens()));
}

/// V66: what is sealed today is read tomorrow.
#[test]
fn the_golden_payload_of_version_2_is_read_and_written_for_ever() {
    assert_is_alices(&Session::from_payload(unhex(GOLDEN_V2), find).expect("a session"));
    assert_eq!(payload(), unhex(GOLDEN_V2));
}

/// V66: a program reads what the one before it sealed, and two copies of one session are one session.
#[test]
fn the_golden_payload_of_version_1_is_read_for_ever() {
    let session = Session::from_payload(unhex(GOLDEN_V1), find).expect("a session");
    assert_is_alices(&session);
    assert_eq!(session.evidence(), Evidence { browser: None, session_state: None, ..evidence() });
    assert_eq!((session.born.issued_at, session.generation), (NOW, 0));
    let mut renewed = unhex(GOLDEN_V1);
    renewed[6] ^= 1; // last_seen: what a renewal changed
    let renewed = Session::from_payload(renewed, find).expect("a session");
    assert_ne!(renewed.times.last_seen, session.times.last_seen);
    assert_eq!((renewed.key, renewed.born), (session.key, session.born));
}

/// V66: from a newer program, or from nobody.
#[test]
fn an_unknown_version_is_no_session() {
    for version in 2..=u8::MAX {
        let mut payload = payload();
        payload[0] = version;
        assert!(Session::from_payload(payload, find).is_none(), "{version}");
    }
}

/// V67
#[test]
fn a_session_of_another_configuration_is_no_session() {
    let with = |found: Option<Arc<ConnectedProvider>>| Session::from_payload(payload(), |_| found);
    assert!(with(Some(corp())).is_some());
    assert!(with(None).is_none(), "the provider has gone");
    for issuer in ["https://login.example.com/", "https://login.example.org", "https://LOGIN.example.com"] {
        assert!(with(Some(provider("corp", issuer, "my-app"))).is_none(), "{issuer}");
    }
    for client_id in ["my-app2", "My-app", ""] {
        assert!(with(Some(provider("corp", ISSUER, client_id))).is_none(), "{client_id}");
    }
}

/// V67
#[test]
fn the_provider_is_looked_up_by_the_name_in_the_session() {
    let mut asked = Vec::new();
    let session = Session::from_payload(payload(), |name| {
        asked.push(name.to_owned());
        None
    });
    assert!(session.is_none());
    assert_eq!(asked, ["corp"]);
}

/// V104
#[test]
fn a_payload_that_was_cut_is_no_session_or_one_without_claims_and_tokens() {
    let payload = payload();
    let whole = Session::from_payload(payload.clone(), find).expect("a session");
    let hot = whole.cold.from;
    for length in 0..payload.len() {
        match Session::from_payload(payload[..length].to_vec(), find) {
            None => assert!(length < hot, "{length}"),
            Some(cut) => {
                assert!(length >= hot, "{length}");
                assert_eq!((cut.claims(), cut.tokens()), (ClaimsSet::default(), HeldTokens::default()), "{length}");
                assert_eq!(cut.evidence(), Evidence::default(), "{length}");
                assert_eq!(cut.sizes(), (0, length - hot), "{length}");
            }
        }
    }
}

#[test]
fn the_sizes_are_those_of_the_claims_and_of_the_rest() {
    let session = Session::from_payload(payload(), find).expect("a session");
    let (claims_bytes, rest) = session.sizes();
    assert_eq!(claims_bytes, claims().to_json().len());
    assert_eq!(claims_bytes + rest, payload().len() - session.cold.from);
}

/// V69
#[test]
fn debug_shows_neither_claims_nor_tokens() {
    let shown = format!("{:?}", session_of(evidence(), tokens()));
    for canary in ["Alice", "e30", "at-1", "rt-1"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

proptest! {
    /// V104
    #[test]
    fn no_bytes_are_a_session_and_none_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Session::from_payload(bytes.clone(), find).is_none());
        prop_assert!(Session::from_payload([&[0], bytes.as_slice()].concat(), find).is_none());
        prop_assert!(Session::from_payload([&[1], bytes.as_slice()].concat(), find).is_none());
    }

    /// V104: even behind a broken seal.
    #[test]
    fn a_changed_byte_makes_nobody_panic(at in 0..1000_usize, byte: u8) {
        let mut payload = payload();
        let at = at % payload.len();
        payload[at] = byte;
        if let Some(session) = Session::from_payload(payload, find) {
            prop_assert_eq!(session.provider.name(), "corp");
            let _ = (session.claims(), session.evidence(), session.tokens(), session.sizes(), session.times.idle_until());
            let _ = (session.times.are_over(NOW), session.times.are_worth_renewing(NOW));
        }
    }
}

/// A page that wanted more of a sign-in is not asked for it again and again: what it wanted stays with the session, behind what a
/// program reads that knows nothing of it.
#[test]
fn what_was_demanded_of_the_sign_in_comes_back_and_disturbs_nothing_else() {
    let demand = Demand::new("phr phrh", Some(300));
    let wanted = Evidence { demand: demand.clone(), ..evidence() };
    let tokens = HeldTokens::default();
    let (plain, demanded) =
        (Cold::new(&claims().to_json(), &evidence(), &tokens), Cold::new(&claims().to_json(), &wanted, &tokens));
    assert!(demanded.encoded().starts_with(plain.encoded()), "what was read before is read as before");
    assert_eq!((demanded.evidence(), plain.evidence().demand), (wanted, Demand::default()));
    let held = HeldTokens { scope: Some("openid".to_owned()), ..HeldTokens::default() };
    assert_eq!(demanded.with_tokens(&held).evidence().demand, demand, "and outlives a refresh");
}
