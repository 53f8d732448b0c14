//! The development provider in this process, and who can sign in with it.

use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

use crate::{configuration::ClientOfOurs, failure::Failure};

/// A provider of this issuer that knows our clients, alice and bob.
pub(crate) fn provider(issuer: &str, clients: &[ClientOfOurs]) -> Result<DevelopmentProvider, Failure> {
    let provider = DevelopmentProvider::new(issuer)
        .map_err(|problem| Failure::DemoTable(format!("the development provider cannot be {issuer}: {problem}")))?;
    let provider = clients.iter().fold(provider, |provider, client| provider.client(registered(client)));
    Ok(provider.user(alice()).user(bob()))
}

fn registered(client: &ClientOfOurs) -> RegisteredClient {
    let registered = match &client.client_secret {
        Some(secret) => RegisteredClient::confidential(&client.client_id, secret.clone()),
        None => RegisteredClient::public(&client.client_id),
    };
    registered
        .client_name("the vestibule demo")
        .grant_type("refresh_token")
        .redirect_uri(&client.redirect_uri)
        .post_logout_redirect_uri(&client.post_logout_redirect_uri)
        .backchannel_logout_uri(&client.backchannel_logout_uri)
        .frontchannel_logout_uri(&client.frontchannel_logout_uri)
}

fn alice() -> User {
    User::new("alice")
        .claim("name", "Alice Liddell")
        .claim("given_name", "Alice")
        .claim("email", "alice@example.com")
        .claim("email_verified", true)
        .claim("admin", true)
}

fn bob() -> User {
    User::new("bob")
        .claim("name", "Bob Dodgson")
        .claim("given_name", "Bob")
        .claim("email", "bob@example.com")
        .claim("email_verified", true)
}
