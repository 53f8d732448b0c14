//! Records of a store that are not what they should be: nobody is signed in by them, and each is said once (V68).

use std::sync::Arc;

use vestibule::{NumericDate, SecretKey, SessionPolicy, SessionStore, session_store::Key};

use crate::house::{House, everywhere::Everywhere, log::Log};

/// Alice is signed in here; Bob in another browser.
struct Two {
    house: House,
    store: Arc<Everywhere>,
    alice: Key,
    bob: Key,
}

async fn two() -> Two {
    let store = Everywhere::new();
    let mut house = House::with(|builder| builder.sessions(Arc::clone(&store)));
    let mut other = house.another_browser();
    house.sign_in("/profile", "alice").await;
    let page = other.get(&format!("{}/profile", crate::house::APP)).await;
    other.sign_in_as(&page, "bob").await;
    let [alice, bob] = store.session_keys().try_into().expect("two sessions");
    Two { house, store, alice, bob }
}

impl Two {
    fn now(&self) -> NumericDate {
        vestibule::Clock::now(&self.house.clock)
    }

    async fn value(&self, key: Key) -> Vec<u8> {
        self.store.inner.load(key, self.now()).await.expect("in memory").expect("a session").value
    }

    /// Who is signed in by Alice's cookie once this is her record.
    async fn with(&mut self, record: Vec<u8>) -> Option<String> {
        self.store.put_session(self.alice, record, self.now()).await;
        self.house.me().await
    }
}

/// The seal's context has the key.
#[tokio::test]
async fn a_session_in_the_place_of_another_is_nobodys() {
    let mut two = two().await;
    let (hers, his) = (two.value(two.alice).await, two.value(two.bob).await);
    let (log, _listening) = Log::listen();
    for _ in 0..3 {
        assert_eq!(two.with(his.clone()).await, None);
    }
    let said: Vec<_> = log.lines().into_iter().filter(|line| line.starts_with("WARN vestibule::session")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("keep the previous one"), "{said:?}");
    assert_eq!(two.with(hers).await.as_deref(), Some("alice"), "and as it was it opens");
}

#[tokio::test]
async fn a_record_that_was_changed_or_cut_signs_nobody_in() {
    let mut two = two().await;
    let hers = two.value(two.alice).await;
    for length in 0..hers.len() {
        assert_eq!(two.with(hers[..length].to_vec()).await, None, "{length} bytes");
    }
    for bit in 0..hers.len() * 8 {
        let mut changed = hers.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(two.with(changed).await, None, "bit {bit}");
    }
    assert_eq!(two.with(vec![0xa5; 1 << 20]).await, None);
    assert_eq!(two.with([hers.clone(), vec![0]].concat()).await, None);
    assert_eq!(two.with(hers).await.as_deref(), Some("alice"));
}

/// Sealed by a key that is not known here: as good as none, and said.
#[tokio::test]
async fn a_record_of_another_secret_key_signs_nobody_in() {
    let two = two().await;
    let store = Arc::clone(&two.store);
    let elsewhere = House::with(|builder| builder.secret_key(SecretKey::from_bytes([8; 32])).sessions(store));
    let hers = two.value(two.alice).await;
    let mut two = two;
    let mut foreign = elsewhere;
    foreign.sign_in("/profile", "alice").await;
    let key = *two.store.session_keys().last().expect("a session");
    let theirs = two.value(key).await;
    assert_eq!(two.with(theirs).await, None);
    assert_eq!(two.with(hers).await.as_deref(), Some("alice"));
}

/// Who can write the plain columns makes no session live longer than its sealed end.
#[tokio::test]
async fn plain_dates_do_not_make_a_session_live_longer_than_it_may() {
    let store = Everywhere::new();
    let policy = SessionPolicy::lifetime(std::time::Duration::from_secs(3600));
    let mut house = House::with(|builder| builder.sessions(Arc::clone(&store)).session(policy));
    house.sign_in("/profile", "alice").await;
    let key = store.session_keys()[0];
    let now = vestibule::Clock::now(&house.clock);
    assert!(store.inner.touch(key, now, now.plus(1_000_000), now).await.expect("in memory"));
    house.pass(3599);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    let then = now.plus(3599);
    assert!(store.inner.touch(key, then.plus(1_000), then.plus(1_000_000), then).await.expect("in memory"));
    assert_eq!(house.me().await, None, "seen after its end: it is over");
    house.pass(1);
    assert_eq!(house.me().await, None);
    let now = vestibule::Clock::now(&house.clock);
    assert!(store.inner.load(key, now).await.expect("in memory").is_some(), "though the store has it");
}
