//! Three machines, two issuers, and the people who sign in.

use std::time::{Duration, Instant};

use acceptance::{
    Failure,
    issuer::Issuer,
    machine::{BASE_URL, Cache, HOST, Keeping, Machine},
    person::{Page, Person},
    shared_place::SharedPlace,
    wait::DEADLINE,
};
use reqwest::{StatusCode, Url};
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinHandle,
};
use vestibule::{Issuer as IssuerName, Subject};

/// How soon every machine knows.
pub(crate) const SOON: Duration = Duration::from_millis(100);
/// How many refusals there have to be after the first.
const FOR_GOOD: usize = 5;

/// Tests that measure time, or read the log of the whole process, go one by one.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// The issuers and the machines, and the shared place for as long as they are there.
pub(crate) struct House {
    pub(crate) issuers: [Issuer; 2],
    pub(crate) machines: Vec<Machine>,
    pub(crate) cache: Cache,
    _place: SharedPlace,
}

/// A browser in which alice is signed in, and copies of it, one for each machine, which do not see what becomes of its cookies.
pub(crate) struct SignedIn {
    pub(crate) person: Person,
    pub(crate) copies: Vec<Person>,
}

impl House {
    /// With three machines.
    pub(crate) async fn open(place: SharedPlace, keeping: Keeping, cache: Cache) -> Result<Self, Failure> {
        let issuers = [Issuer::start("one").await?, Issuer::start("two").await?];
        let mut machines = Vec::new();
        for _ in 0..3 {
            machines.push(Machine::start(&issuers, place.store().await?, keeping, cache).await?);
        }
        Ok(Self { issuers, machines, cache, _place: place })
    }

    /// The machine of this number, counted from one.
    pub(crate) fn machine(&self, number: usize) -> Result<&Machine, Failure> {
        self.machines.get(number.wrapping_sub(1)).ok_or_else(|| "there is no such machine".into())
    }

    /// In a new browser, at this machine, as alice of this issuer.
    pub(crate) async fn sign_in(&self, at: usize, issuer: &Issuer) -> Result<SignedIn, Failure> {
        let person = Person::new()?;
        sign_in(&person.led_to(HOST, self.machine(at)?.address())?, issuer).await?;
        let mut copies = Vec::new();
        for machine in &self.machines {
            copies.push(person.copied(&Url::parse(BASE_URL)?, machine.address())?);
        }
        Ok(SignedIn { person, copies })
    }
}

impl SignedIn {
    /// What every machine says of who they are, which is the same.
    pub(crate) async fn who(&self) -> Result<String, Failure> {
        let mut said = Vec::new();
        for copy in &self.copies {
            let page = copy.ask(&page("/who")).await?;
            if page.status != StatusCode::OK {
                return Err(format!("{}: {}", page.status, page.html).into());
            }
            said.push(page.html);
        }
        said.dedup();
        match said.as_slice() {
            [who] => Ok(who.clone()),
            _ => Err(format!("machines disagree: {said:?}").into()),
        }
    }

    /// What each machine answers them from now on, who were signed in until this moment; an error for one that never refuses them.
    pub(crate) fn refusals(&self, begin: Instant) -> Vec<JoinHandle<Result<Refusal, Failure>>> {
        self.copies.iter().cloned().map(|copy| tokio::spawn(Refusal::of(copy, begin))).collect()
    }

    /// Somebody at each machine who is told when it is over, and the moment at which they were.
    pub(crate) fn waiting(&self) -> Vec<JoinHandle<Result<Instant, Failure>>> {
        let wait = |copy: Person| async move {
            let answer = copy.ask(&page("/ended")).await?;
            if answer.html == "ended" { Ok(Instant::now()) } else { Err(answer.html.into()) }
        };
        self.copies.iter().cloned().map(|copy| tokio::spawn(wait(copy))).collect()
    }
}

/// How one machine answers somebody whose session is over.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// When it refused them for the first time.
    pub(crate) after: Duration,
    /// All that it answered before,
    before: Vec<StatusCode>,
    /// and a few of its answers from then on.
    since: Vec<StatusCode>,
}

impl Refusal {
    async fn of(copy: Person, begin: Instant) -> Result<Self, Failure> {
        let (mut before, mut since) = (Vec::new(), Vec::new());
        while begin.elapsed() < DEADLINE {
            match copy.ask(&page("/who")).await?.status {
                StatusCode::UNAUTHORIZED => {
                    let after = begin.elapsed();
                    for _ in 0..FOR_GOOD {
                        since.push(copy.ask(&page("/who")).await?.status);
                    }
                    return Ok(Self { after, before, since });
                }
                status => before.push(status),
            }
        }
        Err(format!("they are signed in for ever: {before:?}").into())
    }

    /// Whoever asks each time refuses at once; whoever remembers lets them in for a moment, at most. Nobody fails, and nobody lets them
    /// in again.
    pub(crate) fn is_right(&self, cache: Cache) -> bool {
        let began_right = match cache {
            Cache::Off => self.before.is_empty(),
            Cache::On => self.before.iter().all(|status| *status == StatusCode::OK),
        };
        began_right && self.since.iter().all(|status| *status == StatusCode::UNAUTHORIZED)
    }
}

/// As alice, from a stranger to the page that says who it is. A provider that knows the browser asks nothing.
pub(crate) async fn sign_in(person: &Person, issuer: &Issuer) -> Result<(), Failure> {
    let is_there = |page: &Page| page.status == StatusCode::OK && page.html.starts_with(issuer.name());
    let start = page(&format!("/auth/login/{}?return_to=%2Fwho", issuer.name()));
    let asked = person.open(&start).await?;
    if is_there(&asked) {
        return Ok(());
    }
    let arrived = person.submit(&asked, "/authorize", &[("user", "alice")]).await?;
    if is_there(&arrived) {
        return Ok(());
    }
    Err(format!("{} ({}): {}", arrived.address, arrived.status, arrived.html).into())
}

/// The public address of a page.
pub(crate) fn page(path: &str) -> String {
    format!("{BASE_URL}{path}")
}

/// Alice, as this issuer knows her.
pub(crate) fn alice_of(issuer: &Issuer) -> Result<(IssuerName, Subject), Failure> {
    let subject = Subject::parse("alice").ok_or("a subject")?;
    Ok((issuer.provider().issuer().clone(), subject))
}

/// The house over Redis and over PostgreSQL, one after the other, as far as this machine has them.
pub(crate) async fn in_each_place(test: impl AsyncFn(SharedPlace) -> Result<(), Failure>) -> Result<(), Failure> {
    let _alone = alone().await;
    for place in [SharedPlace::redis()?, SharedPlace::postgres().await?].into_iter().flatten() {
        let name = place.name();
        test(place).await.map_err(|failure| format!("{name}: {failure}"))?;
    }
    Ok(())
}
