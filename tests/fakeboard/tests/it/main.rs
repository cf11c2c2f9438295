//! A program of ours, which uses the crates that real programs use, on boards that do not exist.
//!
//! Where the kernel has no seccomp notification, each test says so in a line and checks nothing.

#![allow(clippy::unwrap_used, reason = "the helpers here are part of tests")]

mod bus;
mod faults;
mod gpio;
mod paths;
mod visitor;
