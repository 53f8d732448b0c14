//! The list of what is fuzzed.

use crate::{
    authorization, cookies, id_token, identifier, jwe, jwk_set, jws, logout_token, metadata, registration,
    return_address, sealed, settings, token_answer, userinfo, webfinger_answer, whole_flow,
};

/// One kind of input, and the function that holds our code to its properties.
///
/// # Example
/// ```
/// use harness::{Target, Verdict};
///
/// let target = Target::named("return_address").expect("there is such a target");
/// assert_eq!((target.run)(b"//evil.example"), Verdict::Refused);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target {
    /// Its name: that of its folder of seeds, and of its binary under `fuzz/`.
    pub name: &'static str,
    /// Runs one input. Panics when a property does not hold.
    pub run: fn(&[u8]) -> Verdict,
    /// Words that mean something to what reads the input: mutations use them.
    pub words: &'static [&'static str],
    /// How many mutations the tests run, within a second or so of an unoptimised build.
    pub mutations: usize,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third, and seeds are named after these two")]
pub enum Verdict {
    /// It was believed, and the oracle agreed.
    Accepted,
    /// It was refused, quietly and without a panic.
    Refused,
}

impl<T> From<Option<T>> for Verdict {
    /// Accepted, if there is something.
    fn from(accepted: Option<T>) -> Self {
        if accepted.is_some() { Self::Accepted } else { Self::Refused }
    }
}

impl Target {
    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}

/// All of them.
pub static TARGETS: &[Target] = &[
    Target { name: "jws", run: jws::run, words: jws::WORDS, mutations: 4_000 },
    Target { name: "jwe", run: jwe::run, words: jwe::WORDS, mutations: 2_000 },
    Target { name: "jwk_set", run: jwk_set::run, words: jwk_set::WORDS, mutations: 1_000 },
    Target { name: "id_token", run: id_token::run, words: id_token::WORDS, mutations: 4_000 },
    Target { name: "logout_token", run: logout_token::run, words: logout_token::WORDS, mutations: 4_000 },
    Target { name: "metadata", run: metadata::run, words: metadata::WORDS, mutations: 3_000 },
    Target { name: "registration", run: registration::run, words: registration::WORDS, mutations: 3_000 },
    Target { name: "token_answer", run: token_answer::run, words: token_answer::WORDS, mutations: 3_000 },
    Target { name: "userinfo", run: userinfo::run, words: userinfo::WORDS, mutations: 3_000 },
    Target { name: "authorization", run: authorization::run, words: authorization::WORDS, mutations: 3_000 },
    Target { name: "identifier", run: identifier::run, words: identifier::WORDS, mutations: 4_000 },
    Target { name: "webfinger_answer", run: webfinger_answer::run, words: webfinger_answer::WORDS, mutations: 4_000 },
    Target { name: "cookies", run: cookies::run, words: cookies::WORDS, mutations: 500 },
    Target { name: "sealed", run: sealed::run, words: sealed::WORDS, mutations: 500 },
    Target { name: "return_address", run: return_address::run, words: return_address::WORDS, mutations: 500 },
    Target { name: "settings", run: settings::run, words: settings::WORDS, mutations: 1_000 },
    Target { name: "whole_flow", run: whole_flow::run, words: &[], mutations: 100 },
];
