//! The envelope of our seals, written once more by its description: `version | key id | nonce | ciphertext and tag`, in base64url, by
//! AES-256-GCM-SIV, with one key a role derived by HKDF. Whoever has the secret key can put anything behind a seal; nobody else can.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hkdf,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The secret key of the door under test.
pub(crate) const SECRET_KEY: [u8; 32] = [7; 32];

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;

/// What a value is sealed for, by the label of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Session,
    StoredSession,
    PendingLogin,
    ReturnAddress,
    LoginError,
    Logout,
    Wish,
    Trips,
    Former,
    KeptName,
}

impl Role {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"vestibule session v1",
            Self::StoredSession => b"vestibule stored session v1",
            Self::PendingLogin => b"vestibule pending login v1",
            Self::ReturnAddress => b"vestibule return address v1",
            Self::LoginError => b"vestibule login error v1",
            Self::Logout => b"vestibule logout v1",
            Self::Trips => b"vestibule trips v1",
            Self::Wish => b"vestibule wish v1",
            Self::Former => b"vestibule former v1",
            Self::KeptName => b"vestibule kept name v1",
        }
    }

    fn keys(self) -> ([u8; KEY_ID_BYTES], LessSafeKey) {
        let pseudo_random = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestibule").extract(&SECRET_KEY);
        let mut id = [0; KEY_ID_BYTES];
        let info: [&[u8]; 2] = [self.label(), b"id"];
        pseudo_random.expand(&info, Length).and_then(|okm| okm.fill(&mut id)).expect("four bytes");
        let info = [self.label()];
        let key = pseudo_random.expand(&info, &AES_256_GCM_SIV).expect("32 bytes");
        (id, LessSafeKey::new(UnboundKey::from(key)))
    }
}

#[derive(Clone, Copy)]
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY_ID_BYTES
    }
}

/// Seals whatever it is, as bytes for a store. The nonce is always the same: the same input gives the same run.
pub(crate) fn seal_bytes(role: Role, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let (id, key) = role.keys();
    let nonce = [9; NONCE_LEN];
    let mut sealed = plaintext.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
        .expect("it is short");
    [[VERSION].as_slice(), &id, &nonce, &sealed].concat()
}

/// The same as text for a cookie or a URL.
pub(crate) fn seal(role: Role, context: &[u8], plaintext: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(seal_bytes(role, context, plaintext))
}

/// What was sealed.
pub(crate) fn open(role: Role, context: &[u8], sealed: &str) -> Option<Vec<u8>> {
    let envelope = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, ciphertext) = envelope.split_at_checked(1 + KEY_ID_BYTES)?.1.split_first_chunk::<NONCE_LEN>()?;
    let (mut ciphertext, (_, key)) = (ciphertext.to_vec(), role.keys());
    let plaintext =
        key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut ciphertext).ok()?;
    Some(plaintext.to_vec())
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// What a store calls something: the hash of the parts, each with its length before it.
pub(crate) fn store_key(parts: &[&[u8]]) -> [u8; 32] {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&u64::try_from(part.len()).expect("64 bits hold any length").to_be_bytes());
        all.extend_from_slice(part);
    }
    sha256(&all).try_into().expect("SHA-256 has 32 bytes")
}
