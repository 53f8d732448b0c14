//! Come back from the provider: the steps of a login, one line each.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use url::form_urlencoded;
use vestibule_core::{
    Accepted, AuthorizationResponse, ClaimsSet, IdToken, PendingLogin,
    authorization::{ExpectedResponse, State as PendingState},
    error::Unsolicited,
};

use crate::{
    door::Door,
    error::{LoginFailure, fail, see_other},
    login::{Manner, belongs_to, open_pending, state_context, unknown_provider},
    new_login::NewLogin,
    provider::{ConnectedProvider, ProviderError},
    return_address::ReturnAddress,
    session::{Evidence, HeldTokens, Session, SignedIn, browser, cookie::Purpose, visit::Visit},
    session_store::{Born, Moment},
    silent_renewal,
};

/// `GET /auth/callback/{provider}`. It never renders: the answer is 303, to where the person was going or to the error page.
pub(crate) async fn callback(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(name): Path<String>,
    request: Parts,
) -> Response {
    match door.provider(&name).filter(|provider| provider.own_redirect_path().is_none()) {
        Some(provider) => come_back(&visit, provider, &request).await,
        None => unknown_provider(&door),
    }
}

/// The callback of one provider, wherever its route is.
pub(crate) async fn come_back(visit: &Visit, provider: &Arc<ConnectedProvider>, request: &Parts) -> Response {
    // axum hands HEAD to a handler of GET; a link scanner's HEAD must not burn a login (R37).
    if request.method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response();
    }
    let door = visit.door();
    let query = request.uri.query().unwrap_or_default();
    let returned = Returned::read(door, provider, query);
    let (manner, return_to) = (returned.manner, returned.return_to.clone());
    let mut response = match (finish(visit, provider, returned, browser::family(&request.headers)).await, manner) {
        (Ok(landing), _) => see_other(landing.as_str()),
        (Err(failure), Manner::Asked) => land_or_fail(visit, provider, failure, return_to).await,
        (Err(failure), Manner::Silent) => {
            let return_to = return_to.unwrap_or_else(|| ReturnAddress::home(&door.base));
            silent_renewal::give_up(visit, failure, return_to).await
        }
    };
    end_attempts(visit, query, response.headers_mut()).await;
    response
}

/// The attempts of this browser that a response names are over, whatever came of it: burnt, and their cookies deleted. A
/// response that was rejected before it came to that leaves a code behind, which nobody shall use (V22, V32).
async fn end_attempts(visit: &Visit, query: &str, headers: &mut HeaderMap) {
    let states = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state");
    let named: Vec<_> = states.filter_map(|(_, value)| PendingState::parse(value).ok()).collect();
    let (door, cookies) = (visit.door(), visit.cookies());
    for (attempt, sealed) in
        cookies.logins().filter(|(attempt, _)| named.iter().any(|state| state.attempt() == *attempt))
    {
        if open_pending(door, attempt, sealed).is_some() {
            // Whoever came as far as the token request burnt it already.
            let _ = burn(door, attempt).await;
        }
        headers.append(header::SET_COOKIE, door.names.delete(Purpose::Login(attempt)));
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
    let (manner, return_to) = (returned.manner, returned.return_to.clone());
    let (response, pending) = returned.pending(visit, provider)?;
    let session_state = response.session_state().map(str::to_owned);
    // V22: before the token request.
    let moment = burn(door, &pending.attempt()).await?;
    let earlier = match manner {
        Manner::Asked => None,
        Manner::Silent => Some(silent_renewal::renewed(visit, provider).await?),
    };
    let at = provider.introduced().await?;
    let accepted = pending.accept(response, &ExpectedResponse::of(&at.metadata), door.now())?;
    // No login begins here with another response type.
    let Accepted::Code(code) = accepted else { return Err(Unsolicited::UnknownAttempt.into()) };
    let tokens = provider.redeem(&at, code).await?;
    let id_token = provider.verify(&at, tokens.id_token()).await?;
    if let Some(earlier) = &earlier {
        silent_renewal::check_person(earlier, id_token.subject())?;
    }
    visit.log_out_others(provider, id_token.subject()).await.map_err(ProviderError::from)?;
    let claims = provider.claims(&at, &id_token, &tokens).await?;
    let login = admit(door, provider, &id_token, claims).await?;
    let born = Born::new(id_token.issued_at(), moment);
    let evidence = Evidence { browser: browser.map(str::to_owned), session_state, ..Evidence::of(&id_token) };
    let tokens = door.tokens.hold(&id_token, &tokens, door.now());
    let signed_in = signed_in(provider, &id_token, login, evidence, tokens, born);
    let place = door.new_place();
    let mut session = Session::log_in(signed_in, place.key, &door.policy, door.now());
    if let Some(earlier) = &earlier {
        session.times = silent_renewal::carry_on(earlier, session.times);
    }
    if session.times.are_over(door.now()) {
        return Err(LoginFailure::OverAlready);
    }
    visit.log_in(&session, &place, earlier.as_deref()).await?;
    tracing::info!(target: "vestibule::login", provider = provider.name(), "signed in");
    Ok(return_to.unwrap_or_else(|| ReturnAddress::home(&door.base)))
}

/// The application's say.
async fn admit(
    door: &Door,
    provider: &ConnectedProvider,
    id_token: &IdToken,
    claims: ClaimsSet,
) -> Result<NewLogin, LoginFailure> {
    let login = NewLogin {
        provider: provider.name().to_owned(),
        issuer: provider.issuer().clone(),
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
    provider: &Arc<ConnectedProvider>,
    id_token: &IdToken,
    login: NewLogin,
    evidence: Evidence,
    tokens: HeldTokens,
    born: Born,
) -> SignedIn {
    SignedIn {
        provider: Arc::clone(provider),
        subject: id_token.subject().clone(),
        claims: login.claims,
        evidence,
        tokens,
        born,
        sid: id_token.sid().map(str::to_owned),
        session_expiry: id_token.session_expiry(),
    }
}

/// A failed login ends on the error page; but a callback that is merely late, used or unknown lands a person who is signed in
/// on the page that it was for.
async fn land_or_fail(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    failure: LoginFailure,
    return_to: Option<ReturnAddress>,
) -> Response {
    if failure.is_unsolicited() && matches!(visit.session().await, Ok(Some(_))) {
        let landing = return_to.unwrap_or_else(|| ReturnAddress::home(&visit.door().base));
        return see_other(landing.as_str());
    }
    fail(visit, failure, Some(provider), return_to)
}

/// What came back, before any of it is believed.
struct Returned {
    response: Result<AuthorizationResponse, vestibule_core::ProtocolError>,
    return_to: Option<ReturnAddress>,
    manner: Manner,
}

impl Returned {
    fn read(door: &Door, provider: &ConnectedProvider, query: &str) -> Self {
        let response = AuthorizationResponse::from_query(query);
        let carried = response.as_ref().ok().and_then(|response| {
            let state = response.state();
            let context = state_context(door, provider, state.attempt());
            let carried = door.seals.return_address.open(&context, state.carried().as_bytes())?;
            String::from_utf8(carried).ok()
        });
        let (manner, return_to) = carried.as_deref().map_or((Manner::Asked, None), |carried| {
            let (manner, return_to) = Manner::of(carried);
            (manner, ReturnAddress::parse(&door.base, return_to))
        });
        Self { response, return_to, manner }
    }

    /// The pending login of this browser that the response names, begun with this provider (V17, V20).
    fn pending(
        self,
        visit: &Visit,
        provider: &ConnectedProvider,
    ) -> Result<(AuthorizationResponse, PendingLogin), LoginFailure> {
        let response = self.response?;
        // R13: a state that was changed is not ours, though its attempt may be.
        if self.return_to.is_none() {
            return Err(Unsolicited::ForeignState.into());
        }
        let cookies = visit.cookies();
        let attempt = response.state().attempt();
        let sealed = cookies.login(attempt).filter(|_| !cookies.are_hostile()).ok_or(Unsolicited::UnknownAttempt)?;
        let (pending, belongs) = open_pending(visit.door(), attempt, sealed).ok_or(Unsolicited::UnknownAttempt)?;
        if belongs != belongs_to(provider) {
            return Err(Unsolicited::UnknownAttempt.into());
        }
        Ok((response, pending))
    }
}
