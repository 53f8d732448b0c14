//! Sessions that are larger than a cookie, and larger than all of them (V60).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use vestibule::NewLogin;
use vestibule_provider::Page;

use crate::house::{
    APP, House,
    log::Log,
    paper::{SetCookie, own_form, path_and_query, set_cookies},
};

struct Growing {
    house: House,
    /// How many bytes `on_login` adds to the claims.
    padding: Arc<AtomicUsize>,
}

fn growing() -> Growing {
    let padding = Arc::new(AtomicUsize::new(0));
    let pad = Arc::clone(&padding);
    let house = House::with(|builder| {
        builder.on_login(move |login: NewLogin| {
            let bytes = pad.load(Ordering::SeqCst);
            async move { Ok(if bytes == 0 { login } else { login.with_claim("padding", "p".repeat(bytes)) }) }
        })
    });
    Growing { house, padding }
}

impl Growing {
    /// Signs in with so many bytes of claims more; the provider asks only the first time.
    async fn sign_in_with(&mut self, bytes: usize) -> Page {
        self.padding.store(bytes, Ordering::SeqCst);
        let page = self.house.get("/auth/login?return_to=/profile").await;
        if page.url().as_str().starts_with(APP) { page } else { self.house.browser.sign_in_as(&page, "alice").await }
    }

    /// The pieces of the session in the browser: the ends of their names.
    fn pieces(&self) -> Vec<String> {
        let names = self.house.cookie_names();
        let pieces = names.iter().filter_map(|name| Some(format!("session{}", name.split_once("-session")?.1)));
        pieces.collect()
    }
}

fn deletions(cookies: &[SetCookie]) -> Vec<&str> {
    cookies.iter().filter(|cookie| cookie.is_deletion()).map(|cookie| cookie.name.as_str()).collect()
}

/// V60
#[tokio::test]
async fn a_session_of_two_pieces_works_like_one_of_one() {
    let mut growing = growing();
    let page = growing.sign_in_with(3000).await;
    assert_eq!(page.text(), "profile of alice");
    assert_eq!(growing.pieces(), ["session", "session-1"]);
    assert_eq!(growing.house.me().await.as_deref(), Some("alice"));
    assert_eq!(growing.house.get("/name").await.text(), "Alice Liddell", "the claims are whole");

    growing.house.pass(3600);
    let page = growing.house.get("/profile").await;
    assert_eq!(set_cookies(&page, APP).len(), 2, "both are sent again, under one seal");
    assert_eq!(growing.house.me().await.as_deref(), Some("alice"));
}

/// V60
#[tokio::test]
async fn what_is_left_of_a_longer_session_is_deleted() {
    let mut growing = growing();
    growing.sign_in_with(3000).await;
    let page = growing.sign_in_with(10).await;
    let cookies = set_cookies(&page, APP);
    assert!(deletions(&cookies).iter().any(|name| name.ends_with("-session-1")), "{cookies:?}");
    assert_eq!(growing.pieces(), ["session"]);
    assert_eq!(growing.house.me().await.as_deref(), Some("alice"));

    growing.sign_in_with(3000).await;
    assert_eq!(growing.pieces(), ["session", "session-1"], "and it grows again");
    growing.house.send("/auth/logout", own_form()).await;
    assert_eq!(growing.pieces(), Vec::<String>::new(), "a logout takes all of them");
}

/// V60: a piece from before and a piece from after are no session, and harm nobody.
#[tokio::test]
async fn pieces_of_two_sessions_make_a_stranger() {
    let mut growing = growing();
    growing.sign_in_with(3000).await;
    let before: Vec<_> =
        growing.house.browser.cookies().filter(|cookie| cookie.name.contains("-session")).cloned().collect();
    growing.sign_in_with(3000).await;
    assert_eq!(growing.house.me().await.as_deref(), Some("alice"));
    for piece in &before {
        let mut mixed = growing.house.browser.clone();
        assert!(mixed.set_cookie(APP, &format!("{}={}; Path=/", piece.name, piece.value)));
        assert_eq!(mixed.fetch(&format!("{APP}/api/me")).await.status(), 401, "{}", piece.name);
        let page = mixed.get(&format!("{APP}/profile")).await;
        assert_eq!(page.text(), "profile of alice", "a new login puts it right");
        assert_eq!(mixed.fetch(&format!("{APP}/api/me")).await.status(), 200);
    }
}

/// V60: the count stands outside of the seal, and says nothing that the seal does not confirm.
#[tokio::test]
async fn a_changed_count_makes_a_stranger() {
    for (bytes, counts) in [(0, ["0", "2", "3", "x"]), (3000, ["0", "1", "3", "x"])] {
        let mut growing = growing();
        growing.sign_in_with(bytes).await;
        let first =
            growing.house.browser.cookies().find(|cookie| cookie.name.ends_with("-session")).expect("ours").clone();
        for count in counts {
            let value = format!("{count}{}", &first.value[1..]);
            growing.house.browser.set_cookie(APP, &format!("{}={value}; Path=/", first.name));
            assert_eq!(growing.house.me().await, None, "{bytes}: {count}");
        }
        growing.house.browser.set_cookie(APP, &format!("{}={}; Path=/", first.name, first.value));
        assert_eq!(growing.house.me().await.as_deref(), Some("alice"), "{bytes}");
    }
}

/// V60: an error at login that says how much, and never a loop.
#[tokio::test]
async fn a_session_over_the_budget_is_a_clear_error_at_login_and_never_a_loop() {
    let mut growing = growing();
    let (log, _listening) = Log::listen();
    let page = growing.sign_in_with(8000).await;
    assert_eq!((page.status().as_u16(), path_and_query(page.url()).as_str()), (500, "/auth/error"));
    assert!(page.text().contains("Your account holds more than this site can keep."), "{}", page.text());
    assert_eq!(growing.pieces(), Vec::<String>::new(), "no session, and no piece of one");
    assert_eq!(growing.house.me().await, None);

    let failures = log.failures();
    let [line] = failures.as_slice() else { panic!("one line: {failures:?}") };
    assert!(line.starts_with("ERROR vestibule::login") && line.contains("TooBig"), "{line}");
    let (_, rest) = line.split_once("the session needs ").expect(line);
    let (needed, rest) = rest.split_once(" bytes of cookies, and 7200 are the most: ").expect(line);
    let (claims, rest) = rest.split_once(" bytes of claims (the largest: ").expect(line);
    let (largest, _) = rest.split_once(')').expect(line);
    assert!(largest.starts_with("padding 8002, ") && largest.split(", ").count() == 3, "the three largest: {line}");
    let (needed, claims): (usize, usize) = (needed.parse().expect(line), claims.parse().expect(line));
    assert!(claims > 8000 && claims < 8400 && needed > claims && needed < 14_000, "{line}");
    assert!(!line.contains("ppp"), "how much, and not what");

    let asked = growing.house.provider.count("/token");
    let page = growing.house.get("/profile").await;
    assert_eq!((page.status().as_u16(), path_and_query(page.url()).as_str()), (500, "/auth/error"));
    assert!(page.hops().len() <= 4, "{:?}", page.hops());
    assert_eq!(growing.house.provider.count("/token"), asked + 1, "one round, one answer");

    growing.padding.store(0, Ordering::SeqCst);
    assert_eq!(growing.house.get("/profile").await.text(), "profile of alice", "and it ends with the cause");
}

/// The largest session that fits really fits: the browser keeps it.
#[tokio::test]
async fn every_size_up_to_the_budget_is_kept_by_the_browser() {
    let mut growing = growing();
    let (mut kept, mut refused) = (0, 0);
    for bytes in (3600..4800).step_by(40) {
        let page = growing.sign_in_with(bytes).await;
        if page.status() == 200 {
            assert_eq!(growing.house.me().await.as_deref(), Some("alice"), "{bytes}");
            assert_eq!(refused, 0, "{bytes}: there is one line between what fits and what does not");
            kept += 1;
        } else {
            assert_eq!(page.status(), 500, "{bytes}");
            refused += 1;
        }
    }
    assert!(kept > 0 && refused > 0, "the line was crossed: {kept} kept, {refused} refused");
}
