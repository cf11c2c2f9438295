//! Messages: what came, what is to go, who may write, and where it is taken. The map of the gateway half.
//!
//! Everything below is PURE: values, and functions from values to values. Time, chance and what the
//! store holds come in as arguments. The edges that act on it are in [`crate::gateway`].
//!
//! The way of a message that comes in: [`content`] and [`inbound`] are what WhatsApp said in our words;
//! [`intake`] decides in one step, inside the store's transaction, what becomes of it ([`policy`] says
//! whether its sender may write, [`route`] and [`ladder`] where it goes, [`hearing`] who else is told);
//! [`event`] is what is told to webhooks and streams, under names of [`naming`], with a [`payload`]. The way of one that goes out: [`outbound`] is what somebody asked for and how far it is.

pub mod address;
pub mod body;
pub mod chunk;
pub mod cold;
mod command;
pub mod content;
pub mod courier;
pub mod entry;
pub mod envelope;
pub mod event;
pub mod field;
pub mod fingerprint;
pub mod hearing;
pub mod inbound;
pub mod intake;
mod judgement;
pub mod ladder;
pub mod naming;
pub mod outbound;
pub mod pacing;
mod pairing;
pub mod payload;
pub mod policy;
pub mod reached;
pub mod recipient;
pub mod retry;
pub mod route;
pub mod sender;
pub mod signature;
pub mod webhook;
pub mod wish;
