//! A sign-in that the application itself begins, with wishes of its own.

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use serde_json::Value;
use vestibule_core::authorization::{InvalidAuthorizationRequest, InvalidParameter, check_parameter};

use crate::{
    door::Door, end_user::EndUser, error::see_other, provider::ConnectedProvider, return_address::ReturnAddress,
    wish::Wish,
};

/// A sign-in that the application itself begins; made by [`Vestibule::sign_in`](crate::Vestibule::sign_in). As a handler's answer it
/// sends the browser away to sign in; [`href`](Self::href) is the same as a link.
///
/// # Example
/// ```
/// use axum::{Router, extract::State, routing::get};
/// use vestibule::{Client, Provider, SecretKey, SignIn, Vestibule};
///
/// async fn invited(State(vestibule): State<Vestibule>) -> SignIn {
///     vestibule.sign_in("corp").login_hint("alice@example.com").ui_locales("de en").return_to("/welcome")
/// }
///
/// let vestibule = Vestibule::builder("https://app.example.com")
///     .secret_key(SecretKey::generate())
///     .provider("corp", Provider::discovered("https://login.example.com", Client::public("my-app"))?)
///     .build()?;
/// let app: Router = vestibule.wrap(Router::new().route("/invited", get(invited)).with_state(vestibule.clone()));
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is an answer, or a link"]
pub struct SignIn {
    door: Arc<Door>,
    provider: Arc<ConnectedProvider>,
    wish: Wish,
    return_to: ReturnAddress,
}

impl SignIn {
    pub(crate) fn new(door: Arc<Door>, provider: Arc<ConnectedProvider>) -> Self {
        let return_to = ReturnAddress::home(&door.base);
        Self { door, provider, wish: Wish::default(), return_to }
    }

    /// Where to go from there: a path of this application, below the base URL's. What is none leads to the front page.
    pub fn return_to(self, path: &str) -> Self {
        let return_to = self.door.return_address(&self.door.base.public_path(path));
        Self { return_to: return_to.unwrap_or_else(|| ReturnAddress::home(&self.door.base)), ..self }
    }

    /// Who it probably is (Core 3.1.2.1).
    pub fn login_hint(self, login_hint: impl Into<String>) -> Self {
        self.with("login_hint", login_hint.into())
    }

    /// The languages that the person reads, best first, separated by spaces (Core 3.1.2.1).
    pub fn ui_locales(self, ui_locales: impl Into<String>) -> Self {
        self.with("ui_locales", ui_locales.into())
    }

    /// What the provider shall ask, such as `login` or `select_account` (Core 3.1.2.1).
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.with("prompt", prompt.into())
    }

    /// How the person should sign in, the preferred way first (Core 3.1.2.1). What came of it is in
    /// [`EndUser::acr`](crate::EndUser::acr); a page that insists has
    /// [`RequireLogin::acr_values`](crate::RequireLogin::acr_values).
    pub fn acr_values(mut self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wish.demand = self.wish.demand.acr_values(acr_values);
        self
    }

    /// How long ago the person may have proved to the provider who they are (Core 3.1.2.1); its answer is held against it.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.wish.demand = self.wish.demand.max_age(max_age);
        self
    }

    /// Single claims, from the ID Token or the userinfo endpoint (Core 5.5), in the place of those that every login with the provider
    /// asks for.
    ///
    /// # Errors
    /// [`InvalidAuthorizationRequest`] names the rule of Core 5.5 that it breaks.
    pub fn claims(mut self, claims: Value) -> Result<Self, InvalidAuthorizationRequest> {
        self.provider.check_claims(claims.clone())?;
        self.wish.claims = Some(claims);
        Ok(self)
    }

    /// That it is this person, who is signed in now, who shall sign in again: the provider is shown their ID Token as
    /// `id_token_hint` (Core 3.1.2.1). It is a hint: somebody else can sign in all the same, and the page that they come back to sees
    /// who it was. Without effect where sessions keep none ([`Tokens::Discard`](crate::Tokens::Discard)), or
    /// where they signed in with another provider.
    pub fn again(mut self, user: &EndUser) -> Self {
        self.wish.id_token_hint = user.id_token_of(&self.provider);
        self
    }

    /// A further parameter of the authorization request.
    ///
    /// # Errors
    /// [`InvalidParameter`] for one that the protocol itself sets, and for a `resource` that is none (RFC 8707 2).
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, InvalidParameter> {
        let (name, value) = (name.into(), value.into());
        check_parameter(&name, &value)?;
        Ok(self.with(&name, value))
    }

    /// The link that begins it: a path of this application.
    #[must_use]
    pub fn href(&self) -> String {
        let (door, provider) = (&self.door, &self.provider);
        door.paths.public_wish(provider.name(), &self.wish.seal(door, provider), Some(&self.return_to))
    }

    fn with(mut self, name: &str, value: String) -> Self {
        self.wish.parameters.retain(|(known, _)| known != name);
        self.wish.parameters.push((name.to_owned(), value));
        self
    }
}

impl IntoResponse for SignIn {
    fn into_response(self) -> Response {
        see_other(&self.href())
    }
}
