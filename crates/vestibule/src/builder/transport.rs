//! Who carries requests out: one HTTP client for all providers, and one of its own for each that knows us by a certificate.

use std::sync::Arc;

use vestibule_core::HttpClient;

#[cfg(feature = "reqwest")]
use crate::reqwest_client::ReqwestClient;
use crate::{config_error::ConfigError, examination::Trust, provider::Provider};

/// Where the HTTP clients come from.
pub(super) enum Transport {
    /// The application's own.
    Given(Arc<dyn HttpClient>),
    #[cfg(feature = "reqwest")]
    Reqwest(ReqwestClient),
}

impl Transport {
    pub(super) fn new(
        given: Option<Arc<dyn HttpClient>>,
        providers: &[(String, Provider)],
        trusted_ca: Option<&[u8]>,
        outbound_allow: &[String],
    ) -> Result<Self, ConfigError> {
        match given {
            // A setting that does nothing would be a lie.
            Some(_) if !outbound_allow.is_empty() => Err(ConfigError::new(
                "outbound_allow",
                "an HTTP client of your own was given, which does not know it",
            )
            .remedy(
                "leave it out and let your client judge requests that are marked DynamicHost, or leave the client out",
            )),
            Some(client) => Ok(Self::Given(client)),
            None => Self::of_our_own(providers, trusted_ca, outbound_allow),
        }
    }

    #[cfg(feature = "reqwest")]
    fn of_our_own(
        providers: &[(String, Provider)],
        trusted_ca: Option<&[u8]>,
        outbound_allow: &[String],
    ) -> Result<Self, ConfigError> {
        // A machine without trust anchors is fine as long as no certificate has to be verified.
        let verifies = providers.iter().any(|(_, provider)| provider.may_be_asked_over_tls());
        let client = if verifies || trusted_ca.is_some() {
            ReqwestClient::new(trusted_ca)?
        } else {
            ReqwestClient::loopback_only()?
        };
        client.outbound_allow(outbound_allow).map(Self::Reqwest)
    }

    #[cfg(not(feature = "reqwest"))]
    fn of_our_own(_: &[(String, Provider)], _: Option<&[u8]>, _: &[String]) -> Result<Self, ConfigError> {
        Err(ConfigError::new("http_client", "there is none")
            .remedy("give one by .http_client(..), or turn the cargo feature \"reqwest\" on"))
    }

    /// Whose certificates are believed.
    pub(super) fn trust(&self) -> Trust {
        match self {
            Self::Given(_) => Trust::OfTheApplication,
            #[cfg(feature = "reqwest")]
            Self::Reqwest(client) => client.own_anchors().map_or(Trust::Nobody, |own| Trust::PlatformAnd { own }),
        }
    }

    /// The client for those who are shown no certificate.
    pub(super) fn for_all(&self) -> Arc<dyn HttpClient> {
        match self {
            Self::Given(client) => Arc::clone(client),
            #[cfg(feature = "reqwest")]
            Self::Reqwest(client) => Arc::new(client.clone()),
        }
    }

    /// The client for this provider: its own where our certificate is for it alone.
    pub(super) fn for_provider(&self, name: &str, provider: &Provider) -> Result<Arc<dyn HttpClient>, ConfigError> {
        match (provider.own_tls_client_certificate(), self) {
            #[cfg(feature = "reqwest")]
            (None, Self::Reqwest(_)) => match provider.method_by_certificate() {
                // RFC 8705 2: what proves who we are is the certificate.
                Some(method) => Err(ConfigError::new(
                    format!("provider.{name}.tls_client_certificate"),
                    format!("there is none, and token_endpoint_auth_method {} shows one", method.name()),
                )
                .remedy("give .tls_client_certificate(certificate, key)")),
                None => Ok(self.for_all()),
            },
            (None, Self::Given(_)) => Ok(self.for_all()),
            (Some(_), Self::Given(_)) => Err(ConfigError::new(
                format!("provider.{name}.tls_client_certificate"),
                "an HTTP client of your own was given, which does not know it",
            )
            .remedy("give it to your client, for requests that are marked ClientCertificate, or leave the client out")),
            #[cfg(feature = "reqwest")]
            (Some(certificate), Self::Reqwest(client)) => match client.with_identity(certificate.identity()) {
                Ok(client) => Ok(Arc::new(client)),
                Err(error) => Err(error.named(format!("provider.{name}.tls_client_certificate"))),
            },
        }
    }
}
