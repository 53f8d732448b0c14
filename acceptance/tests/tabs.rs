//! Chromium with many tabs before the demo: whatever became of their cookies meanwhile, each ends on its own page.

use std::collections::BTreeMap;

use acceptance::{Failure, chromium::Chromium, demo::Demo, wait::until};
use serde_json::{Value, json};

type Outcome = Result<(), Failure>;

/// The most bytes that proxies take in a header line.
const MOST_BYTES: usize = 8 * 1024;

/// A browser before a demo of its own.
struct Morning {
    browser: Chromium,
    demo: Demo,
}

impl Morning {
    /// `None` on a machine without a browser.
    async fn begin() -> Result<Option<Self>, Failure> {
        let Some(browser) = Chromium::start().await? else { return Ok(None) };
        Ok(Some(Self { browser, demo: Demo::start()? }))
    }

    /// Signs in, so that the provider knows who it is.
    async fn sign_in(&self) -> Outcome {
        let profile = self.demo.page("/profile");
        self.browser.open(&profile).await?;
        self.browser.press("Alice Liddell").await?;
        self.browser.arrival_at(&profile).await.map(|_| ())
    }

    /// The cookies of the application.
    async fn cookies(&self) -> Result<Vec<Value>, Failure> {
        let got = self.browser.tell("Network.getCookies", json!({"urls": [self.demo.page("/")]})).await?;
        let is_ours = |cookie: &&Value| {
            cookie.get("name").and_then(Value::as_str).is_some_and(|name| name.starts_with("vestibule-"))
        };
        Ok(got
            .get("cookies")
            .and_then(Value::as_array)
            .ok_or("a list of cookies")?
            .iter()
            .filter(is_ours)
            .cloned()
            .collect())
    }

    /// What they take of a Cookie header.
    async fn header_bytes(&self) -> Result<usize, Failure> {
        let bytes = |cookie: &Value, part: &str| cookie[part].as_str().unwrap_or_default().len();
        let cookies = self.cookies().await?;
        Ok(cookies.iter().map(|cookie| bytes(cookie, "name") + bytes(cookie, "value") + "=; ".len()).sum())
    }

    /// What a night does: everything of the application's is over.
    async fn forget(&self) -> Outcome {
        for cookie in self.cookies().await? {
            let which = json!({"name": cookie.get("name"), "url": self.demo.page("/")});
            self.browser.tell("Network.deleteCookies", which).await?;
        }
        assert_eq!(self.cookies().await?.len(), 0);
        Ok(())
    }

    /// Opens a tab, and waits for nothing.
    async fn open_tab(&self, path: &str) -> Outcome {
        self.browser.tell("Target.createTarget", json!({"url": self.demo.page(path)})).await.map(|_| ())
    }

    /// Waits until so many tabs show the profile, each at an address of its own. Gives the addresses, and how long the Cookie header
    /// was at the most.
    async fn all_arrive(&self, expected: &[String]) -> Result<usize, Failure> {
        let mut heaviest = 0;
        until("every tab on its own page", async || {
            heaviest = heaviest.max(self.header_bytes().await?);
            let targets = self.browser.tell("Target.getTargets", json!({})).await?;
            let targets = targets.get("targetInfos").and_then(Value::as_array).ok_or("a list of tabs")?;
            let text = |target: &Value, part: &str| target[part].as_str().unwrap_or_default().to_owned();
            let shown: BTreeMap<_, _> = targets
                .iter()
                .filter(|target| target["type"] == "page")
                .map(|target| (text(target, "url"), text(target, "title")))
                .collect();
            let is_there = |address: &&String| shown.get(*address).is_some_and(|title| title.starts_with("Profile"));
            let missing: Vec<_> = expected.iter().filter(|address| !is_there(address)).collect();
            Ok(if missing.is_empty() { Ok(()) } else { Err(format!("{} are missing: {shown:?}", missing.len())) })
        })
        .await?;
        Ok(heaviest)
    }

    fn log_of_failures(&self) -> Vec<String> {
        self.demo.log().into_iter().filter(|line| line.contains("a login did not come to its end")).collect()
    }
}

fn paths(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|tab| format!("/profile?tab={tab}"))
}

/// V26: somebody who is signed out here and known to the provider opens 64 tabs at once.
#[tokio::test]
async fn sixty_four_tabs_at_once_all_end_on_their_own_page_with_a_short_header() -> Outcome {
    let Some(morning) = Morning::begin().await? else { return Ok(()) };
    morning.sign_in().await?;
    morning.forget().await?;
    for path in paths(64) {
        morning.open_tab(&path).await?;
    }
    let expected: Vec<_> = paths(64).map(|path| morning.demo.page(&path)).collect();
    let heaviest = morning.all_arrive(&expected).await?;
    assert!(heaviest < MOST_BYTES, "{heaviest} bytes of cookies");
    assert_eq!(morning.log_of_failures(), Vec::<String>::new(), "nobody saw an error page");
    Ok(())
}

/// The closing sentence of the whole: a browser that is restored with five protected tabs after a night.
#[tokio::test]
async fn five_restored_tabs_are_five_pages() -> Outcome {
    let Some(morning) = Morning::begin().await? else { return Ok(()) };
    morning.sign_in().await?;
    let expected: Vec<_> = paths(5).map(|path| morning.demo.page(&path)).collect();
    let mut tabs = Vec::new();
    for address in &expected {
        tabs.push(morning.browser.new_tab().await?);
        morning.browser.open(address).await?;
    }
    morning.forget().await?;
    for tab in &tabs {
        morning.browser.turn_to(tab).await?;
        morning.browser.evaluate("location.reload()").await?;
    }
    morning.all_arrive(&expected).await?;
    assert_eq!(morning.log_of_failures(), Vec::<String>::new());
    Ok(())
}

/// The same where the provider has forgotten them too, and each tab slept before its sign-in page.
#[tokio::test]
async fn five_tabs_that_slept_at_the_providers_page_are_five_pages() -> Outcome {
    let Some(morning) = Morning::begin().await? else { return Ok(()) };
    let mut tabs = Vec::new();
    for path in paths(5) {
        tabs.push((morning.browser.new_tab().await?, path.clone()));
        morning.browser.open(&morning.demo.page(&path)).await?;
        morning.browser.sight_of("asks who you are").await?;
    }
    morning.forget().await?;
    for (tab, path) in tabs.iter().rev() {
        morning.browser.turn_to(tab).await?;
        morning.browser.press("Alice Liddell").await?;
        let page = morning.browser.arrival_at(&morning.demo.page(path)).await?;
        assert!(page.contains("alice@example.com"), "{page}");
    }
    assert_eq!(morning.log_of_failures(), Vec::<String>::new());
    Ok(())
}
