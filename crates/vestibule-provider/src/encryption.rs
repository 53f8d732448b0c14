//! What is encrypted for a client, after it is signed (Core 10.2, Registration 2).

use serde_json::{Map, Value, json};
use vestibule_core::{JwkSet, Secret, jose::EncryptionKey};

use crate::{
    client::{Encryption, RegisteredClient},
    denial::Denial,
    fault::EncryptionFault,
    identifier::identifier,
    provider::DevelopmentProvider,
};

/// How something goes to a client, and what is wrong with that.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) client: &'a RegisteredClient,
    /// As it is registered: nothing goes as it is.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) fault: Option<EncryptionFault>,
}

/// What goes into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A token in compact form: signed, or once more encrypted.
    Token(String),
    /// A JSON object.
    Claims(String),
}

/// Whoever can open it: by a key that is published, or by a secret of both sides (Core 10.2).
enum Recipient {
    Publisher(JwkSet),
    Holder(EncryptionKey),
}

impl Envelope<'_> {
    /// The content as the client registered to have it: as it is, where no encryption is registered.
    pub(crate) async fn seal(self, provider: &DevelopmentProvider, content: Content) -> Result<String, Denial> {
        match self.how() {
            None => Ok(content.into_text()),
            Some(how) => {
                let keys = provider.keys_of(self.client).await;
                self.sealed(provider, how, keys, content)
            }
        }
    }

    /// The same by the keys that the client had when they were fetched last, for where nobody waits.
    pub(crate) fn seal_by_known_keys(self, provider: &DevelopmentProvider, content: Content) -> Result<String, Denial> {
        match self.how() {
            None => Ok(content.into_text()),
            Some(how) => self.sealed(provider, how, provider.known_keys_of(self.client), content),
        }
    }

    /// Whether anything is encrypted in it.
    pub(crate) fn is_closed(self) -> bool {
        self.how().is_some()
    }

    fn how(self) -> Option<Encryption> {
        match self.fault {
            Some(fault) => fault.encryption(self.encryption),
            None => self.encryption,
        }
    }

    fn sealed(
        self,
        provider: &DevelopmentProvider,
        how: Encryption,
        keys: Option<Value>,
        content: Content,
    ) -> Result<String, Denial> {
        let keys = keys.map(|keys| self.fault.map_or(keys.clone(), |fault| fault.keys(keys)));
        let (recipient, kid) = self.recipient(provider, how, keys.as_ref())?;
        let key = recipient.key(how).ok_or_else(|| self.no_key(how))?;
        let seal = |content: Content| {
            let mut header = header(how, kid.as_deref(), &content);
            let mut plaintext = content.into_text().into_bytes();
            if let Some(fault) = self.fault {
                fault.letter(&mut header, &mut plaintext);
            }
            key.encrypt_with_header(how.alg(), how.enc(), &Value::Object(header), &plaintext)
        };
        match self.fault {
            None => Ok(seal(content)?),
            Some(fault) if fault.seals_twice() => Ok(seal(Content::Token(seal(content)?))?),
            Some(fault) => Ok(fault.token(seal(fault.content(content))?)),
        }
    }

    /// Who gets it, and the kid that it is addressed by.
    fn recipient(
        self,
        provider: &DevelopmentProvider,
        how: Encryption,
        keys: Option<&Value>,
    ) -> Result<(Recipient, Option<String>), Denial> {
        let own = self.own_key(how, keys)?;
        let kid = own.key(how).and_then(EncryptionKey::kid).map(str::to_owned);
        if self.fault.is_some_and(|fault| fault.goes_to_another(own.key(how).is_some())) {
            Ok((Recipient::stranger(provider, how)?, kid))
        } else {
            Ok((own, kid))
        }
    }

    /// Core 10.2: the client secret, or a key of the client's.
    fn own_key(self, how: Encryption, keys: Option<&Value>) -> Result<Recipient, Denial> {
        if how.alg().is_symmetric() {
            let secret = self.client.client_secret().ok_or_else(|| self.no_key(how))?;
            return Ok(Recipient::Holder(EncryptionKey::from_secret(how.alg(), how.enc(), secret)?));
        }
        let keys = keys.and_then(|keys| JwkSet::from_json(keys.to_string().as_bytes()).ok());
        Ok(Recipient::Publisher(keys.unwrap_or_else(JwkSet::empty)))
    }

    fn no_key(self, how: Encryption) -> Denial {
        let client_id = self.client.client_id();
        Denial::server_error(format!("{client_id} has no key to encrypt to by {}", how.alg()))
    }
}

impl Recipient {
    fn key(&self, how: Encryption) -> Option<&EncryptionKey> {
        match self {
            Self::Publisher(keys) => keys.encryption_key(how.alg()),
            Self::Holder(key) => Some(key),
        }
    }

    /// Somebody who is no client.
    fn stranger(provider: &DevelopmentProvider, how: Encryption) -> Result<Self, Denial> {
        if how.alg().is_symmetric() {
            let secret = Secret::new(identifier());
            return Ok(Self::Holder(EncryptionKey::from_secret(how.alg(), how.enc(), &secret)?));
        }
        let key = provider.keys().unpublished_recipient(how.alg())?.public_jwk();
        let keys = JwkSet::from_json(json!({ "keys": [key] }).to_string().as_bytes());
        Ok(Self::Publisher(keys.unwrap_or_else(|_| JwkSet::empty())))
    }
}

impl Content {
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Token(text) | Self::Claims(text) => text,
        }
    }
}

fn header(how: Encryption, kid: Option<&str>, content: &Content) -> Map<String, Value> {
    // RFC 7519 5.2: said of a token inside, and of nothing else.
    let cty = matches!(content, Content::Token(_)).then_some("JWT");
    let members = [("alg", Some(how.alg().name())), ("enc", Some(how.enc().name())), ("kid", kid), ("cty", cty)];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}
