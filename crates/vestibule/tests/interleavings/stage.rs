//! A scene set up for one interleaving: a fresh store that holds what was recorded, and machines that share it.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::get};
use http::Request;
use tower::ServiceExt;
use vestibule::{AccessToken, Clock, EndUser, MemoryStore, NumericDate, SessionStore, TokenError, Vestibule};

use crate::{
    bench::STALE_AFTER,
    cast::{Before, Cast, Role},
    house::TestClock,
    playback::{Grant, Playback},
    scene::{Jar, Scene, after, alice, cookie_header, issuer},
    stepping::Stepping,
    turns::{Act, Event, Turns},
};

pub(crate) struct Stage {
    pub(crate) scene: &'static Scene,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) turns: Turns,
    pub(crate) machines: Vec<Machine>,
    pub(crate) clock: TestClock,
    /// The cookies of the browser that is signed in.
    pub(crate) jar: Jar,
    pub(crate) was_refreshed: bool,
}

pub(crate) struct Machine {
    vestibule: Vestibule,
    app: Router,
    pub(crate) stepping: Stepping,
}

/// What somebody got.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) body: String,
    /// Their cookies since.
    pub(crate) jar: Jar,
}

impl Stage {
    /// Everything that can be asked beforehand was.
    pub(crate) async fn set(scene: &'static Scene, cast: &Cast, turns: Turns) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), scene.clock());
        if let Some((key, session)) = &scene.record {
            let inserted = store.insert(*key, session.clone(), clock.now()).await;
            assert!(inserted.is_ok());
        }
        let refuses_codes = cast.roles.contains(&Role::CheckInVain);
        let grant = Arc::new(Mutex::new(Grant::new(&scene.first_refresh_token, refuses_codes)));
        let mut machines = Vec::new();
        for machine in 0..cast.machines {
            let (answers, grant) = (Arc::clone(&scene.answers), Arc::clone(&grant));
            let playback = Playback { answers, grant, turns: turns.clone(), machine };
            let stepping = Stepping::new(Arc::clone(&store), turns.clone(), machine);
            let shared: Arc<dyn SessionStore> = Arc::new(stepping.clone());
            let vestibule =
                scene.machine(&clock, shared).http_client(playback).build().expect("the settings hold together");
            vestibule.ready().await.expect("the keys were recorded");
            machines.push(Machine { app: application(&vestibule, &turns, machine), vestibule, stepping });
        }
        let was_refreshed = cast.before != Before::Nothing;
        let mut stage = Self { scene, store, turns, machines, clock, jar: scene.session.clone(), was_refreshed };
        if was_refreshed {
            stage.jar = stage.ask("/token", &stage.jar).await.jar;
            stage.turns.forget();
        }
        if cast.before == Before::RefreshedLongAgo {
            stage.clock.advance(STALE_AFTER);
        }
        stage
    }

    pub(crate) fn now(&self) -> NumericDate {
        self.clock.now()
    }

    /// In a browser that has these cookies when it begins.
    pub(crate) async fn play(self: Arc<Self>, role: Role, mut jar: Jar) -> Answer {
        let here = &self.machines[role.machine()];
        let answer = match role {
            Role::Visit | Role::Latecomer => send(here, "GET", "/api/me", &jar).await,
            Role::SlowVisit | Role::SlowVisitElsewhere => send(here, "GET", "/slow", &jar).await,
            Role::Refresh | Role::RefreshToo | Role::RefreshElsewhere | Role::Follower | Role::TakeToken => {
                send(here, "GET", "/token", &jar).await
            }
            Role::Renew => send(here, "GET", "/new", &jar).await,
            Role::LogOut => send(here, "POST", "/auth/logout", &jar).await,
            Role::LogIn | Role::LogInElsewhere | Role::CheckInVain => {
                jar.extend(self.scene.attempt.clone());
                send(here, "GET", &self.scene.callback, &jar).await
            }
            Role::LogOutEverywhere => {
                let done = here.vestibule.log_out_everywhere((&issuer(), &alice())).await;
                let status = if done.is_ok() { 200 } else { 503 };
                Answer { status, location: String::new(), body: String::new(), jar }
            }
        };
        self.turns.tell(Event::Answered(role));
        answer
    }

    /// What a page shows to whoever has these cookies; on the last machine, which need not be the one that ended something.
    pub(crate) async fn ask(&self, path: &str, jar: &Jar) -> Answer {
        send(self.machines.last().expect("a machine"), "GET", path, jar).await
    }
}

fn application(vestibule: &Vestibule, turns: &Turns, machine: usize) -> Router {
    let (turns, work) = (turns.clone(), Act { machine, what: "work", on: None });
    let slow = async move |user: EndUser| {
        turns.pass(work).await;
        user.subject().to_string()
    };
    let router = Router::new()
        .route("/api/me", get(async |user: EndUser| user.session_id().to_string()))
        .route("/slow", get(slow))
        .route("/token", get(async |token: AccessToken| token.secret().expose().clone()))
        .route("/new", get(new_token));
    vestibule.wrap(router)
}

async fn new_token(token: AccessToken) -> Result<String, TokenError> {
    Ok(token.refresh().await?.secret().expose().clone())
}

async fn send(machine: &Machine, method: &str, path: &str, jar: &Jar) -> Answer {
    let request = Request::builder().method(method).uri(path).header("cookie", cookie_header(jar));
    let request = request.body(Body::empty()).expect("a request");
    let response = machine.app.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.expect("a body in memory");
    let location = parts.headers.get("location").map(|value| value.to_str().expect("text").to_owned());
    Answer {
        status: parts.status.as_u16(),
        location: location.unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
        jar: after(jar, &parts.headers),
    }
}
