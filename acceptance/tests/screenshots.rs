//! Every page that a person may see, as they see it: light and dark, on a telephone and on a desk. The pictures are in
//! `target/screenshots`, to be looked at; what can be checked without eyes is checked here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use acceptance::{
    Failure,
    chromium::Chromium,
    demo::{Demo, Place, at_a_free_place},
    folder::Folder,
    wait::until,
};
use serde_json::json;

type Outcome = Result<(), Failure>;

const WIDTHS: [u32; 2] = [390, 1200];
const COLOURS: [&str; 2] = ["light", "dark"];
/// The height of a window; the picture is of the whole page all the same.
const HEIGHT: u32 = 800;

/// A browser that takes pictures.
struct Photographer {
    browser: Chromium,
    folder: PathBuf,
}

impl Photographer {
    /// `None` on a machine without a browser.
    async fn arrive() -> Result<Option<Self>, Failure> {
        Self::with(Chromium::start().await?)
    }

    fn with(browser: Option<Chromium>) -> Result<Option<Self>, Failure> {
        let Some(browser) = browser else { return Ok(None) };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
        fs::create_dir_all(&folder)?;
        Ok(Some(Self { browser, folder }))
    }

    /// Of the page that shows `sight`, which came with this status.
    async fn picture(&self, name: &str, sight: &str, status: u16) -> Outcome {
        self.browser.sight_of(sight).await?;
        let got = self.browser.evaluate("performance.getEntriesByType('navigation')[0].responseStatus").await?;
        assert_eq!(got, status, "{name}");
        for colours in COLOURS {
            for width in WIDTHS {
                self.browser.look_like(width, HEIGHT, colours).await?;
                self.assert_fits(&format!("{name}, {width} pixels wide")).await?;
                let height = self.browser.evaluate("document.documentElement.scrollHeight").await?;
                let height = height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap_or(HEIGHT);
                self.browser.look_like(width, height.max(HEIGHT), colours).await?;
                self.browser.screenshot(&self.folder.join(format!("{name}-{colours}-{width}.png"))).await?;
            }
        }
        self.assert_quiet(name, status).await
    }

    /// Nothing sticks out to the right, so nobody has to scroll sideways.
    async fn assert_fits(&self, what: &str) -> Outcome {
        let root = "document.documentElement";
        let sticks_out = self.browser.evaluate(&format!("{root}.scrollWidth - {root}.clientWidth")).await?;
        assert_eq!(sticks_out, 0, "{what}");
        Ok(())
    }

    /// The console complains of nothing, save that a page with an error status has it.
    async fn assert_quiet(&self, name: &str, status: u16) -> Outcome {
        let expected = format!("the server responded with a status of {status} ");
        let complaints = self.browser.complaints().await?;
        let unexpected: Vec<_> =
            complaints.iter().filter(|complaint| status < 400 || !complaint.contains(&expected)).collect();
        assert!(unexpected.is_empty(), "{name}: {unexpected:?}");
        Ok(())
    }
}

#[tokio::test]
async fn the_pages_of_a_sign_in_fit_every_screen_and_leave_the_console_quiet() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let (demo, browser) = (Demo::start()?, &eyes.browser);
    browser.open(&demo.page("/")).await?;
    eyes.picture("index-signed-out", "you are a stranger", 200).await?;
    browser.press("Sign in").await?;
    eyes.picture("provider-sign-in", "asks who you are", 200).await?;
    browser.press("Cancel").await?;
    eyes.picture("error-cancelled", "You cancelled the sign-in.", 403).await?;
    browser.press("Try again").await?;
    browser.press("Alice Liddell").await?;
    eyes.picture("profile", "alice@example.com", 200).await?;
    for (path, name, sight, status) in [
        ("/", "index-signed-in", "Hello, Alice", 200),
        ("/sessions", "sessions", "this browser", 200),
        ("/live", "live", "You are signed in", 200),
        ("/admin", "admin", "For admins", 200),
        ("/nowhere", "not-found", "", 404),
        ("/auth/logout", "logout", "Sign out?", 200),
    ] {
        browser.open(&demo.page(path)).await?;
        eyes.picture(name, sight, status).await?;
    }
    browser.open(&format!("{}/end_session", demo.issuer())).await?;
    eyes.picture("provider-sign-out", "You are signed in as", 200).await?;
    browser.open(&demo.page("/auth/logout")).await?;
    browser.press("Sign out").await?;
    eyes.picture("goodbye", "Goodbye", 200).await
}

#[tokio::test]
async fn a_page_that_stays_open_says_when_another_browser_ended_its_session() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let Some(other) = Chromium::start().await? else { return Ok(()) };
    let (demo, browser) = (Demo::start()?, &eyes.browser);
    for browser in [browser, &other] {
        browser.open(&demo.page("/profile")).await?;
        browser.press("Alice Liddell").await?;
        browser.sight_of("alice@example.com").await?;
    }
    browser.open(&demo.page("/sessions")).await?;
    eyes.picture("two-sessions", "End all others", 200).await?;
    browser.open(&demo.page("/live")).await?;
    browser.sight_of("You are signed in").await?;
    other.open(&demo.page("/sessions")).await?;
    other.press("End all others").await?;
    eyes.picture("live-ended", "Your session has ended", 200).await
}

#[tokio::test]
async fn the_pages_for_the_other_moments_fit_every_screen_and_leave_the_console_quiet() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let (demo, browser) = (Demo::start()?, &eyes.browser);
    for (path, name, sight, status) in [
        ("/auth/logged_out", "signed-out", "You are signed out", 200),
        ("/auth/error", "error-nothing-to-show", "Nothing went wrong here", 404),
        ("/auth/login/nobody", "error-unknown-provider", "There is no such sign-in", 404),
        ("/auth/callback/demo?code=x&state=y", "error-unsolicited", "was used or has expired", 400),
    ] {
        browser.open(&demo.page(path)).await?;
        eyes.picture(name, sight, status).await?;
    }
    browser.open(&demo.page("/admin")).await?;
    browser.press("Bob Dodgson").await?;
    eyes.picture("forbidden", "You do not have access", 403).await?;
    browser.open(&demo.page("/auth/why")).await?;
    eyes.picture("why", "What was decided about this browser", 200).await?;
    // A POST navigation from another site to the sign-out.
    let form = format!("<form method=post action='{}'><button>Win a prize</button></form>", demo.page("/auth/logout"));
    browser.open(&format!("data:text/html,{form}")).await?;
    browser.press("Win a prize").await?;
    eyes.picture("logout-refused", "You are still signed in", 403).await
}

/// V97: a browser that keeps no cookie of the application learns that it does not, after two trips.
#[tokio::test]
async fn the_page_that_says_why_nobody_can_sign_in_fits_every_screen() -> Outcome {
    let Some(eyes) = Photographer::with(Chromium::without_cookies_of("localhost").await?)? else { return Ok(()) };
    let (demo, browser) = (Demo::start()?, &eyes.browser);
    browser.open(&demo.page("/profile")).await?;
    browser.press("Alice Liddell").await?;
    eyes.picture("error-without-cookies", "The cookie of this sign-in did not come back", 400).await?;
    let begun = format!("{}/authorize?", demo.issuer());
    let departures = browser.requests().await?.into_iter().filter(|address| address.starts_with(&begun)).count();
    assert_eq!(departures, 2, "the second one says what is wrong");
    Ok(())
}

#[tokio::test]
async fn long_names_fit_every_screen() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let (demo, browser) = (Demo::start()?, &eyes.browser);
    browser.open(&demo.page("/profile")).await?;
    browser.sight_of("asks who you are").await?;
    browser.type_into("user", &format!("{}\n", "Donaudampfschiff".repeat(6))).await?;
    eyes.picture("profile-long-name", "Donaudampfschiff", 200).await?;
    browser.open(&demo.page("/")).await?;
    eyes.picture("index-long-name", "Donaudampfschiff", 200).await
}

#[tokio::test]
async fn the_choice_among_providers_fits_every_screen_and_leads_to_the_chosen_one() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let (demo, browser) = (two_providers()?, &eyes.browser);
    browser.open(&demo.page("/")).await?;
    eyes.picture("index-two-providers", "Sign in with", 200).await?;
    browser.open(&demo.page("/profile")).await?;
    eyes.picture("chooser", "Choose the account", 200).await?;
    browser.press("Sign in with demo").await?;
    browser.press("Alice Liddell").await?;
    assert!(browser.arrival_at(&demo.page("/profile")).await?.contains("alice@example.com"));
    Ok(())
}

#[tokio::test]
async fn the_pages_of_the_other_ways_of_signing_in_fit_every_screen_and_leave_the_console_quiet() -> Outcome {
    let Some(eyes) = Photographer::arrive().await? else { return Ok(()) };
    let (demo, browser) = (Demo::with_profiles()?, &eyes.browser);
    browser.open(&demo.page("/")).await?;
    eyes.picture("index-profiles", "Sign in with", 200).await?;
    browser.open(&demo.page("/profile")).await?;
    eyes.picture("chooser-profiles", "Choose the account", 200).await?;
    // Without its script the hop page stays. Its form is the script's alone.
    browser.open(&demo.page("/auth/login/hybrid?return_to=%2Fprofile")).await?;
    browser.sight_of("asks who you are").await?;
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
    browser.press("Alice Liddell").await?;
    until("the hop page", async || {
        let address = browser.address().await?;
        Ok(if address.starts_with(&demo.page("/auth/callback/hybrid")) { Ok(()) } else { Err(address) })
    })
    .await?;
    browser.screenshot(&eyes.folder.join("hop-without-scripts.png")).await?;
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": false})).await?;
    // The provider knows her by now: it asks for the vault alone.
    browser.open(&demo.page("/auth/login/code?return_to=%2Fvault")).await?;
    eyes.picture("provider-step-up", "asks who you are", 200).await?;
    browser.press("Alice Liddell").await?;
    eyes.picture("vault", "In the vault", 200).await?;
    browser.press("Sign out").await?;
    browser.open(&demo.page("/auth/login/code?return_to=%2Fvault")).await?;
    browser.press("Bob Dodgson").await?;
    eyes.picture("vault-refused", "needs a stronger or fresher sign-in", 403).await
}

/// A demo with its own provider and another, of which nobody will be asked anything.
fn two_providers() -> Result<Demo, Failure> {
    let folder = Folder::new()?;
    at_a_free_place(|Place { port, provider_port }| {
        let settings = format!(
            r#"
            base_url = "http://localhost:{port}"
            secret_key = "{key}"
            [provider.demo]
            issuer = "http://127.0.0.1:{provider_port}"
            client_id = "demo"
            client_secret = "a secret between the demo and its own provider"
            scope = "openid profile email"
            [provider.the-staff-of-the-department-of-rather-long-names]
            issuer = "https://login.example.com"
            client_id = "demo"
            [demo]
            listen = "127.0.0.1:{port}"
            embedded_provider = "127.0.0.1:{provider_port}"
            "#,
            key = "Q".repeat(43),
        );
        Demo::with_settings(&folder, &settings)
    })
}
