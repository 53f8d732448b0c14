//! What the environment says counts for a process: each test runs once more in a process of its own.

use std::{
    ffi::OsStr,
    io::ErrorKind,
    net::TcpListener,
    process::{Command, Output},
};

use vestibule::{Client, ConfigError, Provider, SecretKey, Vestibule};

use crate::{
    asking::{ask, trusting},
    authority::Authority,
    server::{EVERY_VERSION, Server, ok},
};

const WITHIN: &str = "VESTIBULE_TEST_WITHIN";

/// Whether this is the process with the environment that is asked for. If not, one has run `test` by now, and it passed.
pub(crate) fn is_within(test: &str, variables: &[(&str, &OsStr)]) -> bool {
    if std::env::var_os(WITHIN).is_some() {
        return true;
    }
    let mut again = Command::new(std::env::current_exe().expect("this program"));
    again.args([test, "--exact"]).env(WITHIN, "yes");
    for variable in ["NO_PROXY", "no_proxy", "REQUEST_METHOD", "SSL_CERT_DIR", "SSL_CERT_FILE"] {
        again.env_remove(variable);
    }
    let Output { status, stdout, .. } = again.envs(variables.iter().copied()).output().expect("it starts");
    let said = String::from_utf8_lossy(&stdout);
    assert!(status.success() && said.contains("1 passed"), "{said}");
    false
}

/// V78
#[tokio::test]
async fn the_proxies_of_the_environment_are_not_asked() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let variables = names.map(|name| (name, OsStr::new(&address)));
    if is_within("environment::the_proxies_of_the_environment_are_not_asked", &variables) {
        assert!(std::env::var_os("http_proxy").is_some());
        let authority = Authority::new();
        let client = trusting(&authority);
        let plain = Server::answering(ok("{}")).await;
        ask(&client, &plain.http("/")).await.expect("an answer without a proxy");
        let tls = Server::over_tls(authority.identity(), EVERY_VERSION).await;
        ask(&client, &tls.https("/")).await.expect("an answer without a proxy");
    } else {
        proxy.set_nonblocking(true).expect("a socket");
        assert_eq!(proxy.accept().expect_err("nobody came").kind(), ErrorKind::WouldBlock);
    }
}

fn build(issuer: &str, trusted_ca: Option<&Authority>) -> Result<Vestibule, ConfigError> {
    let builder = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", Provider::discovered(issuer, Client::public("my-app")).expect("an issuer"));
    match trusted_ca {
        Some(authority) => builder.trusted_ca(authority.pem.as_str()).build(),
        None => builder.build(),
    }
}

/// R63: it would be found out at the first login otherwise.
#[test]
fn a_machine_without_trust_anchors_is_told_so_when_it_has_to_verify() {
    let test = "environment::a_machine_without_trust_anchors_is_told_so_when_it_has_to_verify";
    if is_within(test, &[("SSL_CERT_FILE", OsStr::new("/nowhere/no.pem"))]) {
        let error = build("https://login.example.com", None).expect_err("whom should it trust?");
        assert_eq!(error.setting(), "trusted_ca");
        assert!(error.to_string().contains("no trust anchors to verify providers with"), "{error}");
        assert!(error.to_string().contains("ca-certificates"), "{error}");

        build("https://login.example.com", Some(&Authority::new())).expect("that one it trusts");
        build("http://127.0.0.1:3001", None).expect("nobody to verify");
    }
}
