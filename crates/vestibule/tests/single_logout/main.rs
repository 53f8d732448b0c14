//! Logouts that begin at the provider: by a token of its own, by a frame, or seen by the browser (Back-Channel Logout 1.0,
//! Front-Channel Logout 1.0, Session Management 1.0); and what a logout gives back (RFC 7009).

#![allow(unreachable_pub, reason = "the parts of the bench are written as the modules that they are")]

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod op;
mod store;

mod forms;
mod front_channel;
mod keys;
mod races;
mod refusals;
mod registering;
mod replays;
mod revoking;
mod storms;
mod together;
mod trouble;
mod watching;
mod whose;
