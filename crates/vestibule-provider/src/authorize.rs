//! The authorization endpoint (Core 3.1.2): who is asking, who is there, and back with a code.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::form_urlencoded;
use vestibule_core::Subject;

use crate::{
    check_session::session_state,
    client::RegisteredClient,
    denial::{Denial, not_stored},
    hint::Hint,
    identifier::identifier,
    pages,
    parameters::Parameters,
    pkce::CodeChallenge,
    provider::DevelopmentProvider,
    session::{self, BrowserState, Session},
    state::{Grant, SignIn},
    user::User,
};

/// An authorization request that may be answered by a redirect: client and redirect URI are known and belong together.
struct AuthorizationRequest {
    client: Arc<RegisteredClient>,
    redirect_uri: String,
    parameters: Parameters,
}

/// What happens with a request that is in order.
enum Answer {
    Code { code: String, session: Session, cookie: Option<HeaderValue> },
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
    let request = match AuthorizationRequest::read(&provider, &text) {
        Ok(request) => request,
        // RFC 6749 4.1.2.1: never a redirect to where nobody vouches for.
        Err(message) => return pages::error(&provider, StatusCode::BAD_REQUEST, message),
    };
    match request.answer(&provider, &headers, is_form) {
        Ok(Answer::Code { code, session, cookie }) => {
            let state = session::browser_state(&provider, &headers, Some(&session));
            request.redirect(&provider, &[("code", &code)], cookie, state)
        }
        Ok(Answer::AskWho) => request.sign_in_page(&provider),
        Err(denial) => request.deny(&provider, &headers, &denial),
    }
}

impl AuthorizationRequest {
    fn read(provider: &DevelopmentProvider, text: &[u8]) -> Result<Self, &'static str> {
        let parameters = Parameters::parse(text).map_err(|_| "A parameter is there twice.")?;
        let client = parameters.get("client_id").and_then(|client_id| provider.registered(client_id));
        let client = client.ok_or("This client_id is not registered.")?;
        let redirect_uri = parameters.get("redirect_uri").filter(|uri| client.may_return_to(uri));
        let redirect_uri = redirect_uri.ok_or("This redirect_uri is not registered for the client.")?.to_owned();
        Ok(Self { client, redirect_uri, parameters })
    }

    fn answer(&self, provider: &DevelopmentProvider, headers: &HeaderMap, is_form: bool) -> Result<Answer, Denial> {
        provider.hooks().authorization_denial()?;
        let code_challenge = self.check()?;
        let code = |session, cookie| {
            let code = self.grant(provider, &session, code_challenge.clone());
            Answer::Code { code, session, cookie }
        };
        if is_form && self.parameters.has("cancel") {
            return Err(Denial::new("access_denied", "the sign-in was cancelled"));
        }
        if is_form && let Some(name) = self.parameters.get("user") {
            let (session, cookie) = session::begin(provider, headers, find_or_make(provider, name)?);
            return Ok(code(session, cookie));
        }
        match session::current(provider, headers).filter(|session| self.is_answered_by(provider, &session.sign_in)) {
            Some(session) if !self.wants_new_sign_in() => Ok(code(session, None)),
            _ if self.parameters.lists("prompt", "none") => {
                Err(Denial::new("login_required", "nobody is signed in at this browser"))
            }
            _ => Ok(Answer::AskWho),
        }
    }

    /// The rules for the parameters (Core 3.1.2.1, RFC 7636).
    fn check(&self) -> Result<Option<CodeChallenge>, Denial> {
        let parameters = &self.parameters;
        // Core 3.1.2.6: what cannot be done is said, not skipped.
        if parameters.has("request") {
            return Err(Denial::new("request_not_supported", "request objects are not supported"));
        }
        if parameters.has("request_uri") {
            return Err(Denial::new("request_uri_not_supported", "request_uri is not supported"));
        }
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(Denial::new("unsupported_response_type", "response_type must be code")),
            None => return Err(Denial::new("invalid_request", "response_type is missing")),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Denial::new("invalid_request", "response_mode must be query"));
        }
        if !parameters.lists("scope", "openid") {
            return Err(Denial::new("invalid_scope", "scope must contain openid"));
        }
        if parameters.lists("prompt", "none") && parameters.get("prompt") != Some("none") {
            return Err(Denial::new("invalid_request", "prompt none stands alone"));
        }
        if parameters.get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(Denial::new("invalid_request", "max_age must be a number of seconds"));
        }
        CodeChallenge::of_request(parameters, &self.client)
    }

    fn wants_new_sign_in(&self) -> bool {
        ["login", "select_account"].iter().any(|prompt| self.parameters.lists("prompt", prompt))
    }

    /// Core 3.1.2.1: fresh enough for `max_age`, and the person of `id_token_hint`.
    fn is_answered_by(&self, provider: &DevelopmentProvider, sign_in: &SignIn) -> bool {
        let max_age = self.parameters.get("max_age").and_then(|age| age.parse::<u32>().ok());
        let is_meant = |token| Hint::read(provider, token).is_some_and(|hint| hint.sub == sign_in.user.sub());
        max_age.is_none_or(|max_age| provider.now().seconds_since(sign_in.auth_time) <= i64::from(max_age))
            && self.parameters.get("id_token_hint").is_none_or(is_meant)
    }

    fn grant(
        &self,
        provider: &DevelopmentProvider,
        session: &Session,
        code_challenge: Option<CodeChallenge>,
    ) -> String {
        session::visited(provider, &session.sign_in.sid, self.client.client_id());
        let code = identifier();
        let grant = Grant {
            client_id: self.client.client_id().to_owned(),
            redirect_uri: self.redirect_uri.clone(),
            scope: self.parameters.get("scope").unwrap_or_default().to_owned(),
            nonce: self.parameters.get("nonce").map(str::to_owned),
            code_challenge,
            sign_in: session.sign_in.clone(),
            issued_at: provider.now(),
            is_used: false,
        };
        provider.state().grants.insert(code.clone(), grant);
        code
    }

    fn sign_in_page(&self, provider: &DevelopmentProvider) -> Response {
        let fields = self.parameters.without(&["user", "cancel"]);
        let login_hint = self.parameters.get("login_hint").unwrap_or_default();
        pages::sign_in(provider, pages::SignIn { client: self.client.label(), login_hint, fields })
    }

    fn deny(&self, provider: &DevelopmentProvider, headers: &HeaderMap, denial: &Denial) -> Response {
        let mut parameters = vec![("error", denial.error())];
        parameters.extend(denial.error_description().map(|description| ("error_description", description)));
        let session = session::current(provider, headers);
        self.redirect(provider, &parameters, None, session::browser_state(provider, headers, session.as_ref()))
    }

    /// Core 3.1.2.5; RFC 9700 4.12: 303, so that a form is not sent on.
    fn redirect(
        &self,
        provider: &DevelopmentProvider,
        parameters: &[(&str, &str)],
        session_cookie: Option<HeaderValue>,
        state: BrowserState,
    ) -> Response {
        // RFC 9207 2: on errors too.
        let iss = provider.hooks().response_issuer(provider.issuer());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        query.extend_pairs(self.parameters.get("state").map(|state| ("state", state)));
        query.extend_pairs(iss.map(|iss| ("iss", iss)));
        // Session Management 2: on errors too.
        let session_state = session_state(self.client.client_id(), &self.redirect_uri, &state.value);
        query.extend_pairs(session_state.map(|session_state| ("session_state", session_state)));
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let Ok(location) = HeaderValue::try_from(format!("{}{joint}{}", self.redirect_uri, query.finish())) else {
            return pages::error(provider, StatusCode::BAD_REQUEST, "This redirect_uri cannot be put into a header.");
        };
        let mut response = not_stored((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response());
        for cookie in [session_cookie, state.cookie].into_iter().flatten() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
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
