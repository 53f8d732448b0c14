//! What a run begins with: a provider, a client that is registered there, and the settings of the relying party.

use serde_json::Value;
use vestibule_provider::{Browser, DevelopmentProvider, PresentedCertificate, RegisteredClient, User};

use crate::{
    APP, Bench, CLIENT_ID, CLIENT_SECRET, ISSUER, JWKS_URI, POST_LOGOUT_REDIRECT_URI, Party, REDIRECT_URI, TestClock,
    Variant, application::application, fetched::Fetched, log::Log, wire::Wire,
};

/// A run that has not begun.
#[derive(Debug)]
#[must_use = "it begins with start()"]
pub struct Setup {
    variant: Variant,
    op: DevelopmentProvider,
    client: RegisteredClient,
    party: Party,
    certificate: Option<PresentedCertificate>,
}

impl Setup {
    /// As in every module of this variant.
    pub fn of(variant: Variant) -> Self {
        let op = DevelopmentProvider::new(ISSUER)
            .expect("an issuer")
            .with_suite_keys()
            .with_unguessable_jwks_uri()
            .with_suite_credentials()
            .only_auth_method(variant.client_auth_type)
            // The suite has no such endpoint.
            .advertises("revocation_endpoint", Value::Null)
            .always_signs_in("alice")
            .user(User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@op.example"));
        let client = if variant.has_secret() {
            RegisteredClient::confidential(CLIENT_ID, CLIENT_SECRET)
        } else {
            RegisteredClient::public(CLIENT_ID)
        };
        let client = client
            .token_endpoint_auth_method(variant.client_auth_type)
            .redirect_uri(REDIRECT_URI)
            .post_logout_redirect_uri(POST_LOGOUT_REDIRECT_URI)
            .response_types([variant.response_type]);
        let client = if variant.signs() { client.jwks_uri(JWKS_URI) } else { client };
        Self { variant, op, client, party: Party::of(variant), certificate: None }
    }

    /// With a provider that is told more.
    pub fn op(self, tell: impl FnOnce(DevelopmentProvider) -> DevelopmentProvider) -> Self {
        Self { op: tell(self.op), ..self }
    }

    /// With a client that is registered otherwise; without meaning where it registers itself.
    pub fn client(self, register: impl FnOnce(RegisteredClient) -> RegisteredClient) -> Self {
        Self { client: register(self.client), ..self }
    }

    /// With a further setting of `[provider.op]`.
    pub fn set(self, key: &str, value: impl Into<toml::Value>) -> Self {
        Self { party: self.party.set(key, value), ..self }
    }

    /// Without a setting of `[provider.op]`.
    pub fn unset(self, key: &str) -> Self {
        Self { party: self.party.unset(key), ..self }
    }

    /// With this certificate below the requests that want one.
    pub fn certificate(self, der: &[u8]) -> Self {
        Self { certificate: Some(PresentedCertificate::new(der)), ..self }
    }

    /// Begins the run.
    #[must_use]
    pub fn start(self) -> Bench {
        let Self { variant, op, client, party, certificate } = self;
        let op = if variant.registers() { op } else { op.client(client) };
        let (log, clock) = (Log::listen(), TestClock::new());
        let wire = Wire { op: op.clone(), certificate };
        let vestibule = party.builder().http_client(wire).clock(clock.clone()).build();
        let app = application(&vestibule.unwrap_or_else(|error| panic!("{error}: {}", party.text())));
        let fetched = Fetched::default();
        op.site(APP, fetched.recording(app.clone()));
        let mut browser = Browser::new();
        browser.site(APP, app.clone());
        browser.site(ISSUER, op.router());
        Bench::new(variant, op, app, browser, clock, log, fetched)
    }
}
