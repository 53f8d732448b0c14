//! What is not a logout token of this provider's for us: 400, and the session lives (Back-Channel Logout 2.6).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vestibule::{NumericDate, Secret, SignatureAlgorithm, core::jose::SigningKey};

use crate::{
    bench::{Bench, Log, MODES, Mode, is_in},
    op::{ES256, EVENT, Op, merge},
};

/// A good token of this provider, with these claims instead of its own; `null` takes one away.
fn token(op: &Op, now: NumericDate, changed: &Value) -> String {
    let mut claims = op.logout(now, &json!({"sid": "s-1", "sub": "alice"}));
    merge(&mut claims, changed);
    op.sign(&claims)
}

fn unsigned(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(&json!({"alg": "none", "typ": "logout+jwt"})), encode(claims))
}

/// The public key of the provider as the secret of an HMAC (V34).
fn confused(op: &Op, claims: &Value) -> String {
    let secret = Secret::from(op.key().public_jwk().to_string());
    let key = SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret).expect("long enough");
    key.with_kid(op.key().kid()).sign("logout+jwt", claims.to_string().as_bytes()).expect("signed")
}

/// The modules `...-backchannel-rpinitlogout-*` of the OpenID Foundation's suite, and three more of that kind.
fn violations_of_the_foundation(op: &Op, now: NumericDate) -> Vec<(&'static str, String)> {
    let good = op.logout(now, &json!({"sid": "s-1"}));
    let claims = good.to_string();
    let other = |algorithm| SigningKey::generate(algorithm).expect("a key");
    let wrong_alg = other(SignatureAlgorithm::EdDsa).with_kid(op.key().kid()).sign("logout+jwt", claims.as_bytes());
    let mut broken = token(op, now, &json!({}));
    let last = broken.pop();
    broken.push(if last == Some('A') { 'Q' } else { 'A' });
    vec![
        ("alg-none", unsigned(&good)),
        ("no-event", token(op, now, &json!({"events": null}))),
        ("with-nonce", token(op, now, &json!({"nonce": "n-0S6_WzA2Mj"}))),
        ("wrong-alg", wrong_alg.expect("signed")),
        ("wrong-aud", token(op, now, &json!({"aud": "my-app1"}))),
        ("wrong-event", token(op, now, &json!({"events": {"http://schemas.openid.net/event/other": {}}}))),
        ("wrong-iss", token(op, now, &json!({"iss": format!("{}1", op.issuer())}))),
        ("broken signature", broken),
        ("neither sub nor sid", token(op, now, &json!({"sid": null, "sub": null}))),
        ("no iat", token(op, now, &json!({"iat": null}))),
    ]
}

fn violations_of_our_own(op: &Op, now: NumericDate) -> Vec<(&'static str, String)> {
    let good = op.logout(now, &json!({"sid": "s-1"}));
    let stranger = SigningKey::generate(ES256).expect("a key").with_kid(op.key().kid());
    let forged = stranger.sign("logout+jwt", good.to_string().as_bytes()).expect("signed");
    let with_type = |typ: &str| op.sign_with_header(&json!({"alg": "ES256", "kid": op.key().kid(), "typ": typ}), &good);
    let id_token = json!({
        "iss": op.issuer(), "aud": "my-app", "sub": "alice", "sid": "s-1", "iat": now, "exp": now.plus(300),
        "auth_time": now, "at_hash": "0123456789abcdefghijkl",
    });
    let id_token_type = json!({"alg": "ES256", "kid": op.key().kid(), "typ": "JWT"});
    vec![
        ("an ID Token", op.sign_with_header(&id_token_type, &id_token)),
        (
            "an ID Token with a nonce",
            op.sign(&{
                let mut with_nonce = id_token;
                merge(&mut with_nonce, &json!({"nonce": "n", "jti": "j", "events": {EVENT: {}}}));
                with_nonce
            }),
        ),
        ("an access token", with_type("at+jwt")),
        ("signed by a stranger", forged),
        ("alg confusion", confused(op, &good)),
        ("the event is a string", token(op, now, &json!({"events": {EVENT: ""}}))),
        ("the event is an array", token(op, now, &json!({"events": {EVENT: []}}))),
        ("the events are an array", token(op, now, &json!({"events": [EVENT]}))),
        ("the event in other case", token(op, now, &json!({"events": {EVENT.to_uppercase(): {}}}))),
        ("no jti", token(op, now, &json!({"jti": null}))),
        ("an empty jti", token(op, now, &json!({"jti": ""}))),
        ("an empty sid", token(op, now, &json!({"sid": ""}))),
        ("expired", token(op, now, &json!({"exp": now.minus(61)}))),
        ("from the future", token(op, now, &json!({"iat": now.plus(61)}))),
        ("too old", token(op, now, &json!({"iat": now.minus(181)}))),
        ("for somebody else too", token(op, now, &json!({"aud": ["my-app", "another-app"]}))),
        ("another issuer's slash", token(op, now, &json!({"iss": format!("{}/", op.issuer())}))),
        ("four segments", format!("{}.e30", token(op, now, &json!({})))),
        ("padded", format!("{}=", token(op, now, &json!({})))),
        ("no token at all", "x".repeat(400)),
    ]
}

/// R110, R111, R112, R113, R118, R122, V70
#[tokio::test(start_paused = true)]
async fn what_is_no_logout_token_of_this_provider_for_us_is_answered_with_400_and_the_session_lives() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.corp.says("token_endpoint_auth_methods_supported", json!(["client_secret_basic"]));
        let mut alice = bench.device("corp", "alice", "s-1").await;
        let (op, now) = (bench.corp.clone(), bench.now());
        let violations = [violations_of_the_foundation(&op, now), violations_of_our_own(&op, now)].concat();
        let asked = bench.store.asked();
        for (violation, token) in &violations {
            bench.post("corp", token).await.expect_error(400, violation);
        }
        assert_eq!(bench.store.asked(), asked, "no store is asked before the signature holds (V77)");
        assert!(is_in(&mut alice).await, "{mode:?}");
        bench.pass(0);
        bench.post("corp", &token(&op, now, &json!({}))).await.expect_ok();
        assert!(!is_in(&mut alice).await, "{mode:?}: what was changed is what was wrong");
    }
}

/// R113: whatever it is.
#[tokio::test]
async fn a_nonce_that_is_null_is_a_nonce() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let mut claims = bench.corp.logout(bench.now(), &json!({"sid": "s-1"}));
    claims["nonce"] = Value::Null;
    bench.post("corp", &bench.corp.sign(&claims)).await.expect_error(400, "a nonce");
    assert!(is_in(&mut alice).await);
}

/// R122: what ends a session begins none.
#[tokio::test]
async fn a_logout_token_in_the_place_of_an_id_token_signs_nobody_in() {
    let bench = Bench::new(Mode::Cookies);
    let (mut browser, now) = (bench.browser(), bench.now());
    let callback = bench.callback(&mut browser, "corp", "alice", "s-1").await;
    bench.corp.calls_sessions(None);
    let logout_token = bench.corp.sign(&bench.corp.logout(now, &json!({"sub": "alice", "sid": "s-1"})));
    bench.corp.gives("id_token", logout_token);
    let page = browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    assert!(!is_in(&mut browser).await);
}

/// R110: clocks that differ a little, and providers that know no type.
#[tokio::test]
async fn what_the_specifications_allow_is_taken() {
    for changed in [
        json!({}),
        json!({"sub": null}),
        json!({"exp": null}),
        json!({"aud": ["my-app"]}),
        json!({"whatever": {"else": [1, 2]}, "sub": "somebody else, and the sid counts"}),
    ] {
        let bench = Bench::new(Mode::Store);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        bench.post("corp", &token(&bench.corp, bench.now(), &changed)).await.expect_ok();
        assert!(!is_in(&mut alice).await, "{changed}");
    }
    for (header, age) in [(json!({"typ": "application/LOGOUT+JWT"}), 0), (json!({"typ": "JWT"}), 180), (json!({}), 60)]
    {
        let mut bench = Bench::new(Mode::Cookies);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        let mut whole = json!({"alg": "ES256", "kid": bench.corp.key().kid()});
        merge(&mut whole, &header);
        let token = bench.corp.sign_with_header(&whole, &bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
        bench.pass(age);
        bench.post("corp", &token).await.expect_ok();
        assert!(!is_in(&mut alice).await, "{header}, {age} seconds old");
    }
}

/// V70: a provider that has once said what its tokens are is held to it.
#[tokio::test]
async fn once_a_token_said_what_it_is_none_without_is_taken() {
    let bench = Bench::new(Mode::Cookies);
    let untyped = |sid: &str| {
        let header = json!({"alg": "ES256", "kid": bench.corp.key().kid(), "typ": "JWT"});
        bench.corp.sign_with_header(&header, &bench.corp.logout(bench.now(), &json!({"sid": sid})))
    };
    let mut alice = bench.device("corp", "alice", "s-1").await;
    bench.post("corp", &untyped("s-0")).await.expect_ok();
    // A forged one that says so teaches nothing.
    let claims = bench.corp.logout(bench.now(), &json!({"sid": "s-0"}));
    let forged = SigningKey::generate(ES256).expect("a key").with_kid(bench.corp.key().kid());
    let forged = forged.sign("logout+jwt", claims.to_string().as_bytes()).expect("signed");
    bench.post("corp", &forged).await.expect_error(400, "forged");
    bench.post("corp", &untyped("s-0")).await.expect_ok();

    bench.end_session("corp", "s-0").await.expect_ok();
    bench.post("corp", &untyped("s-1")).await.expect_error(400, "not typed any more");
    assert!(is_in(&mut alice).await);
    // Another provider is another provider.
    let header = json!({"alg": "ES256", "kid": bench.staff.key().kid()});
    let other = bench.staff.sign_with_header(&header, &bench.staff.logout(bench.now(), &json!({"sid": "s-1"})));
    bench.post("staff", &other).await.expect_ok();
}

/// V70
#[tokio::test]
async fn the_type_can_be_required_from_the_first_token_on() {
    let bench = Bench::of(Mode::Cookies, crate::bench::corp().require_logout_token_type(), |builder| builder);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let header = json!({"alg": "ES256", "kid": bench.corp.key().kid(), "typ": "JWT"});
    let untyped = bench.corp.sign_with_header(&header, &bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
    bench.post("corp", &untyped).await.expect_error(400, "not typed");
    assert!(is_in(&mut alice).await);
    bench.end_session("corp", "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// V11: one line, with the reason, without the token.
#[tokio::test]
async fn a_refusal_is_one_line_of_the_log_that_names_the_reason() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    let (log, _listening) = Log::listen();
    let token =
        token(&bench.corp, bench.now(), &json!({"aud": "another-app", "jti": "canary-jti", "sid": "canary-sid"}));
    bench.post("corp", &token).await.expect_error(400, "for another app");
    let lines: Vec<_> = log.lines().into_iter().filter(|line| line.contains("vestibule::logout")).collect();
    let [line] = &lines[..] else { panic!("one line: {lines:?}") };
    assert!(line.starts_with("WARN") && line.contains("is not for client 'my-app'"), "{line}");
    assert!(!log.lines().iter().any(|line| line.contains("canary") || line.contains(&token)), "{:?}", log.lines());
}
