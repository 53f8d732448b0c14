//! Every store keeps the contract, on the servers that it is made for.

use std::{future::Future, sync::Arc};

use acceptance::{Failure, by_turns::ByTurns, folder::Folder, shared_place::SharedPlace};
use vestibule::{Clock, SessionStore, StoreByUrl, SystemClock, session_store::contract};
use vestibule_sql::SqliteStore;

type Outcome = Result<(), Failure>;

/// Three times in a row over one store, and then over two that share the place, asked by turns.
async fn keep_the_contract<Opening>(open: impl Fn() -> Opening) -> Outcome
where
    Opening: Future<Output = Result<Arc<dyn SessionStore>, Failure>>,
{
    let one = open().await?;
    for _ in 0..3 {
        contract::check(one.as_ref(), SystemClock::default().now()).await?;
    }
    let both = ByTurns::new([one, open().await?]);
    Ok(contract::check(&both, SystemClock::default().now()).await?)
}

/// The contract, over real Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_redis_keep_the_contract() -> Outcome {
    let Some(place) = SharedPlace::redis()? else { return Ok(()) };
    keep_the_contract(|| place.store()).await
}

/// The contract, over real PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_postgresql_keep_the_contract() -> Outcome {
    let Some(place) = SharedPlace::postgres().await? else { return Ok(()) };
    keep_the_contract(|| place.store()).await
}

/// The contract, over a file that two stores have open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_sqlite_keep_the_contract() -> Outcome {
    let folder = Folder::new()?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("sessions.db").display());
    SqliteStore::from_url(&url)?.migrate().await?;
    keep_the_contract(async || Ok(Arc::new(SqliteStore::connect(&url).await?) as Arc<dyn SessionStore>)).await
}
