//! What may happen once only: login attempts that came back, logout tokens that took effect. Its end, each.

use redis::Value;
use vestibule::{NumericDate, StoreError, session_store::Moment, store::Key};

use crate::{
    connection::Repeat,
    keys::Kind,
    scripts,
    sessions::number,
    store::RedisStore,
    times::{drawing, exact, ttl, ttl_for_good},
    trouble::Trouble,
};

impl RedisStore {
    pub(crate) async fn burn(
        &self,
        attempt: Key,
        until: NumericDate,
        now: NumericDate,
    ) -> Result<Option<Moment>, StoreError> {
        let mut script = scripts::BURN.key(self.name(Kind::Attempt, attempt));
        script.key(self.names.clock());
        script.arg(drawing(now)?).arg(ttl_for_good()).arg(ttl(until, now)).arg(exact(until));
        match self.run(&script, Repeat::Never).await? {
            Value::Nil => Ok(None),
            moment => {
                let moment = number(&moment).ok_or(Trouble::ForeignRecord("a moment is no number"))?;
                Ok(Some(Moment(moment)))
            }
        }
    }

    pub(crate) async fn remember(&self, jti: Key, until: NumericDate, now: NumericDate) -> Result<bool, StoreError> {
        let mut script = scripts::REMEMBER.key(self.name(Kind::Jti, jti));
        script.arg(exact(now)).arg(ttl(until, now)).arg(exact(until));
        Ok(self.run::<Value>(&script, Repeat::Never).await? != Value::Nil)
    }

    pub(crate) async fn knows(&self, jti: Key, now: NumericDate) -> Result<bool, StoreError> {
        let mut command = redis::cmd("GET");
        command.arg(self.name(Kind::Jti, jti));
        match self.command(command, Repeat::Harmless).await? {
            Value::Nil => Ok(false),
            // V71: what cannot be read is not unknown.
            until => match number(&until) {
                Some(until) => Ok(NumericDate::from_seconds(until) > now),
                None => Err(Trouble::ForeignRecord("what was seen cannot be read").into()),
            },
        }
    }
}
