//! Sessions in SQLite, made by migrations at the start: `cargo run -p vestibule-sql --example sqlite [URL]`, then open
//! http://localhost:3000 and sign in. With the same `SECRET_KEY` (`openssl rand 32 | basenc --base64url | tr -d =`)
//! at each start you are still signed in after the next one.

use axum::{Router, extract::State, response::Html, routing::get};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, SecretKey, SessionsError, StoreByUrl, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};
use vestibule_sql::SqliteStore;

async fn sessions(State(vestibule): State<Vestibule>, user: EndUser) -> Result<Html<String>, SessionsError> {
    let count = vestibule.sessions_of(user.id()).await?.len();
    Ok(Html(format!("<h1>{}</h1><p>Sessions: {count}</p>", user.subject())))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
        .client(RegisteredClient::public("my-app").redirect_uri("http://localhost:3000/auth/callback/corp"))
        .user(User::new("alice"));
    tokio::spawn(provider.bind(([127, 0, 0, 1], 3001).into()).await?.serve());

    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite://sessions.db?mode=rwc".to_owned());
    let store = SqliteStore::from_url(&url)?;
    store.migrate().await?;
    let key = match std::env::var("SECRET_KEY") {
        Ok(text) => SecretKey::from_base64url(&text)?,
        Err(_) => SecretKey::generate(), // nobody's cookie opens after a restart, nor on another machine
    };
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(key)
        .provider("corp", Provider::discovered("http://127.0.0.1:3001", Client::public("my-app"))?)
        .sessions(store)
        .build()?;
    let app = Router::new().route("/", get(sessions));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app).with_state(vestibule)).await?;
    Ok(())
}
