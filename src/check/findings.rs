//! What `pairbox check` finds, before it is judged. Data only: the probes fill it in, and so do tests.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::board::{Board, Level, Subsystem};
use crate::event::Button;
use crate::time::UnixMillis;

/// Everything that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Findings {
    /// The machine's name for itself; `None` without a device tree.
    pub model: Option<String>,
    /// The board that is used.
    pub board: Board,
    /// The choice was ours.
    pub auto: bool,
    /// Why this one.
    pub why: String,
    /// Board files that are wrong.
    pub complaints: Vec<String>,
    /// The device of the panel's bus.
    pub device: Device,
    /// The panel.
    pub panel: Asked,
    /// The buttons' lines, or why there are none to be had.
    pub lines: Result<Vec<LineFound>, String>,
    /// Who asks.
    pub user: User,
    /// The time.
    pub clock: ClockFound,
    /// The way to WhatsApp.
    pub network: Network,
    /// The folder of the database.
    pub disk: Disk,
}

/// The device file of a bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Device {
    /// The board needs none.
    NotNeeded,
    /// It can be opened.
    Opens,
    /// It is not there.
    Missing,
    /// This user may not open it.
    Forbidden,
    /// It cannot be opened, in the system's words.
    Broken(String),
}

/// What came of asking the panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// There is none, or no bus to ask over, or one that cannot carry an answer.
    NotAsked,
    /// These addresses answered.
    Answers(Vec<u8>),
    /// The bus failed, in the system's words.
    Broken(String),
}

/// A button's line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineFound {
    /// The button.
    pub button: Button,
    /// What its line showed.
    pub shows: Shows,
}

/// What a line shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shows {
    /// A level.
    Level(Level),
    /// It is in use by the running service.
    Ours,
    /// It is in use by somebody else, or cannot be read; with what to do.
    Refused(String),
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// May do everything.
    pub root: bool,
    /// Groups of the system's that own devices, and whether this user is in them.
    pub groups: Vec<(Subsystem, Membership)>,
}

/// A user and a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Membership {
    /// The user is in it.
    In,
    /// The user is not.
    Out,
    /// There is no such group.
    NoGroup,
}

/// The time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockFound {
    /// What the clock shows, unless that cannot be.
    pub wall: Option<UnixMillis>,
    /// It was set from the network since boot.
    pub synchronised: bool,
}

/// The way to WhatsApp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    /// The service's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Our own address on the way out.
    pub own: Option<IpAddr>,
    /// How many addresses the name has, or why it has none.
    pub named: Result<usize, String>,
    /// How long a connection took, or why there was none; `None` when there was no address to try.
    pub reached: Option<Result<Duration, String>>,
}

/// The folder of the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disk {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it can be written.
    pub access: Access,
    /// Free bytes, where they can be asked.
    pub free: Option<u64>,
}

/// What can be done in a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Written.
    Writable,
    /// It is not there yet and can be made.
    CanBeMade,
    /// The file system is mounted read-only.
    ReadOnly,
    /// This user may not.
    Forbidden,
    /// It belongs to the service, and this user may not even look.
    Service,
}
