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

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};

    use super::*;

    const MS: u64 = 1_000_000;

    /// A request for line 5 with these flags, and the program's end of it.
    fn request(flags: u64, debounce_us: u32) -> (Request, OwnedFd) {
        let (stream, none) = (SocketType::STREAM, SocketFlags::empty());
        let pair = rustix::net::socketpair(AddressFamily::UNIX, stream, none, None);
        let (ours, theirs) = pair.unwrap();
        rustix::net::sockopt::set_socket_send_buffer_size(&ours, 0).unwrap();
        let wanted = Wanted {
            flags: flags | flag::INPUT | flag::EDGES,
            active: false,
            debounce_us,
        };
        let asked = uapi::LineRequest {
            lines: vec![(5, wanted)],
            consumer: "test".to_owned(),
            event_buffer: 0,
        };
        let mut request = Request::new(asked, Arc::new(ours));
        request.begin(5, true);
        (request, theirs)
    }

    /// The events there are: time in milliseconds, and whether the line became active.
    fn told(end: &OwnedFd) -> Vec<(u64, bool)> {
        let mut told = Vec::new();
        let mut bytes = [0; EVENT_BYTES];
        while let Ok((read, _)) = rustix::net::recv(end, &mut bytes, RecvFlags::DONTWAIT) {
            assert_eq!(read, EVENT_BYTES);
            let event = crate::layout::Layout::of(bytes.to_vec());
            assert_eq!(event.u32(12), Ok(5), "the line");
            assert_eq!(event.u32(16), event.u32(20), "both count the same here");
            told.push((event.u64(0).unwrap() / MS, event.u32(8) == Ok(1)));
        }
        told
    }

    #[test]
    fn a_level_counts_when_it_has_lasted() {
        let (mut request, end) = request(flag::ACTIVE_LOW, 30_000);
        request.changed(5, false, 0);
        assert_eq!(request.next_settling(), Some(30 * MS));
        // A bounce starts the wait anew.
        request.changed(5, true, 10 * MS);
        request.changed(5, false, 11 * MS);
        request.settle(40 * MS, |_| false);
        assert_eq!(told(&end), []);
        assert!(!request.lines[0].active());
        request.settle(41 * MS, |_| false);
        assert_eq!(told(&end), [(41, true)]);
        assert!(request.lines[0].active());
        assert_eq!(request.next_settling(), None);
        // A pulse shorter than the period leaves no trace.
        request.changed(5, true, 50 * MS);
        request.changed(5, false, 79 * MS);
        request.settle(200 * MS, |_| false);
        assert_eq!(told(&end), []);
    }

    #[test]
    fn without_debouncing_every_edge_is_told_at_its_time() {
        let (mut request, end) = request(0, 0);
        request.changed(5, false, MS);
        request.changed(5, true, 2 * MS);
        assert_eq!(told(&end), [(1, false), (2, true)]);
    }

    #[test]
    fn the_oldest_event_goes_when_there_is_no_room() {
        let (mut request, end) = request(0, 0);
        for at in 0..100 {
            request.changed(5, at % 2 == 1, at * MS);
        }
        let mut all = Vec::new();
        while request.is_waiting() {
            all.extend(told(&end));
            request.flush();
        }
        all.extend(told(&end));
        assert_eq!(all.len() as u64 + request.lost, 100);
        assert!(request.lost > 50, "{}", request.lost);
        assert_eq!(all.last(), Some(&(99, true)));
    }
}
