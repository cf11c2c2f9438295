//! The configuration as a person meets it.

mod errors;
