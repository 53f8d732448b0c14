//! The one connection that all questions go by.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation, Value,
    aio::{ConnectionManager, ConnectionManagerConfig, PubSub},
};
use tokio::{runtime::Handle, time::Instant};

use crate::{
    address::Address,
    trouble::{self, Trouble},
};

/// Longer than this, nobody waits for a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// Longer than this, nobody waits for an answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);
/// Whoever was left alone with a question for longer has reason to doubt the connection.
const DOUBT: Duration = Duration::from_millis(500);

/// A connection that is being made, or was. It fails for all who wait for it.
type Dial = Shared<BoxFuture<'static, RedisResult<ConnectionManager>>>;

/// A connection, made by the first question. It is replaced as soon as it fails, or does not answer: the next question connects
/// anew and at once, so that a server that came back is found by whoever asks first. How often a dead server is asked is the
/// business of whoever asks.
pub(crate) struct Connection {
    address: Address,
    client: Client,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// Which connection this is.
    number: u64,
    dial: Option<Dial>,
}

/// What the server is asked.
pub(crate) enum Question<'a> {
    Command(Cmd),
    /// Several commands at once, in one round trip.
    Commands(Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

/// Whether a question may be asked again when nobody knows whether the server heard it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or the same.
    Harmless,
    Never,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// This question's: what it finds is how things are now.
    Made,
    /// Another question's, which may be long ago.
    Found,
}

impl Connection {
    pub(crate) fn new(address: Address) -> Result<Self, crate::trouble::Setting> {
        Ok(Self { client: address.client()?, address, current: Mutex::default() })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Asks, and reads the answer.
    pub(crate) async fn ask<T: FromRedisValue>(&self, question: &Question<'_>, repeat: Repeat) -> Result<T, Trouble> {
        Ok(redis::from_redis_value(self.answer(question, repeat).await?).map_err(RedisError::from)?)
    }

    /// Asks once, or a second time where the first went to a connection that others had left behind broken.
    pub(crate) async fn answer(&self, question: &Question<'_>, repeat: Repeat) -> RedisResult<Value> {
        let (number, dial, origin) = self.current()?;
        let (again, error) = match self.put(question, number, dial).await {
            Err(error) if origin == Origin::Found => {
                (unheard(&error) || (repeat == Repeat::Harmless && broken(&error)), error)
            }
            answer => return answer,
        };
        if !again {
            return Err(error);
        }
        let (number, dial, _) = self.current()?;
        self.put(question, number, dial).await
    }

    async fn put(&self, question: &Question<'_>, number: u64, dial: Dial) -> RedisResult<Value> {
        let mut manager = dial.await?;
        let mut doubt = Doubt { connection: self, number, since: Some(Instant::now()) };
        let answer = match question {
            Question::Command(command) => command.query_async(&mut manager).await,
            Question::Commands(pipeline) => pipeline.query_async(&mut manager).await,
            Question::Script(script) => script.invoke_async(&mut manager).await,
        };
        doubt.since = None;
        drop(doubt);
        if answer.as_ref().is_err_and(spent) {
            self.discard(number);
        }
        answer
    }

    /// A connection of its own, for messages.
    pub(crate) async fn messages(&self) -> RedisResult<PubSub> {
        self.name_crypto_library();
        tokio::time::timeout(CONNECT, self.client.get_async_pubsub()).await.unwrap_or_else(|_| Err(too_slow()))
    }

    /// The connection that is there, or that is being made. One that could not be made is no longer there.
    fn current(&self) -> RedisResult<(u64, Dial, Origin)> {
        let Ok(runtime) = Handle::try_current() else {
            return Err((ErrorKind::Client, NO_RUNTIME).into());
        };
        let mut current = self.lock();
        if let Some(dial) = current.dial.as_ref().filter(|dial| !matches!((*dial).clone().now_or_never(), Some(Err(_))))
        {
            return Ok((current.number, dial.clone(), Origin::Found));
        }
        self.name_crypto_library();
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_number_of_retries(0);
        // A task of its own: whoever asks may wait for less than a slow server takes to let us in, and the next one finds what the
        // first one began.
        let dialling = runtime.spawn(ConnectionManager::new_with_config(self.client.clone(), settings));
        let dial = dialling.map(|ended| ended.unwrap_or_else(|_| Err(given_up()))).boxed().shared();
        *current = Current { number: current.number.wrapping_add(1), dial: Some(dial.clone()) };
        Ok((current.number, dial, Origin::Made))
    }

    /// Whoever asks next connects anew.
    fn discard(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.dial = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// rustls takes the library that its process names, and refuses to choose where its features bring two. The application may
    /// have named one: then that is it.
    fn name_crypto_library(&self) {
        if self.address.has_tls() {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
    }
}

/// A question under way. If it is given up after a while without an answer, by somebody whose patience is less than ours, the next
/// one does not trust the connection.
struct Doubt<'a> {
    connection: &'a Connection,
    number: u64,
    since: Option<Instant>,
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() >= DOUBT) {
            self.connection.discard(self.number);
        }
    }
}

/// What an answer of nobody is.
pub(crate) fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// What a connection is whose runtime ended before it was made.
fn given_up() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::NotConnected).into()
}

/// What is said where there is no runtime.
pub(crate) const NO_RUNTIME: &str = "outside of a tokio runtime";

/// Whether the connection is of no use any more, and does not know it: it could not be made again, it is silent, not let in, or leads
/// to a server that has become a replica. One that broke is made anew by the client itself.
fn spent(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Io => unheard(error) || !broken(error),
        ErrorKind::Parse
        | ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::RESP3NotSupported => true,
        _ => trouble::code(error).as_deref() == Some("READONLY"),
    }
}

/// Whether the server cannot have heard the question: there was no connection.
fn unheard(error: &RedisError) -> bool {
    error.is_connection_refusal()
}

/// Whether the connection broke before there was an answer.
fn broken(error: &RedisError) -> bool {
    error.is_connection_dropped()
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.address, f)
    }
}

#[cfg(test)]
mod tests;
