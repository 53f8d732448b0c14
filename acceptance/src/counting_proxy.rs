//! Somebody on the way to a server who counts how often it is asked.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::Failure;

/// Passes on everything, and counts round trips. Its connections end when this is dropped.
#[derive(Debug)]
pub struct CountingProxy {
    port: u16,
    round_trips: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl CountingProxy {
    /// To a server at 127.0.0.1.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn before(server: u16) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let round_trips = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&round_trips);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(pass_on(client, server, Arc::clone(&counter)));
            }
        });
        Ok(Self { port, round_trips, serving })
    }

    /// Its own port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How often so far somebody said something to the server after it had answered, each connection for itself: what follows
    /// without waiting for an answer belongs to the same round trip.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::SeqCst)
    }
}

impl Drop for CountingProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass_on(client: TcpStream, server: u16, round_trips: Arc<AtomicU64>) {
    // A server that is away is a connection that ends: the client sees what it would have seen.
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { return };
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_answered = AtomicBool::new(true);
    let asked = || {
        if is_answered.swap(false, Ordering::SeqCst) {
            round_trips.fetch_add(1, Ordering::SeqCst);
        }
    };
    let answered = || is_answered.store(true, Ordering::SeqCst);
    tokio::select! {
        () = copy(from_client, to_server, asked) => {}
        () = copy(from_server, to_client, answered) => {}
    }
}

/// Until one of the two hangs up.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, noted: impl Fn()) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        noted();
        let Some(read) = buffer.get(..length) else { return };
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_said_without_waiting_for_an_answer_is_one_round_trip() -> Result<(), Failure> {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let proxy = CountingProxy::before(server.local_addr()?.port()).await?;
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await?;
        client.set_nodelay(true)?;
        let (mut server, _) = server.accept().await?;
        let mut byte = [0; 1];
        for round in 1..=3 {
            for _ in 0..2 {
                client.write_all(b"?").await?;
                server.read_exact(&mut byte).await?;
            }
            server.write_all(b"!").await?;
            client.read_exact(&mut byte).await?;
            assert_eq!(proxy.round_trips(), round);
        }
        Ok(())
    }
}
