//! The leases: who may do what only one may do at a time. A text each, `fence end`.

use redis::Value;
use vestibule::{NumericDate, StoreError, session_store::Fence, store::Key};

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
    pub(crate) async fn take_lease(
        &self,
        name: Key,
        until: NumericDate,
        now: NumericDate,
    ) -> Result<Option<Fence>, StoreError> {
        let mut script = scripts::LEASE.key(self.name(Kind::Lease, name));
        script.key(self.names.clock());
        script.arg(drawing(now)?).arg(ttl_for_good()).arg(ttl(until, now)).arg(exact(until));
        match self.run(&script, Repeat::Never).await? {
            Value::Nil => Ok(None),
            fence => {
                let fence = number(&fence).ok_or(Trouble::ForeignRecord("a fence is no number"))?;
                Ok(Some(Fence(fence)))
            }
        }
    }

    pub(crate) async fn renew(
        &self,
        name: Key,
        fence: Fence,
        until: NumericDate,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let mut script = scripts::RENEW_LEASE.key(self.name(Kind::Lease, name));
        script.arg(exact(now)).arg(ttl(until, now)).arg(exact(until)).arg(fence.0);
        Ok(self.run(&script, Repeat::Harmless).await?)
    }

    pub(crate) async fn release(&self, name: Key, fence: Fence, now: NumericDate) -> Result<(), StoreError> {
        let mut script = scripts::RELEASE_LEASE.key(self.name(Kind::Lease, name));
        script.arg(exact(now)).arg(fence.0);
        let _: Value = self.run(&script, Repeat::Harmless).await?;
        Ok(())
    }
}
