//! Finds out what the box is made of: which panel to light, which lines to watch.
//!
//! Nothing here is fatal. A box without a panel or without buttons runs, and says once what is missing
//! and why; the panel thread goes on trying.

use std::sync::Arc;
use std::thread::JoinHandle;

use log::{info, warn};
use tokio::sync::watch;

#[cfg(feature = "bench")]
use crate::board::Board;
use crate::board::probe;
use crate::button;
use crate::clock::Clock;
use crate::config::{Config, FileError};
use crate::inbox::Inbox;
use crate::line::Lines;
use crate::metrics::Metrics;
use crate::metrics::panel::counted;
use crate::panel::{self, Opener};
use crate::snapshot::{PanelHealth, Snapshot};
use crate::view::Format;

/// What the box is made of.
pub struct Hardware {
    panel: Option<(Format, Opener)>,
    /// Watching ends when these are dropped.
    _buttons: Option<button::Buttons>,
}

/// The panel's thread, while it runs.
pub struct Glass(JoinHandle<()>);

impl Glass {
    /// Waits until the glass is cleared: once nobody can publish a snapshot any more.
    pub fn join(self) {
        if self.0.join().is_err() {
            warn!("the panel ended with a panic");
        }
    }
}

impl Hardware {
    /// Looks at the board that is configured, or at the machine when the choice is ours, and starts
    /// watching the buttons.
    ///
    /// # Errors
    /// The board's file is wrong. Missing hardware is no error.
    pub fn find(config: &Config, inbox: &Inbox, clock: Clock) -> Result<Self, FileError> {
        let (board, why) = config.choose_board(probe::look)?;
        info!("board {}: {why}", board.name);
        #[cfg(feature = "bench")]
        if let Some(bench) = &config.bench {
            return Ok(Self::on_bench(&board, &bench.socket, inbox, clock));
        }
        let lines = match Lines::open(config.gpio) {
            Ok(lines) => Some(lines),
            Err(error) => {
                warn!("no buttons: {error}");
                None
            }
        };
        let buttons = lines.as_ref().and_then(|lines| {
            button::watch(&board.buttons, lines, inbox, clock)
                .inspect_err(|error| warn!("no buttons: {error}"))
                .ok()
        });
        Ok(Self {
            panel: board
                .panel
                .as_ref()
                .map(|spec| (spec.format(), panel::open::opener(spec, lines.clone()))),
            _buttons: buttons,
        })
    }

    #[cfg(feature = "bench")]
    fn on_bench(board: &Board, socket: &std::path::Path, inbox: &Inbox, clock: Clock) -> Self {
        warn!("a bench build: simulated hardware, and no check of the service's certificates");
        let bus = match crate::bench::connect(socket, inbox.clone(), clock) {
            Ok(bus) => bus,
            Err(error) => {
                warn!("no bench at {}: {error}", socket.display());
                return Self {
                    panel: None,
                    _buttons: None,
                };
            }
        };
        let device = socket.display().to_string();
        let panel = board.panel.as_ref().map(|spec| {
            let open: Opener = Box::new(move || {
                let oled = panel::ssd1306::Oled::new(bus.clone(), panel::ssd1306::ADDRESS, &device);
                Ok(Box::new(oled))
            });
            (spec.format(), open)
        });
        Self {
            panel,
            _buttons: None,
        }
    }

    /// What the machine is told before the panel has spoken for itself.
    #[must_use]
    pub fn panel_health(&self) -> PanelHealth {
        match self.panel {
            Some(_) => PanelHealth::Lost {
                why: "not opened yet".to_owned(),
            },
            None => PanelHealth::Headless,
        }
    }

    /// The panel's size and kind.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.panel.as_ref().map(|(format, _)| *format)
    }

    /// Starts the panel's thread: the first frame is drawn at once.
    pub fn light_up(
        &mut self,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        inbox: &Inbox,
        clock: Clock,
        metrics: &Metrics,
    ) -> Option<Glass> {
        let (_, open) = self.panel.take()?;
        let open = counted(open, metrics.clone(), clock);
        match panel::spawn(open, snapshots, inbox.clone(), clock) {
            Ok(thread) => Some(Glass(thread)),
            Err(error) => {
                warn!("no panel: its thread could not be started: {error}");
                None
            }
        }
    }
}
