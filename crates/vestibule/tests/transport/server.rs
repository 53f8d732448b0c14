//! Servers that do what they are told with whoever connects.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
        server::{ClientCertVerifierBuilder, WebPkiClientVerifier, danger::ClientCertVerifier},
        version,
    },
};

use crate::authority::{Authority, Identity};

pub(crate) const EVERY_VERSION: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

/// A server on a port of this machine. It ends when it is dropped.
pub(crate) struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    ended: watch::Receiver<usize>,
    requests: Requests,
    shown: Shown,
    task: JoinHandle<()>,
}

/// The certificates that clients showed, one after the other.
type Shown = Arc<Mutex<Vec<Option<CertificateDer<'static>>>>>;

/// What was asked, each with its head and its body.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

impl Server {
    /// One that does with each connection what the script says.
    pub(crate) async fn new<F, Fut>(script: F) -> Self
    where
        F: Fn(TcpStream, Requests) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Requests::default());
        let (counted, written) = (Arc::clone(&connections), Arc::clone(&requests));
        let (count_ended, ended) = watch::channel(0);
        let count_ended = Arc::new(count_ended);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                counted.fetch_add(1, Ordering::SeqCst);
                let (script, count_ended) = (script(stream, Arc::clone(&written)), Arc::clone(&count_ended));
                tokio::spawn(async move {
                    script.await;
                    count_ended.send_modify(|count| *count += 1);
                });
            }
        });
        Self { port, connections, ended, requests, shown: Shown::default(), task }
    }

    /// One that answers every request with these bytes, and closes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::new(move |mut stream, requests| {
            let answer = Arc::clone(&answer);
            async move { reply(&mut stream, &requests, &answer).await }
        })
        .await
    }

    /// One that says `{}` over TLS.
    pub(crate) async fn over_tls(identity: Identity, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let acceptor = acceptor(identity, versions);
        Self::new(move |stream, requests| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    reply(&mut stream, &requests, &ok("{}")).await;
                }
            }
        })
        .await
    }

    /// One that answers with these bytes over TLS, to clients with a certificate of this authority and to those without.
    pub(crate) async fn asking_for_certificates(identity: Identity, clients: &Authority, answer: Vec<u8>) -> Self {
        let verifier = verifier(clients).allow_unauthenticated().build().expect("a verifier");
        Self::verifying(identity, verifier, EVERY_VERSION, answer).await
    }

    /// One that says `{}` over TLS to clients with a certificate of this authority, and to nobody else.
    pub(crate) async fn demanding_certificates(
        identity: Identity,
        clients: &Authority,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        Self::verifying(identity, verifier(clients).build().expect("a verifier"), versions, ok("{}")).await
    }

    async fn verifying(
        identity: Identity,
        verifier: Arc<dyn ClientCertVerifier>,
        versions: &[&'static SupportedProtocolVersion],
        answer: Vec<u8>,
    ) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![identity.certificate], identity.key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a configuration")));
        let (shown, answer) = (Shown::default(), Arc::<[u8]>::from(answer));
        let noted = Arc::clone(&shown);
        let mut server = Self::new(move |stream, requests| {
            let (acceptor, noted, answer) = (acceptor.clone(), Arc::clone(&noted), Arc::clone(&answer));
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let first = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first().cloned());
                    noted.lock().expect("no panic").push(first.map(CertificateDer::into_owned));
                    reply(&mut stream, &requests, &answer).await;
                }
            }
        })
        .await;
        server.shown = shown;
        server
    }

    /// What clients showed.
    pub(crate) fn certificates(&self) -> Vec<Option<CertificateDer<'static>>> {
        self.shown.lock().expect("no panic").clone()
    }

    /// A URL there, by plain http.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A URL there, by https.
    pub(crate) fn https(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What was asked, as soon as all connections have come to their end.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let all = self.connections();
        self.ended.clone().wait_for(|count| *count == all).await.expect("the server is there");
        self.requests.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn acceptor(identity: Identity, versions: &[&'static SupportedProtocolVersion]) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![identity.certificate], identity.key));
    TlsAcceptor::from(Arc::new(config.expect("a configuration")))
}

fn verifier(clients: &Authority) -> ClientCertVerifierBuilder {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(clients.pem.as_bytes()).expect("a certificate")).expect("an authority");
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(aws_lc_rs::default_provider()))
}

/// An answer of status 200.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn reply(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), requests: &Requests, answer: &[u8]) {
    if read_request(stream, requests).await {
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    }
}

/// Reads one request to its end and writes it down; `false` when there is none.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin), requests: &Requests) -> bool {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return false;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().expect("a number")) {
            requests.lock().expect("no panic").push(text.into_owned());
            return true;
        }
    }
}

/// Writes the same over and over until the other side has had enough; how many bytes went out.
pub(crate) async fn without_end(stream: &mut (impl AsyncWrite + Unpin), piece: &[u8]) -> usize {
    let mut count = 0;
    while let Ok(more) = stream.write(piece).await {
        count += more;
    }
    count
}
