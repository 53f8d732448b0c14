//! What a logout gives back: tokens that nobody shall use any more (RFC 7009).

use std::time::Duration;

use vestibule_provider::{Browser, Fault};

use crate::{
    bench::{Bench, Log, MODES, Mode, is_in},
    house::APP,
};

async fn alice(bench: &Bench, refresh_token: Option<&str>) -> Browser {
    if let Some(refresh_token) = refresh_token {
        bench.corp.gives("refresh_token", refresh_token);
    }
    bench.corp.gives("access_token", "the access token");
    bench.corp.says("userinfo_endpoint", serde_json::Value::Null);
    bench.device("corp", "alice", "s-1").await
}

async fn log_out(browser: &mut Browser) {
    let page = browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert!(page.hops().first().is_some_and(|hop| hop.status.is_redirection()), "{}", page.text());
}

/// Nobody waits for it, save this test.
async fn until_revoked(bench: &Bench, requests: usize) -> Vec<String> {
    for _ in 0..1000 {
        if bench.corp.revoked().len() >= requests {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.corp.revoked()
}

/// R91: the refresh token, and with it what came of it.
#[tokio::test(start_paused = true)]
async fn a_logout_gives_the_refresh_token_back() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut browser = alice(&bench, Some("the refresh token")).await;
        log_out(&mut browser).await;
        let revoked = until_revoked(&bench, 1).await;
        assert_eq!(revoked, ["token=the+refresh+token&token_type_hint=refresh_token"], "{mode:?}");
        log_out(&mut browser).await;
        assert_eq!(until_revoked(&bench, 2).await.len(), 1, "there is nothing left to give back");
    }
}

/// R91: or the access token, where there is no other.
#[tokio::test(start_paused = true)]
async fn a_logout_without_a_refresh_token_gives_the_access_token_back() {
    let bench = Bench::new(Mode::Cookies);
    let mut browser = alice(&bench, None).await;
    log_out(&mut browser).await;
    assert_eq!(until_revoked(&bench, 1).await, ["token=the+access+token&token_type_hint=access_token"]);
}

/// R91, R128: whatever the provider makes of it.
#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_take_tokens_back_keeps_nobody_signed_in() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut browser = alice(&bench, Some("canary")).await;
        bench.corp.refuses_to_revoke();
        let (log, _listening) = Log::listen();
        log_out(&mut browser).await;
        assert!(!is_in(&mut browser).await);
        until_revoked(&bench, 1).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        let warnings: Vec<_> = log.lines().into_iter().filter(|line| line.starts_with("WARN")).collect();
        assert!(warnings.iter().any(|line| line.contains("could not be revoked")), "{mode:?}: {:?}", log.lines());
        assert!(!log.lines().iter().any(|line| line.contains("canary")), "{:?}", log.lines());

        let bench = Bench::new(mode);
        let mut browser = alice(&bench, Some("token")).await;
        bench.corp.provider.set_fault(Some(Fault::Unreachable));
        log_out(&mut browser).await;
        assert!(!is_in(&mut browser).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_takes_no_tokens_back_is_not_asked_to() {
    let bench = Bench::new(Mode::Store);
    bench.corp.gives("refresh_token", "token");
    bench.corp.says("revocation_endpoint", serde_json::Value::Null);
    let mut browser = bench.device("corp", "alice", "s-1").await;
    log_out(&mut browser).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(bench.corp.revoked(), Vec::<String>::new());
}

/// R117: a session that is over has no tokens left to renew, and nobody is asked for any.
#[tokio::test(start_paused = true)]
async fn after_a_logout_by_the_provider_there_are_no_tokens_to_use() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        let mut browser = alice(&bench, Some("token")).await;
        let page = browser.fetch(&format!("{APP}/token")).await;
        assert_eq!(page.text(), "the access token", "{mode:?}");
        bench.end_session("corp", "s-1").await.expect_ok();
        bench.pass(3600);
        browser.set_now(bench.now());
        bench.corp.provider.forget_requests();
        assert_eq!(browser.fetch(&format!("{APP}/token")).await.status(), 401, "{mode:?}");
        assert_eq!(bench.corp.provider.requests().len(), 0, "{mode:?}");
    }
}
