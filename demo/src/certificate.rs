//! The demo's own certificate, and the listener that shows it to browsers that come by https.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

/// How long a browser may take to agree on a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// A certificate with its chain, and its key.
#[derive(Clone)]
pub(crate) struct Certificate(TlsAcceptor);

/// Why the files of a certificate cannot be used. Nothing of what is in them is shown.
#[derive(Debug)]
pub(crate) struct Unusable {
    setting: &'static str,
    path: PathBuf,
    problem: String,
}

impl Certificate {
    /// Reads both files: PEM, the certificate before those that vouch for it.
    pub(crate) fn from_files(certificate: &Path, key: &Path) -> Result<Self, Unusable> {
        let refuse_certificate = |problem: &str| Unusable::new("tls_certificate", certificate, problem);
        let refuse_key = |problem: &str| Unusable::new("tls_key", key, problem);

        let chain = fs::read(certificate).map_err(|error| refuse_certificate(&unreadable(&error)))?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| refuse_certificate("it holds no certificate in PEM"))?;
        let private_key = fs::read(key).map_err(|error| refuse_key(&unreadable(&error)))?;
        let private_key = PrivateKeyDer::from_pem_slice(&private_key)
            .map_err(|_| refuse_key("it holds no private key in PEM; one under a passphrase will not do"))?;

        // The provider by name: which one is the process's default depends on what else is compiled in.
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, private_key));
        let mut config = config.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                refuse_key("it is not the key of the first certificate in demo.tls_certificate")
            }
            rustls::Error::InvalidCertificate(_) => refuse_certificate("its first certificate is malformed"),
            error => refuse_key(&format!("it cannot be used ({error})")),
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Answers by https on a port that was taken.
    pub(crate) fn listen_on(&self, port: TcpListener) -> HttpsListener {
        HttpsListener { port, acceptor: self.0.clone(), handshakes: JoinSet::new() }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

/// Connections over TLS. Each agrees on its own time: nobody waits for one who came first and says nothing.
pub(crate) struct HttpsListener {
    port: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener for HttpsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.port) => {
                    self.handshakes.spawn(shake_hands(self.acceptor.clone(), stream, address));
                }
                Some(connection) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = connection {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.port.local_addr()
    }
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TlsStream<TcpStream>, SocketAddr)> {
    match time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some((stream, address)),
        // A browser that does not know the authority, or one that came by http.
        Ok(Err(error)) => tracing::debug!(%address, reason = %error, "no https connection came about"),
        Err(_) => tracing::debug!(%address, "no https connection came about in time"),
    }
    None
}

impl Unusable {
    fn new(setting: &'static str, path: &Path, problem: &str) -> Self {
        Self { setting, path: path.to_owned(), problem: problem.to_owned() }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "demo.{} = \"{}\": {}", self.setting, self.path.display(), self.problem)
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("the file cannot be read ({error})")
}
