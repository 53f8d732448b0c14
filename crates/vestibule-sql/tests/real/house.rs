//! The contract, migrations, and what is cleared away.

use std::sync::Arc;

use sqlx::PgPool;
use vestibule::{
    NumericDate, SessionStore,
    session_store::{Fence, Moment, Raising, Reach, contract},
};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, enter, fresh, one_of_each},
};

/// V57, V58, V64, V71, R116, R119: each from connections of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_database_keep_the_contract() {
    let Some(house) = House::new("vestibule_test_contract").await else { return };
    let (one, other) = (house.migrated().await, house.store().at_most_connections(20));
    assert_eq!(one.reach(), Reach::Everywhere);
    for after in [0, 3600] {
        let now = NOW.plus(after);
        contract::check(&one, now).await.expect("kept");
        contract::check(&other, now.plus(600)).await.expect("kept");
    }
    house.gone().await;
}

/// Two machines whose clocks differ, and many callers on each: no moment and no fence is given twice, and none goes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moments_and_fences_only_grow_whoever_asks() {
    let Some(house) = House::new("vestibule_test_moments").await else { return };
    house.migrated().await;
    let mut callers = tokio::task::JoinSet::new();
    let (one, other) = (Arc::new(house.store()), Arc::new(house.store()));
    let name = fresh();
    for number in 0..16 {
        let store = Arc::clone(if number % 2 == 0 { &one } else { &other });
        callers.spawn(async move {
            let (mut moments, mut fences) = (vec![Moment(0)], Vec::new());
            for second in 0..40 {
                let now = NOW.plus(second - 3 * (number % 3));
                let moment =
                    store.burn_attempt(fresh(), now.plus(100), now).await.expect("an answer").expect("the first time");
                assert!(Moment::default().next(now) <= moment && moments.last() < Some(&moment));
                moments.push(moment);
                if let Some(fence) = store.lease(name, now.plus(100), now).await.expect("an answer") {
                    fences.push(fence);
                    store.release_lease(name, fence, now).await.expect("an answer");
                }
            }
            assert!(fences.is_sorted());
            (moments.split_off(1), fences)
        });
    }
    let (mut moments, mut fences): (Vec<Moment>, Vec<Fence>) = Default::default();
    while let Some(found) = callers.join_next().await {
        let (some, more) = found.expect("no panic");
        moments.extend(some);
        fences.extend(more);
    }
    let (drawn, taken) = (moments.len(), fences.len());
    moments.sort_unstable();
    moments.dedup();
    fences.sort_unstable();
    fences.dedup();
    assert_eq!((moments.len(), fences.len()), (drawn, taken));
    assert!(drawn == 640 && taken > 0);
    house.gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_migrate_at_once_and_again() {
    let Some(house) = House::new("vestibule_test_migrations").await else { return };
    let stores = [house.store(), house.store(), house.store()];
    for _ in 0..2 {
        let (a, b, c) = tokio::join!(stores[0].migrate(), stores[1].migrate(), stores[2].migrate());
        a.and(b).and(c).expect("migrated");
    }
    stores[2].check().await.expect("ready");
    assert_eq!(house.count("SELECT count(*) FROM vestibule_migrations").await, 1);
    house.gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_rows_go_in_batches_and_nothing_alive_goes() {
    let Some(house) = House::new("vestibule_test_purge").await else { return };
    let store = Arc::new(house.migrated().await);
    let alive = one_of_each(&*store, NOW.plus(10_000)).await;
    let until = NOW.plus(10).seconds();
    house
        .run(&format!(
            "INSERT INTO vestibule_sessions SELECT sha256(i::text::bytea), '\\x00', i, sha256('s'), NULL, 0, 0, 0, {until} \
             FROM generate_series(1, 10000) AS i"
        ))
        .await;
    let purging = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.purge(NOW.plus(10)).await }
    });
    let mut seen = std::collections::BTreeSet::new();
    while !purging.is_finished() {
        assert!(store.load(alive, NOW.plus(10)).await.expect("an answer").is_some());
        seen.insert(house.count("SELECT count(*) FROM vestibule_sessions").await);
    }
    assert_eq!(purging.await.expect("no panic").expect("purged"), 10_000);
    assert!(seen.iter().all(|left| (left - 1) % 500 == 0), "{seen:?}");
    assert!(store.load(alive, NOW.plus(9999)).await.expect("an answer").is_some());
    assert!(store.knows_jti(alive, NOW.plus(9999)).await.expect("an answer"));
    assert_eq!(
        store.purge(NOW.plus(10_000)).await.expect("purged"),
        5,
        "all but the lease, whose row stays for an hour"
    );
    assert_eq!(store.purge(NOW.plus(13_600)).await.expect("purged"), 1);
    house.gone().await;
}

/// A row that somebody is at is left for the next time.
#[tokio::test]
async fn nobody_waits_for_the_purge_and_it_waits_for_nobody() {
    let Some(house) = House::new("vestibule_test_locked").await else { return };
    let store = house.migrated().await;
    let subject = fresh();
    for _ in 0..3 {
        enter(&store, fresh(), subject, NOW.plus(10)).await;
    }
    let mut busy = house.pool.begin().await.expect("begun");
    let lock = "SELECT 1 FROM vestibule_sessions LIMIT 1 FOR UPDATE";
    sqlx::query(lock).execute(&mut *busy).await.expect("locked");
    assert_eq!(store.purge(NOW.plus(10)).await.expect("purged"), 2);
    busy.rollback().await.expect("released");
    assert_eq!(store.purge(NOW.plus(10)).await.expect("purged"), 1);
    house.gone().await;
}

#[tokio::test]
async fn somebody_who_comes_by_has_what_has_expired_purged() {
    let Some(house) = House::new("vestibule_test_by_the_way").await else { return };
    let store = house.migrated().await;
    enter(&store, fresh(), fresh(), NOW.plus(10)).await;
    store.raise(Raising::new(fresh(), fresh(), None, NOW.plus(10)), NOW).await.expect("raised");
    let left = "SELECT (SELECT count(*) FROM vestibule_sessions) + (SELECT count(*) FROM vestibule_marks)";
    let mut now = NOW.plus(70);
    while house.count(left).await > 0 {
        store.load(fresh(), now).await.expect("an answer");
        now = now.plus(60);
    }
    house.gone().await;
}

/// In the schema that was said, and not where the URL alone leads.
#[tokio::test]
async fn a_store_is_looked_at_with_all_that_was_said_of_it() {
    let Some(house) = House::new("vestibule_test_checked").await else { return };
    house.run("CREATE SCHEMA vestibule_test_checked").await;
    let refused = house.store().checked().await.expect_err("there are no tables in it");
    assert!(!refused.is_transient(), "{refused:?}");
    drop(house.migrated().await);
    house.store().checked().await.expect("there are");
    house.gone().await;
}

/// By its own clock all has expired long ago.
#[tokio::test]
async fn a_machine_whose_clock_is_two_hours_ahead_purges_nothing_that_lives() {
    let Some(house) = House::new("vestibule_test_ahead").await else { return };
    let store = house.migrated().await;
    let clock = NumericDate::from_seconds(house.count("SELECT extract(epoch FROM now())::bigint").await);
    for until in [clock.minus(1000), clock.plus(1000)] {
        enter(&store, fresh(), fresh(), until).await;
    }
    let left = "SELECT count(*) FROM vestibule_sessions";
    let mut ahead = clock.plus(7200);
    while house.count(left).await == 2 {
        store.load(fresh(), ahead).await.expect("an answer");
        ahead = ahead.plus(60);
    }
    assert_eq!(house.count(left).await, 1);
    house.gone().await;
}

/// Many try while one has it: a lock would be written, and waited for.
#[tokio::test]
async fn a_lease_that_is_not_had_writes_nothing() {
    let Some(house) = House::new("vestibule_test_lease").await else { return };
    let store = house.migrated().await;
    let name = fresh();
    let fence = store.lease(name, NOW.plus(30), NOW).await.expect("an answer").expect("free");
    assert_eq!(store.lease(name, NOW.plus(30), NOW).await.expect("an answer"), None);
    let locks = "SELECT sum(xmax::text::bigint)::bigint FROM vestibule_leases";
    assert_eq!(house.count(locks).await, 0);
    let later = NOW.plus(30);
    let next = store.lease(name, later.plus(30), later).await.expect("an answer").expect("free again");
    assert!(fence < next);
    house.gone().await;
}

/// The connections of a store are its owner's affair: no test leaves any behind.
#[tokio::test]
async fn a_store_that_is_dropped_leaves_no_connection() {
    let Some(house) = House::new("vestibule_test_dropped").await else { return };
    let url =
        format!("{}{}application_name=vestibule_dropped", house.url, if house.url.contains('?') { "&" } else { "?" });
    let there = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vestibule_dropped'";
    let url = format!("{url}&vestibule_migrate=1&vestibule_schema={}", house.schema);
    let store = PostgresStore::connect(&url).await.expect("a store");
    let (listener, _told) = crate::common::overheard();
    store.listen(listener);
    store.load(fresh(), NOW).await.expect("an answer");
    wait_for(&house.pool, there, |count| count >= 2).await;
    drop(store);
    wait_for(&house.pool, there, |count| count == 0).await;
    house.gone().await;
}

async fn wait_for(pool: &PgPool, count: &'static str, enough: impl Fn(i64) -> bool) {
    while !enough(sqlx::query_scalar(count).fetch_one(pool).await.expect("counted")) {
        tokio::task::yield_now().await;
    }
}
