//! The log line of a decision: one event, its fields by fixed names.

use super::{Level, Reference, Said, Target};

/// Writes one event. Its target and level belong to the place in the program, so each pair of them has a place here.
macro_rules! events {
    ($said:ident, $reference:ident; $($place:ident => target: $target:literal,)+) => {
        match ($said.target, $said.level) {
            $(
                (Target::$place, Level::Error) => events!(@event error, $target, $said, $reference),
                (Target::$place, Level::Warn) => events!(@event warn, $target, $said, $reference),
                (Target::$place, Level::Info) => events!(@event info, $target, $said, $reference),
                (Target::$place, Level::Debug) => events!(@event debug, $target, $said, $reference),
            )+
            (_, Level::Quiet) => {}
        }
    };
    (@event $level:ident, $target:literal, $said:ident, $reference:ident) => {
        tracing::$level!(
            target: $target,
            decision = $said.decision,
            rule = &*$said.rule,
            kind = $said.kind.map(tracing::field::debug),
            provider = $said.provider,
            reference = $reference.as_str(),
            diagnosis = $said.diagnosis.map(tracing::field::display),
            reason = &*$said.reason,
            "{}", $said.message
        )
    };
}

pub(super) fn write(said: &Said<'_>, reference: Reference) {
    events! { said, reference;
        Login => target: "vestibule::login",
        Gate => target: "vestibule::gate",
        Kept => target: "vestibule::kept",
        Session => target: "vestibule::session",
        Logout => target: "vestibule::logout",
        Tokens => target: "vestibule::tokens",
    }
}
