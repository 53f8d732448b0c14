//! How tokens to and from a client are signed and encrypted, and what ID Tokens must say (Registration 2).

use serde_json::{Map, Value, json};
use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm};

use super::{
    members::{flag, invalid, list, member, named, repeat, text},
    proof::Proof,
};
use crate::{
    client::{Encryption, RegisteredClient},
    denial::Denial,
};

pub(super) struct Tokens {
    id_token_signed_response_alg: SignatureAlgorithm,
    userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    request_object_signing_alg: Option<RequestObjectSigning>,
    id_token_encryption: Option<Encryption>,
    userinfo_encryption: Option<Encryption>,
    request_object_encryption: Option<Encryption>,
    default_max_age: Option<u32>,
    require_auth_time: bool,
    default_acr_values: Vec<String>,
    /// What is repeated in the answer as it was asked for.
    told: Map<String, Value>,
}

/// How the client signs its request objects.
#[derive(Clone, Copy)]
enum RequestObjectSigning {
    Unsigned,
    Signed(SignatureAlgorithm),
}

/// What may be encrypted: each has a member with `_alg` at its end, and one with `_enc`.
const ENCRYPTED: [&str; 3] =
    ["id_token_encrypted_response", "userinfo_encrypted_response", "request_object_encryption"];

impl Tokens {
    pub(super) fn read(asked: &Map<String, Value>, proof: &Proof) -> Result<Self, Denial> {
        let [id_token_encryption, userinfo_encryption, request_object_encryption] =
            ENCRYPTED.map(|what| encryption(asked, what));
        let tokens = Self {
            id_token_signed_response_alg: named(asked, "id_token_signed_response_alg")?
                .unwrap_or(SignatureAlgorithm::Rs256),
            userinfo_signed_response_alg: named(asked, "userinfo_signed_response_alg")?,
            request_object_signing_alg: request_object_signing(asked)?,
            id_token_encryption: id_token_encryption?,
            userinfo_encryption: userinfo_encryption?,
            request_object_encryption: request_object_encryption?,
            default_max_age: seconds(asked, "default_max_age")?,
            require_auth_time: flag(asked, "require_auth_time")?,
            default_acr_values: default_acr_values(asked)?,
            told: told(asked),
        };
        tokens.check_keys(proof)?;
        Ok(tokens)
    }

    pub(super) fn put_into(&self, client: RegisteredClient) -> RegisteredClient {
        let client = client.id_token_signed_response_alg(self.id_token_signed_response_alg);
        let client =
            self.userinfo_signed_response_alg.into_iter().fold(client, RegisteredClient::userinfo_signed_response_alg);
        let client = match self.request_object_signing_alg {
            Some(RequestObjectSigning::Signed(algorithm)) => client.request_object_signing_alg(algorithm),
            Some(RequestObjectSigning::Unsigned) => client.unsigned_request_objects(),
            None => client,
        };
        let client = self
            .id_token_encryption
            .into_iter()
            .fold(client, |client, how| client.id_token_encrypted_response(how.alg(), how.enc()));
        let client = self
            .userinfo_encryption
            .into_iter()
            .fold(client, |client, how| client.userinfo_encrypted_response(how.alg(), how.enc()));
        let client = self
            .request_object_encryption
            .into_iter()
            .fold(client, |client, how| client.request_object_encryption(how.alg(), how.enc()));
        let client = self.default_max_age.into_iter().fold(client, RegisteredClient::default_max_age);
        let client = self.default_acr_values.iter().fold(client, RegisteredClient::default_acr_value);
        if self.require_auth_time { client.require_auth_time() } else { client }
    }

    pub(super) fn tell(&self, members: &mut Map<String, Value>) {
        members.extend(self.told.clone());
        members.insert("id_token_signed_response_alg".to_owned(), json!(self.id_token_signed_response_alg));
        let encryptions = [self.id_token_encryption, self.userinfo_encryption, self.request_object_encryption];
        for (what, encryption) in ENCRYPTED.into_iter().zip(encryptions) {
            if let Some(encryption) = encryption {
                members.insert(format!("{what}_alg"), json!(encryption.alg()));
                members.insert(format!("{what}_enc"), json!(encryption.enc()));
            }
        }
    }

    /// Core 10.1, 10.2: where the key is the client's secret there must be one, and where it is the client's public key likewise.
    fn check_keys(&self, proof: &Proof) -> Result<(), Denial> {
        let requests = match self.request_object_signing_alg {
            Some(RequestObjectSigning::Signed(algorithm)) => Some(algorithm),
            Some(RequestObjectSigning::Unsigned) | None => None,
        };
        let signing = [Some(self.id_token_signed_response_alg), self.userinfo_signed_response_alg, requests];
        let encryptions = [self.id_token_encryption, self.userinfo_encryption, self.request_object_encryption];
        let by_secret = signing.into_iter().flatten().any(SignatureAlgorithm::is_symmetric)
            || encryptions.into_iter().flatten().any(|how| how.alg().is_symmetric());
        if by_secret && !proof.has_secret() {
            return Err(invalid("an HMAC or a symmetric encryption needs a client with a secret"));
        }
        // The client signs its requests, and what the provider sends is encrypted to the client. Its requests are encrypted to
        // the provider.
        let to_client = [self.id_token_encryption, self.userinfo_encryption];
        let by_public_key = requests.is_some_and(|algorithm| !algorithm.is_symmetric())
            || to_client.into_iter().flatten().any(|how| !how.alg().is_symmetric());
        if by_public_key && !proof.has_keys() {
            return Err(invalid("these algorithms need jwks or jwks_uri"));
        }
        Ok(())
    }
}

/// Registration 2: `enc` alone says nothing, and `alg` alone means A128CBC-HS256.
fn encryption(asked: &Map<String, Value>, what: &str) -> Result<Option<Encryption>, Denial> {
    let alg: Option<KeyManagementAlgorithm> = named(asked, &format!("{what}_alg"))?;
    let enc: Option<ContentEncryptionAlgorithm> = named(asked, &format!("{what}_enc"))?;
    match (alg, enc) {
        (Some(alg), enc) => Ok(Some(Encryption::new(alg, enc.unwrap_or_default()))),
        (None, Some(_)) => Err(invalid(format!("{what}_enc without {what}_alg"))),
        (None, None) => Ok(None),
    }
}

/// Registration 2: unlike a token, a request may be signed with `none`.
fn request_object_signing(asked: &Map<String, Value>) -> Result<Option<RequestObjectSigning>, Denial> {
    const NAME: &str = "request_object_signing_alg";
    if text(asked, NAME)? == Some("none") {
        return Ok(Some(RequestObjectSigning::Unsigned));
    }
    Ok(named(asked, NAME)?.map(RequestObjectSigning::Signed))
}

fn seconds(asked: &Map<String, Value>, name: &str) -> Result<Option<u32>, Denial> {
    let seconds = |value: &Value| value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
    let parse = |value| seconds(value).ok_or_else(|| invalid(format!("{name} must be a number of seconds")));
    member(asked, name).map(parse).transpose()
}

fn default_acr_values(asked: &Map<String, Value>) -> Result<Vec<String>, Denial> {
    Ok(list(asked, "default_acr_values")?.unwrap_or_default().into_iter().map(str::to_owned).collect())
}

fn told(asked: &Map<String, Value>) -> Map<String, Value> {
    let mut told = Map::new();
    let names = [
        "userinfo_signed_response_alg",
        "request_object_signing_alg",
        "default_max_age",
        "require_auth_time",
        "default_acr_values",
    ];
    repeat(asked, &names, &mut told);
    told
}
