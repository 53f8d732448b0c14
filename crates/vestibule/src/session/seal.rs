//! Sealed values: what only we can read and nobody can change, though the browser keeps it.
//!
//! An envelope is `version | key id | nonce | ciphertext and tag`, in base64url. AES-256-GCM-SIV keeps its promise even if a
//! nonce should ever repeat. Each role has its own key, so a value in the wrong place does not open (V27).

use std::{env, fmt, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hkdf, rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vestibule_core::Secret;

use crate::config_error::ConfigError;

/// The key from which every other is derived: 32 random bytes that all machines of an application share.
///
/// # Example
/// ```
/// use vestibule::SecretKey;
///
/// let key = SecretKey::from_base64url("c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM")?;
/// assert_eq!(format!("{key:?}"), "SecretKey(***)");
/// assert!(SecretKey::from_base64url("too-short").is_err());
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(Secret<[u8; 32]>);

impl SecretKey {
    /// From 32 bytes of a cryptographic generator. Not a passphrase: nothing here makes a weak key strong.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// From 32 bytes in base64url without padding: `openssl rand 32 | basenc --base64url | tr -d =` makes one.
    ///
    /// # Errors
    /// [`ConfigError`] when the text does not decode to exactly 32 bytes.
    pub fn from_base64url(text: &str) -> Result<Self, ConfigError> {
        let refuse = |problem: String| {
            ConfigError::new("secret_key", problem).remedy(
                "give 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url | tr -d =` prints them",
            )
        };
        let bytes = Secret::new(
            URL_SAFE_NO_PAD
                .decode(text.trim())
                .map_err(|_| refuse("it is not base64url without padding".to_owned()))?,
        );
        let bytes: &[u8; 32] = bytes
            .expose()
            .as_slice()
            .try_into()
            .map_err(|_| refuse(format!("it has {} bytes, not 32", bytes.expose().len())))?;
        Ok(Self::from_bytes(*bytes))
    }

    /// From an environment variable that holds it as [`from_base64url`](Self::from_base64url) reads it.
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set or does not hold a key.
    pub fn from_env(name: &str) -> Result<Self, ConfigError> {
        let text = env::var(name).map(Secret::new).map_err(|_| {
            ConfigError::new("secret_key", format!("the environment variable {name} is not set"))
                .remedy("set it to 32 random bytes in base64url")
        })?;
        Self::from_base64url(text.expose())
    }

    /// A new key. Whoever uses it for one run of a program signs everybody out with the next run.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_bytes(random())
    }
}

/// Keys that stand in our own documentation, or that nobody has drawn.
const EXAMPLES: [&[u8; 32]; 2] = [b"sixteen plus sixteen is 32 bytes", &[0; 32]];

impl SecretKey {
    /// Whether a generator may have made it. A sentence, or one byte over and over, was made by a person: of 32 random bytes fewer than
    /// 16 different ones, or printable characters alone, come up less than once in a hundred million million times.
    pub(crate) fn may_be_random(&self) -> bool {
        let mut bytes = *self.0.expose();
        let is_text = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
        bytes.sort_unstable();
        let different = 1 + bytes.windows(2).filter(|pair| pair.first() != pair.last()).count();
        bytes.fill(0);
        !is_text && different >= 16
    }

    pub(crate) fn is_of_the_documentation(&self) -> bool {
        EXAMPLES.contains(&self.0.expose())
    }

    /// Whether it is this one: of two settings of one file, which nobody can time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(***)")
    }
}

/// What a sealed value is for. Each has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Session,
    /// A session that a store keeps: another place, so another key.
    StoredSession,
    /// What a store keeps besides sessions.
    Kept,
    PendingLogin,
    ReturnAddress,
    LoginError,
    Logout,
    Registration,
    /// What is wished of a login, in a link of ours.
    Wish,
    /// Who was last here, in a cookie.
    Former,
    /// The name of a kept POST, in a cookie.
    KeptName,
    /// A kept POST, in a store.
    KeptPost,
    /// What the last round trips to a provider came to.
    Trips,
}

impl Role {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"vestibule session v1",
            Self::StoredSession => b"vestibule stored session v1",
            Self::Kept => b"vestibule kept v1",
            Self::PendingLogin => b"vestibule pending login v1",
            Self::ReturnAddress => b"vestibule return address v1",
            Self::LoginError => b"vestibule login error v1",
            Self::Logout => b"vestibule logout v1",
            Self::Registration => b"vestibule registration v1",
            Self::Wish => b"vestibule wish v1",
            Self::Former => b"vestibule former v1",
            Self::KeptName => b"vestibule kept name v1",
            Self::KeptPost => b"vestibule kept post v1",
            Self::Trips => b"vestibule trips v1",
        }
    }
}

/// Seals and opens the values of one role. The first key of the ring seals, all of them open.
pub(crate) struct Seal {
    keys: Arc<[RingKey]>,
}

struct RingKey {
    id: [u8; KEY_ID_BYTES],
    key: LessSafeKey,
}

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_LEN;

impl Seal {
    pub(crate) fn new(role: Role, ring: &[SecretKey]) -> Self {
        Self { keys: ring.iter().map(|secret| RingKey::derive(role, secret)).collect() }
    }

    /// Seals `plaintext` for the place that `context` names, as text for a cookie or a URL.
    pub(crate) fn seal(&self, context: &[u8], plaintext: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.seal_bytes(context, plaintext))
    }

    /// Opens what [`seal`](Self::seal) made for the same `context`; `None` for everything else, whatever the reason.
    pub(crate) fn open(&self, context: &[u8], envelope: &[u8]) -> Option<Vec<u8>> {
        self.open_bytes(context, URL_SAFE_NO_PAD.decode(envelope).ok()?)
    }

    /// Seals `plaintext` for the place that `context` names, as bytes for a store.
    pub(crate) fn seal_bytes(&self, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let ring_key = self.keys.first().expect("build() refuses an empty key ring");
        let nonce: [u8; NONCE_LEN] = random();
        let mut envelope = Vec::with_capacity(HEADER_BYTES + plaintext.len() + AES_256_GCM_SIV.tag_len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&ring_key.id);
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(plaintext);
        let (_, body) = envelope.split_at_mut(HEADER_BYTES);
        let tag = ring_key
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), body)
            .expect("a cookie is far shorter than the 2^36 bytes that AES-GCM-SIV seals at once");
        envelope.extend_from_slice(tag.as_ref());
        envelope
    }

    /// Opens what [`seal_bytes`](Self::seal_bytes) made for the same `context`, in place.
    pub(crate) fn open_bytes(&self, context: &[u8], mut envelope: Vec<u8>) -> Option<Vec<u8>> {
        let (header, sealed) = envelope.split_at_mut_checked(HEADER_BYTES)?;
        let (version, rest) = header.split_first()?;
        let (id, nonce) = rest.split_first_chunk::<KEY_ID_BYTES>()?;
        // V66: another version is somebody else's format: as good as no value.
        if *version != VERSION {
            return None;
        }
        let ring_key = self.keys.iter().find(|ring_key| ring_key.id == *id)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = ring_key.key.open_in_place(nonce, Aad::from(context), sealed).ok()?.len();
        envelope.drain(..HEADER_BYTES);
        envelope.truncate(length);
        Some(envelope)
    }
}

impl RingKey {
    fn derive(role: Role, secret: &SecretKey) -> Self {
        let pseudo_random = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestibule").extract(secret.0.expose());
        let mut id = [0; KEY_ID_BYTES];
        pseudo_random
            .expand(&[role.label(), b"id"], Length(KEY_ID_BYTES))
            .and_then(|okm| okm.fill(&mut id))
            .expect("four bytes are within what HKDF gives");
        let info = [role.label()];
        let key = pseudo_random.expand(&info, &AES_256_GCM_SIV).expect("32 bytes are within what HKDF gives");
        Self { id, key: LessSafeKey::new(UnboundKey::from(key)) }
    }
}

#[derive(Clone, Copy)]
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(***)")
    }
}

/// Bytes of the operating system's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives randomness; without it nothing here is safe");
    bytes
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// The hash of several parts, each with its length before it: no two lists of parts have one hash.
pub(crate) fn sha256_of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_bytes([byte; 32])
    }

    fn seal(role: Role) -> Seal {
        Seal::new(role, &[key(1)])
    }

    /// For the doctor: a sentence and a repeated byte are told, and what a generator draws is not.
    #[test]
    fn a_key_that_a_person_made_is_told_from_one_that_was_drawn() {
        assert!(!key(7).may_be_random());
        assert!(!SecretKey::from_bytes(*b"a quick brown fox jumps over 1 d").may_be_random());
        let few: [u8; 32] =
            std::array::from_fn(|at| if at % 2 == 0 { 0xf0 } else { u8::try_from(at / 3).unwrap_or(0) });
        assert!(!SecretKey::from_bytes(few).may_be_random());
        for _ in 0..1000 {
            assert!(SecretKey::generate().may_be_random());
        }
    }

    #[test]
    fn what_was_sealed_opens_and_its_text_does_not_show() {
        let seal = seal(Role::Session);
        let envelope = seal.seal(b"here", b"canary");
        assert_eq!(seal.open(b"here", envelope.as_bytes()).as_deref(), Some(b"canary".as_slice()));
        let bytes = URL_SAFE_NO_PAD.decode(&envelope).expect("base64url");
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
        assert_ne!(envelope, seal.seal(b"here", b"canary"), "each envelope has a nonce of its own");
    }

    /// V27, V67
    #[test]
    fn a_value_in_the_wrong_role_place_or_key_does_not_open() {
        let envelope = seal(Role::Session).seal(b"here", b"x");
        for role in [
            Role::PendingLogin,
            Role::ReturnAddress,
            Role::LoginError,
            Role::Logout,
            Role::Registration,
            Role::Former,
            Role::KeptName,
            Role::KeptPost,
        ] {
            assert_eq!(seal(role).open(b"here", envelope.as_bytes()), None, "{role:?}");
        }
        assert_eq!(seal(Role::Session).open(b"there", envelope.as_bytes()), None);
        assert_eq!(Seal::new(Role::Session, &[key(2)]).open(b"here", envelope.as_bytes()), None);
    }

    /// R13
    #[test]
    fn no_bit_can_be_changed() {
        let seal = seal(Role::Session);
        let envelope = URL_SAFE_NO_PAD.decode(seal.seal(b"here", b"x")).expect("base64url");
        for at in 0..envelope.len() * 8 {
            let mut forged = envelope.clone();
            forged[at / 8] ^= 1 << (at % 8);
            assert_eq!(seal.open(b"here", URL_SAFE_NO_PAD.encode(forged).as_bytes()), None, "bit {at}");
        }
    }

    /// V59
    #[test]
    fn the_first_key_of_the_ring_seals_and_all_of_them_open() {
        let old = Seal::new(Role::Session, &[key(1)]);
        let both = Seal::new(Role::Session, &[key(2), key(1)]);
        let new = Seal::new(Role::Session, &[key(2)]);
        assert!(both.open(b"", old.seal(b"", b"x").as_bytes()).is_some());
        assert!(new.open(b"", both.seal(b"", b"x").as_bytes()).is_some());
        assert!(old.open(b"", both.seal(b"", b"x").as_bytes()).is_none());
    }

    /// V66: cookies that look so are out there. Never change it; a new version gets its own.
    #[test]
    fn the_golden_envelope_of_version_1_opens_for_ever() {
        let golden = "AVNBhfsmtca7JEKtOvS90-skgH53LoOFpRq_V_30FqVuPEUcpsGDOOQAV--OqLjHDeSOjQ";
        let opened = seal(Role::Session).open(b"here", golden.as_bytes());
        assert_eq!(opened.as_deref(), Some(b"sealed by version 1".as_slice()));
    }

    /// V66
    #[test]
    fn an_envelope_of_another_version_does_not_open() {
        let seal = seal(Role::Session);
        let mut envelope = URL_SAFE_NO_PAD.decode(seal.seal(b"", b"x")).expect("base64url");
        for version in (0..=u8::MAX).filter(|version| *version != VERSION) {
            envelope[0] = version;
            assert_eq!(seal.open(b"", URL_SAFE_NO_PAD.encode(&envelope).as_bytes()), None, "{version}");
        }
    }

    /// V59
    #[test]
    fn a_key_is_exactly_32_bytes() {
        for text in ["", "c2hvcnQ", "correct horse battery staple", "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXMh"] {
            assert!(SecretKey::from_base64url(text).is_err(), "{text}");
        }
        assert!(SecretKey::from_base64url(" c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM\n").is_ok());
    }

    proptest! {
        /// V104
        #[test]
        fn no_bytes_make_opening_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let seal = seal(Role::Session);
            prop_assert_eq!(seal.open(b"", &bytes), None);
            prop_assert_eq!(seal.open(b"", URL_SAFE_NO_PAD.encode(&bytes).as_bytes()), None);
        }
    }
}
