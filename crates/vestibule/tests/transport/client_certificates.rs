//! RFC 8705: our certificate is shown to whom it is for, and to nobody else.

use bytes::Bytes;
use http::{Request, Response};
use tokio_rustls::rustls::ProtocolVersion;
use vestibule::{
    Client, HttpClient, HttpError, Provider, ReqwestClient, SecretKey, Settings, TokenEndpointAuthMethod, Vestibule,
    core::{
        Limits,
        http_client::{ClientCertificate, DynamicHost},
    },
};

use crate::{
    asking::{LIMIT, ask, assert_not_connected, client, printed, trusting},
    authority::{Authority, Pem},
    folder::Folder,
    server::{EVERY_VERSION, Server, ok},
};

/// Asks as the token endpoint is asked by a client that is known by its certificate.
async fn ask_with_certificate(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let mut request = Request::post(url).body(Bytes::from_static(b"client_id=my-app")).expect("a request");
    request.extensions_mut().insert(ClientCertificate);
    client.send(request, Limits::new(LIMIT, &["application/json"])).await
}

/// A client that has this certificate.
fn with(pem: &Pem, authority: &Authority) -> ReqwestClient {
    let client = trusting(authority).with_client_certificate(&pem.certificate, pem.key.as_str());
    client.expect("they belong together")
}

/// RFC 8705 2
#[tokio::test]
async fn a_marked_request_shows_the_certificate() {
    let (authority, clients) = (Authority::new(), Authority::called("who vouches for clients"));
    let server = Server::asking_for_certificates(authority.identity(), &clients, ok("{}")).await;
    let ours = clients.client_identity("my-app");
    let client = with(&ours, &authority);
    let answer = ask_with_certificate(&client, &server.https("/token")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(server.certificates(), [Some(ours.der.clone())]);
}

/// RFC 8705 2: whoever sees it knows who asks.
#[tokio::test]
async fn a_request_that_is_not_marked_does_not_show_it() {
    let (authority, clients) = (Authority::new(), Authority::called("who vouches for clients"));
    let server = Server::asking_for_certificates(authority.identity(), &clients, ok("{}")).await;
    let ours = clients.client_identity("my-app");
    let client = with(&ours, &authority);
    ask(&client, &server.https("/token")).await.expect("an answer");
    // Not over the connection of one that is marked, either, nor the other way round.
    ask_with_certificate(&client, &server.https("/token")).await.expect("an answer");
    ask(&client, &server.https("/token")).await.expect("an answer");
    assert_eq!(server.certificates(), [None, Some(ours.der.clone()), None]);
}

/// RFC 8705 2: a certificate that the server does not believe ends the handshake. TLS 1.3 lets the client speak before it hears so:
/// it has connected, and the connection fails.
#[tokio::test]
async fn a_certificate_that_the_provider_does_not_believe_brings_no_answer() {
    let (authority, clients) = (Authority::new(), Authority::called("who vouches for clients"));
    for version in EVERY_VERSION {
        let server = Server::demanding_certificates(authority.identity(), &clients, &[version]).await;
        let ours = with(&clients.client_identity("my-app"), &authority);
        ask_with_certificate(&ours, &server.https("/token")).await.expect("an answer");

        let stranger = with(&Authority::called("another").client_identity("my-app"), &authority);
        for answer in
            [ask_with_certificate(&stranger, &server.https("/token")).await, ask(&ours, &server.https("/token")).await]
        {
            let error = answer.expect_err("neither another's nor none");
            let is_told_after_speaking = version.version == ProtocolVersion::TLSv1_3;
            match &error {
                HttpError::Connect(_) => {}
                HttpError::Transport(_) if is_told_after_speaking => {}
                other => panic!("{version:?}: {other:?}"),
            }
            assert!(!printed(&error).contains("PRIVATE KEY"));
        }
        assert_eq!(server.requests().await.len(), 1, "{version:?}");
    }
}

#[tokio::test]
async fn a_marked_request_without_a_certificate_is_not_sent() {
    let authority = Authority::new();
    let server = Server::asking_for_certificates(authority.identity(), &authority, ok("{}")).await;
    let answer = ask_with_certificate(&trusting(&authority), &server.https("/token")).await;
    assert_not_connected(answer, "a client certificate is needed; give tls_client_certificate");
    assert_eq!(server.connections(), 0);
}

/// R62, V79
#[tokio::test]
async fn a_redirect_does_not_carry_it_away() {
    let (authority, clients) = (Authority::new(), Authority::called("who vouches for clients"));
    let other = Server::asking_for_certificates(authority.identity(), &clients, ok("{}")).await;
    let redirect =
        format!("HTTP/1.1 307 Over there\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", other.https("/token"));
    let server = Server::asking_for_certificates(authority.identity(), &clients, redirect.into()).await;
    let client = with(&clients.client_identity("my-app"), &authority);
    let answer = ask_with_certificate(&client, &server.https("/token")).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), other.connections()), (307, 0));
}

/// V78: a certificate is no pass.
#[tokio::test]
async fn a_host_from_outside_is_guarded_with_a_certificate_too() {
    let (authority, clients) = (Authority::new(), Authority::called("who vouches for clients"));
    let server = Server::asking_for_certificates(authority.identity(), &clients, ok("{}")).await;
    let client = with(&clients.client_identity("my-app"), &authority);
    let asked = |client: ReqwestClient| {
        let mut request = Request::get(server.https("/userinfo")).body(Bytes::new()).expect("a request");
        request.extensions_mut().insert(ClientCertificate);
        request.extensions_mut().insert(DynamicHost);
        async move { client.send(request, Limits::new(LIMIT, &["application/json"])).await }
    };
    assert_not_connected(asked(client.clone()).await, "the address is not public");
    assert_eq!(server.connections(), 0);
    let allowing = client.outbound_allow([format!("127.0.0.1:{}", server.port())]).expect("a place");
    asked(allowing).await.expect("an answer");
    assert_eq!(server.connections(), 1);
}

#[test]
fn what_is_no_certificate_or_not_its_key_is_refused_at_once() {
    let clients = Authority::new();
    let (ours, other) = (clients.client_identity("my-app"), clients.client_identity("other"));
    let client = client();
    for (certificate, key, setting, problem) in [
        ("", ours.key.as_str(), "tls_client_certificate", "it holds no certificate"),
        (ours.key.as_str(), ours.key.as_str(), "tls_client_certificate", "it holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\ncanary", &ours.key, "tls_client_certificate", "it is not a PEM certificate"),
        (&ours.certificate, "", "tls_client_key", "it holds no private key"),
        (&ours.certificate, &ours.certificate, "tls_client_key", "it holds no private key"),
        (&ours.certificate, "-----BEGIN PRIVATE KEY-----\ncanary", "tls_client_key", "it holds no private key"),
        (&ours.certificate, &other.key, "tls_client_key", "it is not the key of tls_client_certificate"),
    ] {
        let error = client.with_client_certificate(certificate, key).expect_err(problem);
        assert_eq!(error.setting(), setting, "{error}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(!error.to_string().contains("canary") && !error.to_string().contains("PRIVATE"), "{error}");
    }
    let debug =
        format!("{:?}", client.with_client_certificate(&ours.certificate, ours.key.as_str()).expect("a client"));
    assert!(!debug.contains("PRIVATE"), "{debug}");
}

fn corp() -> Provider {
    Provider::discovered("https://login.example.com", Client::public("my-app")).expect("an issuer")
}

#[derive(Debug)]
struct NobodyHome;

impl HttpClient for NobodyHome {
    fn send(&self, _: Request<Bytes>, _: Limits) -> vestibule::core::http_client::Answer<'_> {
        Box::pin(std::future::ready(Err(HttpError::Timeout("nobody is home".into()))))
    }
}

/// A setting that does nothing would be a lie.
#[test]
fn a_certificate_that_nobody_would_see_is_refused() {
    let ours = Authority::new().client_identity("my-app");
    let corp = corp().tls_client_certificate(&ours.certificate, ours.key.as_str()).expect("they fit");
    let builder = Vestibule::builder("http://localhost:3000").secret_key(SecretKey::from_bytes([7; 32]));
    let error = builder.provider("corp", corp).build().expect_err("refused");
    assert_eq!(error.setting(), "provider.corp.tls_client_certificate");
}

fn by_certificate() -> Provider {
    let client = Client::public("my-app").token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    Provider::discovered("https://login.example.com", client).expect("an issuer")
}

#[test]
fn an_http_client_of_ones_own_cannot_take_what_is_for_ours() {
    let (clients, ours) = (Authority::new(), Authority::new().client_identity("my-app"));
    let known = by_certificate().tls_client_certificate(&ours.certificate, ours.key.as_str()).expect("they fit");
    assert!(!format!("{known:?}").contains("PRIVATE"));
    let builder = || Vestibule::builder("http://localhost:3000").secret_key(SecretKey::from_bytes([7; 32]));
    builder().trusted_ca(clients.pem.as_str()).provider("corp", known.clone()).build().expect("ours can");

    let error = builder().provider("corp", known).http_client(NobodyHome).build().expect_err("theirs cannot");
    assert_eq!(error.setting(), "provider.corp.tls_client_certificate");
    assert!(error.to_string().contains("leave the client out"), "{error}");
    let builder = builder().provider("corp", corp()).http_client(NobodyHome).outbound_allow(["a.example:443"]);
    assert_eq!(builder.build().expect_err("theirs cannot").setting(), "outbound_allow");
}

#[test]
fn a_settings_file_names_the_certificate_and_the_key_and_an_error_names_the_file() {
    let (ours, other) = (Authority::new().client_identity("my-app"), Authority::new().client_identity("other"));
    let build = |certificate: &str, key: &str, lines: &str| {
        let folder = Folder::with("client.pem", certificate);
        folder.add("client.key", key);
        folder.add("ca.pem", &Authority::new().pem);
        let text = format!(
            "base_url = 'http://localhost:3000'\nsecret_key = 'c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM'\n\
             trusted_ca = 'ca.pem'\n[provider.corp]\nissuer = 'https://login.example.com'\nclient_id = 'my-app'\n{lines}"
        );
        let settings = Settings::from_toml(&text).expect("readable").relative_to(&folder.0);
        settings.builder().and_then(vestibule::Builder::build).map(drop).map_err(|error| error.to_string())
    };
    let both = "token_endpoint_auth_method = 'tls_client_auth'\ntls_client_certificate = 'client.pem'\n\
                tls_client_key = 'client.key'";
    build(&ours.certificate, &ours.key, both).expect("they belong together");
    for (certificate, key, lines, said) in [
        ("canary", ours.key.as_str(), both, ["provider.corp.tls_client_certificate = '", "client.pem': it holds no"]),
        (&ours.certificate, &other.key, both, ["provider.corp.tls_client_key = '", "client.key': it is not the key"]),
        (
            "",
            "",
            "tls_client_key = 'client.key'",
            ["provider.corp.tls_client_certificate: it is not set", "both files"],
        ),
        ("", "", "tls_client_certificate = 'x'", ["provider.corp.tls_client_key: it is not set", "both files"]),
        ("", "", &both.replace("client.key", "none"), ["provider.corp.tls_client_key = '", "none': cannot be read"]),
    ] {
        let error = build(certificate, key, lines).expect_err(lines);
        for said in said {
            assert!(error.contains(said), "expected {said:?}: {error}");
        }
        assert!(!error.contains("canary") && !error.contains("PRIVATE"), "{error}");
    }
}

/// RFC 8705 2
#[test]
fn a_method_that_shows_a_certificate_is_refused_at_start_without_one() {
    for method in [TokenEndpointAuthMethod::TlsClientAuth, TokenEndpointAuthMethod::SelfSignedTlsClientAuth] {
        let client = Client::public("my-app").token_endpoint_auth_method(method);
        let corp = Provider::discovered("http://127.0.0.1:3001", client).expect("an issuer");
        let builder = Vestibule::builder("http://localhost:3000").secret_key(SecretKey::from_bytes([7; 32]));
        let refused = builder.provider("corp", corp).build().expect_err("no certificate");
        assert_eq!(refused.setting(), "provider.corp.tls_client_certificate", "{method:?}");
    }
}
