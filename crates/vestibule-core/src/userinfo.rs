//! The userinfo endpoint: more claims about the subject of the ID Token, and of nobody else (Core 5.3).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::{
    claims::{ClaimsSet, Subject},
    discovery::ProviderMetadata,
    error::{Excerpt, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_answer},
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
#[derive(Debug)]
pub struct UserInfoRequest {
    userinfo_endpoint: Url,
    in_body: bool,
    access_token: Secret<String>,
    subject: Subject,
}

impl UserInfoRequest {
    /// The question for the claims of `subject`, whom a verified ID Token named; `None` when the provider has no userinfo
    /// endpoint or `method` is [`UserInfoMethod::Off`].
    #[must_use]
    pub fn new(
        metadata: &ProviderMetadata,
        method: UserInfoMethod,
        access_token: Secret<String>,
        subject: Subject,
    ) -> Option<Self> {
        let userinfo_endpoint = metadata.userinfo_endpoint()?.clone();
        let in_body = match method {
            UserInfoMethod::Get => false,
            UserInfoMethod::Post => true,
            UserInfoMethod::Off => return None,
        };
        Some(Self { userinfo_endpoint, in_body, access_token, subject })
    }
}

impl Exchange for UserInfoRequest {
    type Output = ClaimsSet;
    const LIMITS: Limits = Limits::new(256 * 1024, &["application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.userinfo_endpoint.as_str().parse().expect("a parsed URL is a URI");
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
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
        let object = json_answer(Endpoint::UserInfo, &Self::LIMITS, &response)?;
        // Core 5.3.2: sub is always there; Core 5.3.4: unless it is exactly the ID Token's, nothing of this is used.
        let sub: String = json::required(&object, "sub").map_err(|fault| fault.at(Endpoint::UserInfo))?;
        if sub == self.subject.as_str() {
            Ok(Step::Done(object.into()))
        } else {
            Err(Misbehaviour::UserInfoSubject {
                expected: Excerpt::new(self.subject.as_str()),
                got: Excerpt::new(&sub),
            }
            .into())
        }
    }
}

#[cfg(test)]
mod tests;
