//! A login that somebody else begins: the provider, or a page of links to applications (Core 4). Off unless the settings say so.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use url::form_urlencoded;
use vestibule_core::Issuer;

use crate::{
    decision::{self, Login, Reference},
    door::Door,
    error::{fail, see_other},
    form::{self, NoForm},
    login::{depart, may_be_a_window, unknown_provider},
    pages::{self, Action, ErrorPage},
    paths::OwnPlace,
    provider::{ConnectedProvider, Empty},
    return_address::ReturnAddress,
    session::visit::Visit,
    wish::Wish,
};

/// The longest `login_hint` that is passed on, in bytes.
const MOST_HINT_BYTES: usize = 512;

/// What a request to begin a login says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Initiation {
    iss: Option<String>,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
}

/// Why no login begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// Something else than a browser's window asked.
    NotAPage,
    Method,
    NoForm(NoForm),
    Duplicate,
    NoIssuer,
    OtherIssuer,
    HintTooLong,
    TooMany(Empty),
}

/// `GET` or `POST /auth/initiate_login/{provider}` with `iss`, and perhaps `login_hint` and `target_link_uri`.
pub(crate) async fn initiate_login(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let Some(provider) = door.provider(&name).filter(|provider| provider.lets_others_initiate_login()) else {
        return unknown_provider(&visit);
    };
    match begin(&door, &visit, provider, request).await {
        Ok(response) => response,
        Err(refusal) => {
            let reason = refusal.reason();
            let reference = decision::record(&visit, Login::NotBegunForOthers { provider, reason });
            refusal.response(&door, reference)
        }
    }
}

async fn begin(
    door: &Door,
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    // A frame, an image or a script of another site shall not begin logins unseen.
    if !may_be_a_window(request.headers()) {
        return Err(Refusal::NotAPage);
    }
    let headers = request.headers().clone();
    if request.method() == Method::POST {
        let said = Initiation::read(&form::read(request).await.map_err(Refusal::NoForm)?)?;
        // With a POST from another site none of our cookies come along; with the GET that follows they do.
        let here = door.paths.public_own(OwnPlace::InitiateLogin, provider.name());
        return Ok(see_other(&format!("{here}?{}", said.query())));
    }
    if request.method() != Method::GET {
        return Err(Refusal::Method);
    }
    let said = Initiation::read(request.uri().query().unwrap_or_default().as_bytes())?;
    // V25: whoever floods this makes browsers fetch redirects, and the provider show pages.
    provider.may_initiate_login().map_err(Refusal::TooMany)?;
    let issuer = match provider.known_issuer().await {
        Ok(issuer) => issuer,
        Err(error) => return Ok(fail(visit, error, Some(provider), None)),
    };
    let (return_to, login_hint) = said.accept(door, provider, &issuer)?;
    Ok(depart(visit, provider, return_to, Wish::with_login_hint(login_hint), &headers).await)
}

impl Initiation {
    /// V23: each parameter once. Unknown ones are ignored, as Core 4 says.
    fn read(form: &[u8]) -> Result<Self, Refusal> {
        let mut said = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            let slot = match name.as_ref() {
                "iss" => &mut said.iss,
                "login_hint" => &mut said.login_hint,
                "target_link_uri" => &mut said.target_link_uri,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Refusal::Duplicate);
            }
        }
        Ok(said)
    }

    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("iss", &self.iss), ("login_hint", &self.login_hint), ("target_link_uri", &self.target_link_uri)]
        {
            query.extend_pairs(value.as_ref().map(|value| (name, value)));
        }
        query.finish()
    }

    /// Where the login leads, and for whom it is meant to be.
    fn accept(
        self,
        door: &Door,
        provider: &ConnectedProvider,
        issuer: &Issuer,
    ) -> Result<(ReturnAddress, Option<String>), Refusal> {
        // R140: REQUIRED, and one that the settings name: this path belongs to one provider, whose issuer it is.
        let iss = self.iss.ok_or(Refusal::NoIssuer)?;
        if iss != issuer.as_str() && provider.issuer_named(&iss).is_none() {
            return Err(Refusal::OtherIssuer);
        }
        if self.login_hint.as_ref().is_some_and(|hint| hint.len() > MOST_HINT_BYTES) {
            return Err(Refusal::HintTooLong);
        }
        // V2: "to prevent being used as an open redirector"; what is not a page of ours is the front page.
        let target = self.target_link_uri.and_then(|target| ReturnAddress::of_target(&door.base, &target));
        let target = target.filter(|target| !door.paths.is_ours(target.as_str()));
        let return_to = target.unwrap_or_else(|| ReturnAddress::home(&door.base));
        Ok((return_to, self.login_hint.filter(|hint| !hint.is_empty())))
    }
}

impl Refusal {
    const fn reason(self) -> &'static str {
        match self {
            Self::NotAPage => "it was not asked for by a window of a browser (V25)",
            Self::Method => "neither GET nor POST (Core 4)",
            Self::NoForm(NoForm::MediaType) => "the body is not application/x-www-form-urlencoded",
            Self::NoForm(NoForm::TooLong) => "the body is too long",
            Self::Duplicate => "a parameter is there more than once",
            Self::NoIssuer => "there is no iss (Core 4)",
            Self::OtherIssuer => "iss is not the issuer of this provider (Core 4)",
            Self::HintTooLong => "login_hint is too long",
            Self::TooMany(_) => "too many at once",
        }
    }

    fn response(self, door: &Door, reference: Reference) -> Response {
        let status = match self {
            Self::NotAPage => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoForm(no_form) => no_form.status(),
            Self::Duplicate | Self::NoIssuer | Self::OtherIssuer | Self::HintTooLong => StatusCode::BAD_REQUEST,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        let home = ReturnAddress::home(&door.base);
        let page = pages::error_page(&ErrorPage {
            title: "This sign-in cannot begin here",
            message: "Another site sent you here to sign in, in a way that this site does not accept.",
            reference: Some(reference.as_str()),
            action: Some(Action { label: "To the start page", href: home.as_str() }),
        });
        let mut response = pages::html(status, page, &[]).into_response();
        match self {
            Self::Method => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            }
            Self::TooMany(empty) => {
                let seconds = empty.again_in.as_secs().saturating_add(1);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V23, Core 4: unknown parameters are ignored, and what is there twice is refused.
    #[test]
    fn each_parameter_is_there_once_or_the_request_is_refused() {
        let read = |form: &str| Initiation::read(form.as_bytes());
        let said = Initiation { iss: Some("https://op.example".to_owned()), ..Initiation::default() };
        assert_eq!(read("iss=https%3A%2F%2Fop.example&foo=1&foo=2"), Ok(said));
        for twice in ["iss=a&iss=a", "login_hint=a&login_hint=b", "target_link_uri=a&iss=b&target_link_uri=a"] {
            assert_eq!(read(twice), Err(Refusal::Duplicate), "{twice}");
        }
    }

    #[test]
    fn a_query_says_what_the_form_said() {
        let form = "iss=https%3A%2F%2Fop.example&login_hint=a%26b&target_link_uri=https%3A%2F%2Fa.example%2F%3Fb%3Dc";
        let said = Initiation::read(form.as_bytes()).expect("a form");
        assert_eq!(said.query(), form);
    }
}
