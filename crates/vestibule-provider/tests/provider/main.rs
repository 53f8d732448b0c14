//! Whole logins at the development provider, by function call: no port (save for `posting`), no sleep, no real time.

mod authorize;
mod back_channel;
mod caching;
mod checking_sessions;
mod end_session;
mod faults;
mod front_channel;
mod holding;
mod login;
mod logout_tokens;
mod party;
mod posting;
mod refresh_faults;
mod refreshing;
mod registered_logout;
mod registration;
mod registration_faults;
mod revoking;
mod sessions;
mod token;
mod town;
mod userinfo;
