//! The end of the provider's session (RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::form_urlencoded;

use crate::{
    back_channel,
    client::RegisteredClient,
    denial::not_stored,
    front_channel::Frames,
    hint::Hint,
    logout, pages,
    parameters::Parameters,
    provider::DevelopmentProvider,
    session::{self, Session},
};

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
    let hinted = hint.filter(|hint| current.as_ref().is_none_or(|session| session.sign_in.user.sub() == hint.sub));
    match (&current, &hinted) {
        (Some(session), None) if !(is_form && parameters.has("confirm")) => {
            // A hint that is not valid is not carried on.
            let fields = parameters.without(&["id_token_hint", "confirm"]);
            return pages::sign_out(&provider, session.sign_in.user.label(), fields);
        }
        _ => {}
    }
    let ended = end(&provider, current.as_ref(), hinted.as_ref());
    let initiator = client.as_ref().map(|client| client.client_id());
    back_channel::tell_of_sessions(&provider, &ended, initiator);
    let frames = Frames::of(&provider, &ended, initiator);
    let destination = destination(&provider, client.as_deref(), &parameters);
    let mut response = farewell(&provider, destination.as_deref(), &frames);
    // Without its cookie (a POST from another site) the browser keeps it, and it opens nothing.
    if current.is_some() || !ended.is_empty() {
        for cookie in session::forget(&provider) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
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

/// The session of this browser, and the one that is meant, which may be that of a browser whose cookie did not come along.
fn end(provider: &DevelopmentProvider, current: Option<&Session>, hinted: Option<&Hint>) -> Vec<Session> {
    let sids = [current.map(|session| session.sign_in.sid.as_str()), hinted.map(|hint| hint.sid.as_str())];
    logout::end(provider, |session| sids.contains(&Some(session.sign_in.sid.as_str())))
}

/// RP-Initiated Logout 3: where the client asked for, if it is registered exactly so.
fn destination(
    provider: &DevelopmentProvider,
    client: Option<&RegisteredClient>,
    parameters: &Parameters,
) -> Option<String> {
    let wanted = parameters.get("post_logout_redirect_uri");
    let uri = wanted.filter(|uri| client.is_some_and(|client| client.may_log_out_to(uri)))?;
    let mut location = uri.to_owned();
    if let Some(state) = provider.hooks().logout_state(parameters.get("state")) {
        location.push(if uri.contains('?') { '&' } else { '?' });
        location.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish());
    }
    Some(location)
}

/// Straight to the destination, or by a page: where there is none, and where frames have to be loaded first.
fn farewell(provider: &DevelopmentProvider, destination: Option<&str>, frames: &Frames) -> Response {
    match destination.and_then(|destination| HeaderValue::try_from(destination).ok()) {
        Some(location) if frames.is_empty() => {
            not_stored((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        Some(_) => pages::signed_out(provider, frames, destination),
        None => pages::signed_out(provider, frames, None),
    }
}
