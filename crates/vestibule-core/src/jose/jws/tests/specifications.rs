//! The examples of the specifications, which other implementations verify as well.

use super::*;

/// RFC 7515 A.1 to A.3: a claims set of two claims and three line breaks.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7520 4: two sentences.
const FRODO: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW\
    5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0\
    by4";

/// RFC 7515 A.1, and RFC 7797 4 once more.
const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn token(header: &str, payload: &str, signature: &str) -> String {
    format!("{header}.{payload}.{signature}")
}

/// The token verifies with this key, and does not with another payload or another algorithm.
fn verifies(token: &str, algorithm: SignatureAlgorithm, jwk: Value) {
    let keys = set(&[jwk]);
    assert_eq!(verify(token, algorithm, &keys), Ok(()), "{token}");
    let [header, _, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three segments");
    let altered = format!("{header}.e30.{signature}");
    assert_eq!(verify(&altered, algorithm, &keys), Err(InvalidJws::Signature), "{token}");
    for other in SignatureAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
        let refused = verify(token, other, &keys);
        assert!(matches!(refused, Err(InvalidJws::Algorithm { .. })), "{token}: {refused:?}");
    }
}

/// The same for a shared secret, which the specifications' are: not text, so it goes in beneath `verify_with_secret`.
fn verifies_with(secret: &str, token: &str) {
    let secret = base64url::decode(secret).expect("base64url");
    let jws = CompactJws::parse(token).expect("a JWS");
    assert_eq!(jws.verify_mac(SignatureAlgorithm::Hs256, &secret), Ok(()), "{token}");
    let (_, other) = secret.split_first().expect("a secret");
    let wrong = [&[0], other].concat();
    assert_eq!(jws.verify_mac(SignatureAlgorithm::Hs256, &wrong), Err(InvalidJws::Signature), "{token}");
}

/// RFC 7515 A.1
#[test]
fn the_hs256_example_of_rfc_7515_verifies() {
    let header = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
    verifies_with(SECRET, &token(header, CLAIMS, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
}

/// RFC 7515 A.2
#[test]
fn the_rs256_example_of_rfc_7515_verifies() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
        pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca\
        pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5\
        4h4FRWyuXpoQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr\
        7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x\
        i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy\
        pGlUPQGe77Rw";
    let token = token("eyJhbGciOiJSUzI1NiJ9", CLAIMS, signature);
    verifies(&token, SignatureAlgorithm::Rs256, json!({"kty": "RSA", "n": n, "e": "AQAB"}));
}

/// RFC 7515 A.3
#[test]
fn the_es256_example_of_rfc_7515_verifies() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    verifies(&token("eyJhbGciOiJFUzI1NiJ9", CLAIMS, signature), SignatureAlgorithm::Es256, jwk);
}

/// RFC 7515 A.4
#[test]
fn the_es512_example_of_rfc_7515_verifies() {
    let jwk = json!({
        "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    let signature = "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJ\
        ZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    verifies(&token("eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA", signature), SignatureAlgorithm::Es512, jwk);
}

/// RFC 7515 A.5; R42, V33
#[test]
fn the_unsecured_example_of_rfc_7515_is_refused() {
    let token = token("eyJhbGciOiJub25lIn0", CLAIMS, "");
    for algorithm in SignatureAlgorithm::ALL {
        let reason = InvalidJws::Algorithm { expected: algorithm, got: Excerpt::new("none") };
        assert_eq!(verify(&token, algorithm, &set(&[])), Err(reason));
    }
}

/// RFC 7515 E; R66, V40
#[test]
fn the_negative_example_of_rfc_7515_is_refused() {
    let header = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9\
        VTkRFRklORUQiOnRydWUNCn0";
    assert_eq!(CompactJws::parse(&token(header, "RkFJTA", "")).err(), Some(InvalidJws::CriticalExtension));
}

/// RFC 7797 4.1 and 4.2; R66, R67: the same payload with and without the extension.
#[test]
fn the_example_of_rfc_7797_with_an_unencoded_payload_is_refused() {
    let encoded = token("eyJhbGciOiJIUzI1NiJ9", "JC4wMg", "5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ");
    verifies_with(SECRET, &encoded);
    let header = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";
    let detached = token(header, "", "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY");
    assert_eq!(CompactJws::parse(&detached).err(), Some(InvalidJws::CriticalExtension));
}

/// RFC 8037 A.4
#[test]
fn the_ed25519_example_of_rfc_8037_verifies() {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let token = token("eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", signature);
    verifies(&token, SignatureAlgorithm::EdDsa, jwk);
}

/// RFC 7520 3.4, without the private members.
fn bilbos_rsa_key() -> Value {
    let n = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV\
        wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJls\
        de3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkq\
        gc5gHdrNP5zw";
    json!({"kty": "RSA", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "n": n, "e": "AQAB"})
}

/// RFC 7520 4.1
#[test]
fn the_rs256_example_of_rfc_7520_verifies() {
    let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoB\
        wA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0\
        ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vj\
        bU5y18kDquDg";
    verifies(&token(header, FRODO, signature), SignatureAlgorithm::Rs256, bilbos_rsa_key());
}

/// RFC 7520 4.2
#[test]
fn the_ps384_example_of_rfc_7520_verifies() {
    let header = "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPp\
        cbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lf\
        JT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifK\
        o8DYM-X72Eaw";
    verifies(&token(header, FRODO, signature), SignatureAlgorithm::Ps384, bilbos_rsa_key());
}

/// RFC 7520 4.3
#[test]
fn the_es512_example_of_rfc_7520_verifies() {
    let jwk = json!({
        "kty": "EC", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "crv": "P-521",
        "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
        "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
    });
    let header = "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
    let signature = "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMD\
        xXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";
    verifies(&token(header, FRODO, signature), SignatureAlgorithm::Es512, jwk);
}

/// RFC 7520 4.4
#[test]
fn the_hs256_example_of_rfc_7520_verifies() {
    let header = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9";
    let token = token(header, FRODO, "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0");
    verifies_with("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg", &token);
}
