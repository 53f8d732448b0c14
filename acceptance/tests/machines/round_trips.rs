//! How often a request of somebody who is signed in asks the shared place: counted on the wire.

use acceptance::{
    Failure,
    counting_proxy::CountingProxy,
    issuer::Issuer,
    machine::{Cache, HOST, Keeping, Machine},
    person::Person,
    shared_place::SharedPlace,
};
use reqwest::StatusCode;

use crate::{
    Outcome,
    house::{in_each_place, page, sign_in},
};

const REQUESTS: u64 = 100;
/// After which connections are open and statements are known.
const WARM_UP: usize = 10;
/// A connection that listens is asked every few seconds whether it is alive: not in each of so many rounds.
const ROUNDS: usize = 3;

/// The round trips of a hundred requests of one person, one after the other.
async fn counted(place: &SharedPlace, keeping: Keeping, cache: Cache) -> Result<u64, Failure> {
    let proxy = CountingProxy::before(place.port()).await?;
    let issuers = [Issuer::start("one").await?];
    let machine = Machine::start(&issuers, place.store_through(proxy.port()).await?, keeping, cache).await?;
    let person = Person::new()?.led_to(HOST, machine.address())?;
    sign_in(&person, &issuers[0]).await?;
    for _ in 0..WARM_UP {
        person.ask(&page("/who")).await?;
    }
    let mut fewest = u64::MAX;
    for _ in 0..ROUNDS {
        let before = proxy.round_trips();
        for _ in 0..REQUESTS {
            assert_eq!(person.ask(&page("/who")).await?.status, StatusCode::OK);
        }
        fewest = fewest.min(proxy.round_trips().saturating_sub(before));
    }
    println!("{}, {keeping:?}, cache {cache:?}: {fewest} round trips for {REQUESTS} requests", place.name());
    Ok(fewest)
}

/// One look is one round trip, and the only one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_in_request_is_one_round_trip() -> Outcome {
    in_each_place(async |place| {
        for keeping in [Keeping::Sessions, Keeping::Marks] {
            assert_eq!(counted(&place, keeping, Cache::Off).await?, REQUESTS, "{keeping:?}");
        }
        Ok(())
    })
    .await
}

/// What was looked up a moment ago is not looked up again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_cache_a_signed_in_request_is_no_round_trip() -> Outcome {
    in_each_place(async |place| {
        for keeping in [Keeping::Sessions, Keeping::Marks] {
            assert_eq!(counted(&place, keeping, Cache::On).await?, 0, "{keeping:?}");
        }
        Ok(())
    })
    .await
}
