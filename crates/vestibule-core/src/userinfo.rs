//! The userinfo endpoint: more claims about the subject of the ID Token, and of nobody else (Core 5.3).

mod claim_sources;
mod distributed_claims;
mod other_kinds;
mod signed;
mod sourced_claims;

pub use claim_sources::ClaimSources;
pub use distributed_claims::{DistributedClaimsRequest, UnverifiedDistributedClaims};
pub use signed::{ExpectedUserInfo, UnverifiedUserInfo};
pub use sourced_claims::UnverifiedAggregatedClaims;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::{
    claims::{ClaimsSet, Subject},
    client::{Client, Encryption},
    discovery::ProviderMetadata,
    error::{Excerpt, InvalidUserInfo, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, check_is_ok, media_type},
    http_client::ClientCertificate,
    issuer::uri,
    jose::SignatureAlgorithm,
    json,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// How the userinfo endpoint is asked (Core 5.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserInfoMethod {
    /// GET with the access token in the `Authorization` header (RFC 6750 2.1): the default.
    #[default]
    Get,
    /// POST with the access token in the form body (RFC 6750 2.2), for providers that want it there.
    Post,
    /// Not at all: the claims of the ID Token are enough.
    Off,
}

/// Asks for the claims of one subject.
///
/// # Example
/// ```
/// use vestibule_core::{Client, ClaimsSet, Exchange, NumericDate, ProviderMetadata, Step, Subject, UserInfoMethod};
/// use vestibule_core::userinfo::{UserInfoRequest, UserInfoResponse};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize", "userinfo_endpoint": "https://login.example.com/me",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let response = http::Response::builder().header("content-type", "application/json")
/// #   .body(bytes::Bytes::from_static(br#"{"sub": "alice", "name": "Alice"}"#))?;
/// # let (client, now) = (Client::public("my-app"), NumericDate::from_seconds(1_700_000_000));
/// # let keys = vestibule_core::JwkSet::empty();
/// let alice = Subject::parse("alice").expect("from a verified ID Token");
/// let question = UserInfoRequest::new(&client, &metadata, UserInfoMethod::Get, "SlAV32hkKG".into(), alice);
/// // send its request with any HTTP client, then:
/// let Step::Done(answer) = question.expect("there is an endpoint").accept(now, response)? else { panic!("never again") };
/// let claims: ClaimsSet = match answer {
///     UserInfoResponse::Plain(claims) => claims,
///     UserInfoResponse::Signed(signed) => signed.verify(&keys, &client.expected_userinfo(&metadata), now)?,
/// };
/// assert_eq!(claims.claim("name"), Some(&"Alice".into()));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct UserInfoRequest {
    userinfo_endpoint: Url,
    certificate: Option<ClientCertificate>,
    in_body: bool,
    access_token: Secret<String>,
    subject: Subject,
    signature: Option<SignatureAlgorithm>,
    encryption: Option<Encryption>,
}

/// A good answer of the userinfo endpoint (Core 5.3.2), in the form that was agreed on.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are these two forms, and who reads one must read the other")]
pub enum UserInfoResponse {
    /// JSON, about the subject that was asked about. That it is the provider's is known from the connection.
    Plain(ClaimsSet),
    /// A JWT, of which nothing is known before it is verified.
    Signed(UnverifiedUserInfo),
}

/// The media type of a signed or encrypted answer.
const JWT: &str = "application/jwt";

impl UserInfoRequest {
    /// The question for the claims of `subject`, whom a verified ID Token named; `None` when the provider has no userinfo
    /// endpoint or `method` is [`UserInfoMethod::Off`].
    #[must_use]
    pub fn new(
        client: &Client,
        metadata: &ProviderMetadata,
        method: UserInfoMethod,
        access_token: Secret<String>,
        subject: Subject,
    ) -> Option<Self> {
        // RFC 8705 3: a token that was given to who showed a certificate is presented with it.
        let certificate = client.certificate();
        let userinfo_endpoint = metadata.userinfo_endpoint_for(certificate)?.clone();
        let in_body = match method {
            UserInfoMethod::Get => false,
            UserInfoMethod::Post => true,
            UserInfoMethod::Off => return None,
        };
        let (signature, encryption) = (client.userinfo_signature(), client.userinfo_encryption());
        Some(Self { userinfo_endpoint, certificate, in_body, access_token, subject, signature, encryption })
    }

    /// Core 5.3.2: JSON, where nothing else was agreed on (R82).
    fn read_plain(&self, body: &[u8]) -> Result<UserInfoResponse, Misbehaviour> {
        if self.encryption.is_some() {
            return Err(InvalidUserInfo::NotEncrypted.into());
        }
        if self.signature.is_some() {
            return Err(InvalidUserInfo::NotSigned.into());
        }
        let object = json::object(body).map_err(|fault| fault.at(Endpoint::UserInfo))?;
        // Core 5.3.2: sub is always there; Core 5.3.4: unless it is exactly the ID Token's, nothing of this is used.
        let sub: String = json::required(&object, "sub").map_err(|fault| fault.at(Endpoint::UserInfo))?;
        if sub == self.subject.as_str() {
            Ok(UserInfoResponse::Plain(object.into()))
        } else {
            Err(Misbehaviour::UserInfoSubject {
                expected: Excerpt::new(self.subject.as_str()),
                got: Excerpt::new(&sub),
            })
        }
    }

    /// Core 5.3.2: a JWT of the form that was agreed on. Who signed it, and what it says, is for its `verify`.
    fn read_token(self, body: &[u8]) -> Result<UserInfoResponse, InvalidUserInfo> {
        let raw = str::from_utf8(body).ok().filter(|raw| raw.is_ascii()).ok_or(InvalidUserInfo::NotText)?;
        // RFC 7516 9: five segments are encrypted, three are not.
        let is_encrypted = raw.bytes().filter(|byte| *byte == b'.').count() == 4;
        match (is_encrypted, self.encryption) {
            // V37: what we did not ask for is not even tried.
            (true, None) => return Err(InvalidUserInfo::Encrypted),
            (false, Some(_)) => return Err(InvalidUserInfo::NotEncrypted),
            _ => {}
        }
        if self.signature.is_none() {
            return Err(InvalidUserInfo::Signed);
        }
        Ok(UserInfoResponse::Signed(UnverifiedUserInfo::new(raw, self.subject)))
    }
}

impl Exchange for UserInfoRequest {
    type Output = UserInfoResponse;
    const ENDPOINT: Endpoint = Endpoint::UserInfo;
    const LIMITS: Limits = Limits::new(256 * 1024, &["application/json", JWT]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri(&self.userinfo_endpoint);
        if let Some(certificate) = self.certificate {
            request.extensions_mut().insert(certificate);
        }
        let headers = request.headers_mut();
        let accept = if self.signature.is_some() { JWT } else { "application/json" };
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        if self.in_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            *request.method_mut() = Method::POST;
            let mut form = form_urlencoded::Serializer::new(String::new());
            *request.body_mut() = Bytes::from(form.append_pair("access_token", self.access_token.expose()).finish());
        } else if let Ok(mut bearer) = HeaderValue::try_from(format!("Bearer {}", self.access_token.expose())) {
            bearer.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, bearer);
        }
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        check_is_ok(Endpoint::UserInfo, &response)?;
        let answer = match media_type(Endpoint::UserInfo, &Self::LIMITS, &response)? {
            JWT => self.read_token(response.body()).map_err(Misbehaviour::from)?,
            _ => self.read_plain(response.body())?,
        };
        Ok(Step::Done(answer))
    }
}

#[cfg(test)]
mod tests;
