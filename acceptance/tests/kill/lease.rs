//! Of the process that has the lease of a refresh, while another waits for it: Redis shows that it asked, and so was refused (R88,
//! SECURITY-RULES, Refresh).
//!
//! It is killed at one of two points: when the provider has replaced the refresh token and nobody has heard of it, or when the token
//! was not presented yet. What may be told apart afterwards is only what was written down before.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use acceptance::{
    Failure,
    fast_clock::FastClock,
    machines::{Machines, Plan},
    redis_server::RedisServer,
    wait::until,
    wire::{Answer, Asker, Connection, Cookies},
};
use tokio::{
    runtime::Handle,
    task::{JoinHandle, JoinSet},
};
use vestibule_provider::{Hold, RefreshTokens, Tally};

use crate::{Outcome, monitor::Monitor};

const KILLS: usize = 50;
/// Independent applications, side by side: each waits most of the time for leases to end.
const LANES: usize = 5;
const MACHINES: usize = 2;
const SPEED: u32 = 20;
const FIRST_TOKENS: u32 = 60;

/// When the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// The provider has rotated, and its answer is on its way.
    Rotated,
    /// The process waits for the provider's metadata, with the lease and before the token.
    NotPresented,
}

/// What came of the kills of one application.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    kills: usize,
    kills_after_rotation: usize,
    sessions_lost: usize,
    without_tokens: usize,
    /// By the provider's record.
    tally: Tally,
}

/// An application that loses its processes.
struct Lane {
    /// Its database in Redis, which no other has.
    number: usize,
    monitor: Arc<Monitor>,
    machines: Machines,
    people: Vec<Cookies>,
    toll: Toll,
}

impl Lane {
    async fn start(
        number: usize,
        (redis, monitor): (&str, Arc<Monitor>),
        refresh_tokens: RefreshTokens,
        provider: &'static str,
    ) -> Result<Self, Failure> {
        let clock = FastClock::of_speed(SPEED);
        let sessions = format!("store = \"{redis}/{number}\"");
        let plan = Plan { machines: MACHINES, sessions, clock: Some(clock), refresh_tokens, provider };
        let machines = plan.start().await?;
        let live =
            |seconds: u32| drop(machines.provider.clone().access_tokens_live(Duration::from_secs(seconds.into())));
        live(FIRST_TOKENS);
        let people = machines.sign_in(KILLS / LANES).await?;
        clock.pass(i64::from(FIRST_TOKENS) + 1).await?;
        live(24 * 3600);
        machines.provider.forget_requests();
        Ok(Self { number, monitor, machines, people, toll: Toll::default() })
    }

    /// Kills the holder of the lease of one session after the other.
    async fn run(mut self) -> Result<Toll, Failure> {
        for (number, cookies) in self.people.clone().into_iter().enumerate() {
            // A process that was just restarted has not asked for the metadata yet.
            let point = if number % 2 == 0 { Point::Rotated } else { Point::NotPresented };
            self.kill_holder(number / 2 % MACHINES, point, &cookies).await?;
        }
        self.count().await
    }

    async fn kill_holder(&mut self, holder: usize, point: Point, cookies: &Cookies) -> Outcome {
        let before = self.machines.provider.tally().refreshes_unheard;
        let hold = self.hold(point);
        let asked = ask(self.machines.connection(holder).await?, cookies);
        arrival(&hold).await?;
        let other = ask(self.machines.connection((holder + 1) % MACHINES).await?, cookies);
        self.monitor.until_refused(self.number).await?;
        self.machines.kill(holder);
        assert!(asked.await?.is_err(), "the process that was killed has answered");
        let unheard = usize::from(point == Point::Rotated);
        until("the provider to see that nobody waits", async || {
            let seen = self.machines.provider.tally().refreshes_unheard - before;
            Ok(if seen == unheard { Ok(()) } else { Err(format!("{seen} answers that nobody got")) })
        })
        .await?;
        hold.release();
        self.machines.restart(holder)?;
        other.await??;
        self.toll.kills += 1;
        self.toll.kills_after_rotation += unheard;
        Ok(())
    }

    fn hold(&self, point: Point) -> Hold {
        match point {
            Point::Rotated => self.machines.provider.hold_answers("/token"),
            Point::NotPresented => self.machines.provider.hold("/.well-known/openid-configuration"),
        }
    }

    /// Who is still signed in, and who has tokens, at each machine.
    async fn count(mut self) -> Result<Toll, Failure> {
        for cookies in &self.people {
            for machine in 0..MACHINES {
                let me = self.machines.ask(machine, "/api/me", cookies).await?;
                self.toll.sessions_lost += usize::from(me.status != 200);
            }
            let tokens: Vec<u16> = [
                self.machines.ask(0, "/api/token", cookies).await?.status,
                self.machines.ask(1, "/api/token", cookies).await?.status,
            ]
            .into();
            match tokens.as_slice() {
                [200, 200] => {}
                [401, 401] => self.toll.without_tokens += 1,
                mixed => return Err(format!("one machine knows of tokens that the other does not: {mixed:?}").into()),
            }
        }
        self.toll.tally = self.machines.provider.tally();
        Ok(self.toll)
    }
}

fn ask(mut connection: Connection, cookies: &Cookies) -> JoinHandle<Result<Answer, Failure>> {
    let cookies = cookies.clone();
    tokio::spawn(async move { connection.get("/api/token", Asker::Program, &cookies).await })
}

async fn arrival(hold: &Hold) -> Outcome {
    until("the holder of the lease to ask the provider", async || {
        Ok(if hold.waiting() == 1 { Ok(()) } else { Err(format!("{} wait", hold.waiting())) })
    })
    .await
}

/// All kills, on applications side by side.
async fn toll(redis: &RedisServer, refresh_tokens: RefreshTokens, provider: &'static str) -> Result<Toll, Failure> {
    let mut lanes = JoinSet::new();
    let monitor = Arc::new(Monitor::of(redis.port()).await?);
    for number in 0..LANES {
        let (url, monitor, runtime) = (redis.url(), Arc::clone(&monitor), Handle::current());
        let lane = async move || Lane::start(number, (&url, monitor), refresh_tokens, provider).await?.run().await;
        lanes.spawn_blocking(move || runtime.block_on(lane()));
    }
    let mut sum = Toll::default();
    while let Some(toll) = lanes.join_next().await {
        let toll = toll??;
        sum.kills += toll.kills;
        sum.kills_after_rotation += toll.kills_after_rotation;
        sum.sessions_lost += toll.sessions_lost;
        sum.without_tokens += toll.without_tokens;
        sum.tally.refreshes_unheard += toll.tally.refreshes_unheard;
        sum.tally.reuses_within_grace += toll.tally.reuses_within_grace;
        sum.tally.reuses_detected += toll.tally.reuses_detected;
        sum.tally.families_revoked += toll.tally.families_revoked;
    }
    assert_eq!(sum.kills, KILLS);
    Ok(sum)
}

fn report(provider: &str, began: Instant, toll: &Toll) {
    println!(
        "kill of the holder of a lease, {provider}: {} kills, {} of them after the provider rotated (its record: {} answers that nobody \
         got), {} sessions lost, {} sessions without tokens, {} reuses detected, {:.1?}",
        toll.kills,
        toll.kills_after_rotation,
        toll.tally.refreshes_unheard,
        toll.sessions_lost,
        toll.without_tokens,
        toll.tally.reuses_detected,
        began.elapsed()
    );
}

/// R88: whoever takes the lease over presents the token again, where that is forgiven.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_reuse_grace_a_killed_holder_costs_no_token() -> Outcome {
    let (Some(redis), began) = (RedisServer::start()?, Instant::now()) else { return Ok(()) };
    let grace = RefreshTokens::RotatingWithGrace(Duration::from_secs(600));
    let toll = toll(&redis, grace, "refresh_token_reuse_grace = \"300s\"").await?;
    report("a reuse grace", began, &toll);
    assert_eq!((toll.sessions_lost, toll.without_tokens), (0, 0), "{toll:?}");
    assert_eq!(toll.tally.reuses_within_grace, toll.kills_after_rotation, "{toll:?}");
    assert_eq!((toll.tally.reuses_detected, toll.tally.families_revoked), (0, 0), "{toll:?}");
    Ok(())
}

/// R88: tokens are dropped where the provider had rotated, as its own record says, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_grace_a_killed_holder_costs_tokens_where_the_provider_had_rotated_and_never_a_session() -> Outcome {
    let (Some(redis), began) = (RedisServer::start()?, Instant::now()) else { return Ok(()) };
    let toll = toll(&redis, RefreshTokens::Rotating, "").await?;
    report("no grace", began, &toll);
    assert_eq!(toll.sessions_lost, 0, "{toll:?}");
    assert_eq!((toll.without_tokens, toll.kills_after_rotation), (toll.tally.refreshes_unheard, KILLS / 2), "{toll:?}");
    assert_eq!((toll.tally.reuses_within_grace, toll.tally.reuses_detected), (0, 0), "{toll:?}");
    Ok(())
}
