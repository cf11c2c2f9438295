//! Every state a person meets: entered and left through the simulated service, and read on all four
//! faces of the box - the glass, the page's JSON, the API and the command line.
//!
//! `rows` is the table, `stage` is what a row can do and where it looks. `several` is a box with ten
//! accounts, `typed` is pairing by a code.

mod rows;
mod several;
mod stage;
mod typed;
