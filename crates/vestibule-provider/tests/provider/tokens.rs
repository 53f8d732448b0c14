//! Every place where a token is read, here and in the core, and who gets through: only the right kind, and only as it was signed.

mod bits;
mod doors;
mod encrypted;
mod kinds;
mod signed;
