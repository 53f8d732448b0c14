//! Two machines of one application behind nginx and behind Caddy, each set up as `docs/deployment.md` says: its very blocks, with
//! other addresses. The machines share a secret key and nothing else.

mod street;
mod watched;
mod web_socket;

use acceptance::{
    Failure,
    html::forms,
    person::{Page, Person, Version},
    proxy::{Kind, replaced, settings},
    wait::until,
};
use street::Street;
use tokio::task::JoinSet;

type Outcome = Result<(), Failure>;

/// Over what a browser may come.
const VERSIONS: [Version; 2] = [Version::Http1, Version::Http2];
/// What nginx says to the person whose cookies it has no room for.
const TOO_LARGE: &str = "Request Header Or Cookie Too Large";

#[tokio::test]
async fn behind_nginx_people_with_large_cookies_sign_in_and_out_on_any_machine() -> Outcome {
    people_sign_in_and_out_behind(Kind::Nginx).await
}

#[tokio::test]
async fn behind_caddy_people_with_large_cookies_sign_in_and_out_on_any_machine() -> Outcome {
    people_sign_in_and_out_behind(Kind::Caddy).await
}

async fn people_sign_in_and_out_behind(kind: Kind) -> Outcome {
    let Some(street) = Street::new(kind, &settings(kind.name())?, "").await? else { return Ok(()) };
    for version in VERSIONS {
        let person = street.person(version)?;
        in_and_out(&street, &person, "corp").await?;
        in_and_out(&street, &person, "posted").await?;
    }
    // Each login is three requests, so that the callbacks of one after the other are served by different machines.
    until("a login on either machine", async || {
        in_and_out(&street, &street.person(Version::Http2)?, "corp").await?;
        Ok(if street.logins().iter().all(|logins| *logins > 0) {
            Ok(())
        } else {
            Err(format!("{:?}", street.logins()))
        })
    })
    .await
}

/// With cookies of nearly 7 KB of ours, and 3 KB of somebody else's.
async fn in_and_out(street: &Street, person: &Person, provider: &str) -> Outcome {
    person.keeps(&format!("theirs={}; Path=/", "x".repeat(3000)), &street.page("/"))?;
    let page = street.sign_in(person, provider).await?;
    street.assert_profile(&page);
    let bytes = person.cookies(&street.page("/"))?;
    assert!((9_500..10_500).contains(&bytes), "{bytes} bytes of cookies");
    let page = person.submit(&page, "/auth/logout", &[]).await?;
    assert_eq!(page.address.as_str(), street.page("/goodbye"), "{}", street.story());
    let page = person.open(&street.page("/")).await?;
    assert!(page.html.contains("you are a stranger"), "{}", street.story());
    Ok(())
}

#[tokio::test]
async fn without_room_for_what_the_application_answers_nginx_fails_the_login() -> Outcome {
    let plain = without(&["proxy_buffer_size", "proxy_buffers"])?;
    let Some(street) = Street::new(Kind::Nginx, &plain, "").await? else { return Ok(()) };
    for version in VERSIONS {
        let page = street.sign_in(&street.person(version)?, "corp").await?;
        assert_eq!(page.status, 502, "{}", street.story());
    }
    until("the reason in nginx's log", async || street.proxy_says("upstream sent too big header")).await
}

#[tokio::test]
async fn without_room_for_what_the_browser_sends_nginx_refuses_the_person() -> Outcome {
    let plain = without(&["large_client_header_buffers"])?;
    let Some(street) = Street::new(Kind::Nginx, &plain, "").await? else { return Ok(()) };
    let person = street.person(Version::Http1)?;
    let page = street.sign_in(&person, "corp").await?;
    street.assert_profile(&page);
    person.keeps(&format!("theirs={}; Path=/", "x".repeat(3000)), &street.page("/"))?;
    let page = person.open(&street.page("/profile")).await?;
    assert_eq!(page.status, 400, "{}", street.story());
    assert!(page.html.contains(TOO_LARGE), "{}", page.html);
    until("the reason in nginx's log", async || street.proxy_says("client sent too long header line")).await
}

/// nginx's settings without the lines that begin so.
fn without(names: &[&str]) -> Result<String, Failure> {
    let whole = settings("nginx")?;
    let is_named = |line: &&str| names.iter().any(|name| line.trim_start().starts_with(name));
    assert!(whole.lines().any(|line| is_named(&line)), "{names:?}");
    Ok(whole.lines().filter(|line| !is_named(line)).map(|line| format!("{line}\n")).collect())
}

#[tokio::test]
async fn a_base_url_with_a_path_works_whether_the_proxy_strips_it_or_not() -> Outcome {
    for kind in [Kind::Nginx, Kind::Caddy] {
        for path in ["the path kept", "the path stripped"] {
            let Some(street) = Street::new(kind, &below_a_path(kind, path)?, "/shop").await? else { continue };
            let person = street.person(Version::Http2)?;
            let page = street.sign_in(&person, "corp").await?;
            street.assert_profile(&page);
            let page = person.submit(&page, "/shop/auth/logout", &[]).await?;
            assert_eq!(page.address.as_str(), street.page("/goodbye"), "{}", street.story());
        }
    }
    Ok(())
}

/// The settings with the block of a path in the place of the one for everything.
fn below_a_path(kind: Kind, path: &str) -> Result<String, Failure> {
    let everything = match kind {
        Kind::Nginx => "    location / {\n        proxy_pass http://app;\n    }",
        Kind::Caddy => "\treverse_proxy 10.0.0.11:3000 10.0.0.12:3000 {\n\t\tlb_policy round_robin\n\t}",
    };
    replaced(&settings(kind.name())?, everything, &settings(&format!("{}, {path}", kind.name()))?)
}

#[tokio::test]
async fn a_page_that_stays_open_hears_of_the_end_of_its_session_through_the_proxy() -> Outcome {
    for kind in [Kind::Nginx, Kind::Caddy] {
        // Cookie mode without a shared place for marks: who waits is told by the machine that they wait at.
        let Some(street) = Street::of_one_machine(kind, &settings(kind.name())?).await? else { continue };
        // nginx holds small events back where HTTP/1.1 is spoken.
        let person = street.person(Version::Http1)?;
        let page = street.sign_in(&person, "corp").await?;
        let mut events = person.listen(&street.page("/live/events")).await?;
        let mut heard = String::new();
        while !heard.contains("signed_in") {
            heard += &String::from_utf8_lossy(&events.chunk().await?.ok_or("the end of the events")?);
        }
        assert!(!heard.contains("ended"));
        person.submit(&page, "/auth/logout", &[]).await?;
        while let Some(chunk) = events.chunk().await? {
            heard += &String::from_utf8_lossy(&chunk);
        }
        assert!(heard.contains("event: ended"), "{heard}");
    }
    Ok(())
}

#[tokio::test]
async fn nginx_limits_how_often_a_stranger_begins_to_sign_in_and_who_sends_logout_tokens() -> Outcome {
    let [whole, last] = [settings("nginx")?, settings("nginx, logout tokens")?];
    let with_logout_tokens =
        replaced(&whole, "    location /auth/login {", &format!("{last}\n\n    location /auth/login {{"))?;
    let Some(street) = Street::new(Kind::Nginx, &with_logout_tokens, "").await? else { return Ok(()) };
    let person = street.person(Version::Http2)?;
    let at = street.page("/auth/backchannel_logout/corp");
    assert_eq!(person.post(&at, &[("logout_token", "a.b.c")]).await?.status, 403, "by nginx");
    let mut knocking = JoinSet::new();
    for _ in 0..100 {
        let (person, at) = (person.clone(), street.page("/auth/login/corp"));
        knocking.spawn(async move { person.open(&at).await });
    }
    let mut limited = 0;
    while let Some(page) = knocking.join_next().await {
        let page: Page = page??;
        assert!(page.status == 429 || !forms(&page.html).is_empty(), "{} {}", page.status, page.html);
        limited += u32::from(page.status == 429);
    }
    // One and a burst of 40 are let in, and five more a second, however slow the machine is.
    assert!((1..60).contains(&limited), "{limited} of 100");
    Ok(())
}
