//! The same logout token a second time (Back-Channel Logout 2.6 (8)).

use serde_json::json;

use crate::bench::{Bench, Log, MODES, is_in};

/// R114, V70: answered as the first time, and without effect: whoever signed in since stays signed in.
#[tokio::test]
async fn a_token_that_took_effect_is_answered_with_200_and_has_none_any_more() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut before = bench.device("corp", "alice", "s-1").await;
        let token = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sub": "alice"})));
        bench.post("corp", &token).await.expect_ok();
        // In the same second, in which a second effect would reach it.
        let mut after = bench.device("corp", "alice", "s-1").await;
        let (log, _listening) = Log::listen();
        for _ in 0..3 {
            bench.post("corp", &token).await.expect_ok();
        }
        assert_eq!((is_in(&mut before).await, is_in(&mut after).await), (false, true), "{mode:?}");
        let replays = log.lines().into_iter().filter(|line| line.contains("had taken effect before")).count();
        assert_eq!(replays, 3);
    }
}

/// R114: to the end of the last second in which it would pass.
#[tokio::test]
async fn a_token_is_remembered_for_as_long_as_it_would_pass() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        let token = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sub": "alice"})));
        bench.post("corp", &token).await.expect_ok();
        bench.pass(120 + 60);
        let (log, _listening) = Log::listen();
        bench.post("corp", &token).await.expect_ok();
        assert!(log.lines().iter().any(|line| line.contains("had taken effect before")), "{mode:?}: {:?}", log.lines());
        bench.pass(1);
        bench.post("corp", &token).await.expect_error(400, "too old");
    }
}

/// R114: one name at two issuers is two names.
#[tokio::test]
async fn the_tokens_of_two_issuers_may_have_one_name() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let (mut here, mut there) =
            (bench.device("corp", "alice", "s").await, bench.device("staff", "alice", "s").await);
        let named = json!({"sid": "s", "jti": "the same"});
        bench.end("corp", named.clone()).await.expect_ok();
        assert_eq!((is_in(&mut here).await, is_in(&mut there).await), (false, true));
        bench.end("staff", named).await.expect_ok();
        assert!(!is_in(&mut there).await, "{mode:?}");
    }
}
