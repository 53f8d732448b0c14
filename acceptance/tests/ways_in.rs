//! The other ways of signing in, before Chromium: what comes back in a fragment or as a form, what another site begins, and what a
//! page asks for on top. The application is at `localhost` and the provider at `127.0.0.1`: two sites.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

use acceptance::{Failure, chromium::Chromium, demo::Demo, other_site::OtherSite, wait::until};
use serde_json::json;

type Outcome = Result<(), Failure>;

/// A browser before a demo with every way of signing in.
struct Visit {
    browser: Chromium,
    demo: Demo,
}

impl Visit {
    /// `None` on a machine without a browser.
    async fn begin() -> Result<Option<Self>, Failure> {
        let Some(browser) = Chromium::start().await? else { return Ok(None) };
        Ok(Some(Self { browser, demo: Demo::with_profiles()? }))
    }

    async fn open(&self, path: &str) -> Outcome {
        self.browser.open(&self.demo.page(path)).await
    }

    async fn arrival_at(&self, path: &str) -> Result<String, Failure> {
        self.browser.arrival_at(&self.demo.page(path)).await
    }

    /// From a button of the start page to the profile.
    async fn sign_in_with(&self, provider: &str) -> Result<String, Failure> {
        self.open(&format!("/auth/login?provider={provider}&return_to=/profile")).await?;
        self.browser.sight_of("asks who you are").await?;
        self.browser.press("Alice Liddell").await?;
        self.arrival_at("/profile").await
    }

    /// All addresses to which this tab can go back, or on.
    async fn history(&self) -> Result<Vec<String>, Failure> {
        let history = self.browser.tell("Page.getNavigationHistory", json!({})).await?;
        let entries = history["entries"].as_array().ok_or("a history")?;
        Ok(entries.iter().filter_map(|entry| Some(entry["url"].as_str()?.to_owned())).collect())
    }

    /// Nothing of what the provider sent is where somebody may look later, or was where a server writes it down.
    async fn assert_nothing_lies_about(&self, provider: &str) -> Outcome {
        let (history, requests) = (self.history().await?, self.browser.requests().await?);
        assert!(!requests.is_empty());
        for address in history.iter().chain(&requests) {
            for token in ["id_token=", "code=", "access_token=", "state=eyJ", "#"] {
                assert!(!address.contains(token), "{provider}: {token} in {address}");
            }
        }
        Ok(())
    }

    fn logins(&self) -> usize {
        self.demo.log().iter().filter(|line| line.contains("decision=\"signed_in")).count()
    }
}

/// Multiple Response Types 2.1, V13: what comes back in the fragment reaches the server by a form, and stays nowhere else.
#[tokio::test]
async fn what_comes_back_in_a_fragment_is_handed_over_and_left_nowhere() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    for (count, provider) in ["id-token", "hybrid"].into_iter().enumerate() {
        let profile = visit.sign_in_with(provider).await?;
        assert!(profile.contains("alice@example.com"), "{profile}");
        assert_eq!(visit.logins(), count + 1, "{:?}", visit.demo.log());
        assert_eq!(visit.browser.evaluate("window.location.hash").await?, "");
        visit.assert_nothing_lies_about(provider).await?;
        visit.browser.press("Sign out").await?;
        visit.arrival_at("/goodbye").await?;
    }
    assert_eq!(visit.browser.complaints().await?, Vec::<String>::new());
    Ok(())
}

/// Form Post 1: neither an address nor the history ever has what comes back.
#[tokio::test]
async fn what_comes_back_as_a_form_signs_in_and_is_in_no_address() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let profile = visit.sign_in_with("form-post").await?;
    assert!(profile.contains("alice@example.com"), "{profile}");
    assert_eq!(visit.logins(), 1, "{:?}", visit.demo.log());
    visit.assert_nothing_lies_about("form-post").await?;
    assert_eq!(visit.browser.complaints().await?, Vec::<String>::new());
    Ok(())
}

/// V12: nobody is signed in a second time, or shown an error, by walking through the history.
#[tokio::test]
async fn going_back_after_such_a_sign_in_signs_nobody_in_again() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    for (count, provider) in ["hybrid", "form-post"].into_iter().enumerate() {
        visit.open("/").await?;
        visit.sign_in_with(provider).await?;
        visit.browser.back().await?;
        let page = until("a page", async || Ok(Ok(visit.browser.text().await?))).await?;
        assert!(!page.contains("could not verify"), "{provider}: {page}");
        visit.open("/profile").await?;
        assert!(visit.arrival_at("/profile").await?.contains("alice@example.com"), "{provider}");
        assert_eq!(visit.logins(), count + 1, "{:?}", visit.demo.log());
        visit.browser.press("Sign out").await?;
        visit.arrival_at("/goodbye").await?;
    }
    Ok(())
}

/// Core 4: a link, and a form, of a site that is not ours.
#[tokio::test]
async fn another_site_begins_a_sign_in_by_a_link_or_a_form() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let (place, issuer) = (visit.demo.page("/auth/initiate_login/partner"), visit.demo.issuer());
    let target = visit.demo.page("/profile");
    let html = format!(
        "<a href='{place}?iss={issuer}&target_link_uri={target}'>By link</a>\
         <form method=post action='{place}'><input type=hidden name=iss value='{issuer}'>\
         <input type=hidden name=target_link_uri value='{target}'><button>By form</button></form>"
    );
    let other = OtherSite::with_page(html).await?;
    for (count, label) in ["By link", "By form"].into_iter().enumerate() {
        visit.browser.open(&other.address("127.0.0.1")).await?;
        visit.browser.press(label).await?;
        visit.browser.sight_of("asks who you are").await?;
        visit.browser.press("Alice Liddell").await?;
        assert!(visit.arrival_at("/profile").await?.contains("alice@example.com"), "{label}");
        assert_eq!(visit.logins(), count + 1, "{:?}", visit.demo.log());
        visit.browser.press("Sign out").await?;
        visit.arrival_at("/goodbye").await?;
    }
    Ok(())
}

/// A frame cannot begin a sign-in that nobody sees; nor can one where the settings do not let others begin any.
#[tokio::test]
async fn a_frame_of_another_site_begins_no_sign_in() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let (place, issuer) = (visit.demo.page("/auth/initiate_login/partner"), visit.demo.issuer().to_owned());
    let other =
        OtherSite::with_page(format!("<p>Nothing to see</p><iframe src='{place}?iss={issuer}'></iframe>")).await?;
    visit.browser.open(&other.address("127.0.0.1")).await?;
    until("a refusal", async || {
        let log = visit.demo.log();
        let refused = log.iter().any(|line| line.contains("a login that another site began was refused"));
        Ok(if refused { Ok(()) } else { Err(log.join("\n")) })
    })
    .await?;
    let requests = visit.browser.requests().await?;
    assert!(requests.iter().any(|address| address.starts_with(&place)), "{requests:?}");
    assert!(!requests.iter().any(|address| address.starts_with(&issuer)), "{requests:?}");

    visit.open(&format!("/auth/initiate_login/code?iss={issuer}")).await?;
    visit.browser.sight_of("There is no such sign-in").await?;
    Ok(())
}

/// Core 3.1.2.1, RFC 9470: once more, and not in circles.
#[tokio::test]
async fn a_page_that_wants_a_stronger_sign_in_asks_once_and_then_refuses() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.sign_in_with("code").await?;
    visit.open("/vault").await?;
    visit.browser.sight_of("asks who you are").await?;
    visit.browser.press("Alice Liddell").await?;
    assert!(visit.arrival_at("/vault").await?.contains("In the vault"));
    assert_eq!(visit.logins(), 2, "{:?}", visit.demo.log());
    // And it asks no more.
    visit.open("/").await?;
    visit.open("/vault").await?;
    assert!(visit.arrival_at("/vault").await?.contains("In the vault"));
    assert_eq!(visit.logins(), 2, "{:?}", visit.demo.log());
    visit.browser.press("Sign out").await?;
    visit.arrival_at("/goodbye").await?;

    visit.open("/auth/login?provider=code&return_to=/profile").await?;
    visit.browser.press("Bob Dodgson").await?;
    visit.arrival_at("/profile").await?;
    visit.open("/vault").await?;
    let page = visit.browser.sight_of("needs a stronger or fresher sign-in").await?;
    let status = "performance.getEntriesByType('navigation')[0].responseStatus";
    assert_eq!(visit.browser.evaluate(status).await?, 403, "{page}");
    Ok(())
}
