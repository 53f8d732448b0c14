//! An error view of your own, with state: `cargo run -p vestibule --example error_view`, then open http://localhost:3000 and
//! press Cancel at the provider.

use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse},
    routing::get,
};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, LoginError, Provider, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

#[derive(Clone)]
struct Pages {
    help_desk: &'static str,
}

/// `denial()` has the provider's `error` and `error_description`: a stranger's text, so escape it. Here only our own is shown.
async fn sorry(State(pages): State<Pages>, error: LoginError) -> impl IntoResponse {
    Html(format!(
        "<h1>Sorry</h1><p>{}</p><p>Ask {} about <b>{}</b>, or <a href=\"{}\">try again</a>.</p>",
        error.public_message(),
        pages.help_desk,
        error.reference(),
        error.try_again().replace('&', "&amp;"),
    ))
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
        .error_view(get(sorry).with_state(Pages { help_desk: "ops@example.com" }))
        .build()?;
    let app = Router::new().route("/", get(|user: EndUser| async move { format!("Hello, {}\n", user.subject()) }));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}
