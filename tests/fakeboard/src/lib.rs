//! A board that does not exist, around an unmodified program: its `/dev/i2c-1`, `/dev/spidev0.0`,
//! `/dev/gpiochip0` and `/dev/watchdog` are played by this process.
//!
//! The program runs under a seccomp filter whose notifications a thread here answers ([`supervisor`]).
//! No root, no kernel module, no file in `/dev`, no namespace: calls that name one of those files are
//! answered from [`board`], and everything else is let through by the kernel. A device that is opened
//! is one end of a socket pair, under a number the program would not get by itself. The socket's inode
//! tells which device an ioctl is for, whatever was duplicated meanwhile; its hang-up tells that the
//! last copy was closed; and it carries line events, so that poll and epoll work. A listing of `/dev`
//! is one of a folder with the names of the devices that are there.
//!
//! The map: [`seccomp`] is the kernel's side, [`supervisor`] the thread that answers, `answers` what it
//! says about paths, `i2c`, `spi` and [`gpio`] the devices' ioctls, [`module`] what is plugged onto the
//! header, [`finger`] presses, [`trust`] the certificate root in the program's memory.
//!
//! What it is not: transfers take no time, `read` on a line of a chip that vanished says "end" where the
//! kernel says `ENODEV`, and there are no line-info watches.
#![cfg(target_os = "linux")]

mod answers;
pub mod board;
pub mod finger;
pub mod gpio;
mod i2c;
pub mod layout;
pub mod memory;
pub mod module;
pub mod plan;
pub mod seccomp;
mod spi;
pub mod supervisor;
pub mod trust;

pub use board::{Board, BusFault};
pub use finger::Bounce;
pub use module::Module;
pub use plan::Plan;
pub use supervisor::{Unavailable, available, spawn};
