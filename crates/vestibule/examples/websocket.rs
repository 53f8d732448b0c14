//! A WebSocket that closes when the session ends, in whatever way: `cargo run -p vestibule --example websocket`, then open
//! http://localhost:3000 and sign out in another tab.

use std::pin::pin;

use axum::{
    Router,
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    response::Html,
    routing::get,
};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

const PAGE: &str = r#"<!doctype html><title>Live</title><h1>...</h1>
<p><a href="/auth/logout" target="_blank">Sign out in another tab</a></p><script>
const socket = new WebSocket("ws://localhost:3000/socket");
const show = (text) => document.querySelector("h1").textContent = text;
socket.onopen = () => socket.send("Who am I?");
socket.onmessage = (event) => show(event.data);
socket.onclose = (event) => show(event.reason || "The connection was lost");
</script>"#;

async fn converse(mut socket: WebSocket, user: EndUser) {
    let mut ended = pin!(user.ended());
    loop {
        tokio::select! {
            () = &mut ended => {
                let goodbye = CloseFrame { code: close_code::POLICY, reason: "Your session has ended".into() };
                let _ = socket.send(Message::Close(Some(goodbye))).await;
                return;
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(_))) => drop(socket.send(format!("You are {}", user.subject()).into()).await),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
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
        .build()?;
    // A stranger's handshake gets 401.
    let socket =
        async |user: EndUser, handshake: WebSocketUpgrade| handshake.on_upgrade(|socket| converse(socket, user));
    let app = Router::new().route("/", get(async |_: EndUser| Html(PAGE))).route("/socket", get(socket));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}
