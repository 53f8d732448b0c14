//! Which provider somebody's identifier leads to (Discovery 2, RFC 7033).

use std::collections::HashMap;

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use crate::{
    denial::{Denial, not_stored},
    provider::DevelopmentProvider,
};

/// The relation of the link that leads to the issuer (Discovery 2).
pub(crate) const ISSUER_RELATION: &str = "http://openid.net/specs/connect/1.0/issuer";

/// Identifiers that lead to other issuers than they would.
#[derive(Default)]
pub(crate) struct WebFinger {
    issuers: HashMap<String, String>,
}

/// What is asked (RFC 7033 4.1).
struct Question {
    resource: String,
    relations: Vec<String>,
}

impl DevelopmentProvider {
    /// Lets an identifier lead to an issuer, such as `acct:joe@example.com` or `https://example.com/joe`, compared byte for byte.
    /// Unless said, `acct:` with the name of a user at the issuer's host and port, and URLs there, lead to this provider.
    pub fn discovered_by(self, resource: impl Into<String>, issuer: impl Into<String>) -> Self {
        self.state().web_finger.issuers.insert(resource.into(), issuer.into());
        self
    }
}

pub(crate) async fn web_finger(State(provider): State<DevelopmentProvider>, RawQuery(query): RawQuery) -> Response {
    if let Some(answer) = provider.hooks().web_finger_answer() {
        return answer;
    }
    match Question::parse(&query.unwrap_or_default()) {
        Ok(question) => match issuer(&provider, &question.resource) {
            Some(issuer) => document(&provider, &question, &issuer),
            // RFC 7033 4.2
            None => not_stored(StatusCode::NOT_FOUND.into_response()),
        },
        Err(denial) => denial.into_response(),
    }
}

impl Question {
    fn parse(query: &str) -> Result<Self, Denial> {
        let (mut resources, mut relations) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "resource" => resources.push(value.into_owned()),
                // RFC 7033 4.3: as many as wanted.
                "rel" => relations.push(value.into_owned()),
                _ => {}
            }
        }
        // RFC 7033 4.2: absent or malformed is 400.
        match <[String; 1]>::try_from(resources) {
            Ok([resource]) if is_identifier(&resource) => Ok(Self { resource, relations }),
            Ok(_) => {
                Err(Denial::new("invalid_request", "resource must be an acct: or an https URI without a fragment"))
            }
            Err(_) => Err(Denial::new("invalid_request", "resource must be there once")),
        }
    }
}

/// Discovery 2.1: what other schemes mean, nothing says.
fn is_identifier(resource: &str) -> bool {
    Url::parse(resource).is_ok_and(|url| {
        matches!(url.scheme(), "acct" | "https" | "http")
            && url.fragment().is_none()
            && !resource.contains(char::is_whitespace)
    })
}

fn issuer(provider: &DevelopmentProvider, resource: &str) -> Option<String> {
    if let Some(issuer) = provider.state().web_finger.issuers.get(resource) {
        return Some(issuer.clone());
    }
    let is_ours = match resource.strip_prefix("acct:") {
        Some(account) => is_user(provider, account),
        None => Url::parse(resource).is_ok_and(|url| url.origin() == provider.url().origin()),
    };
    is_ours.then(|| provider.issuer().to_string())
}

/// RFC 7565 7; the port is Discovery's (2.1.4).
fn is_user(provider: &DevelopmentProvider, account: &str) -> bool {
    let Some((name, host)) = account.rsplit_once('@') else { return false };
    let is_host = provider.url().authority().eq_ignore_ascii_case(host);
    is_host && provider.state().users.iter().any(|user| user.name() == name)
}

fn document(provider: &DevelopmentProvider, question: &Question, issuer: &str) -> Response {
    let is_wanted = question.relations.is_empty() || question.relations.iter().any(|one| one == ISSUER_RELATION);
    let link = is_wanted.then(|| json!({ "rel": ISSUER_RELATION, "href": issuer }));
    let mut document = Map::new();
    document.insert("subject".to_owned(), json!(question.resource));
    document.insert("links".to_owned(), json!(Vec::from_iter(link)));
    provider.hooks().web_finger(&mut document);
    let mut response = Value::Object(document).to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jrd+json"));
    // RFC 7033 5
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
