//! What is remembered of a registration, and what becomes of it over restarts.

use std::sync::atomic::Ordering;

use vestibule::FileRegistrationStore;

use crate::{
    house::APP,
    lab::{Shelf, asked, lab, op, run, run_of, signs_in},
};

#[tokio::test]
async fn a_restart_does_not_register_again_but_a_changed_redirect_uri_does() {
    let (op, shelf) = (op(), Shelf::default());
    let with_shelf = |provider| run_of(&op, provider, |builder| builder.registrations(shelf.clone()));
    assert!(signs_in(&mut with_shelf(lab(asked()))).await);
    assert!(signs_in(&mut with_shelf(lab(asked()))).await);
    assert_eq!(op.count("/register"), 1);
    assert!(signs_in(&mut with_shelf(lab(asked()).redirect_path("/redirect_uri"))).await);
    assert_eq!(op.count("/register"), 2, "another redirect URI");
    assert!(signs_in(&mut with_shelf(lab(asked()))).await);
    assert_eq!(op.count("/register"), 2, "the first is still remembered");
}

#[tokio::test]
async fn without_a_store_every_start_registers_and_nobody_is_signed_out() {
    let op = op();
    let mut house = run(&op);
    assert!(signs_in(&mut house).await);
    let restarted = run(&op);
    house.browser.site(APP, restarted.app.clone());
    assert_eq!(house.me().await.as_deref(), Some("alice"), "the session outlives the registration");
    assert_eq!(op.count("/register"), 1, "and needs none");
}

/// R102
#[tokio::test]
async fn what_is_remembered_is_sealed() {
    let (op, directory) = (op(), std::env::temp_dir().join(format!("vestibule-registrations-{}", std::process::id())));
    let store = || FileRegistrationStore::new(&directory).expect("a directory");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    let files: Vec<_> =
        std::fs::read_dir(&directory).expect("readable").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files.len(), 1);
    let kept = std::fs::read_to_string(&files[0]).expect("text");
    assert!(!kept.contains("client") && !kept.contains('{'), "{kept}");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    assert_eq!(op.count("/register"), 1);

    // A file that was tampered with is as good as none.
    std::fs::write(&files[0], "tampered").expect("writable");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    assert_eq!(op.count("/register"), 2);
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_store_that_cannot_say_is_not_a_store_that_has_none() {
    let (op, shelf) = (op(), Shelf::default());
    let mut house = run_of(&op, lab(asked()), |builder| builder.registrations(shelf.clone()));
    shelf.broken.store(1, Ordering::SeqCst);
    let page = house.get("/profile").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"));
    assert_eq!(op.count("/register"), 0);
    shelf.broken.store(0, Ordering::SeqCst);
    assert!(signs_in(&mut house).await);
}
