//! Buttons through the kernel's character device: one request a line, so that one can be let go of.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::on_our_clock;
use super::source::{Armed, Bell, Heard, Source};
use crate::board::ButtonLine;
use crate::clock::Clock;
use crate::event::Button;
use crate::line::LineError;
use crate::line::cdev::{Header, Held};

/// The lines of the buttons.
pub(super) struct Chip {
    header: Header,
    debounce: Option<Duration>,
    clock: Clock,
    bell: Arc<OwnedFd>,
    held: BTreeMap<Button, Held>,
}

impl Chip {
    pub(super) fn new(
        header: Header,
        debounce: Option<Duration>,
        clock: Clock,
    ) -> Result<(Self, Bell), Errno> {
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let rope = Arc::clone(&bell);
        let chip = Self {
            header,
            debounce,
            clock,
            bell,
            held: BTreeMap::new(),
        };
        // It fails only when it rings already.
        let ring = move || {
            let _ = rustix::io::write(&rope, &1_u64.to_ne_bytes());
        };
        Ok((chip, Box::new(ring)))
    }
}

impl Source for Chip {
    fn arm(&mut self, button: Button, line: ButtonLine) -> Result<Armed, LineError> {
        self.disarm(button);
        let (held, edges) = self.header.watch(line.line, line.pull, self.debounce)?;
        let armed = Armed {
            high: held.is_high()?,
            edges,
        };
        self.held.insert(button, held);
        Ok(armed)
    }

    fn disarm(&mut self, button: Button) {
        self.held.remove(&button);
    }

    fn is_high(&mut self, button: Button) -> Result<bool, LineError> {
        // A line that is not held is asked for by nobody.
        self.held.get(&button).map_or(Ok(false), Held::is_high)
    }

    fn wait(&mut self, timeout: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for (button, held) in self.ready(timeout) {
            match held.edges() {
                Ok(edges) => heard.extend(edges.into_iter().map(|(high, stamp)| Heard::Edge {
                    button,
                    high,
                    at: on_our_clock(stamp, self.clock),
                })),
                Err(why) => heard.push(Heard::Gone { button, why }),
            }
        }
        heard
    }
}

impl Chip {
    /// The lines that have something to say, after at most that time.
    fn ready(&self, timeout: Duration) -> Vec<(Button, &Held)> {
        let mut fds = vec![PollFd::new(&self.bell, PollFlags::IN)];
        fds.extend(
            self.held
                .values()
                .map(|held| PollFd::from_borrowed_fd(held.as_fd(), PollFlags::IN)),
        );
        let timeout = Timespec::try_from(timeout).ok();
        if poll(&mut fds, timeout.as_ref()).is_err() {
            return Vec::new();
        }
        let answers: Vec<_> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        if answers.first() == Some(&true) {
            // It rings once for each time it was rung.
            let _ = rustix::io::read(&self.bell, &mut [0_u8; 8]);
        }
        self.held
            .iter()
            .zip(answers.into_iter().skip(1))
            .filter(|(_, ready)| *ready)
            .map(|((button, held), _)| (*button, held))
            .collect()
    }
}
