//! The simulated service under test: by a real client library, whatsapp-rust, which knows nothing of
//! the simulator, and by a hand-written client that breaks the rules one at a time.
//!
//! Every test waits on events with a deadline; none sleeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in tests a panic is the report"
)]

mod accounts;
mod binary;
mod bulk;
mod companion;
mod faults;
mod groups;
mod media;
mod messages;
mod other_clients;
mod pairing;
mod passkey;
mod raw;
mod refusals;
mod sessions;
mod signal;
mod texts;
