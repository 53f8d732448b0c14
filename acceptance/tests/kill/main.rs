//! `kill -9`: of the process that refreshes somebody's tokens, of the store that everybody's sessions are in, and of the application
//! while people use it and others sign in. Nobody is signed out by it.

#![expect(clippy::print_stdout, reason = "the figures that docs/sessions.md has")]
#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

mod application;
mod lease;
mod load;
mod monitor;
mod store;

type Outcome = Result<(), acceptance::Failure>;
