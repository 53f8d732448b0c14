//! A client that sends what it is told, and reads what comes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::draft::{Framing, Malformed};

/// For so long nobody is waited for who has all of a request.
const AT_MOST: Duration = Duration::from_secs(10);
/// For so long one who may wait for more of it.
const FOR_MORE: Duration = Duration::from_millis(100);

/// A connection to the door, made anew when it is closed.
pub(crate) struct Wire {
    address: SocketAddr,
    open: Option<TcpStream>,
}

/// What came of a request.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// None where the connection was closed without an answer.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
    /// Whether there was no end to the waiting.
    pub(crate) hung: bool,
}

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, open: None }
    }

    pub(crate) async fn ask(&mut self, request: &Malformed) -> Answer {
        let began = Instant::now();
        let mut answer = match request.framing {
            Framing::Whole => self.ask_whole(request).await,
            Framing::Odd => self.ask_odd(request).await,
        };
        answer.took = began.elapsed();
        answer
    }

    async fn ask_whole(&mut self, request: &Malformed) -> Answer {
        let kept = self.open.take();
        let was_kept = kept.is_some();
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.connect().await,
        };
        let Ok(answer) = timeout(AT_MOST, exchange(&mut stream, request)).await else {
            return Answer { hung: true, ..Answer::default() };
        };
        if answer.status.is_none() && was_kept {
            // It may have been closed before this request came.
            return Box::pin(self.ask_whole(request)).await;
        }
        let closes = answer.status.is_none() || answer.header("connection").is_some_and(|value| value == "close");
        self.open = (!closes).then_some(stream);
        answer
    }

    /// Whoever waits for more of it learns that there is no more.
    async fn ask_odd(&self, request: &Malformed) -> Answer {
        let mut stream = self.connect().await;
        if let Ok(answer) = timeout(FOR_MORE, exchange(&mut stream, request)).await {
            return answer;
        }
        let _ = stream.shutdown().await;
        let rest = timeout(AT_MOST, read(&mut stream, request.is_head())).await;
        rest.unwrap_or(Answer { hung: true, ..Answer::default() })
    }

    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        stream
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The cookies that it sets, without those that it deletes.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let lines = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        let pairs = lines.filter_map(|(_, line)| line.split(';').next()?.split_once('='));
        pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

async fn exchange(stream: &mut TcpStream, request: &Malformed) -> Answer {
    // Whoever closes before all was said may have answered all the same.
    let _ = stream.write_all(&request.bytes).await;
    read(stream, request.is_head()).await
}

/// One answer, interim ones left out; what there is of it when the connection ends.
async fn read(stream: &mut TcpStream, is_head: bool) -> Answer {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        let Some((head, body_at)) = head_of(&bytes) else {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return Answer::default();
            }
            continue;
        };
        let mut answer = parsed(&head);
        if answer.status.is_some_and(|status| status < 200) {
            bytes.drain(..body_at);
            continue;
        }
        let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        let has_body = !is_head && !matches!(answer.status, Some(204 | 304));
        let expected = if has_body { length.unwrap_or(0) } else { 0 };
        while bytes.len() - body_at < expected && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {}
        answer.body = bytes.split_off(body_at);
        return answer;
    }
}

fn head_of(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), end + 4))
}

fn parsed(head: &str) -> Answer {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Answer { status, headers, ..Answer::default() }
}
