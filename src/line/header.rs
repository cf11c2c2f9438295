//! The chip of the header among the kernel's GPIO chips, and who holds its lines.
//!
//! The chip is found by its label: numbers moved on the Pi 5 from one kernel to the next
//! (HARDWARE.md 2.1). Nothing here takes a line.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use gpiocdev::chip::{Chip, path_compare};
use rustix::io::Errno;

use super::{CONSUMER, LineError};

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

impl Header {
    /// Looks for the chip.
    pub(super) fn find() -> Result<Self, LineError> {
        let mut seen = Vec::new();
        for path in candidates(Path::new(FOLDER)) {
            let label = label(&path);
            seen.push((path, label));
        }
        choose(seen)
    }

    /// Where it is now.
    pub(super) fn now(&self) -> Result<Self, LineError> {
        if label(&self.path).is_ok_and(|label| label == self.label) {
            return Ok(self.clone());
        }
        Self::find()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
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

    /// The error for a line that was found to be taken.
    pub(super) fn taken(&self, line: u8) -> LineError {
        told_taken(self.to_string(), line, self.holder(line))
    }
}

/// Refuses a line that the kernel says is taken. Says nothing where the kernel cannot be asked.
pub(super) fn refuse_taken(line: u8) -> Result<(), LineError> {
    match Header::find() {
        Ok(header) if header.holder(line).is_some() => Err(header.taken(line)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The error for a line that was found to be taken, with its holder where the kernel can be asked.
pub(super) fn taken(driver: &str, line: u8) -> LineError {
    match Header::find() {
        Ok(header) => header.taken(line),
        Err(_) => told_taken(driver.to_owned(), line, None),
    }
}

fn told_taken(chip: String, line: u8, holder: Option<String>) -> LineError {
    let holder = holder.unwrap_or_else(|| "somebody else".into());
    let ours = OURS.iter().any(|name| holder == format!("`{name}`"));
    LineError::Taken {
        chip,
        line,
        fix: if ours {
            "another pairbox runs: systemctl stop pairbox"
        } else {
            "stop that program or remove its dtoverlay from config.txt, or choose another line"
        },
        holder,
    }
}

/// What the kernel calls us, through either driver (rppal 0.22, gpio/ioctl.rs: `CONSUMER_LABEL`).
const OURS: [&str; 2] = [CONSUMER, "RPPAL"];

fn label(path: &Path) -> Result<String, Errno> {
    Chip::from_path(path)
        .and_then(|chip| chip.info())
        .map(|info| info.label)
        .map_err(|error| errno(&error))
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
    fn a_line_that_is_taken_names_its_holder_and_what_to_do() {
        let taken = |holder: Option<&str>| {
            let chip = "/dev/gpiochip0 `pinctrl-rp1`".to_owned();
            told_taken(chip, 5, holder.map(str::to_owned)).to_string()
        };
        let beginning = "GPIO 5 of /dev/gpiochip0 `pinctrl-rp1` is used by ";
        for (holder, end) in [
            (
                Some("`gpio-keys`"),
                "`gpio-keys`: stop that program or remove its dtoverlay from config.txt, or choose another line",
            ),
            (
                Some("`pairbox`"),
                "`pairbox`: another pairbox runs: systemctl stop pairbox",
            ),
            (
                None,
                "somebody else: stop that program or remove its dtoverlay from config.txt, or choose another line",
            ),
        ] {
            assert_eq!(taken(holder), format!("{beginning}{end}"));
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
