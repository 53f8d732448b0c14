//! Metadata that cannot be had, or is another's; and clocks.

use serde_json::json;
use vestibule::{
    Client, ClientMetadata, Provider, ProviderMetadata,
    examination::{Code, Finding},
};
use vestibule_provider::Fault;

use crate::{
    bench::{CONFIGURATION, Line, MANY, assert_found, assert_not_found, confidential, discovered, found},
    house::ISSUER,
};

async fn with_issuer(issuer: &str, line: &Line) -> Vec<Finding> {
    line.examine_other(Provider::discovered(issuer, confidential()).expect("an issuer")).await
}

/// R93: both strings, and by name what tells them apart.
#[tokio::test]
async fn an_issuer_with_a_slash_too_many_or_too_few_is_told_by_name() {
    let many = with_issuer(&format!("{ISSUER}/"), &Line::straight()).await;
    assert_found(&many, Code::IssuerSlash, &format!("'{ISSUER}/'"));
    assert_found(&many, Code::IssuerSlash, "it has no slash at the end");
    assert!(found(&many, Code::IssuerSlash).remedy().is_some_and(|remedy| remedy.contains(&format!("\"{ISSUER}\""))));
    let few = with_issuer(ISSUER, &Line::with_metadata("issuer", json!(format!("{ISSUER}/")))).await;
    assert_found(&few, Code::IssuerSlash, "it has a slash at the end");
    assert!(found(&few, Code::IssuerSlash).remedy().is_some_and(|remedy| remedy.contains(&format!("\"{ISSUER}/\""))));
    for findings in [many, few] {
        assert_not_found(&findings, Code::Discovery);
        assert_not_found(&findings, Code::Keys);
    }
}

#[tokio::test]
async fn an_issuer_of_somebody_else_and_one_that_is_a_template_are_told_apart() {
    let other = with_issuer(ISSUER, &Line::with_metadata("issuer", json!("https://stranger.example"))).await;
    assert_found(&other, Code::IssuerMismatch, "'https://stranger.example'");
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let template = with_issuer(ISSUER, &Line::with_metadata("issuer", json!(template))).await;
    assert_found(&template, Code::IssuerTemplate, "{tenantid}");
}

/// V100: what a login would take, the examination takes.
#[tokio::test]
async fn a_template_is_what_a_provider_publishes_whose_tenants_are_listed() {
    let line = Line::with_metadata("issuer", json!(format!("{ISSUER}/{{tenantid}}/v2.0")));
    let many = || Provider::discovered(&format!("{ISSUER}{MANY}"), confidential()).expect("an issuer");
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let findings = line.examine_other(many().tenants([tenant])).await;
    assert_not_found(&findings, Code::IssuerTemplate);
    assert_found(&findings, Code::Discovery, "status 200");
    assert_found(&findings, Code::Issuer, "those that are listed may sign in");
    assert_found(&findings, Code::Keys, "1 key");
    assert_found(&line.examine_other(many()).await, Code::IssuerTemplate, "{tenantid}");
}

#[tokio::test]
async fn a_status_is_said_with_what_it_usually_means() {
    for (status, remedy) in [
        (404, "issuer is wrong"),
        (302, "redirect is never followed"),
        (403, "metadata is public"),
        (503, "in trouble"),
    ] {
        let findings = Line::with_status(CONFIGURATION, status).examine().await;
        assert_found(findings.findings(), Code::DiscoveryStatus, &format!("status {status}"));
        let finding = found(findings.findings(), Code::DiscoveryStatus);
        assert!(finding.remedy().is_some_and(|text| text.contains(remedy)), "{finding:?}");
    }
}

#[tokio::test]
async fn what_is_no_metadata_is_not_taken_for_it() {
    for fault in [Fault::MetadataMalformed, Fault::OversizedMetadata] {
        let line = Line::straight();
        line.provider.set_fault(Some(fault));
        assert_found(line.examine().await.findings(), Code::DiscoveryUnusable, CONFIGURATION);
    }
    let lacking = Line::with_metadata("jwks_uri", serde_json::Value::Null).examine().await;
    assert_found(lacking.findings(), Code::DiscoveryUnusable, "jwks_uri");
}

#[tokio::test]
async fn a_described_provider_is_not_asked_for_its_metadata() {
    let line = Line::straight();
    let metadata = format!(
        r#"{{"issuer": "{ISSUER}", "authorization_endpoint": "{ISSUER}/authorize", "token_endpoint": "{ISSUER}/token",
            "jwks_uri": "{ISSUER}/jwks"}}"#
    );
    let metadata = ProviderMetadata::from_json(metadata.as_bytes()).expect("metadata");
    let findings = line.examine_other(Provider::described(metadata, confidential())).await;
    assert_found(&findings, Code::Described, ISSUER);
    assert_found(&findings, Code::Keys, "1 key");
    assert_found(&findings, Code::PkceUnsaid, "does not say");
    assert_found(&findings, Code::LogoutHereOnly, "no end_session_endpoint");
    assert_found(&findings, Code::LogoutUnheard, "does not say");
}

#[tokio::test]
async fn an_identifier_whose_issuer_webfinger_does_not_find_is_a_fault() {
    let line = Line::straight();
    line.provider.set_fault(Some(Fault::WebFingerNoLink));
    let by =
        || Provider::webfinger(&format!("{ISSUER}/alice"), ClientMetadata::new("Photo Album")).expect("an identifier");
    let findings = line.examine_other(by()).await;
    assert_found(&findings, Code::WebFingerFails, "no issuer");
    line.provider.set_fault(None);
    let findings = line.examine_other(by()).await;
    assert_found(&findings, Code::WebFinger, ISSUER);
    assert_found(&findings, Code::Discovery, "status 200");
}

/// V55: the time of every test is 1,700,000,000, which is 22:13:20.
#[tokio::test]
async fn the_clock_of_the_provider_is_read_from_its_answers() {
    async fn judge(headers: &'static [(&'static str, &'static str)], skew: i64) -> Finding {
        let client = Client::confidential("my-app", crate::house::CLIENT_SECRET).clock_skew(skew);
        let findings = Line::with_headers(headers).examine_other(discovered(client)).await;
        let clocks = [Code::Clock, Code::ClockOff, Code::ClockTooFarOff, Code::ClockUnsaid];
        let mut clocks = findings.into_iter().filter(|finding| clocks.contains(&finding.code()));
        clocks.next().expect("one of them")
    }
    let same = judge(&[("date", "Tue, 14 Nov 2023 22:13:20 GMT")], 60).await;
    assert_eq!(same.code(), Code::Clock);
    let ahead = judge(&[("date", "Tue, 14 Nov 2023 22:14:05 GMT")], 60).await;
    assert_eq!(ahead.code(), Code::ClockOff);
    assert!(ahead.sentence().contains("45 s ahead of ours, and 60 s are forgiven"), "{ahead:?}");
    let too_far = judge(&[("date", "Tue, 14 Nov 2023 22:14:05 GMT")], 40).await;
    assert_eq!(too_far.code(), Code::ClockTooFarOff);
    let behind = judge(&[("date", "Tue, 14 Nov 2023 21:13:20 GMT")], 300).await;
    assert_eq!(behind.code(), Code::ClockTooFarOff);
    assert!(behind.sentence().contains("3600 s behind ours"), "{behind:?}");
    // RFC 9111 5.1: a cache has had it for an hour.
    let cached = judge(&[("date", "Tue, 14 Nov 2023 21:13:20 GMT"), ("age", "3600")], 60).await;
    assert_eq!(cached.code(), Code::Clock);
    assert_eq!(judge(&[("date", "yesterday")], 60).await.code(), Code::ClockUnsaid);
}
