//! Who may pass, who is sent to sign in, and who is told no.

#[path = "../house/mod.rs"]
mod house;

mod addresses;
mod askers;
mod caching;
mod outside;
mod providers;
mod rights;
