//! What the provider takes back, and what it says that must not be believed.

use vestibule_provider::{Fault, RefreshFault};

use crate::{
    bench::{LIFETIME, MODES, STALE_AFTER, alice_in, op, token},
    house::{APP, ISSUER},
};

/// R90: the tokens are dropped, once; the session lives on, and a page that needs a token leads to a new sign-in.
#[tokio::test]
async fn a_refresh_token_that_was_taken_back_is_dropped_once() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::InvalidGrant)));
        house.pass(LIFETIME);
        for _ in 0..5 {
            let answer = house.browser.fetch(&format!("{APP}/token")).await;
            assert_eq!(answer.status(), 401, "{mode:?}");
        }
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}: the token is not presented again");
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?}");
        assert_eq!(house.get("/maybe").await.text(), "none", "{mode:?}");
        house.provider.set_fault(None);
        let page = house.get("/token").await;
        assert_eq!(page.status(), 200, "{mode:?}: signed in at the provider still, so it takes no click");
        assert_ne!(page.url().as_str(), ISSUER, "{mode:?}");
    }
}

/// R85, V49: an ID Token that is not of this login. The tokens beside it are not used, the session lives on with what it has.
#[tokio::test]
async fn an_id_token_of_another_login_is_refused_with_all_that_came_with_it() {
    for mode in MODES {
        for fault in RefreshFault::OF_ID_TOKEN {
            let (mut house, first) = alice_in(mode, op()).await;
            house.provider.set_fault(Some(Fault::Refresh(fault)));
            house.pass(STALE_AFTER);
            assert_eq!(token(&mut house).await, first, "{mode:?} {fault:?}: the old one, while it holds");
            house.provider.set_fault(None);
            house.pass(LIFETIME);
            let answer = house.browser.fetch(&format!("{APP}/token")).await;
            assert_eq!(answer.status(), 401, "{mode:?} {fault:?}: the refresh token was used up");
            assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?} {fault:?}");
            let tally = house.provider.tally();
            assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0), "{mode:?} {fault:?}");
        }
    }
}

/// Nobody is sent round in circles by a provider whose tokens are no good from the first moment.
#[tokio::test]
async fn a_provider_whose_tokens_are_born_expired_leads_to_the_error_page() {
    for mode in MODES {
        let (mut house, _) = alice_in(mode, op()).await;
        house.provider.set_fault(Some(Fault::Refresh(RefreshFault::InvalidGrant)));
        let answer = house.get("/new").await;
        assert_eq!(answer.status(), 401, "{mode:?}: what the handler made of it");
        let page = house.get("/token").await;
        assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 502), "{mode:?}");
    }
}
