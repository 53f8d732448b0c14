use std::{
    sync::atomic::{AtomicI64, Ordering},
    task::{Context, Waker},
};

use vestibule_core::{ClaimsSet, Client, Subject};

use super::*;
use crate::{
    Clock, MemoryStore, Provider, SecretKey, SessionPolicy, Vestibule,
    session::{Evidence, HeldTokens, SignedIn},
    session_store::{Born, Moment},
};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

#[derive(Clone, Debug)]
struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> NumericDate {
        NumericDate::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// A door with sessions in cookies, and its clock.
fn door() -> (Arc<Door>, TestClock) {
    let clock = TestClock(Arc::new(AtomicI64::new(NOW.seconds())));
    let corp = Provider::discovered("http://127.0.0.1:3001", Client::public("my-app")).expect("an issuer");
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", corp)
        .marks(MemoryStore::new())
        .clock(clock.clone())
        .build();
    (Arc::clone(vestibule.expect("the settings hold together").door()), clock)
}

fn session(door: &Door) -> Session {
    let provider = Arc::clone(door.provider("corp").expect("there is one"));
    let signed_in = SignedIn {
        issuer: Arc::clone(provider.issuer().expect("the settings have it")),
        provider,
        subject: Subject::parse("alice").expect("a subject"),
        claims: ClaimsSet::default(),
        evidence: Evidence::default(),
        tokens: HeldTokens::default(),
        born: Born::new(NOW, Moment(1)),
        sid: Some("a session at the provider".to_owned()),
        session_expiry: None,
    };
    Session::log_in(signed_in, door.new_place().key, &SessionPolicy::default(), NOW)
}

fn gauge(endings: &Endings) -> (usize, usize) {
    let waiting = endings.lock();
    (waiting.count, waiting.by_key.len())
}

fn is_pending(wait: &mut std::pin::Pin<Box<impl Future<Output = ()>>>) -> bool {
    wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_no_longer_leaves_nothing_behind() {
    let (door, _) = door();
    let session = session(&door);
    let mut waiting: Vec<_> = (0..10_000).map(|_| Box::pin(Wait::new(&door, &session).over())).collect();
    assert_eq!(gauge(&door.endings), (10_000, 40_000));
    assert!(waiting.iter_mut().step_by(2).all(is_pending), "half of them have looked");
    waiting.truncate(5_000);
    assert_eq!(gauge(&door.endings), (5_000, 20_000));
    drop(waiting);
    assert_eq!(gauge(&door.endings), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_came_leaves_nothing_behind() {
    let (door, _) = door();
    let session = session(&door);
    let waiting: Vec<_> = (0..100).map(|_| tokio::spawn(Wait::new(&door, &session).over())).collect();
    tokio::task::yield_now().await;
    door.end_session(&session).await.expect("done");
    for wait in waiting {
        wait.await.expect("no panic");
    }
    assert_eq!(gauge(&door.endings), (0, 0));
}

/// Ten times as many as can be told: the rest look by themselves.
#[tokio::test(start_paused = true)]
async fn whoever_comes_when_there_are_too_many_looks_by_themselves() {
    let (door, _) = door();
    let session = session(&door);
    let few = Arc::new(Endings::at_most(10));
    let wait = || {
        let seat = few.enter(Watched::of(&session, &door));
        Box::pin(Wait { door: Arc::clone(&door), seat }.over())
    };
    let mut waiting: Vec<_> = (0..100).map(|_| wait()).collect();
    assert_eq!(gauge(&few), (10, 40));
    assert!(waiting.iter_mut().all(is_pending));
    door.end_session(&session).await.expect("done");
    few.tell(session.key);
    assert_eq!(waiting.iter_mut().filter_map(|wait| (!is_pending(wait)).then_some(())).count(), 10);
    let rest: Vec<_> =
        waiting.drain(10..).map(|wait| tokio::time::timeout(LOOK_EVERY + Duration::from_secs(1), wait)).collect();
    for wait in rest {
        wait.await.expect("half a minute is enough");
    }
    drop(waiting);
    assert_eq!(gauge(&few), (0, 0));
    let _seat = few.enter(Watched::of(&session, &door));
    assert_eq!(gauge(&few), (1, 4), "and there is room again");
}

/// A store that hears again may have missed something: whoever waits looks at once, and not at their next turn.
#[tokio::test(start_paused = true)]
async fn whoever_waits_looks_again_when_the_store_hears_again() {
    let (door, clock) = door();
    let session = session(&door);
    let waiting = tokio::spawn(Wait::new(&door, &session).over());
    tokio::task::yield_now().await;
    clock.0.store(session.times.ends_at.seconds(), Ordering::SeqCst);
    let listener = door.endings.listener();
    listener(Notice::Deaf);
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "nobody looks because the store is deaf");
    let before = tokio::time::Instant::now();
    listener(Notice::Hearing);
    waiting.await.expect("no panic");
    assert_eq!(before.elapsed(), Duration::ZERO);
}

/// R119, R116: only what concerns a session wakes whoever waits for it, and a mark that does not end it is no end.
#[tokio::test(start_paused = true)]
async fn a_mark_that_does_not_end_the_session_is_no_end() {
    let (door, _) = door();
    let session = session(&door);
    let [_, sid, subject, issuer] = door.whose(&session);
    let mut wait = Box::pin(Wait::new(&door, &session).over());
    assert!(is_pending(&mut wait));
    for key in [sid, subject, issuer] {
        door.endings.tell(key);
        assert!(is_pending(&mut wait), "nothing was raised");
    }
    // The provider speaks of sessions that are older than this one.
    let issuer = &session.issuer;
    door.end_all(sid, issuer, Some(NOW.minus(1))).await.expect("done");
    assert!(is_pending(&mut wait));
    door.end_all(sid, issuer, Some(NOW.plus(1))).await.expect("done");
    assert!(!is_pending(&mut wait));
}

/// R120: a logout by the provider's name for its session, and by the person's.
#[tokio::test(start_paused = true)]
async fn a_logout_by_sid_or_subject_is_known_at_once() {
    for at in [1, 2] {
        let (door, _) = door();
        let session = session(&door);
        let index = *door.whose(&session).get(at).expect("there are four");
        let mut wait = Box::pin(Wait::new(&door, &session).over());
        assert!(is_pending(&mut wait));
        door.end_all(index, &session.issuer, None).await.expect("done");
        assert!(!is_pending(&mut wait), "{at}");
    }
}

/// The mark of an issuer stands in for others when there is no room for them (V64).
#[tokio::test(start_paused = true)]
async fn the_mark_of_a_whole_issuer_is_known_at_once() {
    let (door, _) = door();
    let session = session(&door);
    let mut wait = Box::pin(Wait::new(&door, &session).over());
    assert!(is_pending(&mut wait));
    let issuer = door.keys.issuer(&session.issuer);
    let raising = crate::session_store::Raising::new(issuer, issuer, None, NOW.plus(1000));
    let _ = door.store().raise(raising, NOW).await.expect("done");
    assert!(!is_pending(&mut wait), "the store told");
}

/// A clock that was set back makes nobody wait for longer.
#[tokio::test(start_paused = true)]
async fn a_clock_set_back_ends_no_later() {
    let (door, clock) = door();
    let session = session(&door);
    let mut wait = Box::pin(Wait::new(&door, &session).over());
    assert!(is_pending(&mut wait));
    clock.0.fetch_sub(10_000, Ordering::SeqCst);
    tokio::time::advance(LOOK_EVERY).await;
    assert!(is_pending(&mut wait));
    clock.0.fetch_add(10_000 + 8 * 3600, Ordering::SeqCst);
    tokio::time::advance(LOOK_EVERY).await;
    assert!(!is_pending(&mut wait));
}

#[tokio::test(start_paused = true)]
async fn whoever_left_is_not_entered_again_when_the_session_goes_on() {
    let (door, _) = door();
    let (earlier, later) = (session(&door), session(&door));
    let stays = Wait::new(&door, &earlier);
    drop(Wait::new(&door, &earlier));
    door.endings.goes_on(earlier.key, &later, &door);
    assert_eq!(gauge(&door.endings), (1, 4));
    assert_eq!(door.endings.concerned(earlier.key).len(), 0);
    assert_eq!(door.endings.concerned(later.key).len(), 1);
    drop(stays);
    assert_eq!(gauge(&door.endings), (0, 0));
}
