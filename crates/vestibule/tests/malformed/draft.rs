//! A request as it is put together, and the bytes that go out.

use url::form_urlencoded;
use vestibule::LoginErrorKind;

/// What is sent, and what must not come of it.
#[derive(Clone, Debug)]
pub(crate) struct Malformed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) framing: Framing,
    /// The errors of the table that are a 5xx, and that this very input may lead to.
    pub(crate) named: &'static [LoginErrorKind],
    /// The status that would say that it was taken for good.
    pub(crate) never: Option<u16>,
}

/// Where the request ends, as far as HTTP can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Where it says: more can follow on the same connection.
    Whole,
    /// Nobody knows: it gets a connection of its own.
    Odd,
}

/// A request, of which only some parts are as they should be.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    method: String,
    target: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    named: &'static [LoginErrorKind],
    never: Option<u16>,
}

impl Draft {
    pub(crate) fn get(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target, "")
    }

    pub(crate) fn post(target: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Self {
        Self::new("POST", target, body)
    }

    pub(crate) fn new(method: impl Into<String>, target: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Self {
        let (target, body) = (in_a_line(target.as_ref()), body.as_ref().to_vec());
        Self { method: method.into(), target, headers: Vec::new(), body, named: &[], never: None }
    }

    /// A POST of a form.
    pub(crate) fn form(target: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Self {
        Self::post(target, body).header("content-type", "application/x-www-form-urlencoded")
    }

    /// A header, without what would end its line.
    pub(crate) fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref().iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
        self.headers.push((name.as_ref().to_vec(), value));
        self
    }

    /// As a page that a person opens.
    pub(crate) fn navigation(self) -> Self {
        self.header("accept", "text/html").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
    }

    pub(crate) fn cookies(self, cookies: &[(String, String)]) -> Self {
        if cookies.is_empty() { self } else { self.header("cookie", header_of(cookies)) }
    }

    pub(crate) fn naming(self, named: &'static [LoginErrorKind]) -> Self {
        Self { named, ..self }
    }

    pub(crate) fn never(self, status: u16) -> Self {
        Self { never: Some(status), ..self }
    }

    /// As HTTP has it.
    pub(crate) fn whole(self) -> Malformed {
        let mut bytes = format!("{} ", self.method).into_bytes();
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\nhost: localhost:3000\r\n");
        for (name, value) in &self.headers {
            bytes.extend([name.as_slice(), b": ", value, b"\r\n"].concat());
        }
        if self.method == "POST" || !self.body.is_empty() {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        Malformed { bytes, framing: Framing::Whole, named: self.named, never: self.never }
    }
}

impl Malformed {
    /// These bytes and no others.
    pub(crate) fn odd(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), framing: Framing::Odd, named: &[], never: None }
    }

    /// Whether an answer comes without its body.
    pub(crate) fn is_head(&self) -> bool {
        self.bytes.starts_with(b"HEAD ")
    }
}

/// A value of a Cookie header.
pub(crate) fn header_of(cookies: &[(String, String)]) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// What a request line cannot have is written with percents.
fn in_a_line(target: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte >= 0x80;
    let written = |byte: &u8| if is_plain(byte) { vec![*byte] } else { format!("%{byte:02x}").into_bytes() };
    target.iter().flat_map(written).collect()
}

/// A value as a query or a form has it.
pub(crate) fn encoded(value: &[u8]) -> String {
    form_urlencoded::byte_serialize(value).collect()
}
