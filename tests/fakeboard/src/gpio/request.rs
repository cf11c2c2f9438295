//! One line request: its lines, their debouncing, and the events it has to tell.
//!
//! Levels come in as the wire has them; what goes out is active or inactive, as `ACTIVE_LOW` makes it.
//! Time is an argument, in nanoseconds of the monotonic clock.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::SendFlags;

use super::uapi::{self, EVENT_BYTES, Wanted, flag};

/// `gpiolib-cdev.c`: room for 16 events a line where nothing else is asked for, and 16 times that at most.
const EVENTS_PER_LINE: usize = 16;
const EVENTS_MAX: usize = EVENTS_PER_LINE * uapi::LINES_MAX as usize;

/// Lines that somebody holds.
pub struct Request {
    /// The lines of it.
    pub lines: Vec<Held>,
    /// Who holds them.
    pub consumer: String,
    /// Our end of the socket that the program holds as its descriptor.
    socket: Arc<OwnedFd>,
    room: usize,
    waiting: VecDeque<[u8; EVENT_BYTES]>,
    seqno: u32,
    /// Events that found no room.
    pub lost: u64,
}

/// A line of a request.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Its number on the chip.
    pub offset: u32,
    /// What was asked for. For outputs `active` follows what is set.
    pub wanted: Wanted,
    /// The level that counts, behind the debouncing.
    level: bool,
    /// When a changed level will count.
    settles_at: Option<u64>,
    seqno: u32,
}

impl Held {
    /// The value as the program reads it.
    #[must_use]
    pub fn active(&self) -> bool {
        self.level != self.active_low()
    }

    /// Whether the program drives the line.
    #[must_use]
    pub fn is_output(&self) -> bool {
        self.wanted.flags & flag::OUTPUT != 0
    }

    /// The level the program drives, if it drives one: an open drain lets go instead of driving high.
    #[must_use]
    pub fn driven(&self) -> Option<bool> {
        let level = self.wanted.active != self.active_low();
        let lets_go = if level {
            flag::OPEN_DRAIN
        } else {
            flag::OPEN_SOURCE
        };
        (self.is_output() && self.wanted.flags & lets_go == 0).then_some(level)
    }

    /// What the resistor inside the chip makes of a line that nobody drives.
    #[must_use]
    pub fn pulled(&self) -> Option<bool> {
        match self.wanted.flags & flag::BIASES {
            flag::BIAS_PULL_UP => Some(true),
            flag::BIAS_PULL_DOWN => Some(false),
            _ => None,
        }
    }

    fn active_low(&self) -> bool {
        self.wanted.flags & flag::ACTIVE_LOW != 0
    }
}

impl Request {
    /// A request whose lines have no level yet: [`Self::begin`] says which.
    #[must_use]
    pub fn new(request: uapi::LineRequest, socket: Arc<OwnedFd>) -> Self {
        let held = |(offset, wanted): (u32, Wanted)| Held {
            offset,
            wanted,
            level: false,
            settles_at: None,
            seqno: 0,
        };
        let lines: Vec<Held> = request.lines.into_iter().map(held).collect();
        let room = match request.event_buffer as usize {
            0 => EVENTS_PER_LINE * lines.len(),
            asked => asked.min(EVENTS_MAX),
        };
        Self {
            lines,
            consumer: request.consumer,
            socket,
            room,
            waiting: VecDeque::new(),
            seqno: 0,
            lost: 0,
        }
    }

    /// The end of the socket that stays here.
    #[must_use]
    pub fn socket(&self) -> &Arc<OwnedFd> {
        &self.socket
    }

    /// Takes a level as the one that counts from now on, without telling it.
    pub fn begin(&mut self, offset: u32, level: bool) {
        for line in self.lines.iter_mut().filter(|line| line.offset == offset) {
            line.level = level;
            line.settles_at = None;
        }
    }

    /// The wire changed its level. `settled` is whether that is debounced already.
    pub fn changed(&mut self, offset: u32, level: bool, now: u64) {
        let Some(at) = self.lines.iter().position(|line| line.offset == offset) else {
            return;
        };
        let period = u64::from(self.lines[at].wanted.debounce_us) * 1000;
        if period == 0 {
            self.count(at, level, now);
        } else {
            // Every edge starts the wait anew; what has changed is looked at in the end.
            self.lines[at].settles_at = Some(now + period);
        }
    }

    /// When the next debouncing ends.
    #[must_use]
    pub fn next_settling(&self) -> Option<u64> {
        self.lines.iter().filter_map(|line| line.settles_at).min()
    }

    /// Ends the debouncings that are due; `level` tells the wire's levels.
    pub fn settle(&mut self, now: u64, level: impl Fn(u32) -> bool) {
        for at in 0..self.lines.len() {
            if self.lines[at].settles_at.is_some_and(|due| due <= now) {
                self.lines[at].settles_at = None;
                let level = level(self.lines[at].offset);
                self.count(at, level, now);
            }
        }
    }

    fn count(&mut self, at: usize, level: bool, now: u64) {
        let line = &mut self.lines[at];
        if line.level == level {
            return;
        }
        line.level = level;
        let active = line.active();
        let told = if active {
            flag::EDGE_RISING
        } else {
            flag::EDGE_FALLING
        };
        if line.wanted.flags & told == 0 {
            return;
        }
        self.seqno = self.seqno.wrapping_add(1);
        line.seqno = line.seqno.wrapping_add(1);
        let event = uapi::event(now, active, line.offset, self.seqno, line.seqno);
        if self.waiting.len() >= self.room {
            // The kernel lets the oldest go.
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(event);
        self.flush();
    }

    /// Whether events wait for the program to read others first.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands over what fits into the socket.
    pub fn flush(&mut self) {
        while let Some(event) = self.waiting.front() {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match rustix::net::send(&self.socket, event, flags) {
                Ok(_) => self.waiting.pop_front(),
                Err(Errno::AGAIN | Errno::INTR) => return,
                // Nobody is there any more; the hang-up is seen in its own place.
                Err(_) => {
                    self.waiting.clear();
                    return;
                }
            };
        }
    }
}
