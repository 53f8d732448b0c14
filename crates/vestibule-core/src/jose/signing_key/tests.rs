use super::*;

fn members(jwk: Value) -> Map<String, Value> {
    match jwk {
        Value::Object(members) => members,
        other => panic!("{other} is no JWK"),
    }
}

/// RFC 7638 3.1, and RFC 8037 A.3
#[test]
fn the_specifications_own_thumbprints_come_out() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok\
        njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu\
        6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a\
        wapJzKnqDKgw";
    let rsa = members(json!({"e": "AQAB", "kty": "RSA", "n": n}));
    assert_eq!(thumbprint(rsa), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let okp = json!({"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(thumbprint(members(okp)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

/// RFC 7638 3.2: of the required members, in lexicographic order and without white space; written out here once more.
#[test]
fn the_kid_of_a_new_key_is_its_thumbprint() {
    for algorithm in
        [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256, SignatureAlgorithm::Es512, SignatureAlgorithm::EdDsa]
    {
        let jwk = SigningKey::generate(algorithm).expect("a key").public_jwk();
        let text = |name: &str| jwk[name].as_str().expect("a string").to_owned();
        let hashed = match text("kty").as_str() {
            "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n")),
            "EC" => format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, text("crv"), text("x"), text("y")),
            _ => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text("x")),
        };
        assert_eq!(text("kid"), base64url::encode(digest::sha256(hashed.as_bytes())), "{algorithm}");
    }
}

/// V51: what is published of a shared secret is neither the secret nor a hash of it.
#[test]
fn the_public_half_of_a_secret_is_empty() {
    let secret = Secret::new("x".repeat(32));
    let key = SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret).expect("a key");
    assert_eq!(key.kid(), "");
    assert_eq!(key.public_jwk(), json!({"kty": "oct", "kid": "", "alg": "HS256", "use": "sig"}));
    assert_eq!(format!("{key:?}"), r#"SigningKey { algorithm: Hs256, kid: "", .. }"#);
    assert_eq!(SigningKey::generate(SignatureAlgorithm::Hs256).err(), Some(SigningFailed));
}

/// A kid that is there names a key; a secret has none, and an empty one would be looked for.
#[test]
fn a_token_names_the_key_that_signed_it_and_no_other() {
    let header = |key: &SigningKey| {
        let token = key.sign("JWT", b"{}").expect("a token");
        let header = token.split('.').next().and_then(base64url::decode).expect("base64url");
        serde_json::from_slice::<Value>(&header).expect("JSON")
    };
    let pair = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("k");
    assert_eq!(header(&pair), json!({"alg": "ES256", "typ": "JWT", "kid": "k"}));
    let secret = Secret::new("x".repeat(32));
    let secret = SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret).expect("a key");
    assert_eq!(header(&secret), json!({"alg": "HS256", "typ": "JWT"}));
}
