//! Requests by the thousand, each on a connection that stays: what a browser's library does beside would be most of the work.

use std::{collections::BTreeMap, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{Failure, wait::DEADLINE};

/// A connection to an application on this machine.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// What the application is called, wherever it listens.
    host: String,
}

/// As whom somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Somebody who opens a page.
    Navigation,
    /// A script, or a program.
    Program,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Where it leads, if it leads anywhere.
    pub location: Option<String>,
    /// Its `Set-Cookie` lines.
    pub set_cookies: Vec<String>,
    /// What it says.
    pub body: String,
}

/// The cookies of one browser at one application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies(BTreeMap<String, String>);

impl Connection {
    /// To the application that is called `host` and listens here.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr, host: &str) -> Result<Self, Failure> {
        let stream = timeout(DEADLINE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned() })
    }

    /// One request, and its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does, or the answer takes too long.
    pub async fn get(&mut self, path: &str, asker: Asker, cookies: &Cookies) -> Result<Answer, Failure> {
        let (host, cookies) = (&self.host, cookies.header());
        let asks = match asker {
            Asker::Navigation => "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
            Asker::Program => "Accept: application/json",
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{asks}\r\nCookie: {cookies}\r\n\r\n");
        timeout(DEADLINE, self.exchange(request.as_bytes())).await?
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        self.stream.write_all(request).await?;
        let (mut received, mut chunk) = (Vec::new(), [0; 8192]);
        loop {
            if let Some(answer) = Answer::parse(&received)? {
                return Ok(answer);
            }
            match self.stream.read(&mut chunk).await? {
                0 => return Err("the connection ended before the answer did".into()),
                read => received.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            }
        }
    }
}

impl Answer {
    /// The answer, once all of it is there.
    fn parse(received: &[u8]) -> Result<Option<Self>, Failure> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let (head, body) = received.split_at(end + 4);
        let head = str::from_utf8(head)?;
        let values = |wanted: &str| -> Vec<String> {
            let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
            let of_this_name = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            of_this_name.map(|(_, value)| value.trim().to_owned()).collect()
        };
        let length = values("content-length").first().ok_or("an answer without a length")?.parse()?;
        if body.len() < length {
            return Ok(None);
        }
        Ok(Some(Self {
            status: head.split(' ').nth(1).ok_or("no status")?.parse()?,
            location: values("location").into_iter().next(),
            set_cookies: values("set-cookie"),
            body: String::from_utf8_lossy(body).into_owned(),
        }))
    }
}

impl Cookies {
    /// From a `Cookie` header.
    pub fn of_header(header: &str) -> Self {
        Self(header.split("; ").filter_map(|pair| pair.split_once('=')).map(owned).collect())
    }

    /// The browser keeps what came with an answer.
    pub fn keep(&mut self, answer: &Answer) {
        for line in &answer.set_cookies {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.split_once('=').map(owned) else { continue };
            if attributes.to_ascii_lowercase().split(';').any(|attribute| attribute.trim() == "max-age=0") {
                self.0.remove(&name);
            } else {
                self.0.insert(name, value);
            }
        }
    }

    fn header(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_there_when_all_of_it_is() {
        let whole = b"HTTP/1.1 303 See Other\r\nLocation: /a\r\nset-cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok";
        for end in 0..whole.len() {
            assert!(Answer::parse(&whole[..end]).expect("a beginning").is_none(), "{end}");
        }
        let answer = Answer::parse(whole).expect("an answer").expect("all of it");
        assert_eq!((answer.status, answer.location.as_deref(), answer.body.as_str()), (303, Some("/a"), "ok"));
        assert_eq!(answer.set_cookies, ["a=1; Path=/", "b=2"]);
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn cookies_are_kept_until_they_are_taken_back() {
        let mut cookies = Cookies::of_header("a=1; b=x=y");
        let set_cookies = vec!["a=2; Path=/".to_owned(), "b=; Path=/; Max-Age=0".to_owned(), "c=3".to_owned()];
        cookies.keep(&Answer { status: 200, location: None, set_cookies, body: String::new() });
        assert_eq!(cookies.header(), "a=2; c=3");
    }
}
