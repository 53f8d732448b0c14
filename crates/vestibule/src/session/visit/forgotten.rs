//! What a browser forgets of whoever was here, besides their session.

use http::HeaderMap;

use super::{Purpose, Visit, append};

/// What a browser forgets of whoever was here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgets {
    /// For whom a POST would be kept.
    Person,
    /// That, and what was kept for them.
    Everything,
}

impl Visit {
    /// The person leaves this browser: whoever comes next leaves nothing in their name, nor is led to what is kept for them.
    pub(crate) fn forget_person(&self) {
        let _ = self.0.forgets.set(Forgets::Everything);
    }

    /// Somebody else is here than the one before, who may come back for what is kept for them.
    pub(crate) fn forget_who_was_here(&self) {
        let _ = self.0.forgets.set(Forgets::Person);
    }

    /// Only what came is deleted: there is nothing else, save where cookies did not come along, and there it would not help.
    pub(super) fn forget_what_was_left(&self, forgets: Forgets, headers: &mut HeaderMap) {
        let (names, cookies) = (&self.0.door.names, self.cookies());
        append(headers, cookies.former().map(|_| names.delete(Purpose::Former)).into_iter());
        if forgets == Forgets::Everything {
            append(headers, cookies.kept().map(|(place, _)| names.delete(Purpose::Kept(place))));
        }
    }
}
