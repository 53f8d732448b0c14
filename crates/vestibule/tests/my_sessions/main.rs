//! Where somebody is signed in: sessions listed, ended from elsewhere, waited for, and asked about by a page's script.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod ended;
mod ended_unheard;
mod ending;
mod everywhere;
mod frail;
mod listing;
mod status;
mod two_applications;
