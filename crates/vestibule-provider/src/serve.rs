//! The provider on a port of this machine, and of no other.

use std::{io, net::SocketAddr};

use tokio::{net::TcpListener, task::JoinSet};

use crate::{postman::Postman, provider::DevelopmentProvider};

/// Why the provider does not listen at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the development provider lets anyone sign in as anyone, so it listens on loopback addresses only (127.0.0.1 or [::1]), not on {address}"
)]
pub struct NotLoopback {
    address: SocketAddr,
}

/// A provider that has its port, and is not answering yet.
///
/// # Example
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use vestibule_provider::DevelopmentProvider;
///
/// let bound = DevelopmentProvider::new("http://127.0.0.1:3001")?.bind(([127, 0, 0, 1], 3001).into()).await?;
/// println!("listening on {}", bound.local_addr()?);
/// bound.serve().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct BoundProvider {
    provider: DevelopmentProvider,
    listener: TcpListener,
}

impl DevelopmentProvider {
    /// Takes a port, on a loopback address.
    ///
    /// # Errors
    /// [`NotLoopback`] inside an [`io::Error`] of the kind [`InvalidInput`](io::ErrorKind::InvalidInput), before anything is
    /// bound; else what the operating system says.
    pub async fn bind(&self, address: SocketAddr) -> io::Result<BoundProvider> {
        check_address(address)?;
        Ok(BoundProvider { provider: self.clone(), listener: TcpListener::bind(address).await? })
    }

    /// Answers on a listener until the task is dropped, and sends logout requests meanwhile (Back-Channel Logout 2.5): over plain
    /// http, to loopback addresses only, each with a log line about what came of it. Request objects and keys of clients are
    /// fetched the same way.
    ///
    /// # Errors
    /// [`NotLoopback`] inside an [`io::Error`] of the kind [`InvalidInput`](io::ErrorKind::InvalidInput) when the listener can
    /// be reached from other machines; else what the operating system says.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        check_address(listener.local_addr()?)?;
        // Dropped with this future, it ends whatever is on its way.
        let mut posting = JoinSet::new();
        let postman = Postman::new()?;
        self.state().applications.postman = Some(postman.clone());
        posting.spawn(postman.deliver(self.clone()));
        axum::serve(listener, self.router()).await
    }
}

impl BoundProvider {
    /// The address with the port, which the operating system chose if it was asked for port 0.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the task is dropped.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn serve(self) -> io::Result<()> {
        self.provider.serve(self.listener).await
    }
}

fn check_address(address: SocketAddr) -> io::Result<()> {
    if address.ip().to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, NotLoopback { address }))
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, net::TcpStream};

    use super::*;

    #[test]
    fn only_loopback_addresses_are_listened_on() {
        for good in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert!(check_address(good.parse().expect("an address")).is_ok(), "{good}");
        }
        for refused in ["0.0.0.0:3001", "[::]:3001", "192.168.0.1:3001", "203.0.113.7:80", "[::ffff:10.0.0.1]:0"] {
            let error = check_address(refused.parse().expect("an address")).expect_err(refused);
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().contains("loopback addresses only"), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_port_of_this_machine_is_taken_and_answers() {
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid");
        let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = bound.local_addr().expect("an address");
        let serving = tokio::spawn(bound.serve());
        let ask = move || {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            io::read_to_string(stream)
        };
        let answer = tokio::task::spawn_blocking(ask).await.expect("no panic").expect("an answer");
        serving.abort();
        assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("development provider"), "{answer}");
    }
}
