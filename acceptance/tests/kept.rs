//! What a session that ends, or a sign-in on the way, must not cost a person: the form that they filled in, and the very place in the page
//! that they opened. In the browser that most of them have.

use std::{fs, path::Path};

use acceptance::{
    Failure,
    chromium::Chromium,
    demo::{Demo, Place, at_a_free_place},
    folder::Folder,
};
use serde_json::json;

type Outcome = Result<(), Failure>;

/// Pictures to be looked at, in `target/screenshots`.
async fn picture(browser: &Chromium, name: &str) -> Outcome {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    fs::create_dir_all(&folder)?;
    for (colours, width) in [("light", 1200), ("dark", 390)] {
        browser.look_like(width, 800, colours).await?;
        let root = "document.documentElement";
        assert_eq!(browser.evaluate(&format!("{root}.scrollWidth - {root}.clientWidth")).await?, 0, "{name}");
        browser.screenshot(&folder.join(format!("{name}-{colours}-{width}.png"))).await?;
    }
    Ok(())
}

/// Alice writes a note, ends all others of her sessions from another browser, sends the note, signs in, and is asked.
async fn asked_about_the_note(browser: &Chromium, demo: &Demo, note: &str) -> Outcome {
    browser.open(&demo.page("/notes")).await?;
    browser.press("Alice Liddell").await?;
    browser.sight_of("Write something").await?;
    browser.type_into("text", note).await?;
    let other = Chromium::start().await?.ok_or("there was one browser a moment ago")?;
    other.open(&demo.page("/profile")).await?;
    other.press("Alice Liddell").await?;
    other.sight_of("alice@example.com").await?;
    other.open(&demo.page("/sessions")).await?;
    other.press("End all others").await?;
    browser.press("Send").await?;
    browser.sight_of("It is kept here").await?;
    picture(browser, "kept-signed-out").await?;
    browser.press("Sign in").await?;
    let asking = browser.sight_of("Send what you wrote?").await?;
    assert!(asking.contains("/notes") && (asking.contains("just now") || asking.contains(" ago")), "{asking}");
    assert!(browser.address().await?.starts_with(&demo.page("/auth/kept/")));
    picture(browser, "kept-asking").await
}

#[tokio::test]
async fn a_note_that_was_sent_after_its_session_ended_elsewhere_arrives_after_signing_in() -> Outcome {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = Demo::start()?;
    asked_about_the_note(&browser, &demo, "Tea at six & <b>not</b> before: é").await?;
    browser.press("Send it now").await?;
    let page = browser.arrival_at(&demo.page("/notes")).await?;
    assert!(page.contains("It arrived") && page.contains("Tea at six & <b>not</b> before: é"), "{page}");
    picture(&browser, "kept-arrived").await?;
    assert!(!demo.log().iter().any(|line| line.contains("Tea at six")), "{:?}", demo.log());
    // Back, and "send" once more: once is enough.
    browser.back().await?;
    browser.sight_of("There is nothing to send any more").await?;
    picture(&browser, "kept-gone").await
}

#[tokio::test]
async fn a_note_that_is_thrown_away_is_not_sent() -> Outcome {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = Demo::start()?;
    asked_about_the_note(&browser, &demo, "never mind").await?;
    browser.press("Throw it away").await?;
    browser.sight_of("It is thrown away").await?;
    picture(&browser, "kept-thrown-away").await
}

/// A demo that keeps fragments.
fn with_fragments() -> Result<Demo, Failure> {
    let folder = Folder::new()?;
    at_a_free_place(|Place { port, provider_port }| {
        let settings = format!(
            r#"
            base_url = "http://localhost:{port}"
            secret_key = "{key}"
            keep_fragments = true
            [provider.demo]
            issuer = "http://127.0.0.1:{provider_port}"
            client_id = "demo"
            client_secret = "a secret between the demo and its own provider"
            scope = "openid profile email"
            [demo]
            listen = "127.0.0.1:{port}"
            embedded_provider = "127.0.0.1:{provider_port}"
            "#,
            key = "Q".repeat(43),
        );
        Demo::with_settings(&folder, &settings)
    })
}

#[tokio::test]
async fn who_signs_in_at_a_deep_link_lands_at_its_fragment_and_the_provider_never_sees_it() -> Outcome {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = with_fragments()?;
    browser.open(&demo.page("/profile#/inbox/é?unread=1")).await?;
    browser.sight_of("asks who you are").await?;
    let at_the_provider = browser.address().await?;
    assert!(!at_the_provider.contains('#') && !at_the_provider.contains("inbox"), "{at_the_provider}");
    browser.press("Alice Liddell").await?;
    let page = browser.arrival_at(&demo.page("/profile#/inbox/%C3%A9?unread=1")).await?;
    assert!(page.contains("alice@example.com"), "{page}");
    for asked in browser.requests().await?.iter().filter(|address| address.starts_with(demo.issuer())) {
        assert!(!asked.contains("inbox"), "{asked}");
    }
    assert_eq!(browser.complaints().await?.iter().filter(|line| !line.contains("401")).count(), 0);
    Ok(())
}

/// What looks like a provider's answer comes no further than the browser: neither into our addresses nor back.
#[tokio::test]
async fn a_token_in_a_fragment_goes_nowhere() -> Outcome {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = with_fragments()?;
    browser.open(&demo.page("/profile#state=x&access_token=canary")).await?;
    browser.sight_of("asks who you are").await?;
    browser.press("Alice Liddell").await?;
    browser.arrival_at(&demo.page("/profile")).await?;
    let asked = browser.requests().await?;
    assert!(!asked.iter().any(|address| address.contains("canary")), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn without_scripts_the_link_signs_in_and_leads_to_the_page() -> Outcome {
    let Some(browser) = Chromium::start().await? else { return Ok(()) };
    let demo = with_fragments()?;
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
    browser.open(&demo.page("/profile#/inbox")).await?;
    browser.press("Sign in").await?;
    browser.press("Alice Liddell").await?;
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": false})).await?;
    let page = browser.arrival_at(&demo.page("/profile")).await?;
    assert!(page.contains("alice@example.com"), "{page}");
    Ok(())
}
