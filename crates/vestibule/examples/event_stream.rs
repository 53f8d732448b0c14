//! A connection that stays open for as long as the session lasts, and says when it has ended, in whatever way:
//! `cargo run -p vestibule --example event_stream`, then open http://localhost:3000 and sign out in another tab.

use std::{convert::Infallible, future::ready, time::Duration};

use axum::{
    Router,
    response::{
        Html, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::{Stream, StreamExt, stream};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, SecretKey, SessionPolicy, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

const PAGE: &str = r#"<!doctype html><title>Live</title><h1>...</h1>
<p><a href="/auth/logout" target="_blank">Sign out in another tab</a></p><script>
const events = new EventSource("/events");
const show = (event) => document.querySelector("h1").textContent = event.data;
events.addEventListener("signed_in", show);
events.addEventListener("ended", (event) => { show(event); events.close() });
</script>"#;

/// A stranger's script gets 401. With a WebSocket it is the same: `tokio::select!` between its messages and `user.ended()`.
async fn events(user: EndUser) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hello = Event::default().event("signed_in").data(format!("You are {}", user.subject()));
    let goodbye = Event::default().event("ended").data("Your session has ended");
    let until_then = stream::once(user.ended()).map(move |()| goodbye.clone());
    Sse::new(stream::once(ready(hello)).chain(until_then).map(Ok)).keep_alive(KeepAlive::default())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
        .client(RegisteredClient::public("my-app").redirect_uri("http://localhost:3000/auth/callback/corp"))
        .user(User::new("alice"));
    tokio::spawn(provider.bind(([127, 0, 0, 1], 3001).into()).await?.serve());

    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate())
        .provider("corp", Provider::discovered("http://127.0.0.1:3001", Client::public("my-app"))?)
        .session(SessionPolicy::default().idle(Duration::from_secs(60))) // a connection that is open is no activity
        .build()?;
    let app = Router::new().route("/", get(async |_: EndUser| Html(PAGE))).route("/events", get(events));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}
