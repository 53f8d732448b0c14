//! A POST that comes when its person is signed in no more is kept, and sent when they are back and say so.

#[path = "../far_away/far.rs"]
#[allow(dead_code, reason = "these tests use their own part of it")]
mod far;
#[path = "../house/mod.rs"]
mod house;

mod bench;
mod bounds;
mod left_behind;
mod pictures;
mod refused;
mod resumed;
mod trouble;
