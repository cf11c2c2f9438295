//! How one simulated service behaves, fixed at its start.
//!
//! The defaults are the real service's manners; every departure from them is a field with its
//! reason. What goes wrong on demand, while the service runs, is [`crate::Fault`].

use std::time::Duration;

/// The settings of a [`crate::Service`].
#[derive(Clone, Debug)]
pub struct Options {
    /// TCP port on 127.0.0.1; 0 lets the system choose one.
    pub port: u16,
    /// How many QR references a fresh connection is given. The real service gives six. A client
    /// shows the first for 60 s and each of the others for 20 s.
    pub refs: usize,
    /// How long after the companion's device signature the `515` restart follows. Below 50 ms
    /// whatsapp-rust 0.7.0 sometimes loses the connection it makes next (a race of its own).
    pub restart_delay: Duration,
    /// How long the service waits with its first frame after the handshake. 0 as a rule; Baileys 6
    /// loses frames that come within some milliseconds of its last handshake message.
    pub first_frame_delay: Duration,
    /// The third number of the client version that `/sw.js` names.
    pub client_revision: u32,
    /// Companions one account can have; scanning one more is refused by the phone.
    pub companions: usize,
    /// Whether `pair-success` carries the account's name as well (`<biz>`). Without it the name
    /// comes over app-state sync alone.
    pub business_name: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            refs: 6,
            restart_delay: Duration::from_millis(50),
            first_frame_delay: Duration::ZERO,
            client_revision: 1_023_456_789,
            companions: 4,
            business_name: false,
        }
    }
}
