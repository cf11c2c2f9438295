//! Finds out what `pairbox check` tells. Reads only: files, one byte from the panel's addresses, and
//! levels of lines that nobody holds.

use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::digital::InputPin as _;

use super::{
    Access, Asked, ClockFound, Device, Disk, Findings, LineFound, Membership, Shows, User, network,
};
use crate::board::{Board, Bus, Level, Subsystem, probe};
use crate::clock::Clock;
use crate::config::{self, BoardName, Config, DEFAULT_STATE_DIR, FileError, StateEnvironment};
use crate::line::{CONSUMER, LineDriver, LineError, Lines};

/// How rppal calls itself when it holds a line (its `gpio/ioctl.rs`).
const RPPAL: &str = "RPPAL";

/// The places that are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places {
    /// What `auto` looks at.
    pub auto: probe::Places,
    /// The machine's name. Not `/proc/device-tree`: the unit hides most of `/proc`.
    pub model: PathBuf,
    /// Made by systemd-timesyncd when the clock was set (systemd-timesyncd.service(8)).
    pub synchronised: PathBuf,
    /// The system's groups.
    pub groups: PathBuf,
    /// The system's users.
    pub users: PathBuf,
    /// The service's state, where the unit keeps it.
    pub state: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            auto: probe::Places::default(),
            model: "/sys/firmware/devicetree/base/model".into(),
            synchronised: "/run/systemd/timesync/synchronized".into(),
            groups: "/etc/group".into(),
            users: "/etc/passwd".into(),
            state: DEFAULT_STATE_DIR.into(),
        }
    }
}

/// Looks at everything. Takes some seconds where the network does not answer; blocks.
///
/// # Errors
/// The board's file is wrong: there is nothing to look for.
pub fn look(config: &Config, places: &Places) -> Result<Findings, FileError> {
    let clock = Clock::start();
    let (board, why) = config.choose_board(|| probe::look_at(&places.auto))?;
    let device = device(&board);
    Ok(Findings {
        model: text_of(&places.model),
        auto: config.board == BoardName::Auto,
        why,
        complaints: config
            .catalog()
            .complaints()
            .map(FileError::to_string)
            .collect(),
        panel: if device == Device::Opens {
            ask(&board)
        } else {
            Asked::NotAsked
        },
        device,
        lines: levels(&board),
        user: user(places),
        clock: ClockFound {
            wall: clock.now().wall,
            synchronised: places.synchronised.exists(),
        },
        network: network::look(&config.whatsapp.endpoint, clock),
        disk: disk(config, places),
        board,
    })
}

/// The text of a property of the device tree.
fn text_of(path: &Path) -> Option<String> {
    let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
    Some(text.trim_end_matches(['\0', '\n']).to_owned()).filter(|text| !text.is_empty())
}

fn device(board: &Board) -> Device {
    let path = match board.panel.as_ref().map(|panel| &panel.bus) {
        Some(Bus::I2c { path, .. } | Bus::Spi { path, .. }) => path,
        #[cfg(feature = "bench")]
        Some(Bus::Socket) => return Device::NotNeeded,
        None => return Device::NotNeeded,
    };
    // Opening the device of a bus does nothing to the bus; the service may have it open, too.
    match std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
    {
        Ok(_) => Device::Opens,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Device::Missing,
            io::ErrorKind::PermissionDenied => Device::Forbidden,
            _ => Device::Broken(error.to_string()),
        },
    }
}

fn ask(board: &Board) -> Asked {
    match board.panel.as_ref().map(|panel| &panel.bus) {
        Some(Bus::I2c {
            path, addresses, ..
        }) => match probe::ask(path, addresses) {
            Ok(answers) => Asked::Answers(answers),
            Err(why) => Asked::Broken(why),
        },
        _ => Asked::NotAsked,
    }
}

/// The levels of the buttons' lines. Through the kernel whatever the configuration says: it refuses a
/// line that the service holds, where rppal would change it under the service's hands.
fn levels(board: &Board) -> Result<Vec<LineFound>, String> {
    let lines = Lines::open(LineDriver::Gpiocdev).map_err(|error| error.to_string())?;
    let found = board.buttons.iter().map(|(button, at)| {
        let level = lines
            .input(at.line, at.pull)
            .and_then(|mut line| line.is_high());
        LineFound {
            button,
            shows: shows(level),
        }
    });
    Ok(found.collect())
}

fn shows(level: Result<bool, LineError>) -> Shows {
    match level {
        Ok(true) => Shows::Level(Level::High),
        Ok(false) => Shows::Level(Level::Low),
        Err(LineError::Taken { holder, .. })
            if holder.contains(CONSUMER) || holder.contains(RPPAL) =>
        {
            Shows::Ours
        }
        Err(error) => Shows::Refused(error.to_string()),
    }
}

fn user(places: &Places) -> User {
    let uid = rustix::process::geteuid();
    let mut gids: Vec<u32> = rustix::process::getgroups()
        .unwrap_or_default()
        .into_iter()
        .map(rustix::process::Gid::as_raw)
        .collect();
    gids.push(rustix::process::getegid().as_raw());
    let users = std::fs::read_to_string(&places.users).unwrap_or_default();
    let groups = std::fs::read_to_string(&places.groups).unwrap_or_default();
    let membership = |subsystem: Subsystem| match id_of(&groups, subsystem.group()) {
        None => Membership::NoGroup,
        Some(gid) if gids.contains(&gid) => Membership::In,
        Some(_) => Membership::Out,
    };
    User {
        name: name_of(&users, uid.as_raw()).unwrap_or_else(|| format!("user {}", uid.as_raw())),
        root: uid.is_root(),
        groups: Subsystem::ALL
            .into_iter()
            .map(|subsystem| (subsystem, membership(subsystem)))
            .collect(),
    }
}

/// The number of a group in the text of `/etc/group` (group(5): name, password, number, members).
fn id_of(groups: &str, name: &str) -> Option<u32> {
    let mut lines = groups
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|fields| fields.first() == Some(&name))?;
    line.get(2)?.parse().ok()
}

/// The name of a user in the text of `/etc/passwd` (passwd(5): name, password, number, ...).
fn name_of(users: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    let mut lines = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|fields| fields.get(2) == Some(&uid.as_str()))?;
    line.first().map(|name| (*name).to_owned())
}

/// The folder of the service's database, whoever asks: a person's own one is not what is meant when
/// the unit has made one.
fn disk(config: &Config, places: &Places) -> Disk {
    let unit_has_one = places.state.symlink_metadata().is_ok();
    let (folder, of_unit) = match &config.state_dir {
        None if unit_has_one => (places.state.clone(), true),
        configured => {
            let environment = StateEnvironment::of_process();
            (
                config::state_dir(configured.as_deref(), &environment),
                false,
            )
        }
    };
    let existing = folder
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let access = match rustix::fs::access(existing, wanted) {
        Ok(()) if existing == folder => Access::Writable,
        Ok(()) => Access::CanBeMade,
        Err(rustix::io::Errno::ROFS) => Access::ReadOnly,
        Err(_) if of_unit => Access::Service,
        Err(_) => Access::Forbidden,
    };
    let free = rustix::fs::statvfs(existing).ok();
    Disk {
        folder,
        access,
        free: free.map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_groups_as_the_system_writes_them() {
        let groups = "root:x:0:\ngpio:x:986:kim\nspi:x:nonsense:\nbroken\n";
        assert_eq!(id_of(groups, "gpio"), Some(986));
        assert_eq!(id_of(groups, "spi"), None);
        assert_eq!(id_of(groups, "i2c"), None);
        let users = "root:x:0:0:root:/r:/bin/sh\nkim:x:1000:1000::/home/kim:/bin/sh\n";
        assert_eq!(name_of(users, 1000).as_deref(), Some("kim"));
        assert_eq!(name_of(users, 7), None);
    }

    #[test]
    fn a_line_of_the_service_is_told_from_one_of_others() {
        let taken = |holder: &str| {
            Err(LineError::Taken {
                chip: "/dev/gpiochip0".into(),
                line: 5,
                holder: holder.into(),
                fix: "stop it",
            })
        };
        assert_eq!(shows(taken("`pairbox`")), Shows::Ours);
        assert_eq!(shows(taken("`RPPAL`")), Shows::Ours);
        let other = shows(taken("`lirc`"));
        assert!(matches!(other, Shows::Refused(why) if why.contains("lirc")));
        assert_eq!(shows(Ok(false)), Shows::Level(Level::Low));
    }

    #[test]
    fn the_model_without_its_nul() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        assert_eq!(text_of(&path), None);
        std::fs::write(&path, "Raspberry Pi 4 Model B Rev 1.4\0").unwrap();
        assert_eq!(
            text_of(&path).as_deref(),
            Some("Raspberry Pi 4 Model B Rev 1.4")
        );
    }

    #[test]
    fn folders_that_are_there_can_be_made_or_belong_to_the_unit() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            state: folder.path().join("none"),
            ..Places::default()
        };
        let mut config = Config {
            state_dir: Some(folder.path().into()),
            ..Config::default()
        };
        assert_eq!(disk(&config, &places).access, Access::Writable);
        config.state_dir = Some(folder.path().join("a/b"));
        let found = disk(&config, &places);
        assert_eq!(found.access, Access::CanBeMade);
        assert!(found.free.is_some_and(|free| free > 0));
        // Without a setting, what the unit has made is meant.
        config.state_dir = None;
        let places = Places {
            state: folder.path().into(),
            ..places
        };
        assert_eq!(disk(&config, &places).folder, folder.path());
    }
}
