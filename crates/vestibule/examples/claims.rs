//! The claims as a struct of your own, a gate around a router, and your own say in each login:
//! `cargo run -p vestibule --example claims`, then open http://localhost:3000/desk and http://localhost:3000/admin.

use axum::{Json, Router, routing::get};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use vestibule::{Claims, Client, NewLogin, Provider, Refusal, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

#[derive(Deserialize, Serialize)]
struct Employee {
    name: String,
    #[serde(default)]
    admin: bool,
    user_id: u64, // added by `welcome`
}

async fn desk(Claims(me): Claims<Employee>) -> Json<Employee> {
    Json(me)
}

/// Find or create your own user here; its key is (issuer, subject), never the e-mail address.
async fn welcome(login: NewLogin) -> Result<NewLogin, Refusal> {
    match login.subject().as_str() {
        "mallory" => Err(Refusal::new("You are not on the list.")),
        _ => Ok(login.with_claim("user_id", 42)),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
        .client(RegisteredClient::public("my-app").redirect_uri("http://localhost:3000/auth/callback/corp"))
        .user(User::new("alice").claim("name", "Alice").claim("admin", true))
        .user(User::new("bob").claim("name", "Bob"))
        .user(User::new("mallory"));
    tokio::spawn(provider.bind(([127, 0, 0, 1], 3001).into()).await?.serve());

    let corp = Provider::discovered("http://127.0.0.1:3001", Client::public("my-app"))?.scope("openid profile");
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate())
        .provider("corp", corp)
        .on_login(welcome)
        .build()?;
    let app = Router::new()
        .route("/admin", get(|| async { "for admins\n" }))
        .route_layer(vestibule.require_login().claims(|employee: &Employee| employee.admin))
        .route("/desk", get(desk));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}
