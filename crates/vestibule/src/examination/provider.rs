//! One provider, from its address to its peculiarities. What cannot be asked any more is not guessed at.

use std::sync::Arc;

use vestibule_core::{Client, ProviderMetadata};

use super::{Code, Finding, agreement, clocks, discovery, ground::Trust, keys, logout, quirks, redirect};
use crate::{door::Door, provider::ConnectedProvider};

/// What the provider forgives of clocks, where there is no client yet that says it.
const USUAL_SKEW: i64 = 60;

/// What was learnt of a provider so far.
#[derive(Default)]
pub(super) struct Learnt {
    pub(super) findings: Vec<Finding>,
    /// By how many seconds its clock is ahead, as the first answer said that did.
    pub(super) ahead: Option<i64>,
    /// With what status the metadata came, where it came with none or with the wrong one.
    pub(super) refused_with: Option<u16>,
}

impl Learnt {
    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn hear(&mut self, ahead: Option<i64>) {
        self.ahead = self.ahead.or(ahead);
    }
}

pub(super) async fn examine(door: &Door, provider: &Arc<ConnectedProvider>) -> Vec<Finding> {
    let mut learnt = Learnt::default();
    let client = provider.client_at_hand();
    let metadata = discovery::examine(provider, &mut learnt).await;
    if let Some(metadata) = &metadata {
        keys::examine(provider, metadata, client.as_deref(), &mut learnt).await;
        examine_client(provider, metadata, client.as_deref(), &mut learnt).await;
        learnt.findings.extend(logout::examine(door, provider, metadata));
        let skew = client.as_deref().map_or(USUAL_SKEW, Client::clock_skew_seconds);
        learnt.find(clocks::examine(learnt.ahead, skew));
    } else {
        learnt.find(redirect::to_register(provider));
    }
    learnt.findings.extend(settings(door, provider));
    let known = quirks::Known { door, provider, metadata: metadata.as_deref(), refused_with: learnt.refused_with };
    learnt.findings.extend(quirks::examine(&known));
    learnt.findings
}

async fn examine_client(
    provider: &ConnectedProvider,
    metadata: &ProviderMetadata,
    client: Option<&Client>,
    learnt: &mut Learnt,
) {
    match client {
        Some(client) => learnt.findings.extend(agreement::examine(provider, client, metadata)),
        None => learnt.find(agreement::would_register(metadata)),
    }
    learnt.find(redirect::to_register(provider));
    if let Some(client) = client {
        redirect::examine(provider, client, metadata, learnt).await;
    }
}

/// What is for development, and is not set up for it.
fn settings(door: &Door, provider: &ConnectedProvider) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_plain = provider.issuer().is_some_and(|issuer| issuer.as_str().starts_with("http:"));
    if is_plain && door.base.is_https() && !matches!(door.groundwork.trust(), Trust::OfTheApplication) {
        findings.push(
            Finding::new(
                Code::DevelopmentProvider,
                "a public application signs people in with a provider by plain http on its own machine",
            )
            .with_remedy(
                "whoever can open a port there can be anybody: take a provider with an https issuer, or none at all",
            ),
        );
    }
    if provider.sends_unsigned_request_objects() {
        findings.push(
            Finding::new(
                Code::UnsignedRequestObjects,
                "request objects are not signed: anybody on the way can change what a login asks for",
            )
            .with_remedy("agree on a request_object_signing_alg with the provider; unsigned ones are for tests"),
        );
    }
    findings
}
