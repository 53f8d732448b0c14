//! What holds whatever the order: all of it, in one place.
//!
//! - I1, no resurrection (V57, V64, R120): once a logout has answered, no request that starts after it gets in, with whatever cookie
//!   was ever set; and what the provider gives after it is handed to nobody, and given back. The same of a session in whose
//!   place its browser began another (V56).
//! - I2, no lost update (R87): what a session holds in the end is the newest that the provider gave, whatever cookie leads there,
//!   and that still holds for the browser when nothing is kept any more for those who are on their way.
//! - I3, one refresh (R88): no refresh token is presented twice; a stale token makes one token request, whoever asks.
//! - I4, exact sets: the store holds the sessions that are alive, each in the index of its subject and its `sid`, and nothing else:
//!   no lease, and no note of a refresh but of a session in cookies that was refreshed.
//! - I5, born dead or newer (R121): a login that raced the logout of its person is over if its attempt was burnt before the mark
//!   was raised, and alive if after.
//! - I6, nobody meets an error: whoever lost a race is signed out, not in trouble; and nobody is who raced no end.

use crate::{
    bench::Mode,
    cast::Role,
    playback::{access_token, refresh_token},
    run::{Ending, Probe},
    turns::Event,
};

/// What must hold at the end, or what does not.
type Rule = fn(&Ending) -> Result<(), String>;

/// What does not hold, though it should.
pub(crate) fn check(ending: &Ending) -> Vec<String> {
    let rules: [(&str, Rule); 6] = [
        ("I1 no resurrection", no_resurrection),
        ("I2 no lost update", no_lost_update),
        ("I3 one refresh", one_refresh),
        ("I4 exact sets", exact_sets),
        ("I5 born dead or newer", born_dead_or_newer),
        ("I6 nobody meets an error", nobody_meets_an_error),
    ];
    rules.iter().filter_map(|(name, rule)| rule(ending).err().map(|why| format!("{name}: {why}"))).collect()
}

impl Ending {
    fn has(&self, role: Role) -> bool {
        self.answers.contains_key(&role)
    }

    fn at(&self, event: &Event) -> Option<usize> {
        self.story.iter().position(|own| own == event)
    }

    fn did(&self, what: &str) -> Option<usize> {
        self.story.iter().position(|event| matches!(event, Event::Did(act) if act.what == what))
    }

    fn gave(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.story.iter().enumerate().filter_map(|(at, event)| match event {
            Event::Gave(number) => Some((at, *number)),
            _ => None,
        })
    }

    /// When the first session was over: a logout, or a login in its place, had answered.
    fn over_at(&self) -> Option<usize> {
        let ends = |role: &&Role| role.is_logout() || (**role == Role::LogIn && self.is_alive_since(**role));
        self.answers.keys().filter(ends).filter_map(|role| self.at(&Event::Answered(*role))).min()
    }

    fn of_first_session(&self) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(|probe| probe.session.as_deref() == Some(self.first_session))
    }

    fn is_alive(&self) -> bool {
        self.of_first_session().next().is_some()
    }

    /// Whether the session is alive that began with this login.
    fn is_alive_since(&self, login: Role) -> bool {
        let is_another = |probe: &Probe| probe.session.as_deref().is_some_and(|session| session != self.first_session);
        self.probes.iter().any(|probe| probe.of == Some(login) && is_another(probe))
    }

    fn logins(&self) -> impl Iterator<Item = Role> {
        self.answers.keys().copied().filter(|role| role.is_login())
    }
}

fn no_resurrection(ending: &Ending) -> Result<(), String> {
    let Some(over_at) = ending.over_at() else { return Ok(()) };
    let gives_token = |probe: &&Probe| probe.session.is_none() && probe.token.0 == 200;
    if let Some(probe) = ending.of_first_session().next().or(ending.probes.iter().find(gives_token)) {
        return Err(format!("{probe:?} gets in after the end"));
    }
    if let Some(latecomer) = ending.answers.get(&Role::Latecomer).filter(|answer| answer.status != 401) {
        return Err(format!("a latecomer got {}", latecomer.status));
    }
    for (_, number) in ending.gave().filter(|(at, _)| *at > over_at) {
        if let Some((role, _)) = ending.answers.iter().find(|(_, answer)| answer.body == access_token(number)) {
            return Err(format!("{role:?} was handed a token that the provider gave after the end"));
        }
        if ending.at(&Event::TookBack(refresh_token(number))).is_none() {
            return Err(format!("token {number}, given after the end, was not given back"));
        }
    }
    Ok(())
}

fn no_lost_update(ending: &Ending) -> Result<(), String> {
    let Some((_, newest)) = ending.gave().next_back().filter(|_| ending.is_alive()) else { return Ok(()) };
    let holds_newest = |token: &(u16, String)| token.0 == 200 && token.1 == access_token(newest);
    // A token that was replaced before its time is as good as before, for whoever still has its cookie.
    let is_early = ending.has(Role::Renew) && ending.mode == Mode::Cookies;
    let mut probes = ending.of_first_session().filter(|_| !is_early).chain([&ending.at_last]);
    match probes.find(|probe| !holds_newest(&probe.token)) {
        Some(probe) => Err(format!("{probe:?} does not hold token {newest}")),
        None => Ok(()),
    }
}

fn one_refresh(ending: &Ending) -> Result<(), String> {
    let presented: Vec<_> = ending.story.iter().filter(|event| matches!(event, Event::Presented(_))).collect();
    let has_refresh = ending.answers.keys().any(|role| role.is_refresh());
    if has_refresh && ending.asked_later {
        return Err("looking at the session made a token request".to_owned());
    }
    match presented.len() {
        2.. => Err(format!("{presented:?}")),
        0 if has_refresh && ending.over_at().is_none() => Err("nobody refreshed".to_owned()),
        _ => Ok(()),
    }
}

fn exact_sets(ending: &Ending) -> Result<(), String> {
    let (sizes, listed) = (&ending.sizes, &ending.listed);
    let logins = ending.logins().filter(|login| ending.is_alive_since(*login)).count();
    let alive = usize::from(ending.is_alive()) + logins;
    let sessions = if ending.mode == Mode::Store { alive } else { 0 };
    if (sizes.sessions, sizes.indexed) != (sessions, 2 * sessions) {
        return Err(format!("{alive} are alive: {sizes:?}"));
    }
    if listed.by_key.len() != sessions || listed.by_subject != listed.by_key || listed.by_sid != listed.by_key {
        return Err(format!("{alive} are alive: {listed:?}"));
    }
    // In cookies nobody knows whose notes to forget, when all sessions of a person end at once.
    let may_have_note = ending.mode == Mode::Cookies && (ending.is_alive() || ending.has(Role::LogOutEverywhere));
    let notes = usize::from(may_have_note && (ending.was_refreshed || ending.gave().next().is_some()));
    if sizes.leases != 0 || sizes.kept > notes {
        return Err(format!("leases and notes of refreshes are left: {sizes:?}"));
    }
    Ok(())
}

fn born_dead_or_newer(ending: &Ending) -> Result<(), String> {
    for login in ending.logins() {
        let is_older = ending.has(Role::LogOutEverywhere) && ending.did("burn_attempt") < ending.did("raise");
        let is_alive = ending.is_alive_since(login);
        if is_older == is_alive {
            let order = if is_older { "before" } else { "after" };
            return Err(format!("{login:?} began {order} the logout, and its session is alive: {is_alive}"));
        }
    }
    Ok(())
}

fn nobody_meets_an_error(ending: &Ending) -> Result<(), String> {
    for (role, answer) in &ending.answers {
        let is_good = match role {
            Role::LogOut | Role::LogIn | Role::LogInElsewhere | Role::CheckInVain => answer.status == 303,
            Role::LogOutEverywhere => answer.status == 200,
            // Whoever races no end stays signed in.
            _ if ending.over_at().is_none() => answer.status == 200,
            _ => matches!(answer.status, 200 | 401),
        };
        if !is_good {
            return Err(format!("{role:?} got {} {}", answer.status, answer.body));
        }
    }
    Ok(())
}
