//! The numbers of an RSA key: the crypto library gives the private ones as DER only (RFC 5208 5, RFC 8017 A.1.2).

use aws_lc_rs::{
    encoding::AsDer,
    signature::{KeyPair, RsaKeyPair},
};
use serde_json::{Map, Value, json};

use crate::jose::base64url;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The required members of the public key (RFC 7638 3.2).
pub(in crate::jose) fn public_members(pair: &RsaKeyPair) -> Map<String, Value> {
    let key = pair.public_key();
    Map::from_iter([
        ("e".to_owned(), json!(base64url::encode(key.exponent().big_endian_without_leading_zero()))),
        ("kty".to_owned(), json!("RSA")),
        ("n".to_owned(), json!(base64url::encode(key.modulus().big_endian_without_leading_zero()))),
    ])
}

/// The private members (RFC 7518 6.3.2).
pub(in crate::jose) fn private_members(pair: &RsaKeyPair) -> Option<Map<String, Value>> {
    let der = pair.as_der().ok()?;
    let (info, _) = read(SEQUENCE, der.as_ref())?;
    let (_, info) = read(INTEGER, info)?;
    let (_, info) = read(SEQUENCE, info)?;
    let (key, _) = read(OCTET_STRING, info)?;
    let (numbers, _) = read(SEQUENCE, key)?;
    let (_, numbers) = read(INTEGER, numbers)?;
    let (_, numbers) = read(INTEGER, numbers)?;
    let (_, mut numbers) = read(INTEGER, numbers)?;
    let mut members = Map::new();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        let (number, others) = read(INTEGER, numbers)?;
        // DER puts a zero before a number whose first bit is set; a JWK does not (RFC 7518 2).
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        members.insert(name.to_owned(), json!(base64url::encode(number)));
        numbers = others;
    }
    Some(members)
}

/// One value with this tag, and what comes after it (X.690 8.1).
fn read(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, bytes) = bytes.split_first().filter(|(first, _)| **first == tag)?;
    let (&first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first {
        ..=0x7f => (usize::from(first), bytes),
        0x81..=0x82 => {
            let (length, bytes) = bytes.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)), bytes)
        }
        _ => return None,
    };
    bytes.split_at_checked(length)
}
