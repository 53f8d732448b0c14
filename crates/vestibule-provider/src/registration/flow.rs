//! What a client may ask the authorization endpoint for, and where the answers go (Registration 2).

use serde_json::{Map, Value, json};
use vestibule_core::ResponseType;

use super::members::{invalid, is_fetchable, is_returnable, list, own_url, repeat, text};
use crate::{client::RegisteredClient, denial::Denial};

/// Response types, grant types and redirect URIs, which agree with each other.
pub(super) struct Flow {
    response_types: Vec<ResponseType>,
    grant_types: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    request_uris: Vec<String>,
    /// What is repeated in the answer as it was asked for.
    told: Map<String, Value>,
}

impl Flow {
    pub(super) fn read(asked: &Map<String, Value>) -> Result<Self, Denial> {
        let response_types = response_types(asked)?;
        let grant_types = grant_types(asked, &response_types)?;
        // Core 8: a pairwise subject needs a sector, and nothing here makes one.
        if text(asked, "subject_type")?.is_some_and(|kind| kind != "public") {
            return Err(invalid("subject_type must be public"));
        }
        // Core 8.1
        if own_url(asked, "sector_identifier_uri")?.is_some_and(|uri| !uri.starts_with("https://")) {
            return Err(invalid("sector_identifier_uri must be https"));
        }
        // Third-Party Initiated Login, Core 4.
        own_url(asked, "initiate_login_uri")?;
        let mut told = Map::new();
        repeat(asked, &["sector_identifier_uri", "initiate_login_uri", "request_uris"], &mut told);
        Ok(Self {
            response_types,
            grant_types,
            redirect_uris: redirect_uris(asked)?,
            post_logout_redirect_uris: post_logout_redirect_uris(asked)?,
            request_uris: request_uris(asked)?,
            told,
        })
    }

    pub(super) fn put_into(&self, client: RegisteredClient) -> RegisteredClient {
        let client = client.response_types(self.response_types.iter().copied());
        let client = self.redirect_uris.iter().fold(client, RegisteredClient::redirect_uri);
        let client = self.post_logout_redirect_uris.iter().fold(client, RegisteredClient::post_logout_redirect_uri);
        let client = self.request_uris.iter().fold(client, RegisteredClient::request_uri);
        client.grant_types(&self.grant_types)
    }

    pub(super) fn tell(&self, members: &mut Map<String, Value>) {
        members.extend(self.told.clone());
        for (name, value) in [
            ("redirect_uris", json!(self.redirect_uris)),
            ("response_types", json!(self.response_types)),
            ("grant_types", json!(self.grant_types)),
            ("subject_type", json!("public")),
        ] {
            members.insert(name.to_owned(), value);
        }
        if !self.post_logout_redirect_uris.is_empty() {
            members.insert("post_logout_redirect_uris".to_owned(), json!(self.post_logout_redirect_uris));
        }
    }
}

fn response_types(asked: &Map<String, Value>) -> Result<Vec<ResponseType>, Denial> {
    let names = list(asked, "response_types")?.unwrap_or_else(|| vec!["code"]);
    if names.is_empty() {
        return Err(invalid("response_types is empty"));
    }
    let parsed = names.into_iter().map(str::parse).collect::<Result<Vec<ResponseType>, _>>();
    parsed.map_err(|unknown| invalid(format!("response_types has one that is {unknown}")))
}

/// Registration 2: a code needs `authorization_code`, and what comes from the authorization endpoint itself `implicit`.
fn grant_types(asked: &Map<String, Value>, response_types: &[ResponseType]) -> Result<Vec<String>, Denial> {
    let grant_types = list(asked, "grant_types")?.unwrap_or_else(|| vec!["authorization_code"]);
    let has_code = response_types.iter().any(|response_type| response_type.has_code());
    let is_implicit = |response_type: &ResponseType| response_type.has_id_token() || response_type.has_token();
    for (grant_type, is_needed) in
        [("authorization_code", has_code), ("implicit", response_types.iter().any(is_implicit))]
    {
        match (is_needed, grant_types.contains(&grant_type)) {
            (true, false) => {
                return Err(invalid(format!("grant_types lacks {grant_type}, which response_types needs")));
            }
            (false, true) => return Err(invalid(format!("no response type needs the grant type {grant_type}"))),
            _ => {}
        }
    }
    if grant_types.iter().any(|one| !["authorization_code", "implicit", "refresh_token"].contains(one)) {
        return Err(invalid("grant_types has one that is not supported"));
    }
    Ok(grant_types.into_iter().map(str::to_owned).collect())
}

/// RFC 7591 3.2.2 has an error of its own for these.
fn redirect_uris(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    let invalid = |why| Denial::new("invalid_redirect_uri", why);
    let uris = list(asked, "redirect_uris").map_err(|_| invalid("redirect_uris must be a list of texts"))?;
    let uris = uris.filter(|uris| !uris.is_empty()).ok_or(invalid("redirect_uris is missing"))?;
    if !uris.iter().all(|uri| is_returnable(uri)) {
        return Err(invalid("a redirect URI is https, or http on this machine, and has no fragment"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

fn post_logout_redirect_uris(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    let uris = list(asked, "post_logout_redirect_uris")?.unwrap_or_default();
    if !uris.iter().all(|uri| is_returnable(uri)) {
        return Err(invalid("a post-logout redirect URI is https, or http on this machine, and has no fragment"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// Registration 2, Core 6.2.
fn request_uris(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    let uris = list(asked, "request_uris")?.unwrap_or_default();
    if !uris.iter().all(|uri| is_fetchable(uri)) {
        return Err(invalid("a request URI is https, or http on this machine"));
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}
