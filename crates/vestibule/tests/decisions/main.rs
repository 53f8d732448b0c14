//! What the door decides is said once, by fixed names: in the log, and in development on a page for the browser that it was about.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod documented;
mod ends;
mod logins;
mod pages;
mod why;
