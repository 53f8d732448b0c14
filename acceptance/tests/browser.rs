//! Chromium before the demo and its provider: what a person meets, in the browser that most of them have.

use acceptance::{Failure, chromium::Chromium, demo::Demo, other_site::OtherSite, wait::until};

type Outcome = Result<(), Failure>;

/// A browser before a demo of its own.
struct Visit {
    browser: Chromium,
    demo: Demo,
}

impl Visit {
    /// `None` on a machine without a browser.
    async fn begin() -> Result<Option<Self>, Failure> {
        let Some(browser) = Chromium::start().await? else { return Ok(None) };
        Ok(Some(Self { browser, demo: Demo::start()? }))
    }

    async fn open(&self, path: &str) -> Outcome {
        self.browser.open(&self.demo.page(path)).await
    }

    async fn arrival_at(&self, path: &str) -> Result<String, Failure> {
        self.browser.arrival_at(&self.demo.page(path)).await
    }

    /// Opens a page that needs a sign-in, and signs in as one of the provider's users, by the label of their button.
    async fn sign_in(&self, path: &str, label: &str) -> Result<String, Failure> {
        self.open(path).await?;
        self.browser.sight_of("asks who you are").await?;
        self.browser.press(label).await?;
        self.arrival_at(path).await
    }

    async fn sign_out(&self) -> Outcome {
        self.browser.press("Sign out").await?;
        self.arrival_at("/goodbye").await.map(|_| ())
    }

    /// Whether the start page, which never redirects, knows this name.
    async fn is_greeted_as(&self, name: &str) -> Result<bool, Failure> {
        self.open("/").await?;
        Ok(self.arrival_at("/").await?.contains(&format!("Hello, {name}")))
    }

    /// The address at which the last sign-in came back.
    async fn callback(&self) -> Result<String, Failure> {
        let ours = self.demo.page("/auth/callback/demo?");
        let requests = self.browser.requests().await?;
        Ok(requests.into_iter().rfind(|address| address.starts_with(&ours)).ok_or("no callback was opened")?)
    }
}

#[tokio::test]
async fn alice_signs_in_to_her_profile_and_out_again() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.open("/").await?;
    assert!(visit.arrival_at("/").await?.contains("you are a stranger"));
    let profile = visit.sign_in("/profile", "Alice Liddell").await?;
    for part in ["Alice Liddell", "alice@example.com", visit.demo.issuer()] {
        assert!(profile.contains(part), "{part}: {profile}");
    }
    assert!(visit.is_greeted_as("Alice Liddell").await?);
    visit.sign_out().await?;
    assert!(!visit.is_greeted_as("Alice Liddell").await?);
    // The provider was left too: the next sign-in asks again.
    visit.open("/profile").await?;
    visit.browser.sight_of("asks who you are").await?;
    assert!(visit.browser.address().await?.starts_with(visit.demo.issuer()));
    Ok(())
}

#[tokio::test]
async fn two_tabs_at_once_each_end_on_their_own_page() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let first = visit.browser.tab().await?;
    visit.open("/profile?tab=first").await?;
    visit.browser.sight_of("asks who you are").await?;
    let second = visit.browser.new_tab().await?;
    visit.open("/admin?tab=second").await?;
    visit.browser.sight_of("asks who you are").await?;

    visit.browser.turn_to(&first).await?;
    visit.browser.press("Alice Liddell").await?;
    assert!(visit.arrival_at("/profile?tab=first").await?.contains("alice@example.com"));
    visit.browser.turn_to(&second).await?;
    visit.browser.press("Alice Liddell").await?;
    assert!(visit.arrival_at("/admin?tab=second").await?.contains("For admins"));
    assert_eq!(visit.demo.log().iter().filter(|line| line.contains("decision=\"signed_in")).count(), 2);
    Ok(())
}

#[tokio::test]
async fn bob_gets_the_403_page_on_admin() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let page = visit.sign_in("/admin", "Bob Dodgson").await?;
    assert!(page.contains("You do not have access"), "{page}");
    let status = "performance.getEntriesByType('navigation')[0].responseStatus";
    assert_eq!(visit.browser.evaluate(status).await?, 403);
    visit.browser.press("To the start page").await?;
    assert!(visit.arrival_at("/").await?.contains("Hello, Bob Dodgson"));
    Ok(())
}

#[tokio::test]
async fn who_cancels_at_the_provider_gets_an_error_page_with_a_reference_and_can_try_again() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.open("/profile").await?;
    visit.browser.press("Cancel").await?;
    let page = visit.arrival_at("/auth/error").await?;
    assert!(page.contains("You cancelled the sign-in.") && page.contains("access_denied"), "{page}");
    let reference = visit.browser.evaluate("document.querySelector('dd code').innerText").await?;
    let reference = reference.as_str().ok_or("a reference")?.to_owned();
    assert!(visit.demo.log().iter().any(|line| line.contains(&reference)), "{reference} {:?}", visit.demo.log());
    // The page survives a reload.
    visit.open("/auth/error").await?;
    assert!(visit.arrival_at("/auth/error").await?.contains(&reference));
    visit.browser.press("Try again").await?;
    visit.browser.press("Alice Liddell").await?;
    assert!(visit.arrival_at("/profile").await?.contains("alice@example.com"));
    Ok(())
}

#[tokio::test]
async fn a_used_callback_address_lands_a_signed_in_person_on_their_page() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.sign_in("/profile?from=the-callback", "Alice Liddell").await?;
    let callback = visit.callback().await?;
    visit.open("/").await?;
    visit.browser.open(&callback).await?;
    assert!(visit.arrival_at("/profile?from=the-callback").await?.contains("alice@example.com"));
    Ok(())
}

#[tokio::test]
async fn a_used_callback_address_starts_over_for_a_stranger() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.sign_in("/profile?from=the-callback", "Alice Liddell").await?;
    let callback = visit.callback().await?;
    visit.sign_out().await?;
    visit.browser.open(&callback).await?;
    visit.browser.sight_of("asks who you are").await?;
    assert!(visit.browser.address().await?.starts_with(visit.demo.issuer()), "nobody is told of anything");
    assert!(!visit.is_greeted_as("Alice Liddell").await?);
    visit.browser.open(&callback).await?;
    visit.browser.press("Bob Dodgson").await?;
    assert!(visit.arrival_at("/profile?from=the-callback").await?.contains("bob@example.com"));
    Ok(())
}

/// V12: neither the cache nor the browser's memory of whole pages may show what only a signed-in person may see.
#[tokio::test]
async fn going_back_after_signing_out_does_not_show_the_profile() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.sign_in("/profile", "Alice Liddell").await?;
    visit.sign_out().await?;
    visit.browser.back().await?;
    visit.browser.sight_of("asks who you are").await?;
    for _ in 0..3 {
        visit.browser.back().await?;
        let page = until("a page", async || Ok(Ok(visit.browser.text().await?))).await?;
        assert!(!page.contains("alice@example.com"), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_new_name_typed_at_the_provider_is_signed_in() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.open("/profile").await?;
    visit.browser.sight_of("asks who you are").await?;
    visit.browser.type_into("user", "Zoë \"the hacker\" <b>\n").await?;
    let page = visit.arrival_at("/profile").await?;
    assert!(page.contains("Zoë \"the hacker\" <b>"), "{page}");
    Ok(())
}

/// V73, with every way in which another page can be another's: another origin of the same site, whose requests bring our cookies
/// along; another site; and a page without an origin.
#[tokio::test]
async fn a_sign_out_form_on_another_page_leaves_the_person_signed_in() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    visit.sign_in("/profile", "Alice Liddell").await?;
    let html =
        format!("<form method=post action='{}'><button>Win a prize</button></form>", visit.demo.page("/auth/logout"));
    let other = OtherSite::with_page(html.clone()).await?;
    for address in [other.address("localhost"), other.address("127.0.0.1"), format!("data:text/html,{html}")] {
        visit.browser.open(&address).await?;
        visit.browser.press("Win a prize").await?;
        let page = visit.arrival_at("/auth/logout").await?;
        assert!(page.contains("You are still signed in"), "{address}: {page}");
        assert!(visit.is_greeted_as("Alice Liddell").await?, "{address}");
    }
    let refusals = visit.demo.log().iter().filter(|line| line.contains("another site asked for")).count();
    assert_eq!(refusals, 3, "{:?}", visit.demo.log());
    // And the page that they got signs out, if that is what they want.
    visit.open("/auth/logout").await?;
    visit.sign_out().await?;
    assert!(!visit.is_greeted_as("Alice Liddell").await?);
    Ok(())
}
