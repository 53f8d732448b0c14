//! Many interleavings of one cast, each judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Instant,
};

use tokio::runtime::{Builder, Runtime};

use crate::{
    bench::Mode,
    cast::{Cast, Role},
    invariants,
    run::{Ending, run},
    scene::Scene,
    schedule::{DepthFirst, Sample, Schedule},
};

/// How many interleavings of one cast are explored at most, unless the variable says otherwise.
const USUALLY: usize = 230;
const VARIABLE: &str = "VESTIBULE_INTERLEAVINGS";

/// What came of exploring a cast.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    pub(crate) interleavings: usize,
    /// Whether there are no others.
    pub(crate) are_all: bool,
    /// How often each role got each status.
    pub(crate) outcomes: BTreeMap<(Role, u16), usize>,
    /// The decisions that led to each, so that they are counted once.
    seen: BTreeSet<Vec<usize>>,
}

impl Explored {
    pub(crate) fn has(&self, role: Role, status: u16) -> bool {
        self.outcomes.contains_key(&(role, status))
    }
}

/// Every interleaving, or as many as there may be; where these are not all, as many again at random.
pub(crate) fn explore(cast: &Cast, mode: Mode) -> Explored {
    let mut explorer = Explorer::new(cast, mode);
    explorer.depth_first(at_most());
    if !explorer.explored.are_all {
        explorer.at_random(at_most());
    }
    explorer.report()
}

/// Interleavings at random, where there are too many to begin at one end.
pub(crate) fn sample(cast: &Cast, mode: Mode) -> Explored {
    let mut explorer = Explorer::new(cast, mode);
    explorer.at_random(at_most());
    explorer.report()
}

fn at_most() -> usize {
    std::env::var(VARIABLE).ok().map_or(USUALLY, |number| number.parse().expect("a number of interleavings"))
}

struct Explorer<'a> {
    runtime: Runtime,
    cast: &'a Cast,
    scene: &'static Scene,
    explored: Explored,
    began: Instant,
}

impl<'a> Explorer<'a> {
    fn new(cast: &'a Cast, mode: Mode) -> Self {
        let scene = Scene::at(mode, cast.age, cast.coming);
        // Nothing here waits for real time: it stands still until the schedule lets it pass.
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        Self { runtime, cast, scene, explored: Explored::default(), began: Instant::now() }
    }

    fn depth_first(&mut self, most: usize) {
        let mut schedule = DepthFirst::default();
        for _ in 0..most {
            self.run(&mut schedule, "depth first");
            if !schedule.advance() {
                self.explored.are_all = true;
                return;
            }
        }
    }

    fn at_random(&mut self, most: usize) {
        for number in 0..most {
            self.run(&mut Sample::of(u64::try_from(number).expect("a number")), &format!("by seed {number}"));
        }
    }

    fn run(&mut self, schedule: &mut dyn Schedule, how: &str) {
        let ending = self.runtime.block_on(run(self.cast, self.scene, schedule));
        let broken = invariants::check(&ending);
        let (roles, mode) = (self.cast.roles, self.scene.mode);
        assert!(broken.is_empty(), "{roles:?} in {mode:?}, {how}: {broken:#?}\n{}", story(&ending));
        let explored = &mut self.explored;
        for (role, answer) in &ending.answers {
            *explored.outcomes.entry((*role, answer.status)).or_default() += 1;
        }
        explored.interleavings += 1;
        explored.seen.insert(ending.decisions);
    }

    fn report(self) -> Explored {
        let Explored { interleavings, are_all, outcomes, seen } = &self.explored;
        let (roles, mode, distinct) = (self.cast.roles, self.scene.mode, seen.len());
        let all = if *are_all { "all there are" } else { "of more" };
        println!(
            "{roles:?} in {mode:?}: {interleavings} interleavings, {distinct} distinct, {all}, {:?}",
            self.began.elapsed()
        );
        println!("    {outcomes:?}");
        self.explored
    }
}

fn story(ending: &Ending) -> String {
    let mut text = format!("decisions {:?}\n", ending.decisions);
    for event in &ending.story {
        let _ = writeln!(text, "    {event:?}");
    }
    for (role, answer) in &ending.answers {
        let _ = writeln!(text, "    {role:?} got {} {} {}", answer.status, answer.location, answer.body);
    }
    text
}
