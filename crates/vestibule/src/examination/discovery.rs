//! Whether the metadata can be had, and is of the issuer that the settings name.

use std::sync::Arc;

use vestibule_core::{
    Issuer, Misbehaviour, ProtocolError, ProviderMetadata,
    error::{Excerpt, InvalidMetadata},
};

use super::{Code, Finding, connection, provider::Learnt, words};
use crate::{
    error::chain,
    provider::{ConnectedProvider, Probe, ProviderError},
};

/// The metadata, if there is any that a login could use.
pub(super) async fn examine(provider: &Arc<ConnectedProvider>, learnt: &mut Learnt) -> Option<Arc<ProviderMetadata>> {
    if let Some(metadata) = provider.described() {
        let found =
            format!("the settings describe the provider {}: nothing is fetched but its keys", metadata.issuer());
        learnt.find(Finding::new(Code::Described, found));
        return Some(Arc::clone(metadata));
    }
    let issuer = issuer(provider, learnt).await?;
    let probe = provider.probe(provider.discovery_request(&issuer)).await;
    learnt.hear(probe.ahead);
    let status = match connection::examine(&probe) {
        Ok((held, answer)) => {
            learnt.find(held);
            answer.status().as_u16()
        }
        Err(no_answer) => {
            learnt.find(no_answer);
            return None;
        }
    };
    let Probe { url, read: Some(read), .. } = probe else { return None };
    match read {
        Ok(metadata) => {
            learnt.find(Finding::new(Code::Discovery, format!("{url} answered with status {status} and the metadata")));
            let found = if provider.lists_tenants() {
                format!(
                    "the metadata is what {issuer} publishes for its tenants, of whom those that are listed may sign in"
                )
            } else {
                format!("the metadata is of the issuer that the settings have: {issuer}")
            };
            learnt.find(Finding::new(Code::Issuer, found));
            Some(Arc::new(metadata))
        }
        Err(error) => {
            if status != 200 {
                learnt.refused_with = Some(status);
            }
            learnt.find(unusable(&url, status, &issuer, &error));
            None
        }
    }
}

/// The issuer: as the settings have it, or as WebFinger finds it.
async fn issuer(provider: &Arc<ConnectedProvider>, learnt: &mut Learnt) -> Option<Arc<Issuer>> {
    if let Some(issuer) = provider.issuer_of_the_settings() {
        return Some(Arc::new(issuer.clone()));
    }
    match provider.known_issuer().await {
        Ok(issuer) => {
            learnt.find(Finding::new(Code::WebFinger, format!("WebFinger found the issuer {issuer}")));
            Some(issuer)
        }
        Err(error) => {
            let found = format!("WebFinger found no issuer: {}", words::reason(&chain(&error)));
            learnt.find(Finding::new(Code::WebFingerFails, found).with_remedy(
                "see whether the identifier is right and its host answers at /.well-known/webfinger; an issuer within your own network needs its host:port in outbound_allow; or name the issuer in the settings",
            ));
            None
        }
    }
}

fn unusable(url: &str, status: u16, issuer: &Issuer, error: &ProviderError) -> Finding {
    let metadata = match error {
        ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::Metadata(metadata))) => Some(metadata),
        _ => None,
    };
    match metadata {
        Some(InvalidMetadata::IssuerMismatch { got, .. } | InvalidMetadata::ManyTenants { got, .. }) => {
            other_issuer(issuer.as_str(), got)
        }
        _ if status != 200 => Finding::new(Code::DiscoveryStatus, format!("{url} answered with status {status}"))
            .with_remedy(remedy_for(status)),
        _ => Finding::new(
            Code::DiscoveryUnusable,
            format!("what {url} answered cannot be used: {}", words::reason(&chain(error))),
        )
        .with_remedy(
            "open that address in a browser: it must show the JSON of Discovery 3. A page of a proxy or of a login is a sign that the issuer is wrong; if the provider publishes it like that, describe its metadata in the settings",
        ),
    }
}

fn remedy_for(status: u16) -> &'static str {
    match status {
        300..=399 => {
            "a redirect is never followed: write the issuer as the provider's documentation has it, with its final host and path"
        }
        401 | 403 => "metadata is public: a proxy or a filter before the provider keeps it from this machine",
        404 | 410 => {
            "the issuer is wrong, most often in its path (a tenant, a realm, a policy): copy it from the provider's documentation"
        }
        429 | 500..=599 => "the provider is in trouble: try again, and if it stays so tell whoever runs it",
        _ => "see whether the issuer is right",
    }
}

/// Both strings, and what tells them apart.
fn other_issuer(ours: &str, theirs: &Excerpt) -> Finding {
    let got = theirs.to_string();
    let sentence = format!("the settings have the issuer '{}', and the metadata is of '{got}'", Excerpt::new(ours));
    if got.contains("{tenantid}") || got.contains("{tenant}") {
        return Finding::new(Code::IssuerTemplate, sentence).with_remedy(
            "this address serves any tenant, and no token will name that issuer: write that of your tenant, such as https://login.microsoftonline.com/TENANT-ID/v2.0, or list those whose people may sign in (tenants)",
        );
    }
    let slash = |longer: &str, shorter: &str| longer.strip_suffix('/') == Some(shorter);
    if slash(&got, ours) {
        return Finding::new(Code::IssuerSlash, format!("{sentence}: it has a slash at the end")).with_remedy(format!(
            "add the slash: issuer = \"{got}\" (issuers are compared byte for byte, Discovery 4.3)"
        ));
    }
    if slash(ours, &got) {
        return Finding::new(Code::IssuerSlash, format!("{sentence}: it has no slash at the end")).with_remedy(
            format!("leave the slash out: issuer = \"{got}\" (issuers are compared byte for byte, Discovery 4.3)"),
        );
    }
    Finding::new(Code::IssuerMismatch, sentence).with_remedy(
        "they must be the same byte for byte (Discovery 4.3): if the second one is the provider that you mean, write it into the settings; if not, somebody else answers there",
    )
}
