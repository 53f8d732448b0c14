//! Whoever starts is told what is wrong with the store, and what cannot be set.

use std::{error::Error, time::Duration};

use vestibule::{Builder, ConfigError, MemoryStore, NotReady, Settings, StoreError, Vestibule};

use crate::{
    bench::{Machine, Mode},
    far::{Far, Mood},
    house::{APP, ISSUER, TestClock, builder, provider},
};

#[tokio::test(start_paused = true)]
async fn ready_says_that_it_is_the_store_and_why() {
    let machine = Machine::new(Mode::Store, |builder| builder);
    machine.vestibule.ready().await.expect("all is well");
    assert_eq!(machine.store.asked(), ["check"]);
    machine.store.is(Mood::Failing);
    let not_ready = machine.vestibule.ready().await.expect_err("no store");
    assert!(matches!(not_ready, NotReady::Store(_)) && not_ready.provider().is_none(), "{not_ready:?}");
    assert_eq!(not_ready.to_string(), "the session store is not ready");
    let store_error = not_ready.source().and_then(<dyn Error>::downcast_ref::<StoreError>).expect("the reason");
    assert_eq!(store_error.source().map(ToString::to_string).as_deref(), Some("the line is dead"));
}

/// For whoever starts even if a provider is away.
#[tokio::test(start_paused = true)]
async fn the_store_is_checked_without_the_provider() {
    let machine = Machine::new(Mode::Cookies, |builder| builder);
    machine.vestibule.check_store().await.expect("all is well");
    assert_eq!((machine.store.asked(), machine.house.provider.requests().len()), (vec!["check"], 0));
    machine.store.is(Mood::Failing);
    assert!(machine.vestibule.check_store().await.is_err_and(|error| error.is_transient()));
}

fn built(settings: impl FnOnce(Builder) -> Builder) -> Result<Vestibule, ConfigError> {
    settings(builder(&provider(), &TestClock::new())).build()
}

#[test]
fn times_that_make_no_sense_are_refused() {
    let far = |builder: Builder| builder.marks(Far::new());
    for wrong in [Duration::ZERO, Duration::from_millis(99), Duration::from_secs(31)] {
        let error = built(|builder| far(builder).store_timeout(wrong)).expect_err("refused");
        assert_eq!(error.setting(), "sessions.timeout", "{wrong:?}");
    }
    for right in [Duration::from_millis(100), Duration::from_secs(30)] {
        assert!(built(|builder| far(builder).store_timeout(right)).is_ok(), "{right:?}");
    }
    for wrong in [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(6)] {
        let error = built(|builder| far(builder).cache_sessions(wrong)).expect_err("refused");
        assert_eq!(error.setting(), "sessions.cache", "{wrong:?}");
    }
    assert!(built(|builder| far(builder).cache_sessions(Duration::from_secs(5))).is_ok());
}

/// The settings file has both.
#[test]
fn a_settings_file_says_the_same() {
    let with = |sessions: &str| {
        let text = format!(
            "base_url = \"{APP}\"\nsecret_key = \"c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM\"\n[sessions]\n{sessions}\n\
             [provider.corp]\nissuer = \"{ISSUER}\"\nclient_id = \"my-app\""
        );
        Settings::from_toml(&text)?.builder()?.marks(Far::new()).build()
    };
    assert!(with("timeout = \"2s\"\ncache = \"5s\"").is_ok());
    for (wrong, expected) in [
        ("timeout = \"1m\"", "sessions.timeout = '60s': it must be between 100 milliseconds and 30 seconds"),
        ("cache = \"6s\"", "sessions.cache = '6s': it must be between one second and five"),
        ("cache = 2", "sessions.cache: it must be a string"),
        ("cashe = \"2s\"", "sessions.cashe: there is no such setting; did you mean sessions.cache?"),
    ] {
        let error = with(wrong).expect_err("refused").to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// What has no meaning is refused, as everywhere in the settings.
#[test]
fn a_store_in_this_process_needs_neither() {
    let second = Duration::from_secs(1);
    let memory = |builder: Builder| builder.sessions(MemoryStore::new());
    for (built, setting) in [
        (built(|builder| builder.cache_sessions(second)), "sessions.cache"),
        (built(|builder| memory(builder).cache_sessions(second)), "sessions.cache"),
        (built(|builder| builder.store_timeout(second)), "sessions.timeout"),
        (built(|builder| memory(builder).store_timeout(second)), "sessions.timeout"),
    ] {
        let error = built.expect_err("refused");
        assert_eq!(error.setting(), setting);
        assert!(error.to_string().contains("leave it out, or give .sessions(..) or .marks(..)"), "{error}");
    }
}
