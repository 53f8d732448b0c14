//! The shared place is wrong, away or frozen: the start is refused with the reason, or nobody loses anything.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use acceptance::{
    Failure,
    issuer::Issuer,
    machine::{BASE_URL, Cache, HOST, Keeping, Machine},
    person::Person,
    postgres_server::PostgresServer,
    redis_server::RedisServer,
    server::PASSWORD,
    shared_place::SharedPlace,
    wait::DEADLINE,
};
use reqwest::{StatusCode, Url};
use sqlx::{Connection, PgConnection};
use vestibule::StoreError;
use vestibule_redis::RedisStore;
use vestibule_sql::PostgresStore;

use crate::{
    Outcome,
    house::{in_each_place, page, sign_in},
};

/// How soon a place that is back is used again.
const BACK: Duration = Duration::from_secs(2);
/// What a request costs at most that asks nobody, as a rule. Another one may have to wait for its turn on a machine that is busy,
const AT_ONCE: Duration = Duration::from_millis(50);
/// but never for the deadline of a question.
const BEFORE_THE_DEADLINE: Duration = Duration::from_millis(900);
const WRONG: &str = "another-password";

/// A permanent error that says this, and nothing secret.
fn assert_refused<S: std::fmt::Debug>(result: Result<S, StoreError>, reason: &str, case: &str) -> Outcome {
    let error = result.err().ok_or_else(|| format!("{case}: it starts"))?;
    let mut said = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        said.push_str(&format!(": {error}"));
        source = error.source();
    }
    assert!(!error.is_transient(), "{case}: {said}");
    assert!(said.to_lowercase().contains(reason), "{case}: {reason} is not in {said}");
    assert!(!said.contains(PASSWORD) && !said.contains(WRONG), "{case}: {said}");
    Ok(())
}

/// Redis: each with its reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_redis_stops_the_start_with_the_reason() -> Outcome {
    let Some(server) = RedisServer::start()? else { return Ok(()) };
    let url = server.url();
    RedisStore::connect(&url).await?;
    let cases = [
        (url.replace(PASSWORD, WRONG), "password"),
        (url.replace(&format!(":{PASSWORD}@"), ""), "password"),
        (format!("{url}/99"), "database"),
        (format!("{url}/first"), "database"),
        (url.replace("redis://", "radish://"), "redis://"),
    ];
    for (url, reason) in cases {
        assert_refused(RedisStore::connect(&url).await, reason, &url)?;
    }
    Ok(())
}

/// PostgreSQL: each with its reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_postgresql_stops_the_start_with_the_reason() -> Outcome {
    let Some(server) = PostgresServer::start()? else { return Ok(()) };
    let url = server.url();
    assert_refused(PostgresStore::connect(&url).await, "migrat", "without our tables")?;
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::raw_sql("CREATE TABLE vestibule_sessions (nothing int)").execute(&mut connection).await?;
    assert_refused(PostgresStore::connect(&url).await, "migrat", "with somebody else's table")?;
    let cases = [
        (url.replace(PASSWORD, WRONG), "password"),
        (url.replace("vestibule:", "nobody:"), "password"),
        (server.url_of("nowhere"), "nowhere"),
        (url.replace("postgres://", "postmaster://"), "begin with postgres"),
    ];
    for (url, reason) in cases {
        assert_refused(PostgresStore::connect(&url).await, reason, &url)?;
    }
    Ok(())
}

/// Somebody who is signed in, and the issuers that know them.
struct Guest {
    issuers: [Issuer; 1],
    person: Person,
}

impl Guest {
    async fn of(place: &SharedPlace, keeping: Keeping) -> Result<Self, Failure> {
        let issuers = [Issuer::start("one").await?];
        let machine = Machine::start(&issuers, place.store().await?, keeping, Cache::Off).await?;
        let person = Person::new()?;
        sign_in(&person.led_to(HOST, machine.address())?, &issuers[0]).await?;
        Ok(Self { issuers, person })
    }

    /// What a machine answers them, and how long it takes. Their cookies stay as they are.
    async fn asks(&self, machine: &Machine) -> Result<(StatusCode, Duration), Failure> {
        let site = Url::parse(BASE_URL)?;
        let (before, begin) = (self.person.cookies_for(&site), Instant::now());
        let answer = self.person.led_to(HOST, machine.address())?.ask(&page("/who")).await?;
        let took = begin.elapsed();
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{}", answer.status);
        assert_eq!(self.person.cookies_for(&site), before, "a failure takes nothing away");
        Ok((answer.status, took))
    }

    /// How long it takes until they are known again.
    async fn is_known_after(&self, machine: &Machine) -> Result<Duration, Failure> {
        let begin = Instant::now();
        while begin.elapsed() < DEADLINE {
            if self.asks(machine).await?.0 == StatusCode::OK {
                return Ok(begin.elapsed());
            }
        }
        Err("the machine never comes back".into())
    }
}

/// Somebody else restarts the place while a machine starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_down_at_the_start_is_used_once_it_is_up() -> Outcome {
    in_each_place(async |mut place| {
        for keeping in [Keeping::Sessions, Keeping::Marks] {
            let guest = Guest::of(&place, keeping).await?;
            place.kill();
            let machine = Machine::start_deaf(&guest.issuers, place.store().await?, keeping, Cache::Off).await?;
            assert_eq!(guest.asks(&machine).await?.0, StatusCode::SERVICE_UNAVAILABLE);
            place.restart()?;
            let after = guest.is_known_after(&machine).await?;
            println!("{}, {keeping:?}: used {after:?} after it was up", place.name());
            assert!(after < BACK, "{after:?}");
        }
        Ok(())
    })
    .await
}

/// It neither answers nor hangs up: only a deadline tells, and whoever comes next does not wait for another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_frozen_costs_milliseconds_and_is_used_once_it_goes_on() -> Outcome {
    in_each_place(async |place| {
        for keeping in [Keeping::Sessions, Keeping::Marks] {
            let guest = Guest::of(&place, keeping).await?;
            let machine = Machine::start(&guest.issuers, place.store().await?, keeping, Cache::Off).await?;
            assert_eq!(guest.asks(&machine).await?.0, StatusCode::OK);
            place.freeze()?;
            let outcome = while_it_is_frozen(&guest, &machine).await;
            place.thaw()?;
            outcome?;
            let after = guest.is_known_after(&machine).await?;
            println!("{}, {keeping:?}: used {after:?} after it went on", place.name());
            assert!(after < BACK, "{after:?}");
        }
        Ok(())
    })
    .await
}

async fn while_it_is_frozen(guest: &Guest, machine: &Machine) -> Outcome {
    let begin = Instant::now();
    // Those who come first wait for an answer; the deadline says that there is none.
    while begin.elapsed() < DEADLINE {
        let (one, other) = tokio::join!(guest.asks(machine), guest.asks(machine));
        for (status, _) in [one?, other?] {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
        if guest.asks(machine).await?.1 < AT_ONCE {
            break;
        }
    }
    let opened = begin.elapsed();
    let mut all = Vec::new();
    for _ in 0..50 {
        let (status, took) = guest.asks(machine).await?;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        all.push(took);
    }
    all.sort_unstable();
    let (Some(median), Some(slowest)) = (all.get(all.len() / 2), all.last()) else { return Err("nobody asked".into()) };
    println!("frozen: left alone after {opened:?}; from then on {median:?} as a rule, {slowest:?} at most");
    assert!(*median < AT_ONCE && *slowest < BEFORE_THE_DEADLINE, "{median:?} {slowest:?}");
    Ok(())
}
