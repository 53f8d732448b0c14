//! Looking after a registration that the application made itself (RFC 7592): reading it, renewing it, ending it.

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use vestibule_core::{
    ClientInformation,
    registration::management::{ManagementRefused, Unmanageable},
};

use crate::{
    error::chain,
    login,
    provider::{ConnectedProvider, ProviderError},
};

/// What a provider has this application registered as, for a client that registers itself; made by
/// [`Vestibule::registration`](crate::Vestibule::registration).
///
/// One thing is done at a time, and to its end: whoever stops waiting does not lose the new access that a provider gave (RFC 7592 5).
/// On several machines that have [sessions](crate::Builder::sessions) or [marks](crate::Builder::marks) in a store that they share,
/// one of them is at it at a time, and the others go by what came of it within a minute. On several machines that share
/// [registrations](crate::Builder::registrations) alone, let one of them do it.
///
/// # Example
/// ```
/// use vestibule::{RegistrationError, Vestibule};
///
/// /// For whoever decommissions the application: people can no longer sign in by what is registered now.
/// async fn deregister(vestibule: &Vestibule) -> Result<(), RegistrationError> {
///     match vestibule.registration("lab").delete().await {
///         Err(RegistrationError::NotRegistered) => Ok(()),
///         result => result,
///     }
/// }
/// # let _ = deregister;
/// ```
#[derive(Clone)]
#[must_use = "nothing is asked until it is read, updated or deleted"]
pub struct ClientRegistration {
    provider: Arc<ConnectedProvider>,
}

impl ClientRegistration {
    pub(crate) fn new(provider: Arc<ConnectedProvider>) -> Self {
        Self { provider }
    }

    /// Asks the provider what it has this application registered as (RFC 7592 2.1). The answer is what logins go by from now on, and
    /// it is remembered: a provider may have changed the secret, or the access to the registration.
    ///
    /// # Errors
    /// [`RegistrationError`]; what is remembered stays as it is. Where that is because our own store failed, logins of this process go
    /// by the answer all the same.
    pub async fn read(&self) -> Result<ClientInformation, RegistrationError> {
        self.provider.read_registration().await
    }

    /// Asks the provider to register this application under the same client_id as what the settings ask for now (RFC 7592 2.2), in the
    /// place of all that it had registered. The answer is dealt with as that of [`read`](Self::read).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn update(&self) -> Result<ClientInformation, RegistrationError> {
        self.provider.update_registration().await
    }

    /// Asks the provider to forget this application (RFC 7592 2.3), and forgets the registration here. People stay signed in; what the
    /// provider granted them ends there, and the next login registers anew.
    ///
    /// # Errors
    /// [`RegistrationError`]. After [`ManagementRefused::Token`], by which a provider also says that the client is gone already, the
    /// registration is forgotten here all the same; after any other it is remembered still.
    pub async fn delete(&self) -> Result<(), RegistrationError> {
        self.provider.delete_registration().await
    }
}

impl fmt::Debug for ClientRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRegistration").field("provider", &self.provider.name()).finish_non_exhaustive()
    }
}

/// Why a registration was not read, updated or deleted.
///
/// As a handler's answer it has a problem body: 501 where it can never be done, 404 without a registration, else 502 or 503.
///
/// # Example
/// ```
/// use axum::extract::State;
/// use vestibule::{RegistrationError, Vestibule};
///
/// async fn renew(State(vestibule): State<Vestibule>) -> Result<String, RegistrationError> {
///     let information = vestibule.registration("lab").update().await?;
///     Ok(match information.client_secret_expires_at() {
///         Some(end) => format!("its secret is good until {end}"),
///         None => "its secret does not end".to_owned(),
///     })
/// }
/// # let _ = axum::Router::<Vestibule>::new().route("/renew", axum::routing::post(renew));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The settings give a client, which somebody registered by hand.
    #[error("the client of this provider was registered by hand: whoever did that can change it")]
    GivenClient,
    /// Nobody has signed in yet, or the registration was deleted.
    #[error("this application is not registered with the provider; the first login registers it")]
    NotRegistered,
    /// The provider gave no access to the registration, or none that is safe to use.
    #[error("the registration cannot be looked after from here")]
    NotManageable(#[from] Unmanageable),
    /// The provider does not let us.
    #[error("what looks after registrations at the provider refused: it {0}")]
    Refused(#[source] ManagementRefused),
    /// The provider could not be reached, did not answer as it should, or our own store failed.
    #[error(transparent)]
    Provider(ProviderError),
}

impl IntoResponse for RegistrationError {
    fn into_response(self) -> Response {
        let (status, title) = match &self {
            Self::GivenClient | Self::NotManageable(_) => {
                (StatusCode::NOT_IMPLEMENTED, "The registration cannot be changed here")
            }
            Self::NotRegistered => (StatusCode::NOT_FOUND, "There is no registration"),
            Self::Provider(error) if error.is_transient() => {
                (StatusCode::SERVICE_UNAVAILABLE, "Not available right now")
            }
            Self::Refused(_) | Self::Provider(_) => (StatusCode::BAD_GATEWAY, "The provider refused"),
        };
        tracing::warn!(target: "vestibule::provider", reason = chain(&self), "a registration was not looked after");
        login::problem(status, &json!({"type": "about:blank", "title": title, "status": status.as_u16()}))
    }
}
