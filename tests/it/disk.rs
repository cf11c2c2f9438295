//! The memory card: full, read-only, failing at any write, worn; and that nothing else is written to. The
//! store alone on such a disk is in `store/`.

mod every_write;
mod nowhere_else;
mod unreadable;
