//! The doctor as people and pipelines start it: what it says, and with which code it ends.

mod folder;

use std::process::Output;

use folder::Folder;
use serde_json::Value;
use vestibule_provider::{DevelopmentProvider, Fault, RegisteredClient};

const CLIENT_SECRET: &str = "a client secret that nobody shall read";
/// 32 bytes that a generator made.
const DRAWN: &str = "6bYOgIUfxUPAcnFz0YmTpJyJ3yJdYGlfnaJsRVHPR6k";
/// 32 bytes that a person made.
const TEXT: &str = "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM";

/// The development provider on a port of its own, and its issuer.
async fn provider() -> (DevelopmentProvider, String) {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}", port.local_addr().expect("an address"));
    let client =
        RegisteredClient::confidential("demo", CLIENT_SECRET).redirect_uri("http://localhost:3000/auth/callback/corp");
    let provider = DevelopmentProvider::new(&issuer).expect("an issuer").client(client);
    let serving = provider.clone();
    tokio::spawn(async move { serving.serve(port).await });
    (provider, issuer)
}

fn settings(issuer: &str, key: &str) -> String {
    format!(
        "base_url = \"http://localhost:3000\"\nsecret_key = \"{key}\"\n[provider.corp]\nissuer = \"{issuer}\"\n\
         client_id = \"demo\"\nclient_secret = \"{CLIENT_SECRET}\"\n"
    )
}

async fn examine(settings: &str, options: &[&str]) -> (Option<i32>, String, String) {
    let folder = Folder::new(settings);
    let mut command = folder.doctor(options);
    let ended = tokio::task::spawn_blocking(move || command.output().expect("it starts")).await.expect("no panic");
    said(ended)
}

fn said(Output { status, stdout, stderr }: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// Where nothing is wrong, to the letter. What differs each time is the port and the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_house_is_said_to_the_letter_and_ends_with_0() {
    let (_provider, issuer) = provider().await;
    let (code, output, errors) = examine(&settings(&issuer, DRAWN), &[]).await;
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{output}");
    let output = output.replace(&issuer, "ISSUER");
    let kid = output.split("kid '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a kid").to_owned();
    assert_eq!(output.replace(&kid, "KID"), include_str!("good.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_own_settings_are_good() {
    let (code, output, _) = examine_own(&["--json"]).await;
    assert_eq!(code, Some(0), "{output}");
    let value: Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(value["worst"], "advice");
    let codes: Vec<&Value> = value["findings"].as_array().expect("a list").iter().map(|found| &found["code"]).collect();
    assert!(codes.contains(&&"redirect_uri_accepted".into()) && codes.contains(&&"clock".into()), "{output}");
}

async fn examine_own(options: &[&str]) -> (Option<i32>, String, String) {
    let mut command = folder::doctor(options);
    said(tokio::task::spawn_blocking(move || command.output().expect("it starts")).await.expect("no panic"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_ends_with_1_and_a_warning_alone_with_3() {
    let (provider, issuer) = provider().await;
    let (code, output, _) = examine(&settings(&issuer, TEXT), &[]).await;
    assert_eq!(code, Some(3), "{output}");
    assert!(
        output.contains("  warning  secret_key_not_random: ") && output.contains("0 faults, 1 warning, "),
        "{output}"
    );
    let (code, output, _) = examine(&settings(&format!("{issuer}/"), DRAWN), &["--no-colour"]).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("  fault    issuer_slash: ") && output.contains("\n           -> leave the slash out"),
        "{output}"
    );
    provider.set_fault(Some(Fault::JwksServerError));
    let (code, output, _) = examine(&settings(&issuer, DRAWN), &["--json"]).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("\"code\": \"keys_unavailable\""), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_looked_at_end_with_2_and_say_why() {
    let wrong = settings("https://login.example.com", DRAWN).replace("client_id", "client_di");
    for options in [&[][..], &["--json"]] {
        let (code, output, errors) = examine(&wrong, options).await;
        assert_eq!((code, output.as_str()), (Some(2), ""));
        assert!(errors.contains("client_di") && errors.contains("client_id"), "{errors}");
    }
    let (code, output, errors) = examine_own(&["--settings", "/nonexistent/settings.toml"]).await;
    assert_eq!((code, output.as_str()), (Some(2), ""));
    assert!(errors.contains("the file cannot be read"), "{errors}");
}

/// Nobody looks at a pipe, so there are no colours; and no output has a secret in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_gets_no_colours_and_nobody_gets_secrets() {
    let (_provider, issuer) = provider().await;
    for options in [&[][..], &["--json"], &["--no-color"]] {
        let (_, output, errors) = examine(&settings(&issuer, DRAWN), options).await;
        assert!(!output.contains('\u{1b}'), "{output}");
        for secret in [CLIENT_SECRET, DRAWN] {
            assert!(!output.contains(secret) && !errors.contains(secret), "{output}{errors}");
        }
    }
}

/// The settings that the demo comes with start the provider that they embed, or find it running.
#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_provider_is_started_unless_it_runs() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", port.local_addr().expect("an address"));
    drop(port);
    let embedded =
        format!("{}[demo]\nembedded_provider = \"{}\"\n", settings(&issuer, DRAWN), issuer.replace("http://", ""));
    let (code, output, errors) = examine(&embedded, &[]).await;
    assert_eq!(code, Some(0), "{output}{errors}");
    let (_provider, issuer) = provider().await;
    let running =
        format!("{}[demo]\nembedded_provider = \"{}\"\n", settings(&issuer, DRAWN), issuer.replace("http://", ""));
    let (code, output, errors) = examine(&running, &[]).await;
    assert_eq!(code, Some(0), "{output}{errors}");
}
