//! The demo over https: the program that people start, behind a certificate of a private authority.

mod authority;
mod program;

use std::{net::SocketAddr, time::Duration};

use authority::{Authority, Identity};
use axum::{Router, body::Body, extract::Request, http::Response};
use program::Folder;
use reqwest::{Certificate, Client, redirect::Policy};
use tokio::net::TcpStream;
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient, User};

/// What people type. The port is left out: the demo takes any, and the test's client knows where to go.
const APP: &str = "https://localhost";

fn settings(base_url: &str, issuer: &str, demo: &str) -> String {
    format!(
        r#"
        base_url = "{base_url}"
        secret_key = "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM"
        [provider.demo]
        issuer = "{issuer}"
        client_id = "demo"
        client_secret = "a secret"
        scope = "openid profile"
        [demo]
        listen = "127.0.0.1:0"
        {demo}
        "#
    )
}

const BOTH_FILES: &str = "tls_certificate = 'cert.pem'\ntls_key = 'key.pem'";

/// A folder with a certificate for `localhost`, and settings that name it.
fn folder(identity: &Identity, issuer: &str) -> Folder {
    Folder::new(&settings(APP, issuer, BOTH_FILES))
        .with("cert.pem", &identity.certificate)
        .with("key.pem", &identity.key)
}

/// The development provider on a port of its own: it, and its issuer.
async fn provider() -> (DevelopmentProvider, String) {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}", port.local_addr().expect("an address"));
    let provider = DevelopmentProvider::new(&issuer)
        .expect("an issuer")
        .client(
            RegisteredClient::confidential("demo", "a secret")
                .redirect_uri(format!("{APP}/auth/callback/demo"))
                .post_logout_redirect_uri(format!("{APP}/auth/logged_out")),
        )
        .user(User::new("alice").claim("name", "Alice Liddell"));
    let serving = provider.clone();
    tokio::spawn(async move { serving.serve(port).await });
    (provider, issuer)
}

/// What trusts the authority and nobody else, and finds `localhost` at `address`.
fn client(authority: &Authority, address: SocketAddr) -> Client {
    let trusted = Certificate::from_pem(authority.pem.as_bytes()).expect("PEM");
    let client = Client::builder().tls_certs_only([trusted]).resolve("localhost", address).redirect(Policy::none());
    client.no_proxy().https_only(true).build().expect("a client")
}

/// A site that is elsewhere: every request goes out over the network.
fn elsewhere(client: Client) -> Router {
    Router::new().fallback(async move |request: Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let url = format!("{APP}{}", parts.uri.path_and_query().expect("a path"));
        let request = client.request(parts.method, url).headers(parts.headers).body(body);
        let mut answer = request.send().await.expect("an answer over https");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = Body::from(answer.bytes().await.expect("a body"));
        response
    })
}

#[tokio::test]
async fn a_whole_walk_over_https_has_secure_host_cookies_only() {
    let authority = Authority::new();
    let (provider, issuer) = provider().await;
    let folder = folder(&authority.identity(), &issuer);
    let program = folder.start();

    let mut browser = Browser::new();
    browser.site(APP, elsewhere(client(&authority, program.address)));
    browser.site(&issuer, provider.router());
    let sign_in = browser.get(&format!("{APP}/profile")).await;
    let profile = browser.sign_in_as(&sign_in, "alice").await;
    assert_eq!((profile.status().as_u16(), profile.url().as_str()), (200, "https://localhost/profile"));
    assert!(profile.text().contains("<h1>Alice Liddell</h1>"), "{}", profile.text());
    assert!(browser.cookies().any(|cookie| cookie.name.starts_with("__Host-") && cookie.name.ends_with("-session")));

    let mut goodbye = browser.submit(&profile, "/auth/logout", &[]).await;
    if goodbye.url().as_str().starts_with(&issuer) {
        goodbye = browser.submit(&goodbye, "/end_session", &[]).await;
    }
    assert_eq!(goodbye.url().as_str(), "https://localhost/goodbye");

    let hops = [sign_in.hops(), profile.hops(), goodbye.hops()].concat();
    let set_cookies = hops.iter().filter(|hop| hop.url.as_str().starts_with(APP)).flat_map(|hop| &hop.set_cookies);
    let mut count = 0;
    for set_cookie in set_cookies {
        let (name, attributes) = set_cookie.split_once('=').expect("a cookie");
        let attributes: Vec<&str> = attributes.split("; ").collect();
        assert!(name.starts_with("__Host-"), "{set_cookie}");
        assert!(attributes.contains(&"Secure") && attributes.contains(&"HttpOnly"), "{set_cookie}");
        assert!(attributes.contains(&"Path=/"), "{set_cookie}");
        count += 1;
    }
    assert!(count >= 3, "the login begun, the session, the session ended: {count}");
}

#[tokio::test]
async fn one_who_says_nothing_keeps_nobody_waiting() {
    let authority = Authority::new();
    let folder = folder(&authority.identity(), "http://127.0.0.1:9");
    let program = folder.start();
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(program.address).await.expect("a connection"));
    }
    // The first of them may be silent for ten seconds.
    let answer = client(&authority, program.address).get(APP).timeout(Duration::from_secs(9)).send().await;
    assert_eq!(answer.expect("an answer meanwhile").status(), 200);
    drop(silent);
}

#[tokio::test]
async fn plain_http_gets_no_answer_there() {
    let authority = Authority::new();
    let folder = folder(&authority.identity(), "http://127.0.0.1:9");
    let program = folder.start();
    let plain = Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
    assert!(plain.get(format!("http://{}/", program.address)).send().await.is_err());
    let answer = client(&authority, program.address).get(APP).send().await.expect("an answer by https still");
    assert_eq!(answer.status(), 200);
}

#[cfg(unix)]
#[tokio::test]
async fn it_stops_when_it_is_asked_to_whoever_is_still_connected() {
    let authority = Authority::new();
    let folder = folder(&authority.identity(), "http://127.0.0.1:9");
    let program = folder.start();
    let client = client(&authority, program.address);
    let silent = TcpStream::connect(program.address).await.expect("a connection");
    // The client keeps its connection for a next request.
    assert_eq!(client.get(APP).send().await.expect("an answer").status(), 200);
    let status = tokio::task::spawn_blocking(|| program.stop()).await.expect("no panic");
    assert_eq!(status.code(), Some(0));
    drop((client, silent));
}

/// One who asks as soon as the demo has said where it is finds it still starting: each time at another step, so several times.
#[cfg(unix)]
#[test]
fn it_stops_when_it_is_asked_to_while_it_starts() {
    let folder = folder(&Authority::new().identity(), "http://127.0.0.1:9");
    for _ in 0..20 {
        assert_eq!(folder.start().stop().code(), Some(0));
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_with_the_setting_and_the_reason() {
    let (identity, other) = (Authority::new().identity(), Authority::new().identity());
    let files = |certificate: &str, key: &str| {
        let folder = Folder::new(&settings(APP, "http://127.0.0.1:9", BOTH_FILES));
        folder.with("cert.pem", certificate).with("key.pem", key)
    };
    let malformed = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (certificate, key, setting, problem) in [
        ("canary", identity.key.as_str(), "tls_certificate", "it holds no certificate in PEM"),
        ("", &identity.key, "tls_certificate", "it holds no certificate in PEM"),
        (&identity.key, &identity.key, "tls_certificate", "it holds no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----\ncanary", &identity.key, "tls_certificate", "it holds no certificate in PEM"),
        (malformed, &identity.key, "tls_certificate", "its first certificate is malformed"),
        (&identity.certificate, "canary", "tls_key", "it holds no private key in PEM"),
        (&identity.certificate, &identity.certificate, "tls_key", "it holds no private key in PEM"),
        (&identity.certificate, "-----BEGIN PRIVATE KEY canary", "tls_key", "it holds no private key in PEM"),
        (&identity.certificate, &other.key, "tls_key", "it is not the key of the first certificate"),
    ] {
        let (code, error) = files(certificate, key).refusal();
        assert!(error.contains(&format!("error: settings: demo.{setting} = ")), "{error}");
        assert!(error.contains(problem) && !error.contains("canary"), "expected {problem:?}: {error}");
        assert_eq!(code, Some(2), "{error}");
    }
}

#[test]
fn settings_that_do_not_fit_each_other_are_refused_with_what_to_change() {
    let issuer = "http://127.0.0.1:9";
    let identity = Authority::new().identity();
    for (base_url, demo, expected) in [
        (APP, "tls_certificate = 'cert.pem'", "demo.tls_key: it is not set, but demo.tls_certificate is"),
        (APP, "tls_key = 'key.pem'", "demo.tls_certificate: it is not set, but demo.tls_key is"),
        (APP, "tls_certificate = 'no.pem'\ntls_key = 'key.pem'", "no.pem\": the file cannot be read (No such file"),
        (APP, "tls_certificate = 'cert.pem'\ntls_key = 'no.pem'", "no.pem\": the file cannot be read (No such file"),
        ("http://localhost:3000", BOTH_FILES, "base_url = \"http://localhost:3000\": with demo.tls_certificate"),
    ] {
        let folder = Folder::new(&settings(base_url, issuer, demo))
            .with("cert.pem", &identity.certificate)
            .with("key.pem", &identity.key);
        let (code, error) = folder.refusal();
        assert!(error.contains("error: settings: ") && error.contains(expected), "expected {expected:?}: {error}");
        assert_eq!(code, Some(2), "{error}");
    }
}
