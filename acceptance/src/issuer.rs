//! A development provider in this process, which several machines sign people in with.

use std::net::Ipv4Addr;

use tokio::{net::TcpListener, task::JoinHandle};
use vestibule::{Client, ConfigError, Provider, SignatureAlgorithm};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

use crate::{Failure, machine::BASE_URL};

const CLIENT_ID: &str = "machines";
const CLIENT_SECRET: &str = "what all machines of one application know";
/// A key of it is soon made.
const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Es256;

/// A provider, and the application's name for it. It ends when this is dropped.
#[derive(Debug)]
pub struct Issuer {
    name: &'static str,
    provider: DevelopmentProvider,
    serving: JoinHandle<()>,
}

impl Issuer {
    /// Knows alice and bob, as any other does: a name says nothing without its issuer.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(name: &'static str) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let client = RegisteredClient::confidential(CLIENT_ID, CLIENT_SECRET)
            .id_token_signed_response_alg(ALGORITHM)
            .redirect_uri(format!("{BASE_URL}/auth/callback/{name}"))
            .post_logout_redirect_uri(format!("{BASE_URL}/auth/logged_out"))
            .backchannel_logout_uri(format!("{BASE_URL}/auth/backchannel_logout/{name}"));
        let provider = DevelopmentProvider::new(format!("http://{}", listener.local_addr()?))?
            .client(client)
            .user(User::new("alice"))
            .user(User::new("bob"));
        let router = provider.router();
        let serving = tokio::spawn(async move {
            // It ends with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { name, provider, serving })
    }

    /// What the application calls it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The provider itself. Its logout requests wait until somebody delivers them.
    pub fn provider(&self) -> &DevelopmentProvider {
        &self.provider
    }

    /// As an application sets it up.
    ///
    /// # Errors
    /// None, as long as its address is one.
    pub fn settings(&self) -> Result<Provider, ConfigError> {
        let client = Client::confidential(CLIENT_ID, CLIENT_SECRET).id_token_signed_response_alg(ALGORITHM);
        Provider::discovered(self.provider.issuer().as_str(), client)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
