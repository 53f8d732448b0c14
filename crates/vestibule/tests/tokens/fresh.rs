//! When a token is replaced, and when it is not.

use std::time::Duration;

use vestibule_provider::{Fault, RefreshFault, RefreshTokens};

use crate::bench::{LIFETIME, MODES, STALE_AFTER, alice_in, op, token};

/// A margin before its end, never with every request.
#[tokio::test]
async fn a_token_is_replaced_when_it_is_stale_and_not_before() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op()).await;
        house.pass(STALE_AFTER - 1);
        assert_eq!(token(&mut house).await, first, "{mode:?}");
        assert_eq!(house.provider.tally().refresh_requests, 0, "{mode:?}");
        house.pass(1);
        let second = token(&mut house).await;
        assert_ne!(second, first, "{mode:?}");
        for _ in 0..10 {
            assert_eq!(token(&mut house).await, second, "{mode:?}");
        }
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}");
    }
}

#[tokio::test]
async fn a_token_that_lives_for_ten_seconds_is_not_replaced_with_every_request() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op().access_tokens_live(Duration::from_secs(10))).await;
        house.pass(8);
        assert_eq!(token(&mut house).await, first, "{mode:?}");
        house.pass(1);
        assert_ne!(token(&mut house).await, first, "{mode:?}");
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}");
    }
}

/// R88: each refresh token is presented once, and the next refresh presents the next one.
#[tokio::test]
async fn a_rotated_refresh_token_takes_the_place_of_the_one_before() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        for round in 1..=5 {
            house.pass(LIFETIME + 1);
            token(&mut house).await;
            let tally = house.provider.tally();
            assert_eq!((tally.refresh_requests, tally.rotations), (round, round), "{mode:?}");
            assert_eq!((tally.reuses_detected, tally.families_revoked), (0, 0), "{mode:?}");
        }
    }
}

/// RFC 6749 6: without a new refresh token the old one stays good.
#[tokio::test]
async fn a_provider_that_sends_no_new_refresh_token_is_asked_with_the_old_one() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op().refresh_tokens(RefreshTokens::Lasting)).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::NoRefreshToken)));
        let mut tokens = Vec::new();
        for _ in 0..3 {
            house.pass(STALE_AFTER);
            tokens.push(token(&mut house).await);
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 3, "{mode:?}");
    }
}

/// R86
#[tokio::test]
async fn an_answer_without_an_id_token_is_as_good() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op().without_id_token_at_refresh()).await;
        house.pass(STALE_AFTER);
        assert_ne!(token(&mut house).await, first, "{mode:?}");
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?}");
    }
}

/// R89: what nobody asked for, nobody gets.
#[tokio::test]
async fn a_wider_scope_is_not_handed_to_the_application() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::WiderScope)));
        house.pass(STALE_AFTER);
        let scope = house.get("/scope").await.text().to_owned();
        assert!(scope.contains("offline_access"), "{mode:?}: {scope}");
        assert!(!scope.contains("everything"), "{mode:?}: {scope}");
        assert_eq!(house.provider.tally().refreshes, 1, "{mode:?}");
    }
}

/// Whoever wants a new one gets a new one, and the session goes on with it.
#[tokio::test]
async fn a_token_can_be_replaced_at_any_time() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op()).await;
        let second = house.get("/new").await.text().to_owned();
        assert_ne!(second, first, "{mode:?}");
        assert_eq!(token(&mut house).await, second, "{mode:?}");
        let third = house.get("/new").await.text().to_owned();
        assert!(third != second && third != first, "{mode:?}");
        assert_eq!(house.provider.tally().refresh_requests, 2, "{mode:?}");
    }
}

#[tokio::test]
async fn the_userinfo_endpoint_can_be_asked_again() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        let asked = house.provider.count("/userinfo");
        assert_eq!(house.get("/userinfo").await.text(), "\"Alice Liddell\"", "{mode:?}");
        assert_eq!(house.provider.count("/userinfo"), asked + 1, "{mode:?}");
        house.provider.set_fault(Some(Fault::WrongUserInfoSubject));
        assert_eq!(house.get("/userinfo").await.status(), 502, "{mode:?}: about somebody else (R81)");
    }
}
