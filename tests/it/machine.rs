//! The pure core from outside: stories for every rule, all short sequences, long random ones.
//!
//! `bench` drives a machine through virtual time; `ledger` watches every step and knows what must
//! never happen; `reference` is a second, simpler machine that the random runs are compared with.

#![allow(
    clippy::unwrap_used,
    clippy::unchecked_time_subtraction,
    reason = "tests: to panic is to fail, and the terms are constants"
)]

mod against_reference;
mod bench;
mod buttons;
mod callers;
mod exhaustive;
mod fingers;
mod isolation;
mod ledger;
mod light;
mod overview;
mod reference;
mod several;
mod stories_access;
mod stories_accounts;
mod stories_codes;
mod stories_faults;
mod stories_link;
mod stories_obstacles;
mod stories_owner;
mod stories_pairing;
mod stories_restored;
mod stories_wipe;
mod visitor;
