//! Sessions that end when they should, in a browser: by another tab, by another browser, and by the provider over each of its
//! channels. The applications are at `localhost` and the provider is at `127.0.0.1`: two sites.

use acceptance::{
    Failure,
    application::Application,
    chromium::{Chromium, CookiesInFrames},
    demo::Demo,
    other_site::OtherSite,
    wait::until,
};

type Outcome = Result<(), Failure>;

const SIGNED_IN: &str = "You are signed in";
const ENDED: &str = "Your session has ended";

/// A browser, a provider (with an application that is not looked at), and an application.
struct Visit {
    browser: Chromium,
    provider: Demo,
    application: Demo,
}

impl Visit {
    /// `None` on a machine without a browser.
    async fn begin(browser: Option<Chromium>, application: &Application) -> Result<Option<Self>, Failure> {
        let Some(browser) = browser else { return Ok(None) };
        let provider = Demo::start()?;
        Ok(Some(Self { browser, application: application.start_at(&provider)?, provider }))
    }

    /// Signs in, and leaves a live page open.
    async fn sign_in(&self) -> Outcome {
        sign_in(&self.browser, &self.application).await?;
        self.watch(&self.application).await
    }

    async fn watch(&self, application: &Demo) -> Outcome {
        self.browser.open(&application.page("/live")).await?;
        self.browser.sight_of(SIGNED_IN).await.map(|_| ())
    }

    /// On the provider's own page, which no application asked for, in another tab.
    async fn sign_out_at_the_provider(&self) -> Outcome {
        let page = format!("{}/end_session", self.provider.issuer());
        let tab = self.browser.tab().await?;
        self.browser.new_tab().await?;
        self.browser.open(&page).await?;
        self.browser.sight_of("You are signed in as").await?;
        self.browser.press("Sign out").await?;
        self.browser.sight_of("You are no longer signed in at this provider").await?;
        self.browser.turn_to(&tab).await
    }

    /// The live page says so, and the next page asks for a new sign-in.
    async fn has_ended(&self, application: &Demo) -> Outcome {
        self.browser.sight_of(ENDED).await?;
        self.browser.open(&application.page("/profile")).await?;
        self.browser.sight_of("asks who you are").await?;
        assert!(self.browser.address().await?.starts_with(self.provider.issuer()));
        Ok(())
    }

    /// The live page says so, and it is true.
    async fn goes_on(&self) -> Outcome {
        self.browser.leave_frames().await?;
        self.browser.sight_of(SIGNED_IN).await?;
        self.browser.open(&self.application.page("/profile")).await?;
        assert!(self.browser.sight_of("alice@example.com").await?.contains("Alice Liddell"));
        assert!(!is_said(&self.application, CHANGED), "{:?}", self.application.log());
        Ok(())
    }

    /// Listens, from here on, to what is posted to the library's frame in the live page, which stays the current one.
    async fn listen_in_our_frame(&self) -> Outcome {
        until("our frame", async || {
            self.browser.leave_frames().await?;
            self.browser.enter_frame().await?;
            Ok(if self.browser.evaluate(LISTEN).await? == true { Ok(()) } else { Err("it is empty yet".to_owned()) })
        })
        .await
    }

    /// Waits until this has been posted so often since.
    async fn hears(&self, message: &str, times: u64) -> Outcome {
        let count = format!("heard.filter((data) => data === {message:?}).length");
        until(&format!("{times} messages {message:?}"), async || {
            let heard = self.browser.evaluate(&count).await?.as_u64().unwrap_or_default();
            Ok(if heard >= times { Ok(()) } else { Err(self.browser.evaluate("heard").await?.to_string()) })
        })
        .await
    }

    /// Asks the provider's frame as the library's script does: that one may have asked before anybody listened.
    async fn ask_the_provider(&self) -> Outcome {
        self.browser.evaluate(ASK).await.map(|_| ())
    }
}

/// True once the frame is there, with all that it asks.
const LISTEN: &str = "(() => {
    window.heard = [];
    addEventListener('message', ({ data }) => heard.push(data));
    return document.readyState === 'complete' && document.getElementById('provider') !== null;
})()";
const ASK: &str = "(({ contentWindow, dataset }) => contentWindow.postMessage(dataset.message, dataset.origin))
    (document.getElementById('provider'))";

/// What the application logs when each channel has ended a session.
const BACK_CHANNEL: &str = "the provider ended a session";
const FRONT_CHANNEL: &str = "the provider ended a session through the browser";
const CHANGED: &str = "a session ended, since the one at the provider has changed";

async fn sign_in(browser: &Chromium, application: &Demo) -> Outcome {
    browser.open(&application.page("/profile")).await?;
    browser.press("Alice Liddell").await?;
    browser.arrival_at(&application.page("/profile")).await.map(|_| ())
}

fn is_said(application: &Demo, what: &str) -> bool {
    application.log().iter().any(|line| line.contains(what))
}

#[tokio::test]
async fn a_live_page_says_that_its_session_ended_in_another_tab() -> Outcome {
    let Some(visit) = Visit::begin(Chromium::start().await?, &Application::at_localhost()).await? else {
        return Ok(());
    };
    visit.sign_in().await?;
    let live = visit.browser.tab().await?;
    visit.browser.press("Sign out, in another tab").await?;
    visit.browser.turn_to_the_newest_tab().await?;
    visit.browser.press("Sign out").await?;
    visit.browser.arrival_at(&visit.application.page("/goodbye")).await?;
    visit.browser.turn_to(&live).await?;
    visit.has_ended(&visit.application).await?;
    // The live page is one to sign out on, too: its own policy must let the form lead to the provider.
    visit.sign_in().await?;
    visit.browser.press("Sign out").await?;
    visit.browser.arrival_at(&visit.application.page("/goodbye")).await.map(|_| ())
}

#[tokio::test]
async fn a_live_page_says_that_its_session_ended_when_the_same_person_ended_all_in_another_browser() -> Outcome {
    let Some(visit) = Visit::begin(Chromium::start().await?, &Application::at_localhost()).await? else {
        return Ok(());
    };
    let Some(other) = Chromium::start().await? else { return Ok(()) };
    visit.sign_in().await?;
    sign_in(&other, &visit.application).await?;
    other.open(&visit.application.page("/sessions")).await?;
    other.press("Sign out everywhere").await?;
    other.arrival_at(&visit.application.page("/goodbye")).await?;
    visit.browser.sight_of(ENDED).await?;
    // The provider was not told, so this browser is still signed in there, and nobody is asked.
    visit.browser.open(&visit.application.page("/profile")).await?;
    visit.browser.arrival_at(&visit.application.page("/profile")).await?;
    let sign_ins = visit.application.log().iter().filter(|line| line.contains("decision=\"signed_in")).count();
    assert_eq!(sign_ins, 3, "{:?}", visit.application.log());
    Ok(())
}

/// Two applications, both told over the back channel alone: this browser tells their frames nothing.
#[tokio::test]
async fn signing_out_at_the_provider_ends_the_session_at_each_application_over_the_back_channel() -> Outcome {
    let told = Application::at_localhost().told_by("backchannel");
    let Some(visit) = Visit::begin(Chromium::with(CookiesInFrames::Withheld).await?, &told).await? else {
        return Ok(());
    };
    let other = told.at_host("127.0.0.2").start_at(&visit.provider)?;
    visit.sign_in().await?;
    let first = visit.browser.tab().await?;
    visit.browser.new_tab().await?;
    visit.watch(&other).await?;
    visit.sign_out_at_the_provider().await?;
    visit.has_ended(&other).await?;
    visit.browser.turn_to(&first).await?;
    visit.has_ended(&visit.application).await?;
    for application in [&visit.application, &other] {
        assert!(is_said(application, BACK_CHANNEL) && !is_said(application, FRONT_CHANNEL), "{:?}", application.log());
    }
    Ok(())
}

/// R125, V72: told through a frame alone. Its cookies stay behind by `SameSite=Lax`, and in the second browser whatever they are.
#[tokio::test]
async fn signing_out_at_the_provider_ends_the_session_by_a_frame_that_gets_no_cookies() -> Outcome {
    for cookies_in_frames in [CookiesInFrames::Sent, CookiesInFrames::Withheld] {
        let browser = Chromium::with(cookies_in_frames).await?;
        let told = Application::at_localhost().told_by("frontchannel");
        let Some(visit) = Visit::begin(browser, &told).await? else { return Ok(()) };
        visit.sign_in().await?;
        let live = visit.browser.tab().await?;
        visit.sign_out_at_the_provider().await?;
        visit.browser.turn_to_the_newest_tab().await?;
        // V14: the provider, and nobody else, may have it in a frame.
        visit.browser.enter_frame().await?;
        visit.browser.sight_of("This application ended your session").await?;
        let cookies = visit.browser.cookies_sent_to(&visit.application.page("/auth/frontchannel_logout/")).await?;
        assert_eq!(cookies, [""], "of {:?}", visit.application.log());
        visit.browser.turn_to(&live).await?;
        visit.has_ended(&visit.application).await?;
        assert!(is_said(&visit.application, FRONT_CHANNEL), "{:?}", visit.application.log());
    }
    Ok(())
}

/// Nobody tells this application anything: the page finds out by itself.
#[tokio::test]
async fn a_page_that_watches_the_providers_session_ends_its_own_once_that_has_changed() -> Outcome {
    let browser = Chromium::with(CookiesInFrames::Sent).await?;
    let Some(visit) = Visit::begin(browser, &Application::at_localhost()).await? else { return Ok(()) };
    visit.sign_in().await?;
    visit.listen_in_our_frame().await?;
    visit.hears("unchanged", 2).await?;
    visit.goes_on().await?;
    visit.watch(&visit.application).await?;
    visit.listen_in_our_frame().await?;
    visit.hears("unchanged", 1).await?;
    visit.browser.leave_frames().await?;
    visit.sign_out_at_the_provider().await?;
    visit.has_ended(&visit.application).await?;
    assert!(is_said(&visit.application, CHANGED), "{:?}", visit.application.log());
    Ok(())
}

/// As Chromium is unless told otherwise: the provider's frame says that it cannot say, and is not asked again.
#[tokio::test]
async fn a_page_whose_browser_keeps_the_providers_cookies_from_frames_ends_nothing() -> Outcome {
    let browser = Chromium::with(CookiesInFrames::Withheld).await?;
    let Some(visit) = Visit::begin(browser, &Application::at_localhost()).await? else { return Ok(()) };
    visit.sign_in().await?;
    visit.sign_out_at_the_provider().await?;
    visit.listen_in_our_frame().await?;
    visit.ask_the_provider().await?;
    visit.hears("error", 1).await?;
    visit.goes_on().await
}

/// What providers say whose cookies are kept from their frames, and who do not know about that.
#[tokio::test]
async fn a_provider_that_never_said_unchanged_ends_nothing() -> Outcome {
    let frame = OtherSite::with_page(provider_frame("changed", "about:blank")).await?;
    let watching = Application::at_localhost().watching(frame.address("127.0.0.1"));
    let Some(visit) = Visit::begin(Chromium::start().await?, &watching).await? else { return Ok(()) };
    visit.sign_in().await?;
    visit.listen_in_our_frame().await?;
    visit.ask_the_provider().await?;
    visit.hears("changed", 2).await?;
    visit.goes_on().await
}

/// R129: a frame within the provider's can reach ours, so whatever a provider shows beside might try it.
#[tokio::test]
async fn a_page_of_another_origin_that_says_changed_is_not_heard() -> Outcome {
    let stranger = OtherSite::with_page(STRANGER.to_owned()).await?;
    let frame = OtherSite::with_page(provider_frame("unchanged", &stranger.address("127.0.0.1"))).await?;
    let watching = Application::at_localhost().watching(frame.address("127.0.0.1"));
    let Some(visit) = Visit::begin(Chromium::start().await?, &watching).await? else { return Ok(()) };
    visit.sign_in().await?;
    visit.listen_in_our_frame().await?;
    visit.ask_the_provider().await?;
    visit.hears("unchanged", 1).await?;
    visit.browser.evaluate("heard.length = 0").await?;
    visit.hears("changed", 20).await?;
    visit.goes_on().await?;

    // The same word by the provider itself counts.
    visit.watch(&visit.application).await?;
    visit.listen_in_our_frame().await?;
    visit.ask_the_provider().await?;
    visit.hears("unchanged", 1).await?;
    visit.browser.enter_frame().await?;
    visit.browser.evaluate("window.answer = 'changed'").await?;
    visit.browser.leave_frames().await?;
    visit.browser.sight_of(ENDED).await?;
    assert!(is_said(&visit.application, CHANGED), "{:?}", visit.application.log());
    Ok(())
}

/// V14
#[tokio::test]
async fn no_other_site_has_the_pages_for_frames_in_a_frame() -> Outcome {
    let Some(visit) = Visit::begin(Chromium::start().await?, &Application::at_localhost()).await? else {
        return Ok(());
    };
    visit.sign_in().await?;
    let logout = format!("/auth/frontchannel_logout/demo?iss={}&sid=made-up", visit.provider.issuer());
    for (path, host, rule) in
        [("/auth/check_session", "localhost", "'self'"), (logout.as_str(), "127.0.0.1", visit.provider.issuer())]
    {
        let html = format!("<iframe src='{}'></iframe>", visit.application.page(path));
        let other = OtherSite::with_page(html).await?;
        let mut complaints = Vec::new();
        visit.browser.open(&other.address(host)).await?;
        until("a frame that is refused", async || {
            complaints.extend(visit.browser.complaints().await?);
            let is_refused = complaints.iter().any(|complaint| complaint.contains(&format!("frame-ancestors {rule}")));
            Ok(if is_refused { Ok(()) } else { Err(complaints.join("\n")) })
        })
        .await?;
    }
    Ok(())
}

/// A page in the place of the provider's: it answers this to everybody, and has a frame beside.
fn provider_frame(answer: &str, beside: &str) -> String {
    format!(
        "<script>window.answer = '{answer}'; \
         addEventListener('message', ({{ source, origin }}) => source.postMessage(answer, origin))</script>\
         <iframe src='{beside}'></iframe>"
    )
}

/// Says without end to the page around the page around it that the session has changed.
const STRANGER: &str = "<script>setInterval(() => parent.parent.postMessage('changed', '*'), 20)</script>";
