//! The development provider in this process, and who can sign in with it.

use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

use crate::{
    configuration::{Agreement, ClientOfOurs},
    failure::Failure,
};

/// How everybody can sign in.
const ORDINARY: &str = "password";
/// By something that nobody can be talked out of: phishing-resistant (OpenID Connect EAP ACR Values 1.0, 2).
pub(crate) const STRONG: &str = "phr";

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
    let registered = registered
        .client_name("the vestibule demo")
        .grant_type("refresh_token")
        .redirect_uri(&client.redirect_uri)
        .post_logout_redirect_uri(&client.post_logout_redirect_uri)
        .backchannel_logout_uri(&client.backchannel_logout_uri)
        .frontchannel_logout_uri(&client.frontchannel_logout_uri);
    let registered = if client.agreement.needs_keys() { registered.jwks_uri(&client.jwks_uri) } else { registered };
    with_requests(with_answers(registered, &client.agreement), &client.agreement)
}

/// How it asks, and proves who it is.
fn with_requests(mut client: RegisteredClient, agreement: &Agreement) -> RegisteredClient {
    if let Some(response_type) = agreement.response_type {
        client = client.response_types([response_type]);
    }
    if let Some(method) = agreement.token_endpoint_auth_method {
        client = client.token_endpoint_auth_method(method);
    }
    if let Some(algorithm) = agreement.token_endpoint_auth_signing_alg {
        client = client.token_endpoint_auth_signing_alg(algorithm);
    }
    client = match agreement.request_object_signing_alg.as_deref().map(str::parse) {
        None => client,
        Some(Ok(algorithm)) => client.request_object_signing_alg(algorithm),
        // The library has read it by then: what is no algorithm is `none`.
        Some(Err(_)) => client.unsigned_request_objects(),
    };
    match agreement.request_object_encryption_alg {
        Some(alg) => client.request_object_encryption(alg, agreement.request_object_encryption_enc.unwrap_or_default()),
        None => client,
    }
}

/// How it wants to be answered.
fn with_answers(mut client: RegisteredClient, agreement: &Agreement) -> RegisteredClient {
    if let Some(algorithm) = agreement.id_token_signed_response_alg {
        client = client.id_token_signed_response_alg(algorithm);
    }
    if let Some(alg) = agreement.id_token_encrypted_response_alg {
        let enc = agreement.id_token_encrypted_response_enc.unwrap_or_default();
        client = client.id_token_encrypted_response(alg, enc);
    }
    if let Some(algorithm) = agreement.userinfo_signed_response_alg {
        client = client.userinfo_signed_response_alg(algorithm);
    }
    match agreement.userinfo_encrypted_response_alg {
        Some(alg) => {
            client.userinfo_encrypted_response(alg, agreement.userinfo_encrypted_response_enc.unwrap_or_default())
        }
        None => client,
    }
}

fn alice() -> User {
    User::new("alice")
        .claim("name", "Alice Liddell")
        .claim("given_name", "Alice")
        .claim("email", "alice@example.com")
        .claim("email_verified", true)
        .claim("admin", true)
        .acr(ORDINARY)
        .acr(STRONG)
}

fn bob() -> User {
    User::new("bob")
        .claim("name", "Bob Dodgson")
        .claim("given_name", "Bob")
        .claim("email", "bob@example.com")
        .claim("email_verified", true)
        .acr(ORDINARY)
}
