//! Trials of the hardware by a person who looks and presses: `pairbox panel-test` and
//! `pairbox button-test`.
//!
//! What is tried is handed in, so tests try simulated chips and lines. Nothing is asked: what should
//! be seen is said on the terminal, and a signal ends it.

pub mod buttons;
pub mod panel;

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};

use crate::button::ButtonError;
use crate::line::LineError;
use crate::panel::PanelError;

/// Why a trial ended early. Prints as one line.
#[derive(Debug, Error)]
pub enum TrialError {
    /// The service runs, and has the hardware.
    #[error("the service is running and has the hardware (it holds {0}): systemctl stop pairbox")]
    Busy(String),
    /// The board has no panel.
    #[error("the board {0} has no panel: name another with --board, or in the configuration")]
    Headless(String),
    /// The panel does not work.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// There are no lines to watch.
    #[error(transparent)]
    Lines(#[from] LineError),
    /// The buttons cannot be watched.
    #[error(transparent)]
    Buttons(#[from] ButtonError),
    /// Nobody reads what is said, or signals cannot be heard.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

/// Keeps the service from starting while this lives.
#[derive(Debug)]
pub struct Reserved {
    _lock: Option<File>,
}

/// Makes sure that the service does not run, and does not start while the result lives. Where there
/// is no database, or this user may not open it, nothing can be said and nothing is kept.
///
/// # Errors
/// [`TrialError::Busy`].
pub fn reserve(database: &Path) -> Result<Reserved, TrialError> {
    let Ok(file) = File::open(database) else {
        return Ok(Reserved { _lock: None });
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(TrialError::Busy(database.display().to_string())),
        // A file system without locks has no service that relies on them.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Reserved { _lock: Some(file) }),
    }
}

/// The person's wish to end: Ctrl-C, or systemd's.
pub struct Interrupt(Receiver<()>);

impl Interrupt {
    /// Takes SIGINT and SIGTERM from now on.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn listen() -> io::Result<Self> {
        let (interrupt, it) = Self::by_hand();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                let caught: io::Result<()> = runtime.block_on(async {
                    let mut int = signal(SignalKind::interrupt())?;
                    let mut term = signal(SignalKind::terminate())?;
                    tokio::select! {
                        _ = int.recv() => {}
                        _ = term.recv() => {}
                    }
                    Ok(())
                });
                // Without signals the default of the system ends the process.
                if caught.is_ok() {
                    let _ = interrupt.send(());
                } else {
                    thread::park();
                }
            })?;
        Ok(it)
    }

    /// One that is sent by hand. It lasts as long as its sender.
    #[must_use]
    pub fn by_hand() -> (Sender<()>, Self) {
        let (sender, receiver) = channel();
        (sender, Self(receiver))
    }

    /// Waits; `true` when the person wants it to end.
    #[must_use]
    pub fn within(&self, length: Duration) -> bool {
        !matches!(self.0.recv_timeout(length), Err(RecvTimeoutError::Timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_runs_keeps_its_hardware() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("pairbox.redb");
        reserve(&database).unwrap();
        assert!(!database.exists());
        let service = File::create(&database).unwrap();
        service.lock().unwrap();
        let error = reserve(&database).unwrap_err().to_string();
        assert!(error.contains("systemctl stop pairbox"), "{error}");
        drop(service);
        let reserved = reserve(&database).unwrap();
        let starting = File::open(&database).unwrap();
        assert!(
            starting.try_lock().is_err(),
            "the service must not start now"
        );
        drop(reserved);
        starting.try_lock().unwrap();
    }

    #[test]
    fn who_interrupts_once_is_heard() {
        let (sender, interrupt) = Interrupt::by_hand();
        assert!(!interrupt.within(Duration::ZERO));
        sender.send(()).unwrap();
        assert!(interrupt.within(Duration::from_secs(60)));
    }
}
