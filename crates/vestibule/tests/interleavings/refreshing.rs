//! Many ask for a token at once, and something else changes the session meanwhile.

use crate::{
    bench::MODES,
    cast::{
        Before, Cast,
        Role::{
            CheckInVain, Follower, LogIn, LogOut, Refresh, RefreshElsewhere, RefreshToo, Renew, SlowVisit,
            SlowVisitElsewhere, TakeToken,
        },
    },
    explore::{explore, sample},
    scene::Coming,
};

/// R88
#[test]
fn two_requests_with_a_stale_token_make_one_token_request() {
    for mode in MODES {
        let explored = explore(&Cast::of(&[Refresh, RefreshToo]), mode);
        assert!(explored.are_all, "{mode:?}");
    }
}

/// R88: nor do they when one of them still comes with the cookie of before the last refresh.
#[test]
fn requests_with_an_old_and_a_new_cookie_make_one_token_request() {
    for mode in MODES {
        explore(&Cast { before: Before::RefreshedLongAgo, ..Cast::of(&[Refresh, RefreshToo]) }, mode);
    }
}

/// SECURITY-RULES, Refresh: the new cookie was seen, so what was kept for the old one is kept a moment longer; and just then
/// somebody wants another token.
#[test]
fn a_new_token_that_is_replaced_while_its_cookie_is_first_seen_is_not_lost() {
    for mode in MODES {
        explore(&Cast { before: Before::Refreshed, ..Cast::of(&[TakeToken, Renew]) }, mode);
    }
}

/// R88: the lease.
#[test]
fn two_machines_with_a_stale_token_make_one_token_request() {
    for mode in MODES {
        let cast = Cast { machines: 2, ..Cast::of(&[Refresh, RefreshElsewhere]) };
        explore(&cast, mode);
        sample(
            &Cast { ticks: 3, both_ways: true, ..Cast { roles: &[Refresh, RefreshToo, RefreshElsewhere], ..cast } },
            mode,
        );
    }
}

/// V56: whoever signs in again in the same browser has another session, and the one before is over.
#[test]
fn a_refresh_that_races_a_new_login_does_not_bring_back_the_session_before_it() {
    for mode in MODES {
        explore(&Cast::of(&[Refresh, LogIn]), mode);
    }
}

/// R87: an answer that renews the cookie in which a session is does not put old tokens in the place of new ones.
#[test]
fn a_slow_page_that_races_a_refresh_loses_no_tokens() {
    for mode in MODES {
        explore(&Cast::of(&[SlowVisit, Refresh, Follower]), mode);
        explore(&Cast { machines: 2, ..Cast::of(&[SlowVisitElsewhere, Refresh, Follower]) }, mode);
    }
}

/// R87: nor does a look at the provider that came to nothing, which is noted in the session.
#[test]
fn a_silent_check_that_races_a_refresh_loses_no_tokens() {
    for mode in MODES {
        explore(&Cast { coming: Coming::Check, ..Cast::of(&[CheckInVain, Refresh, Follower]) }, mode);
        sample(&Cast { coming: Coming::Check, ..Cast::of(&[CheckInVain, Refresh, LogOut]) }, mode);
    }
}
