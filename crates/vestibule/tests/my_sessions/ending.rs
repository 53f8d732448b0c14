//! One session is ended from elsewhere.

use vestibule::{SessionId, SessionsError};

use crate::bench::{Home, Mode, id, me, session_id};

/// R134, R130: that one and no other; a copy of its cookie is worth nothing.
#[tokio::test]
async fn one_session_of_a_person_ends_and_the_others_go_on() {
    let mut home = Home::new(Mode::Store);
    let (mut first, mut second, mut of_bob) =
        (home.signed_in("alice").await, home.signed_in("alice").await, home.signed_in("bob").await);
    let mut copy = first.clone();
    let (issuer, subject) = id("alice");
    let ended = session_id(&mut first).await;
    home.vestibule.end_session((&issuer, &subject), ended).await.expect("it is theirs");
    for browser in [&mut first, &mut copy] {
        assert_eq!(me(browser).await, None);
    }
    assert_eq!(me(&mut second).await.as_deref(), Some("alice"));
    assert_eq!(me(&mut of_bob).await.as_deref(), Some("bob"));
    let again = home.vestibule.end_session((&issuer, &subject), ended).await.expect_err("it is gone");
    assert!(matches!(again, SessionsError::NotTheirs), "{again}");
}

/// R134, V58: an id from a form may be anybody's.
#[tokio::test]
async fn the_id_of_somebody_elses_session_ends_nothing() {
    let mut home = Home::new(Mode::Store);
    let (mut of_alice, mut of_bob) = (home.signed_in("alice").await, home.signed_in("bob").await);
    let (issuer, bob) = id("bob");
    let unknown: SessionId = "0".repeat(32).parse().expect("the form of an id");
    for foreign in [session_id(&mut of_alice).await, unknown] {
        let refused = home.vestibule.end_session((&issuer, &bob), foreign).await.expect_err("not his");
        assert!(matches!(refused, SessionsError::NotTheirs), "{refused}");
    }
    let elsewhere = vestibule::Issuer::parse("https://elsewhere.example").expect("an issuer");
    let (_, alice) = id("alice");
    let own = session_id(&mut of_alice).await;
    let refused = home.vestibule.end_session((&elsewhere, &alice), own).await.expect_err("another alice");
    assert!(matches!(refused, SessionsError::NotTheirs), "{refused}");
    assert_eq!(me(&mut of_alice).await.as_deref(), Some("alice"));
    assert_eq!(me(&mut of_bob).await.as_deref(), Some("bob"));
}

/// V58: what a page shows opens nothing, as a cookie or part of one.
#[tokio::test]
async fn an_id_is_no_cookie() {
    let mut home = Home::new(Mode::Store);
    let mut browser = home.signed_in("alice").await;
    let own = session_id(&mut browser).await.to_string();
    let cookie = browser.cookies().find(|cookie| cookie.name.ends_with("-session")).expect("signed in").clone();
    assert!(!cookie.value.contains(&own));
    for forged in [own.clone(), own.repeat(2)] {
        let mut thief = home.house.another_browser();
        assert!(thief.set_cookie(crate::house::APP, &format!("{}={forged}; Path=/", cookie.name)));
        assert_eq!(me(&mut thief).await, None);
        assert_eq!(home.list("alice").await.len(), 1, "and nothing was made of it");
    }
}
