//! More sessions of one person than a store would think of: whoever gives or ends them page by page does not stop at the first.

use super::{
    Breach,
    probe::{Probe, fresh, sorted},
    same,
    together::callers,
};
use crate::session_store::{Insertion, Mark, Moment};

/// So many times as many as there are callers at once.
const ROUNDS: usize = 16;

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    const ALL: &str = "a list has each of a thousand sessions";
    const ENDED: &str = "a thousand sessions are ended at once";
    let subject = fresh();
    let mut keys = Vec::new();
    for _ in 0..ROUNDS {
        let entered = callers(|_| async move {
            let key = fresh();
            let inserted = probe.insert(key, probe.session(subject, None), 0).await?;
            same("a session is inserted under a key that nobody has", &inserted, &Insertion::Done)?;
            Ok(key)
        });
        keys.extend(entered.await?);
    }
    let keys = sorted(keys);
    counted(ALL, &probe.listed(subject, 0).await?, &keys)?;
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    counted(ENDED, &probe.delete_all(subject, everything, 0).await?, &keys)?;
    same(ENDED, &probe.listed(subject, 0).await?.len(), &0)?;
    for key in keys.iter().step_by(50) {
        same(ENDED, &probe.load(*key, 0).await?, &None)?;
    }
    Ok(())
}

/// A thousand keys are too many to be shown.
fn counted<T: PartialEq>(clause: &'static str, got: &[T], expected: &[T]) -> Result<(), Breach> {
    same(clause, &got.len(), &expected.len())?;
    super::holds(clause, got == expected)
}
