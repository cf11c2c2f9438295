//! The command line as a person and a script meet it: the real program, run with arguments.
//!
//! `commands` and `failing` ask a service that only plays one (`desk`), so that every answer can be had;
//! `watching` has a terminal (`tty`) and reads the QR off it; `stories` drives the whole product.
//! `pages` holds help, completions and manual to the definition.

mod commands;
mod desk;
mod failing;
mod messages;
mod pages;
mod stories;
mod tty;
mod watching;
