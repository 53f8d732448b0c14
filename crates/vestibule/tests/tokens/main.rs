//! Access tokens: refreshed when they are stale, once however many ask, and kept or dropped by what the provider says.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod choosing;
mod encrypted;
mod fresh;
mod interrupted;
mod joined;
mod late;
mod logged_out;
mod records;
mod refused;
mod together;
mod trouble;
