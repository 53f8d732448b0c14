//! Claims of each kind of token.

use serde_json::{Value, json};

use super::{Made, with, without};
use crate::{
    logout_token::EVENT,
    stage::{self, ACCESS_TOKEN, CLIENT_ID, CODE, ISSUER, NOW},
};

pub(super) fn make(made: &mut Made) {
    id_tokens(made);
    logout_tokens(made);
    userinfo(made);
}

pub(super) fn id_token() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": CLIENT_ID, "exp": NOW.plus(300), "iat": NOW, "nonce": stage::nonce(), "sid": "s-1",
        "at_hash": stage::half_hash(ACCESS_TOKEN), "c_hash": stage::half_hash(CODE),
    })
}

/// Claims with a line before them, which would be the header.
fn line(claims: &Value) -> String {
    format!("\n{claims}")
}

fn id_tokens(made: &mut Made) {
    let good = id_token();
    made.accepted("id_token", "usual", line(&good));
    made.accepted("id_token", "header", format!("{{\"alg\":\"HS256\",\"kid\":\"1\"}}\n{good}"));
    let both = with(with(good.clone(), "aud", json!([CLIENT_ID, "api"])), "azp", CLIENT_ID);
    made.accepted("id_token", "two-audiences", line(&both));
    let all = with(with(good.clone(), "acr", "phr"), "auth_time", NOW.seconds());
    made.accepted(
        "id_token",
        "more-claims",
        line(&with(with(all, "session_expiry", 1_700_028_800), "address", json!({"a": [1]}))),
    );
    made.accepted(
        "id_token",
        "fractions",
        line(&with(with(good.clone(), "exp", 1_700_000_000.5), "nbf", 1_700_000_060.9)),
    );
    for (name, claim, value) in [
        ("issuer", "iss", json!("https://login.example.com/")),
        ("audience", "aud", json!("other")),
        ("untrusted-audience", "aud", json!([CLIENT_ID, "evil"])),
        ("authorized-party", "azp", json!("other")),
        ("expired", "exp", json!(NOW.minus(60))),
        ("endless", "exp", json!(1e300)),
        ("from-the-future", "iat", json!(NOW.plus(61))),
        ("old", "iat", json!(NOW.minus(661))),
        ("not-yet", "nbf", json!(NOW.plus(61))),
        ("nonce", "nonce", json!("CANARY")),
        ("subject", "sub", json!("")),
        ("at-hash", "at_hash", json!("CANARY")),
        ("logout-event", "events", json!({EVENT: {}})),
        ("null", "sid", Value::Null),
    ] {
        made.refused("id_token", name, line(&with(good.clone(), claim, value)));
    }
    for claim in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        made.refused("id_token", &format!("without-{claim}"), line(&without(good.clone(), claim)));
    }
    made.refused("id_token", "another-type", format!("{{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}}\n{good}"));
    made.refused("id_token", "another-algorithm", format!("{{\"alg\":\"none\"}}\n{good}"));
    made.refused("id_token", "twice", line(&good).replace("\"sub\":", "\"sub\":\"bob\",\"sub\":"));
    made.refused("id_token", "deep", format!("\n{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200)));
    made.refused("id_token", "no-object", "\nnull");
}

fn logout_tokens(made: &mut Made) {
    let good = json!({
        "iss": ISSUER, "sub": "alice", "sid": "s-1", "aud": CLIENT_ID, "iat": NOW, "exp": NOW.plus(120), "jti": "bWJq",
        "events": {EVENT: {}},
    });
    made.accepted("logout_token", "usual", line(&good));
    made.accepted("logout_token", "typed", format!("{{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}}\n{good}"));
    made.accepted("logout_token", "subject-alone", line(&without(good.clone(), "sid")));
    made.accepted("logout_token", "session-alone", line(&without(without(good.clone(), "sub"), "exp")));
    for (name, claim, value) in [
        ("nonce", "nonce", Value::Null),
        ("event", "events", json!({})),
        ("event-value", "events", json!({EVENT: []})),
        ("jti", "jti", json!("")),
        ("sid", "sid", json!("")),
        ("old", "iat", json!(NOW.minus(181))),
        ("audience", "aud", json!([])),
    ] {
        made.refused("logout_token", name, line(&with(good.clone(), claim, value)));
    }
    made.refused("logout_token", "nobody", line(&without(without(good.clone(), "sub"), "sid")));
    made.refused("logout_token", "another-type", format!("{{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}}\n{good}"));
    made.accepted("logout_token", "frame", "?iss=https%3A%2F%2Flogin.example.com&sid=s-1");
    made.accepted("logout_token", "frame-of-another", "?sid=a%2Bb+c%00&iss=x&other=1");
    made.refused("logout_token", "frame-twice", "?iss=a&sid=s-1&sid=s-1");
    made.refused("logout_token", "frame-without", "?iss=a&sid=");
}

fn userinfo(made: &mut Made) {
    let plain = json!({"sub": "alice", "name": "Alice", "email": "alice@example.com", "address": {"country": "GB"}});
    made.accepted("userinfo", "plain", format!("j{plain}"));
    made.refused("userinfo", "somebody-else", format!("j{}", with(plain.clone(), "sub", "bob")));
    made.refused("userinfo", "nobody", format!("j{}", without(plain.clone(), "sub")));
    made.refused("userinfo", "twice", format!("j{plain}").replace("\"sub\":", "\"sub\":\"bob\",\"sub\":"));
    let elsewhere = with(plain.clone(), "_claim_names", json!({"credit": "s", "shipping": "t"}));
    let sources =
        json!({"s": {"endpoint": "https://credit.example.com/c", "access_token": "x"}, "t": {"JWT": "a.b.c"}});
    made.accepted("userinfo", "elsewhere", format!("j{}", with(elsewhere, "_claim_sources", sources)));
    let signed = with(with(plain, "iss", ISSUER), "aud", CLIENT_ID);
    made.accepted("userinfo", "signed", format!("s\n{signed}"));
    for (name, claim, value) in [
        ("issuer", "iss", json!("https://evil.example")),
        ("audience", "aud", json!("other")),
        ("nonce", "nonce", json!("n")),
        ("event", "events", json!({})),
        ("expired", "exp", json!(1)),
        ("signed-somebody-else", "sub", json!("bob")),
    ] {
        made.refused("userinfo", name, format!("s\n{}", with(signed.clone(), claim, value)));
    }
    made.refused("userinfo", "unsigned", "tabc.def.ghi");
    made.refused("userinfo", "encrypted", "ta.b.c.d.e");
}
