//! What becomes of a message that comes in: one pure decision.
//!
//! `desk` is where messages are handed in; `any` makes all sorts of them. `policy` asks who may write,
//! `pairing` how strangers are let in, `ladder` and `commands` where messages go, `names` and `payloads`
//! what is told of them, `fields` what policies and routes may say.

mod any;
mod commands;
mod desk;
mod fields;
mod ladder;
mod names;
mod pairing;
mod payloads;
mod policy;
