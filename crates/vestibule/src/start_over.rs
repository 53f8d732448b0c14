//! A login that is begun once more, in the place of one whose response was late, used or unknown: the person sees nothing of it, and
//! comes out where they were going.
//!
//! It takes a state that we sealed. What such a state begins is no more than what any link to `/auth/login` begins: a login as
//! whoever the person is at the provider, in this browser, with a secret of its own. It takes a window of a browser, as every
//! login does. And it happens once, or twice where it was other tabs that took the first one's place: how often travels in the state, so that
//! each tab has a count of its own. What is begun is a plain login: one that the application wished for in another way (with `prompt`, say)
//! has none in its place, and the error page asks the person.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, Method, header};

use crate::{
    attempt::Attempt,
    carried::Carried,
    decision::{self, Login},
    door::{Door, LoginStarts},
    error::{Again, Failed, Found, LoginFailure, Then, Undecided, fail, see_other},
    login::{Asker, Leaving, begin},
    provider::ConnectedProvider,
    return_address::ReturnAddress,
    session::{Session, cookie::Purpose, visit::Visit},
    trips::Trips,
    wish::{Manner, Wish},
};

/// Where a login may be started over that a request shows to have come to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Here,
    /// With a form of another site the session's cookie does not come along, and whoever has a session needs no other (V28).
    AtTheErrorPage,
    /// Only by a person who says so.
    Nowhere,
}

impl Way {
    pub(crate) fn of(door: &Door, method: &Method, headers: &HeaderMap) -> Self {
        match Asker::of(method, headers) {
            // R14: a state says that one of us sealed it, and not for whom. With the setting a page asks first.
            Asker::Navigation if door.login_starts == LoginStarts::OfOurOwn => Self::Nowhere,
            Asker::Navigation => Self::Here,
            Asker::PostNavigation => Self::AtTheErrorPage,
            Asker::Program => Self::Nowhere,
        }
    }
}

/// A request that brought a response, or leads to the error page on behalf of one, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Bringer {
    way: Way,
    /// The host that it was for, where that is not the base URL's.
    elsewhere: Option<String>,
}

impl Bringer {
    pub(crate) fn of(visit: &Visit, method: &Method, headers: &HeaderMap) -> Self {
        let door = visit.door();
        Self { way: Way::of(door, method, headers), elsewhere: door.base.other_authority(visit.uri(), headers) }
    }
}

/// A response that came to nothing, by a person who wanted to sign in: they land where it was for if they are signed in. Else, where
/// it was merely stale, they start over, once; and then they learn what is wrong.
pub(crate) async fn land_or_start_over(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    failure: LoginFailure,
    carried: Option<&Carried>,
    bringer: &Bringer,
) -> Response {
    let return_to = carried.and_then(|carried| carried.return_to.clone());
    if failure.is_unsolicited() {
        match visit.session().await {
            Ok(Some(session)) => return land(visit, provider, &session, (&failure, carried), return_to),
            Ok(None) => {}
            Err(nobody_knows) => return fail(visit, nobody_knows, Some(provider), return_to),
        }
    }
    let (Some(carried), Some(address), Some(stale)) = (carried, &return_to, failure.stale()) else {
        return fail(visit, failure, Some(provider), return_to);
    };
    let trips = Trips::of(visit, Some(carried));
    let Some(again) = again(visit, carried.manner).filter(|_| !trips.clone().and_one_more().go_round()) else {
        return in_vain(visit, provider, failure, carried, bringer);
    };
    let then = match bringer.way {
        Way::Here => {
            decision::record(visit, Login::StartedOver { failure: &failure, provider });
            return begin_again(visit, provider, address, again, trips.failed()).await;
        }
        Way::AtTheErrorPage => Then::IsDecidedThere(Undecided { stale, again, carried: carried.clone() }),
        Way::Nowhere => Then::Lands,
    };
    Failed { then, ..Failed::new(failure, return_to) }.answer(visit, Some(provider))
}

/// What becomes at the error page of somebody whose response a form of another site brought: the session's cookie and what is known of
/// their trips come along only now.
pub(crate) async fn decide(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    undecided: Undecided,
    bringer: &Bringer,
) -> Response {
    let Undecided { stale, again, carried } = undecided;
    let (failure, return_to) = (LoginFailure::from(stale), carried.return_to.clone());
    let trips = Trips::of(visit, Some(&carried));
    let mut response = match (visit.peek().await, &return_to, bringer.way) {
        (Ok(Some(session)), _, _) => land(visit, provider, &session, (&failure, Some(&carried)), return_to),
        (Err(nobody_knows), _, _) => fail(visit, nobody_knows, Some(provider), return_to),
        (Ok(None), Some(_), Way::Here) if trips.clone().and_one_more().go_round() => {
            in_vain(visit, provider, failure, &carried, bringer)
        }
        (Ok(None), Some(address), Way::Here) => {
            decision::record(visit, Login::StartedOver { failure: &failure, provider });
            begin_again(visit, provider, address, again, trips.failed()).await
        }
        (Ok(None), _, _) => fail(visit, failure, Some(provider), return_to),
    };
    let names = &visit.door().names;
    // The record has done its work: a page that is loaded again does not begin again. One of another failure stays.
    if !names.is_set(response.headers(), Purpose::Error) {
        response.headers_mut().append(header::SET_COOKIE, names.delete(Purpose::Error));
    }
    response
}

/// Nothing is started over any more: they learn what is wrong, and may try again with nothing counted.
fn in_vain(
    visit: &Visit,
    provider: &ConnectedProvider,
    failure: LoginFailure,
    carried: &Carried,
    bringer: &Bringer,
) -> Response {
    let diagnosis = lost_login(visit, &failure, carried.manner, bringer).map(Into::into);
    let failed = Failed { diagnosis, ..Failed::new(failure, carried.return_to.clone()) };
    Trips::forget(visit.door(), failed.answer(visit, Some(provider)))
}

/// Once; and once more where cookies are known to come back, so that it was another tab that took this one's place.
fn again(visit: &Visit, manner: Manner) -> Option<Again> {
    match manner {
        Manner::Asked => Some(Again::Once),
        Manner::StartedOver if cookies_come_back(visit) => Some(Again::Twice),
        Manner::StartedOver | Manner::StartedOverAgain | Manner::Wished | Manner::Silent | Manner::SteppingUp => None,
    }
}

/// Whether the browser brings something that we set a moment ago.
fn cookies_come_back(visit: &Visit) -> bool {
    let cookies = visit.cookies();
    !cookies.are_hostile() && (Attempt::some_is_readable(visit.door(), &cookies) || Trips::known(visit).is_some())
}

async fn begin_again(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    return_to: &ReturnAddress,
    again: Again,
    failed: u8,
) -> Response {
    let manner = match again {
        Again::Once => Manner::StartedOver,
        Again::Twice => Manner::StartedOverAgain,
    };
    match begin(visit, provider, return_to, Wish::once_more(manner), Leaving { elsewhere: None, failed }).await {
        Ok(response) => response,
        Err(error) => fail(visit, error, Some(provider), Some(return_to.clone())),
    }
}

/// Why the cookie of a login did not come back, as far as it can be seen.
fn lost_login(visit: &Visit, failure: &LoginFailure, manner: Manner, bringer: &Bringer) -> Option<Found> {
    let (door, cookies) = (visit.door(), visit.cookies());
    if !failure.is_of_unknown_attempt() {
        return None;
    }
    if cookies.are_hostile() {
        return Some(Found::Twice);
    }
    if cookies_come_back(visit) {
        return None;
    }
    if Attempt::some_is_unreadable(door, &cookies) {
        return Some(Found::OtherKey);
    }
    match &bringer.elsewhere {
        Some(asked) if cookies.are_none() => Some(Found::other_host(asked, door)),
        // It may have gone in a night. That of one which was started over was set a moment ago.
        _ if manner == Manner::Wished => None,
        _ => Some(Found::LoginNotReturned),
    }
}

/// Whoever is signed in lands where the response was for. But a login that began after the session did was begun by a page that does
/// not see the session, and would begin the next one (V97).
fn land(
    visit: &Visit,
    provider: &ConnectedProvider,
    session: &Session,
    (failure, carried): (&LoginFailure, Option<&Carried>),
    return_to: Option<ReturnAddress>,
) -> Response {
    let door = visit.door();
    let landing = return_to.clone().unwrap_or_else(|| ReturnAddress::home(&door.base));
    let trips = Trips::of(visit, carried).and_one_more();
    match carried.filter(|carried| carried.did_not_see(session)) {
        None => {
            decision::record(visit, Login::LandedAnyway { failure, provider });
            see_other(landing.as_str())
        }
        Some(_) if !trips.go_round() => {
            decision::record(visit, Login::LandedAnyway { failure, provider });
            trips.set(door, see_other(landing.as_str()))
        }
        Some(carried) => {
            let found = match &carried.begun_elsewhere {
                Some(asked) => Found::other_host(asked, door),
                None => Found::LoginNotReturned,
            };
            let failed = Failed::new(LoginFailure::Looping(found.into()), return_to).for_good();
            Trips::forget(door, failed.answer(visit, Some(provider)))
        }
    }
}
