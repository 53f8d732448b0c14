//! Somebody logs out while something else is under way.

use crate::{
    bench::{LIFETIME, MODES},
    cast::{
        Before, Cast,
        Role::{
            Latecomer, LogIn, LogInElsewhere, LogOut, LogOutEverywhere, Refresh, RefreshElsewhere, RefreshToo, Visit,
        },
    },
    explore::{explore, sample},
};

/// V57, R120
#[test]
fn a_request_that_races_a_logout_brings_nothing_back() {
    for mode in MODES {
        for roles in [&[LogOut, Visit, Latecomer], &[LogOutEverywhere, Visit, Latecomer]] {
            let explored = explore(&Cast::of(roles), mode);
            assert!(explored.are_all && explored.has(Visit, 200) && explored.has(Visit, 401), "{mode:?}");
        }
    }
}

/// V57: nor does one that notes in the store that somebody was here.
#[test]
fn a_request_that_touches_the_session_brings_nothing_back() {
    for mode in MODES {
        for roles in [&[LogOut, Visit, Latecomer], &[LogOutEverywhere, Visit, Latecomer]] {
            let explored = explore(&Cast { age: LIFETIME, ..Cast::of(roles) }, mode);
            assert!(explored.are_all && explored.has(Visit, 200) && explored.has(Visit, 401), "{mode:?}");
        }
    }
}

/// V57, R117, R120
#[test]
fn a_refresh_that_races_a_logout_brings_nothing_back() {
    for mode in MODES {
        for roles in [&[LogOut, Refresh, Latecomer], &[LogOutEverywhere, Refresh, Latecomer]] {
            let explored = explore(&Cast::of(roles), mode);
            assert!(explored.has(Refresh, 200) && explored.has(Refresh, 401), "{mode:?}");
        }
    }
}

/// V57, R120: nor does one that follows another, whose successor is still kept.
#[test]
fn a_second_refresh_that_races_a_logout_brings_nothing_back() {
    for mode in MODES {
        let cast = Cast { before: Before::RefreshedLongAgo, ..Cast::of(&[LogOut, Refresh, RefreshToo, Latecomer]) };
        let explored = sample(&cast, mode);
        assert!(explored.has(Refresh, 200) && explored.has(Refresh, 401), "{mode:?}");
    }
}

/// V57, R120
#[test]
fn a_request_and_a_refresh_that_race_a_logout_bring_nothing_back() {
    for mode in MODES {
        explore(&Cast::of(&[LogOut, Visit, Refresh]), mode);
        explore(&Cast::of(&[LogOutEverywhere, Visit, Refresh]), mode);
    }
}

/// R121: by the person, as a logout token by `sub` does it.
#[test]
fn a_login_that_races_the_logout_of_its_person_is_born_dead_or_newer() {
    for mode in MODES {
        let explored = explore(&Cast::of(&[LogOutEverywhere, LogInElsewhere]), mode);
        assert!(explored.are_all, "{mode:?}");
        explore(&Cast::of(&[LogOutEverywhere, LogIn, Latecomer]), mode);
    }
}

/// The logout of one session is not that of another, though it is in the same browser.
#[test]
fn a_login_that_races_the_logout_of_the_session_before_it_is_alive() {
    for mode in MODES {
        explore(&Cast::of(&[LogOut, LogIn, Latecomer]), mode);
    }
}

/// R120: all at once, and each answer of store and provider takes its time too.
#[test]
fn whatever_races_a_logout_brings_nothing_back() {
    for mode in MODES {
        let cast = Cast { both_ways: true, ..Cast::of(&[LogOut, Visit, Refresh, LogIn, Latecomer]) };
        let explored = sample(&cast, mode);
        assert!(explored.has(Refresh, 200) && explored.has(Refresh, 401) && explored.has(Visit, 401), "{mode:?}");
        sample(
            &Cast { age: LIFETIME, ..Cast { roles: &[LogOutEverywhere, Visit, Refresh, RefreshToo, LogIn], ..cast } },
            mode,
        );
    }
}

/// R120: on two machines that share the store.
#[test]
fn refreshes_on_two_machines_that_race_a_logout_bring_nothing_back() {
    for mode in MODES {
        for roles in
            [&[LogOut, Refresh, RefreshElsewhere, Latecomer], &[LogOutEverywhere, Refresh, RefreshElsewhere, Latecomer]]
        {
            let explored = sample(&Cast { machines: 2, ticks: 3, ..Cast::of(roles) }, mode);
            assert!(explored.has(RefreshElsewhere, 200) && explored.has(RefreshElsewhere, 401), "{mode:?}");
        }
    }
}
