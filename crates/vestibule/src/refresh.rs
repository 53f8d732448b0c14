//! Tokens are replaced when they are stale: once, however many requests ask, on however many machines.
//!
//! A refresh token that can be used once is a thing to be careful with: presented twice, it ends every token of its family, and
//! the answer that brings its successor can get lost with whoever waits for it. So a refresh
//! - is asked for once in a process ([`flights`]) and once among all that share the store (a lease),
//! - runs in a task of its own, which nobody who hangs up can interrupt between "the provider rotated" and "we stored",
//! - is written down before it is tried ([`notes`]), so that whoever comes after a crash knows,
//! - leaves its result where whoever comes late with the old cookie finds it.

mod attempt;
pub(crate) mod flights;
mod notes;

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::timeout;
use vestibule_core::{HttpError, NumericDate};

use self::notes::{Note, Notes};
use crate::{
    decision::{self, Came, Refresh},
    door::Door,
    lease::{Lease, Leases, Taken},
    patience::Patience,
    provider::{ProviderError, RefreshFailed, Refreshed},
    session::{HeldTokens, Session, keeping::Keeping, visit::Visit},
    session_store::{Reach, SessionStore, Update, Version},
    store::StoreError,
};

/// When a token is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Once it is stale.
    WhenStale,
    /// In any case.
    Now,
}

/// Why the tokens of a session are not new.
#[derive(Clone, Debug)]
pub(crate) enum NotRefreshed {
    /// There are none that could be used, and none to be had without a new login.
    NoTokens,
    /// The session has ended.
    SignedOut,
    /// The provider, or our store, did not do its part. The tokens are as they were.
    Provider(ProviderError),
}

/// For how long requests wait for a store to take what the provider gave, in real time.
const WAITED_FOR: Duration = Duration::from_secs(3);

pub(crate) type Outcome = Result<Arc<Session>, NotRefreshed>;

/// The session with tokens that are as fresh as is wished for.
pub(crate) async fn refreshed(visit: &Visit, session: &Arc<Session>, wish: Wish) -> Outcome {
    let (door, now, tokens) = (visit.door(), visit.door().now(), session.tokens());
    let is_usable = tokens.usable(now).is_some();
    if wish == Wish::WhenStale && is_usable && (!tokens.are_stale(now) || door.refreshes.are_paused(session.key, now)) {
        confirm(door, session).await;
        return Ok(Arc::clone(session));
    }
    if tokens.refresh_token.is_none() {
        let may_go_on = wish == Wish::WhenStale && is_usable;
        return if may_go_on { Ok(Arc::clone(session)) } else { Err(NotRefreshed::NoTokens) };
    }
    let mut outcome = join(door, session, wish).await;
    if wish == Wish::Now && outcome.as_ref().is_ok_and(|found| found.generation <= session.generation) {
        // Somebody else's refresh was under way, which had found what we have already.
        outcome = join(door, session, wish).await;
    }
    // Whatever came of it, the session may be otherwise than it was found: somebody else refreshed it, or ended it.
    door.forget_recent(session.key);
    let fresh = match outcome {
        // It joined the refresh of somebody who wanted a new token in any case, and who is told that the provider gave none. Where our
        // store is in trouble instead, a new one may be on its way.
        Err(NotRefreshed::Provider(error))
            if wish == Wish::WhenStale && is_usable && !matches!(error, ProviderError::Store(_)) =>
        {
            return Ok(Arc::clone(session));
        }
        outcome => outcome?,
    };
    visit.replace(Arc::clone(&fresh));
    let (held, rest) = (tokens, fresh.tokens());
    // R85: where the answer to somebody else's refresh was refused, the old token is what is left to go on with. It is no new one.
    let is_left_over = rest.refresh_token.is_none() && rest.access_token == held.access_token;
    // Whoever lost their tokens has a new cookie all the same, which holds none.
    let is_none = rest.usable(now).is_none() || (wish == Wish::Now && is_left_over);
    if is_none { Err(NotRefreshed::NoTokens) } else { Ok(fresh) }
}

async fn join(door: &Arc<Door>, session: &Arc<Session>, wish: Wish) -> Outcome {
    let work = refresh(Arc::clone(door), Arc::clone(session), wish);
    door.refreshes.join(session.key, work).await
}

/// A request with the new cookie was seen, so the browser has it: what was kept for the old one is needed a moment longer, by
/// requests that are still on their way.
async fn confirm(door: &Door, session: &Session) {
    // Another machine may still answer with the old cookie, whatever was seen here: then it is kept as long as the session could live.
    let is_alone = door.store().reach() == Reach::Process;
    if is_alone && door.refreshes.is_awaited(session) {
        Notes::of(door, session).forget_soon().await;
    }
}

/// The whole refresh of one session, in its own task.
async fn refresh(door: Arc<Door>, seen: Arc<Session>, wish: Wish) -> Outcome {
    let leases = Leases::new(door.keeping.store(), &door.clock);
    let outcome = match leases.take(door.keys.refresh(seen.key), || newer(&door, &seen)).await {
        Ok(Taken::Result(session)) => return Ok(session),
        Ok(Taken::Lease(lease)) => with_lease(&door, &seen, lease, wish).await,
        Err(trouble) => go_on_without_store(&door, &seen, trouble, wish),
    };
    // Without success or verdict: the next attempt may wait a moment, for as long as the old token holds.
    let is_stale = |session: &Session| session.tokens().are_stale(door.now());
    if matches!(&outcome, Err(NotRefreshed::Provider(_))) || outcome.as_ref().is_ok_and(|session| is_stale(session)) {
        door.refreshes.pause(seen.key, door.now());
    }
    outcome
}

async fn with_lease(door: &Door, seen: &Arc<Session>, lease: Lease, wish: Wish) -> Outcome {
    let outcome = lease.hold(under_lease(door, seen, &lease, wish)).await;
    if let Err(NotRefreshed::SignedOut) = &outcome {
        // What was written down after the end is about nothing.
        Notes::of(door, seen).forget().await;
    }
    lease.give_back().await;
    outcome
}

/// A store that is away for a moment, before anything was presented to the provider, is no reason to refuse a token that still holds.
fn go_on_without_store(door: &Door, seen: &Arc<Session>, trouble: NotRefreshed, wish: Wish) -> Outcome {
    match trouble {
        NotRefreshed::Provider(error) if error.is_transient() => {
            go_on_with_what_is_left(Arc::clone(seen), error, door.now(), wish)
        }
        trouble => Err(trouble),
    }
}

/// The newest state of a session.
struct Current<'a> {
    session: Arc<Session>,
    /// Of the record in the store, where a store keeps sessions.
    version: Option<Version>,
    notes: Notes<'a>,
    note: Note,
}

impl<'a> Current<'a> {
    async fn of(door: &'a Door, seen: &Arc<Session>) -> Result<Self, NotRefreshed> {
        Self::find(door, seen).await?.ok_or(NotRefreshed::SignedOut)
    }

    /// For whoever has tokens in hand that they would lose.
    async fn in_the_end(door: &'a Door, seen: &Arc<Session>) -> Result<Self, NotRefreshed> {
        let mut patience = Patience::stubborn(door.clock.as_ref());
        loop {
            match Self::find(door, seen).await {
                Err(error) if error.is_transient() => patience.wait(error).await?,
                found => return found?.ok_or(NotRefreshed::SignedOut),
            }
        }
    }

    /// Nothing of a session that has ended.
    async fn find(door: &'a Door, seen: &Arc<Session>) -> Result<Option<Self>, StoreError> {
        let mut notes = Notes::of(door, seen);
        let note = notes.read().await?;
        match &door.keeping {
            Keeping::Store(store) => {
                let Some(stored) = store.load(seen.key, door.now()).await? else { return Ok(None) };
                let session = door.read_stored(seen.key, stored.value, stored.last_seen).map(Arc::new);
                Ok(session.map(|session| Self { session, version: Some(stored.version), notes, note }))
            }
            Keeping::Cookies(marks) => {
                if door.is_marked(marks.as_ref(), seen).await? {
                    return Ok(None);
                }
                let successor = note.successor(door).filter(|newer| newer.generation > seen.generation);
                let session = successor.map_or_else(|| Arc::clone(seen), Arc::new);
                Ok(Some(Self { session, version: None, notes, note }))
            }
        }
    }
}

/// What a session looks like now, if somebody refreshed it since it was seen.
async fn newer(door: &Door, seen: &Arc<Session>) -> Result<Option<Arc<Session>>, NotRefreshed> {
    let current = Current::of(door, seen).await?;
    Ok((current.session.generation > seen.generation).then_some(current.session))
}

async fn under_lease(door: &Door, seen: &Arc<Session>, lease: &Lease, wish: Wish) -> Outcome {
    let mut current = match Current::of(door, seen).await {
        Ok(current) => current,
        Err(trouble) => return go_on_without_store(door, seen, trouble, wish),
    };
    let (session, now) = (Arc::clone(&current.session), door.now());
    let tokens = session.tokens();
    let is_newer = session.generation > seen.generation;
    if is_newer && (wish == Wish::Now || !tokens.are_stale(now)) {
        return Ok(session);
    }
    let Some(refresh_token) = tokens.refresh_token.clone() else { return Ok(session) };
    let grace = session.provider.refresh_token_reuse_grace();
    if attempt::was_interrupted(door, &current) && !current.note.may_be_tried_again(grace, now) {
        // Somebody presented this token and was never heard of again: it may be used up, and once is all it is good for.
        record(door, &session, Came::Interrupted);
        return drop_tokens(door, current, tokens).await;
    }
    let at = match session.provider.introduced().await {
        Ok(at) => at,
        Err(error) => return go_on_with_what_is_left(session, error, now, wish),
    };
    current = match attempt::note(door, lease, current).await {
        Ok(current) => current,
        Err(trouble) => return go_on_without_store(door, &session, trouble, wish),
    };
    let answer = session.provider.refresh(&at, &session, refresh_token).await;
    conclude(door, current, answer, wish).await
}

/// What came of it, for the log.
fn record(door: &Door, session: &Session, came: Came<'_>) {
    decision::record_apart(door, Refresh { session, came });
}

/// What becomes of the session by the provider's answer.
async fn conclude(
    door: &Door,
    mut current: Current<'_>,
    answer: Result<Refreshed, RefreshFailed>,
    wish: Wish,
) -> Outcome {
    let (session, now) = (Arc::clone(&current.session), door.now());
    let tokens = session.tokens();
    match answer {
        Ok(refreshed) => {
            let tokens = refreshed.into_tokens(tokens, now);
            record(door, &session, Came::New);
            let stored = store_tokens(door, current, &tokens).await;
            if let Err(NotRefreshed::SignedOut) = stored {
                // Logged out while the provider answered: nobody shall use what it gave.
                session.provider.revoke(&tokens).await;
            }
            stored
        }
        // R90: the provider has ended the grant; the session is ours to end.
        Err(RefreshFailed::TakenBack) => {
            record(door, &session, Came::TakenBack);
            drop_tokens(door, current, tokens).await
        }
        // R90: nothing is known to be lost, so nothing is dropped.
        Err(RefreshFailed::Unused(error)) => {
            record(door, &session, Came::Nothing(&error));
            attempt::take_back(door, &mut current).await;
            go_on_with_what_is_left(session, error, now, wish)
        }
        // R85: an answer that must not be believed has used the refresh token up all the same.
        Err(RefreshFailed::Spent(error)) => {
            record(door, &session, Came::Nonsense(&error));
            let rest = HeldTokens { refresh_token: None, ..tokens };
            let session = store_tokens(door, current, &rest).await?;
            go_on_with_what_is_left(session, error, now, wish)
        }
    }
}

/// A token that still holds is used, whatever became of the attempt to replace it; unless a new one was asked for.
fn go_on_with_what_is_left(session: Arc<Session>, error: ProviderError, now: NumericDate, wish: Wish) -> Outcome {
    let is_enough = wish == Wish::WhenStale && session.tokens().usable(now).is_some();
    if is_enough { Ok(session) } else { Err(NotRefreshed::Provider(error)) }
}

/// All but the ID Token, which is a hint at logout and nothing else.
async fn drop_tokens(door: &Door, current: Current<'_>, tokens: HeldTokens) -> Outcome {
    let rest = HeldTokens { id_token: tokens.id_token, ..HeldTokens::default() };
    store_tokens(door, current, &rest).await
}

/// Puts new tokens where the session is kept. A store that is away is tried for longer than somebody can be asked to wait.
async fn store_tokens(door: &Door, current: Current<'_>, tokens: &HeldTokens) -> Outcome {
    let session = Arc::clone(&current.session);
    let mut storing = pin!(put_into_session(door, current, tokens));
    if let Ok(stored) = timeout(WAITED_FOR, &mut storing).await {
        return stored;
    }
    door.refreshes.pause(session.key, door.now());
    door.refreshes.send_away(session.key, Err(StoreError::transient("the new tokens are not written down yet").into()));
    let stored = storing.await;
    door.refreshes.end_pause(session.key);
    if let Err(NotRefreshed::Provider(error)) = &stored {
        record(door, &session, Came::Lost(error));
    }
    stored
}

/// Never where it is no more.
async fn put_into_session(door: &Door, mut current: Current<'_>, tokens: &HeldTokens) -> Outcome {
    loop {
        let new = Arc::new(current.session.with_tokens(tokens));
        let (Keeping::Store(store), Some(version)) = (&door.keeping, current.version) else {
            return leave_for_old_cookie(door, current, new).await;
        };
        match update(door, store.as_ref(), &new, version).await? {
            Update::Done(_) => {
                current.notes.forget().await;
                return Ok(new);
            }
            // V57: an update never brings a session back.
            Update::Gone => return Err(NotRefreshed::SignedOut),
            Update::Changed => {
                let now = Current::in_the_end(door, &current.session).await?;
                if now.session.generation > current.session.generation {
                    // Somebody took the lease over, and was faster.
                    return Ok(now.session);
                }
                // Something else was noted in the session: the tokens go into it as it is now.
                current = now;
            }
        }
    }
}

/// The answer's Set-Cookie may get lost, and others are on their way with the old cookie: they find this.
async fn leave_for_old_cookie(door: &Door, mut current: Current<'_>, new: Arc<Session>) -> Outcome {
    let written = current.notes.write_successor(&new).await;
    if door.is_marked(door.store(), &new).await? {
        return Err(NotRefreshed::SignedOut);
    }
    written?;
    door.refreshes.await_confirmation(&new);
    Ok(new)
}

async fn update(door: &Door, store: &dyn SessionStore, new: &Session, version: Version) -> Result<Update, StoreError> {
    let (value, mut patience) = (door.to_stored(new), Patience::stubborn(door.clock.as_ref()));
    loop {
        match store.update(new.key, version, value.clone(), door.now()).await {
            Err(error) if error.is_transient() => patience.wait(error).await?,
            result => {
                door.forget_recent(new.key);
                return result;
            }
        }
    }
}

impl From<HttpError> for NotRefreshed {
    fn from(error: HttpError) -> Self {
        Self::Provider(error.into())
    }
}

impl From<StoreError> for NotRefreshed {
    fn from(error: StoreError) -> Self {
        Self::Provider(error.into())
    }
}

impl Refreshed {
    /// What the session holds from now on.
    fn into_tokens(self, earlier: HeldTokens, now: NumericDate) -> HeldTokens {
        HeldTokens {
            id_token: earlier.id_token,
            access_token: Some(self.access_token),
            // RFC 6749 6: without a new one the old one stays.
            refresh_token: self.refresh_token.or(earlier.refresh_token),
            scope: narrowed(earlier.scope, self.scope),
            ..HeldTokens::default()
        }
        .expiring(self.expires_in, now)
    }
}

/// R89: a refresh can narrow what a token is good for (RFC 6749 6). What it adds nobody asked for.
fn narrowed(earlier: Option<String>, now: Option<String>) -> Option<String> {
    match (earlier, now) {
        (Some(earlier), Some(now)) => {
            let common: Vec<_> = now.split(' ').filter(|scope| earlier.split(' ').any(|had| had == *scope)).collect();
            Some(common.join(" "))
        }
        (earlier, now) => earlier.or(now),
    }
}
