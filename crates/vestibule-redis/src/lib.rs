//! Sessions of vestibule in Redis or Valkey, for more than one machine.
