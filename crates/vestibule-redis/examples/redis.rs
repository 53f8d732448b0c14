//! Sessions that every machine knows, in Redis: `cargo run -p vestibule-redis --example redis`, then open http://localhost:3000.
//! `REDIS_URL` says where the server is, `redis://127.0.0.1` unless set. A second machine needs this one line, and the same key.

use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, SecretKey, SessionsError, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};
use vestibule_redis::RedisStore;

async fn home(State(vestibule): State<Vestibule>, user: EndUser) -> Result<Html<String>, SessionsError> {
    let sessions = vestibule.sessions_of(user.id()).await?.len();
    Ok(Html(format!(
        "<h1>{} is signed in</h1><p>in {sessions} browsers, as Redis knows</p>\
         <form method=post action=/end_all><button>Sign out everywhere</button></form>",
        user.subject()
    )))
}

async fn end_all(State(vestibule): State<Vestibule>, user: EndUser) -> Result<Redirect, SessionsError> {
    vestibule.log_out_everywhere(user.id()).await?;
    Ok(Redirect::to("/"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
        .client(RegisteredClient::public("my-app").redirect_uri("http://localhost:3000/auth/callback/corp"))
        .user(User::new("alice"));
    tokio::spawn(provider.bind(([127, 0, 0, 1], 3001).into()).await?.serve());

    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1".to_owned());
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate()) // one for all machines in production, from their settings
        .provider("corp", Provider::discovered("http://127.0.0.1:3001", Client::public("my-app"))?)
        .sessions(RedisStore::connect(&url).await?)
        .build()?;
    let app = Router::new().route("/", get(home)).route("/end_all", post(end_all));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app).with_state(vestibule)).await?;
    Ok(())
}
