//! Servers behind TLS.

use std::{env, fs};

use vestibule_redis::RedisStore;

use super::server::{turn, urls};

/// A certificate is checked in any case; its authority is said by the program, or by the URL in a file of settings.
#[tokio::test]
async fn a_server_behind_tls_is_believed_by_whoever_trusts_its_authority() {
    let _turn = turn().await;
    for url in urls().into_iter().filter(|url| url.starts_with("rediss")) {
        let refused = RedisStore::connect(&url).await.expect_err("nobody trusts it");
        assert!(!refused.is_transient(), "{refused:?}");
        let file = env::var("VESTIBULE_TEST_REDIS_CA").expect("its authority");
        let by_program = RedisStore::from_url(&url).expect("a URL").trusted_ca(&fs::read(&file).expect("a file"));
        by_program.expect("a certificate").checked().await.expect("let in");
        RedisStore::connect(&format!("{url}?vestibule_ca={file}")).await.expect("let in");
    }
}
