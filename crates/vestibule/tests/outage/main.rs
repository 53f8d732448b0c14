//! A provider that is away: at start, in between, and for an hour.

#[path = "../my_sessions/frail.rs"]
#[allow(dead_code, reason = "one way in which a store fails is enough here")]
mod frail;
#[path = "../house/mod.rs"]
mod house;
mod line;
mod probes;

use std::time::Duration;

use house::{APP, House};
use line::{house as counted_house, house_without_provider};
use tokio::time::{Instant, sleep};
use vestibule_provider::Fault;

const MINUTE: Duration = Duration::from_secs(60);
/// The most that lies between two questions of those who look after a provider.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Lets a minute pass, by all clocks.
async fn a_minute(house: &mut House) {
    sleep(MINUTE).await;
    house.pass(60);
}

/// The status of `/auth/ready`.
async fn readiness(house: &mut House) -> u16 {
    house.browser.fetch(&format!("{APP}/auth/ready")).await.status().as_u16()
}

/// Reliability, "Provider unreachable at start": start all the same, and be there when it is back without anybody's help.
#[tokio::test(start_paused = true)]
async fn an_hour_without_the_provider_from_the_start_ends_within_seconds_of_its_return() {
    let (mut house, line, vestibule) = house_without_provider();
    assert!(vestibule.ready().await.is_err());
    assert_eq!(house.get("/open").await.text(), "open to all");
    assert_eq!(house.get("/").await.text(), "stranger");
    for minute in 0..60 {
        if minute % 10 == 0 {
            let page = house.get("/profile").await;
            assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"));
            assert_eq!(page.header("retry-after"), Some("30"));
            assert!(page.text().contains("The provider cannot be reached. Try again later."), "{}", page.text());
        }
        a_minute(&mut house).await;
    }
    // Full jitter between 0 and 30 s: one question each 15 s or so, and those of the logins.
    let questions = line.questions();
    assert!((120..=400).contains(&questions), "{questions} questions in an hour");

    house.provider.set_fault(None);
    let back = Instant::now();
    while house.provider.count("/jwks") == 0 {
        sleep(Duration::from_millis(100)).await;
        assert!(back.elapsed() <= LONGEST_PAUSE + Duration::from_secs(1), "nobody noticed that it is back");
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(readiness(&mut house).await, 200);
    let questions = line.questions();
    sleep(10 * MINUTE).await;
    assert_eq!(line.questions(), questions, "whoever looked after it has gone");
    let page = house.get("/profile").await;
    assert_eq!((page.url().path(), line.questions()), ("/authorize", questions), "nothing is left to be fetched");
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "profile of alice");
}

/// Reliability: an outage costs no session, and who is signed in costs the provider nothing.
#[tokio::test(start_paused = true)]
async fn an_hour_without_the_provider_costs_nobody_their_session() {
    let (mut house, line, _vestibule) = counted_house(|builder| builder);
    let mut people = Vec::new();
    for _ in 0..20 {
        let mut browser = house.another_browser();
        let page = browser.get(&format!("{APP}/profile")).await;
        assert_eq!(browser.sign_in_as(&page, "alice").await.text(), "profile of alice");
        people.push(browser);
    }
    // What was fetched is an hour old when the outage begins, so there is something to be asked for.
    for _ in 0..61 {
        a_minute(&mut house).await;
    }
    house.provider.set_fault(Some(Fault::Unreachable));
    let questions = line.questions();
    for _ in 0..30 {
        a_minute(&mut house).await;
        for browser in &mut people {
            browser.set_now(vestibule::Clock::now(&house.clock));
            assert_eq!(browser.get(&format!("{APP}/profile")).await.text(), "profile of alice");
        }
    }
    assert_eq!(line.questions(), questions, "600 pages of people who are signed in, and no question to the provider");
    for _ in 0..30 {
        a_minute(&mut house).await;
        assert_eq!(readiness(&mut house).await, 200, "what is known serves on");
    }
    let asked = line.questions() - questions;
    assert!((60..=200).contains(&asked), "{asked} questions in half an hour");
    house.provider.set_fault(None);
    a_minute(&mut house).await;
    assert!(house.provider.count("/.well-known/openid-configuration") >= 2, "it was asked again, and answered");
}

/// V52: a failed refresh never evicts good keys.
#[tokio::test(start_paused = true)]
async fn keys_that_aged_during_an_outage_still_verify_and_are_fetched_anew_in_the_background() {
    let (mut house, _line, _vestibule) = counted_house(|builder| builder);
    house.sign_in("/profile", "alice").await;
    house.provider.set_fault(Some(Fault::JwksServerError));
    for _ in 0..120 {
        a_minute(&mut house).await;
    }
    let mut browser = house.another_browser();
    let page = browser.get(&format!("{APP}/profile")).await;
    assert_eq!(browser.sign_in_as(&page, "alice").await.text(), "profile of alice");
    house.provider.set_fault(None);
    let before = house.provider.count("/jwks");
    sleep(LONGEST_PAUSE + Duration::from_secs(1)).await;
    assert_eq!(house.provider.count("/jwks"), before + 1, "nobody's request was needed");
}

/// Everything bounded: a crowd in front of a closed door does not become a crowd in front of the provider.
#[tokio::test(start_paused = true)]
async fn a_thousand_logins_during_an_outage_ask_the_provider_once_a_second_at_most() {
    let (house, line, _vestibule) = house_without_provider();
    let start = Instant::now();
    let crowd: Vec<_> = (0..1000_u64)
        .map(|person| {
            let mut browser = house.another_browser();
            tokio::spawn(async move {
                sleep(Duration::from_millis(person * 20)).await;
                browser.get(&format!("{APP}/profile")).await.status().as_u16()
            })
        })
        .collect();
    for person in crowd {
        assert_eq!(person.await.expect("no panic"), 503);
    }
    let seconds = usize::try_from(start.elapsed().as_secs()).expect("seconds") + 1;
    assert!(line.questions() <= seconds + 1, "{} questions in {seconds} s", line.questions());
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_after_a_provider_ends_with_its_vestibule() {
    let (house, line, vestibule) = house_without_provider();
    assert!(vestibule.ready().await.is_err());
    sleep(10 * MINUTE).await;
    assert!(line.questions() > 10);
    drop((house, vestibule));
    let questions = line.questions();
    sleep(10 * MINUTE).await;
    assert_eq!(line.questions(), questions);
}

/// A provider that answers, and wrongly, is no outage: nobody goes on asking it by themselves.
#[tokio::test(start_paused = true)]
async fn a_provider_that_answers_wrongly_is_not_asked_again_until_somebody_wants_it() {
    let (house, line, vestibule) = counted_house(|builder| builder);
    house.provider.set_fault(Some(Fault::MetadataIssuerMismatch));
    assert!(vestibule.ready().await.is_err());
    sleep(10 * MINUTE).await;
    assert_eq!(line.questions(), 1);
}
