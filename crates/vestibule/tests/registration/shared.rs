//! Several machines, with a store that all of them share: they register once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::{advance, sleep};
use vestibule::{ClientRegistration, HttpClient, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::{
    house::{APP, House, ISSUER, TestClock, everywhere::Everywhere, log::Log},
    lab::{asked, lab, op, signs_in},
};

pub(crate) struct Machine {
    pub(crate) house: House,
    pub(crate) registration: ClientRegistration,
}

fn machine(op: &DevelopmentProvider, clock: &TestClock, store: &Arc<Everywhere>) -> Machine {
    machine_over(op, op.clone(), clock, store)
}

/// With another way to the provider.
pub(crate) fn machine_over(
    op: &DevelopmentProvider,
    http: impl HttpClient + 'static,
    clock: &TestClock,
    store: &Arc<Everywhere>,
) -> Machine {
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).provider("lab", lab(asked()));
    let builder = builder.http_client(http).clock(clock.clone()).sessions(Arc::clone(store));
    let vestibule = builder.build().expect("the settings hold together");
    let registration = vestibule.registration("lab");
    Machine { house: House::around(op.clone(), clock.clone(), &vestibule), registration }
}

pub(crate) fn machines<const COUNT: usize>(op: &DevelopmentProvider, store: &Arc<Everywhere>) -> [Machine; COUNT] {
    let clock = TestClock::new();
    std::array::from_fn(|_| machine(op, &clock, store))
}

/// How a login begins in another browser: 303 to the provider, or nothing.
pub(crate) async fn begins(machine: &Machine) -> Option<u16> {
    let page = machine.house.another_browser().get_without_redirects(&format!("{APP}/profile")).await;
    page.header("location").is_some_and(|to| to.starts_with(ISSUER)).then(|| page.status().as_u16())
}

pub(crate) async fn signs_in_anew(machine: &mut Machine) -> bool {
    machine.house.browser = machine.house.another_browser();
    signs_in(&mut machine.house).await
}

pub(crate) async fn id(machine: &Machine) -> String {
    machine.registration.read().await.expect("registered").client().client_id().to_owned()
}

/// All clocks go on.
pub(crate) async fn pass(machine: &mut Machine, seconds: i64) {
    machine.house.pass(seconds);
    advance(Duration::from_secs(seconds.unsigned_abs())).await;
}

/// 20 people at each of three machines.
#[tokio::test(start_paused = true)]
async fn machines_that_start_at_once_register_once() {
    let (op, store) = (op(), Everywhere::new());
    let machines: [_; 3] = machines(&op, &store);
    let hold = op.hold("/register");
    let release = async {
        hold.until_waiting(1).await;
        sleep(Duration::from_millis(200)).await;
        assert_eq!(hold.waiting(), 1);
        hold.release();
    };
    let all = join_all(machines.iter().cycle().take(60).map(begins));
    let (statuses, ()) = tokio::join!(all, release);
    assert!(statuses.iter().all(|status| *status == Some(303)), "{statuses:?}");
    assert_eq!(op.count("/register"), 1);
    for mut machine in machines {
        assert!(signs_in_anew(&mut machine).await);
    }
    assert_eq!((op.count("/register"), store.kept_keys().len()), (1, 1));
}

/// R101
#[tokio::test(start_paused = true)]
async fn a_client_whose_secret_ends_is_replaced_by_one_machine() {
    let (op, store) = (op().registered_secrets_expire_after(3600), Everywhere::new());
    let mut machines: [_; 3] = machines(&op, &store);
    for machine in &machines {
        assert_eq!(begins(machine).await, Some(303));
    }
    pass(&mut machines[0], 3239).await;
    join_all(machines.iter().map(begins)).await;
    assert_eq!(op.count("/register"), 1, "still good");
    pass(&mut machines[0], 320).await;
    join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert_eq!(op.count("/register"), 2);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await);
    }
    assert_eq!(op.count("/register"), 2);
}

/// R101: a chance for each registration, not for each machine.
#[tokio::test(start_paused = true)]
async fn a_provider_whose_secrets_end_at_once_is_not_stormed_by_many_machines_either() {
    let (op, store) = (op().registered_secrets_expire_after(1), Everywhere::new());
    let mut machines: [_; 3] = machines(&op, &store);
    join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert_eq!(op.count("/register"), 1);
    pass(&mut machines[0], 61).await;
    join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert_eq!(op.count("/register"), 2);
}

/// It dies while the provider holds its request; the others wait for the end of its lease, and no longer.
#[test]
fn whoever_comes_after_a_machine_that_died_registers_once_its_lease_has_ended() {
    let (op, store, clock) = (op(), Everywhere::new(), TestClock::new());
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().expect("a runtime")
    };
    let dying = runtime();
    dying.block_on(async {
        let machine = machine(&op, &clock, &store);
        let hold = op.hold("/register");
        let asking = tokio::spawn(async move { begins(&machine).await });
        hold.until_waiting(1).await;
        drop(asking);
    });
    drop(dying);
    let asked = op.count("/register");
    runtime().block_on(async {
        let mut next = machine(&op, &clock, &store);
        let other = machine(&op, &clock, &store);
        let waiting = tokio::spawn(async move { begins(&other).await });
        sleep(Duration::from_secs(20)).await;
        assert!(!waiting.is_finished() && op.count("/register") == asked, "the lease holds");
        next.house.pass(31);
        assert_eq!(begins(&next).await, Some(303));
        assert_eq!(waiting.await.expect("no panic"), Some(303));
    });
    assert_eq!(op.count("/register"), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_registers_nobody_and_what_is_held_is_good_still() {
    let (op, store) = (op(), Everywhere::new());
    let [mut machine] = machines(&op, &store);
    store.is_away.store(true, Ordering::SeqCst);
    assert_ne!(machine.house.get("/profile").await.text(), "profile of alice");
    assert_eq!(op.count("/register"), 0);
    store.is_away.store(false, Ordering::SeqCst);
    assert!(signs_in_anew(&mut machine).await);
    pass(&mut machine, 120).await;
    store.is_away.store(true, Ordering::SeqCst);
    assert_eq!(begins(&machine).await, Some(303), "the registration is looked for, and in hand");
    assert_eq!(op.count("/register"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_registered_anew_once_and_said_once() {
    let (op, store) = (op(), Everywhere::new());
    let mut machines: [_; 3] = machines(&op, &store);
    assert_eq!(begins(&machines[0]).await, Some(303));
    let key = store.kept_keys()[0];
    let now = vestibule::Clock::now(&machines[0].house.clock);
    store.put_kept(key, vec![7; 100], now).await;
    let (log, _listening) = Log::listen();
    join_all(machines[1..].iter().cycle().take(20).map(begins)).await;
    assert_eq!(op.count("/register"), 2);
    let said = log.lines().iter().filter(|line| line.contains("keep the previous one")).count();
    assert!((1..=2).contains(&said), "once a process: {said}");
    assert!(signs_in_anew(&mut machines[1]).await && signs_in_anew(&mut machines[2]).await);
    pass(&mut machines[0], 61).await;
    assert_eq!(id(&machines[0]).await, id(&machines[1]).await);
    assert!(signs_in_anew(&mut machines[0]).await);
    assert_eq!(op.count("/register"), 2);
}

/// A registration of another provider's, put under this one's key.
#[tokio::test(start_paused = true)]
async fn a_registration_in_the_place_of_another_is_none() {
    let (op, store) = (op(), Everywhere::new());
    let [machine] = machines(&op, &store);
    assert_eq!(begins(&machine).await, Some(303));
    let other = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32]));
    let other = other.provider("lab", lab(asked().contact("more@example.com"))).http_client(op.clone());
    let other = other.clock(machine.house.clock.clone()).sessions(Arc::clone(&store)).build().expect("settings");
    let other = House::around(op.clone(), machine.house.clock.clone(), &other);
    other.another_browser().get_without_redirects(&format!("{APP}/profile")).await;
    let (keys, now) = (store.kept_keys(), vestibule::Clock::now(&machine.house.clock));
    assert_eq!((keys.len(), op.count("/register")), (2, 2));
    store.put_kept(keys[0], store.value(keys[1], now).await, now).await;
    let [fresh] = machines(&op, &store);
    assert_eq!(begins(&fresh).await, Some(303));
    assert_eq!(op.count("/register"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_provider_forgot_is_replaced_by_one_machine() {
    let (op, store) = (op(), Everywhere::new());
    let mut machines: [_; 3] = machines(&op, &store);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await);
    }
    pass(&mut machines[0], 61).await;
    let mut callbacks = Vec::new();
    for machine in &mut machines {
        machine.house.browser = machine.house.another_browser();
        callbacks.push(machine.house.callback_url("/profile").await);
    }
    op.set_fault(Some(Fault::InvalidClient));
    for (machine, callback) in machines.iter_mut().zip(&callbacks) {
        assert_eq!(machine.house.browser.get(callback).await.status(), 502);
    }
    op.set_fault(None);
    op.forget_clients();
    join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert_eq!(op.count("/register"), 2);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await);
    }
    assert_eq!(op.count("/register"), 2);
}

/// RFC 7592 5: two who show the same access would end it for each other.
#[tokio::test(start_paused = true)]
async fn what_one_machine_does_to_the_registration_all_go_by() {
    let (op, store) = (op().rotates_registration_access_tokens(), Everywhere::new());
    let mut machines: [_; 3] = machines(&op, &store);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await);
    }
    let updated = join_all(machines.iter().map(|machine| machine.registration.update())).await;
    assert!(updated.iter().all(Result::is_ok), "{updated:?}");
    machines[0].registration.delete().await.expect("deleted");
    pass(&mut machines[0], 61).await;
    join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert_eq!(op.count("/register"), 2);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await);
    }
    assert_eq!(op.count("/register"), 2);
}
