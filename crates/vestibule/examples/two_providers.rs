//! Two providers side by side, one of them described and not discovered, and a page for one of them alone:
//! `cargo run -p vestibule --example two_providers`, then open http://localhost:3000 and http://localhost:3000/staff.

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use vestibule::{Client, EndUser, Provider, ProviderMetadata, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

/// The specification's own JSON; a provider without discovery has it in its documentation.
const STAFF: &str = r#"{
    "issuer": "http://127.0.0.1:3002",
    "authorization_endpoint": "http://127.0.0.1:3002/authorize",
    "token_endpoint": "http://127.0.0.1:3002/token",
    "jwks_uri": "http://127.0.0.1:3002/jwks"
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    development_provider(3001, "customers", "alice").await?;
    development_provider(3002, "staff", "bob").await?;

    let customers = Provider::discovered("http://127.0.0.1:3001", Client::public("my-app"))?;
    let staff = Provider::described(ProviderMetadata::from_json(STAFF.as_bytes())?, Client::public("my-app"));
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate())
        .provider("customers", customers)
        .provider("staff", staff)
        .build()?;
    let app = Router::new()
        .route("/staff", get(|user: EndUser| async move { format!("{} of the staff\n", user.subject()) }))
        .route_layer(vestibule.require_login().provider("staff"))
        .route("/", get(|user: EndUser| async move { format!("{} of {}\n", user.subject(), user.provider()) }));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}

async fn development_provider(port: u16, name: &str, user: &str) -> Result<(), Box<dyn std::error::Error>> {
    let callback = format!("http://localhost:3000/auth/callback/{name}");
    let provider = DevelopmentProvider::new(format!("http://127.0.0.1:{port}"))?
        .client(RegisteredClient::public("my-app").redirect_uri(callback))
        .user(User::new(user));
    tokio::spawn(provider.bind(([127, 0, 0, 1], port).into()).await?.serve());
    Ok(())
}
