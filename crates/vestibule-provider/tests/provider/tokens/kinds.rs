//! Kinds of token before every place where one is read, and each token of them with each of its bits changed.

use serde_json::{Value, json};
use vestibule_core::{SignatureAlgorithm, jose::SigningKey};

use super::doors::{Door, Doors, SUBJECT};
use crate::party::{ISSUER, NOW};

/// A kind of token as somebody makes it: its name, the `typ` of its header, its claims, and where it belongs.
pub(super) struct Kind {
    pub(super) name: &'static str,
    typ: &'static str,
    claims: Value,
    at: &'static [Door],
}

impl Kind {
    pub(super) fn token(&self, doors: &Doors) -> String {
        doors.sign(self.typ, &self.claims)
    }

    pub(super) fn at(&self) -> &'static [Door] {
        self.at
    }
}

/// About alice, for the one who is both issuer and client here.
fn about_alice(more: &Value) -> Value {
    joined(json!({"iss": ISSUER, "sub": SUBJECT, "aud": ISSUER}), more)
}

fn joined(mut claims: Value, more: &Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    claims.as_object_mut().expect("an object").extend(more);
    claims
}

/// Every kind, each as alike to the others as its specification allows.
pub(super) fn kinds(nonce: &str) -> Vec<Kind> {
    use Door::{
        BackChannelLogout, ClaimSource, ClientAssertion, FrontChannel, Hint, Login, Refresh, RequestObject, UserInfo,
    };
    let times = json!({"iat": NOW, "exp": NOW.plus(60)});
    let signed_in = joined(about_alice(&times), &json!({"auth_time": NOW, "sid": "s-1"}));
    let logout = joined(
        about_alice(&times),
        &json!({"jti": "j-1", "sid": "s-1", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
    );
    let request = joined(
        json!({"iss": ISSUER, "aud": ISSUER, "jti": "j-2", "nbf": NOW}),
        &joined(times.clone(), &json!({"client_id": ISSUER, "response_type": "code", "nonce": nonce, "state": "s"})),
    );
    let assertion = joined(json!({"iss": ISSUER, "sub": ISSUER, "aud": ISSUER, "jti": "j-3"}), &times);
    let access = |sub| {
        joined(
            times.clone(),
            &json!({"iss": ISSUER, "aud": ISSUER, "sub": sub, "client_id": ISSUER, "jti": "j-4", "sid": "s-1"}),
        )
    };
    let kind = |name, typ, claims, at| Kind { name, typ, claims, at };
    vec![
        // Of the login that is refreshed: Core 12.2 lets its nonce be there.
        kind(
            "ID Token",
            "JWT",
            joined(signed_in.clone(), &json!({"nonce": nonce})),
            &[Login, FrontChannel, Refresh, Hint],
        ),
        kind("refreshed ID Token", "JWT", signed_in, &[Refresh, Hint]),
        kind("logout token", "logout+jwt", logout.clone(), &[BackChannelLogout]),
        kind("logout token without a type", "JWT", logout, &[BackChannelLogout]),
        // A source of claims may be somebody's userinfo endpoint (Core 5.6.2).
        kind("userinfo", "JWT", about_alice(&json!({"email": "alice@example.com"})), &[UserInfo, ClaimSource]),
        kind(
            "dated userinfo",
            "JWT",
            about_alice(&json!({"email": "alice@example.com", "iat": NOW})),
            &[UserInfo, ClaimSource],
        ),
        kind("claims from elsewhere", "JWT", json!({"iss": ISSUER, "email": "alice@example.com"}), &[ClaimSource]),
        kind("request object", "oauth-authz-req+jwt", request.clone(), &[RequestObject]),
        kind("request object without a type", "JWT", request, &[RequestObject]),
        kind("client assertion", "client-authentication+jwt", assertion.clone(), &[ClientAssertion]),
        kind("client assertion without a type", "JWT", joined(assertion, &json!({"jti": "j-5"})), &[ClientAssertion]),
        kind("access token", "at+jwt", access(SUBJECT), &[]),
        kind("access token of the client itself", "at+jwt", access(ISSUER), &[]),
        // JARM 2.1
        kind(
            "authorization response",
            "JWT",
            joined(times.clone(), &json!({"iss": ISSUER, "aud": ISSUER, "code": "c", "state": "s"})),
            &[],
        ),
    ]
}

/// V47, R72, R122: RFC 8725 3.11 and 3.12. One issuer, one audience, one key: only what kind it is tells a token from another.
#[tokio::test]
async fn each_kind_of_token_gets_through_where_it_belongs_and_nowhere_else() {
    let by_secret = Doors::new();
    // Claims from elsewhere are never vouched for by a secret.
    let by_key = Doors::signing_with(SigningKey::generate(SignatureAlgorithm::Es256).expect("a key"));
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for kind in kinds(&by_secret.nonce()) {
        for door in Door::ALL {
            let doors = if door == Door::ClaimSource { &by_key } else { &by_secret };
            let belongs = kind.at.contains(&door);
            if doors.take(door, &kind.token(doors)).await != belongs {
                wrong.push(format!("{} at {door:?}", kind.name));
            }
            refused += usize::from(!belongs);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(refused, 14 * 9 - 17);
    println!(
        "figure: 14 kinds of tokens at 9 entry points, {refused} of {} refused: all that do not belong there",
        14 * 9
    );
}

/// V47: what neither its type nor a claim tells apart is the provider's word about the same person, and about nobody else.
#[tokio::test]
async fn what_nothing_tells_apart_is_at_least_about_the_same_person() {
    let doors = Doors::new();
    let bare =
        |sub: &str| json!({"iss": ISSUER, "sub": sub, "aud": ISSUER, "iat": NOW, "exp": NOW.plus(60), "name": "Alice"});
    for door in [Door::Refresh, Door::UserInfo] {
        assert!(doors.take(door, &doors.sign("JWT", &bare(SUBJECT))).await, "{door:?}");
        assert!(!doors.take(door, &doors.sign("JWT", &bare("bob"))).await, "{door:?}");
    }
    for door in [
        Door::Login,
        Door::FrontChannel,
        Door::BackChannelLogout,
        Door::Hint,
        Door::RequestObject,
        Door::ClientAssertion,
    ] {
        assert!(!doors.take(door, &doors.sign("JWT", &bare(SUBJECT))).await, "{door:?}");
    }
}
