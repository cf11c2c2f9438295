//! Where the database lives when nobody says so.
//!
//! A pure choice over what the environment offers; creating the folder is the store's business.

use std::path::{Path, PathBuf};

/// The folder of a system service.
pub const DEFAULT_STATE_DIR: &str = "/var/lib/pairbox";

/// What the choice depends on, read once at the start of the program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StateEnvironment {
    /// `STATE_DIRECTORY`, as systemd sets it for a unit with `StateDirectory=`.
    pub state_directory: Option<PathBuf>,
    /// `RUNTIME_DIRECTORY`, as systemd sets it for a unit with `RuntimeDirectory=`.
    pub runtime_directory: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub xdg_state_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// The program may write to (or create) [`DEFAULT_STATE_DIR`].
    pub default_is_writable: bool,
}

/// The folder to use. What was configured is used as it is; the rest is tried in this order: what
/// systemd prepared, `/var/lib/pairbox`, and for a plain user who may not write there the place the
/// XDG base directory specification gives to state.
#[must_use]
pub fn state_dir(configured: Option<&Path>, environment: &StateEnvironment) -> PathBuf {
    if let Some(configured) = configured {
        return configured.to_path_buf();
    }
    if let Some(prepared) = &environment.state_directory {
        return prepared.clone();
    }
    if environment.default_is_writable {
        return DEFAULT_STATE_DIR.into();
    }
    // The specification says that a relative path there is to be ignored.
    let xdg = environment.xdg_state_home.clone();
    xdg.filter(|path| path.is_absolute())
        .or_else(|| Some(environment.home.as_ref()?.join(".local/state")))
        .map_or_else(|| DEFAULT_STATE_DIR.into(), |path| path.join("pairbox"))
}

impl StateEnvironment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let path = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            // With several folders in the unit the variable is a list; ours is the only one.
            state_directory: path("STATE_DIRECTORY"),
            runtime_directory: path("RUNTIME_DIRECTORY"),
            xdg_state_home: path("XDG_STATE_HOME"),
            home: path("HOME"),
            default_is_writable: is_writable(Path::new(DEFAULT_STATE_DIR)),
        }
    }
}

/// Whether files can be made in `path`, or, where it does not exist yet, in its parent.
fn is_writable(path: &Path) -> bool {
    let existing = if path.exists() {
        Some(path)
    } else {
        path.parent()
    };
    existing.is_some_and(|folder| {
        rustix::fs::access(
            folder,
            rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
        )
        .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> StateEnvironment {
        StateEnvironment {
            home: Some("/home/kim".into()),
            ..StateEnvironment::default()
        }
    }

    #[test]
    fn what_is_configured_wins_over_everything() {
        let environment = StateEnvironment {
            state_directory: Some("/var/lib/private/pairbox".into()),
            default_is_writable: true,
            ..home()
        };
        let chosen = state_dir(Some(Path::new("data")), &environment);
        assert_eq!(chosen, Path::new("data"));
    }

    #[test]
    fn the_order_of_the_rest() {
        let mut environment = StateEnvironment {
            state_directory: Some("/var/lib/private/pairbox".into()),
            xdg_state_home: Some("/home/kim/state".into()),
            default_is_writable: true,
            ..home()
        };
        let chosen = |environment: &StateEnvironment| state_dir(None, environment);
        assert_eq!(chosen(&environment), Path::new("/var/lib/private/pairbox"));
        environment.state_directory = None;
        assert_eq!(chosen(&environment), Path::new("/var/lib/pairbox"));
        environment.default_is_writable = false;
        assert_eq!(chosen(&environment), Path::new("/home/kim/state/pairbox"));
        environment.xdg_state_home = Some("relative".into());
        let fallback = Path::new("/home/kim/.local/state/pairbox");
        assert_eq!(chosen(&environment), fallback);
        environment.xdg_state_home = None;
        assert_eq!(chosen(&environment), fallback);
    }

    #[test]
    fn somebody_without_a_home_is_told_by_the_store() {
        let chosen = state_dir(None, &StateEnvironment::default());
        assert_eq!(chosen, Path::new(DEFAULT_STATE_DIR));
    }
}
