//! Signed tokens of which one bit was changed (V36, V53): none gets through, wherever it is read and whatever it was signed with.

use std::sync::OnceLock;

use serde_json::{Value, json};
use vestibule_core::{
    JwkSet, Secret, SignatureAlgorithm,
    jose::{CompactJws, SigningKey},
};

use super::{
    bits,
    doors::{Door, Doors, set_of},
    kinds::kinds,
};

/// A key of this algorithm; those of RSA take long to make, and are one key.
fn key(algorithm: SignatureAlgorithm) -> SigningKey {
    static RSA: OnceLock<Value> = OnceLock::new();
    if algorithm.is_symmetric() {
        let secret = Secret::from("a secret that is long enough for an HMAC of 512 bits, which is 64");
        return SigningKey::from_secret(algorithm, &secret).expect("a key");
    }
    if !matches!(algorithm.name().get(..2), Some("RS" | "PS")) {
        return SigningKey::generate(algorithm).expect("a key");
    }
    let jwk = RSA.get_or_init(|| {
        let key = SigningKey::generate(SignatureAlgorithm::Rs256).expect("a key");
        let jwk = key.to_private_jwk().expect("a private key");
        let mut jwk: Value = serde_json::from_str(jwk.expose()).expect("JSON");
        jwk.as_object_mut().expect("an object").remove("alg");
        jwk
    });
    SigningKey::from_jwk_for(algorithm, jwk).expect("a key")
}

/// How many of these get through at a door, and how many there are.
async fn through(doors: &Doors, door: Door, tokens: impl Iterator<Item = String>) -> (usize, usize) {
    let (mut taken, mut all) = (0, 0);
    for token in tokens {
        taken += usize::from(doors.take(door, &token).await);
        all += 1;
    }
    (taken, all)
}

/// V36, V53, R68: each token with each bit of its text, and each bit of what its parts stand for, changed.
#[tokio::test]
async fn a_token_of_any_kind_with_one_bit_changed_gets_through_nowhere() {
    let (by_secret, by_key) = (Doors::new(), Doors::signing_with(key(SignatureAlgorithm::EdDsa)));
    let mut changed = 0;
    for kind in kinds(&by_secret.nonce()) {
        for door in kind.at().iter().copied() {
            let doors = if door == Door::ClaimSource { &by_key } else { &by_secret };
            let token = kind.token(doors);
            let flips = bits::of_the_text(&token).chain(bits::of_the_parts(&token, 0..3));
            // One in so many, by a number that falls on every bit of a byte in turn.
            let flips = flips.step_by(if bits::in_full() { 1 } else { 7 });
            let (taken, all) = through(doors, door, flips).await;
            assert_eq!(taken, 0, "{} at {door:?}, of {all}", kind.name);
            // Last, since an assertion is good once: as it was signed, it gets through.
            assert!(doors.take(door, &token).await, "{} at {door:?}", kind.name);
            changed += all;
        }
    }
    println!("figure: {changed} tokens of {} kinds with one bit changed, 0 taken", kinds("n").len());
}

/// V36, V44: each algorithm, and each bit of its signature.
#[test]
fn a_signature_with_one_bit_changed_is_refused_whatever_the_algorithm() {
    let mut changed = 0;
    for algorithm in SignatureAlgorithm::ALL {
        let key = key(algorithm);
        let token = key.sign("JWT", json!({"sub": "alice"}).to_string().as_bytes()).expect("signed");
        let (secret, keys) =
            (Secret::from("a secret that is long enough for an HMAC of 512 bits, which is 64"), keys_of(&key));
        let takes = |token: &str| {
            let Ok(jws) = CompactJws::parse(token) else { return false };
            if algorithm.is_symmetric() {
                jws.verify_with_secret(algorithm, &secret).is_ok()
            } else {
                jws.verify(algorithm, &keys).is_ok()
            }
        };
        assert!(takes(&token), "{algorithm}");
        let all: Vec<String> = if bits::in_full() {
            bits::of_the_text(&token).chain(bits::of_the_parts(&token, 0..3)).collect()
        } else {
            bits::of_the_parts(&token, 2..3).collect()
        };
        assert_eq!(all.iter().filter(|token| takes(token)).count(), 0, "{algorithm}");
        changed += all.len();
    }
    println!("figure: {changed} by {} algorithms of signatures, 0 taken", SignatureAlgorithm::ALL.len());
}

fn keys_of(key: &SigningKey) -> JwkSet {
    if key.algorithm().is_symmetric() { JwkSet::empty() } else { set_of(key) }
}

/// V53, R68: the bits at the end of a part that base64url does not use are zero, or the token is another text and refused.
#[tokio::test]
async fn the_bits_that_base64url_leaves_over_are_no_second_way_to_write_a_token() {
    let doors = Doors::new();
    let nonce = doors.nonce();
    let token = kinds(&nonce).first().expect("an ID Token").token(&doors);
    let segments: Vec<&str> = token.split('.').collect();
    let mut left_over = 0;
    for (part, segment) in segments.iter().enumerate() {
        let unused = match segment.len() % 4 {
            2 => 4,
            3 => 2,
            _ => 0,
        };
        for value in 1..1_usize << unused {
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let last = segment.chars().last().expect("not empty");
            let other = alphabet.chars().nth(alphabet.find(last).expect("of the alphabet") | value).expect("one of 64");
            let mut changed: Vec<String> = segments.iter().map(|segment| (*segment).to_owned()).collect();
            changed[part] = format!("{}{other}", &segment[..segment.len() - 1]);
            assert!(!doors.take(Door::Login, &changed.join(".")).await, "{part} {value}");
            left_over += 1;
        }
    }
    assert!(left_over > 0, "at least one part has such bits");
}
