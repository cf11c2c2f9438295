//! The product as a person meets it: the real program in its own process, a panel chip and two button
//! lines on the bench, the simulated service and phone on loopback, a real database file, a real HTTP
//! client.
//!
//! Nothing here sleeps: a story waits for the picture on the glass, for a line of the box's log or for
//! an event of the service, each with a deadline. Every story ends by searching the box's log for
//! secrets.

mod connection;
mod messages;
mod pairing;
pub mod scene;
mod start_errors;
mod storage;
mod watched;
