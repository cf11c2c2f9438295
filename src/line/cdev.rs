//! Lines through the kernel's character device (uAPI v2, Linux 5.10 and later).
//!
//! The chip is found by its label: numbers moved on the Pi 5 from one kernel to the next
//! (HARDWARE.md 2.1). It is looked for anew with every request, so a chip that went and came back
//! under another number is found again.

use std::fmt;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gpiocdev::chip::{Chip, path_compare};
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, EventClock, Value};
use gpiocdev::request::{Builder, Request};
use rustix::io::Errno;

use super::{CONSUMER, LineError};
use crate::board::Pull;

/// Labels of the chips whose lines are the header's, by their drivers in the kernel
/// (drivers/pinctrl/pinctrl-rp1.c; drivers/pinctrl/bcm/pinctrl-bcm2835.c has the other two).
const LABELS: [&str; 3] = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"];

/// Where the chips are.
const FOLDER: &str = "/dev";

/// What their names begin with; a number follows.
const STEM: &str = "gpiochip";

/// The chip of the header: where it was when it was last looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    path: PathBuf,
    label: String,
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.path.display(), self.label)
    }
}

/// A line that we hold. It is let go when this is dropped.
pub(crate) struct Held {
    request: Request,
    chip: String,
    line: u8,
}

impl Header {
    /// Looks for the chip.
    pub(super) fn find() -> Result<Self, LineError> {
        let mut seen = Vec::new();
        for path in candidates(Path::new(FOLDER)) {
            let label = Chip::from_path(&path)
                .and_then(|chip| chip.info())
                .map(|info| info.label)
                .map_err(|error| errno(&error));
            seen.push((path, label));
        }
        choose(seen)
    }

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
        let header = Self::find().map_err(|error| Refusal {
            errno: Errno::NODEV,
            header: Err(error),
        })?;
        let mut request = Request::builder();
        request
            .on_chip(&header.path)
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

    /// Who has the line, in the kernel's words; `None` when nobody has.
    fn holder(&self, line: u8) -> Option<String> {
        let chip = Chip::from_path(&self.path).ok()?;
        let info = chip.line_info(line.into()).ok()?;
        info.used.then(|| match info.consumer.as_str() {
            "" => "the kernel".to_owned(),
            consumer => format!("`{consumer}`"),
        })
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
            return told_taken(chip, line, header.holder(line));
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

/// What can be done about a line that another program or driver has.
const TAKEN_FIX: &str =
    "stop that program or remove its dtoverlay from config.txt, or choose another line";

/// Refuses a line that the kernel says is taken. Says nothing where the kernel cannot be asked.
pub(super) fn refuse_taken(line: u8) -> Result<(), LineError> {
    match Header::find() {
        Ok(header) => match header.holder(line) {
            None => Ok(()),
            holder => Err(told_taken(header.to_string(), line, holder)),
        },
        Err(_) => Ok(()),
    }
}

/// The error for a line that was found to be taken, with its holder where the kernel can be asked.
pub(super) fn taken(driver: &str, line: u8) -> LineError {
    match Header::find() {
        Ok(header) => told_taken(header.to_string(), line, header.holder(line)),
        Err(_) => told_taken(driver.to_owned(), line, None),
    }
}

fn told_taken(chip: String, line: u8, holder: Option<String>) -> LineError {
    LineError::Taken {
        chip,
        line,
        holder: holder.unwrap_or_else(|| "somebody else".into()),
        fix: TAKEN_FIX,
    }
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

/// The chips in a folder, by number.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_chip = |name: &str| {
        name.strip_prefix(STEM)
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut paths: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(is_chip))
        .map(|entry| entry.path())
        .collect();
    paths.sort_by(|a, b| path_compare(a, b));
    paths
}

/// The header's chip among those seen: the first with one of the labels.
fn choose(seen: Vec<(PathBuf, Result<String, Errno>)>) -> Result<Header, LineError> {
    let mut others = Vec::new();
    let mut forbidden = false;
    for (path, label) in seen {
        match label {
            Ok(label) if LABELS.contains(&label.as_str()) => return Ok(Header { path, label }),
            Ok(label) => others.push(format!("{} is `{label}`", path.display())),
            Err(errno) => {
                forbidden |= matches!(errno, Errno::ACCESS | Errno::PERM);
                others.push(format!("{}: {errno}", path.display()));
            }
        }
    }
    let (found, fix) = if others.is_empty() {
        (
            format!("there is no {FOLDER}/{STEM}*"),
            "not a Raspberry Pi, or the unit lacks DeviceAllow=char-gpiochip",
        )
    } else if forbidden {
        (others.join(", "), "the user needs the group gpio")
    } else {
        (
            others.join(", "),
            "only pinctrl-rp1, pinctrl-bcm2711 and pinctrl-bcm2835 are known",
        )
    };
    Err(LineError::NoChip { found, fix })
}

/// The system's number behind an error of gpiocdev; `EIO` where there is none.
pub(super) fn errno(error: &gpiocdev::Error) -> Errno {
    use gpiocdev::Error;
    use gpiocdev_uapi::Error as Uapi;
    match error {
        Error::Os(number) | Error::Uapi(_, Uapi::Os(number)) => Errno::from_raw_os_error(number.0),
        _ => Errno::IO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(chips: &[(&str, Result<&str, Errno>)]) -> Result<Header, LineError> {
        let chips = chips
            .iter()
            .map(|(path, label)| (path.into(), label.map(str::to_owned)));
        choose(chips.collect())
    }

    #[test]
    fn the_chip_is_found_by_its_label() {
        for label in LABELS {
            let chips = [
                ("/dev/gpiochip0", Ok("raspberrypi-exp-gpio")),
                ("/dev/gpiochip1", Err(Errno::ACCESS)),
                ("/dev/gpiochip4", Ok(label)),
                ("/dev/gpiochip10", Ok(label)),
            ];
            let header = seen(&chips).unwrap();
            assert_eq!(header.to_string(), format!("/dev/gpiochip4 `{label}`"));
        }
        // A label that only begins like ours is another chip.
        assert!(seen(&[("/dev/gpiochip0", Ok("pinctrl-bcm2835-aux"))]).is_err());
    }

    #[test]
    fn no_chip_says_what_is_there_and_what_to_do() {
        for (chips, said) in [
            (
                &[][..],
                "there is no /dev/gpiochip*: not a Raspberry Pi, or the unit lacks DeviceAllow=char-gpiochip",
            ),
            (
                &[("/dev/gpiochip0", Err(Errno::ACCESS))],
                "/dev/gpiochip0: Permission denied (os error 13): the user needs the group gpio",
            ),
            (
                &[("/dev/gpiochip0", Ok("gpio-sim.0"))],
                "/dev/gpiochip0 is `gpio-sim.0`: only pinctrl-rp1, pinctrl-bcm2711 and pinctrl-bcm2835 are known",
            ),
        ] {
            let error = seen(chips).unwrap_err().to_string();
            assert_eq!(error, format!("no GPIO chip is the header's: {said}"));
        }
    }

    #[test]
    fn chips_are_counted_as_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["gpiochip10", "gpiochip9", "gpiochip", "gpiochip1x", "gpio"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = candidates(folder.path())
            .into_iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["gpiochip9", "gpiochip10"]);
        assert_eq!(
            candidates(&folder.path().join("none")),
            <[PathBuf; 0]>::default()
        );
    }
}
