//! Of the store, under load (SECURITY-RULES, Reliability): an answer is a page or 503, never the way to the provider.

use std::time::{Duration, Instant};

use acceptance::{
    Failure,
    machines::{Machines, Plan},
    postgres_server::PostgresServer,
    redis_server::RedisServer,
    wait::until,
};

use crate::{Outcome, load::Load};

const MACHINES: usize = 2;
const PEOPLE: usize = 20;
const ROUNDS: usize = 3;
/// How many people are answered by each machine before the store is killed, and then again before it is back.
const ANSWERS: usize = 100;
/// From the moment at which the store answers again until every machine does.
const RECOVERY: Duration = Duration::from_secs(2);

/// A store that can be killed.
trait Mortal {
    fn kill(&mut self);
    /// Returns when it answers.
    fn restart(&mut self) -> Outcome;
}

impl Mortal for RedisServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) -> Outcome {
        Self::restart(self)
    }
}

impl Mortal for PostgresServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) -> Outcome {
        Self::restart(self)
    }
}

async fn kill_under_load(place: &str, sessions: String, store: &mut impl Mortal) -> Outcome {
    let machines = Plan { machines: MACHINES, sessions, ..Plan::default() }.start().await?;
    let people = machines.sign_in(PEOPLE).await?;
    machines.provider.forget_requests();
    let load = Load::of(&machines, &people)?;
    let mut longest = Duration::ZERO;
    for _ in 0..ROUNDS {
        load.until_everywhere(MACHINES, 200, ANSWERS).await?;
        tokio::task::block_in_place(|| store.kill());
        load.until_everywhere(MACHINES, 503, ANSWERS).await?;
        tokio::task::block_in_place(|| store.restart())?;
        longest = longest.max(recovery(&machines, &people[0]).await?);
        assert!(longest <= RECOVERY, "{place}: {longest:?}");
    }
    load.until_everywhere(MACHINES, 200, ANSWERS).await?;
    let seen = load.end().await;
    assert!(seen.wrong.is_empty(), "{place}: {:?}", seen.wrong);
    for cookies in &people {
        for machine in 0..MACHINES {
            assert_eq!(machines.ask(machine, "/api/me", cookies).await?.status, 200, "{place}");
        }
    }
    // Nobody was sent there, so nobody came.
    assert_eq!(machines.provider.count("/authorize"), 0, "{place}");
    println!(
        "kill of the store, {place}: {ROUNDS} kills, answers by machine and status {:?}, 0 sessions lost of {PEOPLE}, 0 redirects, all \
         machines answered again within {longest:.0?}",
        seen.answers
    );
    Ok(())
}

/// How long it takes from now until each machine has answered.
async fn recovery(machines: &Machines, cookies: &acceptance::wire::Cookies) -> Result<Duration, Failure> {
    let began = Instant::now();
    for machine in 0..MACHINES {
        until("a page", async || {
            let status = machines.ask(machine, "/api/me", cookies).await?.status;
            Ok(if status == 200 { Ok(()) } else { Err(status.to_string()) })
        })
        .await?;
    }
    Ok(began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_when_redis_is_killed() -> Outcome {
    let Some(mut redis) = RedisServer::start()? else { return Ok(()) };
    let sessions = format!("store = \"{}\"", redis.url());
    kill_under_load("sessions in Redis", sessions, &mut redis).await?;
    let marks = format!("marks = \"{}\"", redis.url());
    kill_under_load("sessions in cookies, marks in Redis", marks, &mut redis).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_when_postgresql_is_killed() -> Outcome {
    let Some(mut postgres) = PostgresServer::start()? else { return Ok(()) };
    let sessions = format!("store = \"{}?vestibule_migrate=1\"", postgres.url());
    kill_under_load("sessions in PostgreSQL", sessions, &mut postgres).await
}
