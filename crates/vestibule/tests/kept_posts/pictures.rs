//! A form with a file, as an application reads it: part by part, by axum's `Multipart`.

use std::sync::{Arc, Mutex, atomic::AtomicUsize};

use axum::{Router, body::Bytes, extract::Multipart, routing::get};
use vestibule::{KeptPosts, MemoryStore};

use crate::{
    bench::{MODES, Mode, NIGHT, binary, multipart},
    house::{
        self, APP, House, TestClock,
        paper::{link, own_form},
    },
};

/// A part of a form, as the handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: Option<String>,
    file_name: Option<String>,
    content_type: Option<String>,
    bytes: Bytes,
}

type Parts = Arc<Mutex<Vec<Vec<Part>>>>;

/// An application to which people send pictures.
fn house(mode: Mode, seen: &Parts) -> House {
    let (op, clock) = (house::provider(), TestClock::new());
    let builder = match mode {
        Mode::Cookies => house::builder(&op, &clock).marks(MemoryStore::new()),
        Mode::Store => house::builder(&op, &clock).sessions(MemoryStore::new()),
    };
    let vestibule = builder.build().expect("the settings hold together");
    let seen = Arc::clone(seen);
    let take = async move |mut form: Multipart| {
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.expect("a form") {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (name, file_name, content_type) =
                (text(field.name()), text(field.file_name()), text(field.content_type()));
            parts.push(Part { name, file_name, content_type, bytes: field.bytes().await.expect("the whole part") });
        }
        seen.lock().expect("no panic").push(parts);
        "hung on the wall"
    };
    let routes = Router::new()
        .route("/pictures", get(async || "the page with the form").post(take))
        .route_layer(vestibule.require_login().keep_posts(KeptPosts::default()));
    House::around_app(op, clock, vestibule.wrap(routes), Arc::new(AtomicUsize::new(0)))
}

async fn sent(house: &mut House, content_type: &str, body: Vec<u8>) -> vestibule_provider::Page {
    let request = own_form().uri(format!("{APP}/pictures")).header("content-type", content_type);
    house.browser.request(request.body(body.into()).expect("a request")).await
}

#[tokio::test]
async fn a_handler_sees_the_parts_of_a_form_that_was_kept_as_those_of_one_that_was_not() {
    let picture = binary(40_000);
    let (content_type, body) = multipart(&picture);
    for mode in MODES {
        let seen = Parts::default();
        let mut house = house(mode, &seen);
        assert_eq!(house.sign_in("/pictures", "alice").await.text(), "the page with the form");
        assert_eq!(sent(&mut house, &content_type, body.clone()).await.text(), "hung on the wall", "{mode:?}: at once");

        house.pass(NIGHT);
        let kept = sent(&mut house, &content_type, body.clone()).await;
        assert_eq!(kept.status(), 401, "{mode:?}: {}", kept.text());
        assert_eq!(seen.lock().expect("no panic").len(), 1, "{mode:?}: it is kept, and no handler runs");
        let asking = house.browser.follow_link(&kept, &link(&kept, "Sign in")).await;
        let asking = match asking.url().path() {
            "/authorize" => house.browser.sign_in_as(&asking, "alice").await,
            _ => asking,
        };
        assert_eq!(house.browser.submit(&asking, "0", &[]).await.text(), "hung on the wall", "{mode:?}: resumed");

        let seen = seen.lock().expect("no panic").clone();
        let [at_once, resumed] = seen.as_slice() else { panic!("{mode:?}: {} forms", seen.len()) };
        assert_eq!(at_once, resumed, "{mode:?}");
        let text = |text: &str| Some(text.to_owned());
        let title =
            Part { name: text("title"), file_name: None, content_type: None, bytes: "Zo\u{eb}'s picture".into() };
        let (file_name, jpeg) = (text("cat.jpg"), text("image/jpeg"));
        let file = Part { name: text("file"), file_name, content_type: jpeg, bytes: picture.clone().into() };
        assert_eq!(resumed, &[title, file], "{mode:?}");
    }
}
