//! One application on several machines that share a real server: each has its own door, its own listener and its own store.

mod foreign;
mod house;
mod logout;
mod round_trips;
mod trouble;

use acceptance::Failure;

type Outcome = Result<(), Failure>;
