//! The application's say in a login: find or create its own user, add claims, or refuse.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use serde_json::Value;
use vestibule_core::{ClaimsSet, Issuer, Subject};

/// Somebody whom the provider vouched for, before the session begins.
///
/// # Example
/// ```
/// use vestibule::{NewLogin, Refusal};
///
/// async fn welcome(login: NewLogin) -> Result<NewLogin, Refusal> {
///     match login.claims().claim("suspended") {
///         Some(_) => Err(Refusal::new("Your account is suspended. Write to ops@example.com.")),
///         None => Ok(login.with_claim("greeted", true)),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct NewLogin {
    pub(crate) provider: String,
    pub(crate) issuer: Issuer,
    pub(crate) subject: Subject,
    pub(crate) claims: ClaimsSet,
}

impl NewLogin {
    /// The name of the provider, as the builder has it.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The provider's issuer identifier. Together with the subject it is the key of your own user (V99).
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Who it is at this issuer.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the provider says about them.
    #[must_use]
    pub fn claims(&self) -> &ClaimsSet {
        &self.claims
    }

    /// Adds a claim of the application's own to the session, in the place of one of that name. `iss` and `sub` stay as the
    /// provider gave them.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        if name != "iss" && name != "sub" {
            self.claims.insert(name, value);
        }
        self
    }
}

/// The application does not let this person in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reason: String,
}

impl Refusal {
    /// The most bytes of a reason: it travels to the error page in a cookie.
    const MOST_BYTES: usize = 1024;

    /// With a reason that the person will read, of at most 1,024 bytes; what is longer is cut.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let end = (0..=Self::MOST_BYTES).rev().find(|end| reason.is_char_boundary(*end));
        reason.truncate(end.unwrap_or_default());
        Self { reason }
    }

    pub(crate) fn into_reason(self) -> String {
        self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

type Decision = Pin<Box<dyn Future<Output = Result<NewLogin, Refusal>> + Send>>;

/// The application's function, kept.
#[derive(Clone)]
pub(crate) struct OnLogin(Arc<dyn Fn(NewLogin) -> Decision + Send + Sync>);

impl OnLogin {
    pub(crate) fn new<F, Fut>(decide: F) -> Self
    where
        F: Fn(NewLogin) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<NewLogin, Refusal>> + Send + 'static,
    {
        Self(Arc::new(move |login| Box::pin(decide(login))))
    }

    pub(crate) async fn decide(&self, login: NewLogin) -> Result<NewLogin, Refusal> {
        (self.0)(login).await
    }
}
