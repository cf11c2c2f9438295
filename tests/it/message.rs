//! What becomes of messages: the pure half of the gateway.

mod intake;
