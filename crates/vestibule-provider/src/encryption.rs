//! What is encrypted for a client, after it is signed (Core 10.2).

use crate::{
    client::{Encryption, RegisteredClient},
    denial::Denial,
};

/// The token as the client registered to have it: as it is, where no encryption is registered.
pub(crate) fn encrypted_for(
    client: &RegisteredClient,
    encryption: Option<Encryption>,
    token: String,
) -> Result<String, Denial> {
    match encryption {
        None => Ok(token),
        Some(encryption) => Err(Denial::server_error(format!(
            "this provider cannot encrypt yet: {} and {} for {}",
            encryption.alg(),
            encryption.enc(),
            client.client_id(),
        ))),
    }
}
