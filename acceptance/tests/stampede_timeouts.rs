//! A stampede before a provider whose answers take longer than the door waits: each refresh token is replaced, and nobody hears of it.
//! Tokens are lost by that, as docs/sessions.md says; nobody is signed out by it, at any of three machines that share a Redis.
//!
//! The door's own HTTP client waits for ten seconds. This one, which is put in its place, waits for less.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use acceptance::{
    Failure,
    fast_clock::FastClock,
    machine::{BASE_URL, HOST},
    person::Person,
    redis_server::RedisServer,
    wire::{Asker, Connection, Cookies},
};
use axum::{Router, body::Bytes, http::Request, routing::get};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use vestibule::{AccessToken, Client, EndUser, Provider, ReqwestClient, SecretKey, SignatureAlgorithm, Vestibule};
use vestibule_core::{HttpClient, HttpError, exchange::Limits, http_client::Answer};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};
use vestibule_redis::RedisStore;

type Outcome = Result<(), Failure>;

const MACHINES: usize = 3;
const SESSIONS: usize = 20;
/// Of each session at each machine, all at once.
const REQUESTS: usize = 4;
/// For how long the door waits for the provider,
const PATIENCE: Duration = Duration::from_millis(500);
/// and how long the provider takes to answer a refresh.
const LATENCY: Duration = Duration::from_millis(1500);
const SPEED: u32 = 10;
const FIRST_TOKENS: u32 = 60;
const SECRET: &str = "a secret between three machines and their provider";

/// Waits for less than it would.
struct Impatient(ReqwestClient);

impl HttpClient for Impatient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let answer = self.0.send(request, limits);
        Box::pin(
            async move { timeout(PATIENCE, answer).await.unwrap_or_else(|late| Err(HttpError::Timeout(late.into()))) },
        )
    }
}

/// The machines, and their provider. They end with the test.
struct House {
    provider: DevelopmentProvider,
    machines: Vec<SocketAddr>,
    clock: FastClock,
    serving: JoinSet<()>,
}

impl House {
    async fn open(redis: &RedisServer) -> Result<Self, Failure> {
        let (clock, mut serving) = (FastClock::of_speed(SPEED), JoinSet::new());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let client = RegisteredClient::confidential("machines", SECRET)
            .grant_type("refresh_token")
            .id_token_signed_response_alg(SignatureAlgorithm::Es256)
            .redirect_uri(format!("{BASE_URL}/auth/callback/op"));
        let provider =
            DevelopmentProvider::new(format!("http://{}", listener.local_addr()?))?.client(client).clock(clock);
        serve(&mut serving, listener, provider.router());
        let mut machines = Vec::new();
        for _ in 0..MACHINES {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            machines.push(listener.local_addr()?);
            let routes = Router::new().route("/who", get(who)).route("/token", get(token));
            serve(&mut serving, listener, door(&provider, redis, clock).await?.wrap(routes).with_state(()));
        }
        Ok(Self { provider, machines, clock, serving })
    }

    /// So many people, whose access tokens have expired.
    async fn people(&self) -> Result<Vec<Cookies>, Failure> {
        let live = |seconds: u32| drop(self.provider.clone().access_tokens_live(Duration::from_secs(seconds.into())));
        live(FIRST_TOKENS);
        let first = *self.machines.first().ok_or("no machines")?;
        let mut people = Vec::new();
        for number in 0..SESSIONS {
            let person = Person::new()?.led_to(HOST, first)?;
            let page = person.open(&format!("{BASE_URL}/auth/login/op?return_to=%2Fwho")).await?;
            let page = person.submit(&page, "/authorize", &[("user", &name(number))]).await?;
            assert_eq!(page.html, name(number));
            people.push(Cookies::of_header(&person.cookies_for(&BASE_URL.parse()?).unwrap_or_default()));
        }
        self.clock.pass(i64::from(FIRST_TOKENS) + 1).await?;
        self.provider.forget_requests();
        Ok(people)
    }

    /// Everybody asks every machine for a token at once: how often they were given which status.
    async fn stampede(&self, people: &[Cookies]) -> Result<BTreeMap<u16, usize>, Failure> {
        let mut asking = JoinSet::new();
        for cookies in people {
            for machine in self.machines.iter().flat_map(|machine| [*machine; REQUESTS]) {
                asking.spawn(ask(machine, "/token", cookies.clone()));
            }
        }
        let mut statuses = BTreeMap::new();
        while let Some(asked) = asking.join_next().await {
            *statuses.entry(asked??.0).or_default() += 1;
        }
        Ok(statuses)
    }
}

async fn door(provider: &DevelopmentProvider, redis: &RedisServer, clock: FastClock) -> Result<Vestibule, Failure> {
    let client = Client::confidential("machines", SECRET).id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let builder = Vestibule::builder(BASE_URL)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("op", Provider::discovered(provider.issuer().as_str(), client)?)
        .sessions(RedisStore::connect(&redis.url()).await?)
        .http_client(Impatient(ReqwestClient::new(None)?))
        .clock(clock);
    Ok(builder.build()?)
}

fn serve(serving: &mut JoinSet<()>, listener: TcpListener, router: Router) {
    serving.spawn(async move { drop(axum::serve(listener, router).await) });
}

async fn who(user: EndUser) -> String {
    user.subject().as_str().to_owned()
}

async fn token(_: AccessToken) {}

fn name(number: usize) -> String {
    format!("person-{number}")
}

/// Status and body.
async fn ask(machine: SocketAddr, path: &'static str, cookies: Cookies) -> Result<(u16, String), Failure> {
    let answer = Connection::open(machine, HOST).await?.get(path, Asker::Program, &cookies).await?;
    Ok((answer.status, answer.body))
}

/// R90: a timeout takes nothing away, and a provider that ends a family of tokens for a token that comes again ends no session.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_by_a_provider_that_answers_too_late() -> Outcome {
    let Some(redis) = RedisServer::start()? else { return Ok(()) };
    let mut house = House::open(&redis).await?;
    let people = house.people().await?;
    house.provider.answers_take("/token", || LATENCY);
    let late = house.stampede(&people).await?;
    assert!(late.keys().all(|status| *status == 503), "{late:?}");
    house.provider.answers_take("/token", || Duration::ZERO);
    // Now the provider can say that the tokens are gone.
    let gone = house.stampede(&people).await?;
    assert!(gone.keys().all(|status| *status == 401), "{gone:?}");
    let tally = house.provider.tally();
    assert!(tally.refreshes_unheard >= SESSIONS && tally.reuses_detected > 0, "it was not too late: {tally:?}");
    for (number, cookies) in people.iter().enumerate() {
        for machine in &house.machines {
            assert_eq!(ask(*machine, "/who", cookies.clone()).await?, (200, name(number)));
        }
    }
    println!(
        "stampede, answers that come too late: by status {late:?}, then {gone:?}, 0 sign-outs of {SESSIONS}; {tally:?}"
    );
    house.serving.shutdown().await;
    Ok(())
}
