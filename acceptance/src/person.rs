//! A person before a browser without scripts: follows redirects, keeps cookies, fills in forms.

use std::sync::Arc;

use reqwest::{StatusCode, Url, cookie::Jar, redirect};

use crate::{
    Failure,
    html::{self, Form},
    wait::DEADLINE,
};

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
            .redirect(redirect::Policy::limited(20))
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
        Page::read(self.http.get(address).header("accept", "text/html").send().await?).await
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
        let request = self.http.post(page.address.join(&action)?).header("accept", "text/html").form(&fields);
        Page::read(request.send().await?).await
    }
}

impl Page {
    async fn read(response: reqwest::Response) -> Result<Self, Failure> {
        let (address, status) = (response.url().clone(), response.status());
        Ok(Self { address, status, html: response.text().await? })
    }

    fn form(&self, action: &str) -> Result<Form, Failure> {
        let form = html::forms(&self.html).into_iter().find(|form| form.action.contains(action));
        form.ok_or_else(|| format!("no form to {action} at {} ({}): {}", self.address, self.status, self.html).into())
    }

    /// Whether it has a field to type this in.
    pub fn asks_for(&self, field: &str) -> bool {
        html::forms(&self.html).iter().any(|form| form.fields.iter().any(|(name, _)| name == field))
    }
}
