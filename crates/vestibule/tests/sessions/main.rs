//! How long people stay signed in, what their cookies look like, and what becomes of cookies that are not ours.

#[path = "../house/mod.rs"]
mod house;

mod cookies;
mod hostile;
mod keys;
mod lifetimes;
mod neighbours;
mod records;
mod sizes;
