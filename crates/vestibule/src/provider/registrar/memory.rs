//! What a process knows of the registration, and how it comes by one: found, renewed, or made.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::time::Instant;
use vestibule_core::{NumericDate, registration::RegistrationRequest};

use super::{
    Errand,
    registered::{Registered, Standing},
    remembered::{Found, Remembered, Saved, Turn},
    written::Previous,
};
use crate::{client_registration::RegistrationError, error::chain, provider::ProviderError, session_store::Version};

/// What this process knows of the registration.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) held: Arc<ArcSwapOption<Registered>>,
    /// The registration that the provider no longer knows, though the store does. Another one of the same client, which somebody
    /// looked after meanwhile, is as good as new.
    distrusted: Arc<Mutex<Option<Arc<Registered>>>>,
    /// Held by whoever looks after the registration.
    pub(super) care: Arc<tokio::sync::Mutex<()>>,
    /// When this process last asked the provider for a better one than it has.
    tried: Arc<Mutex<Option<Instant>>>,
}

/// What a registration has to be, for nobody to be asked for another one.
type Enough = fn(&Memory, &Registered, NumericDate) -> bool;

/// What came of the wish to renew a registration.
enum Renewal {
    Done(Registered),
    /// The provider does not do that: as the registration is now.
    NotOffered(Registered),
    /// It could not be asked.
    NotNow(ProviderError, Registered),
}

/// So often another machine can be faster before something is wrong.
const MOST_RACES: usize = 3;
/// While the secret lasts, the provider is asked for another one so often by each process.
const TRY_EVERY: Duration = Duration::from_secs(60);

impl Memory {
    /// Whether what this process holds serves a login now: it is good, or the provider had nothing better a moment ago.
    pub(super) fn will_do(&self, held: &Registered, errand: &Errand) -> bool {
        let now = errand.now();
        let is_best = held.lasts(now) && self.was_tried_lately(errand);
        (held.is_good(now) || is_best) && !self.is_refused(held, now)
    }

    pub(super) fn was_tried_lately(&self, errand: &Errand) -> bool {
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.is_some_and(|tried| tried.elapsed() < errand.clock().wait(TRY_EVERY))
    }

    /// A registration that is good for a login.
    pub(super) async fn look_or_register(&self, errand: &Errand) -> Result<Registered, ProviderError> {
        if let Some(held) = self.held.load_full().filter(|held| self.will_do(held, errand))
            && let Some(registered) = self.look_again(errand, &held).await
        {
            return Ok(registered);
        }
        self.look_after(errand, Self::is_good).await
    }

    /// A registration that is good for a while.
    pub(super) async fn renew(&self, errand: &Errand) -> Result<Registered, ProviderError> {
        self.look_after(errand, Self::is_good_for_long).await
    }

    /// What is remembered, if it is enough, or else a better one; in nobody else's way.
    async fn look_after(&self, errand: &Errand, is_enough: Enough) -> Result<Registered, ProviderError> {
        let (remembered, key) = (errand.remembered(), &self.key(errand.remembered(), &errand.request));
        let enough =
            |found| self.seen(key, found, errand.now()).filter(|registered| is_enough(self, registered, errand.now()));
        if let Some(registered) = enough(remembered.load(key).await?) {
            return Ok(registered);
        }
        let _turn = self.care.lock().await;
        let held = self.held.load_full().filter(|_| !remembered.is_shared());
        if let Some(held) = held.filter(|held| is_enough(self, held, errand.now())) {
            return Ok(Registered::clone(&held));
        }
        match remembered.turn(key, async || Ok(enough(remembered.load(key).await?))).await? {
            Turn::Theirs(registered) => Ok(registered),
            Turn::Ours(hold) => {
                let work = async {
                    // Somebody may have been faster, just before it was our turn.
                    let found = if remembered.is_nowhere() { Found::default() } else { remembered.load(key).await? };
                    match enough(found.clone()) {
                        Some(registered) => Ok(registered),
                        None => self.renew_or_register(errand, key, found).await,
                    }
                };
                hold.during(work).await
            }
        }
    }

    /// The same client with a new secret, or else another client. One whose secret lasts is used on while there is neither.
    async fn renew_or_register(&self, errand: &Errand, key: &str, found: Found) -> Result<Registered, ProviderError> {
        let (now, version) = (errand.now(), found.version);
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let Some(current) = self.current(key, found, now) else {
            let before = self.distrusted().clone();
            return self.registered(errand, key, version, before.as_deref()).await;
        };
        if self.is_refused(&current, now) {
            return self.registered(errand, key, version, Some(&current)).await;
        }
        let (failed, current) = match self.renewed(errand, current).await {
            Renewal::Done(renewed) => return Ok(renewed),
            Renewal::NotNow(error, current) if current.lasts(now) => (error, current),
            Renewal::NotNow(_, current) | Renewal::NotOffered(current) => {
                match self.registered(errand, key, current.version(), Some(&current)).await {
                    Err(error) if current.lasts(now) => (error, current),
                    registered => return registered,
                }
            }
        };
        tracing::warn!(target: "vestibule::provider", client_id = current.client.client_id(), reason = chain(&failed),
            "a registration whose secret ends soon could not be renewed: it is used as long as it lasts");
        Ok(current.looked_now())
    }

    /// The same client, by a new secret.
    async fn renewed(&self, errand: &Errand, current: Registered) -> Renewal {
        let (remembered, request) = (errand.remembered(), errand.request.clone());
        let answer = errand.provider.update_held(request, &current.registration.information).await;
        let information = match answer {
            Ok(information) => information,
            Err(RegistrationError::Provider(error)) if error.is_transient() => return Renewal::NotNow(error, current),
            Err(refused) => {
                tracing::info!(target: "vestibule::provider", client_id = current.client.client_id(), reason = chain(&refused),
                    "a registration whose secret ends soon cannot be renewed: another one takes its place");
                return Renewal::NotOffered(current);
            }
        };
        let (now, previous) = (errand.now(), current.registration.previous.clone());
        let new = Registered::made_now(&current.key, information, previous, remembered, now);
        let is_renewed = new.outlasts(&current);
        // Whatever became of the secret, its access may be another one (RFC 7592 5).
        let new = if is_renewed { new } else { new.with_age_of(&current) };
        let kept = self.keep(remembered, new, current.version(), now).await;
        if is_renewed || self.is_good_for_long(&kept, now) { Renewal::Done(kept) } else { Renewal::NotOffered(kept) }
    }

    /// Another client, in the place of the one before.
    async fn registered(
        &self,
        errand: &Errand,
        key: &str,
        version: Option<Version>,
        before: Option<&Registered>,
    ) -> Result<Registered, ProviderError> {
        let information = errand.provider.register(errand.request.clone()).await?;
        let previous = before.map(|before| Previous {
            information: before.registration.information.clone(),
            until: errand.last_session(),
        });
        let (remembered, now) = (errand.remembered(), errand.now());
        let new = Registered::made_now(key, information, previous, remembered, now);
        Ok(self.keep(remembered, new, version, now).await)
    }

    /// What this process holds is good: whether another machine replaced it. `None` where one gave it up.
    async fn look_again(&self, errand: &Errand, held: &Registered) -> Option<Registered> {
        let (remembered, now) = (errand.remembered(), errand.now());
        match remembered.load(&held.key).await {
            Ok(found) if held.is_unkept_beside(found.version) => {
                let version = found.version;
                Some(self.keep(remembered, held.clone(), version, now).await)
            }
            Ok(found) => held.as_found(found, now).filter(|there| self.will_do(there, errand)),
            // A store that cannot say has replaced nothing.
            Err(_) => Some(held.looked_now()),
        }
    }

    /// The registration as it was last seen. Another process may have looked after it, so what is remembered counts more than what
    /// this process holds.
    pub(super) fn current(&self, key: &str, found: Found, now: NumericDate) -> Option<Registered> {
        let held = self.held.load_full();
        match held.as_deref() {
            Some(held) if held.is_unkept_beside(found.version) => Some(held.clone()),
            // What is not in a store of all machines any more was given up by one of them.
            Some(held) if found.registration.is_none() => Some(held.clone()).filter(|held| !held.is_kept()),
            _ => self.seen(key, found, now),
        }
    }

    /// What was found; what this process holds, if that is the same.
    fn seen(&self, key: &str, found: Found, now: NumericDate) -> Option<Registered> {
        match self.held.load_full() {
            Some(held) => held.as_found(found, now),
            None => Some(Registered::found(key, found.registration?, found.version, now)),
        }
    }

    fn is_good(&self, registered: &Registered, now: NumericDate) -> bool {
        registered.is_good(now) && !self.is_refused(registered, now)
    }

    fn is_good_for_long(&self, registered: &Registered, now: NumericDate) -> bool {
        self.is_good(registered, now) && !registered.is_due(now)
    }

    /// Whether the provider says that it does not know it.
    fn is_refused(&self, registered: &Registered, now: NumericDate) -> bool {
        self.distrusted().as_ref().is_some_and(|distrusted| {
            distrusted.registration.is_of(&registered.registration) && distrusted.had_its_chance(now)
        })
    }

    /// Keeps a registration that was just made, unless another machine was faster: then that one's is used.
    async fn keep(
        &self,
        remembered: &Remembered,
        mut new: Registered,
        mut version: Option<Version>,
        now: NumericDate,
    ) -> Registered {
        new.standing = remembered.unkept(version);
        new = new.looked_now();
        for _ in 0..MOST_RACES {
            match remembered.save(&new.key, version, &new.registration).await {
                Ok(Saved::Done(version)) => {
                    new.standing = Standing::of(version);
                    return new;
                }
                Ok(Saved::Changed(found)) => {
                    version = found.version;
                    if let Some(theirs) = self.seen(&new.key, *found, now).filter(|theirs| self.is_good(theirs, now)) {
                        tracing::warn!(target: "vestibule::provider", client_id = new.client.client_id(),
                            "another machine registered meanwhile: its client is used, and ours is not");
                        return theirs;
                    }
                    new.standing = remembered.unkept(version);
                }
                // A registration that could not be kept is used all the same.
                Err(error) => {
                    let reason = chain(&error);
                    tracing::error!(target: "vestibule::provider", reason, "a registration could not be remembered: the next start registers anew");
                    return new;
                }
            }
        }
        new
    }

    /// What the registration is remembered by.
    pub(super) fn key(&self, remembered: &Remembered, request: &RegistrationRequest) -> String {
        self.held.load().as_ref().map_or_else(|| remembered.key(request), |held| held.key.clone())
    }

    pub(super) fn distrusted(&self) -> MutexGuard<'_, Option<Arc<Registered>>> {
        self.distrusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
