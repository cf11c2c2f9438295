//! The board: what is wired to what, what goes wrong, and what a script can do and see.
//!
//! Clones are the same board. Everything happens under one lock; whoever waits, waits on the change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pairbox_chips::Picture;
use rustix::event::EventfdFlags;
use tempfile::TempDir;

use crate::gpio::Lines;
use crate::module::Module;
use crate::plan::Plan;
use crate::spi::SpiSettings;

/// What can go wrong on a bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BusFault {
    /// No acknowledge.
    Nak,
    /// The transfer breaks off after so many bytes of a message, with `EIO`.
    Cut {
        /// Bytes that still arrive.
        after: usize,
    },
}

/// A fault, and how often it strikes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    fault: Option<BusFault>,
    times: u32,
}

impl Trouble {
    /// The fault this transaction meets.
    pub(crate) fn strike(&mut self) -> Option<BusFault> {
        self.times = self.times.checked_sub(1)?;
        self.fault
    }
}

/// What went over the buses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Transactions, whether they went well or not.
    pub transactions: u64,
    /// Bytes that arrived.
    pub bytes: u64,
}

/// A device that the program has open.
pub(crate) struct Handle {
    pub(crate) kind: HandleKind,
    /// Our end of the socket; of lines, the request has another copy of it.
    pub(crate) socket: Arc<OwnedFd>,
}

#[derive(Clone, Copy)]
pub(crate) enum HandleKind {
    I2c {
        address: u8,
    },
    Spi(SpiSettings),
    Chip,
    Lines,
    /// The device was taken away while it was open.
    Dead,
}

/// Everything behind the lock.
pub(crate) struct State {
    pub(crate) plan: Plan,
    pub(crate) module: Box<dyn Module>,
    pub(crate) lines: Lines,
    /// Levels the module was told.
    told: Vec<bool>,
    /// Lines of the module that are stuck.
    stuck: BTreeMap<u32, bool>,
    /// By the inode of the program's end of the socket.
    pub(crate) handles: BTreeMap<u64, Handle>,
    pub(crate) gone: BTreeSet<PathBuf>,
    pub(crate) i2c_fault: Trouble,
    pub(crate) spi_fault: Trouble,
    pub(crate) spi_settings: SpiSettings,
    pub(crate) traffic: Traffic,
    pub(crate) watchdog_opens: u32,
    /// What the program asked for that a real board would not have understood, and failures of ours.
    pub(crate) complaints: Vec<String>,
    /// What stood on the glass when the board was made.
    blank: Picture,
    /// When it first was something else, by the monotonic clock.
    first_picture: Option<u64>,
    /// A folder with the names of the devices, for who lists `/dev`.
    pub(crate) stage: TempDir,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: OwnedFd,
}

/// A board.
#[derive(Clone)]
pub struct Board(Arc<Shared>);

/// A wait that ended without what it waited for: what it was, and what the glass showed instead.
#[derive(Debug, thiserror::Error)]
pub struct TimedOut {
    wanted: String,
    last: Picture,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the panel never showed {}; it showed", self.wanted)?;
        fmt::Display::fmt(&self.last, f)
    }
}

/// Nanoseconds of the monotonic clock, which also stamps line events.
#[must_use]
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Neither is negative on the monotonic clock.
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

impl Board {
    /// A board with a module on its header.
    pub fn new(plan: Plan, module: impl Module + 'static) -> io::Result<Self> {
        let stage = tempfile::tempdir()?;
        // The names every listing of /dev has, and ours.
        for name in ["null", "random", "urandom", "zero"] {
            fs::write(stage.path().join(name), [])?;
        }
        let mut lines = Lines::new(plan.lines);
        for (line, high) in module.resistors() {
            lines.set_resistor(line, high);
        }
        let blank = module.picture();
        let told = vec![false; plan.lines as usize];
        let mut state = State {
            plan,
            module: Box::new(module),
            lines,
            told,
            stuck: BTreeMap::new(),
            handles: BTreeMap::new(),
            gone: BTreeSet::new(),
            i2c_fault: Trouble::default(),
            spi_fault: Trouble::default(),
            spi_settings: SpiSettings::default(),
            traffic: Traffic::default(),
            watchdog_opens: 0,
            complaints: Vec::new(),
            blank,
            first_picture: None,
            stage,
        };
        for device in state.plan.devices().map(Path::to_owned) {
            state.place(&device)?;
        }
        state.follow();
        Ok(Self(Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            wake: rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })))
    }

    /// Does something with the board, lets the module follow, and tells who waits.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let outcome = work(&mut state);
        state.follow();
        let settles = state.lines.next_settling().is_some();
        let waits = state
            .lines
            .requests()
            .any(|(_, request)| request.is_waiting());
        drop(state);
        self.0.changed.notify_all();
        if settles || waits {
            // Fails only when it is awake anyway.
            let _ = rustix::io::write(&self.0.wake, &1u64.to_ne_bytes());
        }
        outcome
    }

    /// Looks at the board without touching it.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.lock())
    }

    /// What the supervisor polls to be told that a debouncing has begun, or an
    /// event waits for room.
    pub(crate) fn wake(&self) -> &OwnedFd {
        &self.0.wake
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything can panic.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A finger or a wire makes a line high or low, or lets go of it.
    pub fn set_line(&self, line: u32, level: Option<bool>) {
        self.with(|state| state.lines.set_outside(line, level, now()));
    }

    /// The level on a wire.
    #[must_use]
    pub fn level(&self, line: u32) -> bool {
        self.lock().lines.level(line)
    }

    /// The level the program drives, if it drives one.
    #[must_use]
    pub fn driven(&self, line: u32) -> Option<bool> {
        self.lock().lines.driven(line)
    }

    /// Who holds a line.
    #[must_use]
    pub fn holder(&self, line: u32) -> Option<String> {
        self.with(|state| {
            state.reap(now());
            state.lines.holder(line)
        })
    }

    /// A driver of the kernel holds a line, or lets it go.
    pub fn occupy(&self, line: u32, consumer: Option<&str>) {
        self.with(|state| state.lines.occupy(line, consumer));
    }

    /// A line that the module drives is stuck at a level, or free again.
    pub fn stick(&self, line: u32, level: Option<bool>) {
        self.with(|state| match level {
            Some(level) => {
                state.stuck.insert(line, level);
            }
            None => {
                state.stuck.remove(&line);
            }
        });
    }

    /// The next `times` transactions on I2C meet a fault; 0: none does any more.
    pub fn disturb_i2c(&self, fault: BusFault, times: u32) {
        let fault = Some(fault);
        self.with(|state| state.i2c_fault = Trouble { fault, times });
    }

    /// The next `times` transactions on SPI meet a fault; 0: none does any more.
    pub fn disturb_spi(&self, fault: BusFault, times: u32) {
        let fault = Some(fault);
        self.with(|state| state.spi_fault = Trouble { fault, times });
    }

    /// A device vanishes: its name is gone, and who has it open hears `ENODEV`.
    pub fn vanish(&self, device: &Path) {
        self.with(|state| state.vanish(device));
    }

    /// It comes back.
    pub fn come_back(&self, device: &Path) {
        self.with(|state| {
            state.gone.remove(device);
            if let Err(error) = state.place(device) {
                state
                    .complaints
                    .push(format!("{}: {error}", device.display()));
            }
        });
    }

    /// What a person sees.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.lock().module.picture()
    }

    /// Waits until the glass shows something for which `is_it` holds; `wanted` names it for the error.
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        mut is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        let mut seen = None;
        // Reading a picture takes longer than drawing most of them: each is read once.
        let wait = |state: &mut State| {
            let picture = state.module.picture();
            let not_it = seen.as_ref() == Some(&picture) || !is_it(&picture);
            seen = Some(picture);
            not_it
        };
        let waited = self.0.changed.wait_timeout_while(self.lock(), within, wait);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let last = state.module.picture();
        if timeout.timed_out() {
            let wanted = wanted.to_owned();
            return Err(TimedOut { wanted, last });
        }
        Ok(last)
    }

    /// Waits until somebody holds a line, or nobody does. `false` after `within`.
    #[must_use]
    pub fn wait_held(&self, line: u32, held: bool, within: Duration) -> bool {
        let wait = |state: &mut State| state.lines.holder(line).is_some() != held;
        let waited = self.0.changed.wait_timeout_while(self.lock(), within, wait);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// When the glass first showed something else than at the start, in nanoseconds of [`now`].
    #[must_use]
    pub fn first_picture(&self) -> Option<u64> {
        self.lock().first_picture
    }

    /// What went over the buses.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.lock().traffic
    }

    /// What was last set on SPI.
    #[must_use]
    pub fn spi_settings(&self) -> SpiSettings {
        self.lock().spi_settings
    }

    /// How often `/dev/watchdog` was opened: it belongs to the system.
    #[must_use]
    pub fn watchdog_opens(&self) -> u32 {
        self.lock().watchdog_opens
    }

    /// Edges on lines that the program holds, and events that found no room in its queue.
    #[must_use]
    pub fn edges(&self) -> (u64, u64) {
        let state = self.lock();
        (state.lines.edges, state.lines.lost())
    }

    /// Everything that a real board would not have taken: unknown ioctls, two sides driving one line.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let state = self.lock();
        let fights = state.lines.fights.iter();
        state.complaints.iter().chain(fights).cloned().collect()
    }
}

impl State {
    /// Puts a device's name into the listing of `/dev`.
    fn place(&self, device: &Path) -> io::Result<()> {
        match device.file_name() {
            Some(name) => fs::write(self.stage.path().join(name), []),
            None => Ok(()),
        }
    }

    fn vanish(&mut self, device: &Path) {
        self.gone.insert(device.to_owned());
        if let Some(name) = device.file_name() {
            // It may have vanished before.
            let _ = fs::remove_file(self.stage.path().join(name));
        }
        let plan = &self.plan;
        for handle in self.handles.values_mut() {
            let its = match handle.kind {
                HandleKind::I2c { .. } => &plan.i2c,
                HandleKind::Spi(_) => &plan.spi,
                HandleKind::Chip | HandleKind::Lines => &plan.chip,
                HandleKind::Dead => continue,
            };
            if its == device {
                handle.kind = HandleKind::Dead;
                // Who polls it is woken.
                let _ = rustix::net::shutdown(&handle.socket, rustix::net::Shutdown::Write);
            }
        }
        if device == plan.chip {
            let held: Vec<u64> = self.lines.requests().map(|(id, _)| id).collect();
            for id in held {
                self.lines.release(id, now());
            }
        }
    }

    /// The module sees the lines, and the lines see the module.
    fn follow(&mut self) {
        for offset in 0..self.lines.count() {
            let level = self.lines.level(offset);
            let told = &mut self.told[offset as usize];
            if std::mem::replace(told, level) != level {
                self.module.set_line(offset, level);
            }
        }
        let at = now();
        for (line, level) in self.module.levels() {
            let level = self.stuck.get(&line).copied().unwrap_or(level);
            self.lines.set_module(line, Some(level), at);
        }
        if self.first_picture.is_none() && self.module.picture() != self.blank {
            self.first_picture = Some(at);
        }
    }

    /// Forgets devices that the program has closed.
    pub(crate) fn reap(&mut self, at: u64) {
        let closed: Vec<u64> = self
            .handles
            .iter()
            .filter(|(_, handle)| hung_up(&handle.socket))
            .map(|(id, _)| *id)
            .collect();
        for id in closed {
            self.handles.remove(&id);
            self.lines.release(id, at);
        }
    }
}

fn hung_up(socket: &OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec};
    let mut poll = [PollFd::new(socket, PollFlags::empty())];
    let at_once = Timespec::default();
    rustix::event::poll(&mut poll, Some(&at_once)).is_ok()
        && poll[0].revents().contains(PollFlags::HUP)
}
