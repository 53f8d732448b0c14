//! The sessions of a subject and of a `sid`: exact sets, listed and ended.

use super::{
    Breach,
    probe::{LIFE, Probe, fresh, sorted},
    same,
};
use crate::{
    session_store::{Born, Mark, Moment, Update},
    store::Key,
};

/// Ends whatever was born.
const EVERYTHING: Mark = Mark::from_parts(None, Moment(0), Moment(u64::MAX));

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    an_unknown_index(probe).await?;
    lists(probe).await?;
    the_end_of_a_sid(probe).await?;
    the_end_of_a_subject(probe).await?;
    what_a_mark_spares(probe).await?;
    what_a_mark_spares_by_a_hair(probe).await?;
    what_has_expired(probe).await
}

/// Somebody with three devices: one login at the first, and one that the other two share.
struct Person {
    subject: Key,
    first_sid: Key,
    shared_sid: Key,
    first: Key,
    second: Key,
    third: Key,
    /// A session without a `sid`.
    fourth: Key,
}

impl Person {
    async fn sign_in(probe: Probe<'_>) -> Result<Self, Breach> {
        let [subject, first_sid, shared_sid, first, second, third, fourth] = std::array::from_fn(|_| fresh());
        let sids = [(first, Some(first_sid)), (second, Some(shared_sid)), (third, Some(shared_sid)), (fourth, None)];
        for (key, sid) in sids {
            probe.enter(key, &probe.session(subject, sid)).await?;
        }
        Ok(Self { subject, first_sid, shared_sid, first, second, third, fourth })
    }

    fn all(&self) -> Vec<Key> {
        sorted([self.first, self.second, self.third, self.fourth])
    }

    fn shared(&self) -> Vec<Key> {
        sorted([self.second, self.third])
    }
}

async fn an_unknown_index(probe: Probe<'_>) -> Result<(), Breach> {
    same("nobody's sessions are none", &probe.listed(fresh(), 0).await?, &Vec::new())?;
    same("to end nobody's sessions ends none", &probe.delete_all(fresh(), EVERYTHING, 0).await?, &Vec::new())
}

async fn lists(probe: Probe<'_>) -> Result<(), Breach> {
    const SUBJECT: &str = "a subject's list has each of its sessions, once, and no other";
    const SID: &str = "a `sid`'s list has each of its sessions, once, and no other";
    // The same person at two providers, which may well give the same `sub` and `sid`: their indexes differ all the same.
    for person in [Person::sign_in(probe).await?, Person::sign_in(probe).await?] {
        same(SUBJECT, &probe.listed(person.subject, 0).await?, &person.all())?;
        same(SID, &probe.listed(person.first_sid, 0).await?, &vec![person.first])?;
        same(SID, &probe.listed(person.shared_sid, 0).await?, &person.shared())?;
        let list = probe.list(person.subject, 0).await?;
        same(SUBJECT, &sorted(list.iter().map(|(key, _)| *key)), &person.all())?;
        for (key, session) in list {
            same("a list has the sessions as they are loaded", &probe.load(key, 0).await?, &Some(session))?;
        }
    }
    Ok(())
}

async fn the_end_of_a_sid(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "the end of a `sid` ends its sessions and no other";
    let (person, other) = (Person::sign_in(probe).await?, Person::sign_in(probe).await?);
    same(CLAUSE, &probe.delete_all(person.shared_sid, EVERYTHING, 0).await?, &person.shared())?;
    gone(probe, &person.shared()).await?;
    let left = sorted([person.first, person.fourth]);
    same(CLAUSE, &probe.listed(person.subject, 0).await?, &left)?;
    same(CLAUSE, &probe.listed(person.shared_sid, 0).await?, &Vec::new())?;
    same(CLAUSE, &probe.listed(other.subject, 0).await?, &other.all())?;
    const REST: &str = "the end of all sessions gives the keys of those that were still there";
    same(REST, &probe.delete_all(person.subject, EVERYTHING, 0).await?, &left)?;
    same(REST, &probe.delete_all(person.subject, EVERYTHING, 0).await?, &Vec::new())
}

async fn the_end_of_a_subject(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "the end of a subject ends all its sessions and no other";
    let (person, other) = (Person::sign_in(probe).await?, Person::sign_in(probe).await?);
    let version = probe.there(CLAUSE, person.first, 0).await?.version;
    let updated = probe.update(person.first, version, b"-", 0).await?;
    let touched = probe.touch(person.second, 1, LIFE + 1, 1).await?;
    same(CLAUSE, &(matches!(updated, Update::Done(_)), touched), &(true, true))?;
    same(CLAUSE, &probe.delete_all(person.subject, EVERYTHING, 1).await?, &person.all())?;
    gone(probe, &person.all()).await?;
    for sid in [person.first_sid, person.shared_sid] {
        same(CLAUSE, &probe.listed(sid, 1).await?, &Vec::new())?;
    }
    for (index, keys) in [(other.subject, other.all()), (other.shared_sid, other.shared())] {
        same(CLAUSE, &probe.listed(index, 1).await?, &keys)?;
    }
    for key in other.all() {
        probe.there(CLAUSE, key, 1).await?;
    }
    Ok(())
}

async fn gone(probe: Probe<'_>, keys: &[Key]) -> Result<(), Breach> {
    for key in keys {
        same("a session that was ended with others is gone", &probe.load(*key, 1).await?, &None)?;
    }
    Ok(())
}

async fn what_a_mark_spares(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "what a mark does not end is spared, and all else is ended";
    let at = |second| probe.at(second);
    for mark in [
        Mark::default(),
        Mark::from_parts(Some(at(-5)), Moment(500), Moment(0)),
        Mark::from_parts(None, Moment(0), Moment(500)),
        Mark::from_parts(Some(at(-8)), Moment(400), Moment(300)),
    ] {
        let (subject, mut ended, mut spared) = (fresh(), Vec::new(), Vec::new());
        for second in [-9, -8, -6, -5, -4] {
            for moment in [299, 300, 399, 400, 499, 500, 501] {
                let (key, born) = (fresh(), Born::new(at(second), Moment(moment)));
                probe.enter(key, &probe.born(born, subject, None)).await?;
                if mark.ends(born) { ended.push(key) } else { spared.push(key) }
            }
        }
        same(CLAUSE, &probe.delete_all(subject, mark, 0).await?, &sorted(ended))?;
        same(CLAUSE, &probe.listed(subject, 0).await?, &sorted(spared))?;
    }
    Ok(())
}

/// Moments as they are at work: no two are too close to be told apart, however great the number.
async fn what_a_mark_spares_by_a_hair(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "of two moments that follow each other at once a mark tells which was first";
    let Moment(now) = Moment::default().next(probe.at(0));
    let moment = |after: u64| Moment(now.saturating_add(after));
    for mark in
        [Mark::from_parts(None, Moment(0), moment(7)), Mark::from_parts(Some(probe.at(0)), moment(7), Moment(0))]
    {
        let subject = fresh();
        let keys: [Key; 3] = std::array::from_fn(|_| fresh());
        for (key, after) in keys.into_iter().zip(6..) {
            probe.enter(key, &probe.born(Born::new(probe.at(0), moment(after)), subject, None)).await?;
        }
        let [before, at, after] = keys;
        same(CLAUSE, &probe.delete_all(subject, mark, 0).await?, &vec![before])?;
        same(CLAUSE, &probe.listed(subject, 0).await?, &sorted([at, after]))?;
    }
    Ok(())
}

async fn what_has_expired(probe: Probe<'_>) -> Result<(), Breach> {
    let person = with_one_that_lasts(probe).await?;
    let left = probe.listed(person.subject, LIFE).await?;
    same("what has expired is in no list", &left, &vec![person.second])?;
    let person = with_one_that_lasts(probe).await?;
    let left = probe.delete_all(person.subject, EVERYTHING, LIFE).await?;
    same("what has expired was not there to be ended", &left, &vec![person.second])
}

async fn with_one_that_lasts(probe: Probe<'_>) -> Result<Person, Breach> {
    let person = Person::sign_in(probe).await?;
    let touched = probe.touch(person.second, 0, 2 * LIFE, 0).await?;
    same("a touch says that the session is there", &touched, &true)?;
    Ok(person)
}
