//! Three kinds of token by one provider, for one client, about one person: each is taken in its own place and in no other.

use super::*;
use crate::{
    error::InvalidLogoutToken,
    logout::{LogoutToken, UnverifiedLogoutToken},
};

fn logout_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": "rp", "iat": NOW, "exp": at(120), "jti": "bWJq", "sid": "s-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    })
}

fn signed(typ: Option<&str>, claims: &Value) -> String {
    let mut header = json!({"alg": "ES256", "kid": es256().kid()});
    if let Some(typ) = typ {
        header["typ"] = json!(typ);
    }
    es256().sign_with_header(&header, claims.to_string().as_bytes()).expect("signed")
}

fn at_login(raw: &str) -> Result<IdToken, InvalidIdToken> {
    verify_as(&client(), &UnverifiedIdToken::new(raw, NONCE))
}

fn at_refresh(raw: &str) -> Result<IdToken, InvalidIdToken> {
    let first = FirstIdToken::from_raw(&sign(&good()).raw).expect("an ID Token");
    let (client, metadata) = (client(), metadata_of(ISSUER));
    let token = UnverifiedRefreshedIdToken::new(raw);
    token.verify(&set(&[es256().public_jwk()]), &client.expected_id_token(&metadata), &first, NOW)
}

fn at_logout(raw: &str) -> Result<LogoutToken, InvalidLogoutToken> {
    let (client, metadata) = (client(), metadata_of(ISSUER));
    let token = UnverifiedLogoutToken::new(raw);
    token.verify(&set(&[es256().public_jwk()]), &client.expected_logout_token(&metadata), NOW)
}

/// R122, R72, V47: those that say what they are.
#[test]
fn a_typed_logout_token_ends_sessions_and_neither_begins_nor_renews_any() {
    for typ in ["logout+jwt", "application/logout+jwt"] {
        // Even with all that an ID Token has.
        for claims in [logout_claims(), with(logout_claims(), "nonce", NONCE)] {
            let token = signed(Some(typ), &claims);
            let reason = InvalidIdToken::Type { got: Excerpt::new(typ) };
            assert_eq!(at_login(&token).err(), Some(reason.clone()));
            assert_eq!(at_refresh(&token).err(), Some(reason));
        }
        assert_eq!(at_logout(&signed(Some(typ), &logout_claims())).err(), None);
    }
}

/// R122, R72, V47: those that do not say what they are.
#[test]
fn an_untyped_logout_token_ends_sessions_and_neither_begins_nor_renews_any() {
    for typ in [None, Some("JWT")] {
        let token = signed(typ, &logout_claims());
        assert_eq!(at_logout(&token).err(), None);
        assert_eq!(at_login(&token).err(), Some(InvalidIdToken::NonceMissing));
        assert_eq!(at_refresh(&token).err(), Some(InvalidIdToken::LogoutEvent));
    }
}

/// R122
#[test]
fn an_id_token_ends_no_session() {
    let no_events = InvalidLogoutToken::Claims(JsonFault::Missing { member: "events" });
    for typ in [None, Some("JWT")] {
        for claims in [good(), without(good(), "nonce"), with(with(good(), "sid", "s-1"), "jti", "x")] {
            let token = signed(typ, &claims);
            assert_eq!(at_logout(&token).err(), Some(no_events.clone()), "{claims}");
            assert_eq!(at_refresh(&token).err(), None, "{claims}");
        }
        assert_eq!(at_login(&signed(typ, &good())).err(), None);
    }
}

/// R122: Back-Channel Logout 4.1: what looks like both is neither.
#[test]
fn a_token_that_would_be_both_is_neither() {
    let both = with(logout_claims(), "nonce", NONCE);
    let token = signed(None, &both);
    assert_eq!(at_login(&token).err(), Some(InvalidIdToken::LogoutEvent));
    assert_eq!(at_refresh(&token).err(), Some(InvalidIdToken::LogoutEvent));
    assert_eq!(at_logout(&token).err(), Some(InvalidLogoutToken::Nonce));
    // Whatever the event's value, which at the logout is looked at.
    for value in [json!(null), json!("x"), json!([])] {
        let events = json!({"http://schemas.openid.net/event/backchannel-logout": value});
        let token = signed(None, &with(both.clone(), "events", events));
        assert_eq!(at_login(&token).err(), Some(InvalidIdToken::LogoutEvent), "{value}");
        assert_eq!(at_refresh(&token).err(), Some(InvalidIdToken::LogoutEvent), "{value}");
    }
    // A claim of that name about something else is the provider's own business.
    for events in [json!({"urn:example:concert": {}}), json!(["a concert"]), json!("none"), json!(null)] {
        assert_eq!(at_login(&signed(None, &with(good(), "events", events.clone()))).err(), None, "{events}");
    }
}
