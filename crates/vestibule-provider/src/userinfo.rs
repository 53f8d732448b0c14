//! The userinfo endpoint: the claims that an access token opens (Core 5.3).

mod form;
mod sources;

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method};

use crate::{
    bearer,
    client_auth::PresentedCertificate,
    denial::{Denial, not_stored},
    parameters::Parameters,
    provider::DevelopmentProvider,
};

pub(crate) use form::Form;
pub(crate) use sources::{Sources, claims};

/// How the userinfo endpoint answers.
#[derive(Default)]
pub(crate) struct UserInfoSettings {
    bearer: BearerPlace,
    pub(crate) sources: Sources,
}

/// Where the access token must be.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum BearerPlace {
    /// In either place, and not in both (RFC 6750 2).
    #[default]
    Either,
    Header,
    Body,
}

impl DevelopmentProvider {
    /// Takes access tokens at the userinfo endpoint from the `Authorization` header alone (RFC 6750 2.1).
    pub fn takes_bearer_in_header_only(self) -> Self {
        self.state().userinfo.bearer = BearerPlace::Header;
        self
    }

    /// Takes access tokens at the userinfo endpoint from the form body alone (RFC 6750 2.2).
    pub fn takes_bearer_in_body_only(self) -> Self {
        self.state().userinfo.bearer = BearerPlace::Body;
        self
    }
}

pub(crate) async fn userinfo(
    State(provider): State<DevelopmentProvider>,
    certificate: Option<Extension<PresentedCertificate>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(answer) = provider.hooks().userinfo_answer() {
        return answer;
    }
    let form = if method == Method::POST { body } else { Bytes::new() };
    let certificate = certificate.map(|Extension(certificate)| certificate);
    not_stored(answer(&provider, &headers, certificate.as_ref(), &form).await.unwrap_or_else(Denial::into_response))
}

async fn answer(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    certificate: Option<&PresentedCertificate>,
    form: &[u8],
) -> Result<Response, Denial> {
    let shown = shown(provider, headers, form)?;
    let token = provider.state().access_tokens.get(&shown).cloned().ok_or_else(refused)?;
    if token.expires_at <= provider.now() {
        return Err(refused());
    }
    // RFC 8705 3
    if token.certificate.is_some() && token.certificate.as_ref() != certificate {
        return Err(refused());
    }
    let mut claims = token.user.released(&token.scope);
    sources::add(provider, &token, &mut claims);
    provider.hooks().userinfo_claims(&mut claims);
    form::answer(provider, &token.client_id, claims).await
}

/// RFC 6750 2.1 and 2.2: in the header or in the body, and not in both. In the query never.
fn shown(provider: &DevelopmentProvider, headers: &HeaderMap, form: &[u8]) -> Result<String, Denial> {
    let place = provider.state().userinfo.bearer;
    let parameters =
        Parameters::parse(form).map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))?;
    match (bearer::in_header(headers), parameters.get("access_token")) {
        (Some(_), Some(_)) => Err(Denial::new("invalid_request", "two access tokens")),
        (Some(_), None) if place == BearerPlace::Body => {
            Err(Denial::new("invalid_request", "the access token must be in the body"))
        }
        (None, Some(_)) if place == BearerPlace::Header => {
            Err(Denial::new("invalid_request", "the access token must be in the header"))
        }
        (Some(token), None) | (None, Some(token)) => Ok(token.to_owned()),
        (None, None) => Err(Denial::new("invalid_token", "no access token").unauthorized("Bearer")),
    }
}

fn refused() -> Denial {
    Denial::new("invalid_token", "no such access token, or it has expired, or it is bound to another certificate")
        .unauthorized("Bearer error=\"invalid_token\"")
}
