//! The values that are kept: a hash each, of the value `v`, its version `n` and its end `e`, which is empty where it is kept for good.

use redis::Value;
use vestibule::{
    NumericDate, StoreError,
    session_store::{Kept, Update, Version},
    store::Key,
};

use crate::{
    connection::Repeat,
    keys::Kind,
    scripts,
    sessions::{bytes, number, updated},
    store::RedisStore,
    times::{drawing, exact, ttl, ttl_for_good},
    trouble::Trouble,
};

impl RedisStore {
    pub(crate) async fn keep_value(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let mut script = scripts::KEEP.key(self.name(Kind::Value, key));
        script.key(self.names.clock()).arg(drawing(now)?).arg(ttl_for_good());
        script.arg(until.map_or_else(ttl_for_good, |until| ttl(until, now)));
        script.arg(until.map(|until| exact(until).to_string()).unwrap_or_default());
        script.arg(version.map(|version| version.0.to_string()).unwrap_or_default()).arg(value);
        updated(&self.run(&script, Repeat::Never).await?)
    }

    pub(crate) async fn kept_value(&self, key: Key, now: NumericDate) -> Result<Option<Kept>, StoreError> {
        let mut script = scripts::KEPT.key(self.name(Kind::Value, key));
        script.arg(exact(now)).arg(ttl_for_good());
        match self.run(&script, Repeat::Harmless).await? {
            Value::Nil => Ok(None),
            found => Ok(Some(kept(&found).ok_or(Trouble::ForeignRecord("a kept value cannot be read"))?)),
        }
    }

    pub(crate) async fn discard_value(&self, key: Key, now: NumericDate) -> Result<bool, StoreError> {
        let mut script = scripts::DISCARD.key(self.name(Kind::Value, key));
        Ok(self.run(script.arg(exact(now)), Repeat::Never).await?)
    }
}

/// A value of its fields `v`, `n`.
fn kept(found: &Value) -> Option<Kept> {
    let Value::Array(fields) = found else { return None };
    let [value, version, ..] = fields.as_slice() else { return None };
    Some(Kept::new(bytes(value)?.to_vec(), Version(number(version)?)))
}
