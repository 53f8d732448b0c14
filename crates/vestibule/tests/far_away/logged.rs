//! What whoever runs the store reads about it: that it went, and that it came back.

use std::time::Duration;

use crate::{
    bench::{MODES, Machine, me},
    far::Mood,
    house::{APP, log::Log},
};

#[tokio::test(start_paused = true)]
async fn the_log_says_once_that_the_store_went_and_once_that_it_is_back() {
    for mode in MODES {
        let mut machine = Machine::new(mode, |builder| builder);
        let mut browser = machine.signed_in("alice").await;
        let (log, _listening) = Log::listen();
        machine.gives_up(&mut browser, Mood::Failing).await;
        for _ in 0..100 {
            assert_eq!(browser.fetch(&format!("{APP}/api/me")).await.status(), 503);
        }
        tokio::time::sleep(Duration::from_secs(9)).await;
        machine.recovers().await;
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        let lines = log.lines();
        let of = |level: &str, text: &str| {
            lines.iter().filter(|line| line.starts_with(level) && line.contains(text)).collect::<Vec<_>>()
        };
        let went = of("ERROR", "it is asked no more until it does");
        assert!(matches!(went[..], [line] if line.contains("the store failed: the line is dead")), "{went:?}");
        assert_eq!(of("ERROR", "").len(), 6, "{mode:?}: five questions that it was asked, and this");
        assert_eq!(of("DEBUG", "the session store was not asked").len(), 100, "{mode:?}");
        let back = of("INFO", "the session store is back");
        assert!(matches!(back[..], [line] if line.contains("open_for=9")), "{back:?}");
    }
}
