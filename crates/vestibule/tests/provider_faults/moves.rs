//! A provider that changes its keys, or its addresses: no fault, if it is well done.

use std::sync::Arc;

use axum::body::Body;
use http::Request;

use crate::{
    grid::{Endpoint, Phase},
    house::APP,
    scene::{Scene, Seen},
    servers::Servers,
    stopwatch::Stopwatch,
};

/// When the provider changes something.
#[derive(Clone, Copy, Debug)]
enum Move {
    BeforeLogin,
    BetweenAuthorizeAndToken,
    BetweenTokenAndKeys,
    BeforeRefresh,
    BeforeLogoutToken,
    OtherHost,
}

impl Move {
    const ALL: [Self; 6] = [
        Self::BeforeLogin,
        Self::BetweenAuthorizeAndToken,
        Self::BetweenTokenAndKeys,
        Self::BeforeRefresh,
        Self::BeforeLogoutToken,
        Self::OtherHost,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::BeforeLogin => "new keys before a login",
            Self::BetweenAuthorizeAndToken => "new keys between the provider's page and the token request",
            Self::BetweenTokenAndKeys => "new keys between the token and the key set, the old ones gone at once",
            Self::BeforeRefresh => "new keys before a refresh",
            Self::BeforeLogoutToken => "new keys before a logout token",
            Self::OtherHost => "metadata that names another host",
        }
    }

    const fn endpoint(self) -> Endpoint {
        match self {
            Self::BeforeRefresh => Endpoint::Refresh,
            Self::OtherHost => Endpoint::Discovery,
            _ => Endpoint::Keys,
        }
    }
}

pub(crate) async fn table() -> String {
    let stopwatch = Stopwatch::default();
    let servers = Arc::new(Servers::start(&stopwatch).await);
    let mut table = "| what changes | at start | in between | long after |\n|---|---|---|---|\n".to_owned();
    for change in Move::ALL {
        table.push_str(&format!("| {} |", change.name()));
        for phase in Phase::ALL {
            let mut scene = Scene::set(change.endpoint(), phase, &servers, &stopwatch).await;
            let seen = happen(change, &mut scene).await;
            let is_lost = !matches!(change, Move::BeforeLogoutToken) && !scene.is_session_there().await;
            assert!(!is_lost, "{change:?}, {phase:?}");
            table.push_str(&format!(" {}; stays{} |", seen.text, afterwards(change, &seen, &mut scene).await));
        }
        table.push('\n');
    }
    table
}

async fn happen(change: Move, scene: &mut Scene) -> Seen {
    match change {
        Move::BeforeLogin => {
            scene.house.provider.rotate_keys();
            scene.alice_signs_in().await
        }
        Move::BetweenAuthorizeAndToken => {
            let callback = scene.house.callback_url("/api/me").await;
            scene.house.provider.rotate_keys();
            Seen::of(&scene.house.browser.get(&callback).await, "alice")
        }
        Move::BetweenTokenAndKeys => {
            let callback = scene.house.callback_url("/api/me").await;
            let (hold, op) = (scene.house.provider.hold_answers("/token"), scene.house.provider.clone());
            let rotates = async move {
                hold.until_waiting(1).await;
                op.rotate_keys();
                hold.release();
            };
            let (page, ()) = tokio::join!(scene.house.browser.get(&callback), rotates);
            Seen::of(&page, "alice")
        }
        Move::BeforeRefresh => {
            scene.house.provider.rotate_keys();
            scene.bob_wants_a_token().await
        }
        Move::BeforeLogoutToken => {
            scene.house.provider.rotate_keys();
            told_of_the_end(scene).await
        }
        Move::OtherHost => {
            scene.moves();
            scene.alice_signs_in().await
        }
    }
}

/// The provider ends a session of Bob's that is none of this browser's.
async fn told_of_the_end(scene: &mut Scene) -> Seen {
    let token = scene.house.provider.logout_token("my-app").sid("another-session").sign();
    let request = Request::post(format!("{APP}/auth/backchannel_logout/corp"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("logout_token={token}")));
    let page = scene.house.another_browser().request(request.expect("a request")).await;
    let is_good = page.status() == 200;
    Seen::plain(format!("{} to the provider", page.status().as_u16()), is_good)
}

/// When it is well, if it is not.
async fn afterwards(change: Move, seen: &Seen, scene: &mut Scene) -> String {
    if seen.is_good {
        return String::new();
    }
    scene.is_mended();
    for (passed, seconds) in [(0, 0), (0, 1), (1, 30), (30, 60)] {
        scene.pass(seconds - passed).await;
        let again = match change {
            Move::BeforeRefresh => scene.bob_wants_a_token().await,
            Move::BeforeLogoutToken => told_of_the_end(scene).await,
            _ => scene.alice_signs_in().await,
        };
        if again.is_good {
            return if seconds == 0 { "; well at once".to_owned() } else { format!("; well after {seconds} s") };
        }
    }
    scene.restart();
    assert!(scene.alice_signs_in().await.is_good, "{change:?}: {seen:?}, and it does not recover");
    "; well after a restart".to_owned()
}
