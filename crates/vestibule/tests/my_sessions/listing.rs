//! "My sessions": who is signed in where.

use std::{sync::atomic::Ordering, time::Duration};

use vestibule::{Clock, NumericDate, SessionInfo, SessionPolicy, SessionsError};

use crate::{
    bench::{CURL, FIREFOX, Home, Mode, UNKNOWN, id, log_out, me, session_id},
    frail::Frail,
};

const HOUR: i64 = 3600;

fn began_and_last_seen(list: &[SessionInfo]) -> Vec<(NumericDate, NumericDate)> {
    list.iter().map(|session| (session.signed_in_at(), session.last_seen())).collect()
}

/// R134: three browsers and two people.
#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_nobody_else() {
    let mut home = Home::new(Mode::Store);
    let began = home.house.clock.now();
    let mut firefox = home.signed_in_by("alice", FIREFOX).await;
    home.house.pass(HOUR);
    let mut curl = home.signed_in_by("alice", CURL).await;
    home.house.pass(HOUR);
    let mut unknown = home.signed_in_by("bob", UNKNOWN).await;

    let list = home.list("alice").await;
    let browsers: Vec<_> = list.iter().map(|session| (session.browser(), session.provider())).collect();
    assert_eq!(browsers, [(Some("curl"), "corp"), (Some("Firefox"), "corp")], "the one that was seen last is first");
    assert_eq!(
        began_and_last_seen(&list),
        [(began.plus(HOUR), began.plus(HOUR)), (began, began)],
        "asking for the list is no activity"
    );
    let ends: Vec<_> = list.iter().map(|session| (session.idle_until(), session.ends_at())).collect();
    assert_eq!(
        ends,
        [(Some(began.plus(9 * HOUR)), began.plus(25 * HOUR)), (Some(began.plus(8 * HOUR)), began.plus(24 * HOUR))]
    );

    assert_eq!(session_id(&mut firefox).await, list[1].id(), "which moves it to the front");
    let list = home.list("alice").await;
    assert_eq!(began_and_last_seen(&list), [(began, began.plus(2 * HOUR)), (began.plus(HOUR), began.plus(HOUR))]);
    assert_eq!(session_id(&mut curl).await, list[1].id());

    let of_bob = home.list("bob").await;
    assert_eq!((of_bob.len(), of_bob[0].browser()), (1, None));
    assert_eq!(session_id(&mut unknown).await, of_bob[0].id());
    assert!(home.list("mallory").await.is_empty());
}

#[tokio::test]
async fn what_has_ended_is_not_on_the_list() {
    let mut home = Home::new(Mode::Store);
    let mut first = home.signed_in("alice").await;
    let mut second = home.signed_in("alice").await;
    let remaining = session_id(&mut second).await;
    log_out(&mut first).await;
    let ids: Vec<_> = home.list("alice").await.iter().map(SessionInfo::id).collect();
    assert_eq!(ids, [remaining]);
    home.house.pass(8 * HOUR);
    assert!(home.list("alice").await.is_empty(), "idle for too long");
}

/// To within five minutes, with an idle limit or without.
#[tokio::test]
async fn when_somebody_was_last_seen_is_known_to_within_five_minutes() {
    for policy in [SessionPolicy::default(), SessionPolicy::lifetime(Duration::from_secs(24 * 3600))] {
        let mut home = Home::with(Mode::Store, Frail::new(), |builder| builder.session(policy));
        let mut browser = home.signed_in("alice").await;
        for minute in 1..=30 {
            home.house.pass(60);
            browser.set_now(home.house.clock.now());
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
            let age = home.house.clock.now().seconds_since(home.list("alice").await[0].last_seen());
            assert!((0..300).contains(&age), "{age} seconds ago, after {minute} minutes");
        }
    }
}

/// The error says why, and what to do.
#[tokio::test]
async fn of_sessions_in_cookies_there_is_no_list() {
    let mut home = Home::new(Mode::Cookies);
    let mut browser = home.signed_in("alice").await;
    let (issuer, subject) = id("alice");
    let listed = home.vestibule.sessions_of((&issuer, &subject)).await.expect_err("no list");
    assert!(matches!(listed, SessionsError::NoList) && listed.to_string().contains(".sessions(..)"), "{listed}");
    let own = session_id(&mut browser).await;
    let ended = home.vestibule.end_session((&issuer, &subject), own).await.expect_err("no list");
    assert!(matches!(ended, SessionsError::NoList), "{ended}");
    assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
    assert_eq!(session_id(&mut browser).await, own, "though it has an id that stays");
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_empty_list() {
    let store = Frail::new();
    let mut home = Home::with(Mode::Store, store.clone(), |builder| builder);
    let mut browser = home.signed_in("alice").await;
    let own = session_id(&mut browser).await;
    store.fails.store(true, Ordering::SeqCst);
    let (issuer, subject) = id("alice");
    let who = (&issuer, &subject);
    assert!(matches!(home.vestibule.sessions_of(who).await, Err(SessionsError::Store(_))));
    assert!(matches!(home.vestibule.end_session(who, own).await, Err(SessionsError::Store(_))));
    assert!(home.vestibule.log_out_everywhere(who).await.is_err());
    store.fails.store(false, Ordering::SeqCst);
    assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
}
