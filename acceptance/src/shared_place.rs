//! A place that several machines share: a real server, and stores on it.

use std::sync::Arc;

use vestibule::{SessionStore, StoreByUrl};
use vestibule_redis::RedisStore;
use vestibule_sql::PostgresStore;

use crate::{Failure, postgres_server::PostgresServer, redis_server::RedisServer};

/// A server that keeps sessions. It ends when this is dropped.
#[derive(Debug)]
pub enum SharedPlace {
    /// Redis, or Valkey.
    Redis(RedisServer),
    /// PostgreSQL, with our tables.
    Postgres(PostgresServer),
}

impl SharedPlace {
    /// Redis, if this machine has it.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn redis() -> Result<Option<Self>, Failure> {
        Ok(RedisServer::start()?.map(Self::Redis))
    }

    /// PostgreSQL, if this machine has it.
    ///
    /// # Errors
    /// When there has to be one, or it does not start, or does not take our tables.
    pub async fn postgres() -> Result<Option<Self>, Failure> {
        let Some(server) = PostgresServer::start()? else { return Ok(None) };
        PostgresStore::connect(&server.url())
            .await
            .or_else(|_| PostgresStore::from_url(&server.url()))?
            .migrate()
            .await?;
        Ok(Some(Self::Postgres(server)))
    }

    /// A store of its own for one machine.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn store(&self) -> Result<Arc<dyn SessionStore>, Failure> {
        self.store_through(self.port()).await
    }

    /// The same, by way of another port, where something listens that passes on what it hears.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn store_through(&self, port: u16) -> Result<Arc<dyn SessionStore>, Failure> {
        let through = |url: String| url.replace(&format!(":{}", self.port()), &format!(":{port}"));
        Ok(match self {
            Self::Redis(server) => Arc::new(RedisStore::connect(&through(server.url())).await?),
            Self::Postgres(server) => Arc::new(PostgresStore::connect(&through(server.url())).await?),
        })
    }

    /// What it is.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Redis(_) => "Redis",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        match self {
            Self::Redis(server) => server.port(),
            Self::Postgres(server) => server.port(),
        }
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Postgres(server) => server.kill(),
        }
    }

    /// Starts it again, with what it kept, where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Postgres(server) => server.restart(),
        }
    }

    /// Stops it in the middle of whatever it does.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn freeze(&self) -> Result<(), Failure> {
        match self {
            Self::Redis(server) => server.freeze(),
            Self::Postgres(server) => server.freeze(),
        }
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it cannot go on.
    pub fn thaw(&self) -> Result<(), Failure> {
        match self {
            Self::Redis(server) => server.thaw(),
            Self::Postgres(server) => server.thaw(),
        }
    }
}
