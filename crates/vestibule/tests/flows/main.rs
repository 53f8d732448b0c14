//! The other ways to sign in: response types and modes, pages that want more of a sign-in, and logins that the application or
//! another site begins.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod form_post;
mod fragment;
mod initiated;
mod refused;
mod responses;
mod step_up;
mod stronger;
mod wishes;
