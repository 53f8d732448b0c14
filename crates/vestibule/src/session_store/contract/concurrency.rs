//! Many callers at once: each method is one step, so the outcome is as if they had come one after the other.

use std::collections::BTreeSet;

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh, sorted, value},
    same,
    together::{CALLERS, callers, pause},
};
use crate::{
    session_store::{Insertion, Mark, Moment, Raising, StoredSession, Update, Version},
    store::Key,
};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    one_of_many(probe).await?;
    insertions(probe).await?;
    increments(probe, Place::Session).await?;
    increments(probe, Place::Kept).await?;
    touches(probe).await?;
    no_resurrection(probe).await?;
    ends(probe).await?;
    raises(probe).await?;
    moments(probe).await
}

fn exactly_one<T>(clause: &'static str, found: &[T], first: impl Fn(&T) -> bool) -> Result<(), Breach> {
    same(clause, &found.iter().filter(|one| first(one)).count(), &1)
}

async fn one_of_many(probe: Probe<'_>) -> Result<(), Breach> {
    let [attempt, jti, name, kept] = std::array::from_fn(|_| fresh());
    let burnt = callers(|_| probe.burn(attempt, LIFE, 0)).await?;
    exactly_one("of all who burn an attempt at once, one is the first", &burnt, Option::is_some)?;
    let new = callers(|_| probe.remember(jti, LIFE, 0)).await?;
    exactly_one("of all who remember a `jti` at once, one finds it new", &new, |new| *new)?;
    let fences = callers(|_| probe.lease(name, LIFE, 0)).await?;
    exactly_one("of all who ask for a lease at once, one has it", &fences, Option::is_some)?;
    let made = callers(|_| probe.keep(kept, None, b"-", Some(LIFE), 0)).await?;
    exactly_one("of all who make a value at once, one does", &made, |made| matches!(made, Update::Done(_)))?;
    let gone = callers(|_| probe.discard(kept, 0)).await?;
    exactly_one("of all who discard a value at once, one does", &gone, |gone| *gone)?;
    let (session, _) = probe.somebody().await?;
    let gone = callers(|_| probe.delete(session, 0)).await?;
    exactly_one("of all who delete a session at once, one does", &gone, |gone| *gone)
}

async fn insertions(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "of all who insert a session under one key at once, one does, and it stays as it was inserted";
    let key = fresh();
    let inserted = callers(|_| async move {
        let session = probe.session(fresh(), None);
        Ok((probe.insert(key, session.clone(), 0).await?, session))
    });
    let (done, refused): (Vec<_>, Vec<_>) = inserted.await?.into_iter().partition(|(i, _)| *i == Insertion::Done);
    same(CLAUSE, &done.len(), &1)?;
    let found = probe.there(CLAUSE, key, 0).await?;
    for (_, session) in &done {
        same(CLAUSE, &found.value, &session.value)?;
        same(CLAUSE, &probe.listed(session.subject, 0).await?, &vec![key])?;
    }
    for (_, session) in &refused {
        same(CLAUSE, &probe.listed(session.subject, 0).await?, &Vec::new())?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Place {
    Session,
    Kept,
}

impl Place {
    async fn make(self, probe: Probe<'_>, value: &[u8]) -> Result<Key, Breach> {
        let (key, mut session) = (fresh(), probe.session(fresh(), None));
        session.value = value.to_vec();
        match self {
            Self::Session => probe.enter(key, &session).await?,
            Self::Kept => drop(probe.keep(key, None, value, Some(LIFE), 0).await?),
        }
        Ok(key)
    }

    async fn read(self, probe: Probe<'_>, key: Key) -> Result<Option<(Vec<u8>, Version)>, Breach> {
        Ok(match self {
            Self::Session => probe.load(key, 0).await?.map(|found| (found.value, found.version)),
            Self::Kept => probe.kept(key, 0).await?.map(|found| (found.value, found.version)),
        })
    }

    async fn write(self, probe: Probe<'_>, key: Key, version: Version, value: &[u8]) -> Result<Update, Breach> {
        match self {
            Self::Session => probe.update(key, version, value, 0).await,
            Self::Kept => probe.keep(key, Some(version), value, Some(LIFE), 0).await,
        }
    }
}

/// Everybody adds one to what they read, and tries again when somebody else was faster.
async fn increments(probe: Probe<'_>, place: Place) -> Result<(), Breach> {
    const LOST: &str = "of changes made at once none is lost";
    const REFUSED: &str = "a change is refused only where another was made since its version was read";
    let key = place.make(probe, &[0]).await?;
    callers(|_| async move {
        // Each refusal is somebody else's success, and everybody succeeds once.
        for _ in 0..CALLERS {
            let Some((value, version)) = place.read(probe, key).await? else { break };
            pause().await;
            let next: Vec<u8> = value.iter().map(|count| count.wrapping_add(1)).collect();
            if matches!(place.write(probe, key, version, &next).await?, Update::Done(_)) {
                return Ok(());
            }
        }
        holds(REFUSED, false)
    })
    .await?;
    let found = place.read(probe, key).await?.map(|(value, _)| value);
    same(LOST, &found, &Some(vec![CALLERS]))
}

/// Half of them touch a session that the others update.
async fn touches(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "of touches and updates made at once none undoes another";
    let (key, _) = probe.somebody().await?;
    // Read once for all: at a store that takes its time, one of them could read what another one has written already.
    let version = probe.there(CLAUSE, key, 0).await?.version;
    let written = callers(|number| async move {
        let seconds = i64::from(number);
        pause().await;
        if number % 2 == 0 {
            // The latest comes neither first nor last.
            let seen = (seconds + 20) % i64::from(CALLERS);
            probe.touch(key, seen, LIFE + seen, 0).await?;
            return Ok(None);
        }
        let value = value();
        let updated = probe.update(key, version, &value, 0).await?;
        Ok(if let Update::Done(version) = updated { Some((value, version)) } else { None })
    });
    let written: Vec<_> = written.await?.into_iter().flatten().collect();
    let latest = i64::from(CALLERS) - 2;
    let found = probe.there(CLAUSE, key, 0).await?;
    for (value, version) in &written {
        let expected = StoredSession::new(value.clone(), *version, probe.at(latest), probe.at(LIFE + latest));
        same(CLAUSE, &found, &expected)?;
    }
    same(CLAUSE, &written.len(), &1)
}

/// Somebody logs out, sooner or later, while requests of theirs are under way.
async fn no_resurrection(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "no update and no touch that was under way brings a deleted session back";
    for delay in 0..8 {
        let (key, session) = probe.somebody().await?;
        let found = callers(|number| async move {
            if number == 0 {
                for _ in 0..delay {
                    pause().await;
                }
                return probe.delete(key, 0).await;
            }
            for _ in 0..4 {
                let Some(found) = probe.load(key, 0).await? else { break };
                pause().await;
                let update = probe.update(key, found.version, &value(), 0).await?;
                let touched = probe.touch(key, 1, LIFE + 1, 0).await?;
                holds(CLAUSE, !(touched && update == Update::Gone))?;
            }
            Ok(false)
        });
        exactly_one(CLAUSE, &found.await?, |deleted| *deleted)?;
        same(CLAUSE, &probe.load(key, 0).await?, &None)?;
        same(CLAUSE, &probe.listed(session.subject, 0).await?, &Vec::new())?;
    }
    Ok(())
}

async fn ends(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "of all who end a subject's sessions at once, one ends each";
    let subject = fresh();
    let keys = sorted((0..8).map(|_| fresh()));
    for key in &keys {
        probe.enter(*key, &probe.session(subject, None)).await?;
    }
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    let ended = callers(|_| probe.delete_all(subject, everything, 0)).await?;
    same(CLAUSE, &sorted(ended.into_iter().flatten()), &keys)
}

async fn raises(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "of marks raised at once none is lost";
    let (whose, issuer) = (fresh(), fresh());
    let raised = callers(|number| async move {
        // The latest comes neither first nor last.
        let issued_at = (number % 2 == 0).then(|| probe.at(i64::from(number.wrapping_add(20) % CALLERS)));
        probe.raise(Raising::new(whose, issuer, issued_at, probe.at(LIFE)), 0).await
    });
    let raised = raised.await?;
    let joined = raised.iter().copied().fold(Mark::default(), Mark::join);
    same(CLAUSE, &joined.parts().0, &Some(probe.at(i64::from(CALLERS) - 2)))?;
    same(CLAUSE, &probe.marks(&[whose], 0).await?, &joined)
}

async fn moments(probe: Probe<'_>) -> Result<(), Breach> {
    let moments = callers(|number| async move {
        if number % 2 == 0 {
            return Ok(probe.burn(fresh(), LIFE, 0).await?.unwrap_or_default());
        }
        let raising = Raising::new(fresh(), fresh(), None, probe.at(LIFE));
        Ok(probe.raise(raising, 0).await?.parts().2)
    });
    let distinct: BTreeSet<_> = moments.await?.into_iter().collect();
    same("no two moments are equal, however many are taken at once", &distinct.len(), &usize::from(CALLERS))
}
