//! Come back from the provider: the steps of a login, one line each.

mod arrived;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Request, header};
use url::form_urlencoded;
use vestibule_core::{
    AuthorizationResponse, ClaimsSet, IdToken, Issuer, PendingLogin, ProtocolError, ResponseMode, Subject,
    authorization::{ExpectedResponse, State as PendingState},
    error::Unsolicited,
};

use self::arrived::{Arrived, NotArrived};

use crate::{
    attempt::{Attempt, Earlier},
    carried::Carried,
    claim_sources::gathered,
    decision::{self, Login},
    door::Door,
    error::{Failed, LoginFailure, see_other},
    login::unknown_provider,
    new_login::NewLogin,
    provider::{ConnectedProvider, Proved, ProviderError},
    return_address::ReturnAddress,
    session::{Evidence, Session, SignedIn, browser, cookie::MOST_CHUNKS, visit::Visit},
    session_store::{Born, Moment},
    silent_renewal,
    start_over::{Bringer, land_or_start_over},
    trips::Trips,
    wish::Manner,
};

/// `/auth/callback/{provider}`. It renders nothing of what it got: the answer is 303, to where the person was going or to the error
/// page. The one page of its own is the one that hands over a fragment, before anything has come.
pub(crate) async fn callback(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    match door.provider(&name).filter(|provider| provider.own_redirect_path().is_none()) {
        Some(provider) => come_back(&visit, provider, request).await,
        None => unknown_provider(&visit),
    }
}

/// The callback of one provider, wherever its route is.
pub(crate) async fn come_back(visit: &Visit, provider: &Arc<ConnectedProvider>, request: Request<Body>) -> Response {
    let door = visit.door();
    let browser = browser::family(request.headers());
    let bringer = Bringer::of(visit, request.method(), request.headers());
    let arrived = match Arrived::read(visit, provider, request).await {
        Ok(arrived) => arrived,
        Err(NotArrived::Answered(answer)) => return *answer,
        Err(NotArrived::NoForm(no_form)) => {
            let failure = LoginFailure::NoForm(no_form);
            return land_or_start_over(visit, provider, failure, None, &bringer).await;
        }
    };
    let returned = Returned::read(door, provider, &arrived);
    returned.response.iter().for_each(|response| visit.trace().follow(response.state().attempt()));
    let (manner, carried) = (returned.manner(), returned.carried.clone());
    let return_to = carried.as_ref().and_then(|carried| carried.return_to.clone());
    let mut response = match (finish(visit, provider, returned, browser).await, manner) {
        (Ok(landing), _) => signed_in_at(visit, manner, carried.as_ref(), &landing),
        (Err(failure), Manner::Asked | Manner::Wished | Manner::StartedOver | Manner::StartedOverAgain) => {
            land_or_start_over(visit, provider, failure, carried.as_ref(), &bringer).await
        }
        // Where they land they would be sent away again, and again, as long as whatever it is lasts.
        (Err(failure), Manner::SteppingUp) => Failed::new(failure, return_to).for_good().answer(visit, Some(provider)),
        (Err(failure), Manner::Silent) => {
            let return_to = return_to.unwrap_or_else(|| ReturnAddress::home(&door.base));
            silent_renewal::give_up(visit, failure, return_to).await
        }
    };
    end_attempts(visit, arrived.parameters(), response.headers_mut()).await;
    response
}

/// The answer to a login that succeeded. What it set is remembered for a minute, should the next page know nothing of it.
fn signed_in_at(visit: &Visit, manner: Manner, carried: Option<&Carried>, landing: &ReturnAddress) -> Response {
    let (door, mut response) = (visit.door(), see_other(landing.as_str()));
    let Some(begun) = visit.begun() else { return response };
    // Beside a large session there is room for fewer logins; those that go land by it.
    let cookies = visit.cookies();
    let bytes = begun.bytes.saturating_add(door.names.weight_of_the_rest(&cookies));
    for heavy in Attempt::too_heavy_beside(door, &cookies, bytes) {
        response.headers_mut().append(header::SET_COOKIE, door.names.delete(heavy));
    }
    let trips = match manner {
        Manner::Silent => return response,
        Manner::Asked | Manner::Wished | Manner::SteppingUp => 1,
        Manner::StartedOver => 2,
        Manner::StartedOverAgain => 3,
    };
    // What did not come along with a form of another site is not forgotten by it.
    Trips::of(visit, carried).and_success(begun, trips, door.now()).set(door, response)
}

/// The attempts of this browser that a response names are over, whatever came of it: burnt, and their cookies deleted. A
/// response that was rejected before it came to that leaves a code behind, which nobody shall use (V22, V32). A cookie that does not
/// open is no login, and goes too.
async fn end_attempts(visit: &Visit, parameters: &[u8], headers: &mut HeaderMap) {
    let states = form_urlencoded::parse(parameters).filter(|(name, _)| name == "state");
    let named: Vec<_> = states.filter_map(|(_, value)| PendingState::parse(value).ok()).collect();
    let (door, cookies) = (visit.door(), visit.cookies());
    for cookie in cookies.logins() {
        let attempt = Attempt::open(door, cookie).map(|attempt| attempt.pending.attempt());
        if let Some(attempt) = &attempt {
            if !named.iter().any(|state| state.attempt() == attempt) {
                continue;
            }
            // Whoever came as far as the token request burnt it already.
            let _ = burn(door, attempt).await;
        }
        // A login that was just begun may have its place already.
        if !door.names.is_set(headers, cookie.purpose) {
            headers.append(header::SET_COOKIE, door.names.delete(cookie.purpose));
        }
    }
}

/// Burns an attempt, so that a second callback makes no token request (V22). The moment orders the login among the logouts.
async fn burn(door: &Door, attempt: &str) -> Result<Moment, LoginFailure> {
    let now = door.now();
    let moment = door.store().burn_attempt(door.keys.attempt(attempt), now.plus(PendingLogin::LIFETIME), now).await;
    Ok(moment.map_err(ProviderError::from)?.ok_or(Unsolicited::Used)?)
}

/// The steps of a login.
async fn finish(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    returned: Returned,
    browser: Option<&str>,
) -> Result<ReturnAddress, LoginFailure> {
    let door = visit.door();
    let (manner, carried) = (returned.manner(), returned.carried.clone());
    let return_to = carried.as_ref().and_then(|carried| carried.return_to.clone());
    // V20: a login that another process began is finished with the issuer that it was begun with.
    provider.known_issuer().await?;
    let (response, attempt) = returned.attempt(visit, provider)?;
    let session_state = response.session_state().map(str::to_owned);
    // V22: before the token request.
    let moment = burn(door, &attempt.pending.attempt()).await?;
    let renewed = match manner {
        Manner::Silent => Some(silent_renewal::renewed(visit, provider).await?),
        _ => None,
    };
    let at = provider.introduced_as(|client_id| attempt.is_by_client(client_id)).await?;
    let begun_at = attempt.pending.begun_at();
    let is_posted = attempt.pending.response_mode() == ResponseMode::FormPost;
    let accepted = attempt.pending.accept(response, &ExpectedResponse::of(&at.metadata), door.now())?;
    let proved = provider.prove(&at, accepted).await?;
    let issuer = provider.issuer_of(&proved.id_token);
    if let Some(renewed) = &renewed {
        silent_renewal::check_person(renewed, &issuer, proved.id_token.subject())?;
    }
    log_out_others(visit, &issuer, proved.id_token.subject(), attempt.earlier.as_ref()).await?;
    let claims = gathered(door, provider, &at, provider.claims(&at, &proved).await?).await;
    let login = admit(door, provider, &issuer, &proved.id_token, claims).await?;
    let evidence = Evidence {
        browser: browser.map(str::to_owned),
        session_state,
        demand: attempt.demand,
        ..Evidence::of(&proved.id_token)
    };
    let place = door.new_place();
    let signed_in = signed_in(door, provider, &proved, issuer, login, evidence, moment);
    let mut session = Session::log_in(signed_in, place.key, &door.policy, door.now());
    if let Some(renewed) = &renewed {
        session.times = silent_renewal::carry_on(renewed, session.times);
    }
    if session.times.are_over(door.now()) {
        return Err(LoginFailure::OverAlready);
    }
    if let Some(other) = goes_on_beside(visit, carried.as_ref(), &session).await {
        decision::record(visit, Login::SignedInBeside(&other));
        return Ok(return_to.unwrap_or_else(|| ReturnAddress::home(&door.base)));
    }
    // Which cookies the earlier session has is unknown where they did not come along.
    let places = if is_posted { MOST_CHUNKS } else { visit.cookies().session_places() };
    visit.log_in(&session, &place, places, renewed.as_deref()).await?;
    if let Some(earlier) = &attempt.earlier {
        earlier.end(door).await.map_err(ProviderError::from)?;
    }
    decision::record(visit, Login::SignedIn { session: &session, begun_at });
    Ok(return_to.unwrap_or_else(|| ReturnAddress::home(&door.base)))
}

/// Whether the browser goes on with the session that another tab began while this login was under way, of the very same sign-in at the
/// provider. That it is the same is proved by what the provider calls it or when it says that it was, and not by its saying neither (V56).
/// Were each tab to put its own in the place of the last, requests that are under way would come with one that is over.
async fn goes_on_beside(visit: &Visit, carried: Option<&Carried>, own: &Session) -> Option<Arc<Session>> {
    let Ok(Some(other)) = visit.session().await else { return None };
    let (own_evidence, other_evidence) = (own.evidence(), other.evidence());
    let goes_on = own_evidence.demand.is_nothing()
        && (own.sid.is_some() || own_evidence.auth_time.is_some())
        && carried.is_some_and(|carried| carried.is_beside(&other))
        && other.provider.name() == own.provider.name()
        && (&other.issuer, &other.subject, &other.sid) == (&own.issuer, &own.subject, &own.sid)
        && (own_evidence.auth_time, own_evidence.acr) == (other_evidence.auth_time, other_evidence.acr);
    goes_on.then_some(other)
}

/// Whoever was signed in at this browser as somebody else is so no more, whatever comes of this login (V65): by the session's
/// cookie, or by what the attempt remembers where the cookie did not come along (V28).
async fn log_out_others(
    visit: &Visit,
    issuer: &Issuer,
    subject: &Subject,
    earlier: Option<&Earlier>,
) -> Result<(), ProviderError> {
    let door = visit.door();
    let somebody_else = earlier.filter(|earlier| !earlier.is_of(door.keys.subject(issuer, subject)));
    if let Some(earlier) = somebody_else {
        visit.forget_session_in(MOST_CHUNKS);
        earlier.end(door).await?;
    }
    Ok(visit.log_out_others(issuer, subject).await?)
}

/// The application's say.
async fn admit(
    door: &Door,
    provider: &ConnectedProvider,
    issuer: &Issuer,
    id_token: &IdToken,
    claims: ClaimsSet,
) -> Result<NewLogin, LoginFailure> {
    let login = NewLogin {
        provider: provider.name().to_owned(),
        issuer: issuer.clone(),
        subject: id_token.subject().clone(),
        claims: about_the_person(claims),
    };
    match &door.on_login {
        Some(on_login) => on_login.decide(login).await.map_err(LoginFailure::Refused),
        None => Ok(login),
    }
}

/// The claims that speak of the person, without those that speak of the token (Core 2, RFC 7519 4.1).
fn about_the_person(mut claims: ClaimsSet) -> ClaimsSet {
    for of_the_token in ["aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash"] {
        claims.remove(of_the_token);
    }
    claims
}

fn signed_in(
    door: &Door,
    provider: &Arc<ConnectedProvider>,
    proved: &Proved,
    issuer: Arc<Issuer>,
    login: NewLogin,
    evidence: Evidence,
    moment: Moment,
) -> SignedIn {
    let id_token = &proved.id_token;
    SignedIn {
        provider: Arc::clone(provider),
        issuer,
        subject: id_token.subject().clone(),
        claims: login.claims,
        evidence,
        tokens: door.tokens.hold(proved, door.now()),
        born: Born::new(id_token.issued_at(), moment),
        sid: id_token.sid().map(str::to_owned),
        session_expiry: id_token.session_expiry(),
    }
}

/// What came back, before any of it is believed.
struct Returned {
    response: Result<AuthorizationResponse, ProtocolError>,
    /// What we sealed into its state.
    carried: Option<Carried>,
}

impl Returned {
    fn read(door: &Door, provider: &ConnectedProvider, arrived: &Arrived) -> Self {
        let response = arrived.response();
        let state = response.as_ref().ok().map(AuthorizationResponse::state);
        let carried = state.and_then(|state| Carried::open(door, provider, state));
        Self { response, carried }
    }

    fn manner(&self) -> Manner {
        self.carried.as_ref().map_or(Manner::Asked, |carried| carried.manner)
    }

    /// The login of this browser that the response names, begun with this provider (V17, V20).
    fn attempt(
        self,
        visit: &Visit,
        provider: &ConnectedProvider,
    ) -> Result<(AuthorizationResponse, Attempt), LoginFailure> {
        let response = self.response?;
        // R13: a state that was changed is not ours, though its attempt may be.
        if self.carried.is_none_or(|carried| carried.return_to.is_none()) {
            return Err(Unsolicited::ForeignState.into());
        }
        let (door, cookies, name) = (visit.door(), visit.cookies(), response.state().attempt());
        let mut attempts = cookies.logins().filter_map(|cookie| Attempt::open(door, cookie));
        let attempt = attempts.find(|attempt| attempt.pending.attempt() == name).filter(|_| !cookies.are_hostile());
        let attempt = attempt.ok_or(Unsolicited::UnknownAttempt)?;
        if !attempt.belongs_to(provider) {
            return Err(Unsolicited::UnknownAttempt.into());
        }
        Ok((response, attempt))
    }
}
