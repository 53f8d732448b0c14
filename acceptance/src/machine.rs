//! One of several machines that serve the same application: each has its own door, listener and store object.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use vestibule::{
    Builder, EndUser, SecretKey, SessionStore, Vestibule,
    session_store::{Listener, Notice},
};

use crate::{Failure, issuer::Issuer, wait::until};

/// What people type, whichever machine answers. It has no port, so that a [person](crate::person::Person) can be led to any.
pub const BASE_URL: &str = "http://localhost";
/// The host of it.
pub const HOST: &str = "localhost";

/// What the application puts into the shared place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// The sessions and all the rest.
    Sessions,
    /// The marks of sessions that are in cookies.
    Marks,
}

/// Whether a machine remembers for a moment what the shared place said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// It asks each time.
    Off,
    /// For as long as it may.
    On,
}

/// A machine that answers. It ends when this is dropped.
#[derive(Debug)]
pub struct Machine {
    vestibule: Vestibule,
    address: SocketAddr,
    waits: Waits,
    serving: JoinHandle<()>,
}

/// How many people began to wait for the end of their session.
type Waits = Arc<AtomicUsize>;

impl Machine {
    /// With these issuers and this store. It answers, and hears what ends at the other machines if it can.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(
        issuers: &[Issuer],
        store: Arc<dyn SessionStore>,
        keeping: Keeping,
        cache: Cache,
    ) -> Result<Self, Failure> {
        let machine = Self::start_deaf(issuers, Arc::clone(&store), keeping, cache).await?;
        hearing(store.as_ref()).await?;
        Ok(machine)
    }

    /// The same, whether the shared place is there or not.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_deaf(
        issuers: &[Issuer],
        store: Arc<dyn SessionStore>,
        keeping: Keeping,
        cache: Cache,
    ) -> Result<Self, Failure> {
        let mut builder = Vestibule::builder(BASE_URL).secret_key(SecretKey::from_bytes([7; 32]));
        for issuer in issuers {
            builder = builder.provider(issuer.name(), issuer.settings()?);
        }
        let builder = match keeping {
            Keeping::Sessions => builder.sessions(store),
            Keeping::Marks => builder.marks(store),
        };
        let vestibule = cached(builder, cache).build()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/who", get(who)).route("/ended", get(ended));
        let waits = Waits::default();
        let router = vestibule.wrap(routes).with_state(Arc::clone(&waits));
        let serving = tokio::spawn(async move {
            // It ends with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { vestibule, address, waits, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its door.
    pub fn vestibule(&self) -> &Vestibule {
        &self.vestibule
    }

    /// How many requests for `/ended` it has let in so far.
    pub fn waits(&self) -> usize {
        self.waits.load(Ordering::SeqCst)
    }

    /// Brings it the logout requests that a provider has for the application; how many there were.
    ///
    /// # Errors
    /// When it does not take one.
    pub async fn hears_from(&self, issuer: &Issuer) -> Result<usize, Failure> {
        let requests = issuer.provider().pending_logout_requests();
        let http = reqwest::Client::builder().no_proxy().build()?;
        for request in &requests {
            let address = format!("http://{}{}", self.address, request.uri().path());
            let post = http.post(address).headers(request.headers().clone()).body(request.body().clone());
            let answer = post.send().await?;
            if !answer.status().is_success() {
                return Err(format!("a logout token got {}: {}", answer.status(), answer.text().await?).into());
            }
        }
        Ok(requests.len())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn cached(builder: Builder, cache: Cache) -> Builder {
    match cache {
        Cache::Off => builder,
        Cache::On => builder.cache_sessions(Duration::from_secs(5)),
    }
}

/// Who it is, where they signed in, and which of their sessions this is.
async fn who(user: EndUser) -> String {
    format!("{} {} {}", user.provider(), user.subject(), user.session_id())
}

/// Answers when the session has ended.
async fn ended(State(waits): State<Waits>, user: EndUser) -> &'static str {
    let ended = user.ended();
    waits.fetch_add(1, Ordering::SeqCst);
    ended.await;
    "ended"
}

/// Waits until a store hears of what ends elsewhere.
///
/// # Errors
/// When it does not by the deadline.
pub async fn hearing(store: &dyn SessionStore) -> Result<(), Failure> {
    let (says, hears) = watch::channel(false);
    let listener: Listener = Arc::new(move |notice| match notice {
        Notice::Hearing => drop(says.send(true)),
        Notice::Deaf => drop(says.send(false)),
        _ => {}
    });
    store.listen(listener);
    until("a store that hears what ends elsewhere", async || {
        Ok(if *hears.borrow() { Ok(()) } else { Err("it is deaf".to_owned()) })
    })
    .await
}
