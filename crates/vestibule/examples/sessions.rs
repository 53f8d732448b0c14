//! "My sessions": where somebody is signed in, to end one of them or all: `cargo run -p vestibule --example sessions`, then open
//! http://localhost:3000 in two browsers.

use axum::{
    Form, Router,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, MemoryStore, Provider, SecretKey, SessionId, SessionsError, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

#[derive(serde::Deserialize)]
struct EndOne {
    id: SessionId,
}

async fn list(State(vestibule): State<Vestibule>, user: EndUser) -> Result<Html<String>, SessionsError> {
    let mut page = format!("<h1>{} is signed in here</h1><ul>", user.subject());
    for session in vestibule.sessions_of(user.id()).await? {
        let browser = session.browser().unwrap_or("A browser");
        let this = if session.id() == user.session_id() { ", this one" } else { "" };
        let id = session.id();
        page += &format!(
            r#"<li>{browser}{this} <form method=post action=/end><button name=id value={id}>End</button></form>"#
        );
    }
    Ok(Html(page + "</ul><form method=post action=/end_all><button>Sign out everywhere</button></form>"))
}

/// An id from a form may be anybody's: only one of this person's sessions ends. The cookie (SameSite=Lax) comes with forms of our
/// own site alone.
async fn end(State(vestibule): State<Vestibule>, user: EndUser, form: Form<EndOne>) -> Result<Redirect, SessionsError> {
    vestibule.end_session(user.id(), form.id).await?;
    Ok(Redirect::to("/"))
}

async fn end_all(State(vestibule): State<Vestibule>, user: EndUser) -> Result<&'static str, SessionsError> {
    vestibule.log_out_everywhere(user.id()).await?;
    Ok("Signed out everywhere.")
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
        .sessions(MemoryStore::new()) // of sessions in cookies there is no list
        .build()?;
    let app = Router::new().route("/", get(list)).route("/end", post(end)).route("/end_all", post(end_all));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app).with_state(vestibule)).await?;
    Ok(())
}
