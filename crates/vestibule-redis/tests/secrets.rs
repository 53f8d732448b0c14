//! The password in a URL: neither we nor the driver says it, at TRACE and with every field, whatever the server answers.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};
use vestibule_redis::RedisStore;

const PASSWORD: &str = "hunter2-canary-of-the-url";

/// Everything that is logged, as it is handed over.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Heard {
    fn keep(&self, metadata: &tracing::Metadata<'_>, record: impl FnOnce(&mut Line<'_>)) {
        let mut line = format!("{} {}", metadata.level(), metadata.target());
        record(&mut Line(&mut line));
        self.0.lock().expect("no panic").push(line);
    }
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(event.metadata(), |line| event.record(line));
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        self.keep(attributes.metadata(), |line| attributes.record(line));
    }
}

/// A server that says back whatever it hears, behind `prefix`.
async fn parrot(prefix: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                while let Ok(bytes @ 1..) = stream.read(&mut heard).await {
                    let said = [prefix, heard.get(..bytes).unwrap_or_default(), b"\r\n"].concat();
                    if stream.write_all(&said).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

/// V69
#[tokio::test]
async fn the_password_of_a_url_is_neither_logged_nor_printed() {
    let heard = Heard::default();
    tracing::subscriber::set_global_default(Registry::default().with(heard.clone())).expect("no other subscriber");
    let mut said = Vec::new();
    for port in [1, parrot(b"").await, parrot(b"-ERR ").await, parrot(b"E").await] {
        let url = format!("redis://me:{PASSWORD}@127.0.0.1:{port}/0");
        let connected = tokio::time::timeout(Duration::from_secs(5), RedisStore::connect(&url)).await;
        said.push(format!("{connected:?}"));
        if let Ok(Err(error)) = connected {
            let mut source: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = source {
                said.push(error.to_string());
                source = error.source();
            }
        }
        said.push(format!("{:?}", RedisStore::from_url(&url)));
    }
    let mistyped = format!("redis://127.0.0.1:1/0?pasword={PASSWORD}");
    said.push(format!("{:?}", RedisStore::from_url(&mistyped)));

    let lines = heard.0.lock().expect("no panic").clone();
    for text in lines.iter().chain(&said) {
        assert!(!text.contains(PASSWORD) && !text.contains("hunter2"), "{text}");
    }
    assert!(!said.is_empty() && !lines.is_empty(), "somebody said something: {lines:?}");
}
