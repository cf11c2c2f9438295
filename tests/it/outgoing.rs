//! Messages that go out: whom they go to, how they are cut, how fast, in which order; and their files.

mod chunks;
mod order;
mod recipients;
mod rules;
mod spools;
