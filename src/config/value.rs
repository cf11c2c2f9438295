//! The values of the configuration that are more than a text or a number: what is allowed, and the
//! words for what is not.
//!
//! Each function here refuses with a reason that says what would be right; file, line and key are
//! added by `source`. Nothing is looked up: a name that does not resolve is the network's business.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use ureq::http::Uri;

use crate::limits::LABEL_CHARS;

/// Which board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BoardName {
    /// Look at the I2C bus.
    Auto,
    /// One of the boards in `board/`.
    Named(String),
    /// A file of the person's own.
    File(PathBuf),
}

impl FromStr for BoardName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            Err("must be `auto`, a board's name or a path")
        } else if text == "auto" {
            Ok(Self::Auto)
        } else if text.contains('/')
            || PathBuf::from(text)
                .extension()
                .is_some_and(|extension| extension == "toml")
        {
            Ok(Self::File(text.into()))
        } else {
            Ok(Self::Named(text.into()))
        }
    }
}

impl fmt::Display for BoardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Named(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for BoardName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(Error::custom)
    }
}

/// A version of WhatsApp's web client, `2.3000.N`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientVersion(pub [u32; 3]);

impl FromStr for ClientVersion {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<Option<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match parts[..] {
            [Some(major), Some(minor), Some(build)] => Ok(Self([major, minor, build])),
            _ => Err("must be three numbers with dots, like 2.3000.1023456789"),
        }
    }
}

impl fmt::Display for ClientVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build] = self.0;
        write!(f, "{major}.{minor}.{build}")
    }
}

impl<'de> Deserialize<'de> for ClientVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(Error::custom)
    }
}

/// How much is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what a person must act on.
    Error,
    /// And what may become that.
    Warn,
    /// And what changed.
    #[default]
    Info,
    /// And why.
    Debug,
    /// And everything the libraries say.
    Trace,
}

impl From<LogLevel> for log::LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
            LogLevel::Trace => Self::Trace,
        }
    }
}

pub(super) fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = (1..=LABEL_CHARS).contains(&text.chars().count());
    if !fits || text.trim() != text || text.chars().any(char::is_control) {
        return Err(Error::custom(format!(
            "must have 1 to {LABEL_CHARS} characters, none of them a control character, \
             and no space at either end"
        )));
    }
    Ok(text)
}

pub(super) fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        Error::custom(format!(
            "`{text}` is not an IP address with a port, like 127.0.0.1:8080 or [::1]:8080"
        ))
    })
}

pub(super) fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    url(deserializer, "wss", "ws")
}

pub(super) fn version_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    url(deserializer, "https", "http")
}

/// A URL with the encrypted scheme, or with the plain one to a loopback address, where there is nobody
/// to hide from: that is how the simulated service is reached. The service proves who it is either way,
/// by its certificates inside.
fn url<'de, D: Deserializer<'de>>(
    deserializer: D,
    encrypted: &str,
    plain: &str,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let uri: Option<Uri> = text.parse().ok();
    let allowed = uri.as_ref().is_some_and(|uri| {
        let scheme = uri.scheme_str();
        let host = uri.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse();
        let stays_here = address.is_ok_and(|address: IpAddr| address.is_loopback());
        !host.is_empty() && (scheme == Some(encrypted) || scheme == Some(plain) && stays_here)
    });
    if allowed {
        Ok(text)
    } else {
        Err(Error::custom(format!(
            "`{text}` is not a URL that starts with {encrypted}:// and names a host"
        )))
    }
}

/// Any integer of TOML, so that one out of range is refused in our words, not as "expected u8".
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct WholeNumber;
    impl Visitor<'_> for WholeNumber {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
            Ok(number)
        }
    }
    deserializer.deserialize_i64(WholeNumber)
}

/// Longest path of a Unix socket, in bytes (unix(7), without the closing zero).
const SOCKET_PATH_MAX: usize = 107;

pub(super) fn control<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    let length = path.as_os_str().len();
    if path.is_absolute() && length <= SOCKET_PATH_MAX {
        Ok(Some(path))
    } else {
        Err(Error::custom(format!(
            "`{}` is not an absolute path of at most {SOCKET_PATH_MAX} bytes",
            path.display()
        )))
    }
}

/// Names of hosts (RFC 1123): labels of letters, digits and dashes.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match names.iter().find(|name| !name.split('.').all(is_label)) {
        None => Ok(names),
        Some(wrong) => Err(Error::custom(format!(
            "`{wrong}` is not the name of a host, like box.example.lan"
        ))),
    }
}

pub(super) fn pre_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let count = whole_number(deserializer)?;
    u16::try_from(count)
        .ok()
        .filter(|count| *count >= 5)
        .ok_or_else(|| Error::custom(format!("{count} is not between 5 and 65535")))
}

pub(super) fn pace_per_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 0, 600)
}

pub(super) fn pace_burst<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 1, 100)
}

pub(super) fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 1, 365)
}

/// Up to what WhatsApp itself takes as one file (2 GB).
pub(super) fn megabytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 1, 2_000)
}

/// Up to what a large card has room for.
pub(super) fn many_megabytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 1, 100_000)
}

fn between<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: u32,
    most: u32,
) -> Result<u32, D::Error> {
    let number = whole_number(deserializer)?;
    u32::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Error::custom(format!("{number} is not between {least} and {most}")))
}

pub(crate) fn optional_line<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u8>, D::Error> {
    line(deserializer).map(Some)
}

/// A BCM line that is on the 40-pin header and free: 0 and 1 belong to the EEPROM of add-on boards.
pub(crate) fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let line = whole_number(deserializer)?;
    u8::try_from(line)
        .ok()
        .filter(|line| (2..=27).contains(line))
        .ok_or_else(|| {
            Error::custom(format!(
                "line {line} does not exist on the header; BCM lines are 2 to 27"
            ))
        })
}

/// A clock for SPI, in hertz. Slower than 100 kHz a picture takes seconds; faster than 20 MHz none of
/// our controllers reads (data sheet of the SSD1680, serial interface timing; the others are slower).
pub(crate) fn spi_hz<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let hz = whole_number(deserializer)?;
    u32::try_from(hz)
        .ok()
        .filter(|hz| (100_000..=20_000_000).contains(hz))
        .ok_or_else(|| Error::custom(format!("{hz} is not between 100000 and 20000000 (hertz)")))
}

/// The 7-bit addresses a panel may have, without those the bus keeps for itself.
pub(crate) fn i2c_addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u8>, D::Error> {
    let addresses = Vec::<i64>::deserialize(deserializer)?;
    if addresses.is_empty() {
        return Err(Error::custom("an I2C panel needs an address"));
    }
    let allowed = |address: i64| {
        u8::try_from(address)
            .ok()
            .filter(|a| (0x08..=0x77).contains(a))
    };
    let checked: Option<Vec<u8>> = addresses.into_iter().map(allowed).collect();
    checked.ok_or_else(|| Error::custom("an I2C address is 0x08 to 0x77"))
}
