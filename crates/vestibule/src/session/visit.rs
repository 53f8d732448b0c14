//! One request at the door: who it is, once somebody asks, and what the response says about our cookies.

mod forgotten;

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
};

use http::{HeaderMap, HeaderValue, Request, Uri, header};
use vestibule_core::{Issuer, NumericDate, Subject};

use self::forgotten::Forgets;
use super::{
    Session,
    begun::Begun,
    cookie::{self, Cookies, Purpose},
    keeping::{Keeping, NotBegun, Place},
};
use crate::{
    decision::{self, BrowserId, Opening, Trace},
    door::Door,
    kept_posts,
    session_store::Reach,
    store::StoreError,
};

/// One request at the door: its cookies, its address as the layer saw it, and what becomes of its session.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Inner>);

struct Inner {
    door: Arc<Door>,
    uri: Uri,
    cookies: Vec<HeaderValue>,
    asked: OnceLock<Asked>,
    /// The session as it is since its tokens were replaced.
    replaced: Mutex<Option<Arc<Session>>>,
    /// When the session in cookies was last seen, since the response said so.
    prolonged: OnceLock<NumericDate>,
    begun: OnceLock<Begun>,
    /// The places that its cookies may take, at the least.
    ended: OnceLock<usize>,
    /// What the browser forgets besides.
    forgets: OnceLock<Forgets>,
    /// What ties the decisions about it to others. Most requests have none.
    trace: OnceLock<Box<Trace>>,
}

/// What was found when somebody asked who the person is.
#[derive(Debug)]
enum Asked {
    Nobody,
    Hostile,
    SignedIn(Arc<Session>),
    StoreFailed,
}

/// The store could not say who the person is, which the log has said already. That is not the same as nobody: whoever is told
/// so is not sent to sign in, and keeps their cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreFailed;

impl Visit {
    pub(super) fn new<A>(door: Arc<Door>, request: &Request<A>) -> Self {
        // An empty Vec allocates nothing, so a request without cookies costs one allocation here.
        let cookies = cookie::cookie_headers(request.headers()).cloned().collect();
        Self(Arc::new(Inner {
            door,
            uri: request.uri().clone(),
            cookies,
            asked: OnceLock::new(),
            replaced: Mutex::new(None),
            prolonged: OnceLock::new(),
            begun: OnceLock::new(),
            ended: OnceLock::new(),
            forgets: OnceLock::new(),
            trace: OnceLock::new(),
        }))
    }

    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.0.door
    }

    /// The request's address as the layer saw it, before any nesting stripped it.
    pub(crate) fn uri(&self) -> &Uri {
        &self.0.uri
    }

    pub(crate) fn cookies(&self) -> Cookies<'_> {
        self.0.door.names.read(self.0.cookies.iter())
    }

    /// What ties the decisions about it to others.
    pub(crate) fn trace(&self) -> &Trace {
        self.0.trace.get_or_init(|| {
            let Inner { door, cookies, .. } = &*self.0;
            let browser = door.is_development().then(|| BrowserId::read(&door.base, cookies.iter())).flatten();
            Box::new(Trace::of(browser))
        })
    }

    /// Who is signed in. Asking is what counts as activity.
    pub(crate) async fn session(&self) -> Result<Option<Arc<Session>>, StoreFailed> {
        let asked = match self.0.asked.get() {
            Some(asked) => asked,
            None => {
                let found = self.ask().await;
                self.0.asked.get_or_init(|| found)
            }
        };
        match asked {
            Asked::SignedIn(session) => Ok(Some(self.replaced().unwrap_or_else(|| Arc::clone(session)))),
            Asked::Nobody | Asked::Hostile => Ok(None),
            Asked::StoreFailed => Err(StoreFailed),
        }
    }

    /// Who is signed in, if that can be said without waiting.
    pub(crate) fn session_at_once(&self) -> Option<Result<Option<Arc<Session>>, StoreFailed>> {
        // A store of another process would be asked in vain, and then again.
        if self.0.asked.get().is_none() && self.0.door.store().reach() != Reach::Process {
            let session = self.recent_session()?;
            self.0.asked.get_or_init(|| Asked::SignedIn(session));
        }
        match pin!(self.session()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }

    /// Who is signed in, where a store said so a moment ago and needs not be told that they were seen.
    fn recent_session(&self) -> Option<Arc<Session>> {
        let (door, cookies) = (&self.0.door, self.cookies());
        if door.recent.is_none() || cookies.are_hostile() {
            return None;
        }
        door.recent_session(&cookies).filter(|session| !door.is_to_be_told(session))
    }

    /// Who is signed in, without it counting as activity.
    pub(crate) async fn peek(&self) -> Result<Option<Arc<Session>>, StoreFailed> {
        if self.0.asked.get().is_some() {
            return self.session().await;
        }
        let cookies = self.cookies();
        if cookies.are_hostile() {
            return Ok(None);
        }
        self.0.door.open_session(&cookies).await.map_err(|error| self.report(&error))
    }

    async fn ask(&self) -> Asked {
        let (door, cookies) = (&self.0.door, self.cookies());
        if cookies.are_hostile() {
            decision::record(self, Opening::Hostile);
            return Asked::Hostile;
        }
        match door.open_session(&cookies).await {
            Ok(Some(session)) => self.note_activity(session).await.map_or(Asked::Nobody, Asked::SignedIn),
            Ok(None) => {
                if let Some(unopened) = door.why_unopened(&cookies) {
                    decision::record(self, Opening::NotOpened(unopened));
                }
                Asked::Nobody
            }
            Err(error) => {
                let StoreFailed = self.report(&error);
                Asked::StoreFailed
            }
        }
    }

    /// A session in a store is seen there; one in cookies, with the response. Gives none back that the store no longer has.
    async fn note_activity(&self, mut session: Arc<Session>) -> Option<Arc<Session>> {
        let (door, now) = (&self.0.door, self.0.door.now());
        if !door.is_to_be_told(&session) {
            return Some(session);
        }
        let times = session.times.seen(now);
        match Arc::get_mut(&mut session) {
            Some(own) => own.times = times,
            None => session = Arc::new(session.with_times(times)),
        }
        let noted = door.store().touch(session.key, now, times.expire_at(), now).await;
        door.forget_recent(session.key);
        match noted {
            Ok(true) => Some(session),
            // It ended since the store was last asked.
            Ok(false) => None,
            Err(error) => {
                // The session is good all the same; its idle limit moves with the next request.
                let StoreFailed = self.report(&error);
                Some(session)
            }
        }
    }

    /// Begins a session: the response will carry it, in the place of any other, which is over (V56). Whoever waits for the end of
    /// one that it carries on waits for its own. `places` are those that cookies of an earlier session may take.
    pub(crate) async fn log_in(
        &self,
        session: &Session,
        place: &Place,
        places: usize,
        carried_on: Option<&Session>,
    ) -> Result<(), NotBegun> {
        let lines = self.0.door.begin_session(session, place, places).await?;
        if let Some(earlier) = carried_on {
            self.0.door.endings.goes_on(earlier.key, session, &self.0.door);
        }
        if let Ok(Some(earlier)) = self.peek().await {
            self.0.door.end_session(&earlier).await?;
        }
        if !kept_posts::is_last_here(self, session) {
            self.forget_who_was_here();
        }
        // A visit begins one session at most: the callback runs once.
        let _ = self.0.begun.set(Begun::of(session, lines));
        Ok(())
    }

    /// The session that begins with the response.
    pub(crate) fn begun(&self) -> Option<&Begun> {
        self.0.begun.get()
    }

    /// Ends the session: the response will make the browser forget it, unless it carries a new one.
    pub(crate) async fn log_out(&self) -> Result<(), StoreError> {
        let _ = self.0.ended.set(0);
        match self.peek().await {
            Ok(Some(session)) => self.0.door.end_session(&session).await,
            Ok(None) => Ok(()),
            Err(StoreFailed) => Err(StoreError::transient("it could not say whose session to end")),
        }
    }

    /// The session has ended otherwise: the response will make the browser forget it.
    pub(crate) fn forget_session(&self) {
        self.forget_session_in(0);
    }

    /// The same where its cookies did not come along, and may take so many places.
    pub(crate) fn forget_session_in(&self, places: usize) {
        let _ = self.0.ended.set(places);
    }

    /// Ends the session if it is somebody else's than `subject`'s of `issuer`: whoever just proved who they are does not go on
    /// as the one before, whatever comes of their login (V65).
    pub(crate) async fn log_out_others(&self, issuer: &Issuer, subject: &Subject) -> Result<(), StoreError> {
        let is_other = |session: &Arc<Session>| *session.issuer != *issuer || session.subject != *subject;
        match self.session().await {
            Ok(session) if !session.as_ref().is_some_and(is_other) => Ok(()),
            _ => {
                self.forget_who_was_here();
                self.log_out().await
            }
        }
    }

    /// The session has other tokens now: the response carries them where cookies do.
    pub(crate) fn replace(&self, session: Arc<Session>) {
        *self.0.replaced.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// Changes the session where it is kept: in the store, or with the response. One that is gone stays gone, and one that is
    /// changed by somebody else just now is left to them.
    pub(crate) async fn change(&self, session: &Session, change: impl Fn(&Session) -> Session) {
        match &self.0.door.keeping {
            Keeping::Cookies(_) => self.replace(Arc::new(change(session))),
            Keeping::Store(store) => {
                let changed = self.0.door.change_stored(store.as_ref(), session.key, change).await;
                if let Err(error) = changed {
                    let StoreFailed = self.report(&error);
                }
            }
        }
    }

    /// When the session in cookies was last seen, if the response prolonged it.
    pub(crate) fn prolonged(&self) -> Option<NumericDate> {
        self.0.prolonged.get().copied()
    }

    fn replaced(&self) -> Option<Arc<Session>> {
        self.0.replaced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the response says about our cookies.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let Inner { door, asked, begun, ended, forgets, trace, .. } = &*self.0;
        if let Some(named) = trace.get().and_then(|trace| trace.named()) {
            headers.append(header::SET_COOKIE, named.set_cookie(&door.base));
        }
        let sets_ours = headers.get_all(header::SET_COOKIE).iter().any(|line| door.names.sets(line));
        if asked.get().is_none()
            && begun.get().is_none()
            && ended.get().is_none()
            && forgets.get().is_none()
            && !sets_ours
        {
            return;
        }
        // V12: personal, so no cache keeps it, whatever the handler thought.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
        match (begun.get(), ended.get(), asked.get()) {
            (Some(begun), _, _) => append(headers, begun.lines.iter().cloned()),
            (None, Some(places), _) => self.forget(*places, headers),
            (None, None, Some(Asked::Hostile)) => self.clear(headers),
            (None, None, Some(Asked::SignedIn(session))) => self.renew(session, headers),
            (None, None, _) => {}
        }
        if let Some(forgets) = forgets.get() {
            self.forget_what_was_left(*forgets, headers);
        }
    }

    /// Makes the browser forget the session, every piece of it.
    fn forget(&self, places: usize, headers: &mut HeaderMap) {
        let (names, places) = (&self.0.door.names, places.max(self.cookies().session_places()));
        append(headers, (0..places).map(|chunk| names.delete(Purpose::Session(chunk))));
        // Whoever signs in again after this does not go round in circles.
        if self.cookies().trips().is_some() && !names.is_set(headers, Purpose::Trips) {
            headers.append(header::SET_COOKIE, names.delete(Purpose::Trips));
        }
    }

    /// Clears every cookie of ours that came, save those that this very response sets: an error record must arrive.
    fn clear(&self, headers: &mut HeaderMap) {
        fn name(line: &HeaderValue) -> Option<&[u8]> {
            line.as_bytes().split(|byte| *byte == b'=').next()
        }
        let cookies = self.cookies();
        let lines = self.0.door.names.delete_all(&cookies);
        let set: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
        append(headers, lines.filter(|line| !set.iter().any(|other| name(other) == name(line))));
    }

    /// A session in cookies moves its idle limit, and takes its new tokens along.
    fn renew(&self, session: &Session, headers: &mut HeaderMap) {
        let door = &self.0.door;
        let Keeping::Cookies(_) = door.keeping else { return };
        let (now, replaced) = (door.now(), self.replaced());
        if replaced.is_none() && !session.times.are_worth_renewing(now) {
            return;
        }
        let session = replaced.as_deref().unwrap_or(session);
        if door.refreshes.has_newer(session) {
            return;
        }
        let times = session.seen(now);
        match door.session_lines(session, &times, self.cookies().session_places()) {
            Ok(lines) => {
                append(headers, lines.into_iter());
                let _ = self.0.prolonged.set(times.last_seen);
                door.endings.prolonged(session.key, times.last_seen);
            }
            Err(too_big) => {
                decision::record(self, Opening::Outgrown(&too_big));
            }
        }
    }

    fn report(&self, error: &StoreError) -> StoreFailed {
        self.trace().remember_trouble(decision::record(self, Opening::StoreFailed(error)));
        StoreFailed
    }
}

fn append(headers: &mut HeaderMap, lines: impl Iterator<Item = HeaderValue>) {
    for line in lines {
        headers.append(header::SET_COOKIE, line);
    }
}

/// V69: cookies are not printed, nor an address, which can have a code in it.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visit(***)")
    }
}
