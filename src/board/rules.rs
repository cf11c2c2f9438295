//! What cannot be on one board: two things on a line, a panel its controller cannot drive, a wire
//! that leads nowhere. Pure; each refusal names the key it is about.

use std::path::Path;

use thiserror::Error;

use super::header;
use super::{Board, Bus, PanelDriver, PanelSpec, Rotation};
use crate::event::Button;
use crate::view::Medium;

/// Smallest and largest distance from pixel to pixel, in micrometres. The panels we know have 170 to
/// 430 (HARDWARE.md 1.3); a number outside is in the wrong unit.
const PITCH_UM: std::ops::RangeInclusive<u32> = 50..=1000;

/// The smallest picture there are screens for (HARDWARE.md 1.3: the 0.91" glass).
const SMALLEST: (u32, u32) = (128, 32);

/// Why a board cannot be, or why there is none of that name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BoardError {
    /// The name is not one of ours.
    #[error("no board is called `{name}`; there are: auto, {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are, with commas.
        known: String,
    },
    /// Two things on one line.
    #[error("line {line} {}", shared(first, second, board))]
    SharedLine {
        /// The line.
        line: u8,
        /// What was there first.
        first: Use,
        /// What is to be there, too.
        second: Use,
        /// The board's name.
        board: String,
    },
    /// Something about the panel.
    #[error("{reason} (board {board})")]
    Panel {
        /// The key below `panel`.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
        /// The board's name.
        board: String,
    },
    /// A wire that is not one to a supply.
    #[error("pin {pin} is {what}, no supply or ground")]
    Supply {
        /// The header's pin.
        pin: u8,
        /// What it is.
        what: String,
    },
}

/// What a line is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// A bus of the Pi, by its name.
    Bus(&'static str),
    /// A line of the panel, by its key.
    Panel(&'static str),
    /// A button.
    Button(Button),
}

fn shared(first: &Use, second: &Use, board: &str) -> String {
    match (first, second) {
        (Use::Bus(bus), Use::Button(_)) => {
            format!("belongs to the panel's {bus} bus (board {board}), a button cannot be there")
        }
        (Use::Panel(key), Use::Button(_)) => {
            format!("is the panel's `{key}` (board {board}), a button cannot be there")
        }
        (Use::Bus(bus), _) => {
            format!("belongs to the panel's {bus} bus (board {board}) and cannot be anything else")
        }
        _ => {
            let name = |of: &Use| match of {
                Use::Bus(name) | Use::Panel(name) => *name,
                Use::Button(button) => button.name(),
            };
            format!(
                "cannot be both {} and {} (board {board})",
                name(first),
                name(second)
            )
        }
    }
}

impl BoardError {
    /// The button that is in the wrong place, if it is about one.
    #[must_use]
    pub fn button(&self) -> Option<Button> {
        match self {
            Self::SharedLine {
                second: Use::Button(button),
                ..
            } => Some(*button),
            Self::SharedLine { .. }
            | Self::Unknown { .. }
            | Self::Panel { .. }
            | Self::Supply { .. } => None,
        }
    }

    /// The other button on the same line, if that is what it is about.
    #[must_use]
    pub fn other_button(&self) -> Option<Button> {
        match self {
            Self::SharedLine {
                first: Use::Button(button),
                ..
            } => Some(*button),
            _ => None,
        }
    }

    /// The key of the board file that is wrong, with its tables.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Unknown { .. } => "name".into(),
            Self::SharedLine { second, .. } => match second {
                Use::Bus(_) => "panel.bus".into(),
                Use::Panel(key) => format!("panel.bus.{key}"),
                Use::Button(button) => format!("buttons.{}", button.name()),
            },
            Self::Panel { key, .. } => format!("panel.{key}"),
            Self::Supply { .. } => "wiring.supply".into(),
        }
    }
}

/// Whether such a board can be.
pub(super) fn check(board: &Board) -> Result<(), BoardError> {
    if let Some(panel) = &board.panel {
        check_panel(panel).map_err(|(key, reason)| BoardError::Panel {
            key,
            reason,
            board: board.name.clone(),
        })?;
    }
    let mut taken: Vec<(u8, Use)> = Vec::new();
    for (line, second) in uses(board) {
        if let Some((_, first)) = taken.iter().find(|(there, _)| *there == line) {
            return Err(BoardError::SharedLine {
                line,
                first: *first,
                second,
                board: board.name.clone(),
            });
        }
        taken.push((line, second));
    }
    for wire in &board.wiring.supply {
        if header::supply(wire.pin).is_none() {
            let line = (0..28).find(|line| header::pin(*line) == Some(wire.pin));
            return Err(BoardError::Supply {
                pin: wire.pin,
                what: line.map_or("not on the header".into(), |line| {
                    format!("BCM line {line}")
                }),
            });
        }
    }
    Ok(())
}

/// Every line of the board with what is on it: bus, panel, buttons, in this order.
fn uses(board: &Board) -> impl Iterator<Item = (u8, Use)> {
    let panel = board.panel.as_ref().map(|panel| &panel.bus);
    let (bus, lines) = panel.map_or((vec![], vec![]), |bus| (bus_lines(bus), panel_lines(bus)));
    let buttons = board.buttons.iter();
    bus.into_iter()
        .chain(lines.into_iter().map(|(key, line)| (line, Use::Panel(key))))
        .chain(buttons.map(|(button, at)| (at.line, Use::Button(button))))
}

/// The lines the kernel gives to a bus while it is on. Source: the Raspberry Pi documentation on
/// GPIO functions; the same on all models with 40 pins.
fn bus_lines(bus: &Bus) -> Vec<(u8, Use)> {
    let (path, kind) = match bus {
        Bus::I2c { path, .. } | Bus::Spi { path, .. } => (path.as_path(), bus),
        #[cfg(feature = "bench")]
        Bus::Socket => return Vec::new(),
    };
    let named = |beginning: &str| {
        path.to_str()
            .is_some_and(|path| path.starts_with(beginning))
    };
    let (name, lines): (_, &[u8]) = match kind {
        Bus::I2c { .. } if path == Path::new("/dev/i2c-1") => ("I2C", &[2, 3]),
        Bus::Spi { .. } if named("/dev/spidev0.") => ("SPI0", &[7, 8, 9, 10, 11]),
        Bus::Spi { .. } if named("/dev/spidev1.") => ("SPI1", &[16, 17, 18, 19, 20, 21]),
        _ => return Vec::new(),
    };
    lines.iter().map(|line| (*line, Use::Bus(name))).collect()
}

/// The panel's own lines, by their keys.
pub(super) fn panel_lines(bus: &Bus) -> Vec<(&'static str, u8)> {
    let all = match bus {
        Bus::I2c { reset, .. } => vec![("reset", *reset)],
        Bus::Spi {
            dc,
            reset,
            busy,
            power,
            ..
        } => vec![
            ("dc", Some(*dc)),
            ("reset", *reset),
            ("busy", *busy),
            ("power", *power),
        ],
        #[cfg(feature = "bench")]
        Bus::Socket => vec![],
    };
    all.into_iter()
        .filter_map(|(key, line)| Some((key, line?)))
        .collect()
}

/// What a controller can drive, upright.
struct Glass {
    /// Columns and rows of the controller.
    most: (u32, u32),
    /// Its rows are in pages of 8.
    paged: bool,
    /// The sizes of modules that the driver knows.
    sizes: &'static [(u32, u32)],
}

/// Sources: the first page of each data sheet for the controller's own size (the SH1106 has 132
/// columns, of which modules connect 128), HARDWARE.md 1.3 for the sizes modules are sold in.
fn glass(driver: PanelDriver) -> Glass {
    let (most, paged, sizes): (_, _, &[(u32, u32)]) = match driver {
        PanelDriver::Ssd1306 => ((128, 64), true, &[(128, 64), (128, 32)]),
        PanelDriver::Ssd1309 => ((128, 64), true, &[(128, 64)]),
        PanelDriver::Sh1106 => ((132, 64), true, &[(128, 64)]),
        PanelDriver::Sh1107 => ((128, 128), true, &[(128, 128)]),
        PanelDriver::Ssd1680 => ((176, 296), false, &[(122, 250), (176, 264)]),
        PanelDriver::Ssd1683 => ((400, 300), false, &[(400, 300)]),
    };
    Glass { most, paged, sizes }
}

type Refusal = (&'static str, String);

fn check_panel(panel: &PanelSpec) -> Result<(), Refusal> {
    check_size(panel)?;
    if !PITCH_UM.contains(&panel.pitch_um) {
        let (least, most) = (PITCH_UM.start(), PITCH_UM.end());
        let reason = format!(
            "{} is not between {least} and {most}; the pitch is in micrometres",
            panel.pitch_um
        );
        return Err(("pitch_um", reason));
    }
    check_bus(panel)
}

fn check_size(panel: &PanelSpec) -> Result<(), Refusal> {
    let (width, height) = (panel.width, panel.height);
    let driver = panel.driver.name();
    for (key, pixels) in [("width", width), ("height", height)] {
        if pixels == 0 {
            return Err((key, "a panel has more than 0 pixels".into()));
        }
    }
    let (across, down) = panel.native();
    let turned = matches!(panel.rotation, Rotation::Quarter | Rotation::ThreeQuarters);
    let size = if turned {
        let degrees = panel.rotation.degrees();
        format!("{width}x{height} turned by {degrees} is {across}x{down} to the controller")
    } else {
        format!("{width}x{height}")
    };
    // A turned picture may have the right size and the wrong rotation.
    let at = |key| if turned { "rotation" } else { key };
    let Glass { most, paged, sizes } = glass(panel.driver);
    if across > most.0 || down > most.1 {
        let key = at(if across > most.0 { "width" } else { "height" });
        let hint = if !turned && sizes.contains(&(height, width)) {
            "; it is held upright: rotation = 90 or 270"
        } else {
            ""
        };
        let (columns, rows) = most;
        let reason = format!("{size}: larger than the {columns}x{rows} of an {driver}{hint}");
        return Err((key, reason));
    }
    if paged && down % 8 != 0 {
        let reason = format!("{size}: an {driver} has pages of 8 rows, {down} are none");
        return Err((at("height"), reason));
    }
    if !sizes.contains(&(across, down)) {
        let known: Vec<String> = sizes.iter().map(|(w, h)| format!("{w}x{h}")).collect();
        let reason = format!("{size}: panels with an {driver} are {}", known.join(" or "));
        return Err((at("width"), reason));
    }
    let (least_across, least_down) = SMALLEST;
    if width < least_across || height < least_down {
        let key = if width < least_across {
            "width"
        } else {
            "height"
        };
        let reason = format!(
            "{width}x{height}: there are no screens for less than {least_across}x{least_down}"
        );
        return Err((key, reason));
    }
    Ok(())
}

fn check_bus(panel: &PanelSpec) -> Result<(), Refusal> {
    let driver = panel.driver.name();
    match (&panel.bus, panel.driver.medium()) {
        (Bus::I2c { .. }, Medium::Paper) => Err((
            "bus",
            format!("e-paper (`{driver}`) is on SPI, it has no I2C"),
        )),
        (Bus::Spi { busy: None, .. }, Medium::Paper) => Err((
            "bus",
            format!(
                "e-paper (`{driver}`) needs its `busy` line: nothing else tells when it is done"
            ),
        )),
        (Bus::Spi { reset: None, .. }, Medium::Paper) => Err((
            "bus",
            format!(
                "e-paper (`{driver}`) needs its `reset` line: nothing else ends its deep sleep"
            ),
        )),
        (Bus::Spi { busy: Some(_), .. }, Medium::Oled) => {
            Err(("bus.busy", format!("an OLED (`{driver}`) has no busy line")))
        }
        _ => Ok(()),
    }
}
