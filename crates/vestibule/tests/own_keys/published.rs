//! `/auth/jwks/{provider}`: what others may know of our keys.

use std::sync::{Arc, atomic::Ordering};

use vestibule::{OwnKeys, SignatureAlgorithm, core::jose::SigningKey};

use crate::{
    bench::{JWKS, by_key, corp, house, jwks, kids, op, registered, run, signed_by, signs_in},
    house::{House, TestClock, everywhere::Everywhere},
};

/// A private key as a person keeps it, with its private number as a canary.
fn private_jwk() -> (String, String) {
    let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").to_private_jwk().expect("a JWK");
    let jwk: serde_json::Value = serde_json::from_str(key.expose()).expect("JSON");
    (key.expose().clone(), jwk.get("d").and_then(serde_json::Value::as_str).expect("a private number").to_owned())
}

#[tokio::test]
async fn keys_that_were_given_prove_who_we_are_and_only_their_public_halves_are_published() {
    let (jwk, canary) = private_jwk();
    let keys = OwnKeys::from_jwks(format!(r#"{{"keys":[{jwk}]}}"#).as_bytes()).expect("a set");
    let (_, mut house) = run(&op(registered()), &TestClock::new(), corp(by_key()).keys(keys), |builder| builder);
    assert!(signs_in(&mut house).await);
    let published = house.get(JWKS).await;
    assert!(published.text().contains(&signed_by(&house.provider)) && !published.text().contains(&canary));
    assert!(!published.text().contains("\"d\""), "{}", published.text());
}

#[tokio::test]
async fn keys_that_are_made_prove_who_we_are_and_are_published_as_what_they_are() {
    let mut house = house();
    let page = house.get(JWKS).await;
    assert_eq!(page.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(page.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!((page.header("set-cookie"), page.header("vary")), (None, None), "nobody is asked who they are");
    let jwks = jwks(&mut house).await;
    let key = &jwks["keys"][0];
    assert_eq!((&key["alg"], &key["use"], key.get("d")), (&"ES256".into(), &"sig".into(), None));
    assert!(signs_in(&mut house).await);
    assert_eq!(kids(&jwks), [signed_by(&house.provider)]);
}

#[tokio::test]
async fn who_needs_no_keys_has_none_and_none_are_made() {
    let mut house = House::new();
    for path in [JWKS, "/auth/jwks/nobody"] {
        let page = house.get(path).await;
        assert_eq!((page.status().as_u16(), page.text()), (404, ""), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
    }
}

/// V77: anybody can ask for them, and that is no question to the store each time.
#[tokio::test]
async fn many_who_ask_within_a_second_cost_the_store_one_look() {
    let (store, clock) = (Everywhere::new(), TestClock::new());
    let keys = corp(by_key()).keys(OwnKeys::made());
    let (_, mut house) = run(&op(registered()), &clock, keys, |builder| builder.sessions(Arc::clone(&store)));
    let published = jwks(&mut house).await;
    let asked = || store.asked.load(Ordering::SeqCst);
    let before = asked();
    for _ in 0..100 {
        assert_eq!(jwks(&mut house).await, published);
    }
    assert_eq!(asked(), before);
    house.pass(1);
    assert_eq!(jwks(&mut house).await, published);
    assert!(asked() > before, "and then it is asked again");
}
