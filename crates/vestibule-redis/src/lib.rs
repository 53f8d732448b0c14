#![doc = include_str!("../README.md")]

mod address;
mod check;
mod connection;
mod kept;
mod keys;
mod leases;
mod listeners;
mod listening;
mod marks;
mod once;
mod scripts;
mod sessions;
mod store;
mod times;
mod trouble;

pub use self::store::RedisStore;
