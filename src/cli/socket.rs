//! Where the service's control socket is.

use std::path::PathBuf;

use crate::args::{ConsoleOptions, RunOptions};
use crate::config::{Config, FileError};

/// The environment variable that names it.
const VARIABLE: &str = "PAIRBOX_SOCKET";

/// Where the unit of systemd puts it.
const OF_THE_UNIT: &str = "/run/pairbox/control.sock";

/// The socket: as said, as the environment says, as configured, or where the service makes it when
/// nothing is configured.
///
/// # Errors
/// The configuration file that was named cannot be read or is wrong.
pub fn path(options: &ConsoleOptions) -> Result<PathBuf, FileError> {
    if let Some(path) = &options.socket {
        return Ok(path.clone());
    }
    let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if let Some(path) = variable {
        return Ok(path.into());
    }
    let _ = Config::load(&RunOptions {
        config: options.config.clone(),
        ..RunOptions::default()
    });
    Ok(OF_THE_UNIT.into())
}
