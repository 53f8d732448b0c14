//! A provider in trouble costs nobody their tokens or their session (R90).

use std::sync::{Arc, atomic::Ordering};

use vestibule::SessionStore;
use vestibule_provider::{Fault, RefreshFault};

use crate::{
    bench::{LIFETIME, MODES, STALE_AFTER, alice_at, alice_in, around, machine, op, token},
    house::{APP, ISSUER, TestClock, everywhere::Everywhere},
};

/// A token that still holds is used, and the provider is not asked with every request.
#[tokio::test]
async fn while_the_old_token_holds_nobody_notices() {
    for mode in MODES {
        for fault in [Fault::Refresh(RefreshFault::ServerError), Fault::Unreachable] {
            let (mut house, first) = alice_in(mode, op()).await;
            house.provider.set_fault(Some(fault.clone()));
            house.pass(STALE_AFTER);
            let asked = house.provider.count("/token");
            for _ in 0..10 {
                assert_eq!(token(&mut house).await, first, "{mode:?} {fault:?}");
            }
            assert!(house.provider.count("/token") - asked <= 1, "{mode:?} {fault:?}: a pause between two attempts");
            house.provider.set_fault(None);
            house.pass(6);
            assert_ne!(token(&mut house).await, first, "{mode:?} {fault:?}: and then it works again");
            assert_eq!(house.provider.tally().reuses_detected, 0, "{mode:?} {fault:?}");
        }
    }
}

/// A store that cannot give the lease for a moment costs nobody a token that still holds; one that has ended does.
#[tokio::test]
async fn while_the_old_token_holds_nobody_notices_that_the_lease_cannot_be_had() {
    for mode in MODES {
        let (store, clock) = (Everywhere::new(), TestClock::new());
        let shared: Arc<dyn SessionStore> = Arc::clone(&store) as _;
        let op = op();
        let vestibule = machine(&op, &clock, mode, &shared).build().expect("the settings hold together");
        let (mut house, first) = alice_at(around(op, clock, &vestibule)).await;
        store.leases_away.store(usize::MAX, Ordering::SeqCst);
        house.pass(STALE_AFTER);
        assert_eq!(token(&mut house).await, first, "{mode:?}");
        assert_eq!(house.browser.fetch(&format!("{APP}/new")).await.status(), 503, "{mode:?}: a new one was asked for");
        house.pass(LIFETIME - STALE_AFTER);
        assert_eq!(house.browser.fetch(&format!("{APP}/token")).await.status(), 503, "{mode:?}");
        store.leases_away.store(0, Ordering::SeqCst);
        assert_ne!(token(&mut house).await, first, "{mode:?}");
    }
}

/// A navigation that needs a token ends in the error view, a program gets a problem, and the session lives on.
#[tokio::test]
async fn once_the_old_token_has_expired_people_are_told_and_stay_signed_in() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::ServerError)));
        house.pass(LIFETIME);
        let page = house.get("/token").await;
        assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 503), "{mode:?}: {}", page.text());
        let problem = house.browser.fetch(&format!("{APP}/token")).await;
        assert_eq!(
            (problem.status().as_u16(), problem.header("content-type")),
            (503, Some("application/problem+json"))
        );
        assert_eq!(problem.header("retry-after"), Some("30"), "{mode:?}");
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?}");
        house.provider.set_fault(None);
        let second = token(&mut house).await;
        assert_ne!(second, first, "{mode:?}: the refresh token was not dropped");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_a_503_in_the_error_view() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Unreachable));
        house.pass(LIFETIME);
        let page = house.get("/token").await;
        assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 503), "{mode:?}");
        assert!(page.header("retry-after").is_some(), "{mode:?}");
        assert_eq!(house.get("/maybe").await.url().path(), "/auth/error", "{mode:?}: trouble is not the same as none");
    }
}

/// A timeout drops nothing (SECURITY-RULES, Refresh), though the provider may have replaced the token: what then comes is the
/// provider's verdict, and the session lives on.
#[tokio::test]
async fn an_answer_that_never_came_ends_the_tokens_at_worst() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::AnswerLost)));
        house.pass(LIFETIME);
        assert_eq!(house.get("/token").await.status(), 503, "{mode:?}");
        house.provider.set_fault(None);
        let page = house.get("/token").await;
        assert!(page.url().as_str().starts_with(ISSUER) || page.status() == 200, "{mode:?}: a new sign-in at worst");
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?}");
    }
}
