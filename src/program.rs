//! The program behind `main`: arguments, settings, log, then the daemon. One clear line and an exit
//! code when something is wrong.
//!
//! It is a library function so that the bench runs the very same program with simulated hardware.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::{Arguments, Command};
use crate::config::Config;
use crate::daemon;
use crate::logging;
