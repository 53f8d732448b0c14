//! A provider on a port of this machine, one of whose endpoints answers what it is told, byte for byte.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tower::ServiceExt;
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

use crate::house::{APP, CLIENT_SECRET};

/// What one endpoint answers instead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instead {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// The provider, and how it misbehaves.
pub(crate) struct Op {
    pub(crate) provider: DevelopmentProvider,
    instead: Arc<Mutex<Instead>>,
    serving: JoinHandle<()>,
}

impl Op {
    pub(crate) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let client = RegisteredClient::confidential("my-app", CLIENT_SECRET);
        let provider = DevelopmentProvider::new(issuer)
            .expect("an issuer")
            .client(client.redirect_uri(format!("{APP}/auth/callback/corp")))
            .user(User::new("alice").claim("name", "Alice Liddell"));
        let instead = Arc::<Mutex<Instead>>::default();
        let (router, told) = (provider.router(), Arc::clone(&instead));
        let serving = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(converse(stream, router.clone(), Arc::clone(&told)));
            }
        });
        Self { provider, instead, serving }
    }

    pub(crate) fn answers(&self, instead: Instead) {
        *self.instead.lock().expect("no panic") = instead;
    }

    /// What an endpoint answers by itself: the body.
    pub(crate) async fn rightful(&self, path: &str) -> Vec<u8> {
        let request = Request::get(format!("{}{path}", self.provider.issuer())).body(Body::empty()).expect("a request");
        let Ok(response) = self.provider.router().oneshot(request).await;
        to_bytes(response.into_body(), usize::MAX).await.expect("in memory").to_vec()
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers one request after the other, until one is answered instead.
async fn converse(mut stream: TcpStream, router: axum::Router, instead: Arc<Mutex<Instead>>) {
    let mut bytes = Vec::new();
    while let Some(request) = read(&mut stream, &mut bytes).await {
        let Instead { path, bytes: said } = instead.lock().expect("no panic").clone();
        if request.uri().path() == path {
            let _ = stream.write_all(&said).await;
            let _ = stream.shutdown().await;
            // Closed before all is read, it would be a reset, which may overtake what was said.
            let _ = stream.read(&mut [0; 1024]).await;
            return;
        }
        let Ok(response) = router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("in memory");
        let mut answer = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", parts.status, body.len()).into_bytes();
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "content-length") {
            answer.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        answer.extend([b"\r\n".as_slice(), &body].concat());
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// The next request of the door's HTTP client, which writes as HTTP has it.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request<Body>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let mut first = lines.next()?.split(' ');
            let mut request = Request::builder().method(first.next()?).uri(first.next()?);
            let mut length = 0;
            for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
                request = request.header(name, value);
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().ok()?;
                }
            }
            if bytes.len() >= end + 4 + length {
                let rest = bytes.split_off(end + 4 + length);
                let body = std::mem::replace(bytes, rest).split_off(end + 4);
                return request.body(Body::from(body)).ok();
            }
        }
        if stream.read_buf(bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}
