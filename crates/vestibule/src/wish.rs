//! What is wished of one login, beside what every login with its provider asks for. Nothing of it is a query's to say (V24): it is the
//! application's, or a page's, and travels sealed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vestibule_core::{Secret, authorization::check_parameter};

use crate::{door::Door, provider::ConnectedProvider, step_up::Demand};

/// What is wished of one login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) manner: Manner,
    pub(crate) demand: Demand,
    /// Parameters of the authorization request, none of them the protocol's own.
    pub(crate) parameters: Vec<(String, String)>,
    /// Single claims (Core 5.5), in the place of those that every login asks for.
    pub(crate) claims: Option<Value>,
    /// The ID Token of who shall sign in again (Core 3.1.2.1).
    pub(crate) id_token_hint: Option<Secret<String>>,
}

/// How a login is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// By a person who wants to sign in.
    #[default]
    Asked,
    /// Without their noticing, to find out whether they still are ([`silent_renewal`](crate::silent_renewal)).
    Silent,
    /// The same, in a way that the application wished for and a plain login is not.
    Wished,
    /// By a person whom a page sent to sign in otherwise than they did.
    SteppingUp,
    /// By a person who wanted to sign in, and whose first response came to nothing ([`start_over`](crate::start_over)).
    StartedOver,
    /// The same after two, the second of which other tabs crowded out.
    StartedOverAgain,
}

/// What a link carries: a wire format, since links outlive a deployment. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written {
    V1 {
        acr_values: String,
        max_age: Option<u32>,
        parameters: Vec<(String, String)>,
        /// JSON, since postcard cannot read arbitrary values back.
        claims: Option<String>,
        id_token_hint: Option<String>,
    },
}

/// What makes a login more convenient, and no other than it is (Core 3.1.2.1).
const HINTS: [&str; 4] = ["login_hint", "ui_locales", "claims_locales", "display"];

impl Wish {
    /// A login that nobody notices.
    pub(crate) fn silently() -> Self {
        Self { manner: Manner::Silent, ..Self::default() }
    }

    /// A login in the place of one whose response came to nothing.
    pub(crate) fn once_more(manner: Manner) -> Self {
        Self { manner, ..Self::default() }
    }

    /// How it is done.
    pub(crate) fn manner(&self) -> Manner {
        match self.manner {
            Manner::Asked if !self.demand.is_nothing() => Manner::SteppingUp,
            Manner::Asked if self.is_more_than_a_hint() => Manner::Wished,
            manner => manner,
        }
    }

    /// Whether a plain login in its place would be another.
    fn is_more_than_a_hint(&self) -> bool {
        self.claims.is_some()
            || self.id_token_hint.is_some()
            || self.parameters.iter().any(|(name, _)| !HINTS.contains(&name.as_str()))
    }

    /// A login that satisfies a page.
    pub(crate) fn demanding(demand: Demand) -> Self {
        Self { demand, ..Self::default() }
    }

    /// A login of somebody who is probably this one (Core 3.1.2.1).
    pub(crate) fn with_login_hint(login_hint: Option<String>) -> Self {
        let parameters = login_hint.map(|hint| ("login_hint".to_owned(), hint)).into_iter().collect();
        Self { parameters, ..Self::default() }
    }

    /// As a link of ours can carry it: sealed, so that nobody but this application makes one.
    pub(crate) fn seal(&self, door: &Door, provider: &ConnectedProvider) -> String {
        let written = Written::V1 {
            acr_values: self.demand.acr_values.join(" "),
            max_age: self.demand.max_age,
            parameters: self.parameters.clone(),
            claims: self.claims.as_ref().map(Value::to_string),
            id_token_hint: self.id_token_hint.as_ref().map(|hint| hint.expose().clone()),
        };
        let bytes = Secret::new(postcard::to_stdvec(&written).expect("strings and integers have a postcard form"));
        door.seals.wish.seal(&door.context(provider.name()), bytes.expose())
    }

    /// What a link carries. What does not open is nothing: a page that wants more asks again.
    pub(crate) fn open(door: &Door, provider: &ConnectedProvider, sealed: &str) -> Option<Self> {
        let bytes = door.seals.wish.open(&door.context(provider.name()), sealed.as_bytes())?;
        let Written::V1 { acr_values, max_age, mut parameters, claims, id_token_hint } =
            postcard::from_bytes(&bytes).ok()?;
        // A later program than the one that made the link may set more by itself.
        parameters.retain(|(name, value)| check_parameter(name, value).is_ok());
        Some(Self {
            manner: Manner::Asked,
            demand: Demand::new(&acr_values, max_age),
            parameters,
            claims: claims.and_then(|claims| serde_json::from_str(&claims).ok()),
            id_token_hint: id_token_hint.map(Secret::from),
        })
    }
}
