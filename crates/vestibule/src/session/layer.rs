//! The layer around the whole application: it takes the request's cookies aside, and writes ours to the response.
//!
//! It opens nothing by itself. Only when a gate or an extractor asks who the person is does the session open, does the idle
//! limit move, and is the response marked as personal (V12).

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use vestibule_core::{ClaimsSet, Subject};

use super::{
    Session,
    cookie::{self, Cookies, Purpose},
};
use crate::{door::Door, provider::ConnectedProvider};

/// Puts a [`Visit`] into every request.
#[derive(Clone, Debug)]
pub(crate) struct SessionLayer {
    door: Arc<Door>,
}

impl SessionLayer {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        Self { door }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { door: Arc::clone(&self.door), inner }
    }
}

/// What [`SessionLayer`] makes of a service.
#[derive(Clone, Debug)]
pub(crate) struct SessionService<S> {
    door: Arc<Door>,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for SessionService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Leaving<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let visit = Visit::new(Arc::clone(&self.door), &request);
        request.extensions_mut().insert(visit.clone());
        Leaving { inner: self.inner.call(request), visit }
    }
}

pin_project! {
    /// The response on its way out.
    pub(crate) struct Leaving<F> {
        #[pin]
        inner: F,
        visit: Visit,
    }
}

impl<F, B, E> Future for Leaving<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        this.visit.write(response.headers_mut());
        Poll::Ready(Ok(response))
    }
}

/// One request at the door: its cookies, its address as the layer saw it, and what becomes of its session.
#[derive(Clone, Debug)]
pub(crate) struct Visit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    door: Arc<Door>,
    uri: Uri,
    cookies: Vec<HeaderValue>,
    asked: OnceLock<Asked>,
    begun: OnceLock<Vec<HeaderValue>>,
    ended: OnceLock<()>,
}

/// What was found when somebody asked who the person is.
#[derive(Debug)]
struct Asked {
    session: Option<Arc<Session>>,
    hostile: bool,
}

/// A session that does not fit into the budget of cookies.
#[derive(Debug)]
pub(crate) struct TooBig {
    pub(crate) bytes: usize,
    pub(crate) claims_bytes: usize,
    pub(crate) tokens_bytes: usize,
    /// The largest claims by name and bytes, the largest first.
    pub(crate) largest: Vec<(String, usize)>,
}

impl Visit {
    fn new<A>(door: Arc<Door>, request: &Request<A>) -> Self {
        // An empty Vec allocates nothing, so a request without cookies costs one allocation here.
        let cookies = cookie::cookie_headers(request.headers()).cloned().collect();
        Self(Arc::new(Inner {
            door,
            uri: request.uri().clone(),
            cookies,
            asked: OnceLock::new(),
            begun: OnceLock::new(),
            ended: OnceLock::new(),
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

    /// Who is signed in. Asking is what counts as activity.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.0.asked.get_or_init(|| self.open()).session.as_ref()
    }

    /// Begins a session: the response will carry it, in the place of any other (V56).
    pub(crate) fn log_in(&self, session: &Session) -> Result<(), TooBig> {
        let door = &self.0.door;
        let lines = self.session_lines(session, &session.times, door.now())?;
        // A visit begins one session at most: the callback runs once.
        let _ = self.0.begun.set(lines);
        Ok(())
    }

    /// Ends the session: the response will make the browser forget it, unless it carries a new one.
    pub(crate) fn log_out(&self) {
        let _ = self.0.ended.set(());
    }

    /// Ends the session if it is somebody else's than `subject`'s of `provider`: whoever just proved who they are does not go on
    /// as the one before, whatever comes of their login (V65).
    pub(crate) fn log_out_others(&self, provider: &ConnectedProvider, subject: &Subject) {
        let is_other =
            |session: &Arc<Session>| session.provider.issuer() != provider.issuer() || session.subject != *subject;
        if self.session().is_some_and(is_other) {
            self.log_out();
        }
    }

    fn open(&self) -> Asked {
        let (door, cookies) = (&self.0.door, self.cookies());
        if cookies.are_hostile() {
            tracing::warn!(target: "vestibule::session", "cookies of ours came twice or too many: all are cleared");
            return Asked { session: None, hostile: true };
        }
        let session = cookies.session().and_then(|sealed| {
            let payload = door.seals.session.open(&door.session_context, sealed.as_bytes())?;
            let session = Session::from_payload(payload, |name| door.provider(name).cloned())?;
            (!session.times.are_over(door.now())).then(|| Arc::new(session))
        });
        Asked { session, hostile: false }
    }

    fn session_lines(
        &self,
        session: &Session,
        times: &super::Times,
        now: vestibule_core::NumericDate,
    ) -> Result<Vec<HeaderValue>, TooBig> {
        let door = &self.0.door;
        let sealed = door.seals.session.seal(&door.session_context, &session.to_payload(times));
        let max_age = door.policy.max_age(times, now);
        cookie::session_cookies(&door.names, &sealed, max_age, self.cookies().session_places()).ok_or_else(|| {
            let (claims_bytes, tokens_bytes) = session.sizes();
            TooBig { bytes: sealed.len(), claims_bytes, tokens_bytes, largest: largest(&session.claims()) }
        })
    }

    /// What the response says about our cookies.
    fn write(&self, headers: &mut HeaderMap) {
        let Inner { door, asked, begun, ended, .. } = &*self.0;
        let sets_ours = headers.get_all(header::SET_COOKIE).iter().any(|line| door.names.sets(line));
        if asked.get().is_none() && begun.get().is_none() && ended.get().is_none() && !sets_ours {
            return;
        }
        // V12: personal, so no cache keeps it, whatever the handler thought.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
        match (begun.get(), ended.get(), asked.get()) {
            (Some(lines), _, _) => append(headers, lines.iter().cloned()),
            (None, Some(()), _) => self.forget(headers),
            (None, None, Some(Asked { hostile: true, .. })) => self.clear(headers),
            (None, None, Some(Asked { session: Some(session), .. })) => self.renew(session, headers),
            (None, None, _) => {}
        }
    }

    /// Makes the browser forget the session, every piece of it.
    fn forget(&self, headers: &mut HeaderMap) {
        let names = &self.0.door.names;
        append(headers, (0..self.cookies().session_places()).map(|chunk| names.delete(Purpose::Session(chunk))));
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

    fn renew(&self, session: &Session, headers: &mut HeaderMap) {
        let now = self.0.door.now();
        if session.times.are_worth_renewing(now)
            && let Ok(lines) = self.session_lines(session, &session.seen(now), now)
        {
            append(headers, lines.into_iter());
        }
    }
}

/// The three largest claims: what to ask the provider for less of.
fn largest(claims: &ClaimsSet) -> Vec<(String, usize)> {
    let mut sizes: Vec<_> = claims.iter().map(|(name, value)| (name.to_owned(), value.to_string().len())).collect();
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    sizes.truncate(3);
    sizes
}

fn append(headers: &mut HeaderMap, lines: impl Iterator<Item = HeaderValue>) {
    for line in lines {
        headers.append(header::SET_COOKIE, line);
    }
}
