//! The doctor: each finding, made by a real fault.

#[path = "../my_sessions/frail.rs"]
#[allow(dead_code, reason = "one way in which a store fails is enough here")]
mod frail;
#[path = "../house/mod.rs"]
mod house;

mod agreement;
mod bench;
mod discovery;
mod ground;
mod keys;
mod logout;
mod quirks;
mod redirect;
#[cfg(unix)]
mod secrets;

use bench::{Line, assert_found};
use house::{APP, CLIENT_SECRET, ISSUER, TestClock, builder, provider};
use vestibule::{
    Client, Provider, SecretKey,
    examination::{Code, Severity},
};
use vestibule_provider::Fault;

/// All that there is to say of a provider with which nothing is wrong, in order.
#[tokio::test]
async fn where_nothing_is_wrong_that_is_said() {
    let examination = Line::straight().examine_with(|builder| builder.previous_secret_key(SecretKey::generate())).await;
    let found: Vec<String> = examination
        .findings()
        .iter()
        .map(|finding| format!("{} {} {}", finding.provider().unwrap_or("-"), finding.severity(), finding.code()))
        .collect();
    let expected = [
        "- advice base_url_loopback",
        "- fine secret_key",
        // The key of every test is one byte over and over.
        "- warning secret_key_not_random",
        "- fine store_answers",
        "- advice own_http_client",
        "- fine cookie_fits",
        "corp advice plain_http",
        "corp fine discovery",
        "corp fine issuer",
        "corp fine keys",
        "corp fine response_type",
        "corp fine signature",
        "corp fine pkce",
        "corp fine authentication",
        "corp fine redirect_uri",
        "corp fine redirect_uri_accepted",
        "corp fine logout_at_provider",
        "corp fine back_channel_logout",
        "corp fine front_channel_logout",
        "corp fine session_management",
        "corp fine clock_unsaid",
    ];
    assert_eq!(found, expected);
    assert_eq!((examination.worst(), examination.count(Severity::Warning)), (Severity::Warning, 1));
}

/// What goes out is what a browser or a login would send, less all that is secret; and nobody is signed in or registered by it.
#[tokio::test]
async fn an_examination_sends_no_secret_and_says_none() {
    let line = Line::straight();
    let examination = line.examine().await;
    let asked: Vec<String> = line.provider.requests().iter().map(|request| request.path.clone()).collect();
    assert_eq!(asked, [bench::CONFIGURATION, "/jwks", "/authorize"]);
    for request in line.provider.requests() {
        assert!(request.body.is_empty());
        let said = format!("{request:?}");
        assert!(!said.contains(CLIENT_SECRET) && !said.to_ascii_lowercase().contains("authorization:"), "{said}");
    }
    let said = format!("{} {examination:?}", serde_json::to_string(&examination).expect("JSON"));
    for secret in [CLIENT_SECRET, "BwcHBwcHBwcHBwcH", "code_challenge=", "nonce="] {
        assert!(!said.contains(secret), "{secret}");
    }
}

/// A provider that is away is a finding; the others are looked at all the same.
#[tokio::test]
async fn a_provider_that_is_away_is_a_finding_and_no_reason_not_to_look_at_the_others() {
    let away = provider();
    away.set_fault(Some(Fault::Unreachable));
    let other = Provider::discovered(ISSUER, Client::public("other")).expect("an issuer");
    let vestibule = builder(&away, &TestClock::new()).provider("other", other).build().expect("settings");
    let examination = vestibule.examine().await;
    assert_eq!((examination.worst(), examination.count(Severity::Fault)), (Severity::Fault, 2));
    let of = |name: &str| -> Vec<_> {
        examination.findings().iter().filter(|finding| finding.provider() == Some(name)).cloned().collect()
    };
    assert_found(&of("corp"), Code::Unreachable, "told to be unreachable");
    assert_found(&of("corp"), Code::RedirectUri, &format!("{APP}/auth/callback/corp"));
    assert_found(&of("other"), Code::RedirectUri, &format!("{APP}/auth/callback/other"));
}

/// As programs read it.
#[tokio::test]
async fn an_examination_is_json() {
    let line = Line::straight();
    line.provider.set_fault(Some(Fault::MetadataIssuerMismatch));
    let examination = line.examine().await;
    let value = serde_json::to_value(&examination).expect("JSON");
    assert_eq!(value["worst"], "fault");
    let findings = value["findings"].as_array().expect("a list");
    let mismatch = findings.iter().find(|finding| finding["code"] == "issuer_mismatch").expect("the fault");
    assert_eq!((&mismatch["provider"], &mismatch["severity"]), (&"corp".into(), &"fault".into()));
    assert!(mismatch["sentence"].as_str().expect("text").contains("'https://stranger.example'"));
    let members: Vec<&String> = mismatch.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["code", "provider", "remedy", "sentence", "severity"]);
}
