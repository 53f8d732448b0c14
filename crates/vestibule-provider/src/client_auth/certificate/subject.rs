//! The subject of a certificate (RFC 5280 4.1.2.6) as text (RFC 4514 2): as much of DER as it takes.

use std::fmt::Write;

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The explicit tag of the version, which a certificate of the first version has not.
const VERSION: u8 = 0xa0;

/// RFC 4514 3, by their encoded object identifiers.
const NAMES: [(&[u8], &str); 9] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "STREET"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
];

/// The subject; nothing for what is no certificate, or has an attribute that has no short name.
pub(super) fn of(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = take(certificate, SEQUENCE)?;
    let (mut rest, _) = take(certificate, SEQUENCE)?;
    if let Some((_, after)) = take(rest, VERSION) {
        rest = after;
    }
    // serialNumber, signature, issuer, validity
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE] {
        rest = take(rest, tag)?.1;
    }
    let (mut subject, _) = take(rest, SEQUENCE)?;
    let mut names = Vec::new();
    while !subject.is_empty() {
        let (name, after) = take(subject, SET)?;
        names.push(relative_name(name)?);
        subject = after;
    }
    // RFC 4514 2.1: the last one first.
    names.reverse();
    Some(names.join(","))
}

/// RFC 4514 2.2: usually one attribute.
fn relative_name(mut set: &[u8]) -> Option<String> {
    let mut attributes = Vec::new();
    while !set.is_empty() {
        let (attribute, after) = take(set, SEQUENCE)?;
        let (identifier, value) = take(attribute, OBJECT_IDENTIFIER)?;
        let (_, name) = NAMES.iter().find(|(known, _)| *known == identifier)?;
        let (_, value, _) = element(value)?;
        attributes.push(format!("{name}={}", escaped(str::from_utf8(value).ok()?)));
        set = after;
    }
    Some(attributes.join("+"))
}

/// RFC 4514 2.4
fn escaped(value: &str) -> String {
    let mut out = String::new();
    let last = value.chars().count().saturating_sub(1);
    for (place, c) in value.chars().enumerate() {
        let is_special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (place == 0 && matches!(c, ' ' | '#'))
            || (place == last && c == ' ');
        if c == '\0' {
            out.push_str("\\00");
        } else if is_special {
            let _ = write!(out, "\\{c}");
        } else {
            out.push(c);
        }
    }
    out
}

/// The contents of the element at the beginning, if it has this tag, and what follows.
fn take(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, contents, rest) = element(der)?;
    (tag == wanted).then_some((contents, rest))
}

/// Tag, contents, and what follows (X.690 8.1.2 and 8.1.3).
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, der) = der.split_first()?;
    let (&first, mut der) = der.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (bytes, after) = der.split_at_checked(usize::from(first & 0x7f))?;
        length = bytes.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
        der = after;
    }
    let (contents, rest) = der.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
        let contents = contents.concat();
        let length = u16::try_from(contents.len()).expect("short").to_be_bytes();
        [&[tag, 0x82][..], &length, &contents].concat()
    }

    fn attribute(identifier: &[u8], value: &str) -> Vec<u8> {
        let pair = [wrapped(OBJECT_IDENTIFIER, &[identifier]), wrapped(0x0c, &[value.as_bytes()])];
        wrapped(SET, &[&wrapped(SEQUENCE, &[&pair[0], &pair[1]])])
    }

    fn certificate(version: bool, attributes: &[Vec<u8>]) -> Vec<u8> {
        let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        let version = if version { wrapped(VERSION, &[&[2, 1, 2]]) } else { Vec::new() };
        let before =
            [wrapped(INTEGER, &[&[1]]), wrapped(SEQUENCE, &[]), wrapped(SEQUENCE, &[]), wrapped(SEQUENCE, &[])];
        let subject = wrapped(SEQUENCE, &attributes);
        wrapped(SEQUENCE, &[&wrapped(SEQUENCE, &[&version, &before.concat(), &subject])])
    }

    #[test]
    fn a_subject_is_written_with_its_last_part_first() {
        let parts =
            [attribute(&[0x55, 4, 6], "DE"), attribute(&[0x55, 4, 10], "Ops, Inc"), attribute(&[0x55, 4, 3], " a#b")];
        for version in [true, false] {
            assert_eq!(of(&certificate(version, &parts)).as_deref(), Some("CN=\\ a#b,O=Ops\\, Inc,C=DE"));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_subject() {
        let good = certificate(true, &[attribute(&[0x55, 4, 3], "rp")]);
        for end in 0..good.len() {
            assert_eq!(of(&good[..end]), None, "{end}");
        }
        for bad in [&[0x30, 0xff][..], &[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255], &[0x31, 0]] {
            assert_eq!(of(bad), None);
        }
        assert_eq!(of(&certificate(true, &[attribute(&[1, 2, 3], "rp")])), None, "without a short name");
    }
}
