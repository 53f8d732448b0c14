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
    cookies: Arc<Jar>,
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
        Self::with(who_trusts_nobody(), Arc::default())
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
        let http = match version {
            Version::Http1 => http.http1_only(),
            Version::Http2 => http,
        };
        Self::with(http, Arc::default())
    }

    /// The same person, with the same cookies, whom this name leads to this address: one of several machines behind one name. An
    /// address of this name with a port of its own leads to that port.
    ///
    /// # Errors
    /// When there is no HTTP client to be had.
    pub fn led_to(&self, host: &str, address: SocketAddr) -> Result<Self, Failure> {
        Self::with(who_trusts_nobody().resolve(host, address), Arc::clone(&self.cookies))
    }

    /// Somebody with a copy of the cookies that this site would get now, whom its name leads to this address; what becomes of one's
    /// cookies the other does not see.
    ///
    /// # Errors
    /// When there is no HTTP client to be had, or the cookies are no text.
    pub fn copied(&self, site: &Url, address: SocketAddr) -> Result<Self, Failure> {
        let copy = Jar::default();
        if let Some(cookies) = self.cookies.cookies(site) {
            cookies.to_str()?.split("; ").for_each(|cookie| copy.add_cookie_str(cookie, site));
        }
        let host = site.host_str().ok_or("a site without a name")?;
        Self::with(who_trusts_nobody().resolve(host, address), Arc::new(copy))
    }

    fn with(http: ClientBuilder, cookies: Arc<Jar>) -> Result<Self, Failure> {
        let http = http
            .cookie_provider(Arc::clone(&cookies))
            // One by one, by `follow`: the client would lose the fragment of an address.
            .redirect(redirect::Policy::none())
            .timeout(DEADLINE)
            // A program that ends takes its idle connections with it.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()?;
        Ok(Self { http, cookies })
    }

    /// Has this cookie from now on, of whomever.
    ///
    /// # Errors
    /// When the address is none.
    pub fn keeps(&self, cookie: &str, address: &str) -> Result<(), Failure> {
        self.cookies.add_cookie_str(cookie, &address.parse()?);
        Ok(())
    }

    /// How long the cookies are that go to an address, in bytes.
    ///
    /// # Errors
    /// When the address is none.
    pub fn cookies(&self, address: &str) -> Result<usize, Failure> {
        Ok(self.cookies.cookies(&address.parse()?).map_or(0, |line| line.len()))
    }

    /// The cookies that this site would get now.
    pub fn cookies_for(&self, site: &Url) -> Option<String> {
        Some(self.cookies.cookies(site)?.to_str().ok()?.to_owned())
    }

    /// A form sent to an address that is on no page.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Page, Failure> {
        self.follow(self.http.post(address).form(fields)).await
    }

    /// Asks once, as a script of a page does, and follows nothing.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, address: &str) -> Result<Page, Failure> {
        let response = self.http.get(address).header("accept", "application/json").send().await?;
        let (address, status) = (response.url().clone(), response.status());
        Ok(Page { address, status, html: response.text().await? })
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

    /// Sends the form of a page whose action has this in it, as it is, and follows nothing.
    ///
    /// # Errors
    /// When there is no such form, or no answer.
    pub async fn send(&self, page: &Page, action: &str) -> Result<StatusCode, Failure> {
        let Form { action, fields } = page.form(action)?;
        Ok(self.http.post(page.address.join(&action)?).form(&fields).send().await?.status())
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

/// Who speaks plain http, and needs no certificates of this machine.
fn who_trusts_nobody() -> ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
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
