//! Logins that break for reasons that are not the person's: what becomes of many tabs, of responses that come late or to a browser
//! that has forgotten, and of sign-ins that go round in circles.

#[path = "../house/mod.rs"]
mod house;

mod circles;
mod forms;
mod fragments;
mod machines;
mod morning;
mod posted_tabs;
mod starting_over;
mod tabs;
mod town_hall;
mod trouble;
mod wished;
