//! A secret that ends: the client stays who it is, where the provider lets it, and people stay within reach of its logouts.

use axum::body::Body;
use futures_util::future::join_all;
use http::Request;
use tokio::time::{Duration, sleep};
use url::Url;
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::{
    house::{APP, TestClock, callback_url, everywhere::Everywhere},
    lab::{op, run, signs_in},
    managing::WithoutAccess,
    shared::{Machine, begins, id, machine_over, machines, pass, signs_in_anew},
};

const HOUR: u32 = 3600;

/// What goes on behind the answers comes to its end.
async fn settle() {
    sleep(Duration::from_millis(500)).await;
}

/// What a machine answers to a logout token for this client, of this session or else of nobody's.
async fn tell(machine: &mut Machine, op: &DevelopmentProvider, client_id: &str, sid: &str) -> u16 {
    let (head, body) = op.logout_token(client_id).sid(sid).request().into_parts();
    let mut request = Request::from_parts(head, Body::from(body));
    *request.uri_mut() = format!("{APP}/auth/backchannel_logout/lab").parse().expect("a URI");
    machine.house.browser.request(request).await.status().as_u16()
}

/// The client that a login of this machine begins with.
async fn client_of(machine: &Machine) -> String {
    let page = machine.house.another_browser().get_without_redirects(&format!("{APP}/profile")).await;
    let to = Url::parse(page.header("location").expect("the way to the provider")).expect("a URL");
    let client_id = to.query_pairs().find(|(name, _)| name == "client_id");
    client_id.expect("a client").1.into_owned()
}

async fn asked_each(machines: &[Machine]) {
    let statuses = join_all(machines.iter().cycle().take(30).map(begins)).await;
    assert!(statuses.iter().all(|status| *status == Some(303)), "{statuses:?}");
    settle().await;
}

/// RFC 7592 2.2
#[tokio::test(start_paused = true)]
async fn a_secret_near_its_end_is_renewed_once_by_three_machines_and_the_client_stays_who_it_is() {
    let op =
        op().registered_secrets_expire_after(HOUR).renews_secrets_at_updates().rotates_registration_access_tokens();
    let store = Everywhere::new();
    let mut machines: [_; 3] = machines(&op, &store);
    assert!(signs_in_anew(&mut machines[0]).await);
    let (before, sid) = (id(&machines[0]).await, op.sids_of("alice").pop().expect("a session"));
    pass(&mut machines[0], 3000).await;
    asked_each(&machines).await;
    let reads = op.count("/registration");
    pass(&mut machines[0], 250).await;
    asked_each(&machines).await;
    assert_eq!((op.count("/register"), op.count("/registration")), (1, reads + 1), "one update");
    pass(&mut machines[0], 2000).await;
    assert_eq!(tell(&mut machines[1], &op, &before, &sid).await, 200);
    assert_eq!(machines[0].house.me().await, None);
    for machine in &mut machines {
        assert!(signs_in_anew(machine).await, "by the new secret: the old one has ended");
    }
    assert_eq!((op.count("/register"), id(&machines[2]).await), (1, before));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_renewal_and_there_is_one() {
    let op = op().registered_secrets_expire_after(HOUR).renews_secrets_at_updates();
    let [mut machine] = machines(&op, &Everywhere::new());
    assert_eq!(begins(&machine).await, Some(303));
    pass(&mut machine, 3300).await;
    let hold = op.hold("/registration");
    for _ in 0..10 {
        assert_eq!(begins(&machine).await, Some(303));
    }
    hold.until_waiting(1).await;
    hold.release();
    settle().await;
    assert_eq!((op.count("/registration"), op.count("/register")), (1, 1));
}

/// A login that began before, at any machine, ends after, at any other.
#[tokio::test(start_paused = true)]
async fn logins_under_way_end_with_the_client_that_they_began_with() {
    let (op, store, clock) = (op().registered_secrets_expire_after(HOUR), Everywhere::new(), TestClock::new());
    let mut machines: [_; 3] = std::array::from_fn(|_| machine_over(&op, WithoutAccess(op.clone()), &clock, &store));
    asked_each(&machines).await;
    pass(&mut machines[0], 3235).await;
    let mut before = Vec::new();
    for machine in &mut machines {
        before.push(machine.house.callback_url("/profile").await);
    }
    pass(&mut machines[0], 10).await;
    asked_each(&machines[..1]).await;
    assert_eq!(op.count("/register"), 2);
    for (machine, callback) in machines.iter_mut().zip(&before) {
        assert_eq!(machine.house.browser.get(callback).await.text(), "profile of alice");
    }
    assert_eq!(op.count("/register"), 2);
}

/// The other machine has looked a moment ago, and goes by a client that the provider forgot.
#[tokio::test(start_paused = true)]
async fn a_login_that_began_with_a_client_of_another_machine_ends_here() {
    let (op, store) = (op(), Everywhere::new());
    let mut machines: [_; 2] = machines(&op, &store);
    asked_each(&machines).await;
    pass(&mut machines[0], 61).await;
    asked_each(&machines).await;
    let callback = machines[0].house.callback_url("/profile").await;
    op.set_fault(Some(Fault::InvalidClient));
    assert_eq!(machines[0].house.browser.get(&callback).await.status(), 502);
    op.set_fault(None);
    op.forget_clients();
    let mut browser = machines[0].house.another_browser();
    let callback = callback_url(&mut browser, "/profile", "alice").await;
    browser.site(APP, machines[1].house.app.clone());
    assert_eq!(browser.get(&callback).await.text(), "profile of alice");
    assert_eq!(op.count("/register"), 2);
}

/// Each machine takes logouts of those who signed in by the client of before, until the last of them is signed out anyway.
#[tokio::test(start_paused = true)]
async fn without_renewals_logout_tokens_of_the_former_client_hold_as_long_as_its_sessions() {
    let (op, store, clock) = (op().registered_secrets_expire_after(HOUR), Everywhere::new(), TestClock::new());
    let mut machines: [_; 3] = std::array::from_fn(|_| machine_over(&op, WithoutAccess(op.clone()), &clock, &store));
    asked_each(&machines).await;
    assert!(signs_in_anew(&mut machines[0]).await);
    let sid = op.sids_of("alice").pop().expect("a session");
    let before = client_of(&machines[0]).await;
    pass(&mut machines[0], 3300).await;
    asked_each(&machines[..1]).await;
    assert_eq!((op.count("/register"), op.count("/registration")), (2, 0));
    let after = client_of(&machines[0]).await;
    for machine in &mut machines[1..] {
        assert_eq!(tell(machine, &op, &after, "of nobody").await, 200, "it looks who we are");
    }
    for machine in &mut machines {
        assert_eq!(tell(machine, &op, &before, "of nobody").await, 200);
    }
    assert_eq!(tell(&mut machines[2], &op, &before, &sid).await, 200);
    assert_eq!(machines[0].house.me().await, None);
    assert!(signs_in_anew(&mut machines[1]).await);
    pass(&mut machines[0], 400 * 24 * 3600).await;
    for machine in &mut machines {
        assert_eq!(tell(machine, &op, &before, "of nobody").await, 400);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_an_update_is_registered_with_anew_once() {
    for status in [401, 403, 404, 405] {
        let (op, store) = (op().registered_secrets_expire_after(HOUR), Everywhere::new());
        let mut machines: [_; 3] = machines(&op, &store);
        asked_each(&machines).await;
        op.set_fault(Some(Fault::ManagementStatus(status)));
        pass(&mut machines[0], 3300).await;
        asked_each(&machines).await;
        assert_eq!((op.count("/register"), op.count("/registration")), (2, 1), "{status}");
        for machine in &mut machines {
            assert!(signs_in_anew(machine).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_provider_is_in_trouble_the_old_secret_is_used_to_its_end() {
    let op = op().registered_secrets_expire_after(HOUR).renews_secrets_at_updates();
    let [mut machine] = machines(&op, &Everywhere::new());
    assert!(signs_in_anew(&mut machine).await);
    op.set_fault(Some(Fault::ManagementStatus(503)));
    for (seconds, asked) in [(3300, 1), (40, 1), (25, 2), (190, 3)] {
        pass(&mut machine, seconds).await;
        for _ in 0..5 {
            assert!(signs_in_anew(&mut machine).await);
            settle().await;
        }
        assert_eq!((op.count("/registration"), op.count("/register")), (asked, 1), "{seconds}");
    }
    op.set_fault(None);
    pass(&mut machine, 60).await;
    assert!(signs_in_anew(&mut machine).await);
    assert_eq!(op.count("/register"), 1, "an end that has passed can be renewed too");
}

/// One process, and nothing is remembered.
#[tokio::test(start_paused = true)]
async fn a_secret_is_renewed_where_nothing_is_remembered_too() {
    let op = op().registered_secrets_expire_after(HOUR).renews_secrets_at_updates();
    let mut house = run(&op);
    assert!(signs_in(&mut house).await);
    for _ in 0..3 {
        house.pass(3300);
        tokio::time::advance(Duration::from_secs(3300)).await;
        house.another_browser().get_without_redirects(&format!("{APP}/profile")).await;
        settle().await;
    }
    assert_eq!((op.count("/register"), op.count("/registration")), (1, 3));
    house.browser = house.another_browser();
    assert!(signs_in(&mut house).await);
}
