//! Secrets planted in an input, which no message may sing of.

use serde_json::Value;

use crate::oracle::Members;

/// What a planted secret has in it.
const CANARY: &str = "CANARY";

/// Asserts that a message says nothing of the secret members of a JSON object, if all canaries of the input are in them: elsewhere
/// they may be quoted.
pub(crate) fn assert_silent(said: &str, input: &[u8], secret: &[&str]) {
    if !said.contains(CANARY) {
        return;
    }
    let Some(members) = Members::of(input) else { panic!("what is no object is not quoted: {said}") };
    let is_elsewhere = |(name, value): &(String, Value)| {
        let is_said_aloud = value.as_str().is_some_and(sings) && !secret.contains(&name.as_str());
        sings(name) || is_said_aloud || value.is_object() || value.is_array()
    };
    assert!(members.iter().any(is_elsewhere), "a secret was said aloud: {said}");
}

/// Whether a canary is in a text, once control characters are dropped from it, as they are from descriptions of errors.
pub(crate) fn sings(text: &str) -> bool {
    text.chars().filter(|c| !c.is_control()).collect::<String>().contains(CANARY)
}

/// Asserts that what a fault is shown as has at most so many bytes: a stranger's text is cut (V11).
pub(crate) fn assert_short(said: &str) {
    assert!(said.len() <= 2_048, "{} bytes of message", said.len());
    assert!(!said.contains(|c: char| c.is_control()), "a control character in a message: {said:?}");
}
