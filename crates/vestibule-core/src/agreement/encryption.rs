//! In which form a token comes: signed, or encrypted after that. It is the one that was agreed on, and no other (V37).

use std::borrow::Cow;

use super::Agreement;
use crate::{
    client::Encryption,
    jose::{CompactJwe, DecryptionKey, DecryptionKeys, InvalidJwe},
    secret::Secret,
};

/// How the provider encrypts for us, and what opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncryptedForUs<'a> {
    pub(crate) encryption: Encryption,
    /// Our private keys; `None` when we have none.
    pub(crate) keys: Option<&'a DecryptionKeys>,
}

/// What is wrong with the form of a token; each kind of token makes a reason of its own from it.
#[derive(Debug)]
pub(crate) enum FormFault {
    /// It is only signed.
    NotEncrypted,
    /// It is encrypted, which nobody asked for.
    Encrypted,
    /// It is encrypted, and not so that we could read it.
    Jwe(InvalidJwe),
}

impl From<InvalidJwe> for FormFault {
    fn from(invalid: InvalidJwe) -> Self {
        Self::Jwe(invalid)
    }
}

impl Agreement<'_> {
    /// The signed token: `raw` itself, or what is inside of it (Core 3.1.3.7 (1), 5.3.2, Back-Channel Logout 2.6 (1)).
    ///
    /// That a token is encrypted says nothing of who made it: its signature is still to be verified.
    pub(crate) fn signed_form<'t>(&self, raw: &'t Secret<String>) -> Result<Cow<'t, Secret<String>>, FormFault> {
        // RFC 7516 9: encrypted tokens have five segments, signed ones three. What has neither is for the readers of these forms.
        let dots = raw.expose().bytes().filter(|byte| *byte == b'.').count();
        match (self.encryption, dots) {
            // Core 3.1.3.7 (1): "If encryption was negotiated [..] and the ID Token is not encrypted, the RP SHOULD reject it".
            (Some(_), 2) => Err(FormFault::NotEncrypted),
            (Some(agreed), _) => self.decrypted(raw, agreed).map(Cow::Owned),
            // V37: what we did not ask for is not even tried.
            (None, 4) => Err(FormFault::Encrypted),
            (None, _) => Ok(Cow::Borrowed(raw)),
        }
    }

    fn decrypted(&self, raw: &Secret<String>, agreed: EncryptedForUs<'_>) -> Result<Secret<String>, FormFault> {
        let Encryption { alg, enc } = agreed.encryption;
        let nested = CompactJwe::parse(raw.expose())?.decrypt((alg, enc), &self.decryption_keys(agreed))?;
        Ok(nested.into_compact())
    }

    fn decryption_keys(&self, EncryptedForUs { encryption, keys }: EncryptedForUs<'_>) -> DecryptionKeys {
        let Encryption { alg, enc } = encryption;
        if alg.is_symmetric() {
            // Core 10.2: the key comes of the client secret, and our key pairs have no say.
            let derived = self.client_secret.and_then(|secret| DecryptionKey::from_secret(alg, enc, secret).ok());
            derived.into_iter().collect()
        } else {
            keys.cloned().unwrap_or_default()
        }
    }
}
