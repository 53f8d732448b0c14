//! What ends at one store is told at the other.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use vestibule::{
    SessionStore,
    session_store::{Notice, Raising},
};

use crate::{
    House,
    common::{EVERYTHING, NOW, enter, fresh, overheard, taken},
};

/// Waits until the notice was told, and gives all that were until then.
async fn until_told(told: &Mutex<Vec<Notice>>, notice: Notice) -> Vec<Notice> {
    let give_up = Instant::now() + Duration::from_secs(20);
    let mut all = Vec::new();
    while !all.contains(&notice) {
        assert!(Instant::now() < give_up, "not told: {notice:?}, but {all:?}");
        all.extend(taken(told));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_at_one_store_is_told_at_the_other() {
    let Some(house) = House::new("vestibule_test_notices").await else { return };
    let (here, there) = (house.migrated().await, house.store());
    let (listener, told) = overheard();
    there.listen(listener);
    until_told(&told, Notice::Hearing).await;
    let (keys, subject) = ([fresh(), fresh(), fresh()], fresh());
    for key in keys {
        enter(&here, key, subject, NOW.plus(100)).await;
    }
    let begun = Instant::now();
    assert!(here.delete(keys[0], NOW).await.expect("an answer"));
    until_told(&told, Notice::Ended(keys[0])).await;
    println!("told elsewhere after {:?}", begun.elapsed());
    here.delete_all(subject, EVERYTHING, NOW).await.expect("an answer");
    let mut ended = until_told(&told, Notice::Ended(keys[1])).await;
    if !ended.contains(&Notice::Ended(keys[2])) {
        ended.extend(until_told(&told, Notice::Ended(keys[2])).await);
    }
    here.raise(Raising::new(subject, fresh(), None, NOW.plus(100)), NOW).await.expect("an answer");
    until_told(&told, Notice::Ended(subject)).await;
    house.run("NOTIFY vestibule_ended, 'no key'; NOTIFY vestibule_ended").await;
    enter(&here, keys[0], subject, NOW.plus(100)).await;
    assert!(here.delete(keys[0], NOW).await.expect("an answer"));
    let all = until_told(&told, Notice::Ended(keys[0])).await;
    assert!(!all.contains(&Notice::Deaf), "{all:?}");
    house.gone().await;
}

/// What ends here is told before the answer is.
#[tokio::test]
async fn what_ends_here_is_told_at_once() {
    let Some(house) = House::new("vestibule_test_own_notices").await else { return };
    let store = house.migrated().await;
    let (listener, told) = overheard();
    store.listen(listener);
    let key = fresh();
    enter(&store, key, fresh(), NOW.plus(100)).await;
    assert!(store.delete(key, NOW).await.expect("an answer"));
    assert!(taken(&told).contains(&Notice::Ended(key)));
    house.gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_told_and_mends_itself() {
    let Some(house) = House::new("vestibule_test_lost").await else { return };
    let (here, there) = (house.migrated().await, house.store());
    let (listener, told) = overheard();
    there.listen(listener);
    until_told(&told, Notice::Hearing).await;
    let key = fresh();
    enter(&there, key, fresh(), NOW.plus(100)).await;
    let begun = Instant::now();
    let ours = "application_name = 'vestibule_test_lost' AND pid <> pg_backend_pid()";
    house.run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")).await;
    let mut all = until_told(&told, Notice::Deaf).await;
    if !all.ends_with(&[Notice::Hearing]) {
        all.extend(until_told(&told, Notice::Hearing).await);
    }
    println!("heard again after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(there.load(key, NOW).await.expect("what may be asked twice is").is_some());
    assert!(here.delete(key, NOW).await.is_ok_and(|was_there| was_there) || here.delete(key, NOW).await.is_ok());
    until_told(&told, Notice::Ended(key)).await;
    house.gone().await;
}

/// A program calls `listen` before its runtime begins.
#[test]
fn whoever_listens_before_there_is_a_runtime_hears_from_the_first_question_on() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(house) = runtime.block_on(House::new("vestibule_test_early")) else { return };
    let store = house.store();
    let (listener, told) = overheard();
    store.listen(listener);
    runtime.block_on(async {
        store.migrate().await.expect("migrated");
        store.load(fresh(), NOW).await.expect("an answer");
        until_told(&told, Notice::Hearing).await;
        house.gone().await;
    });
    drop(runtime);
    assert!(taken(&told).ends_with(&[Notice::Deaf]), "the runtime has ended");
}
