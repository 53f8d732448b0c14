//! What an ID Token is signed with: key pairs and shared secrets.

use aws_lc_rs::digest::{self as library, SHA256, SHA384, SHA512};

use super::*;

const HMACS: [SignatureAlgorithm; 3] =
    [SignatureAlgorithm::Hs256, SignatureAlgorithm::Hs384, SignatureAlgorithm::Hs512];

/// Long enough for each of the three, and with what secrets of self-registered clients have in them.
const SECRET: &str = "a secret of more than 64 bytes: it's \"our\" 100% + own, zo\u{eb}'s & no one else's";

fn confidential(secret: &str, algorithm: SignatureAlgorithm) -> Client {
    Client::confidential("rp", secret).id_token_signed_response_alg(algorithm)
}

fn signed_with_secret(secret: &str, algorithm: SignatureAlgorithm, claims: &Value) -> UnverifiedIdToken {
    let signer = SigningKey::from_secret(algorithm, &secret.into()).expect("a long secret");
    UnverifiedIdToken::new(signer.sign("JWT", claims.to_string().as_bytes()).expect("signed"), NONCE)
}

fn refusal_by(client: &Client, keys: &JwkSet, token: &UnverifiedIdToken) -> Option<InvalidIdToken> {
    token.verify(keys, &client.expected_id_token(&metadata_of(ISSUER)), NOW).err()
}

fn wrong_algorithm(expected: SignatureAlgorithm, got: SignatureAlgorithm) -> Option<InvalidIdToken> {
    Some(InvalidJws::Algorithm { expected, got: Excerpt::new(got.name()) }.into())
}

/// V34: Core 10.1: the key is the UTF-8 of the client secret.
#[test]
fn an_hmac_under_the_client_secret_is_accepted_where_it_is_registered() {
    for algorithm in HMACS {
        let client = confidential(SECRET, algorithm);
        assert_eq!(client.check(), Ok(()));
        let token = signed_with_secret(SECRET, algorithm, &good());
        assert_eq!(refusal_by(&client, &JwkSet::empty(), &token), None, "{algorithm}");
        // The other checks are not forgotten over it.
        let expired = signed_with_secret(SECRET, algorithm, &with(good(), "exp", at(-3600).seconds()));
        let reason = InvalidIdToken::Expired { exp: at(-3600), now: NOW };
        assert_eq!(refusal_by(&client, &JwkSet::empty(), &expired), Some(reason), "{algorithm}");
    }
}

/// V34, R42
#[test]
fn an_hmac_under_another_secret_is_refused() {
    let bad_signature = Some(InvalidIdToken::Jws(InvalidJws::Signature));
    for algorithm in HMACS {
        let client = confidential(SECRET, algorithm);
        for other in [SECRET.to_uppercase(), format!("{SECRET} "), format!("{SECRET}\0x"), "x".repeat(64)] {
            let token = signed_with_secret(&other, algorithm, &good());
            assert_eq!(refusal_by(&client, &JwkSet::empty(), &token), bad_signature, "{algorithm}: {other:?}");
        }
        let token = signed_with_secret(SECRET, algorithm, &good());
        let [header, _, signature] = token.raw.expose().split('.').collect::<Vec<_>>().try_into().expect("segments");
        let admin = base64url::encode(with(good(), "sub", "admin").to_string());
        for forged in [format!("{header}.{admin}.{signature}"), format!("{header}.{admin}.")] {
            let token = UnverifiedIdToken::new(forged, NONCE);
            assert_eq!(refusal_by(&client, &JwkSet::empty(), &token), bad_signature, "{algorithm}");
        }
    }
}

/// V34, R42, R70: an HMAC that is right in itself, where a key pair or another HMAC was agreed on; and the other way round.
#[test]
fn an_hmac_is_refused_where_another_algorithm_was_agreed_on() {
    let keys = set(&[rs256().public_jwk(), es256().public_jwk()]);
    for got in HMACS {
        let token = signed_with_secret(SECRET, got, &good());
        for expected in SignatureAlgorithm::ALL.into_iter().filter(|expected| *expected != got) {
            let refused = refusal_by(&confidential(SECRET, expected), &keys, &token);
            assert_eq!(refused, wrong_algorithm(expected, got), "{got} where {expected} was agreed on");
        }
        let by_the_provider = rs256().sign("JWT", good().to_string().as_bytes()).expect("signed");
        let refused = refusal_by(&confidential(SECRET, got), &keys, &UnverifiedIdToken::new(by_the_provider, NONCE));
        assert_eq!(refused, wrong_algorithm(got, SignatureAlgorithm::Rs256));
    }
}

/// V34: Core 3.1.3.7 (8)
#[test]
fn the_key_set_has_no_say_about_an_hmac() {
    for algorithm in HMACS {
        let client = confidential(SECRET, algorithm);
        let oct =
            |secret: &str| json!({"kty": "oct", "kid": "k", "alg": algorithm.name(), "k": base64url::encode(secret)});
        let with_oct =
            [set(&[oct(SECRET)]), set(&[oct(&"x".repeat(64))]), set(&[rs256().public_jwk()]), JwkSet::empty()];
        let header = json!({"alg": algorithm.name(), "kid": "k"});
        let sign = |secret: &str| {
            let signer = SigningKey::from_secret(algorithm, &secret.into()).expect("a long secret");
            let token = signer.sign_with_header(&header, good().to_string().as_bytes()).expect("signed");
            UnverifiedIdToken::new(token, NONCE)
        };
        for keys in &with_oct {
            assert_eq!(refusal_by(&client, keys, &sign(SECRET)), None, "{algorithm}");
            let published = refusal_by(&client, keys, &sign(&"x".repeat(64)));
            assert_eq!(published, Some(InvalidJws::Signature.into()), "{algorithm}");
            // A client without a secret has nothing to verify with, and does not look for it in the key set.
            let public = Client::public("rp").id_token_signed_response_alg(algorithm);
            let kid = Some(Excerpt::new("k"));
            let reason = InvalidJws::NoMatchingKey { algorithm, kid };
            assert_eq!(refusal_by(&public, keys, &sign(SECRET)), Some(reason.into()), "{algorithm}");
        }
        assert!(!client.needs_provider_keys());
    }
    assert!(client().needs_provider_keys());
}

/// V54: even where the settings were not asked first ([`Client::check`] refuses them).
#[test]
fn a_short_secret_verifies_nothing() {
    for algorithm in HMACS {
        let hash = match algorithm {
            SignatureAlgorithm::Hs256 => hmac::HMAC_SHA256,
            SignatureAlgorithm::Hs384 => hmac::HMAC_SHA384,
            _ => hmac::HMAC_SHA512,
        };
        let header = base64url::encode(json!({"alg": algorithm.name()}).to_string());
        let input = format!("{header}.{}", base64url::encode(good().to_string()));
        let refused = |bytes: usize| {
            let secret = "x".repeat(bytes);
            let mac = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), input.as_bytes());
            let token = UnverifiedIdToken::new(format!("{input}.{}", base64url::encode(mac)), NONCE);
            refusal_by(&confidential(&secret, algorithm), &JwkSet::empty(), &token)
        };
        let reason = InvalidJws::NoMatchingKey { algorithm, kid: None };
        for bytes in [0, 1, algorithm.secret_bytes() - 1] {
            assert_eq!(refused(bytes), Some(reason.clone().into()), "{algorithm}: {bytes}");
        }
        assert_eq!(refused(algorithm.secret_bytes()), None, "{algorithm}");
    }
}

/// V43: Core 3.1.3.6: the left half of the hash that the ID Token's algorithm uses, computed here once more.
#[test]
fn the_hash_of_at_hash_is_the_one_of_the_algorithm() {
    use SignatureAlgorithm::*;
    for algorithm in SignatureAlgorithm::ALL {
        let (hash, bytes) = match algorithm {
            Rs256 | Ps256 | Es256 | Es256k | Hs256 => (&SHA256, 16),
            Rs384 | Ps384 | Es384 | Hs384 => (&SHA384, 24),
            Rs512 | Ps512 | Es512 | EdDsa | Hs512 => (&SHA512, 32),
        };
        let of =
            |hash, bytes: usize| base64url::encode(&library::digest(hash, ACCESS_TOKEN.as_bytes()).as_ref()[..bytes]);
        let (signer, client) = if algorithm.is_symmetric() {
            (SigningKey::from_secret(algorithm, &SECRET.into()), confidential(SECRET, algorithm))
        } else {
            (SigningKey::generate(algorithm), client().id_token_signed_response_alg(algorithm))
        };
        let signer = signer.expect("a key");
        let keys = set(&[signer.public_jwk()]);
        let refused = |at_hash: String, access_token: &str| {
            let token = signer.sign("JWT", with(good(), "at_hash", at_hash).to_string().as_bytes()).expect("signed");
            refusal_by(&client, &keys, &UnverifiedIdToken::new(token, NONCE).beside(access_token.into()))
        };
        assert_eq!(refused(of(hash, bytes), ACCESS_TOKEN), None, "{algorithm}");
        assert_eq!(refused(of(hash, bytes), "another"), Some(InvalidIdToken::AccessTokenHash), "{algorithm}");
        for (other, bytes) in
            [(&SHA256, 16), (&SHA384, 24), (&SHA512, 32)].into_iter().filter(|(other, _)| *other != hash)
        {
            assert_eq!(refused(of(other, bytes), ACCESS_TOKEN), Some(InvalidIdToken::AccessTokenHash), "{algorithm}");
        }
    }
}
