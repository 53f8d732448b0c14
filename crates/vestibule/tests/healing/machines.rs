//! V97: machines that each keep their own sessions. What one begins the other does not know, and the person is told so after three trips,
//! wherever each request of theirs ends up.

use axum::Router;
use vestibule::MemoryStore;

use crate::house::{APP, House, ISSUER, TestClock, builder, paper::link, provider};

/// Which of two machines gets a request: the callback the first, pages the second, and what begins a login either.
fn machine(url: &str, logins_at: usize) -> usize {
    match url {
        url if url.contains("/auth/callback") => 0,
        url if url.contains("/auth/login") => logins_at,
        _ => 1,
    }
}

/// Two machines with a store in memory each, and a browser.
fn two(keeps_fragments: bool) -> (House, [Router; 2]) {
    let (provider, clock) = (provider(), TestClock::new());
    let houses = [(); 2].map(|()| {
        let builder = builder(&provider, &clock).sessions(MemoryStore::new());
        let builder = if keeps_fragments { builder.keep_fragments() } else { builder };
        let vestibule = builder.build().expect("the settings hold together");
        House::around(provider.clone(), clock.clone(), &vestibule)
    });
    let apps = [houses[0].app.clone(), houses[1].app.clone()];
    let [house, _] = houses;
    (house, apps)
}

/// V97
#[tokio::test]
async fn a_session_that_the_next_machine_does_not_have_ends_the_circle_after_three_trips() {
    for (keeps_fragments, logins_at) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
        let what = format!("fragments kept: {keeps_fragments}, logins at {logins_at}");
        let (mut house, apps) = two(keeps_fragments);
        let (mut url, mut departures) = (format!("{APP}/profile?tab=2"), 0);
        let page = loop {
            house.browser.site(APP, apps[machine(&url, logins_at)].clone());
            departures += usize::from(url.starts_with(&format!("{ISSUER}/authorize")));
            assert!(departures < 5, "{what}: it goes round in circles");
            let mut page = house.browser.get_without_redirects(&url).await;
            if page.status() == 200 && url.starts_with(ISSUER) {
                page = house.browser.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
            }
            let next = match page.header("location") {
                Some(location) => location.to_owned(),
                None if page.status() == 401 => link(&page, "Sign in"),
                None => break page,
            };
            url = if next.starts_with('/') { format!("{APP}{next}") } else { next };
        };
        assert_eq!((page.status().as_u16(), page.url().path(), departures), (500, "/auth/error", 3), "{what}");
        assert!(page.text().contains("The session had ended by the next request"), "{what}: {}", page.text());
        assert!(page.text().contains("return_to=%2Fprofile%3Ftab%3D2"), "{what}: {}", page.text());
    }
}

/// V97: an application that leads to the sign-in itself, where nobody was asked for yet.
#[tokio::test]
async fn a_link_to_the_sign_in_begins_a_circle_as_a_page_does() {
    let (mut house, apps) = two(false);
    for trip in 0..4 {
        house.browser.site(APP, apps[1].clone());
        let answer = house.browser.get_without_redirects(&format!("{APP}/auth/login?return_to=/profile")).await;
        let location = answer.header("location").expect("a way").to_owned();
        if trip == 3 {
            assert_eq!(location, "/auth/error", "three came to nothing");
            break;
        }
        let mut page = house.browser.get_without_redirects(&location).await;
        if page.status() == 200 {
            page = house.browser.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
        }
        house.browser.site(APP, apps[0].clone());
        let callback = page.header("location").expect("the way back").to_owned();
        assert_eq!(house.browser.get_without_redirects(&callback).await.header("location"), Some("/profile"));
    }
}
