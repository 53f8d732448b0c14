use axum::{Router, extract::Request};
use vestibule_provider::{Browser, DevelopmentProvider, Page};

use crate::{
    party::{GOODBYE, claims, login, parameter, text},
    town::{SHOP, browser, provider, shop, sign_in},
};

/// A browser where alice is signed in at both clients, her ID Token at `rp`, and her sid.
async fn signed_in(provider: &DevelopmentProvider) -> (Browser, String, String) {
    let mut browser = browser(provider);
    sign_in(&mut browser, "shop", "alice").await;
    let hint = text(&login(provider, &mut browser, "openid").await, "id_token").to_owned();
    let sid = text(&claims(&hint), "sid").to_owned();
    (browser, hint, sid)
}

async fn leave(browser: &mut Browser, hint: &str) -> Page {
    let query = format!("id_token_hint={hint}&post_logout_redirect_uri={GOODBYE}&state=s%221");
    browser.get(&format!("http://127.0.0.1:3001/end_session?{query}")).await
}

/// Front-Channel Logout 2 and 3
#[tokio::test]
async fn the_others_are_told_in_frames_before_the_way_goes_on() {
    let provider = provider();
    let (mut browser, hint, sid) = signed_in(&provider).await;
    let page = leave(&mut browser, &hint).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (200, "/end_session"));
    let frames = browser.load_frames(&page).await;
    let [frame] = frames.as_slice() else { panic!("one frame: {frames:?}") };
    assert_eq!(
        (frame.url().as_str().split('?').next(), frame.text()),
        (Some("http://localhost:3002/front"), "the shop")
    );
    let got = ["iss", "sid"].map(|name| parameter(frame.url(), name));
    assert_eq!(got, [Some("http://127.0.0.1:3001".to_owned()), Some(sid)]);
    let next = browser.follow_refresh(&page).await;
    assert_eq!(next.url().as_str(), format!("{GOODBYE}?state=s%221"));
    // Or by hand, if a frame never comes to its end.
    assert!(page.text().contains(">Continue</a>"));
}

#[tokio::test]
async fn the_query_of_the_client_stays() {
    let provider = provider();
    let (mut browser, _, sid) = signed_in(&provider).await;
    let page = browser.get("http://127.0.0.1:3001/end_session").await;
    assert!(browser.load_frames(&page).await.is_empty(), "she was only asked");
    let page = browser.submit(&page, "/end_session", &[("confirm", "yes")]).await;
    let frames = browser.load_frames(&page).await;
    let urls: Vec<&str> = frames.iter().map(|frame| frame.url().as_str()).collect();
    let about = format!("iss=http%3A%2F%2F127.0.0.1%3A3001&sid={sid}");
    let expected = [format!("http://localhost:3000/front?kept=yes&{about}"), format!("{SHOP}/front?{about}")];
    assert_eq!(urls, expected);
    assert_eq!(browser.follow_refresh(&page).await.url().path(), "/end_session", "there is nowhere to go on to");
}

/// V14
#[tokio::test]
async fn the_page_may_frame_the_clients_and_nobody_may_frame_the_page() {
    let provider = provider();
    let (mut browser, hint, _) = signed_in(&provider).await;
    let page = leave(&mut browser, &hint).await;
    let policy = page.header("content-security-policy").expect("a policy");
    let directives: Vec<&str> = policy.split("; ").collect();
    for directive in ["default-src 'none'", "frame-src http://localhost:3002", "frame-ancestors 'none'"] {
        assert!(directives.contains(&directive), "{policy}");
    }
}

#[tokio::test]
async fn the_client_in_the_frame_gets_none_of_its_lax_cookies() {
    let provider = provider();
    let (mut browser, hint, _) = signed_in(&provider).await;
    let mirror = async |request: Request| format!("{:?} {:?}", request.headers().get("cookie"), request.headers());
    browser.site(SHOP, Router::new().fallback(mirror));
    browser.set_cookie(SHOP, "session=1; HttpOnly; SameSite=Lax");
    let page = leave(&mut browser, &hint).await;
    let frames = browser.load_frames(&page).await;
    assert!(frames[0].text().starts_with("None ") && frames[0].text().contains("\"iframe\""), "{}", frames[0].text());
}

#[tokio::test]
async fn without_anybody_to_tell_the_way_goes_on_at_once() {
    let provider = provider();
    let mut browser = browser(&provider);
    let hint = text(&login(&provider, &mut browser, "openid").await, "id_token").to_owned();
    let page = leave(&mut browser, &hint).await;
    assert!(page.url().as_str().starts_with(GOODBYE) && page.hops().len() == 2);
    // The one who asked is told only where that is wanted.
    let provider = provider.tells_the_initiator_too();
    let hint = text(&login(&provider, &mut browser, "openid").await, "id_token").to_owned();
    let page = leave(&mut browser, &hint).await;
    assert_eq!(browser.load_frames(&page).await.len(), 1);
}

/// V9
#[tokio::test]
async fn what_a_client_registered_is_escaped() {
    let provider =
        provider().client(shop().frontchannel_logout_uri("http://localhost:3002/\"><script>alert(1)</script>"));
    let (mut browser, hint, _) = signed_in(&provider).await;
    let page = leave(&mut browser, &hint).await;
    assert!(!page.text().contains("<script"), "{}", page.text());
    assert_eq!(browser.load_frames(&page).await.len(), 1);
}
