//! The eleven families that come from the side of the browser, or of whoever poses as one.

use futures_util::future::join_all;

use crate::{
    Scale, callbacks, cookies, dice::Dice, draft::Malformed, lane::Lane, ledger::Ledger, pages, requests,
    rightful::Rightful, target::Target,
};

/// One kind of malformed requests.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) draw: fn(&mut Dice, &Rightful) -> Malformed,
    /// From which provider somebody is on the way back while they go out.
    pub(crate) comes_back_from: Option<&'static str>,
}

const FAMILIES: [Family; 11] = [
    Family { name: "request lines and paths", draw: requests::line, comes_back_from: None },
    Family { name: "header names, values, sizes", draw: requests::headers, comes_back_from: None },
    Family { name: "cookie names, pieces, duplicates", draw: cookies::names, comes_back_from: Some("corp") },
    Family { name: "sealed values with bits changed", draw: cookies::sealed, comes_back_from: Some("corp") },
    Family { name: "callback queries", draw: callbacks::query, comes_back_from: Some("corp") },
    Family { name: "form_post bodies", draw: callbacks::form, comes_back_from: Some("posted") },
    Family { name: "fragments posted by the hop page", draw: callbacks::fragment, comes_back_from: Some("hop") },
    Family { name: "login, return_to, wishes", draw: pages::login, comes_back_from: None },
    Family { name: "logout, logout tokens", draw: pages::logout, comes_back_from: None },
    Family { name: "front channel, session endpoints", draw: pages::session, comes_back_from: None },
    Family { name: "third-party login, request objects, keys", draw: pages::published, comes_back_from: None },
];

/// How many connections each family has at a time.
const LANES: u64 = 4;

pub(crate) async fn run(seed: u64, scale: Scale, ledger: &mut Ledger) {
    let target = Target::serve().await;
    target.remember_logins(scale.logins_before).await;
    for (number, family) in (0..).zip(&FAMILIES) {
        let target = &target;
        let lanes = (0..LANES).map(|lane| async move {
            let lane = Lane::new(target, Dice::new(seed, number, lane)).await;
            lane.run(family, scale.requests.div_ceil(4)).await
        });
        ledger.add(family.name, join_all(lanes)).await;
    }
}
