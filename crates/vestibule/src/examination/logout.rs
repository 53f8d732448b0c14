//! Who hears of the end of a session: the provider of ours, and we of its.

use vestibule_core::ProviderMetadata;

use super::{Code, Finding};
use crate::{door::Door, paths::Place, provider::ConnectedProvider};

pub(super) fn examine(door: &Door, provider: &ConnectedProvider, metadata: &ProviderMetadata) -> Vec<Finding> {
    let ours = provider.our_addresses();
    let mut findings = vec![match metadata.end_session_endpoint() {
        Some(_) => Finding::new(
            Code::LogoutAtProvider,
            format!(
                "whoever signs out here signs out at the provider too; the post logout redirect URI to register is {}",
                ours.post_logout_redirect_uri
            ),
        ),
        None => Finding::new(
            Code::LogoutHereOnly,
            "the provider has no end_session_endpoint: whoever signs out here is signed in again by one click",
        )
        .with_remedy("see whether the provider's metadata can have one; otherwise say so on your goodbye page"),
    }];
    let heard_of = [
        metadata.backchannel_logout_supported().then(|| {
            let sid = if metadata.backchannel_logout_session_supported() { ", one session at a time" } else { "" };
            let found = format!(
                "the provider can post logout tokens{sid}; the back-channel logout URI to register is {}",
                ours.backchannel_logout_uri
            );
            Finding::new(Code::BackChannelLogout, found)
        }),
        metadata.frontchannel_logout_supported().then(|| {
            let found = format!(
                "the provider can load our logout page in a frame; the front-channel logout URI to register is {}",
                ours.frontchannel_logout_uri
            );
            Finding::new(Code::FrontChannelLogout, found)
        }),
        metadata.check_session_iframe().map(|_| {
            let found = format!(
                "a page can watch the provider's session by a hidden frame of {}",
                door.paths.public(Place::CheckSession)
            );
            Finding::new(Code::SessionManagement, found)
        }),
    ];
    let heard_of: Vec<Finding> = heard_of.into_iter().flatten().collect();
    if heard_of.is_empty() {
        findings.push(
            Finding::new(Code::LogoutUnheard, "the provider does not say when its sessions end: those here go on to their own end")
                .with_remedy("give sessions a short lifetime or an idle limit, or ask the provider at an interval ([session] silent_renewal)"),
        );
    }
    findings.extend(heard_of);
    findings
}
