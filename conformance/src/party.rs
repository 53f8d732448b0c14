//! The relying party of a run: the text of its settings file, and what is built from it.

use toml::{Table, Value};
use vestibule::{Builder, Settings};

use crate::{APP, CLIENT_ID, CLIENT_SECRET, ISSUER, OP, RequestType, Variant};

/// The settings of the relying party in a run.
#[derive(Clone, Debug)]
pub struct Party {
    /// Of the one provider.
    provider: Table,
}

impl Party {
    /// What is said in every run of a variant.
    #[must_use]
    pub(crate) fn of(variant: Variant) -> Self {
        let party = Self { provider: Table::new() }
            .set("issuer", ISSUER)
            .set("scope", "openid profile email")
            .set("token_endpoint_auth_method", variant.client_auth_type.name())
            .set("response_type", variant.response_type.name());
        let party = variant.response_mode.iter().fold(party, |party, mode| party.set("response_mode", mode.name()));
        let party = match variant.request_type {
            RequestType::PlainHttpRequest => party,
            RequestType::RequestObject => party.set("request_object", "by_value"),
            RequestType::RequestUri => party.set("request_object", "by_reference"),
        };
        // Keys of RSA take much longer to make.
        let party =
            if variant.has_request_objects() { party.set("request_object_signing_alg", "ES256") } else { party };
        let party =
            if variant.proves_itself_by_key() { party.set("token_endpoint_auth_signing_alg", "ES256") } else { party };
        if variant.registers() {
            let registration = [("client_name", "Photo Album".into()), ("contacts", vec!["ops@rp.example"].into())];
            party.set(
                "registration",
                Table::from_iter(registration.map(|(key, value): (&str, Value)| (key.to_owned(), value))),
            )
        } else {
            let party = party.set("client_id", CLIENT_ID);
            // Who registers itself makes its keys unasked.
            let party = if variant.signs() { party.set("own_keys", true) } else { party };
            if variant.has_secret() { party.set("client_secret", CLIENT_SECRET) } else { party }
        }
    }

    /// Says one thing of `[provider.op]`, in the place of what was said before.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.provider.insert(key.to_owned(), value.into());
        self
    }

    /// Does not say a thing.
    #[must_use]
    pub fn unset(mut self, key: &str) -> Self {
        self.provider.remove(key);
        self
    }

    /// The settings file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut file = Table::new();
        file.insert("base_url".to_owned(), APP.into());
        file.insert("secret_key".to_owned(), "YSBrZXkgb2YgdGhlIGNvbmZvcm1hbmNlIHJ1bnMgMzI".into());
        file.insert("provider".to_owned(), Table::from_iter([(OP.to_owned(), self.provider.clone().into())]).into());
        file.to_string()
    }

    /// The relying party, save what no file can say.
    pub(crate) fn builder(&self) -> Builder {
        let text = self.text();
        Settings::from_toml(&text)
            .and_then(|settings| settings.builder())
            .unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}
