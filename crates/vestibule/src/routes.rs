//! `wrap`: our routes beside the application's, and the session layer around them all, in the only right order.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    routing::{any, get, post},
};
use http::Request;

use crate::{
    callback::{callback, come_back},
    decision::why_page,
    door::Door,
    error::error_page,
    health::{live, ready},
    initiate_login::initiate_login,
    kept_posts::{kept_page, throw_away},
    login::{login_page, login_with},
    logout::{
        backchannel_logout, check_session, frontchannel_logout, logged_out, logout, logout_page, session_changed,
    },
    paths::{OwnPlace, Place},
    published::{jwks, sector_identifier},
    request_objects::request_object,
    session::{layer::SessionLayer, visit::Visit},
    session_status::session_status,
};

/// Real routes, not interception: a layer that answers by itself is lost as soon as somebody nests, merges or adds a fallback.
pub(crate) fn wrap<S>(door: &Arc<Door>, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.merge(own_routes(Arc::clone(door))).layer(SessionLayer::new(Arc::clone(door)))
}

fn own_routes<S>(door: Arc<Door>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let paths = &door.paths;
    let mut routes = Router::new()
        .route(&paths.route(Place::Login), get(login_page))
        .route(&paths.own_route(OwnPlace::Login), get(login_with))
        .route(&paths.own_route(OwnPlace::Callback), any(callback))
        .route(&paths.own_route(OwnPlace::InitiateLogin), any(initiate_login))
        .route(&format!("{}/{{id}}", paths.own_route(OwnPlace::RequestObjects)), get(request_object))
        .route(&paths.own_route(OwnPlace::Jwks), get(jwks))
        .route(&paths.own_route(OwnPlace::SectorIdentifier), get(sector_identifier))
        .route(&paths.route(Place::Error), get(error_page))
        .route(&paths.route(Place::Logout), get(logout_page).post(logout))
        .route(&paths.route(Place::LoggedOut), get(logged_out))
        .route(&paths.kept_route(), get(kept_page).post(throw_away))
        .route(&paths.own_route(OwnPlace::BackchannelLogout), any(backchannel_logout))
        .route(&paths.own_route(OwnPlace::FrontchannelLogout), any(frontchannel_logout))
        .route(&paths.route(Place::CheckSession), get(check_session))
        .route(&paths.route(Place::SessionChanged), post(session_changed))
        .route(&paths.route(Place::Session), get(session_status))
        .route(&paths.route(Place::Live), get(live))
        .route(&paths.route(Place::Ready), get(ready));
    if door.is_development() {
        routes = routes.route(&paths.route(Place::Why), get(why_page));
    }
    for provider in door.providers.values() {
        if let Some(path) = provider.own_redirect_path() {
            let provider = Arc::clone(provider);
            let callback =
                async move |visit: Visit, request: Request<Body>| come_back(&visit, &provider, request).await;
            routes = routes.route(path, any(callback));
        }
    }
    routes.with_state(door)
}
