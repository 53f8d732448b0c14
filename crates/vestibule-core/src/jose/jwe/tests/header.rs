//! What a header may ask for, and the form that it comes in.

use super::*;

/// V38, V45, R74: the old RSA padding and passwords are refused by name, before any cryptography; so is whatever was not agreed on.
#[test]
fn only_the_agreed_algorithms_are_accepted_whatever_the_header_says() {
    let (ours, theirs) = pair_of((RsaOaep, A256Gcm));
    let ours = keys([ours]);
    for alg in ["RSA1_5", "PBES2-HS256+A128KW", "PBES2-HS512+A256KW", "RSA-OAEP-256", "dir", "none", "rsa-oaep", ""] {
        let header = json!({"alg": alg, "enc": "A256GCM", "p2c": 2_000_000_000, "p2s": "AAAA"});
        let reason = InvalidJwe::KeyManagement { expected: RsaOaep, got: Excerpt::new(alg) };
        assert_eq!(open(&with_header(&theirs, (RsaOaep, A256Gcm), &header), (RsaOaep, A256Gcm), &ours), Err(reason));
    }
    for enc in ["A128GCM", "A128CBC-HS256", "none", ""] {
        let header = json!({"alg": "RSA-OAEP", "enc": enc});
        let reason = InvalidJwe::ContentEncryption { expected: A256Gcm, got: Excerpt::new(enc) };
        assert_eq!(open(&with_header(&theirs, (RsaOaep, A256Gcm), &header), (RsaOaep, A256Gcm), &ours), Err(reason));
    }
}

/// V39, R74
#[test]
fn compressed_content_is_refused() {
    let agreed = (A128Kw, A128Gcm);
    let (_, theirs) = pair_of(agreed);
    for zip in [json!("DEF"), json!(""), json!(null), json!(1)] {
        let token = with_header(&theirs, agreed, &json!({"alg": "A128KW", "enc": "A128GCM", "zip": zip}));
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Compressed));
    }
}

/// R66, V40
#[test]
fn extensions_are_refused() {
    let agreed = (A128Kw, A128Gcm);
    let (_, theirs) = pair_of(agreed);
    for extension in [json!({"crit": ["exp"]}), json!({"crit": []}), json!({"crit": null}), json!({"b64": false})] {
        let mut header = json!({"alg": "A128KW", "enc": "A128GCM", "zip": "DEF"});
        header.as_object_mut().expect("an object").extend(extension.as_object().expect("an object").clone());
        let token = with_header(&theirs, agreed, &header);
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::CriticalExtension), "{header}");
    }
}

/// V35: keys and addresses inside the token change nothing; they are not even read.
#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let agreed = (A128Kw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let header = json!({"alg": "A128KW", "enc": "A128GCM", "jwk": 7, "jku": 7, "x5c": 7, "x5u": 7, "x5t": 7});
    assert_eq!(open(&with_header(&theirs, agreed, &header), agreed, &keys([ours])), Ok(SIGNED.to_owned()));
}

/// V53, R68
#[test]
fn only_the_compact_form_is_read() {
    let agreed = (A128Kw, A128Gcm);
    let token = pair_of(agreed).1.encrypt(A128Kw, A128Gcm, SIGNED).expect("a token");
    let segments: Vec<&str> = token.split('.').collect();
    for refused in [
        String::new(),
        "....".to_owned(),
        SIGNED.to_owned(),
        segments[..4].join("."),
        format!("{token}."),
        format!("{token}.{}", segments[4]),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        token.replacen('.', ".\n", 1),
        token.replacen('.', "=.", 1),
        format!("{{\"protected\":\"{}\"}}", segments[0]),
    ] {
        let reason = CompactJwe::parse(&refused).err();
        assert!(matches!(reason, Some(InvalidJwe::NotCompact | InvalidJwe::Header)), "{refused}: {reason:?}");
    }
    for which in 0..5 {
        let mut changed = segments.clone();
        let laxer = format!("{}=", segments[which]);
        changed[which] = &laxer;
        assert_eq!(CompactJwe::parse(&changed.join(".")).err(), Some(InvalidJwe::NotCompact), "{which}");
    }
}

/// V104
#[test]
fn a_token_is_at_most_64_kibibytes_long() {
    let token = |bytes: usize| format!("{}.", "A".repeat(bytes - 1));
    assert_eq!(CompactJwe::parse(&token(65_536)).err(), Some(InvalidJwe::NotCompact));
    assert_eq!(CompactJwe::parse(&token(65_537)).err(), Some(InvalidJwe::TooLong { bytes: 65_537 }));
}

/// V42, R65
#[test]
fn a_header_is_one_strict_object() {
    for header in [
        "",
        "[]",
        "{}",
        r#"{"alg":"dir"}"#,
        r#"{"enc":"A128GCM"}"#,
        r#"{"alg":"dir","kid":"k"}"#,
        r#"{"enc":"A128GCM","kid":"k"}"#,
        r#"{"alg":1,"enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":null}"#,
        r#"{"alg":"dir","alg":"dir","enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A128GCM","x":1,"x":2}"#,
        r#"{"alg":"dir","enc":"A128GCM","\u0065nc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A128GCM"}{}"#,
        r#"{"alg":"dir","enc":"A128GCM","kid":7}"#,
        r#"{"alg":"dir","enc":"A128GCM","cty":null}"#,
        r#"{"alg":"dir","enc":"A128GCM","apu":"="}"#,
        r#"{"alg":"dir","enc":"A128GCM","iv":1}"#,
        r#"{"alg":"dir","enc":"A128GCM","epk":"P-256"}"#,
        r#"{"alg":"dir","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","x":"AA"}}"#,
    ] {
        let token = format!("{}....", base64url::encode(header));
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Header), "{header}");
    }
    let not_utf_8 = format!("{}....", base64url::encode(b"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x\":\"\xff\"}"));
    assert_eq!(CompactJwe::parse(&not_utf_8).err(), Some(InvalidJwe::Header));
    let many: serde_json::Map<_, _> = (0..31).map(|n| (n.to_string(), json!(n))).collect();
    let mut header = json!({"alg": "dir", "enc": "A128GCM"});
    header.as_object_mut().expect("an object").extend(many);
    let token = format!("{}....", base64url::encode(header.to_string()));
    assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Header), "33 members");
}
