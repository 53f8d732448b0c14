//! Sessions of vestibule in PostgreSQL or SQLite.
