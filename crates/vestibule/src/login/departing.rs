//! How somebody leaves for the provider: whether they may once more, and with what login under way.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, header};
use vestibule_core::{PendingLogin, ResponseMode};

use super::login_link;
use crate::{
    attempt::{Attempt, GivesWay},
    carried::Carried,
    clock,
    decision::{self, Login},
    door::Door,
    error::{Failed, LoginFailure, fail, see_other},
    pages,
    provider::{ConnectedProvider, ProviderError},
    request_objects::authorization_url,
    return_address::ReturnAddress,
    session::visit::{StoreFailed, Visit},
    step_up::Demand,
    store::StoreError,
    trips::{self, Departure, Trips},
    wish::{Manner, Wish},
};

/// Sends the browser to the provider, with a login of its own pending; but not whom the last ones brought nowhere (V97).
pub(crate) async fn depart(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    return_to: ReturnAddress,
    wish: Wish,
    headers: &HeaderMap,
) -> Response {
    let door = visit.door();
    let counted = match counted(visit, Some(provider), return_to.clone(), headers).await {
        Ok(counted) => counted,
        Err(told) => return *told,
    };
    let elsewhere = door.base.other_authority(visit.uri(), headers);
    let failed = counted.0.as_ref().map_or_else(|| Trips::of(visit, None).failed(), Trips::failed);
    match begin(visit, provider, &return_to, wish, Leaving { elsewhere, failed }).await {
        Ok(response) => counted.remember(door, response),
        Err(error) => fail(visit, error, Some(provider), Some(return_to)),
    }
}

/// Leads the browser to where it leaves for the provider, by a page that takes the fragment of its address along. The trips are counted
/// here: where the page leads, another machine may know who this is.
pub(super) async fn lead_by_a_page(
    visit: &Visit,
    provider: Option<&Arc<ConnectedProvider>>,
    demand: &Demand,
    return_to: ReturnAddress,
    headers: &HeaderMap,
) -> Response {
    let door = visit.door();
    let page = pages::deep_link::hop_page(&login_link(door, provider, demand, Some(&return_to)));
    match counted(visit, provider, return_to, headers).await {
        Ok(counted) => {
            decision::record(visit, Login::AskedForItsFragment(provider.map(|provider| provider.name())));
            counted.remember(door, page)
        }
        Err(told) => *told,
    }
}

/// The trips of somebody who is about to leave, if one more is to be remembered. Whom they brought nowhere is told why.
#[derive(Debug)]
struct Counted(Option<Trips>);

impl Counted {
    fn remember(&self, door: &Door, response: Response) -> Response {
        match &self.0 {
            Some(trips) => trips.set(door, response),
            None => response,
        }
    }
}

async fn counted(
    visit: &Visit,
    provider: Option<&Arc<ConnectedProvider>>,
    return_to: ReturnAddress,
    headers: &HeaderMap,
) -> Result<Counted, Box<Response>> {
    match trips::departure(visit, headers).await {
        Departure::May => Ok(Counted(None)),
        Departure::MayAgain(trips) => Ok(Counted(Some(trips))),
        Departure::MayNot(diagnosis) => {
            let failed = Failed::new(LoginFailure::Looping(diagnosis), Some(return_to));
            let told = failed.answer(visit, provider.map(AsRef::as_ref));
            Err(Box::new(Trips::forget(visit.door(), told)))
        }
    }
}

/// What a login remembers of how it began, beside what it is for.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    /// The host that it was asked for at, where that is not the base URL's.
    pub(crate) elsewhere: Option<String>,
    /// How many round trips came to nothing before it, one after the other.
    pub(crate) failed: u8,
}

/// Begins a login.
pub(crate) async fn begin(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    return_to: &ReturnAddress,
    wish: Wish,
    leaving: Leaving,
) -> Result<Response, ProviderError> {
    let door = visit.door();
    let at = provider.introduced().await?;
    let request = provider.authorization_request(&wish);
    let pending = PendingLogin::begin(clock::entropy(), door.now()).asking(&request);
    let (manner, mode) = (wish.manner(), pending.response_mode());
    visit.trace().follow(&pending.attempt());
    let carried = Carried {
        manner,
        begun_at: Some(pending.begun_at()),
        failed: leaving.failed,
        begun_elsewhere: leaving.elsewhere,
        session: door.session_key(&visit.cookies()).map(Carried::name_of),
        return_to: Some(return_to.clone()),
    };
    let carried = carried.seal(door, provider, &pending.attempt());
    let url = authorization_url(door, provider, &at, &request.carry(carried), &pending).await?;
    let mut response = see_other(url.as_str());
    let mut attempt = Attempt::new(provider, pending, remembered(visit, wish.demand).await)
        .by_client(provider, at.client.client_id());
    if mode == ResponseMode::FormPost
        && let Some(session) =
            visit.peek().await.map_err(|StoreFailed| StoreError::transient("who is signed in is unknown"))?
    {
        attempt = attempt.in_place_of(door, &session);
    }
    let gives_way = match manner {
        Manner::StartedOver | Manner::StartedOverAgain => GivesWay::Newest,
        Manner::Asked | Manner::Wished | Manner::Silent | Manner::SteppingUp => GivesWay::Oldest,
    };
    for line in attempt.lines(door, &visit.cookies(), gives_way) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    decision::record(visit, Login::Departed { provider, manner });
    Ok(response)
}

/// What the session will remember that it was asked for: with what the one before was asked for too, so that of two pages that want
/// different ways of signing in each asks once, and not in turns for ever.
async fn remembered(visit: &Visit, demand: Demand) -> Demand {
    if demand.acr_values.is_empty() {
        return demand;
    }
    match visit.peek().await {
        Ok(Some(session)) => demand.besides(&session.evidence().demand),
        _ => demand,
    }
}
