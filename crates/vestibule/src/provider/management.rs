//! A client that registered itself looks after its registration (RFC 7592): one thing at a time, each to its end.

use std::sync::Arc;

use vestibule_core::{
    ClientInformation, HttpError, Misbehaviour, NumericDate, ProtocolError,
    registration::{
        RegistrationRequest,
        management::{DeleteRegistration, ManagementRefused, ReadRegistration, UpdateRegistration},
    },
};

use super::{
    ConnectedProvider, ProviderError,
    registrar::{Caring, Kept, Registrar, Remembered},
};
use crate::client_registration::RegistrationError;

impl ConnectedProvider {
    /// What the provider has us registered as.
    pub(crate) async fn read_registration(self: &Arc<Self>) -> Result<ClientInformation, RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let (care, caring) = this.care().await?;
            let read = async {
                let kept = care.kept(this.now()).await?;
                let information = this.carry_out(ReadRegistration::new(care.request, &kept.information)?).await?;
                care.registrar.replace(care.remembered, &kept, &kept.key, information, this.now()).await
            };
            caring.during(read).await
        })
        .await
    }

    /// Registers us as what the settings ask for now, under the client_id that we have.
    pub(crate) async fn update_registration(self: &Arc<Self>) -> Result<ClientInformation, RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let (care, caring) = this.care().await?;
            let update = async {
                let kept = care.kept(this.now()).await?;
                // What is asked for follows the provider's metadata, which may have changed since.
                let new_key = care.remembered.key(&care.request);
                let information = this.update_held(care.request, &kept.information).await?;
                care.registrar.replace(care.remembered, &kept, &new_key, information, this.now()).await
            };
            caring.during(update).await
        })
        .await
    }

    /// Asks for a client again, under the client_id that it has (RFC 7592 2.2). The secret and the access may be new.
    pub(super) async fn update_held(
        &self,
        request: RegistrationRequest,
        held: &ClientInformation,
    ) -> Result<ClientInformation, RegistrationError> {
        let update = UpdateRegistration::new(request.clone(), held)?;
        self.make_keys_asked_for(&request).await?;
        Ok(self.carry_out(update).await?)
    }

    /// Ends the registration.
    pub(crate) async fn delete_registration(self: &Arc<Self>) -> Result<(), RegistrationError> {
        let this = Arc::clone(self);
        to_the_end(async move {
            let (care, caring) = this.care().await?;
            let delete = async {
                let kept = care.kept(this.now()).await?;
                let exchange = DeleteRegistration::new(&care.request, &kept.information)?;
                let result = this.carry_out(exchange).await.map_err(RegistrationError::from);
                // RFC 7592 2.3: 401 is the answer too when the client is not there any more.
                if matches!(result, Ok(()) | Err(RegistrationError::Refused(ManagementRefused::Token))) {
                    care.registrar.forget(care.remembered, &kept.key).await?;
                }
                result
            };
            caring.during(delete).await
        })
        .await
    }

    /// The registration, in nobody else's hands.
    async fn care(self: &Arc<Self>) -> Result<(Care<'_>, Caring<'_>), RegistrationError> {
        let (asked, registrar) = self.identity.registrar().ok_or(RegistrationError::GivenClient)?;
        let metadata = self.metadata().await?;
        let request = self.registration_request(&metadata, asked)?;
        let remembered = &self.surroundings.remembered;
        let caring = registrar.care(remembered, &request).await?;
        Ok((Care { registrar, remembered, request }, caring))
    }
}

/// What it takes to look after a registration. Whoever comes meanwhile waits: two who show the same access would end it for each
/// other (RFC 7592 5).
struct Care<'a> {
    registrar: &'a Registrar,
    remembered: &'a Remembered,
    request: RegistrationRequest,
}

impl Care<'_> {
    async fn kept(&self, now: NumericDate) -> Result<Kept, RegistrationError> {
        let kept = self.registrar.kept(self.remembered, &self.request, now).await?;
        kept.ok_or(RegistrationError::NotRegistered)
    }
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
