//! Who takes part, and when they begin.

use std::collections::BTreeMap;

use crate::{
    bench::STALE_AFTER,
    scene::{Coming, Jar},
};

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// Asks who they are.
    Visit,
    /// Asks who they are, from when a logout has answered.
    Latecomer,
    /// Asks for a page that knows who they are and takes its time.
    SlowVisit,
    /// The same on another machine.
    SlowVisitElsewhere,
    /// Asks for a token, and theirs is stale.
    Refresh,
    /// The same at the same time, on the same machine, with the cookie that their browser had at first.
    RefreshToo,
    /// The same on another machine.
    RefreshElsewhere,
    /// Asks for a token with the cookies that came with a new one.
    Follower,
    /// Asks for a token, and theirs is good.
    TakeToken,
    /// Asks for a new token, though theirs is good.
    Renew,
    /// Sends the sign-out form.
    LogOut,
    /// Ends every session of the person, as a logout token by `sub` does.
    LogOutEverywhere,
    /// Comes back from the provider in the browser that is signed in.
    LogIn,
    /// Comes back from the provider in another browser.
    LogInElsewhere,
    /// Comes back from a look whether they are still signed in there, which ends in the provider's trouble.
    CheckInVain,
}

impl Role {
    pub(crate) fn machine(self) -> usize {
        usize::from(matches!(self, Self::RefreshElsewhere | Self::SlowVisitElsewhere))
    }

    /// Whether they may begin, when those have answered.
    pub(crate) fn may_enter(self, answered: &BTreeMap<Self, Jar>) -> bool {
        match self {
            Self::Latecomer => answered.keys().any(|role| role.is_logout()),
            Self::Follower => answered.contains_key(&Self::Refresh),
            _ => true,
        }
    }

    /// Whether they are in the browser that is signed in.
    pub(crate) fn has_session(self) -> bool {
        !matches!(self, Self::LogInElsewhere | Self::LogOutEverywhere)
    }

    pub(crate) fn is_logout(self) -> bool {
        matches!(self, Self::LogOut | Self::LogOutEverywhere)
    }

    pub(crate) fn is_login(self) -> bool {
        matches!(self, Self::LogIn | Self::LogInElsewhere)
    }

    pub(crate) fn is_refresh(self) -> bool {
        matches!(self, Self::Refresh | Self::RefreshToo | Self::RefreshElsewhere | Self::Renew)
    }
}

/// What happened before anybody begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing since the login.
    Nothing,
    /// The token was refreshed a moment ago.
    Refreshed,
    /// The token was refreshed, and has become stale again.
    RefreshedLongAgo,
}

/// Who takes part, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    pub(crate) roles: &'static [Role],
    /// How many machines share the store.
    pub(crate) machines: usize,
    /// The age of the session, in seconds.
    pub(crate) age: i64,
    pub(crate) coming: Coming,
    pub(crate) before: Before,
    /// How often those who sleep may wake before everybody else is done.
    pub(crate) ticks: usize,
    /// Whether answers of store and provider wait for their turn too.
    pub(crate) both_ways: bool,
}

impl Cast {
    /// On one machine, when the token has become stale and still holds.
    pub(crate) const fn of(roles: &'static [Role]) -> Self {
        Self {
            roles,
            machines: 1,
            age: STALE_AFTER,
            coming: Coming::Login,
            before: Before::Nothing,
            ticks: 1,
            both_ways: false,
        }
    }
}
