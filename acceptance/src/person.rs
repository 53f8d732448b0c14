//! A person before a browser without scripts: follows redirects, keeps cookies, fills in forms.

use std::sync::Arc;

use reqwest::{RequestBuilder, StatusCode, Url, cookie::Jar, header::LOCATION, redirect};

use crate::{
    Failure,
    html::{self, Form},
    wait::DEADLINE,
};

/// As browsers do.
const MOST_REDIRECTS: usize = 20;

/// Somebody with cookies.
#[derive(Clone, Debug)]
pub struct Person {
    http: reqwest::Client,
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
        let http = reqwest::Client::builder()
            .cookie_provider(Arc::new(Jar::default()))
            // One by one, by `follow`: the client would lose the fragment of an address.
            .redirect(redirect::Policy::none())
            .timeout(DEADLINE)
            // A program that ends takes its idle connections with it.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()?;
        Ok(Self { http })
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn open(&self, address: &str) -> Result<Page, Failure> {
        self.follow(self.http.get(address)).await
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
