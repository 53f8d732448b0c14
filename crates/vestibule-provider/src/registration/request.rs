//! What a client asks to be registered as (Registration 2, RFC 7591 2), checked.

use serde_json::{Map, Value, json};
use url::Url;
use vestibule_core::{NumericDate, Secret};

use super::{
    Registrations,
    flow::Flow,
    logout_uris::LogoutUris,
    members::{invalid, list, repeat, text},
    proof::Proof,
    tokens::Tokens,
};
use crate::{client::RegisteredClient, denial::Denial};

/// A registration request in order.
pub(crate) struct RegistrationRequest {
    flow: Flow,
    proof: Proof,
    tokens: Tokens,
    logout_uris: LogoutUris,
    client_name: Option<String>,
    /// What the client says of itself, and the provider only repeats.
    described: Map<String, Value>,
}

/// Members that mean something to people alone; each may come in several languages (`client_name#fr`).
const TEXTS: [&str; 4] = ["client_name", "scope", "software_id", "software_version"];
/// Those that lead to a page or a picture.
const PAGES: [&str; 4] = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];

impl RegistrationRequest {
    /// Reads the body, as this provider takes it. Members that the provider knows nothing of are left out (RFC 7591 2).
    pub(crate) fn parse(body: &[u8], registrations: &Registrations) -> Result<Self, Denial> {
        Self::read(object(body)?, registrations)
    }

    /// The same, once the body is known to be an object.
    pub(super) fn read(mut asked: Map<String, Value>, registrations: &Registrations) -> Result<Self, Denial> {
        registrations.substitute_in(&mut asked);
        let flow = Flow::read(&asked)?;
        let proof = Proof::read(&asked, registrations.auth_methods())?;
        Ok(Self {
            tokens: Tokens::read(&asked, &proof)?,
            logout_uris: LogoutUris::read(&asked, &flow.redirect_uris)?,
            client_name: text(&asked, "client_name")?.map(str::to_owned),
            described: described(&asked)?,
            flow,
            proof,
        })
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.proof.has_secret()
    }

    /// The client that this becomes.
    pub(crate) fn client(
        &self,
        client_id: &str,
        secret: Option<(Secret<String>, Option<NumericDate>)>,
    ) -> RegisteredClient {
        let client = match secret {
            Some((secret, expires_at)) => {
                RegisteredClient::confidential(client_id, secret).secret_expires_at(expires_at)
            }
            None => RegisteredClient::public(client_id),
        };
        let client = self.client_name.iter().fold(client, RegisteredClient::client_name);
        self.tokens.put_into(self.proof.put_into(self.logout_uris.put_into(self.flow.put_into(client))))
    }

    /// The metadata as registered, with what was not asked for and is so (Registration 3.2).
    pub(crate) fn registered(&self) -> Map<String, Value> {
        let mut members = self.described.clone();
        self.flow.tell(&mut members);
        self.proof.tell(&mut members);
        self.tokens.tell(&mut members);
        self.logout_uris.tell(&mut members);
        members
    }
}

pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Denial> {
    serde_json::from_slice(body).map_err(|_| invalid("the body must be a JSON object"))
}

fn described(asked: &Map<String, Value>) -> Result<Map<String, Value>, Denial> {
    let mut described = Map::new();
    for (name, value) in asked {
        let base = name.split_once('#').map_or(name.as_str(), |(base, _)| base);
        let is_page = PAGES.contains(&base);
        if (is_page || TEXTS.contains(&base))
            && let Some(text) = text(asked, name)?
        {
            // Registration 2: each of these is a URL, and people are led there.
            if is_page && !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
                return Err(invalid(format!("{base} must be a URL")));
            }
            described.insert(name.clone(), value.clone());
        }
    }
    if list(asked, "contacts")?.unwrap_or_default().iter().any(|contact| !contact.contains('@')) {
        return Err(invalid("contacts must be addresses"));
    }
    repeat(asked, &["contacts"], &mut described);
    match text(asked, "application_type")?.unwrap_or("web") {
        kind @ ("web" | "native") => described.insert("application_type".to_owned(), json!(kind)),
        _ => return Err(invalid("application_type must be web or native")),
    };
    Ok(described)
}
