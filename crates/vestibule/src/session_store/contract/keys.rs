//! Keys of any bytes: a store may have thought of them as text.

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh, sorted, value},
    same,
};
use crate::{
    session_store::{Raising, Update},
    store::Key,
};

/// A byte in the middle, and the last one.
const PLACES: (usize, usize) = (15, 31);
/// What ends a text, what is trimmed off one, and what is in none.
const BYTES: [u8; 5] = [0x00, 0x0a, 0x20, 0xfe, 0xff];

const CLAUSE: &str = "keys that differ in one byte, whichever it is, are different keys";

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    let keys = alike();
    sessions(probe, &keys).await?;
    values(probe, &keys).await?;
    marks(probe, &keys).await?;
    for key in keys {
        holds(CLAUSE, probe.burn(key, LIFE, 0).await?.is_some())?;
        same(CLAUSE, &probe.remember(key, LIFE, 0).await?, &true)?;
        holds(CLAUSE, probe.lease(key, LIFE, 0).await?.is_some())?;
    }
    Ok(())
}

/// Keys that nobody has, and that are nearly the same.
fn alike() -> Vec<Key> {
    let bytes = *fresh().as_bytes();
    let with = |middle: u8, last: u8| {
        let mut bytes = bytes;
        for (place, byte) in [(PLACES.0, middle), (PLACES.1, last)] {
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
        }
        Key::from_bytes(bytes)
    };
    [0x00, 0xff].into_iter().flat_map(|middle| BYTES.map(|last| with(middle, last))).collect()
}

async fn sessions(probe: Probe<'_>, keys: &[Key]) -> Result<(), Breach> {
    let mut entered = Vec::new();
    for key in keys {
        let session = probe.session(*key, None);
        let inserted = probe.insert(*key, session.clone(), 0).await?;
        same(CLAUSE, &inserted, &crate::session_store::Insertion::Done)?;
        entered.push((*key, session.value));
    }
    for (key, value) in entered {
        same(CLAUSE, &probe.there(CLAUSE, key, 0).await?.value, &value)?;
        same(CLAUSE, &probe.listed(key, 0).await?, &sorted([key]))?;
    }
    Ok(())
}

async fn values(probe: Probe<'_>, keys: &[Key]) -> Result<(), Breach> {
    let mut kept = Vec::new();
    for key in keys {
        let value = value();
        let update = probe.keep(*key, None, &value, Some(LIFE), 0).await?;
        holds(CLAUSE, matches!(update, Update::Done(_)))?;
        kept.push((*key, value));
    }
    for (key, value) in kept {
        same(CLAUSE, &probe.kept(key, 0).await?.map(|kept| kept.value), &Some(value))?;
        same(CLAUSE, &probe.discard(key, 0).await?, &true)?;
    }
    Ok(())
}

async fn marks(probe: Probe<'_>, keys: &[Key]) -> Result<(), Breach> {
    let mut raised = Vec::new();
    for key in keys {
        let raising = Raising::new(*key, fresh(), None, probe.at(LIFE));
        raised.push((*key, probe.raise(raising, 0).await?));
    }
    for (key, mark) in raised {
        same(CLAUSE, &probe.marks(&[key], 0).await?, &mark)?;
    }
    Ok(())
}
