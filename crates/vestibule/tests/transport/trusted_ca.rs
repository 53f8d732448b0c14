//! `trusted_ca`: a provider whose certificate is of a private authority.

use std::{error::Error, ffi::OsStr, io, net::SocketAddr};

use axum::{Router, routing::get, serve::Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use vestibule::{EndUser, ProviderError, ReqwestClient, Settings, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Page, RegisteredClient, User};

use crate::{
    authority::Authority,
    environment::is_within,
    folder::Folder,
    server::{EVERY_VERSION, acceptor},
};

const APP: &str = "http://localhost:3000";

/// A port on which every connection is one over TLS.
struct OverTls {
    port: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for OverTls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.port).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.port.local_addr()
    }
}

/// The development provider over TLS, and its issuer.
async fn provider(authority: &Authority) -> (DevelopmentProvider, String) {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("https://{}", port.local_addr().expect("an address"));
    let provider = DevelopmentProvider::new(&issuer)
        .expect("an issuer")
        .client(RegisteredClient::public("my-app").redirect_uri(format!("{APP}/auth/callback/corp")))
        .user(User::new("alice"));
    let listener = OverTls { port, acceptor: acceptor(authority.identity(), EVERY_VERSION) };
    let router = provider.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (provider, issuer)
}

fn settings(issuer: &str, more: &str) -> Settings {
    let text = format!(
        "base_url = '{APP}'\nsecret_key = 'c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM'\n{more}\n\
         [provider.corp]\nissuer = '{issuer}'\nclient_id = 'my-app'\n"
    );
    Settings::from_toml(&text).expect("settings")
}

/// The door behind which `/` says who came; its browser meets the provider by function call, the door over the network.
fn browser(vestibule: &Vestibule, provider: &DevelopmentProvider, issuer: &str) -> Browser {
    let app = Router::new().route("/", get(async |user: EndUser| user.subject().to_string()));
    let mut browser = Browser::new();
    browser.site(APP, vestibule.wrap(app));
    browser.site(issuer, provider.router());
    browser
}

async fn assert_unreachable(vestibule: &Vestibule, provider: &DevelopmentProvider, issuer: &str) {
    let not_ready = vestibule.ready().await.expect_err("whom it does not trust");
    let source = not_ready.source().and_then(|source| source.downcast_ref()).expect("a source");
    assert!(matches!(source, ProviderError::Unreachable(_)), "{source:?}");

    let page: Page = browser(vestibule, provider, issuer).get(APP).await;
    assert_eq!(page.status(), 503, "{}", page.text());
    assert!(page.header("retry-after").is_some() && page.text().contains("The provider cannot be reached."));
    assert_eq!(provider.requests().len(), 0, "the provider was told nothing");
}

/// V82: a private authority is one more that is trusted, never a reason not to verify.
#[tokio::test]
async fn a_provider_of_a_private_authority_is_believed_with_trusted_ca() {
    let authority = Authority::new();
    let (provider, issuer) = provider(&authority).await;
    let folder = Folder::with("ca.pem", &authority.pem);
    let settings = settings(&issuer, "trusted_ca = 'ca.pem'").relative_to(&folder.0);
    let vestibule = settings.builder().expect("a builder").build().expect("a vestibule");
    vestibule.ready().await.expect("metadata and keys came");

    let mut browser = browser(&vestibule, &provider, &issuer);
    let sign_in = browser.get(APP).await;
    assert_eq!(browser.sign_in_as(&sign_in, "alice").await.text(), "alice");
    assert_eq!(provider.count("/token"), 1);
}

/// V82
#[tokio::test]
async fn it_is_refused_with_another_one() {
    let authority = Authority::new();
    let (provider, issuer) = provider(&authority).await;
    let builder = settings(&issuer, "").builder().expect("a builder").trusted_ca(Authority::new().pem);
    assert_unreachable(&builder.build().expect("a vestibule"), &provider, &issuer).await;
}

/// V82: the process with the other environment has one trust anchor, so that the outcome does not depend on the machine.
#[tokio::test]
async fn it_is_refused_without() {
    let folder = Folder::with("platform.pem", &Authority::new().pem);
    let anchor = folder.0.join("platform.pem");
    if is_within("trusted_ca::it_is_refused_without", &[("SSL_CERT_FILE", OsStr::new(&anchor))]) {
        let authority = Authority::new();
        let (provider, issuer) = provider(&authority).await;
        let vestibule = settings(&issuer, "").builder().expect("a builder").build().expect("a vestibule");
        assert_unreachable(&vestibule, &provider, &issuer).await;
    }
}

#[test]
fn what_is_no_authority_is_refused_at_once() {
    let key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let malformed = "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n";
    for (pem, problem) in [
        ("", "it holds no certificate"),
        ("canary", "it holds no certificate"),
        (key.as_str(), "it holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\ncanary", "it is not a PEM certificate"),
        ("-----BEGIN CERTIFICATE-----\n*canary*\n-----END CERTIFICATE-----\n", "it is not a PEM certificate"),
        (malformed, "a certificate in it cannot be used"),
    ] {
        let error = ReqwestClient::new(Some(pem.as_bytes())).expect_err(problem);
        assert_eq!(error.setting(), "trusted_ca");
        assert!(error.to_string().contains(problem) && !error.to_string().contains("canary"), "{problem}: {error}");
    }
}
