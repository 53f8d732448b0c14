//! The authorization endpoint (Core 3): who is asking, who is there, and back with what was asked for.

mod claims_request;
mod request;
mod request_object;
mod response;
mod response_type;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::form_urlencoded;
use vestibule_core::Subject;

pub(crate) use request_object::RequestSettings;
pub(crate) use response::Pieces;

use self::request::{AuthorizationRequest, Checked};
use crate::{
    denial::Denial,
    hint::Hint,
    identifier::identifier,
    pages,
    provider::DevelopmentProvider,
    session::{self, Session},
    state::{Grant, SignIn},
    user::User,
};

/// What happens with a request that is in order.
enum Answer {
    Granted { pieces: Pieces, session: Session, cookie: Option<HeaderValue> },
    AskWho,
}

pub(crate) async fn authorize(
    State(provider): State<DevelopmentProvider>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Core 3.1.2.1: both methods are there, with the parameters in the query or in the body.
    let is_form = method == Method::POST;
    let text = if is_form { body } else { Bytes::from(query.unwrap_or_default()) };
    let request = match AuthorizationRequest::read(&provider, &text).await {
        Ok(request) => request,
        // RFC 6749 4.1.2.1: never a redirect to where nobody vouches for.
        Err(message) => return pages::error(&provider, StatusCode::BAD_REQUEST, message),
    };
    match request.answer(&provider, &headers, is_form).await {
        Ok(Answer::Granted { pieces, session, cookie }) => {
            let state = session::browser_state(&provider, &headers, Some(&session));
            request.respond(&provider, pieces, cookie, state)
        }
        Ok(Answer::AskWho) => request.sign_in_page(&provider),
        Err(denial) => request.deny(&provider, &headers, &denial),
    }
}

impl AuthorizationRequest {
    async fn answer(
        &self,
        provider: &DevelopmentProvider,
        headers: &HeaderMap,
        is_form: bool,
    ) -> Result<Answer, Denial> {
        provider.hooks().authorization_denial()?;
        let checked = self.check(provider)?;
        if is_form && self.parameters.has("cancel") {
            return Err(Denial::new("access_denied", "the sign-in was cancelled"));
        }
        if is_form && let Some(name) = self.parameters.get("user") {
            return self.sign_in(provider, headers, &checked, name).await;
        }
        let current = session::current(provider, headers);
        match current.filter(|session| self.is_answered_by(provider, &checked, &session.sign_in)) {
            Some(session) if !self.wants_new_sign_in() => self.granted(provider, &checked, session, None).await,
            _ if self.parameters.lists("prompt", "none") => {
                Err(Denial::new("login_required", "nobody is signed in at this browser"))
            }
            _ => match session::whoever_comes(provider) {
                Some(name) => self.sign_in(provider, headers, &checked, &name).await,
                None => Ok(Answer::AskWho),
            },
        }
    }

    async fn sign_in(
        &self,
        provider: &DevelopmentProvider,
        headers: &HeaderMap,
        checked: &Checked,
        name: &str,
    ) -> Result<Answer, Denial> {
        let user = find_or_make(provider, name)?;
        let acr = checked.claims.acr_of(&user)?;
        checked.claims.check_subject(&user)?;
        let (session, cookie) = session::begin(provider, headers, user, acr);
        self.granted(provider, checked, session, cookie).await
    }

    async fn granted(
        &self,
        provider: &DevelopmentProvider,
        checked: &Checked,
        session: Session,
        cookie: Option<HeaderValue>,
    ) -> Result<Answer, Denial> {
        session::visited(provider, &session.sign_in.sid, self.client.client_id());
        let code = self.grant(provider, checked, &session);
        let pieces = self.pieces(provider, checked, &session.sign_in, code).await?;
        Ok(Answer::Granted { pieces, session, cookie })
    }

    fn wants_new_sign_in(&self) -> bool {
        ["login", "select_account"].iter().any(|prompt| self.parameters.lists("prompt", prompt))
    }

    /// Core 3.1.2.1: fresh enough for `max_age`, or for what is registered in its place, as sure as is asked for, and the person of `id_token_hint` and of `claims`.
    fn is_answered_by(&self, provider: &DevelopmentProvider, checked: &Checked, sign_in: &SignIn) -> bool {
        let max_age = self.parameters.get("max_age").and_then(|age| age.parse::<u32>().ok());
        let max_age = max_age.or(self.client.max_age());
        let is_meant = |token| Hint::read(provider, token).is_some_and(|hint| hint.sub == sign_in.user.sub());
        let is_silent = self.parameters.lists("prompt", "none");
        let age = provider.now().seconds_since(sign_in.auth_time);
        // Core 3.1.2.1: 0 asks for a new sign-in, however fresh the earlier one is.
        max_age.is_none_or(|max_age| max_age > 0 && age <= i64::from(max_age))
            && self.parameters.get("id_token_hint").is_none_or(is_meant)
            && checked.claims.check_subject(&sign_in.user).is_ok()
            && checked.claims.are_answered_by(sign_in, is_silent)
    }

    /// Remembers what a code stands for. Where no code comes back, nobody learns of it, and it names the access token's origin.
    fn grant(&self, provider: &DevelopmentProvider, checked: &Checked, session: &Session) -> String {
        let code = identifier();
        if checked.response_type.has_code {
            let grant = Grant {
                client_id: self.client.client_id().to_owned(),
                redirect_uri: self.redirect_uri.clone(),
                scope: self.scope().to_owned(),
                nonce: self.parameters.get("nonce").map(str::to_owned),
                code_challenge: checked.code_challenge.clone(),
                sign_in: session.sign_in.clone(),
                asked: checked.asked.clone(),
                has_front_id_token: checked.response_type.has_id_token,
                issued_at: provider.now(),
                is_used: false,
            };
            provider.state().grants.insert(code.clone(), grant);
        }
        code
    }

    fn sign_in_page(&self, provider: &DevelopmentProvider) -> Response {
        // What a request object said is among the parameters by now: it is not read twice.
        let fields = self.parameters.without(&["user", "cancel", "request", "request_uri"]);
        let login_hint = self.parameters.get("login_hint").unwrap_or_default();
        pages::sign_in(provider, pages::SignIn { client: self.client.label(), login_hint, fields })
    }
}

/// One of the users, or somebody whom nobody has heard of, which a development provider takes in.
fn find_or_make(provider: &DevelopmentProvider, name: &str) -> Result<Arc<User>, Denial> {
    if let Some(user) = provider.state().users.iter().find(|user| user.name() == name) {
        return Ok(Arc::clone(user));
    }
    // Core 2: a subject is at most 255 ASCII characters.
    let subject: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let subject = Subject::parse(name).or_else(|| Subject::parse(subject));
    let subject = subject.ok_or(Denial::new("access_denied", "this name is too long"))?;
    let user = User::new(name).subject(subject.as_str());
    Ok(Arc::new(user.claim("name", name).claim("preferred_username", name)))
}
