//! The configuration as a person meets it: what is shipped, and what is said about mistakes.
//!
//! The shipped files are read from `systemd/` and `board/`, so that they cannot drift from the
//! program; mistakes are compared word for word, because the words are the product here.

mod boards;
mod defaults;
mod errors;
mod guide;
