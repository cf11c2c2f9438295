//! All lines of the box over one [`Source`]: listened to, muted, gone, tried again.
//!
//! Time is handed in, so that tests let hours pass; the thread around it is in `button.rs`. What a
//! line's edges are worth is decided in `storm.rs`.

use std::time::Duration;

use super::source::{Heard, Source};
use super::storm::{Contact, Outcome};
use crate::board::{ButtonLine, ButtonLines, Level};
use crate::event::{Button, Edge};
use crate::limits;
use crate::line::LineError;
use crate::time::Mono;

/// What there is to say about a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// An edge.
    Edge(Edge),
    /// It is pressed where it should not be (at the start, after a storm): held, or shorted. It
    /// counts once it was released.
    Held,
    /// It chatters: not listened to until it is calm. Said once a storm.
    Chatters,
    /// It is calm again.
    Calm,
    /// It cannot be had; tried again. Said once.
    Gone(LineError),
    /// It is there again.
    Back,
    /// Its edges are not told: it is looked at every [`limits::BUTTON_POLL`]. Said once.
    Polled,
}

/// Who hears the news: of which button on which line, and what. `false` when an edge could not be
/// taken now.
pub trait Listener: FnMut(Button, u8, News) -> bool {}

impl<F: FnMut(Button, u8, News) -> bool> Listener for F {}

/// The lines of a box.
pub struct Watcher<S> {
    source: S,
    lines: Vec<Watched>,
}

struct Watched {
    button: Button,
    line: ButtonLine,
    contact: Contact,
    state: State,
    /// It was said that it is gone.
    gone: bool,
    /// It was said that it chatters.
    chatters: bool,
    /// It was said that it is polled.
    polled: bool,
    /// The time of its last edge: stamps do not run backwards.
    latest: Mono,
    /// An edge that could not be taken: told again until it is, or a later one is.
    owed: Option<Edge>,
}

enum State {
    /// Not held: muted, gone, or not begun. To be armed then.
    Closed { until: Mono },
    /// Listened to, and looked at then. `heard`: its edges are told, as far as anybody knows.
    Open { look_at: Mono, heard: bool },
}

impl<S: Source> Watcher<S> {
    /// Watches these lines from the first [`Watcher::turn`] on.
    pub fn new(source: S, lines: &ButtonLines) -> Self {
        let watched = |(button, line)| Watched {
            button,
            line,
            contact: Contact::default(),
            state: State::Closed { until: Mono::START },
            gone: false,
            chatters: false,
            polled: false,
            latest: Mono::START,
            owed: None,
        };
        Self {
            source,
            lines: lines.iter().map(watched).collect(),
        }
    }

    /// Does what is due, and says when it is next.
    pub fn turn(&mut self, now: Mono, listener: &mut impl Listener) -> Mono {
        let Self { source, lines } = self;
        let wake_at = lines.iter_mut().map(|watched| {
            watched.turn(source, now, listener);
            watched.deadline(now)
        });
        wake_at.min().unwrap_or(now + limits::BUTTON_LOOK)
    }

    /// Waits for edges, see [`Source::wait`].
    pub fn wait(&mut self, timeout: Duration) -> Vec<Heard> {
        self.source.wait(timeout)
    }

    /// Takes what was heard.
    pub fn hear(&mut self, heard: Heard, now: Mono, listener: &mut impl Listener) {
        let (Heard::Edge { button, .. } | Heard::Gone { button, .. }) = heard;
        let Some(watched) = self.lines.iter_mut().find(|line| line.button == button) else {
            return;
        };
        if let State::Closed { .. } = watched.state {
            // Still on its way when the line was closed.
            return;
        }
        match heard {
            Heard::Edge { high, at, .. } => {
                let pressed = watched.is_pressed(high);
                watched.latest = at.min(now).max(watched.latest);
                let outcome = watched.contact.edge(pressed, watched.latest);
                watched.look_later(true, now);
                watched.follow(outcome, &mut self.source, now, listener);
            }
            Heard::Gone { why, .. } => watched.lose(why, &mut self.source, now, listener),
        }
    }
}

impl Watched {
    fn turn(&mut self, source: &mut impl Source, now: Mono, listener: &mut impl Listener) {
        if let Some(edge) = self.owed {
            self.tell(edge, listener);
        }
        match self.state {
            State::Closed { until } if until <= now => self.open(source, now, listener),
            State::Closed { .. } => {}
            State::Open { look_at, heard } => {
                let outcome = self.contact.turn(now);
                self.follow(outcome, source, now, listener);
                if look_at <= now {
                    self.look(heard, source, now, listener);
                }
            }
        }
    }

    fn open(&mut self, source: &mut impl Source, now: Mono, listener: &mut impl Listener) {
        let armed = match source.arm(self.button, self.line) {
            Ok(armed) => armed,
            Err(error) => return self.lose(error, source, now, listener),
        };
        self.look_later(armed.edges, now);
        self.latest = now;
        if std::mem::take(&mut self.gone) {
            self.say(News::Back, listener);
        }
        if !armed.edges && !std::mem::replace(&mut self.polled, true) {
            self.say(News::Polled, listener);
        }
        let outcome = self.contact.begins(self.is_pressed(armed.high), now);
        self.follow(outcome, source, now, listener);
    }

    fn look(
        &mut self,
        heard: bool,
        source: &mut impl Source,
        now: Mono,
        listener: &mut impl Listener,
    ) {
        let high = match source.is_high(self.button) {
            Ok(high) => high,
            Err(error) => return self.lose(error, source, now, listener),
        };
        let outcome = self.contact.look(self.is_pressed(high), now);
        // An edge that nobody told: until one is told again, nobody does.
        self.look_later(heard && outcome == Outcome::default(), now);
        self.latest = now;
        self.follow(outcome, source, now, listener);
    }

    fn follow(
        &mut self,
        outcome: Outcome,
        source: &mut impl Source,
        now: Mono,
        listener: &mut impl Listener,
    ) {
        if outcome.calmed {
            self.chatters = false;
            self.say(News::Calm, listener);
        }
        if outcome.held {
            self.say(News::Held, listener);
        }
        if let Some(pressed) = outcome.tell {
            let edge = Edge {
                button: self.button,
                pressed,
                at: self.latest,
            };
            self.tell(edge, listener);
        }
        if let Some(pause) = outcome.mute {
            source.disarm(self.button);
            self.state = State::Closed { until: now + pause };
            if !std::mem::replace(&mut self.chatters, true) {
                self.say(News::Chatters, listener);
            }
        }
    }

    fn lose(
        &mut self,
        why: LineError,
        source: &mut impl Source,
        now: Mono,
        listener: &mut impl Listener,
    ) {
        source.disarm(self.button);
        self.state = State::Closed {
            until: now + limits::BUTTON_RETRY,
        };
        self.latest = now;
        if !std::mem::replace(&mut self.gone, true) {
            self.say(News::Gone(why), listener);
        }
        let outcome = self.contact.lost();
        self.follow(outcome, source, now, listener);
    }

    /// A line without edges is looked at often, and so is one that is pressed: a release that got
    /// lost would be a hold.
    fn look_later(&mut self, heard: bool, now: Mono) {
        let every = if heard && !self.contact.is_pressed() {
            limits::BUTTON_LOOK
        } else {
            limits::BUTTON_POLL
        };
        self.state = State::Open {
            look_at: now + every,
            heard,
        };
    }

    fn deadline(&self, now: Mono) -> Mono {
        let own = match self.state {
            State::Closed { until } => until,
            State::Open { look_at, .. } => {
                let trial = self.contact.deadline();
                trial.map_or(look_at, |trial| trial.min(look_at))
            }
        };
        match self.owed {
            Some(_) => own.min(now + limits::BUTTON_POLL),
            None => own,
        }
    }

    fn tell(&mut self, edge: Edge, listener: &mut impl Listener) {
        self.owed = (!self.say(News::Edge(edge), listener)).then_some(edge);
    }

    fn is_pressed(&self, high: bool) -> bool {
        high == (self.line.pressed == Level::High)
    }

    fn say(&self, news: News, listener: &mut impl Listener) -> bool {
        listener(self.button, self.line.line, news)
    }
}
