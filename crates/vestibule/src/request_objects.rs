//! Request objects that the provider comes to fetch (Core 6.2): on a fixed path of ours, for two minutes. Nothing in them is from a
//! request but what the login itself made (V81).

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, StatusCode, header};
use url::Url;
use vestibule_core::{AuthorizationRequest, PendingLogin};

use crate::{
    door::Door,
    error::chain,
    paths::OwnPlace,
    provider::{ConnectedProvider, Introduced, ProviderError, RequestObjects},
    session::seal,
    session_store::Update,
    store::{Key, StoreError},
};

/// For how many seconds a request object can be fetched: the provider does so while the browser waits.
const LIFETIME: i64 = 2 * 60;

/// Where the browser is sent to sign in: with all that is asked for in its address, or in an object (Core 6).
pub(crate) async fn authorization_url(
    door: &Door,
    provider: &Arc<ConnectedProvider>,
    at: &Introduced,
    request: &AuthorizationRequest,
    pending: &PendingLogin,
) -> Result<Url, ProviderError> {
    let (client, metadata) = (&at.client, &at.metadata);
    Ok(match provider.request_object(at, request, pending, door.now()).await? {
        None => client.authorize(metadata, request, pending),
        Some((object, RequestObjects::ByValue)) => client.authorize_by_value(metadata, request, pending, &object),
        Some((object, RequestObjects::ByReference)) => {
            let request_uri = host(door, provider, object.as_str()).await?;
            client.authorize_by_reference(metadata, request, pending, &request_uri)
        }
    })
}

/// Keeps a request object, and gives the URL at which the provider finds it.
async fn host(door: &Door, provider: &ConnectedProvider, object: &str) -> Result<Url, StoreError> {
    let id = URL_SAFE_NO_PAD.encode(seal::random::<16>());
    let (key, now) = (key(door, provider, &id), door.now());
    let sealed = door.seals.kept.seal_bytes(key.as_bytes(), object.as_bytes());
    match door.store().keep(key, None, sealed, Some(now.plus(LIFETIME)), now).await? {
        Update::Done(_) => {}
        Update::Changed | Update::Gone => {
            return Err(StoreError::permanent("a new request object's key exists already"));
        }
    }
    let path = format!("{}/{id}", door.paths.public_own(OwnPlace::RequestObjects, provider.name()));
    door.base.origin().join(&path).map_err(|error| StoreError::permanent(error.to_string()))
}

/// `GET /auth/request_objects/{provider}/{id}`, for the provider alone: whoever knows the id was told it by a browser on its way.
pub(crate) async fn request_object(
    State(door): State<Arc<Door>>,
    Path((name, id)): Path<(String, String)>,
) -> Response {
    let Some(provider) = door.provider(&name) else { return nothing(StatusCode::NOT_FOUND) };
    let key = key(&door, provider, &id);
    match door.store().kept(key, door.now()).await {
        Ok(kept) => match kept.and_then(|kept| door.open_kept("a request object", key, kept.value)) {
            Some(object) => (
                [
                    // RFC 9101 10.4.1
                    (header::CONTENT_TYPE, HeaderValue::from_static("application/oauth-authz-req+jwt")),
                    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                ],
                object,
            )
                .into_response(),
            None => nothing(StatusCode::NOT_FOUND),
        },
        Err(error) => {
            tracing::error!(target: "vestibule::login", provider = name, reason = chain(&error),
                "a request object could not be given to the provider");
            nothing(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

fn key(door: &Door, provider: &ConnectedProvider, id: &str) -> Key {
    door.keys.request_object(provider.name(), id)
}

fn nothing(status: StatusCode) -> Response {
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}
