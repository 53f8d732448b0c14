//! Leave for good: here, and at the provider (RP-Initiated Logout 1.0).

#[path = "../house/mod.rs"]
mod house;

mod asking;
mod at_the_provider;
mod pages;
mod returning;
mod without_the_provider;
