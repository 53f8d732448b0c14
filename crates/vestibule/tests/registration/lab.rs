//! A provider that lets clients register themselves, runs of a program there, and a store that they share.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use vestibule::{
    Builder, ClientMetadata, Provider, RegistrationStore, SecretKey, SignatureAlgorithm, StoreError, Vestibule,
    store::Answer,
};
use vestibule_provider::{DevelopmentProvider, User};

use crate::house::{APP, House, ISSUER, TestClock};

/// Keys and sealed values, the newest last.
type Kept = Vec<(String, Vec<u8>)>;

/// A store in memory that two runs of a program can share, and that can be made to fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    kept: Arc<Mutex<Kept>>,
    pub(crate) broken: Arc<AtomicUsize>,
}

impl RegistrationStore for Shelf {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let found = self
            .kept
            .lock()
            .expect("no panic")
            .iter()
            .rev()
            .find(|(kept, _)| kept == key)
            .map(|(_, value)| value.clone());
        let broken = self.broken.load(Ordering::SeqCst) > 0;
        Answer::ready(if broken { Err(StoreError::transient("on purpose")) } else { Ok(found) })
    }

    fn save<'a>(&'a self, key: &'a str, sealed: Vec<u8>) -> Answer<'a, ()> {
        self.kept.lock().expect("no panic").push((key.to_owned(), sealed));
        Answer::ready(Ok(()))
    }
}

pub(crate) fn op() -> DevelopmentProvider {
    DevelopmentProvider::new(ISSUER).expect("an issuer").user(User::new("alice").claim("name", "Alice"))
}

pub(crate) fn asked() -> ClientMetadata {
    ClientMetadata::new("Photo Album")
        .contact("ops@example.com")
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

pub(crate) fn lab(asked: ClientMetadata) -> Provider {
    Provider::discovered(ISSUER, asked).expect("an issuer").scope("openid profile")
}

/// One run of a program with this provider and these settings.
pub(crate) fn run_of(op: &DevelopmentProvider, lab: Provider, settings: impl FnOnce(Builder) -> Builder) -> House {
    let clock = TestClock::new();
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).provider("lab", lab);
    let vestibule =
        settings(builder.http_client(op.clone()).clock(clock.clone())).build().expect("the settings hold together");
    House::around(op.clone(), clock, &vestibule)
}

pub(crate) fn run(op: &DevelopmentProvider) -> House {
    run_of(op, lab(asked()), |builder| builder)
}

pub(crate) async fn signs_in(house: &mut House) -> bool {
    let page = house.sign_in("/profile", "alice").await;
    (page.status().as_u16(), page.text()) == (200, "profile of alice")
}
