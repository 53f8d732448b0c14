//! Of the store, under load (SECURITY-RULES, Reliability): an answer is a page or 503, never the way to the provider; and what was
//! answered right before holds behind it.

use std::time::{Duration, Instant};

use acceptance::{
    Failure,
    machines::{Machines, Plan},
    person::{Page, Person},
    postgres_server::PostgresServer,
    redis_server::RedisServer,
    wait::until,
    wire::Cookies,
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
    /// From now on, and until it is started again, it has written down what it answers.
    async fn writes_first(&self) -> Outcome;
}

impl Mortal for RedisServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) -> Outcome {
        Self::restart(self)
    }

    /// With `everysec`, which is what it starts with, it puts writing off for up to two seconds while its disk is busy.
    async fn writes_first(&self) -> Outcome {
        let mut connection = redis::Client::open(self.url())?.get_multiplexed_async_connection().await?;
        let mut always = redis::cmd("CONFIG");
        Ok(always.arg("SET").arg("appendfsync").arg("always").query_async(&mut connection).await?)
    }
}

impl Mortal for PostgresServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) -> Outcome {
        Self::restart(self)
    }

    /// It does, as it comes.
    async fn writes_first(&self) -> Outcome {
        Ok(())
    }
}

/// What was answered right before a kill.
struct Answered {
    /// A copy of the cookies of somebody who was told that they are signed out.
    out: Cookies,
    /// The cookies of somebody who was told who they are.
    newcomer: Cookies,
}

impl Answered {
    /// Both answers come at the same time: whichever is the last, the other is not long ago.
    async fn now(machines: &Machines) -> Result<Self, Failure> {
        let leaver = machines.sign_in_as("leaver").await?;
        let form = leaver.open(&machines.page("/auth/logout")).await?;
        let out = machines.cookies_of(&leaver)?;
        for machine in 0..MACHINES {
            assert_eq!(machines.ask(machine, "/api/me", &out).await?.status, 200);
        }
        let (newcomer, ()) = tokio::try_join!(machines.sign_in_as("newcomer"), leave(&leaver, &form))?;
        Ok(Self { out, newcomer: machines.cookies_of(&newcomer)? })
    }

    /// At each machine.
    async fn holds(&self, machines: &Machines, place: &str) -> Outcome {
        for machine in 0..MACHINES {
            let (out, newcomer) = (known(machines, machine, &self.out), known(machines, machine, &self.newcomer));
            assert_eq!((out.await?, newcomer.await?), (401, 200), "{place}: who left, and who came, at {machine}");
        }
        Ok(())
    }
}

async fn leave(person: &Person, form: &Page) -> Outcome {
    let status = person.send(form, "/auth/logout").await?;
    if status.is_redirection() { Ok(()) } else { Err(format!("a logout got {status}").into()) }
}

/// The status of a machine's answer, once the machine has one.
async fn known(machines: &Machines, machine: usize, cookies: &Cookies) -> Result<u16, Failure> {
    until("an answer from the store", async || {
        let status = machines.ask(machine, "/api/me", cookies).await?.status;
        Ok(if status == 503 { Err("none".to_owned()) } else { Ok(status) })
    })
    .await
}

async fn kill_under_load(place: &str, sessions: String, store: &mut impl Mortal) -> Outcome {
    let machines = Plan { machines: MACHINES, sessions, ..Plan::default() }.start().await?;
    let people = machines.sign_in(PEOPLE).await?;
    machines.provider.forget_requests();
    let load = Load::of(&machines, &people)?;
    let (mut longest, mut all_answered) = (Duration::ZERO, Vec::new());
    for _ in 0..ROUNDS {
        load.until_everywhere(MACHINES, 200, ANSWERS).await?;
        store.writes_first().await?;
        let answered = Answered::now(&machines).await?;
        machines.provider.forget_requests();
        tokio::task::block_in_place(|| store.kill());
        load.until_everywhere(MACHINES, 503, ANSWERS).await?;
        tokio::task::block_in_place(|| store.restart())?;
        longest = longest.max(recovery(&machines, &people[0]).await?);
        assert!(longest <= RECOVERY, "{place}: {longest:?}");
        // Nobody was sent there, so nobody came.
        assert_eq!(machines.provider.count("/authorize"), 0, "{place}");
        all_answered.push(answered);
        for answered in &all_answered {
            answered.holds(&machines, place).await?;
        }
    }
    load.until_everywhere(MACHINES, 200, ANSWERS).await?;
    let seen = load.end().await;
    assert!(seen.wrong.is_empty(), "{place}: {:?}", seen.wrong);
    assert!(seen.answers.keys().all(|(_, status)| matches!(status, 200 | 503)), "{place}: {:?}", seen.answers);
    for cookies in &people {
        for machine in 0..MACHINES {
            assert_eq!(machines.ask(machine, "/api/me", cookies).await?.status, 200, "{place}");
        }
    }
    assert_eq!(machines.provider.count("/authorize"), 0, "{place}");
    println!(
        "kill of the store, {place}: {ROUNDS} kills, answers by machine and status {:?}, 0 sessions lost of {PEOPLE}, 0 redirects, \
         {ROUNDS} logouts and {ROUNDS} logins of right before hold, all machines answered again within {longest:.0?}",
        seen.answers
    );
    Ok(())
}

/// How long it takes from now until each machine has answered.
async fn recovery(machines: &Machines, cookies: &Cookies) -> Result<Duration, Failure> {
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
