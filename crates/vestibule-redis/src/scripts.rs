//! The scripts, one for each method that changes more than one thing or changes it only under a condition. The server runs each as
//! one step, and knows it by its hash after the first time.

use std::sync::LazyLock;

use redis::Script;

macro_rules! script {
    ($name:ident = $($file:literal)+) => {
        pub(crate) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!($(include_str!(concat!("scripts/", $file, ".lua"))),+)));
    };
}

script!(INSERT = "clock" "session" "insert");
script!(UPDATE = "clock" "session" "update");
script!(TOUCH = "session" "touch");
script!(DELETE = "session" "delete");
script!(STRIKE = "strike");
script!(DELETE_ALL = "session" "delete_all");
script!(LIST = "session" "list");
script!(RAISE = "clock" "raise");
script!(BURN = "clock" "seen" "burn");
script!(REMEMBER = "seen" "remember");
script!(LEASE = "clock" "held" "lease");
script!(RENEW_LEASE = "held" "renew_lease");
script!(RELEASE_LEASE = "held" "release_lease");
script!(KEEP = "clock" "value" "keep");
script!(KEPT = "value" "kept");
script!(DISCARD = "value" "discard");
script!(CHECK = "check");
