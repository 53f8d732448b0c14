//! The turnstile: whatever store and provider are asked waits here until it is let on, one at a time; and what happened, in order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::oneshot, task};
use vestibule::session_store::Key;

use crate::cast::Role;

/// What is asked of the store or of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) machine: usize,
    pub(crate) what: &'static str,
    pub(crate) on: Option<Key>,
}

/// What happened, in the order in which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Did(Act),
    /// A refresh token was shown to the provider.
    Presented(String),
    /// The provider gave tokens of this number.
    Gave(usize),
    /// A token was given back to the provider.
    TookBack(String),
    /// Fifty milliseconds passed.
    Ticked,
    /// Somebody has their answer.
    Answered(Role),
}

/// Who may be let on next: an act, or the time, which those who sleep wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whoever does this one after the other, by number.
    pub(crate) lane: usize,
    /// `None` for the time.
    pub(crate) act: Option<Act>,
}

#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_closed: bool,
    /// Whether answers wait for their turn too.
    both_ways: bool,
    waiting: Vec<Waiting>,
    /// Who was refused a lease, and looks again in a while.
    refused: Vec<(usize, usize)>,
    lanes: Vec<Option<task::Id>>,
    story: Vec<Event>,
    stirred: u64,
}

struct Waiting {
    choice: Choice,
    let_on: oneshot::Sender<()>,
}

impl Turns {
    pub(crate) fn both_ways() -> Self {
        let turns = Self::default();
        turns.state().both_ways = true;
        turns
    }

    /// From now on everything waits for its turn.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
    }

    /// From now on nothing waits any more.
    pub(crate) fn open(&self) {
        self.state().is_closed = false;
    }

    /// On the way there.
    pub(crate) async fn pass(&self, act: Act) {
        self.wait(act).await;
        self.tell(Event::Did(act));
    }

    /// On the way back.
    pub(crate) async fn come_back(&self, act: Act) {
        if self.state().both_ways {
            self.wait(act).await;
        }
    }

    async fn wait(&self, act: Act) {
        let admitted = {
            let mut state = self.state();
            if !state.is_closed {
                return;
            }
            let (let_on, admitted) = oneshot::channel();
            let lane = state.lane();
            state.waiting.push(Waiting { choice: Choice { lane, act: Some(act) }, let_on });
            state.stirred += 1;
            admitted
        };
        // Whoever is let on by a turnstile that is gone has nobody left to tell.
        let _ = admitted.await;
    }

    pub(crate) fn tell(&self, event: Event) {
        let mut state = self.state();
        state.story.push(event);
        state.stirred += 1;
    }

    /// Whether the lease was refused to whoever asks now.
    pub(crate) fn note_lease(&self, machine: usize, was_refused: bool) {
        let mut state = self.state();
        let lane = state.lane();
        state.refused.retain(|(_, own)| *own != lane);
        if was_refused {
            state.refused.push((machine, lane));
        }
    }

    /// Those who wait, in the order in which they came.
    pub(crate) fn waiting(&self) -> Vec<Choice> {
        let mut state = self.state();
        state.waiting.retain(|waiting| !waiting.let_on.is_closed());
        state.waiting.iter().map(|waiting| waiting.choice).collect()
    }

    /// Whether somebody on one of these machines sleeps until they look for the lease again.
    pub(crate) fn has_sleepers(&self, machines: &[usize]) -> bool {
        let state = self.state();
        let is_at_the_gate = |lane| state.waiting.iter().any(|waiting| waiting.choice.lane == lane);
        state.refused.iter().any(|(machine, lane)| machines.contains(machine) && !is_at_the_gate(*lane))
    }

    /// Lets on the one who waits at this place of the list.
    pub(crate) fn let_on(&self, place: usize) {
        let waiting = self.state().waiting.remove(place);
        // Whoever has given up meanwhile does not care.
        let _ = waiting.let_on.send(());
    }

    pub(crate) fn story(&self) -> Vec<Event> {
        self.state().story.clone()
    }

    /// What happened so far is no part of the story.
    pub(crate) fn forget(&self) {
        self.state().story.clear();
    }

    pub(crate) fn stirred(&self) -> u64 {
        self.state().stirred
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lane(&mut self) -> usize {
        let id = task::try_id();
        match self.lanes.iter().position(|known| *known == id) {
            Some(lane) => lane,
            None => {
                self.lanes.push(id);
                self.lanes.len() - 1
            }
        }
    }
}
