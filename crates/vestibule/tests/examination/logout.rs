//! Who hears of the end of a session.

use serde_json::{Value, json};
use vestibule::examination::Code;

use crate::{
    bench::{CONFIGURATION, Line, assert_found, assert_not_found},
    house::APP,
};

#[tokio::test]
async fn what_the_provider_offers_is_said_with_the_address_to_register() {
    let findings = Line::straight().examine().await;
    let findings = findings.findings();
    assert_found(findings, Code::LogoutAtProvider, &format!("{APP}/auth/logged_out"));
    assert_found(findings, Code::BackChannelLogout, &format!("{APP}/auth/backchannel_logout/corp"));
    assert_found(findings, Code::FrontChannelLogout, &format!("{APP}/auth/frontchannel_logout/corp"));
    assert_found(findings, Code::SessionManagement, "/auth/check_session");
    assert_not_found(findings, Code::LogoutUnheard);
}

#[tokio::test]
async fn a_provider_without_any_of_it_gets_advice() {
    let line = Line::rewriting(CONFIGURATION, |document| {
        let members = document.as_object_mut().expect("an object");
        for member in ["end_session_endpoint", "check_session_iframe"] {
            members.remove(member);
        }
        for member in ["backchannel_logout_supported", "frontchannel_logout_supported"] {
            members.insert(member.to_owned(), json!(false));
        }
    });
    let findings = line.examine().await;
    assert_found(findings.findings(), Code::LogoutHereOnly, "no end_session_endpoint");
    assert_found(findings.findings(), Code::LogoutUnheard, "does not say when its sessions end");
    let some = Line::with_metadata("check_session_iframe", Value::Null).examine().await;
    assert_not_found(some.findings(), Code::LogoutUnheard);
}
