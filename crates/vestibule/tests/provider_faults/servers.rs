//! Servers of this machine that do what a fault says, and the real client that meets them.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};
use vestibule::{HttpClient, HttpError, ReqwestClient, core::Limits};

use crate::{
    authority::{Authority, named},
    fault::{Fault, PIECE, PIECES},
    server::{EVERY_VERSION, Server, read_request},
    stopwatch::Stopwatch,
};

/// What the plain server does with the next request.
#[derive(Clone, Debug, Default)]
enum Manner {
    #[default]
    Silence,
    Drip(Vec<u8>),
    Say(Vec<u8>),
    /// This, and 50 MB.
    Flood(Vec<u8>),
}

pub(crate) struct Servers {
    client: ReqwestClient,
    manner: Arc<Mutex<Manner>>,
    plain: Server,
    untrusted: Server,
    expired: Server,
    of_another: Server,
    stopwatch: Stopwatch,
}

impl Servers {
    pub(crate) async fn start(stopwatch: &Stopwatch) -> Self {
        let (authority, manner) = (Authority::new(), Arc::<Mutex<Manner>>::default());
        let expired = authority.identity_but(|params| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        });
        let of_another =
            authority.identity_but(|params| params.subject_alt_names = named("login.example.com").subject_alt_names);
        let (told, clock) = (Arc::clone(&manner), stopwatch.clone());
        Self {
            client: ReqwestClient::new(Some(authority.pem.as_bytes())).expect("a client"),
            manner,
            plain: Server::new(move |mut stream, requests| {
                let (manner, clock) = (told.lock().expect("no panic").clone(), clock.clone());
                async move {
                    if read_request(&mut stream, &requests).await {
                        act(stream, manner, &clock).await;
                    }
                }
            })
            .await,
            untrusted: Server::over_tls(Authority::called("another").identity(), EVERY_VERSION).await,
            expired: Server::over_tls(expired, EVERY_VERSION).await,
            of_another: Server::over_tls(of_another, EVERY_VERSION).await,
            stopwatch: stopwatch.clone(),
        }
    }

    /// What becomes of a request that meets this fault, at a provider that would have answered with this body.
    pub(crate) async fn meet(
        &self,
        fault: Fault,
        request: Request<Bytes>,
        rightful: &[u8],
        limits: Limits,
    ) -> Result<Response<Bytes>, HttpError> {
        *self.manner.lock().expect("no panic") = match fault {
            Fault::Silent => Manner::Silence,
            Fault::Dripping => Manner::Drip(fault.said(rightful)),
            Fault::FiftyMegabytes => Manner::Flood(fault.said(rightful)),
            fault => Manner::Say(fault.said(rightful)),
        };
        self.stopwatch.run();
        let answer = self.client.send(sent_to(&self.place(fault), request), limits).await;
        self.stopwatch.stop();
        answer
    }

    fn place(&self, fault: Fault) -> String {
        match fault {
            Fault::Refused => {
                let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
                format!("http://{}", closed.local_addr().expect("an address"))
            }
            // Longer than a label may be (RFC 1035 2.3.4), so that no name server is asked.
            Fault::NoSuchName => format!("https://{}.invalid", "a".repeat(64)),
            Fault::UntrustedCertificate => self.untrusted.https(""),
            Fault::ExpiredCertificate => self.expired.https(""),
            Fault::CertificateOfAnother => self.of_another.https(""),
            _ => self.plain.http(""),
        }
    }
}

fn sent_to(place: &str, mut request: Request<Bytes>) -> Request<Bytes> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("{place}{path}").parse().expect("a URI");
    request
}

async fn act(mut stream: TcpStream, manner: Manner, clock: &Stopwatch) {
    match manner {
        Manner::Silence => {
            clock.stop();
            while stream.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
        }
        Manner::Drip(bytes) => {
            clock.stop();
            for byte in bytes {
                time::sleep(Duration::from_secs(1)).await;
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
        Manner::Flood(head) => {
            let mut is_heard = stream.write_all(&head).await.is_ok();
            for _ in 0..PIECES {
                is_heard = is_heard && stream.write_all(&PIECE).await.is_ok();
            }
        }
        Manner::Say(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    }
}
