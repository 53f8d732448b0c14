//! A client that registered itself looks after its registration (RFC 7592): one thing at a time, each to its end.

use std::sync::Arc;

use vestibule_core::{
    ClientInformation, HttpError, Misbehaviour, ProtocolError,
    registration::{
        RegistrationRequest,
        management::{DeleteRegistration, ManagementRefused, ReadRegistration, UpdateRegistration},
    },
};

use super::{
    ConnectedProvider, ProviderError,
    registrar::{Caring, Kept, Registrar},
};
use crate::client_registration::RegistrationError;

impl ConnectedProvider {
    /// What the provider has us registered as.
    pub(crate) async fn read_registration(self: &Arc<Self>) -> Result<ClientInformation, RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let care = this.care().await?;
            let exchange = ReadRegistration::new(care.request, &care.kept.information)?;
            let information = this.carry_out(exchange).await?;
            care.registrar.replace(&this.surroundings.remembered, &care.kept.key, &care.kept.key, information).await
        })
        .await
    }

    /// Registers us as what the settings ask for now, under the client_id that we have.
    pub(crate) async fn update_registration(self: &Arc<Self>) -> Result<ClientInformation, RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let care = this.care().await?;
            // What is asked for follows the provider's metadata, which may have changed since.
            let (remembered, new_key) = (&this.surroundings.remembered, care.key_of_today);
            this.make_keys_asked_for(&care.request).await?;
            let exchange = UpdateRegistration::new(care.request, &care.kept.information)?;
            let information = this.carry_out(exchange).await?;
            care.registrar.replace(remembered, &care.kept.key, &new_key, information).await
        })
        .await
    }

    /// Ends the registration.
    pub(crate) async fn delete_registration(self: &Arc<Self>) -> Result<(), RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let care = this.care().await?;
            let exchange = DeleteRegistration::new(&care.request, &care.kept.information)?;
            let result = this.carry_out(exchange).await.map_err(RegistrationError::from);
            // RFC 7592 2.3: 401 is the answer too when the client is not there any more.
            if matches!(result, Ok(()) | Err(RegistrationError::Refused(ManagementRefused::Token))) {
                care.registrar.forget(&this.surroundings.remembered, &care.kept.key).await?;
            }
            result
        })
        .await
    }

    /// The registration, in nobody else's hands.
    async fn care(self: &Arc<Self>) -> Result<Care<'_>, RegistrationError> {
        let (asked, registrar) = self.identity.registrar().ok_or(RegistrationError::GivenClient)?;
        let caring = registrar.care().await;
        let metadata = self.metadata().await?;
        let request = self.registration_request(&metadata, asked)?;
        let remembered = &self.surroundings.remembered;
        let kept = registrar.kept(remembered, &request).await?.ok_or(RegistrationError::NotRegistered)?;
        Ok(Care { registrar, key_of_today: remembered.key(&request), request, kept, _caring: caring })
    }
}

/// What it takes to look after a registration.
struct Care<'a> {
    registrar: &'a Registrar,
    request: RegistrationRequest,
    key_of_today: String,
    kept: Kept,
    /// Whoever comes meanwhile waits: two who show the same access would end it for each other (RFC 7592 5).
    _caring: Caring<'a>,
}

/// In a task of its own: nobody who hangs up comes between "the provider changed the access" and "we keep it".
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, RegistrationError>> + Send + 'static,
) -> Result<T, RegistrationError> {
    let interrupted = |_| ProviderError::from(HttpError::Transport("the exchange was interrupted".into()));
    tokio::spawn(work).await.map_err(interrupted)?
}

impl From<ProviderError> for RegistrationError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::ClientConfiguration(refused))) => {
                Self::Refused(refused)
            }
            error => Self::Provider(error),
        }
    }
}
