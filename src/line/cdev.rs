//! Lines through the kernel's character device (uAPI v2, Linux 5.10 and later).
//!
//! The chip is looked for anew with every request, so one that went and came back under another
//! number is found again.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, EventClock, Value};
use gpiocdev::request::{Builder, Request};
use rustix::io::Errno;

pub(crate) use super::header::Header;
use super::header::errno;
use super::{CONSUMER, LineError};
use crate::board::Pull;

/// A line that we hold. It is let go when this is dropped.
pub(crate) struct Held {
    request: Request,
    chip: String,
    line: u8,
}

impl Header {
    pub(super) fn output(&self, line: u8, high: bool) -> Result<Held, LineError> {
        self.request(line, |request| {
            request.as_output(Value::from(high));
        })
        .map_err(|refusal| refusal.told(line, "cannot be an output"))
    }

    pub(super) fn input(&self, line: u8, pull: Pull) -> Result<Held, LineError> {
        self.request(line, |request| {
            request.as_input().with_bias(bias(pull));
        })
        .map_err(|refusal| refusal.told(line, "cannot be an input"))
    }

    /// Takes a line as an input whose edges are told, if the kernel can tell them.
    pub(crate) fn watch(
        &self,
        line: u8,
        pull: Pull,
        debounce: Option<Duration>,
    ) -> Result<(Held, bool), LineError> {
        let asked = leniently(debounce, |debounce| {
            let outcome = self.request(line, |request| {
                request
                    .as_input()
                    .with_bias(bias(pull))
                    .with_edge_detection(EdgeDetection::BothEdges)
                    .with_event_clock(EventClock::Monotonic)
                    // Zero is none.
                    .with_debounce_period(debounce.unwrap_or_default());
            });
            outcome.map_err(|refusal| (refusal.errno, refusal))
        });
        match asked {
            Ok((held, _)) => Ok((held, true)),
            Err((errno, _)) if means_no_edges(errno) => Ok((self.input(line, pull)?, false)),
            Err((_, refusal)) => Err(refusal.told(line, "cannot be watched")),
        }
    }

    /// Takes a line, configured by `shape`.
    fn request(&self, line: u8, shape: impl Fn(&mut Builder)) -> Result<Held, Refusal> {
        // It may have gone and come back elsewhere.
        let header = self.now().map_err(|error| Refusal {
            errno: Errno::NODEV,
            header: Err(error),
        })?;
        let mut request = Request::builder();
        request
            .on_chip(header.path())
            .with_consumer(CONSUMER)
            .with_line(line.into());
        shape(&mut request);
        match request.request() {
            Ok(request) => Ok(Held {
                request,
                chip: header.to_string(),
                line,
            }),
            Err(error) => Err(Refusal {
                errno: errno(&error),
                header: Ok(header),
            }),
        }
    }
}

/// A request that was refused.
struct Refusal {
    errno: Errno,
    /// Whose line it was; or there is no such chip.
    header: Result<Header, LineError>,
}

impl Refusal {
    fn told(self, line: u8, what: &'static str) -> LineError {
        let header = match self.header {
            Ok(header) => header,
            Err(error) => return error,
        };
        let chip = header.to_string();
        if self.errno == Errno::BUSY {
            return header.taken(line);
        }
        LineError::Line {
            chip,
            line,
            what,
            why: self.errno.to_string(),
        }
    }
}

/// The kernel's own word for "not supported" (include/linux/errno.h), which some drivers let out.
const ENOTSUPP: Errno = Errno::from_raw_os_error(524);

/// Asks with the debouncing wanted, and without where the kernel cannot give that: chips and kernels
/// say so with one of these. The answer comes with what was granted.
pub(super) fn leniently<T, E>(
    debounce: Option<Duration>,
    mut ask: impl FnMut(Option<Duration>) -> Result<T, (Errno, E)>,
) -> Result<(T, Option<Duration>), (Errno, E)> {
    match ask(debounce) {
        Err((Errno::INVAL | Errno::NOTSUP | ENOTSUPP, _)) if debounce.is_some() => {
            ask(None).map(|t| (t, None))
        }
        outcome => outcome.map(|t| (t, debounce)),
    }
}

/// What the kernel says of a line without interrupts: ENXIO by its documentation
/// (gpio-v2-get-line-ioctl), the others by chips that have none at all.
pub(super) fn means_no_edges(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NXIO | Errno::INVAL | Errno::NOTSUP | Errno::NOSYS | ENOTSUPP
    )
}

/// Edges taken from the kernel at once.
const EDGES: usize = 16;

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.request.as_fd()
    }
}

impl Held {
    /// The edges that wait, at most [`EDGES`]: the level after each, and its time since boot. Blocks
    /// when there are none.
    pub(crate) fn edges(&self) -> Result<Vec<(bool, Duration)>, LineError> {
        let size = self.request.edge_event_u64_size();
        let mut words = vec![0; EDGES * size];
        let read = self
            .request
            .read_edge_events_into_slice(&mut words)
            .map_err(|error| self.broken("tells no more edges", &error))?;
        if read == 0 {
            return Err(self.refused("tells no more edges", Errno::NODEV));
        }
        let edge = |words| {
            let event = self.request.edge_event_from_slice(words).ok()?;
            let stamp = Duration::from_nanos(event.timestamp_ns);
            Some((event.kind == EdgeKind::Rising, stamp))
        };
        Ok(words[..read].chunks_exact(size).filter_map(edge).collect())
    }

    pub(super) fn set(&self, high: bool) -> Result<(), LineError> {
        self.request
            .set_lone_value(Value::from(high))
            .map_err(|error| self.broken("cannot be set", &error))
    }

    pub(crate) fn is_high(&self) -> Result<bool, LineError> {
        self.request
            .lone_value()
            .map(|value| value == Value::Active)
            .map_err(|error| self.broken("cannot be read", &error))
    }

    fn broken(&self, what: &'static str, error: &gpiocdev::Error) -> LineError {
        self.refused(what, errno(error))
    }

    fn refused(&self, what: &'static str, errno: Errno) -> LineError {
        LineError::Line {
            chip: self.chip.clone(),
            line: self.line,
            what,
            why: errno.to_string(),
        }
    }
}

fn bias(pull: Pull) -> Bias {
    match pull {
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
        Pull::Off => Bias::Disabled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_cannot_debounce_is_taken_as_it_is() {
        let wanted = Some(Duration::from_millis(5));
        for refusal in [Errno::INVAL, Errno::NOTSUP, ENOTSUPP] {
            let mut asked = Vec::new();
            let granted = leniently(wanted, |debounce| {
                asked.push(debounce);
                debounce.map_or(Ok("plain"), |_| Err((refusal, ())))
            });
            assert_eq!(granted, Ok(("plain", None)));
            assert_eq!(asked, [wanted, None]);
        }
        // Anything else is an answer, and so is a refusal of the plain line.
        for refusal in [Errno::BUSY, Errno::NXIO, Errno::PERM] {
            let refused: Result<((), _), _> = leniently(wanted, |_| Err((refusal, ())));
            assert_eq!(refused, Err((refusal, ())));
        }
        let refused: Result<((), _), _> = leniently(None, |_| Err((Errno::INVAL, ())));
        assert_eq!(refused, Err((Errno::INVAL, ())));
    }
}
