//! What people need to build a board: wires with the header's pins, lines for `config.txt`, modules,
//! udev rules. All of it is written from the board's file, for the terminal (`pairbox boards`), for
//! the README and for the files under `board/`. Text only; nothing is read or opened.

use std::fmt::Write as _;

use super::{Board, Bus, Catalog, Level, Subsystem, header, rules};
use crate::event::Button;

/// A wire between the panel and the header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wire {
    /// What the panel's board calls it.
    pub signal: String,
    /// The header's pin, 1 to 40.
    pub pin: u8,
    /// What is on that pin, like `GPIO 2` or `3.3 V`.
    pub carries: String,
}

impl Wire {
    fn on_line(signal: &str, line: u8) -> Option<Self> {
        Some(Self {
            signal: signal.to_owned(),
            pin: header::pin(line)?,
            carries: format!("GPIO {line}"),
        })
    }
}

/// The wires of the panel: supply first, then the bus, then its own lines.
#[must_use]
pub fn wires(board: &Board) -> Vec<Wire> {
    let supply = board.wiring.supply.iter().map(|wire| Wire {
        signal: wire.signal.clone(),
        pin: wire.pin,
        carries: header::supply(wire.pin).unwrap_or("?").to_owned(),
    });
    let bus = board.panel.as_ref().map(|panel| &panel.bus);
    let on_lines = bus.map(|bus| {
        let bus_wires = bus_signals(bus).into_iter();
        let own = rules::panel_lines(bus).into_iter();
        let own = own.map(|(key, line)| (vendor_word(key), line));
        bus_wires
            .chain(own)
            .filter_map(|(signal, line)| Wire::on_line(signal, line))
            .collect::<Vec<_>>()
    });
    supply.chain(on_lines.into_iter().flatten()).collect()
}

/// What vendors print beside the pins of a panel's own lines.
fn vendor_word(key: &str) -> &'static str {
    match key {
        "dc" => "DC",
        "reset" => "RST",
        "busy" => "BUSY",
        "power" => "PWR",
        _ => "?",
    }
}

/// The wires of a bus that leads to the header, by what vendors print beside the panel's pins.
fn bus_signals(bus: &Bus) -> Vec<(&'static str, u8)> {
    match bus {
        Bus::I2c { path, .. } if path.ends_with("i2c-1") => vec![("SDA", 2), ("SCL", 3)],
        Bus::Spi { path, .. } if path.ends_with("spidev0.0") => {
            vec![("DIN", 10), ("CLK", 11), ("CS", 8)]
        }
        Bus::Spi { path, .. } if path.ends_with("spidev0.1") => {
            vec![("DIN", 10), ("CLK", 11), ("CS", 7)]
        }
        _ => Vec::new(),
    }
}

/// A button and what it is connected to.
struct Contact {
    button: Button,
    line: u8,
    pin: u8,
    /// What is printed beside it, on boards with buttons of their own.
    label: Option<String>,
    /// The pin of the other side, and what is there.
    other: (u8, &'static str),
}

fn contacts(board: &Board) -> Vec<Contact> {
    let mut taken: Vec<u8> = wires(board).iter().map(|wire| wire.pin).collect();
    let labels = board.wiring.labels.as_ref();
    let mut contacts = Vec::new();
    for (button, at) in board.buttons.iter() {
        let Some(pin) = header::pin(at.line) else {
            continue;
        };
        let other = match at.pressed {
            Level::Low => (header::ground_near(pin, &taken), "GND"),
            Level::High => (17, "3.3 V"),
        };
        taken.push(other.0);
        contacts.push(Contact {
            button,
            line: at.line,
            pin,
            label: labels.and_then(|labels| labels.of(button).map(str::to_owned)),
            other,
        });
    }
    contacts
}

/// `pairbox boards`: one line a board.
#[must_use]
pub fn list(catalog: &Catalog) -> String {
    let mut text = String::new();
    for board in catalog.boards() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<24}{}", board.name, board.title);
    }
    text
}

/// `pairbox boards NAME`: everything that has to be done before it runs.
#[must_use]
pub fn describe(board: &Board) -> String {
    let mut text = format!("{}: {}\n", board.name, board.title);
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|line| format!("  {line}\n")).collect();
            // Writing to a string does not fail.
            let _ = write!(text, "\n{title}\n{}", lines.concat());
        }
    };
    part("panel", panel_lines(board));
    let row = |wire: &Wire| format!("{:<6}pin {:<4}{}", wire.signal, wire.pin, wire.carries);
    let wires: Vec<String> = wires(board).iter().map(row).collect();
    if board.wiring.sits_on_header {
        part("wiring: sits on the 40-pin header, and uses there", wires);
    } else {
        part("wiring", wires);
    }
    part(
        "buttons",
        contacts(board).iter().map(contact_line).collect(),
    );
    part(
        "config.txt on the boot partition (then reboot)",
        board.setup.config_txt.clone(),
    );
    part(
        "/etc/modules-load.d/pairbox.conf",
        board.setup.modules.clone(),
    );
    part(
        "/etc/pairbox/pairbox.toml",
        vec![format!("board = \"{}\"", board.name)],
    );
    text
}

fn panel_lines(board: &Board) -> Vec<String> {
    let Some(panel) = &board.panel else {
        return Vec::new();
    };
    let turned = match panel.rotation.degrees() {
        0 => String::new(),
        degrees => format!(", turned by {degrees}"),
    };
    let driver = panel.driver.name().to_uppercase();
    let (width, height) = (panel.width, panel.height);
    let size = format!(
        "{driver}, {width}x{height}, a pixel every {}.{:03} mm{turned}",
        panel.pitch_um / 1000,
        panel.pitch_um % 1000
    );
    let bus = match &panel.bus {
        Bus::I2c {
            path, addresses, ..
        } => {
            let addresses: Vec<String> = addresses.iter().map(|a| format!("{a:#04x}")).collect();
            format!("{} at {}", path.display(), addresses.join(" or "))
        }
        Bus::Spi { path, hz, .. } => format!("{} at {} kHz", path.display(), hz / 1000),
        #[cfg(feature = "bench")]
        Bus::Socket => "the socket of [bench]".into(),
    };
    vec![size, bus]
}

fn contact_line(contact: &Contact) -> String {
    let Contact {
        button,
        line,
        pin,
        label,
        other: (other, carries),
    } = contact;
    match label {
        Some(label) => format!("{:<12}{label} (pin {pin}, GPIO {line})", button.name()),
        None => format!(
            "{:<12}pin {pin} (GPIO {line}), other side to pin {other} ({carries})",
            button.name()
        ),
    }
}

/// The README's table of boards, as Markdown.
#[must_use]
pub fn readme(boards: &[Board]) -> String {
    let mut text = String::from("| board | | panel to header pin | buttons |\n|---|---|---|---|\n");
    for board in boards {
        let wires: Vec<String> = wires(board)
            .iter()
            .map(|wire| format!("{} {}", wire.signal, wire.pin))
            .collect();
        let wires = match (board.wiring.sits_on_header, wires.is_empty()) {
            (true, _) => "sits on the header".to_owned(),
            (false, true) => "none".to_owned(),
            (false, false) => wires.join(", "),
        };
        let buttons: Vec<String> = contacts(board)
            .iter()
            .map(|contact| match &contact.label {
                Some(label) => format!("{} {label}", contact.button.name()),
                None => format!(
                    "{} {} and {}",
                    contact.button.name(),
                    contact.pin,
                    contact.other.0
                ),
            })
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {wires} | {} |",
            board.name,
            board.title,
            buttons.join(", ")
        );
    }
    text
}

/// The fragment of `config.txt` for a board, to be copied.
#[must_use]
pub fn config_txt(board: &Board) -> String {
    let mut text = format!(
        "# pairbox, {}: put these lines at the end of config.txt on the boot partition and reboot.\n\
         [all]\n",
        board.title
    );
    for line in &board.setup.config_txt {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The modules that have to be there before the service starts, for `/usr/lib/modules-load.d`.
#[must_use]
pub fn modules_load(boards: &[Board]) -> String {
    let mut modules: Vec<&str> = boards
        .iter()
        .flat_map(|board| board.setup.modules.iter().map(String::as_str))
        .collect();
    modules.sort_unstable();
    modules.dedup();
    let mut text = format!(
        "# To /usr/lib/modules-load.d/pairbox.conf, or /etc/modules-load.d: modules that are needed before\n\
         # the service starts. Without the first there is no /dev/i2c-1, though I2C is on.\n{}\n",
        modules.join("\n")
    );
    let on_spi = |board: &Board| board.setup.subsystems.contains(&Subsystem::Spidev);
    if boards.iter().any(on_spi) {
        text.push_str(
            "# The kernel loads it by itself, but maybe too late: the unit admits the devices of SPI by a name\n\
             # (char-spi) that has to be known when it starts.\nspidev\n",
        );
    }
    text
}

/// The udev rules for what the boards use. Raspberry Pi OS has the same (`99-com.rules` of
/// raspberrypi-sys-mods); plain Debian has none.
#[must_use]
pub fn udev_rules(boards: &[Board]) -> String {
    let mut text = String::from(
        "# To /usr/lib/udev/rules.d/60-pairbox.rules, or /etc/udev/rules.d: panel and buttons for the groups\n\
         # that the unit is in. Raspberry Pi OS has these rules already; plain Debian has none.\n",
    );
    for subsystem in Subsystem::ALL {
        if !boards
            .iter()
            .any(|board| board.setup.subsystems.contains(&subsystem))
        {
            continue;
        }
        let mut matches = vec![subsystem.name()];
        if subsystem == Subsystem::Gpio {
            // The registers, which rppal opens: bcm2835-gpiomem, and its namesake on the Pi 5.
            matches.push("*gpiomem*");
        }
        for name in matches {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "SUBSYSTEM==\"{name}\", GROUP=\"{}\", MODE=\"0660\"",
                subsystem.group()
            );
        }
    }
    text
}
