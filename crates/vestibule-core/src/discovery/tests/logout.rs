//! What a provider says about the end of sessions and tokens.

use super::*;

const PROMISES: [&str; 4] = [
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
];

fn promised(metadata: &ProviderMetadata) -> [bool; 4] {
    [
        metadata.backchannel_logout_supported(),
        metadata.backchannel_logout_session_supported(),
        metadata.frontchannel_logout_supported(),
        metadata.frontchannel_logout_session_supported(),
    ]
}

/// RFC 8414 2, Session Management 3.3
#[test]
fn the_optional_places_are_read() {
    let metadata = read(&published()).expect("metadata");
    assert_eq!((metadata.revocation_endpoint(), metadata.check_session_iframe()), (None, None));
    let document = with(published(), "revocation_endpoint", "https://login.example.com/revoke");
    let document = with(document, "check_session_iframe", "https://frame.example.com:8443/check?a=b");
    let metadata = read(&document).expect("metadata");
    assert_eq!(metadata.revocation_endpoint().map(Url::as_str), Some("https://login.example.com/revoke"));
    let origin = metadata.check_session_iframe().map(|url| url.origin().ascii_serialization());
    assert_eq!(origin.as_deref(), Some("https://frame.example.com:8443"), "R129");
}

/// Back-Channel Logout 2.1, Front-Channel Logout 3: "If omitted, the default value is false".
#[test]
fn a_logout_is_promised_only_by_name() {
    assert_eq!(promised(&read(&published()).expect("metadata")), [false; 4]);
    for (index, member) in PROMISES.into_iter().enumerate() {
        let mut expected = [false; 4];
        expected[index] = true;
        assert_eq!(promised(&read(&with(published(), member, true)).expect("metadata")), expected, "{member}");
        assert_eq!(promised(&read(&with(published(), member, false)).expect("metadata")), [false; 4], "{member}");
    }
}

/// R99
#[test]
fn a_promise_of_the_wrong_type_is_named() {
    let reason = |member| misbehaved(InvalidMetadata::Json(JsonFault::WrongType { member }));
    for member in PROMISES {
        for wrong in [json!("true"), json!(1), json!(null)] {
            assert_eq!(read(&with(published(), member, wrong.clone())).err(), reason(member), "{member}: {wrong}");
        }
    }
    let member = "revocation_endpoint_auth_methods_supported";
    assert_eq!(read(&with(published(), member, "client_secret_basic")).err(), reason(member));
}

/// R108, V80: a token that is given back at another host than before is given away.
#[test]
fn every_place_stays_at_its_host() {
    let mut everything = published();
    for member in ENDPOINTS {
        everything = with(everything, member, "https://login.example.com/x");
    }
    let everything = described(&everything).expect("metadata");
    assert!(everything.has_the_hosts_of(&everything));
    for member in ENDPOINTS {
        let mut moved = published();
        for other in ENDPOINTS {
            moved = with(moved, other, "https://login.example.com/y");
        }
        let there = described(&moved).expect("metadata");
        assert!(there.has_the_hosts_of(&everything), "another path is not another host");
        for elsewhere in ["https://evil.example/x", "https://login.example.com:8443/x"] {
            let moved = described(&with(moved.clone(), member, elsewhere)).expect("metadata");
            assert!(!moved.has_the_hosts_of(&everything), "{member}: {elsewhere}");
            assert!(!everything.has_the_hosts_of(&moved), "{member}: {elsewhere}");
        }
    }
    // One may come or go.
    let least = described(&published()).expect("metadata");
    assert!(least.has_the_hosts_of(&everything) && everything.has_the_hosts_of(&least));
}
