//! A wire that does what it is told, and a box that listens to it. Time is virtual.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pairbox::account::{AccountId, AccountRecord};
use pairbox::board::{ButtonLine, ButtonLines, Level, Pull};
use pairbox::button::into_inbox;
use pairbox::button::source::{Armed, Bell, Fed, Feed, Heard, Source, feed};
use pairbox::button::watcher::{News, Watcher};
use pairbox::event::{Button, Effect, Event, LinkEvent, LinkedAs, StoredAccount};
use pairbox::inbox::Inbox;
use pairbox::line::LineError;
use pairbox::machine::Appliance;
use pairbox::snapshot::{PanelHealth, Snapshot};
use pairbox::time::{Mono, Now, UnixMillis};
use tokio::sync::mpsc::Receiver;

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Two buttons to ground.
pub fn two_lines() -> ButtonLines {
    let to_ground = |line| ButtonLine {
        line,
        pull: Pull::Up,
        pressed: Level::Low,
    };
    ButtonLines {
        connect: to_ground(5),
        disconnect: to_ground(6),
        previous: None,
        next: None,
        select: None,
    }
}

pub fn gone() -> LineError {
    LineError::Line {
        chip: "/dev/gpiochip0 `pinctrl-rp1`".into(),
        line: 5,
        what: "cannot be read",
        why: "No such device (os error 19)".into(),
    }
}

/// Wires of pulled-up buttons. Clones are the same wires.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    /// Buttons whose line is low.
    pub low: BTreeSet<Button>,
    pub armed: BTreeSet<Button>,
    pub queue: Vec<Heard>,
    /// Requests made so far.
    pub requests: u32,
    /// Edges handed over so far.
    pub heard: u32,
    /// Whatever is asked fails.
    pub broken: bool,
    /// The kernel refuses edges.
    pub mute: bool,
    /// Edges that happen now are lost.
    pub deaf: bool,
}

impl Wire {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn set(&self, button: Button, high: bool, at: Mono) {
        let mut state = self.state();
        let changed = if high {
            state.low.remove(&button)
        } else {
            state.low.insert(button)
        };
        if changed && state.armed.contains(&button) && !state.mute && !state.deaf {
            state.queue.push(Heard::Edge { button, high, at });
        }
    }
}

impl Source for Wire {
    fn arm(&mut self, button: Button, _: ButtonLine) -> Result<Armed, LineError> {
        let mut state = self.state();
        state.requests += 1;
        if state.broken {
            return Err(gone());
        }
        state.armed.insert(button);
        Ok(Armed {
            high: !state.low.contains(&button),
            edges: !state.mute,
        })
    }

    fn disarm(&mut self, button: Button) {
        self.state().armed.remove(&button);
    }

    fn is_high(&mut self, button: Button) -> Result<bool, LineError> {
        let state = self.state();
        assert!(state.armed.contains(&button), "a line nobody holds is read");
        if state.broken {
            return Err(gone());
        }
        Ok(!state.low.contains(&button))
    }

    fn wait(&mut self, _: Duration) -> Vec<Heard> {
        let mut state = self.state();
        state.heard += u32::try_from(state.queue.len()).unwrap();
        std::mem::take(&mut state.queue)
    }
}

/// Lines that are always there, up until the test says otherwise. They cannot be silenced.
pub struct Plain {
    fed: Fed,
    low: BTreeSet<Button>,
}

impl Source for Plain {
    fn arm(&mut self, button: Button, _: ButtonLine) -> Result<Armed, LineError> {
        Ok(Armed {
            high: !self.low.contains(&button),
            edges: true,
        })
    }

    fn disarm(&mut self, _: Button) {}

    fn is_high(&mut self, button: Button) -> Result<bool, LineError> {
        Ok(!self.low.contains(&button))
    }

    fn wait(&mut self, timeout: Duration) -> Vec<Heard> {
        let heard = self.fed.wait(timeout);
        for heard in &heard {
            match heard {
                Heard::Edge { button, high, .. } if *high => self.low.remove(button),
                Heard::Edge { button, .. } => self.low.insert(*button),
                Heard::Gone { .. } => false,
            };
        }
        heard
    }
}

pub fn plain() -> (Plain, Feed, Bell) {
    let (feed, fed) = feed();
    let bell = feed.bell();
    let low = BTreeSet::new();
    (Plain { fed, low }, feed, bell)
}

/// A box with one linked, connected account.
pub struct Box {
    pub wire: Wire,
    watcher: Watcher<Wire>,
    pub inbox: Inbox,
    events: Receiver<Event>,
    machine: Appliance,
    pub now: Mono,
    /// What was said besides edges.
    pub said: Vec<News>,
    /// Edges that reached the machine.
    pub edges: u32,
    pub effects: Vec<Effect>,
    /// The machine stands still.
    pub stalled: bool,
}

impl Box {
    pub fn boot(wire: Wire) -> Self {
        Self::with(wire, &two_lines())
    }

    pub fn with(wire: Wire, lines: &ButtonLines) -> Self {
        let stored = StoredAccount {
            id: AccountId::FIRST,
            record: AccountRecord {
                label: "box".into(),
                enabled: true,
                ..AccountRecord::default()
            },
            linked: Some(LinkedAs { phone: None }),
        };
        let now = Mono(secs(100));
        let mut machine = Appliance::new(vec![stored], PanelHealth::Attached, at(now));
        let epoch = std::iter::from_fn(|| machine.poll_effect()).find_map(|effect| match effect {
            Effect::StartLink { epoch, .. } => Some(epoch),
            _ => None,
        });
        let event = LinkEvent::Connected {
            phone: None,
            lid: None,
            push_name: None,
        };
        let account = AccountId::FIRST;
        let epoch = epoch.unwrap();
        machine.handle(
            at(now),
            Event::Link {
                account,
                epoch,
                event,
            },
        );
        let (inbox, events) = Inbox::new();
        let mut booted = Self {
            watcher: Watcher::new(wire.clone(), lines),
            wire,
            inbox,
            events,
            machine,
            now,
            said: Vec::new(),
            edges: 0,
            effects: Vec::new(),
            stalled: false,
        };
        booted.pass(Duration::ZERO);
        booted.effects.clear();
        booted
    }

    /// Moves a line.
    pub fn set(&mut self, button: Button, high: bool) {
        self.wire.set(button, high, self.now);
    }

    pub fn press(&mut self, button: Button, held: Duration) {
        self.set(button, false);
        self.pass(held);
        self.set(button, true);
        self.pass(millis(50));
    }

    /// A line that changes `hz` times a second. The thread sleeps a millisecond between two looks,
    /// as a busy box does.
    pub fn chatter(&mut self, button: Button, hz: u64, length: Duration) {
        let every = Duration::from_nanos(1_000_000_000 / hz);
        let (mut at, end) = (self.now, self.now + length);
        let mut high = false;
        while at < end {
            self.wire.set(button, high, at);
            high = !high;
            at = at + every;
            if at.since(self.now) >= millis(1) {
                self.pass(at.since(self.now));
            }
        }
        self.pass(end.since(self.now));
    }

    /// Lets time pass; watcher and machine do what is due when it is due.
    pub fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            let said = &mut self.said;
            let mut log = into_inbox(self.inbox.clone());
            let mut listener = |button, line, news: News| {
                if !matches!(news, News::Edge(_)) {
                    said.push(news.clone());
                }
                log(button, line, news)
            };
            for heard in self.watcher.wait(Duration::ZERO) {
                self.watcher.hear(heard, self.now, &mut listener);
            }
            let wake_at = self.watcher.turn(self.now, &mut listener);
            let due = self.settle();
            let next = due.map_or(wake_at, |due| due.min(wake_at));
            if next > end {
                break;
            }
            assert!(next > self.now || due.is_some(), "the watcher spins");
            self.now = next.max(self.now);
        }
        self.now = end;
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.machine.snapshot()
    }

    /// What the machine asked for since the last call, in words.
    pub fn asked(&mut self) -> Vec<&'static str> {
        let word = |effect| match effect {
            Effect::StartLink { .. } => Some("start"),
            Effect::StopLink { .. } => Some("stop"),
            Effect::Unlink { .. } => Some("unlink"),
            Effect::WipeAuth { .. } => Some("wipe"),
            _ => None,
        };
        self.effects.drain(..).filter_map(word).collect()
    }

    /// How often the watcher said something like this.
    pub fn times(&self, like: fn(&News) -> bool) -> usize {
        self.said.iter().filter(|news| like(news)).count()
    }

    fn settle(&mut self) -> Option<Mono> {
        if self.stalled {
            return None;
        }
        while let Ok(event) = self.events.try_recv() {
            if matches!(event, Event::Edge(_)) {
                self.edges += 1;
            }
            self.machine.handle(at(self.now), event);
        }
        while self
            .machine
            .poll_timeout()
            .is_some_and(|(due, _)| due <= self.now)
        {
            self.machine.handle_timeout(at(self.now));
        }
        self.effects
            .extend(std::iter::from_fn(|| self.machine.poll_effect()));
        self.machine.poll_timeout().map(|(due, _)| due)
    }
}

fn at(mono: Mono) -> Now {
    // Any time will do: without one no link starts.
    let wall = Some(UnixMillis(1_800_000_000_000));
    Now { mono, wall }
}
