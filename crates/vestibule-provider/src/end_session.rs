//! The end of the provider's session (RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use url::form_urlencoded;
use vestibule_core::{JwkSet, jose::CompactJws};

use crate::{
    client::RegisteredClient, denial::not_stored, pages, parameters::Parameters, provider::DevelopmentProvider, session,
};

/// What an ID Token of ours says about who wants to leave.
struct Hint {
    client: Arc<RegisteredClient>,
    sub: String,
    sid: String,
}

pub(crate) async fn end_session(
    State(provider): State<DevelopmentProvider>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_form = method == Method::POST;
    let text = if is_form { body } else { Bytes::from(query.unwrap_or_default()) };
    let Ok(parameters) = Parameters::parse(&text) else {
        return pages::error(&provider, StatusCode::BAD_REQUEST, "A parameter is there twice.");
    };
    let hint = parameters.get("id_token_hint").and_then(|token| Hint::read(&provider, token));
    let Ok(client) = leaving(&provider, &parameters, hint.as_ref()) else {
        return pages::error(&provider, StatusCode::BAD_REQUEST, "The id_token_hint is not for this client_id.");
    };
    let current = session::current(&provider, &headers);
    // RP-Initiated Logout 2: a hint of ours about the person who is here needs no question.
    let hinted = hint.as_ref().filter(|hint| current.as_ref().is_none_or(|sign_in| sign_in.user.sub() == hint.sub));
    match (&current, hinted) {
        (Some(sign_in), None) if !(is_form && parameters.has("confirm")) => {
            // A hint that is not valid is not carried on.
            let fields = parameters.without(&["id_token_hint", "confirm"]);
            return pages::sign_out(&provider, sign_in.user.label(), fields);
        }
        _ => {}
    }
    let mut response = farewell(&provider, client.as_deref(), &parameters);
    if let Some(hint) = hinted {
        session::end(&provider, &hint.sid);
    }
    // Without its cookie (a POST from another site) the browser keeps it, and it opens nothing.
    if let Some(sign_in) = &current {
        session::end(&provider, &sign_in.sid);
        response.headers_mut().extend(session::forget(&provider).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

/// The client that sent the browser here; `Err` when the request names two.
fn leaving(
    provider: &DevelopmentProvider,
    parameters: &Parameters,
    hint: Option<&Hint>,
) -> Result<Option<Arc<RegisteredClient>>, ()> {
    match (hint, parameters.get("client_id")) {
        // RP-Initiated Logout 2: both must name the same.
        (Some(hint), Some(client_id)) if hint.client.client_id() != client_id => Err(()),
        (Some(hint), _) => Ok(Some(Arc::clone(&hint.client))),
        // A hint that does not verify speaks for nobody.
        (None, _) if parameters.has("id_token_hint") => Ok(None),
        (None, client_id) => Ok(client_id.and_then(|client_id| provider.registered(client_id))),
    }
}

impl Hint {
    /// Our own signature, whether expired or not (RP-Initiated Logout 2).
    fn read(provider: &DevelopmentProvider, token: &str) -> Option<Self> {
        let jws = CompactJws::parse(token).ok()?;
        let claims: Value = serde_json::from_slice(jws.unverified_payload()).ok()?;
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let client = provider.registered(&claim("aud")?)?;
        is_ours(provider, &client, &jws).then_some(())?;
        (claim("iss")? == provider.issuer().as_str()).then_some(())?;
        Some(Self { client, sub: claim("sub")?, sid: claim("sid")? })
    }
}

fn is_ours(provider: &DevelopmentProvider, client: &RegisteredClient, jws: &CompactJws<'_>) -> bool {
    let algorithm = client.algorithm();
    if algorithm.is_symmetric() {
        return client.client_secret().is_some_and(|secret| jws.verify_with_secret(algorithm, secret).is_ok());
    }
    let set = provider.keys().set(&[algorithm]);
    let set = set.ok().and_then(|set| JwkSet::from_json(set.to_string().as_bytes()).ok());
    set.is_some_and(|set| jws.verify(algorithm, &set).is_ok())
}

/// RP-Initiated Logout 3: to where the client asked, if it is registered exactly so; else a page of ours.
fn farewell(provider: &DevelopmentProvider, client: Option<&RegisteredClient>, parameters: &Parameters) -> Response {
    let wanted = parameters.get("post_logout_redirect_uri");
    let Some(uri) = wanted.filter(|uri| client.is_some_and(|client| client.may_log_out_to(uri))) else {
        return pages::signed_out(provider);
    };
    let mut location = uri.to_owned();
    if let Some(state) = parameters.get("state") {
        location.push(if uri.contains('?') { '&' } else { '?' });
        location.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish());
    }
    match HeaderValue::try_from(location) {
        Ok(location) => not_stored((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()),
        Err(_) => pages::signed_out(provider),
    }
}
