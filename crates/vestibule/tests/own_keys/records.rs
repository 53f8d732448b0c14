//! Request objects and keys of our own that are not what they should be (V68).

use std::sync::Arc;

use vestibule::{Client, OwnKeys, RequestObjects, SignatureAlgorithm::Es256, session_store::Key};
use vestibule_provider::RegisteredClient;

use crate::{
    bench::{JWKS, corp, op, run},
    house::{APP, House, TestClock, everywhere::Everywhere, log::Log},
};

const SECRET: &str = "a secret that is long enough for an HMAC";

/// One login after the other is begun: our keys, and the two objects by which they ask, with the paths where these are found.
async fn begun(store: &Arc<Everywhere>) -> (House, Key, [Key; 2], [String; 2]) {
    let registered = RegisteredClient::confidential("my-app", SECRET).request_object_signing_alg(Es256);
    let op = op(registered.jwks_uri(format!("{APP}{JWKS}")).redirect_uri(format!("{APP}/auth/callback/corp")));
    let client = Client::confidential("my-app", SECRET).request_object_signing_alg(Es256);
    let corp = corp(client).request_objects(RequestObjects::ByReference).keys(OwnKeys::made());
    let house = run(&op, &TestClock::new(), corp, |builder| builder.sessions(Arc::clone(store))).1;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let page = house.another_browser().get_without_redirects(&format!("{APP}/profile")).await;
        let url = url::Url::parse(page.header("location").expect("the way to the provider")).expect("a URL");
        let uri = url.query_pairs().find(|(name, _)| name == "request_uri").expect("by reference").1.into_owned();
        paths.push(uri.strip_prefix(APP).expect("ours").to_owned());
    }
    let [keys, one, other] = store.kept_keys().try_into().expect("keys, and two objects");
    (house, keys, [one, other], paths.try_into().expect("two"))
}

#[tokio::test]
async fn what_is_kept_is_nothing_in_another_place_or_cut_or_changed() {
    let store = Everywhere::new();
    let (mut house, keys, [one, other], [path, _]) = begun(&store).await;
    let now = vestibule::Clock::now(&house.clock);
    assert_eq!(house.get(&path).await.status(), 200);
    let (object, another) = (store.value(one, now).await, store.value(other, now).await);
    let (log, _listening) = Log::listen();
    let cut = (0..object.len()).step_by(7).map(|length| object[..length].to_vec());
    let garbage = [another.clone(), Vec::new(), vec![0xa5; 1 << 20], store.value(keys, now).await];
    for record in garbage.into_iter().chain(cut) {
        store.put_kept(one, record, now).await;
        assert_eq!(house.get(&path).await.status(), 404);
    }
    assert_eq!(log.lines().iter().filter(|line| line.contains("keep the previous one")).count(), 1);
    store.put_kept(one, object, now).await;
    assert_eq!(house.get(&path).await.status(), 200);
    let published = house.get(JWKS).await.text().to_owned();
    store.put_kept(keys, another, now).await;
    // Within a second what was published is published again.
    house.pass(1);
    assert_ne!(house.get(JWKS).await.text(), published, "they are made anew");
}

/// The keys of another application with the same secret key, and of one that has another.
#[tokio::test]
async fn keys_in_the_place_of_others_are_none() {
    let (ours, theirs) = (Everywhere::new(), Everywhere::new());
    let (mut house, keys, ..) = begun(&ours).await;
    let corp = corp(crate::bench::by_key()).keys(OwnKeys::made());
    let neighbour = vestibule::Vestibule::builder("http://localhost:3100")
        .secret_key(vestibule::SecretKey::from_bytes([7; 32]))
        .http_client(house.provider.clone())
        .clock(house.clock.clone())
        .provider("corp", corp)
        .sessions(Arc::clone(&theirs));
    let neighbour = neighbour.build().expect("the settings hold together");
    let mut neighbour = House::around(house.provider.clone(), house.clock.clone(), &neighbour);
    assert_eq!(neighbour.get(JWKS).await.status(), 200);
    let now = vestibule::Clock::now(&house.clock);
    let [foreign] = theirs.kept_keys().try_into().expect("keys");
    let (before, record) = (ours.value(keys, now).await, theirs.value(foreign, now).await);
    let published = house.get(JWKS).await.text().to_owned();
    ours.put_kept(keys, record, now).await;
    house.pass(1);
    assert_ne!(house.get(JWKS).await.text(), published);
    ours.put_kept(keys, before, now).await;
    house.pass(1);
    assert_eq!(house.get(JWKS).await.text(), published);
}
