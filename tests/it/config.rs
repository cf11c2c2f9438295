//! The configuration as a person meets it: what is shipped, and what is said about mistakes.

mod defaults;
mod errors;
