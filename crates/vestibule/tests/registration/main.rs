//! Clients that register themselves: once, remembered, and again when they must.

#[path = "../house/mod.rs"]
mod house;

mod answers;
mod asking;
mod lab;
mod managing;
mod registering_again;
mod remembering;
mod renewing;
mod shared;
