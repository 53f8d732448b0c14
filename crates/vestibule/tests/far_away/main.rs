//! A store that is far away: what people see while it is in trouble, what is remembered of what it said, and what is not.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod cached;
mod checked;
mod ended;
mod far;
mod logged;
mod lost;
mod other_machines;
mod trouble;
