//! A client that registers itself, and is remembered: `cargo run -p vestibule --example registering`, then open
//! http://localhost:3000. The second start registers nobody, as long as the secret key is the same.

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use vestibule::{ClientMetadata, EndUser, FileRegistrationStore, Provider, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?.user(User::new("alice"));
    tokio::spawn(provider.bind(([127, 0, 0, 1], 3001).into()).await?.serve());

    let photo_album = ClientMetadata::new("Photo Album").contact("ops@example.com");
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::generate()) // in real life: SecretKey::from_env("SECRET_KEY")?
        .provider("lab", Provider::discovered("http://127.0.0.1:3001", photo_album)?)
        .registrations(FileRegistrationStore::new(std::env::temp_dir().join("photo-album"))?)
        .build()?;
    let app = Router::new().route("/", get(|user: EndUser| async move { format!("Hello, {}\n", user.subject()) }));
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, vestibule.wrap(app)).await?;
    Ok(())
}
