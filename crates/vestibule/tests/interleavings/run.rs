//! One interleaving: everybody begins, one at a time goes on, and in the end every cookie is tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::{JoinHandle, yield_now},
    time::advance,
};
use vestibule::{
    SessionStore,
    session_store::{Key, Sizes},
};

use crate::{
    bench::Mode,
    cast::{Cast, Role},
    scene::{Jar, Scene},
    schedule::Schedule,
    stage::{Answer, Stage},
    turns::{Choice, Event, Turns},
};

/// How an interleaving ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) mode: Mode,
    /// Whether there was a refresh before anybody began.
    pub(crate) was_refreshed: bool,
    /// What the application calls the session that was there at first.
    pub(crate) first_session: &'static str,
    pub(crate) decisions: Vec<usize>,
    pub(crate) story: Vec<Event>,
    pub(crate) answers: BTreeMap<Role, Answer>,
    pub(crate) sizes: Sizes,
    pub(crate) listed: Listed,
    /// What every cookie opens that was ever set, and those of the beginning.
    pub(crate) probes: Vec<Probe>,
    /// What the browser's cookies open two minutes later.
    pub(crate) at_last: Probe,
    /// Whether looking at it made a token request.
    pub(crate) asked_later: bool,
}

/// What the cookies of somebody open.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Whose; nobody's are those of the beginning.
    pub(crate) of: Option<Role>,
    /// What the application calls the session that is found, if one is.
    pub(crate) session: Option<String>,
    pub(crate) token: (u16, String),
}

/// The sessions in a store, by what leads to them.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) by_key: BTreeSet<Key>,
    pub(crate) by_subject: BTreeSet<Key>,
    pub(crate) by_sid: BTreeSet<Key>,
}

/// What no interleaving takes.
const MOST_STEPS: usize = 1000;
/// As long as whoever waits for a lease sleeps, and a little more.
const TICK: Duration = Duration::from_millis(51);
/// The lane of the time itself.
const TIME: usize = usize::MAX;
/// By then nothing is kept any more for those who are on their way.
const LATER: i64 = 125;

pub(crate) async fn run(cast: &Cast, scene: &'static Scene, schedule: &mut dyn Schedule) -> Ending {
    let turns = if cast.both_ways { Turns::both_ways() } else { Turns::default() };
    let stage = Arc::new(Stage::set(scene, cast, turns.clone()).await);
    turns.close();
    let mut players = Players::new(&stage, cast.roles);
    let (mut decisions, mut ticks) = (Vec::new(), cast.ticks);
    for step in 0.. {
        assert!(step < MOST_STEPS, "they go round in circles: {:?}", turns.story());
        players.settle().await;
        let waiting = turns.waiting();
        let is_asleep = turns.has_sleepers(&players.busy_machines());
        let mut choices = waiting.clone();
        if is_asleep && (ticks > 0 || waiting.is_empty()) {
            choices.push(Choice { lane: TIME, act: None });
        }
        let chosen = match choices.len() {
            0 => break,
            1 => 0,
            _ => {
                let chosen = schedule.choose(&choices);
                decisions.push(chosen);
                chosen
            }
        };
        if chosen < waiting.len() {
            turns.let_on(chosen);
        } else {
            ticks = ticks.saturating_sub(1);
            turns.tell(Event::Ticked);
            advance(TICK).await;
        }
    }
    turns.open();
    let answers = players.answers().await;
    look(&stage, answers, decisions).await
}

struct Players {
    stage: Arc<Stage>,
    to_come: Vec<Role>,
    playing: Vec<(Role, JoinHandle<Answer>)>,
    answered: BTreeMap<Role, Answer>,
}

impl Players {
    fn new(stage: &Arc<Stage>, roles: &[Role]) -> Self {
        let (to_come, answered) = (roles.to_vec(), BTreeMap::new());
        Self { stage: Arc::clone(stage), to_come, playing: Vec::new(), answered }
    }

    /// Lets those begin who may, until everybody waits for something.
    async fn settle(&mut self) {
        while {
            self.enter();
            quiet(&self.stage.turns).await;
            self.take_answers().await
        } {}
    }

    fn enter(&mut self) {
        let answered = self.answered.iter().map(|(role, answer)| (*role, answer.jar.clone())).collect();
        let (entering, to_come): (Vec<_>, _) = self.to_come.iter().partition(|role| role.may_enter(&answered));
        self.to_come = to_come;
        for role in entering {
            let jar = match role {
                _ if !role.has_session() => Jar::new(),
                Role::Follower => answered[&Role::Refresh].clone(),
                Role::RefreshToo => self.stage.scene.session.clone(),
                _ => self.stage.jar.clone(),
            };
            self.playing.push((role, tokio::spawn(Arc::clone(&self.stage).play(role, jar))));
        }
    }

    /// Says whether there were any.
    async fn take_answers(&mut self) -> bool {
        let (done, playing): (Vec<_>, _) =
            std::mem::take(&mut self.playing).into_iter().partition(|(_, playing)| playing.is_finished());
        self.playing = playing;
        let has_news = !done.is_empty();
        for (role, answer) in done {
            self.answered.insert(role, answer.await.expect("no panic"));
        }
        has_news
    }

    /// The machines with somebody who has no answer yet.
    fn busy_machines(&self) -> Vec<usize> {
        self.playing.iter().map(|(role, _)| role.machine()).collect()
    }

    async fn answers(mut self) -> BTreeMap<Role, Answer> {
        self.take_answers().await;
        let waiting: Vec<_> = self.playing.iter().map(|(role, _)| role).collect();
        assert!(waiting.is_empty(), "{waiting:?} wait for ever: {:?}", self.stage.turns.story());
        self.answered
    }
}

/// Until everybody waits for something.
async fn quiet(turns: &Turns) {
    loop {
        let before = turns.stirred();
        yield_now().await;
        yield_now().await;
        if turns.stirred() == before {
            return;
        }
    }
}

/// What is left when everybody is done.
async fn look(stage: &Stage, answers: BTreeMap<Role, Answer>, decisions: Vec<usize>) -> Ending {
    let (story, sizes) = (stage.turns.story(), stage.store.sizes());
    let listed = Listed::of(stage).await;
    let mut jars = vec![(None, stage.scene.session.clone())];
    if stage.jar != stage.scene.session {
        jars.push((None, stage.jar.clone()));
    }
    for (role, answer) in answers.iter().filter(|(_, answer)| answer.has_session()) {
        if !jars.iter().any(|(_, jar)| *jar == answer.jar) {
            jars.push((Some(*role), answer.jar.clone()));
        }
    }
    let mut probes = Vec::new();
    for (of, jar) in &jars {
        probes.push(Probe::of(stage, *of, jar).await);
    }
    stage.clock.advance(LATER);
    let at_last = Probe::of(stage, None, &in_the_end(stage, &story, &answers)).await;
    let asked_later = stage.turns.story()[story.len()..].iter().any(|event| matches!(event, Event::Presented(_)));
    let (mode, was_refreshed, first_session) = (stage.scene.mode, stage.was_refreshed, stage.scene.session_id.as_str());
    Ending {
        mode,
        was_refreshed,
        first_session,
        decisions,
        story,
        answers,
        sizes,
        listed,
        probes,
        at_last,
        asked_later,
    }
}

/// The cookies of the browser in the end: each answer's, in the order in which they came.
fn in_the_end(stage: &Stage, story: &[Event], answers: &BTreeMap<Role, Answer>) -> Jar {
    let mut jar = stage.jar.clone();
    for event in story {
        let Event::Answered(role) = event else { continue };
        let is_old = |name, value| [&stage.jar, &stage.scene.session].iter().any(|jar| jar.get(name) == Some(value));
        let set = answers[role].jar.iter().filter(|(name, value)| !is_old(*name, *value));
        jar.extend(set.map(|(name, value)| (name.clone(), value.clone())));
    }
    jar
}

impl Answer {
    fn has_session(&self) -> bool {
        self.jar.keys().any(|name| name.ends_with("-session"))
    }
}

impl Probe {
    async fn of(stage: &Stage, of: Option<Role>, jar: &Jar) -> Self {
        let (me, token) = (stage.ask("/api/me", jar).await, stage.ask("/token", jar).await);
        Self { of, session: (me.status == 200).then_some(me.body), token: (token.status, token.body) }
    }
}

impl Listed {
    async fn of(stage: &Stage) -> Self {
        let now = stage.now();
        let mut made: Vec<_> = stage.scene.record.iter().cloned().collect();
        for machine in &stage.machines {
            made.extend(machine.stepping.inserted.lock().expect("no panic").iter().cloned());
        }
        let mut listed = Self::default();
        for (key, session) in made {
            if stage.store.load(key, now).await.expect("in memory").is_some() {
                listed.by_key.insert(key);
            }
            let of_subject = stage.store.list(session.subject, now).await.expect("in memory");
            listed.by_subject.extend(of_subject.into_iter().map(|(key, _)| key));
            if let Some(sid) = session.sid {
                let of_sid = stage.store.list(sid, now).await.expect("in memory");
                listed.by_sid.extend(of_sid.into_iter().map(|(key, _)| key));
            }
        }
        listed
    }
}
