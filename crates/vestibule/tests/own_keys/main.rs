//! Our own keys: given or made, used, published, and replaced; and what is signed with them on the way to the provider.

#[path = "../house/mod.rs"]
mod house;

mod bench;
mod encrypted;
mod published;
mod records;
mod registering;
mod replaced;
mod request_objects;
mod settings;
mod shared;
