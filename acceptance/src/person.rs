//! A person before a browser without scripts: follows redirects, keeps cookies, fills in forms.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Certificate, ClientBuilder, RequestBuilder, Response, StatusCode, Upgraded, Url,
    cookie::{CookieStore, Jar},
    header::LOCATION,
    redirect,
};

use crate::{
    Failure,
    html::{self, Form},
    wait::DEADLINE,
};

/// As browsers do.
const MOST_REDIRECTS: usize = 20;

/// What is spoken with who offers both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Somebody with cookies.
#[derive(Clone, Debug)]
pub struct Person {
    http: reqwest::Client,
    jar: Arc<Jar>,
}

/// A page that somebody ended on.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it is, after all redirects.
    pub address: Url,
    /// The status that it came with.
    pub status: StatusCode,
    /// The page itself.
    pub html: String,
}

impl Person {
    /// Somebody without cookies yet.
    ///
    /// # Errors
    /// When there is no HTTP client to be had.
    pub fn new() -> Result<Self, Failure> {
        // Whoever speaks plain http trusts nobody, and needs no certificates of this machine.
        Self::with(reqwest::Client::builder().tls_certs_only([]))
    }

    /// The same, who trusts this authority (PEM), and for whom `host` is this machine.
    ///
    /// # Errors
    /// When the authority is not PEM, or there is no HTTP client to be had.
    pub fn who_trusts(authority: &[u8], host: &str, version: Version) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .tls_certs_only([Certificate::from_pem(authority)?])
            // The port is the address's own.
            .resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Self::with(match version {
            Version::Http1 => http.http1_only(),
            Version::Http2 => http,
        })
    }

    fn with(http: ClientBuilder) -> Result<Self, Failure> {
        let jar = Arc::new(Jar::default());
        let http = http
            .cookie_provider(Arc::clone(&jar))
            // One by one, by `follow`: the client would lose the fragment of an address.
            .redirect(redirect::Policy::none())
            .timeout(DEADLINE)
            // A program that ends takes its idle connections with it.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()?;
        Ok(Self { http, jar })
    }

    /// Has this cookie from now on, of whomever.
    ///
    /// # Errors
    /// When the address is none.
    pub fn keeps(&self, cookie: &str, address: &str) -> Result<(), Failure> {
        self.jar.add_cookie_str(cookie, &address.parse()?);
        Ok(())
    }

    /// How long the cookies are that go to an address, in bytes.
    ///
    /// # Errors
    /// When the address is none.
    pub fn cookies(&self, address: &str) -> Result<usize, Failure> {
        Ok(self.jar.cookies(&address.parse()?).map_or(0, |line| line.len()))
    }

    /// A form sent to an address that is on no page.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Page, Failure> {
        self.follow(self.http.post(address).form(fields)).await
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn open(&self, address: &str) -> Result<Page, Failure> {
        self.follow(self.http.get(address)).await
    }

    /// Opens what goes on for as long as it likes.
    ///
    /// # Errors
    /// When it does not begin.
    pub async fn listen(&self, address: &str) -> Result<Response, Failure> {
        Ok(self.http.get(address).header("accept", "text/event-stream").send().await?.error_for_status()?)
    }

    /// Asks for a WebSocket: its bytes, once both sides agreed.
    ///
    /// # Errors
    /// When the other side does not switch.
    pub async fn upgraded(&self, address: &str) -> Result<Upgraded, Failure> {
        let handshake = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
        let request =
            handshake.iter().fold(self.http.get(address), |request, (name, value)| request.header(*name, *value));
        Ok(request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==").send().await?.upgrade().await?)
    }

    /// Sends the form of a page whose action has this in it, with these fields filled in.
    ///
    /// # Errors
    /// When there is no such form, or no answer.
    pub async fn submit(&self, page: &Page, action: &str, filled_in: &[(&str, &str)]) -> Result<Page, Failure> {
        let Form { action, mut fields } = page.form(action)?;
        for (name, value) in filled_in {
            fields.retain(|(field, _)| field != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.follow(self.http.post(page.address.join(&action)?).form(&fields)).await
    }

    /// To where the answer leads, with what is behind the `#`, as browsers do.
    async fn follow(&self, request: RequestBuilder) -> Result<Page, Failure> {
        let mut response = request.header("accept", "text/html").send().await?;
        let mut address = response.url().clone();
        for _ in 0..MOST_REDIRECTS {
            if !response.status().is_redirection() {
                return Ok(Page { address, status: response.status(), html: response.text().await? });
            }
            let location = response.headers().get(LOCATION).ok_or("a redirect to nowhere")?.to_str()?;
            address = address.join(location)?;
            response = self.http.get(address.clone()).header("accept", "text/html").send().await?;
        }
        Err(format!("more than {MOST_REDIRECTS} redirects, the last to {address}").into())
    }
}

impl Page {
    fn form(&self, action: &str) -> Result<Form, Failure> {
        let form = html::forms(&self.html).into_iter().find(|form| form.action.contains(action));
        form.ok_or_else(|| format!("no form to {action} at {} ({}): {}", self.address, self.status, self.html).into())
    }

    /// Whether it has a field to type this in.
    pub fn asks_for(&self, field: &str) -> bool {
        html::forms(&self.html).iter().any(|form| form.fields.iter().any(|(name, _)| name == field))
    }
}
