//! Hearing of what ends on other machines.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use redis::{RedisResult, Value, aio::PubSubSink};
use tokio::{runtime::Handle, task::AbortHandle, time};
use vestibule::{session_store::Listener, store::Key};

use crate::{
    connection::{ANSWER, Connection, too_slow},
    keys,
    listeners::Listeners,
    trouble::Trouble,
};

/// How often a connection without messages is asked whether it is still there.
const PING: Duration = Duration::from_secs(1);
/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(100);

/// A subscription on a connection of its own. It is a task, from the first listener's coming until the store is dropped; one whose
/// runtime has ended is begun anew by the next question. It does not go by the connection of the questions: that one mends itself
/// without a word, and who is not told of a gap believes that nothing ended in it.
pub(crate) struct Listening {
    listeners: Arc<Listeners>,
    task: Mutex<Option<AbortHandle>>,
}

impl Listening {
    pub(crate) fn new() -> Self {
        Self { listeners: Arc::default(), task: Mutex::default() }
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    pub(crate) fn add(&self, listener: &Listener, connection: &Arc<Connection>, channel: &str) {
        self.listeners.add(listener);
        self.begin(connection, channel);
    }

    /// Begins, where there is somebody to be told, a runtime to do it on, and nobody who does it already.
    pub(crate) fn begin(&self, connection: &Arc<Connection>, channel: &str) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) || self.listeners.is_empty() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let ear = Ear { listeners: Arc::clone(&self.listeners) };
        let listening = ear.listen(Arc::clone(connection), channel.to_owned());
        *task = Some(runtime.spawn(listening).abort_handle());
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}

/// What hears. It is dropped with its task, whyever that ends, and then nobody hears.
struct Ear {
    listeners: Arc<Listeners>,
}

impl Ear {
    async fn listen(self, connection: Arc<Connection>, channel: String) {
        let mut known = false;
        loop {
            let ended = self.hear(&connection, &channel).await;
            if self.listeners.deaf() {
                known = false;
            }
            // Said once each time: whoever waits for the server hears the rest from its questions.
            if let Err(error) = ended
                && !std::mem::replace(&mut known, true)
            {
                let error = Trouble::from(error);
                tracing::warn!(target: "vestibule::session", %error, "the ends of sessions on other machines are heard late: the subscription was lost, and is tried again");
            }
            time::sleep(PAUSE).await;
        }
    }

    /// Subscribes and hears, until the connection is lost.
    async fn hear(&self, connection: &Connection, channel: &str) -> RedisResult<()> {
        let (mut sink, mut messages) = connection.messages().await?.split();
        bounded(sink.subscribe(channel)).await?;
        self.listeners.hearing();
        loop {
            match time::timeout(PING, messages.next()).await {
                Ok(Some(message)) => {
                    self.listeners.tell(&ended(message.get_payload_bytes()).into_iter().collect::<Vec<_>>())
                }
                Ok(None) => return Ok(()),
                Err(_) => ping(&mut sink).await?,
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.listeners.deaf();
    }
}

/// A connection that was cut without a word says nothing: neither messages nor this.
async fn ping(sink: &mut PubSubSink) -> RedisResult<()> {
    bounded(sink.ping_message::<Value>("vestibule")).await.map(drop)
}

async fn bounded<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    time::timeout(ANSWER, answer).await.unwrap_or_else(|_| Err(too_slow()))
}

/// What a message says has ended; whoever publishes something else here says nothing.
fn ended(message: &[u8]) -> Option<Key> {
    keys::key(message)
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listening")
    }
}
