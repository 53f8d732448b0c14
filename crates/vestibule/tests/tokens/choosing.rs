//! Which tokens a session keeps.

use vestibule::Tokens;

use crate::{
    bench::{MODES, bench_with, op},
    house::APP,
};

/// A handler that takes a token which no session keeps is a mistake in the application, not a reason to sign in again.
#[tokio::test]
async fn where_no_token_is_kept_a_handler_that_takes_one_answers_500() {
    for mode in MODES {
        for tokens in [Tokens::Discard, Tokens::IdTokenOnly] {
            let mut house = bench_with(mode, op(), |builder| builder.tokens(tokens));
            house.sign_in("/api/me", "alice").await;
            assert_eq!(house.get("/token").await.status(), 500, "{mode:?} {tokens:?}");
            assert_eq!(house.me().await.as_deref(), Some("alice"), "{mode:?} {tokens:?}");
        }
    }
}

/// At logout the ID Token is a hint of who it is that leaves, where it was kept.
#[tokio::test]
async fn the_id_token_goes_along_at_logout_where_it_was_kept() {
    for (tokens, has_hint) in [(Tokens::Keep, true), (Tokens::IdTokenOnly, true), (Tokens::Discard, false)] {
        for mode in MODES {
            let mut house = bench_with(mode, op(), |builder| builder.tokens(tokens));
            house.sign_in("/api/me", "alice").await;
            let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
            let hop = page.hops().iter().find(|hop| hop.url.path() == "/end_session").map(|hop| hop.url.clone());
            let url = hop.unwrap_or_else(|| page.url().clone());
            let hinted = url.query_pairs().any(|(name, _)| name == "id_token_hint");
            assert_eq!(hinted, has_hint, "{mode:?} {tokens:?}: {url}");
        }
    }
}
