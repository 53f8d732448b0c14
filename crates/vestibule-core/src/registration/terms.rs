//! What is asked for in the same words in which it is answered: all that provider and client settle on, save how ID Tokens are
//! signed and how we authenticate.

use std::{fmt, ops::Not, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    authorization::ResponseType,
    error::{Excerpt, InvalidRegistration, JsonFault},
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm},
    json,
};

/// How the provider names the people who sign in (Core 8).
///
/// # Example
/// ```
/// use vestibule_core::{ClientMetadata, registration::SubjectType};
///
/// let metadata = ClientMetadata::new("Photo Album").subject_type(SubjectType::Pairwise);
/// # let _ = metadata;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubjectType {
    /// By the same name to every client.
    Public,
    /// By another name to every sector, so that nobody can follow a person from the one to the other.
    Pairwise,
}

/// How request objects are signed: `request_object_signing_alg` (Registration 2).
///
/// # Example
/// ```
/// use vestibule_core::{SignatureAlgorithm, registration::RequestObjectSigning};
///
/// assert_eq!(RequestObjectSigning::With(SignatureAlgorithm::Ps256).name(), "PS256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestObjectSigning {
    /// With this algorithm.
    With(SignatureAlgorithm),
    /// Not at all: anybody can have made them. Only what was asked for by
    /// [`insecure_unsigned_request_objects`](super::ClientMetadata::insecure_unsigned_request_objects) is this.
    Unsigned,
}

/// What provider and client settle on. Unset is what Registration 2 says of the member's absence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Terms {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) response_types: Vec<ResponseType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) grant_types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject_type: Option<SubjectType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_endpoint_auth_signing_alg: Option<SignatureAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) userinfo_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) userinfo_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_object_signing_alg: Option<RequestObjectSigning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_object_encryption_alg: Option<KeyManagementAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_object_encryption_enc: Option<ContentEncryptionAlgorithm>,
    #[serde(skip_serializing_if = "Not::not")]
    pub(super) require_signed_request_object: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_max_age: Option<u64>,
    #[serde(skip_serializing_if = "Not::not")]
    pub(super) require_auth_time: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) default_acr_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    #[serde(skip_serializing_if = "Not::not")]
    pub(super) tls_client_certificate_bound_access_tokens: bool,
}

impl Terms {
    /// The members that are set, as JSON.
    pub(super) fn members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            // A struct of names and numbers is an object.
            _ => Map::new(),
        }
    }

    /// What holds after this answer: its values where it has them, else what was asked for (RFC 7591 3.2.1).
    pub(super) fn adopted(&self, answer: &Map<String, Value>) -> Result<Self, InvalidRegistration> {
        Ok(Self {
            response_types: self.adopted_response_types(answer)?,
            grant_types: stated(answer, "grant_types")?.unwrap_or_else(|| self.grant_types.clone()),
            // A kind of subject that we do not know is the provider's business: a subject is compared, whatever its kind.
            subject_type: stated::<Value>(answer, "subject_type")?
                .map_or(self.subject_type, |kind| SubjectType::deserialize(kind).ok()),
            token_endpoint_auth_signing_alg: self.token_endpoint_auth_signing_alg,
            id_token_encrypted_response_alg: named(answer, "id_token_encrypted_response_alg")?
                .or(self.id_token_encrypted_response_alg),
            id_token_encrypted_response_enc: named(answer, "id_token_encrypted_response_enc")?
                .or(self.id_token_encrypted_response_enc),
            // V33: what comes of `none` is refused where it comes, at the userinfo response.
            userinfo_signed_response_alg: named_unless_none(answer, "userinfo_signed_response_alg")?
                .or(self.userinfo_signed_response_alg),
            userinfo_encrypted_response_alg: named(answer, "userinfo_encrypted_response_alg")?
                .or(self.userinfo_encrypted_response_alg),
            userinfo_encrypted_response_enc: named(answer, "userinfo_encrypted_response_enc")?
                .or(self.userinfo_encrypted_response_enc),
            request_object_signing_alg: self.adopted_request_object_signing(answer)?,
            // How to encrypt what we send concerns us where we wanted to.
            request_object_encryption_alg: match self.request_object_encryption_alg {
                Some(asked) => Some(named(answer, "request_object_encryption_alg")?.unwrap_or(asked)),
                None => None,
            },
            request_object_encryption_enc: match self.request_object_encryption_alg {
                Some(_) => named(answer, "request_object_encryption_enc")?.or(self.request_object_encryption_enc),
                None => None,
            },
            require_signed_request_object: stated(answer, "require_signed_request_object")?
                .unwrap_or(self.require_signed_request_object),
            // What we check is ours to demand: an answer can make it stricter, and not laxer (R12, R47).
            default_max_age: [stated(answer, "default_max_age")?, self.default_max_age].into_iter().flatten().min(),
            require_auth_time: stated(answer, "require_auth_time")?.unwrap_or_default() || self.require_auth_time,
            default_acr_values: stated(answer, "default_acr_values")?
                .unwrap_or_else(|| self.default_acr_values.clone()),
            scope: stated(answer, "scope")?.or_else(|| self.scope.clone()),
            tls_client_certificate_bound_access_tokens: stated(answer, "tls_client_certificate_bound_access_tokens")?
                .unwrap_or(self.tls_client_certificate_bound_access_tokens),
        })
    }

    /// What request objects are signed with, where they are signed.
    pub(super) fn request_object_algorithm(&self) -> Option<SignatureAlgorithm> {
        match self.request_object_signing_alg {
            Some(RequestObjectSigning::With(algorithm)) => Some(algorithm),
            Some(RequestObjectSigning::Unsigned) | None => None,
        }
    }

    /// How long the secret must be for the encryption whose key comes of it (Core 10.2, 16.19).
    pub(super) fn secret_bytes_of_encryption(&self) -> [(&'static str, usize); 3] {
        [
            (
                "id_token_encrypted_response_alg",
                self.id_token_encrypted_response_alg,
                self.id_token_encrypted_response_enc,
            ),
            (
                "userinfo_encrypted_response_alg",
                self.userinfo_encrypted_response_alg,
                self.userinfo_encrypted_response_enc,
            ),
            ("request_object_encryption_alg", self.request_object_encryption_alg, self.request_object_encryption_enc),
        ]
        .map(|(member, alg, enc)| (member, alg.map_or(0, |alg| alg.secret_bytes(enc.unwrap_or_default()))))
    }

    /// How what the provider sends us is encrypted, by member.
    pub(super) fn response_encryption(&self) -> [(&'static str, Option<KeyManagementAlgorithm>); 2] {
        [
            ("id_token_encrypted_response_alg", self.id_token_encrypted_response_alg),
            ("userinfo_encrypted_response_alg", self.userinfo_encrypted_response_alg),
        ]
    }

    /// The ones of the answer that we know; every one that was asked for must be among them.
    fn adopted_response_types(&self, answer: &Map<String, Value>) -> Result<Vec<ResponseType>, InvalidRegistration> {
        let Some(names) = stated::<Vec<String>>(answer, "response_types")? else {
            return Ok(self.response_types.clone());
        };
        let registered: Vec<ResponseType> = names.iter().filter_map(|name| name.parse().ok()).collect();
        match self.response_types.iter().find(|asked| !registered.contains(asked)) {
            Some(dropped) => Err(InvalidRegistration::ResponseType { lacks: *dropped }),
            None => Ok(registered),
        }
    }

    fn adopted_request_object_signing(
        &self,
        answer: &Map<String, Value>,
    ) -> Result<Option<RequestObjectSigning>, InvalidRegistration> {
        // How to sign what we do not send is of no concern.
        let Some(asked) = self.request_object_signing_alg else { return Ok(None) };
        let registered = named(answer, "request_object_signing_alg")?.unwrap_or(asked);
        // Lax is only what was asked for by its name.
        if registered == RequestObjectSigning::Unsigned && asked != RequestObjectSigning::Unsigned {
            return Err(InvalidRegistration::UnsignedRequestObjects);
        }
        Ok(Some(registered))
    }
}

/// The grant types that go with response types (Registration 2, the table below `grant_types`).
pub(super) fn grant_types(response_types: &[ResponseType]) -> impl Iterator<Item = &'static str> {
    let code = response_types.iter().any(|response_type| response_type.has_code());
    let implicit = response_types.iter().any(|response_type| response_type.has_id_token() || response_type.has_token());
    [(code, "authorization_code"), (implicit, "implicit")]
        .into_iter()
        .filter(|(needed, _)| *needed)
        .map(|(_, name)| name)
}

/// What an answer says of a member. `null` says nothing: there are providers that write it for all that is unset.
fn stated<T: DeserializeOwned>(answer: &Map<String, Value>, member: &'static str) -> Result<Option<T>, JsonFault> {
    match answer.get(member) {
        Some(Value::Null) => Ok(None),
        _ => json::member(answer, member),
    }
}

/// The algorithm that an answer names.
pub(super) fn named<T: FromStr>(
    answer: &Map<String, Value>,
    member: &'static str,
) -> Result<Option<T>, InvalidRegistration> {
    let name: Option<String> = stated(answer, member)?;
    let unknown = |name: &str| InvalidRegistration::Algorithm { member, got: Excerpt::new(name) };
    name.map(|name| name.parse().map_err(|_| unknown(&name))).transpose()
}

/// The same, where `none` is nothing that could be adopted (V33).
pub(super) fn named_unless_none(
    answer: &Map<String, Value>,
    member: &'static str,
) -> Result<Option<SignatureAlgorithm>, InvalidRegistration> {
    match stated::<String>(answer, member)?.as_deref() {
        Some("none") => Ok(None),
        _ => named(answer, member),
    }
}

impl RequestObjectSigning {
    /// The registered name: that of the algorithm, or `none`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::With(algorithm) => algorithm.name(),
            Self::Unsigned => "none",
        }
    }
}

impl fmt::Display for RequestObjectSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RequestObjectSigning {
    type Err = crate::jose::algorithm::UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "none" => Ok(Self::Unsigned),
            _ => name.parse().map(Self::With),
        }
    }
}

impl Serialize for RequestObjectSigning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for RequestObjectSigning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
