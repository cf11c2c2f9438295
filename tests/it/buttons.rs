//! From the wire to the machine: a scripted wire in virtual time, the real watcher, the real queue,
//! the real machine. What a press means is tested in `machine/`; here, that real edges get there.

mod polarity;
pub mod rig;
mod socket;
mod stories;
mod storms;
mod thread;
