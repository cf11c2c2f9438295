//! Where the service's control socket is.

use std::path::{Path, PathBuf};

use crate::args::{ConsoleOptions, RunOptions};
use crate::config::{self, Config, FileError, StateEnvironment};

/// The environment variable that names it.
const VARIABLE: &str = "PAIRBOX_SOCKET";

/// Where the service has it under systemd (`RuntimeDirectory=pairbox` in the unit).
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
    let config = Config::load(&RunOptions {
        config: options.config.clone(),
        ..RunOptions::default()
    });
    let config = match config {
        // The service's file may be for the service's eyes only, or broken since it was started:
        // neither keeps anybody from asking how the box is.
        Err(_) if options.config.is_none() => Config::default(),
        config => config?,
    };
    let beside = config::control_socket(&config, &StateEnvironment::of_process());
    let named = options.config.is_some();
    Ok(choose(&config, beside, named, Path::exists))
}

/// The service decides with an environment that is not ours, so both of its places are looked at: the
/// unit's first, unless somebody named a file and means the service that runs with that.
fn choose(
    config: &Config,
    beside: PathBuf,
    named: bool,
    is_there: impl Fn(&Path) -> bool,
) -> PathBuf {
    if config.http.control.is_some() {
        return beside;
    }
    let unit = PathBuf::from(OF_THE_UNIT);
    let places = if named {
        [&beside, &unit]
    } else {
        [&unit, &beside]
    };
    let found = places.into_iter().find(|place| is_there(place)).cloned();
    found.unwrap_or(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_places() {
        let mut config = Config::default();
        let beside = Path::new("/srv/state/control.sock");
        let unit = Path::new(OF_THE_UNIT);
        let chosen = |config: &Config, named, there: &[&Path]| {
            choose(config, beside.to_owned(), named, |place| {
                there.contains(&place)
            })
        };
        assert_eq!(chosen(&config, false, &[]), unit);
        assert_eq!(chosen(&config, false, &[beside]), beside);
        assert_eq!(chosen(&config, false, &[beside, unit]), unit);
        assert_eq!(chosen(&config, true, &[beside, unit]), beside);
        assert_eq!(chosen(&config, true, &[unit]), unit);
        config.http.control = Some(beside.to_owned());
        assert_eq!(chosen(&config, false, &[unit]), beside);
    }
}
