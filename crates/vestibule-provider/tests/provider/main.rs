//! Whole logins at the development provider, by function call: no port, no sleep, no real time.

mod authorize;
mod caching;
mod end_session;
mod faults;
mod holding;
mod login;
mod party;
mod registration;
mod registration_faults;
mod token;
mod userinfo;
