//! Request objects that are encrypted to the provider (Core 6.1, 10.2): back to the signed ones inside.

use vestibule_core::{
    ContentEncryptionAlgorithm, KeyManagementAlgorithm,
    jose::{CompactJwe, DecryptionKey, DecryptionKeys},
};

use super::invalid;
use crate::{client::RegisteredClient, denial::Denial, header, provider::DevelopmentProvider};

/// Core 6.1: an encrypted one has five parts. A client that registered an encryption may leave it (Registration 2).
pub(super) fn decrypted(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    token: String,
) -> Result<String, Denial> {
    if token.matches('.').count() != 4 {
        return Ok(token);
    }
    let algorithms = agreed_algorithms(client, &token)?;
    let keys = keys(provider, client, algorithms)?;
    let nested = CompactJwe::parse(&token).and_then(|jwe| jwe.decrypt(algorithms, &keys));
    Ok(nested.map_err(|why| invalid(why.to_string()))?.as_str().to_owned())
}

/// The registered ones; else any that the provider knows.
fn agreed_algorithms(
    client: &RegisteredClient,
    token: &str,
) -> Result<(KeyManagementAlgorithm, ContentEncryptionAlgorithm), Denial> {
    if let Some(registered) = client.request_encryption() {
        return Ok((registered.alg(), registered.enc()));
    }
    let alg = header::text(token, "alg").and_then(|alg| alg.parse().ok());
    let enc = header::text(token, "enc").and_then(|enc| enc.parse().ok());
    alg.zip(enc).ok_or_else(|| invalid("encrypted with an algorithm that nobody knows"))
}

/// Core 10.2: the client secret, or the provider's own.
fn keys(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    (alg, enc): (KeyManagementAlgorithm, ContentEncryptionAlgorithm),
) -> Result<DecryptionKeys, Denial> {
    if !alg.is_symmetric() {
        return Ok(provider.keys().decryption_keys());
    }
    let secret = client.client_secret().ok_or_else(|| invalid("the client has no secret to encrypt with"))?;
    let key = DecryptionKey::from_secret(alg, enc, secret).map_err(|why| invalid(why.to_string()))?;
    Ok(DecryptionKeys::from_iter([key]))
}
