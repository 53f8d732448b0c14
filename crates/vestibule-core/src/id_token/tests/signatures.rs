//! Who signed a token, with which key and how.

use super::*;

/// R42, V33: in every build, with a signature or without.
#[test]
fn an_unsigned_token_is_refused() {
    let payload = base64url::encode(good().to_string());
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = base64url::encode(json!({"alg": alg, "typ": "JWT"}).to_string());
        for signature in ["", "AA"] {
            let token = UnverifiedIdToken::new(format!("{header}.{payload}.{signature}"), NONCE);
            let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got: Excerpt::new(alg) };
            assert_eq!(verify_as(&client(), &token).err(), Some(reason.into()), "{alg}");
        }
    }
}

/// R42, R70, V34: the public key is no secret, whichever form of it the attacker feeds to HMAC.
#[test]
fn a_token_made_with_the_public_key_as_hmac_secret_is_refused() {
    let jwk = rs256().public_jwk();
    let modulus = base64url::decode(jwk["n"].as_str().expect("a string")).expect("base64url");
    let mut any_alg = jwk.clone();
    any_alg.as_object_mut().expect("an object").remove("alg");
    let client = Client::confidential("rp", "a secret that is 32 bytes long!!");
    let header = json!({"alg": "HS256", "kid": rs256().kid(), "typ": "JWT"}).to_string();
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(good().to_string()));
    for secret in [jwk.to_string().as_bytes(), &modulus, b"a secret that is 32 bytes long!!", b""] {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        let token = UnverifiedIdToken::new(format!("{input}.{}", base64url::encode(mac)), NONCE);
        for key in [&jwk, &any_alg] {
            let verified =
                token.verify(&set(std::slice::from_ref(key)), &client.expected_id_token(&metadata_of(ISSUER)), NOW);
            let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Rs256, got: Excerpt::new("HS256") };
            assert_eq!(verified.err(), Some(reason.into()));
        }
    }
}

/// R42, R70: what the key could do does not matter, only what was agreed on.
#[test]
fn a_token_signed_with_another_algorithm_than_the_registered_one_is_refused() {
    let payload = good().to_string();
    let rs256_token = rs256().sign("JWT", payload.as_bytes()).expect("signed");
    let es256_token = es256().sign("JWT", payload.as_bytes()).expect("signed");
    let header = json!({"alg": "PS256", "kid": rs256().kid(), "typ": "JWT"});
    let ps256_label = rs256().sign_with_header(&header, payload.as_bytes()).expect("signed");
    let keys = set(&[rs256().public_jwk(), es256().public_jwk()]);
    for (token, registered, got) in [
        (&rs256_token, SignatureAlgorithm::Es256, "RS256"),
        (&es256_token, SignatureAlgorithm::Rs256, "ES256"),
        (&rs256_token, SignatureAlgorithm::Ps256, "RS256"),
        (&rs256_token, SignatureAlgorithm::Rs512, "RS256"),
        (&ps256_label, SignatureAlgorithm::Rs256, "PS256"),
    ] {
        let client = client().id_token_signed_response_alg(registered);
        let verified = UnverifiedIdToken::new(token.as_str(), NONCE).verify(
            &keys,
            &client.expected_id_token(&metadata_of(ISSUER)),
            NOW,
        );
        let reason = InvalidJws::Algorithm { expected: registered, got: Excerpt::new(got) };
        assert_eq!(verified.err(), Some(reason.into()), "{got} where {registered} is registered");
    }
}

/// R42
#[test]
fn the_default_algorithm_is_rs256() {
    let token = rs256().sign("JWT", good().to_string().as_bytes()).expect("signed");
    let (client, keys) = (Client::public("rp"), set(&[rs256().public_jwk()]));
    let expected_of = metadata_of(ISSUER);
    let verified = UnverifiedIdToken::new(token, NONCE).verify(&keys, &client.expected_id_token(&expected_of), NOW);
    assert_eq!(verified.err(), None);
}

/// R42: a signature of the right kind, by a key of the right name, over other bytes or with another key.
#[test]
fn a_forged_or_altered_token_is_refused() {
    let bad_signature = Some(InvalidIdToken::Jws(InvalidJws::Signature));
    let attacker = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(es256().kid());
    let forged = attacker.sign("JWT", good().to_string().as_bytes()).expect("signed");
    assert_eq!(verify_as(&client(), &UnverifiedIdToken::new(forged, NONCE)).err(), bad_signature);

    let token = es256().sign("JWT", good().to_string().as_bytes()).expect("signed");
    let [header, _, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three segments");
    let altered = base64url::encode(with(good(), "sub", "admin").to_string());
    let altered = UnverifiedIdToken::new(format!("{header}.{altered}.{signature}"), NONCE);
    assert_eq!(verify_as(&client(), &altered).err(), bad_signature);
    let stripped = UnverifiedIdToken::new(token.rsplit_once('.').expect("three segments").0.to_owned() + ".", NONCE);
    assert_eq!(verify_as(&client(), &stripped).err(), bad_signature);
}

/// R77: the reason on which the keys are fetched anew.
#[test]
fn a_kid_that_is_not_in_the_key_set_is_told_apart_from_a_bad_signature() {
    let rotated = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("2025-01");
    let token = rotated.sign("JWT", good().to_string().as_bytes()).expect("signed");
    let reason = InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid: Some(Excerpt::new("2025-01")) };
    assert_eq!(verify_as(&client(), &UnverifiedIdToken::new(token.as_str(), NONCE)).err(), Some(reason.into()));
    let keys = set(&[es256().public_jwk(), rotated.public_jwk()]);
    let (client, metadata) = (client(), metadata_of(ISSUER));
    assert!(UnverifiedIdToken::new(token, NONCE).verify(&keys, &client.expected_id_token(&metadata), NOW).is_ok());
}

/// V46: neither the claims nor the keys of one provider are good at another.
#[test]
fn a_good_token_of_one_provider_is_refused_for_another() {
    let (client, here, there) = (client(), metadata_of(ISSUER), metadata_of("https://other.example"));
    let other_key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("theirs");
    let (our_keys, their_keys) = (set(&[es256().public_jwk()]), set(&[other_key.public_jwk()]));
    let token = sign(&good());
    assert!(token.verify(&our_keys, &client.expected_id_token(&here), NOW).is_ok());
    for keys in [&our_keys, &their_keys] {
        let reason = InvalidIdToken::Issuer { expected: "https://other.example".to_owned(), got: Excerpt::new(ISSUER) };
        assert_eq!(token.verify(keys, &client.expected_id_token(&there), NOW).err(), Some(reason));
    }
    // The other provider signs that we said it.
    let forged = UnverifiedIdToken::new(other_key.sign("JWT", good().to_string().as_bytes()).expect("signed"), NONCE);
    let reason = InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid: Some(Excerpt::new("theirs")) };
    assert_eq!(forged.verify(&our_keys, &client.expected_id_token(&here), NOW).err(), Some(reason.into()));
}
