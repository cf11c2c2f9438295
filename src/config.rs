//! What a person can set: one strict TOML file, every key with its default.
//!
//! A key that is not listed here, a wrong type or an impossible value is refused with one line that
//! names file, line, key and reason ([`FileError`]). Nothing here touches hardware or the network.
//! Command-line options win over the file, the file over the defaults.

mod messages;
pub mod source;
mod state_dir;
pub(crate) mod value;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use log::warn;
use serde::Deserialize;

use crate::args::RunOptions;
use crate::board::probe::{self, Seen};
use crate::board::{Board, Catalog, catalog};
use crate::event::Button;
use crate::line::LineDriver;
pub use messages::Messages;
pub use source::FileError;
use source::Source;
pub use state_dir::{DEFAULT_STATE_DIR, StateEnvironment, state_dir};
pub use value::{BoardName, ClientVersion, LogLevel};

/// Where the file is looked for when none is named. Its absence is no error.
pub const DEFAULT_FILE: &str = "/etc/pairbox/pairbox.toml";

/// Everything that can be set.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of the first account, and of the box in the phone's list of linked devices.
    /// 1 to 25 characters. Default: `pairbox`.
    #[serde(deserialize_with = "value::label")]
    pub label: String,
    /// Folder of the database. Default: see [`state_dir()`].
    pub state_dir: Option<PathBuf>,
    /// The hardware: `auto`, the name of a board, or a path to a board file. Default: `auto`.
    pub board: BoardName,
    /// Folder of board files of one's own, `NAME.toml`; it need not be there.
    /// Default: `/etc/pairbox/board.d`.
    pub board_dir: PathBuf,
    /// Who drives the lines: `auto`, `rppal` or `gpiocdev`. Default: `auto`.
    pub gpio: LineDriver,
    /// The page.
    pub http: Http,
    /// The WhatsApp service.
    pub whatsapp: WhatsApp,
    /// What goes out, and what is kept for those who are away.
    pub messages: Messages,
    /// Lines of the buttons where they differ from the board's.
    pub buttons: Buttons,
    /// The log.
    pub log: Log,
    /// Simulated hardware.
    #[cfg(feature = "bench")]
    pub bench: Option<Bench>,
}

/// `[http]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [http]")]
pub struct Http {
    /// Address and port of the page. Default: `127.0.0.1:8080`; a device's file says `0.0.0.0:80`.
    #[serde(deserialize_with = "value::listen")]
    pub listen: SocketAddr,
    /// The control socket, for the command line. Default: see [`control_socket`].
    #[serde(deserialize_with = "value::control")]
    pub control: Option<PathBuf>,
    /// Names of this box in the local name service, beyond those under `.local`: the page answers to
    /// them. Default: none.
    #[serde(deserialize_with = "value::names")]
    pub names: Vec<String>,
}

/// `[whatsapp]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [whatsapp]")]
pub struct WhatsApp {
    /// The service. Default: `wss://web.whatsapp.com/ws/chat`.
    #[serde(deserialize_with = "value::endpoint")]
    pub endpoint: String,
    /// Where the current client version is read. Default: `https://web.whatsapp.com/sw.js`.
    #[serde(deserialize_with = "value::version_url")]
    pub version_url: String,
    /// A fixed client version, like `2.3000.1023456789`. Default: the one read from `version_url`.
    pub version: Option<ClientVersion>,
    /// One-time keys uploaded for people who write first, 5 to 65535. Default: 812, as WhatsApp Web.
    #[serde(deserialize_with = "value::pre_keys")]
    pub pre_keys: u16,
}

/// `[buttons]`: BCM line numbers (not the numbers of the header's pins), 2 to 27.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [buttons]")]
pub struct Buttons {
    /// Pair / connect. Default: the board's.
    #[serde(deserialize_with = "value::optional_line")]
    pub connect: Option<u8>,
    /// Disconnect. Default: the board's.
    #[serde(deserialize_with = "value::optional_line")]
    pub disconnect: Option<u8>,
    /// The previous account. Default: the board's, if it has one.
    #[serde(deserialize_with = "value::optional_line")]
    pub previous: Option<u8>,
    /// The next account. Default: the board's, if it has one.
    #[serde(deserialize_with = "value::optional_line")]
    pub next: Option<u8>,
    /// Between an account and the overview. Default: the board's, if it has one.
    #[serde(deserialize_with = "value::optional_line")]
    pub select: Option<u8>,
}

impl Buttons {
    /// The buttons that are to be on other lines than the board's.
    fn moves(&self) -> Vec<(Button, u8)> {
        let all = [
            self.connect,
            self.disconnect,
            self.previous,
            self.next,
            self.select,
        ];
        let all = Button::ALL.into_iter().zip(all);
        all.filter_map(|(button, line)| Some((button, line?)))
            .collect()
    }
}

/// `[log]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [log]")]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`. Default: `info`.
    pub level: LogLevel,
}

/// `[bench]`: test builds only.
#[cfg(feature = "bench")]
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// The Unix socket behind which panel and buttons are simulated.
    pub socket: PathBuf,
    /// While this file holds `full`, `read-only`, `io`, `hang` or `panic`, the store's disk fails like that.
    pub disk: Option<PathBuf>,
    /// A file with what is wrong with the world, a word a line: `no-clock`, `no-network`. It may
    /// change at any time if it is there, empty or not, when the box starts. Default: nothing is.
    pub world: Option<PathBuf>,
    /// Divides the waits between attempts to deliver to a webhook. Default: 1.
    pub retry_scale: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            label: "pairbox".into(),
            state_dir: None,
            board: BoardName::Auto,
            board_dir: catalog::DEFAULT_FOLDER.into(),
            gpio: LineDriver::Auto,
            http: Http::default(),
            whatsapp: WhatsApp::default(),
            messages: Messages::default(),
            buttons: Buttons::default(),
            log: Log::default(),
            #[cfg(feature = "bench")]
            bench: None,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            control: None,
            names: Vec::new(),
        }
    }
}

impl Default for WhatsApp {
    fn default() -> Self {
        Self {
            endpoint: "wss://web.whatsapp.com/ws/chat".into(),
            version_url: "https://web.whatsapp.com/sw.js".into(),
            version: None,
            pre_keys: 812,
        }
    }
}

/// Where the service has its control socket: where it was told to, in the folder that systemd made for
/// it (`RuntimeDirectory=`), or beside its database.
#[must_use]
pub fn control_socket(config: &Config, environment: &StateEnvironment) -> PathBuf {
    let prepared = environment.runtime_directory.as_ref();
    let folder = || {
        prepared
            .cloned()
            .unwrap_or_else(|| state_dir(config.state_dir.as_deref(), environment))
    };
    let configured = config.http.control.clone();
    configured.unwrap_or_else(|| folder().join("control.sock"))
}

/// `pairbox check-config`: one line that says that the file is in order, or the first thing in it
/// that is not.
pub fn check(file: Option<&Path>) -> Result<String, FileError> {
    let default = Path::new(DEFAULT_FILE);
    match file {
        None if !default.exists() => Ok(format!("{DEFAULT_FILE}: not there, defaults are used")),
        file => {
            let file = file.unwrap_or(default);
            Config::read(file)?;
            Ok(format!("{}: in order", file.display()))
        }
    }
}

impl Config {
    /// Parses the text of a file called `file` and checks everything that can be checked without
    /// looking at the machine: the board's file and the lines included.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let source = Source { file, text };
        let config: Self = source.parse()?;
        config.check(&source)?;
        Ok(config)
    }

    /// Reads the file named on the command line, or [`DEFAULT_FILE`] if that exists, or takes the
    /// defaults; then applies the options of the command line.
    pub fn load(options: &RunOptions) -> Result<Self, FileError> {
        let mut config = match &options.config {
            Some(file) => Self::read(file)?,
            None if Path::new(DEFAULT_FILE).exists() => Self::read(Path::new(DEFAULT_FILE))?,
            None => Self::default(),
        };
        if let Some(state_dir) = &options.state_dir {
            config.state_dir = Some(state_dir.clone());
        }
        if let Some(listen) = options.listen {
            config.http.listen = listen;
        }
        if let Some(board) = &options.board {
            config.board = board.clone();
            config.check(&Source::nameless("--board"))?;
        }
        Ok(config)
    }

    /// Reads and checks one file.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&file.display().to_string(), &source::read(file)?)
    }

    /// All boards there are: the program's and those of `board_dir`.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        Catalog::load(&self.board_dir)
    }

    /// The board to run with, and why this one, in words for the log. `look` is asked only when the
    /// configuration leaves the choice to us; it may block for some milliseconds.
    pub fn choose_board(&self, look: impl FnOnce() -> Seen) -> Result<(Board, String), FileError> {
        let source = Source::nameless("configuration");
        let catalog = self.catalog();
        for complaint in catalog.complaints() {
            warn!("a board file is of no use: {complaint}");
        }
        if let Some(board) = self.configured_board(&catalog, &source)? {
            return Ok((board, "as configured".into()));
        }
        let (name, why) = probe::decide(&look(), catalog.boards());
        let board = catalog.resolve(&name, &source)?;
        Ok((self.move_buttons(board, &source)?, why))
    }

    /// The board named in the configuration, its buttons on the configured lines; `None` for `auto`.
    fn configured_board(
        &self,
        catalog: &Catalog,
        source: &Source<'_>,
    ) -> Result<Option<Board>, FileError> {
        let board = match &self.board {
            BoardName::Auto => return Ok(None),
            BoardName::File(path) => Board::read(path)?,
            BoardName::Named(name) => catalog.resolve(name, source)?,
        };
        self.move_buttons(board, source).map(Some)
    }

    fn move_buttons(&self, mut board: Board, source: &Source<'_>) -> Result<Board, FileError> {
        let moves = self.buttons.moves();
        board.move_buttons(&moves).map_err(|error| {
            // Of two buttons on one line the configured one is wrong, the later one of two such.
            let moved = |button: &Button| moves.iter().any(|(moved, _)| moved == button);
            let both = [error.button(), error.other_button()];
            let wrong = both.into_iter().flatten().find(moved);
            let key = wrong.map_or("buttons".into(), |button| {
                format!("buttons.{}", button.name())
            });
            source.error_at(&key, &error)
        })?;
        Ok(board)
    }

    fn check(&self, source: &Source<'_>) -> Result<(), FileError> {
        #[cfg(feature = "bench")]
        if self.bench.is_none() && self.board == BoardName::Named("bench".into()) {
            let reason = "the board `bench` needs a [bench] section with its socket";
            return Err(source.error_at("board", &reason));
        }
        let catalog = self.catalog();
        if self.configured_board(&catalog, source)?.is_none() {
            // Whatever `auto` finds, it is one of these, unless an add-on board says what it is.
            for name in probe::AUTO_NAMES {
                self.move_buttons(catalog.resolve(name, source)?, source)?;
            }
        }
        Ok(())
    }
}
