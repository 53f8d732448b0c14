//! `wrap`: our routes beside the application's, and the session layer around them all, in the only right order.

use std::sync::Arc;

use axum::{Router, extract::RawQuery, routing::get};
use http::Method;

use crate::{
    callback::{callback, come_back},
    door::Door,
    error::error_page,
    login::{login_page, login_with},
    logout::{logged_out, logout, logout_page},
    paths::Place,
    session::layer::{SessionLayer, Visit},
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
        .route(&paths.login_route(), get(login_with))
        .route(&paths.callback_route(), get(callback))
        .route(&paths.route(Place::Error), get(error_page))
        .route(&paths.route(Place::Logout), get(logout_page).post(logout))
        .route(&paths.route(Place::LoggedOut), get(logged_out));
    for provider in door.providers.values() {
        if let Some(path) = provider.own_redirect_path() {
            let provider = Arc::clone(provider);
            let callback = async move |visit: Visit, method: Method, RawQuery(query): RawQuery| {
                come_back(&visit, &provider, &method, query.as_deref()).await
            };
            routes = routes.route(path, get(callback));
        }
    }
    routes.with_state(door)
}
