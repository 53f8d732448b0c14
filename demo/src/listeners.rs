//! The ports: taken before anything is promised, and given back when the demo is asked to stop.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, serve::Listener};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::{net::TcpListener, task::JoinSet, time};
use vestibule_provider::DevelopmentProvider;

use crate::{certificate::Certificate, failure::Failure};

/// How long requests under way may take after the demo was asked to stop. Browsers keep idle connections open for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// An address by its port, on one family or on both of loopback.
#[derive(Debug)]
pub(crate) struct Listeners {
    address: SocketAddr,
    listeners: Vec<TcpListener>,
    certificate: Option<Certificate>,
}

impl Listeners {
    /// Takes `address`. `localhost` means 127.0.0.1 to some programs and ::1 to others, so either stands for both: a stranger
    /// on the other one would get the visitors of this application.
    pub(crate) async fn bind(address: SocketAddr, remedy: &'static str) -> Result<Self, Failure> {
        let first = listen(address, remedy).await?;
        let address = first.local_addr().map_err(|source| Failure::Listen { address, source, remedy })?;
        let mut listeners = vec![first];
        if let Some(twin) = twin(address) {
            match listen(twin, remedy).await {
                Ok(listener) => listeners.push(listener),
                Err(Failure::Listen { source, .. }) if source.kind() != io::ErrorKind::AddrInUse => {
                    tracing::debug!(address = %twin, reason = %source, "this machine has one loopback address only");
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Self { address, listeners, certificate: None })
    }

    /// Takes exactly `address`.
    pub(crate) async fn bind_one(address: SocketAddr, remedy: &'static str) -> Result<Self, Failure> {
        let listener = listen(address, remedy).await?;
        let address = listener.local_addr().map_err(|source| Failure::Listen { address, source, remedy })?;
        Ok(Self { address, listeners: vec![listener], certificate: None })
    }

    /// With a certificate, they answer by https.
    pub(crate) fn showing(self, certificate: Option<Certificate>) -> Self {
        Self { certificate, ..self }
    }

    /// The address, with the port that the operating system chose if it was asked for port 0.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers as the development provider, until it is dropped.
    pub(crate) async fn provide(self, provider: DevelopmentProvider) -> Result<(), Failure> {
        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let provider = provider.clone();
            servers.spawn(async move { provider.serve(listener).await });
        }
        first_failure(&mut servers).await
    }

    /// What a browser calls the address.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        match twin(self.address) {
            Some(_) => format!("{scheme}://localhost:{}", self.address.port()),
            None => format!("{scheme}://{}", self.address),
        }
    }
}

async fn listen(address: SocketAddr, remedy: &'static str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|source| Failure::Listen { address, source, remedy })
}

/// The same port on the loopback address of the other family.
fn twin(address: SocketAddr) -> Option<SocketAddr> {
    let other = match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ => return None,
    };
    Some(SocketAddr::new(other, address.port()))
}

/// Answers on all of them until somebody asks to stop.
pub(crate) async fn serve(
    (listeners, router): (Listeners, Router),
    provider: Option<(Listeners, DevelopmentProvider)>,
    stop: Stop,
) -> Result<(), Failure> {
    let mut servers = JoinSet::new();
    for listener in listeners.listeners {
        match &listeners.certificate {
            Some(certificate) => servers.spawn(answer(certificate.listen_on(listener), router.clone(), stop.clone())),
            None => servers.spawn(answer(listener, router.clone(), stop.clone())),
        };
    }
    if let Some((listeners, provider)) = provider {
        for listener in listeners.listeners {
            servers.spawn(provide(provider.clone(), listener, stop.clone()));
        }
    }
    tokio::select! {
        ended = first_failure(&mut servers) => ended,
        () = stop => {
            // Whoever is still connected by then is cut off when the process ends.
            time::timeout(PATIENCE, first_failure(&mut servers)).await.unwrap_or(Ok(()))
        }
    }
}

async fn answer<L: Listener<Addr = SocketAddr>>(listener: L, router: Router, stop: Stop) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// The provider answers by itself, since it sends logout tokens meanwhile.
async fn provide(provider: DevelopmentProvider, listener: TcpListener, stop: Stop) -> io::Result<()> {
    tokio::select! {
        ended = provider.serve(listener) => ended,
        () = stop => Ok(()),
    }
}

async fn first_failure(servers: &mut JoinSet<io::Result<()>>) -> Result<(), Failure> {
    while let Some(ended) = servers.join_next().await {
        ended.unwrap_or_else(|stopped| Err(io::Error::other(stopped))).map_err(Failure::Serve)?;
    }
    Ok(())
}

/// Completes when somebody asks to stop; for all who have a clone of it, and whenever they begin to wait.
pub(crate) type Stop = Shared<BoxFuture<'static, ()>>;

/// Listens for that from now on, and not only when somebody waits: one who asks during the start is heard too.
pub(crate) fn asked_to_stop() -> Stop {
    let (interrupted, terminated) = (interrupted(), terminated());
    async move {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
    .boxed()
    .shared()
}

#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> + Send {
    received(SignalKind::interrupt())
}

#[cfg(unix)]
fn terminated() -> impl Future<Output = ()> + Send {
    received(SignalKind::terminate())
}

/// The signal, which is caught from the call on.
#[cfg(unix)]
fn received(kind: SignalKind) -> impl Future<Output = ()> + Send {
    let caught = signal(kind);
    async move {
        match caught {
            Ok(mut caught) => {
                caught.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[tokio::test]
    async fn a_loopback_address_is_called_localhost() {
        let listeners = Listeners::bind(ANY_PORT, "").await.expect("a port");
        assert_ne!(listeners.address().port(), 0);
        assert_eq!(listeners.origin(), format!("http://localhost:{}", listeners.address().port()));
        let other: SocketAddr = "127.0.0.2:3000".parse().expect("an address");
        assert_eq!(twin(other), None);
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_an_error_that_says_what_to_do() {
        let taken = Listeners::bind_one(ANY_PORT, "").await.expect("a port");
        let failure = Listeners::bind(taken.address(), "choose another with --listen").await.expect_err("taken");
        assert_eq!(
            failure.to_string(),
            format!("cannot listen on {} (address in use): choose another with --listen", taken.address())
        );
        assert_eq!(failure.exit_code(), 1);
    }
}
