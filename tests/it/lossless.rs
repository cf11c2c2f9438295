//! Nothing is lost between WhatsApp and a program: long runs of the real binary.

mod disk;
mod killed;
mod sent;
mod week;
