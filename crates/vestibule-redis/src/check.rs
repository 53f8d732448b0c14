//! Whether the server is one that sessions can be trusted to.

use std::collections::HashMap;

use redis::Value;
use vestibule::StoreError;

use crate::{
    connection::{ANSWER, Repeat, too_slow},
    scripts,
    store::RedisStore,
    trouble::Trouble,
};

/// Whether a server may forget what it likes when its memory is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    Refused,
    Taken,
}

impl RedisStore {
    /// Asks the server what it is, does once whatever we do, and subscribes once.
    pub(crate) async fn examine(&self) -> Result<(), StoreError> {
        let said: String = self.command(redis::cmd("INFO"), Repeat::Harmless).await?;
        judge(&said, self.eviction)?;
        let mut script = scripts::CHECK.key(self.names.checked("text"));
        script.key(self.names.checked("session")).key(self.names.checked("index")).arg(self.names.channel());
        let _: Value = self.run(&script, Repeat::Harmless).await?;
        let mut pipeline = redis::pipe();
        pipeline.cmd("GET").arg(self.names.checked("text"));
        pipeline.cmd("HMGET").arg(self.names.checked("session")).arg("e");
        pipeline.cmd("ZRANGE").arg(self.names.checked("index")).arg(0).arg(-1);
        let _: Value = self.ask(&crate::connection::Question::Commands(pipeline), Repeat::Harmless).await?;
        let mut messages = self.connection().messages().await.map_err(Trouble::from)?;
        let subscribed = tokio::time::timeout(ANSWER, messages.subscribe(self.names.channel())).await;
        Ok(subscribed.unwrap_or_else(|_| Err(too_slow())).map_err(Trouble::from)?)
    }
}

/// Judges a server by what it says of itself (`INFO`).
fn judge(info: &str, eviction: Eviction) -> Result<(), Trouble> {
    let fields: HashMap<_, _> = info.lines().filter_map(|line| line.split_once(':')).collect();
    let of = |name| fields.get(name).map(|value| value.trim());
    let version = of("redis_version").ok_or_else(|| Trouble::Foreign("it does not say its version".to_owned()))?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    if (parts.next(), parts.next()) < (Some(6), Some(2)) {
        return Err(Trouble::Old(version.to_owned()));
    }
    if of("role") == Some("slave") {
        return Err(Trouble::Replica);
    }
    let policy = of("maxmemory_policy").unwrap_or("noeviction");
    let bounded = of("maxmemory").is_some_and(|bytes| bytes != "0");
    if bounded && policy != "noeviction" && eviction == Eviction::Refused {
        return Err(Trouble::Evicts(policy.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(version: &str, rest: &str) -> Result<(), Trouble> {
        judge(&format!("# Server\r\nredis_version:{version}\r\n{rest}\r\n"), Eviction::Refused)
    }

    #[test]
    fn a_server_before_6_2_is_refused() {
        for version in ["6.2.0", "6.10.1", "7.0.15", "7.2.4-rc1", "8.0.0", "10.1"] {
            assert_eq!(judged(version, ""), Ok(()), "{version}");
        }
        for version in ["6.0.16", "5.10.0", "2.8", "6", "x"] {
            assert_eq!(judged(version, ""), Err(Trouble::Old(version.to_owned())), "{version}");
        }
        assert!(matches!(judge("", Eviction::Refused), Err(Trouble::Foreign(_))));
    }

    /// V64: a mark that is forgotten before its time lets somebody in who had signed out.
    #[test]
    fn a_server_that_evicts_is_refused_unless_that_is_said_aloud() {
        let evicts = "maxmemory:1000\r\nmaxmemory_policy:allkeys-lru";
        assert_eq!(judged("7.0.0", evicts), Err(Trouble::Evicts("allkeys-lru".to_owned())));
        assert_eq!(judge(&format!("redis_version:7.0.0\r\n{evicts}"), Eviction::Taken), Ok(()));
        assert_eq!(judged("7.0.0", "maxmemory:0\r\nmaxmemory_policy:allkeys-lru"), Ok(()));
        assert_eq!(judged("7.0.0", "maxmemory:1000\r\nmaxmemory_policy:noeviction"), Ok(()));
    }

    #[test]
    fn a_replica_is_refused() {
        assert_eq!(judged("7.0.0", "role:slave"), Err(Trouble::Replica));
        assert_eq!(judged("7.0.0", "role:master"), Ok(()));
    }
}
