//! A logout at one machine holds at all of them: for the sessions that it names, and for no other. Measured at each machine from
//! the answer of the logout to the first refusal, with a copy of the browser's cookies, since what a browser forgets proves nothing.

use std::time::{Duration, Instant};

use acceptance::{
    Failure,
    machine::{Cache, HOST, Keeping, Machine},
    shared_place::SharedPlace,
    wait::until,
};
use vestibule::SessionId;

use crate::{
    Outcome,
    house::{House, SOON, SignedIn, alice_of, in_each_place, page},
};

/// How often a way out is tried where machines are busy with something else: what is slow by itself is slow each time.
const TRIES: usize = 3;

/// Alice in two browsers, at the first issuer, and a person whom another issuer calls by the same name.
struct Cast {
    house: House,
    here: SignedIn,
    there: SignedIn,
    other: SignedIn,
}

/// Whose sessions a logout is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    /// The one that began at the first machine.
    Here,
    /// All of the same person.
    Everywhere,
}

impl Cast {
    async fn assemble(place: SharedPlace, keeping: Keeping, cache: Cache) -> Result<Self, Failure> {
        Self::at(House::open(place, keeping, cache).await?).await
    }

    /// The same house, with new browsers.
    async fn again(self) -> Result<Self, Failure> {
        Self::at(self.house).await
    }

    async fn at(house: House) -> Result<Self, Failure> {
        let [one, two] = &house.issuers;
        let (here, there) = (house.sign_in(1, one).await?, house.sign_in(2, one).await?);
        let other = house.sign_in(3, two).await?;
        Ok(Self { house, here, there, other })
    }

    /// Each browser is signed in at each machine and waits there; then this happens; then exactly those are over, at once: when the
    /// last of them was refused and told.
    async fn after(&self, over: Over, logout: impl AsyncFnOnce() -> Outcome) -> Result<Duration, Failure> {
        for signed_in in [&self.here, &self.there, &self.other] {
            signed_in.who().await?;
        }
        let waited: Vec<usize> = self.house.machines.iter().map(Machine::waits).collect();
        let (of_here, of_there, of_other) = (self.here.waiting(), self.there.waiting(), self.other.waiting());
        until("three who wait at each machine", async || {
            let waits: Vec<usize> = self.house.machines.iter().map(Machine::waits).collect();
            let all_wait = waits.iter().zip(&waited).all(|(now, before)| *now == before + 3);
            Ok(if all_wait { Ok(()) } else { Err(format!("{waits:?} of {waited:?}")) })
        })
        .await?;
        logout().await?;
        let begin = Instant::now();
        let (ends, goes_on) = match over {
            Over::Here => (vec![(&self.here, of_here)], vec![(&self.there, of_there), (&self.other, of_other)]),
            Over::Everywhere => (vec![(&self.here, of_here), (&self.there, of_there)], vec![(&self.other, of_other)]),
        };
        let mut slowest = Duration::ZERO;
        let asking: Vec<_> = ends.iter().map(|(signed_in, _)| signed_in.refusals(begin)).collect();
        for (asking, (_, waiting)) in asking.into_iter().zip(ends) {
            let (mut refused, mut told) = (Vec::new(), Vec::new());
            for machine in asking {
                let refusal = machine.await??;
                assert!(refusal.is_right(self.house.cache), "cache {:?}: {refusal:?}", self.house.cache);
                refused.push(refusal.after);
            }
            for machine in waiting {
                told.push(machine.await??.saturating_duration_since(begin));
            }
            println!("refused after {refused:?}, told after {told:?}");
            slowest = refused.into_iter().chain(told).fold(slowest, Duration::max);
        }
        for (signed_in, waiting) in goes_on {
            signed_in.who().await?;
            assert!(
                waiting.iter().all(|machine| !machine.is_finished()),
                "somebody is told of an end that was not theirs"
            );
            waiting.iter().for_each(tokio::task::JoinHandle::abort);
        }
        Ok(slowest)
    }
}

/// A way to leave.
#[derive(Clone, Copy, Debug)]
enum Way {
    ProviderForOneSession,
    ProviderForAPerson,
    PersonAtAnotherMachine,
    ApplicationForAPerson,
    /// Where there is a list of sessions.
    ApplicationForOneSession,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::ProviderForOneSession,
        Self::ProviderForAPerson,
        Self::PersonAtAnotherMachine,
        Self::ApplicationForAPerson,
        Self::ApplicationForOneSession,
    ];

    fn is_there(self, keeping: Keeping) -> bool {
        keeping == Keeping::Sessions || !matches!(self, Self::ApplicationForOneSession)
    }

    async fn out(self, cast: &Cast) -> Result<Duration, Failure> {
        match self {
            Self::ProviderForOneSession => by_the_provider_for_one_session(cast).await,
            Self::ProviderForAPerson => by_the_provider_for_a_person(cast).await,
            Self::PersonAtAnotherMachine => by_the_person_at_another_machine(cast).await,
            Self::ApplicationForAPerson => by_the_application_for_a_person(cast).await,
            Self::ApplicationForOneSession => by_the_application_for_one_session(cast).await,
        }
    }
}

/// All ways to leave, each with people who have just signed in. What holds, holds each time; that it is soon shows once, as these
/// machines do other things too.
async fn every_way_out(place: SharedPlace, keeping: Keeping, cache: Cache) -> Outcome {
    println!("{}, {keeping:?}, cache {cache:?}", place.name());
    let mut cast = Cast::assemble(place, keeping, cache).await?;
    for way in Way::ALL.into_iter().filter(|way| way.is_there(keeping)) {
        let mut took = Vec::new();
        while took.last().is_none_or(|slowest| *slowest >= SOON) {
            assert!(took.len() < TRIES, "{way:?} is never soon: {took:?}");
            took.push(way.out(&cast).await?);
            cast = cast.again().await?;
        }
    }
    Ok(())
}

/// The back channel reaches one machine, and not the one where the session began.
async fn by_the_provider_for_one_session(cast: &Cast) -> Result<Duration, Failure> {
    let [one, _] = &cast.house.issuers;
    let sids = one.provider().sids_of("alice");
    let [.., here, _there] = sids.as_slice() else { return Err("alice has two sessions".into()) };
    assert!(one.provider().end_session(here));
    cast.after(Over::Here, async || {
        assert_eq!(cast.house.machine(2)?.hears_from(one).await?, 1);
        Ok(())
    })
    .await
}

/// A logout token without a `sid`.
async fn by_the_provider_for_a_person(cast: &Cast) -> Result<Duration, Failure> {
    let [one, _] = &cast.house.issuers;
    assert!(one.provider().log_out("alice") >= 2);
    cast.after(Over::Everywhere, async || {
        assert_eq!(cast.house.machine(3)?.hears_from(one).await?, 1);
        Ok(())
    })
    .await
}

/// The button of the page, at a machine that has not met them when they signed in.
async fn by_the_person_at_another_machine(cast: &Cast) -> Result<Duration, Failure> {
    let person = cast.here.person.led_to(HOST, cast.house.machine(2)?.address())?;
    let form = person.open(&page("/auth/logout")).await?;
    cast.after(Over::Here, async || person.send(&form, "/auth/logout").await.map(drop)).await
}

async fn by_the_application_for_a_person(cast: &Cast) -> Result<Duration, Failure> {
    let (issuer, subject) = alice_of(&cast.house.issuers[0])?;
    let machine = cast.house.machine(3)?;
    cast.after(Over::Everywhere, async || Ok(machine.vestibule().log_out_everywhere((&issuer, &subject)).await?)).await
}

/// As somebody does who looks at the list of their sessions and ends one of them.
async fn by_the_application_for_one_session(cast: &Cast) -> Result<Duration, Failure> {
    let (issuer, subject) = alice_of(&cast.house.issuers[0])?;
    let vestibule = cast.house.machine(3)?.vestibule();
    let who = cast.here.who().await?;
    let id: SessionId = who.rsplit(' ').next().ok_or("an id")?.parse()?;
    let before = vestibule.sessions_of((&issuer, &subject)).await?.len();
    assert!(before >= 2, "{before}");
    let slowest = cast.after(Over::Here, async || Ok(vestibule.end_session((&issuer, &subject), id).await?)).await?;
    assert_eq!(vestibule.sessions_of((&issuer, &subject)).await?.len(), before - 1);
    Ok(slowest)
}

/// V64, R130: sessions in the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_at_one_machine_holds_at_all_of_them() -> Outcome {
    in_each_place(async |place| every_way_out(place, Keeping::Sessions, Cache::Off).await).await
}

/// The same while each machine remembers who came by a moment ago.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_at_one_machine_holds_at_machines_with_a_cache() -> Outcome {
    in_each_place(async |place| every_way_out(place, Keeping::Sessions, Cache::On).await).await
}

/// V64: sessions in cookies, of which there are copies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_at_one_machine_ends_copies_of_cookies_at_all_of_them() -> Outcome {
    in_each_place(async |place| every_way_out(place, Keeping::Marks, Cache::Off).await).await
}

/// The same while each machine remembers for a moment that nobody was logged out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_at_one_machine_ends_copies_of_cookies_at_machines_with_a_cache() -> Outcome {
    in_each_place(async |place| every_way_out(place, Keeping::Marks, Cache::On).await).await
}
