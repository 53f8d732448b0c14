//! The development provider's own logouts, from its end to ours: nothing here is made up by the test.

use axum::body::Body;
use url::Url;
use vestibule_provider::{Browser, LogoutTokenFault, Page, RegisteredClient, SessionStatus};

use crate::{
    bench::{Bench, MODES, Mode, STAFF, is_in},
    house::{APP, CLIENT_SECRET, ISSUER},
    op::ES256,
};

fn client(name: &str) -> RegisteredClient {
    RegisteredClient::confidential("my-app", CLIENT_SECRET)
        .redirect_uri(format!("{APP}/auth/callback/{name}"))
        .post_logout_redirect_uri(format!("{APP}/auth/logged_out"))
        .backchannel_logout_uri(format!("{APP}/auth/backchannel_logout/{name}"))
        .frontchannel_logout_uri(format!("{APP}/auth/frontchannel_logout/{name}"))
        .grant_type("refresh_token")
        .id_token_signed_response_alg(ES256)
}

/// Both providers know where we take logouts.
fn bench(mode: Mode, corp: RegisteredClient) -> Bench {
    let bench = Bench::new(mode);
    let _ = bench.corp.provider.clone().client(corp);
    let _ = bench.staff.provider.clone().client(client("staff"));
    bench
}

async fn sign_in(bench: &Bench, provider: &str, user: &str) -> (Browser, String) {
    let mut browser = bench.browser();
    let page = browser.get(&format!("{APP}/auth/login/{provider}?return_to=/who")).await;
    let page = browser.sign_in_as(&page, user).await;
    let sid = page.text().rsplit(' ').next().expect("a sid").to_owned();
    assert_eq!(page.text(), format!("{provider} {user} {sid}"));
    (browser, sid)
}

/// What the provider has to say is brought to us; the statuses of our answers.
async fn deliver(bench: &Bench) -> Vec<u16> {
    let mut statuses = Vec::new();
    for request in bench.corp.provider.pending_logout_requests() {
        let answer = bench.send(request.map(Body::from)).await;
        statuses.push(answer.status.as_u16());
    }
    statuses
}

/// R116, V76
#[tokio::test]
async fn an_administrator_at_the_provider_ends_one_session_or_all_of_a_person() {
    for mode in MODES {
        for registered in [client("corp"), client("corp").backchannel_logout_session_required()] {
            let bench = bench(mode, registered);
            let (mut one, sid) = sign_in(&bench, "corp", "alice").await;
            let (mut two, _) = sign_in(&bench, "corp", "alice").await;
            let (mut three, _) = sign_in(&bench, "corp", "alice").await;
            let (mut bob, _) = sign_in(&bench, "corp", "bob").await;
            let (mut there, _) = sign_in(&bench, "staff", "alice").await;
            assert!(bench.corp.provider.end_session(&sid));
            assert_eq!(deliver(&bench).await, [200]);
            assert_eq!((is_in(&mut one).await, is_in(&mut two).await), (false, true), "{mode:?}");
            assert_eq!(bench.corp.provider.log_out("alice"), 2);
            assert!(deliver(&bench).await.iter().all(|status| *status == 200));
            let left = [&mut two, &mut three, &mut bob, &mut there];
            let mut signed_in = Vec::new();
            for browser in left {
                signed_in.push(is_in(browser).await);
            }
            assert_eq!(signed_in, [false, false, true, true], "{mode:?}");
        }
    }
}

/// R110: what a provider of its own kind gets wrong, all of it. Whoever sends no exp is from before 2023 (V70).
#[tokio::test(start_paused = true)]
async fn every_fault_of_the_providers_logout_tokens_is_answered_with_400() {
    for mode in MODES {
        let bench = bench(mode, client("corp"));
        let (mut alice, sid) = sign_in(&bench, "corp", "alice").await;
        let draft = || bench.corp.provider.logout_token("my-app").sub("alice").sid(&sid);
        for fault in LogoutTokenFault::ALL.into_iter().filter(|fault| *fault != LogoutTokenFault::MissingExpiry) {
            let answer = bench.send(draft().fault(fault).request().map(Body::from)).await;
            answer.expect_error(400, &format!("{fault:?}"));
        }
        assert!(is_in(&mut alice).await, "{mode:?}");
        bench.send(draft().request().map(Body::from)).await.expect_ok();
        assert!(!is_in(&mut alice).await, "{mode:?}");
    }
}

/// R118: our session is over before the provider tells us so, by the back channel and in a frame, and both are answered with 200.
#[tokio::test]
async fn a_logout_of_ours_that_comes_back_from_the_provider_is_answered_with_200() {
    for mode in MODES {
        let bench = bench(mode, client("corp"));
        let _ = bench.corp.provider.clone().tells_the_initiator_too();
        let (mut alice, _) = sign_in(&bench, "corp", "alice").await;
        let farewell = alice.post_form(&format!("{APP}/auth/logout"), &[]).await;
        assert_eq!(deliver(&bench).await, [200], "{mode:?}");
        expect_frames(&mut alice, &farewell, 1).await;
        let page = alice.follow_refresh(&farewell).await;
        assert_eq!(page.url().origin().ascii_serialization(), APP, "{}", page.text());
        assert!(!is_in(&mut alice).await);
    }
}

/// Every frame of a page is of ours, and says 200.
async fn expect_frames(browser: &mut Browser, page: &Page, count: usize) {
    let frames = browser.load_frames(page).await;
    assert_eq!(frames.len(), count, "{}", page.text());
    for frame in frames {
        assert_eq!((frame.status().as_u16(), frame.url().origin().ascii_serialization().as_str()), (200, APP));
    }
}

/// R123, R125: somebody leaves at the provider itself, in another browser window than ours is in.
#[tokio::test]
async fn whoever_leaves_at_the_provider_leaves_here_as_well() {
    for mode in MODES {
        let bench = bench(mode, client("corp"));
        let (mut alice, _) = sign_in(&bench, "corp", "alice").await;
        let (mut other, _) = sign_in(&bench, "corp", "alice").await;
        let mut copy = alice.clone();
        let question = alice.get(&format!("{ISSUER}/end_session")).await;
        let farewell = alice.submit(&question, "/end_session", &[("confirm", "yes")]).await;
        expect_frames(&mut alice, &farewell, 1).await;
        assert!(!is_in(&mut alice).await && !is_in(&mut copy).await, "{mode:?}");
        assert!(is_in(&mut other).await, "{mode:?}: another browser's session is another one");
    }
}

/// The value of an attribute of the page that watches, as a script reads it.
fn data(page: &Page, name: &str) -> String {
    let (_, rest) = page.text().split_once(&format!("data-{name}=\"")).expect("the attribute is there");
    rest.split('"').next().expect("quoted").replace("&amp;", "&")
}

/// R129: the message that our page sends is one that the provider's page understands, from the login to the logout.
#[tokio::test]
async fn the_providers_page_knows_what_our_page_asks() {
    for mode in MODES {
        let bench = bench(mode, client("corp"));
        let (mut alice, _) = sign_in(&bench, "corp", "alice").await;
        let page = alice.get(&format!("{APP}/auth/check_session")).await;
        let (message, origin) = (data(&page, "message"), data(&page, "origin"));
        assert_eq!(Url::parse(&origin).expect("a URL").origin(), Url::parse(ISSUER).expect("a URL").origin());
        let status = |browser: &Browser| bench.corp.provider.check_session(browser, APP, &message);
        assert_eq!(status(&alice), SessionStatus::Unchanged);

        let question = alice.get(&format!("{ISSUER}/end_session")).await;
        alice.submit(&question, "/end_session", &[("confirm", "yes")]).await;
        assert_eq!(status(&alice), SessionStatus::Changed);
        let state = data(&page, "session-state");
        let told = alice.post_form(&format!("{APP}{}", data(&page, "changed")), &[("session_state", &state)]).await;
        assert_eq!(told.status(), 204);
        assert!(!is_in(&mut alice).await, "{mode:?}");
        assert_eq!(status(&alice), SessionStatus::Changed, "it can be asked on");
    }
}

/// R119
#[tokio::test]
async fn one_provider_cannot_speak_for_another() {
    for mode in MODES {
        let bench = bench(mode, client("corp"));
        let (mut alice, sid) = sign_in(&bench, "corp", "alice").await;
        let token = bench.staff.provider.logout_token("my-app").sub("alice").sid(&sid);
        bench.post("staff", &token.clone().sign()).await.expect_ok();
        bench.post("corp", &token.clone().sign()).await.expect_error(400, "of another issuer");
        bench.post("corp", &token.claim("iss", ISSUER).sign()).await.expect_error(400, "of another key");
        assert!(is_in(&mut alice).await, "{mode:?}");
        assert_ne!(ISSUER, STAFF);
    }
}
