//! The simulated service under test: by a real client library, whatsapp-rust, which knows nothing of
//! the simulator, and by a hand-written client that breaks the rules one at a time.
//!
//! Every test waits on events with a deadline; none sleeps.

mod companion;
mod pairing;
mod texts;
