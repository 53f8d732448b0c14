//! What ends elsewhere: LISTEN, on a connection of its own.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use sqlx::{Executor, postgres::PgListener};
use tokio::time::{sleep, timeout};
use vestibule::{
    StoreError,
    session_store::{Key, Notice},
};

use super::{Connections, ask, statements};
use crate::{WAIT, listeners::Listeners};

const CHANNEL: &str = "vestibule_ended";

/// How long nothing may come before the connection is asked whether it lives: one that died in silence says nothing for ever.
const SILENCE: Duration = Duration::from_secs(5);

const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// Hears for as long as somebody wants it, through any number of connections.
pub(super) async fn hear(connections: Connections, listeners: Arc<Listeners>) {
    let _deaf_in_the_end = DeafInTheEnd(Arc::clone(&listeners));
    let (mut delay, mut is_said) = (FIRST_DELAY, false);
    loop {
        match listening(&connections, &listeners).await {
            Ok(mut ear) => {
                listeners.hear_or_not(Notice::Hearing);
                (delay, is_said) = (FIRST_DELAY, false);
                let reason = until_lost(&mut ear, &listeners).await;
                listeners.hear_or_not(Notice::Deaf);
                tracing::warn!(
                    target: "vestibule::session", reason,
                    "what ends elsewhere is not heard for now: the connection to PostgreSQL is lost"
                );
            }
            Err(reason) if is_said => {
                tracing::debug!(target: "vestibule::session", reason, "what ends elsewhere is still not heard")
            }
            Err(reason) => {
                is_said = true;
                tracing::warn!(
                    target: "vestibule::session", reason,
                    "what ends elsewhere is not heard, and is found out by asking; it is tried again"
                );
            }
        }
        sleep(delay).await;
        delay = LONGEST_DELAY.min(delay * 2);
    }
}

/// The driver listens on a connection of a pool, so it gets one of its own.
async fn listening(connections: &Connections, listeners: &Listeners) -> Result<PgListener, String> {
    let listening = timeout(WAIT * 2, async {
        let mut ear = PgListener::connect_with(&connections.for_an_ear()).await?;
        // Whoever reconnects in silence has missed something and does not say so.
        ear.eager_reconnect(false);
        ear.listen(CHANNEL).await?;
        Ok(ear)
    });
    let mut ear =
        listening.await.map_err(|_| "no answer".to_owned())?.map_err(|error: sqlx::Error| error.to_string())?;
    match timeout(WAIT, hears_us(&mut ear, connections, listeners)).await {
        Ok(Ok(())) => Ok(ear),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("LISTEN is taken and nothing comes: a pooler in transaction mode in between?".to_owned()),
    }
}

/// Says something on another connection, and waits until it comes: a pooler takes LISTEN, and may be listening itself.
async fn hears_us(ear: &mut PgListener, connections: &Connections, listeners: &Listeners) -> Result<(), String> {
    let word = format!("listening {:016x}", RandomState::new().build_hasher().finish());
    ask(connections, sqlx::query(statements::SAY).bind(&word)).await.map_err(|error| with_its_source(&error))?;
    loop {
        match ear.try_recv().await {
            Ok(Some(notification)) if notification.payload() == word => return Ok(()),
            Ok(Some(notification)) => listeners.tell(key(notification.payload()).as_slice()),
            Ok(None) => return Err("it was closed".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn with_its_source(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Tells what it hears, and in the end why it hears no more.
async fn until_lost(ear: &mut PgListener, listeners: &Listeners) -> String {
    loop {
        match timeout(SILENCE, ear.try_recv()).await {
            Ok(Ok(Some(notification))) => listeners.tell(key(notification.payload()).as_slice()),
            Ok(Ok(None)) => return "it was closed".to_owned(),
            Ok(Err(error)) => return error.to_string(),
            Err(_) => match timeout(WAIT, ear.execute("SELECT 1")).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error.to_string(),
                Err(_) => return "it does not answer".to_owned(),
            },
        }
    }
}

/// Any role of the database may notify anybody of anything: what is no key is passed over.
fn key(payload: &str) -> Option<Key> {
    let mut bytes = [0; 32];
    if payload.len() != 2 * bytes.len() || !payload.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(payload.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Key::from_bytes(bytes))
}

/// A task that ends with its runtime hears no more, whoever goes on.
struct DeafInTheEnd(Arc<Listeners>);

impl Drop for DeafInTheEnd {
    fn drop(&mut self) {
        self.0.hear_or_not(Notice::Deaf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_is_heard() {
        let own = Key::from_bytes([0xa7; 32]);
        assert_eq!(key(&own.to_string()), Some(own));
        for foreign in ["", "hello", &"a7".repeat(33), &"g7".repeat(32), &"ä".repeat(32), &"+7".repeat(32)] {
            assert_eq!(key(foreign), None, "{foreign}");
        }
    }
}
