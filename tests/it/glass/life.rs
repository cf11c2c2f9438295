//! A panel's policy in the time of its cable: turns it takes, and what the world does in between.

use std::time::Duration;

use pairbox::event::{Event, PanelEvent};
use pairbox::inbox::Inbox;
use pairbox::panel::Opener;
use pairbox::panel::glass::Glass;
use pairbox::snapshot::Snapshot;
use pairbox::time::Mono;
use pairbox::view;
use pairbox_chips::{Picture, RefreshKind, Stats};
use tokio::sync::mpsc::Receiver;

use super::as_picture;
use super::modules::{Module, Wires};

/// A glass, its cable, and the time.
pub struct Life {
    pub module: Module,
    pub wires: Wires,
    pub glass: Glass<Opener>,
    pub events: Receiver<Event>,
    /// What is to be seen.
    pub snapshot: Snapshot,
    /// Turns it took so far.
    pub turns: u32,
    wake_at: Option<Mono>,
}

impl Life {
    /// A fresh panel that is shown `snapshot`.
    pub fn start(module: Module, snapshot: Snapshot) -> Self {
        let mut life = Self::idle(module, snapshot);
        life.turn();
        life
    }

    /// The same before its first turn.
    pub fn idle(module: Module, snapshot: Snapshot) -> Self {
        let wires = module.plug();
        let (inbox, events) = Inbox::new();
        Self {
            module,
            glass: Glass::new(module.opener(&wires), inbox),
            wires,
            events,
            snapshot,
            turns: 0,
            wake_at: None,
        }
    }

    pub fn now(&self) -> Mono {
        self.wires.now()
    }

    fn turn(&mut self) {
        self.wake_at = self.glass.turn(&self.snapshot, self.now());
        self.turns += 1;
    }

    /// Another snapshot.
    pub fn show(&mut self, snapshot: Snapshot) {
        self.snapshot = snapshot;
        self.turn();
    }

    /// Lets time pass, from wake-up to wake-up, as the thread does.
    pub fn pass(&mut self, length: Duration) {
        self.until(self.now() + length);
    }

    /// The same, up to a point in time.
    pub fn until(&mut self, then: Mono) {
        while let Some(wake_at) = self.wake_at.filter(|wake_at| *wake_at <= then) {
            self.wires.wait_until(wake_at);
            self.turn();
        }
        self.wires.wait_until(then);
    }

    /// What should be seen now.
    pub fn truth(&self) -> Picture {
        let frame = view::draw(&self.snapshot, self.module.format(), self.now());
        as_picture(&frame)
    }

    /// What the panel said since the last time.
    pub fn said(&mut self) -> Vec<PanelEvent> {
        let mut said = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Panel(event) => said.push(event),
                other => panic!("not from the panel: {other:?}"),
            }
        }
        said
    }

    /// Bytes and bus time of something.
    pub fn cost_of(&mut self, what: impl FnOnce(&mut Self)) -> (u64, Duration) {
        let before: Stats = self.wires.stats();
        what(self);
        self.wires.since(before)
    }

    /// Refreshes of e-paper so far: full and partial.
    pub fn refreshes(&self) -> (usize, usize) {
        let refreshes = self.wires.spi().refreshes();
        let full = |kind: RefreshKind| kind == RefreshKind::Full;
        let full = refreshes.iter().filter(|done| full(done.kind)).count();
        (full, refreshes.len() - full)
    }
}
