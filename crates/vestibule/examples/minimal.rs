//! The ten lines, with a development provider in the same process so that they run with no set-up:
//! `cargo run -p vestibule --example minimal`, then open http://localhost:3000.

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

const ISSUER: &str = "http://127.0.0.1:3001";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    development_provider().await?;

    let client = Client::confidential("my-app", "a secret that only the two of us know");
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate()) // in real life: SecretKey::from_env("SECRET_KEY")?
        .provider("corp", Provider::discovered(ISSUER, client)?)
        .build()?;

    let app = vestibule
        .wrap(Router::new().route("/", get(|user: EndUser| async move { format!("Hello, {}\n", user.subject()) })));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app).await?;
    Ok(())
}

/// In real life somebody else runs this, with https and passwords.
async fn development_provider() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new(ISSUER)?
        .client(
            RegisteredClient::confidential("my-app", "a secret that only the two of us know")
                .redirect_uri("http://localhost:3000/auth/callback/corp"),
        )
        .user(User::new("alice"));
    let bound = provider.bind(([127, 0, 0, 1], 3001).into()).await?;
    tokio::spawn(bound.serve());
    Ok(())
}
