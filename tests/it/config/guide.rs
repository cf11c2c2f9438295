//! What people are told about wiring is what the program does: the README's table, the fragments for
//! `config.txt`, the udev rules and the list of modules are written from the boards' files.
//!
//! `PAIRBOX_GOLDEN=write` writes them anew; look at them before committing.

use std::fs;
use std::path::{Path, PathBuf};

use pairbox::board::{Board, Bus, Pull, Subsystem, guide, header, names, resolve};

const BEGIN: &str = "<!-- boards: written by `PAIRBOX_GOLDEN=write cargo test --workspace --test it -- guide` -->\n";
const END: &str = "<!-- end of boards -->\n";

/// The boards of a release.
fn boards() -> Vec<Board> {
    let shipped = names().filter(|name| *name != "bench");
    shipped.map(|name| resolve(name).unwrap()).collect()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a file with what it should be, or writes it.
fn golden(name: &str, expected: &str) {
    let path = path(name);
    if std::env::var("PAIRBOX_GOLDEN").is_ok_and(|value| value == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, expected).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        there, expected,
        "{name} is old: PAIRBOX_GOLDEN=write writes it"
    );
}

#[test]
fn the_readme_has_the_boards() {
    let readme = fs::read_to_string(path("README.md")).unwrap();
    let (before, rest) = readme
        .split_once(BEGIN)
        .expect("the beginning of the boards");
    let (_, after) = rest.split_once(END).expect("the end of the boards");
    let table = guide::readme(&boards());
    golden(
        "README.md",
        &format!("{before}{BEGIN}\n{table}\n{END}{after}"),
    );
}

#[test]
fn the_files_to_copy_are_current() {
    for board in boards() {
        golden(
            &format!("board/config.txt.d/{}.txt", board.name),
            &guide::config_txt(&board),
        );
    }
    let there = fs::read_dir(path("board/config.txt.d")).unwrap().count();
    assert_eq!(
        there,
        boards().len(),
        "a fragment of a board that is no more"
    );
    golden("board/60-pairbox.rules", &guide::udev_rules(&boards()));
    golden("board/modules-load.conf", &guide::modules_load(&boards()));
}

#[test]
fn one_board_as_the_terminal_shows_it() {
    let expected = "\
waveshare-oled-hat-1.3: Waveshare 1.3\" OLED HAT

panel
  SH1106, 128x64, a pixel every 0.230 mm, turned by 180
  /dev/spidev0.0 at 2000 kHz

wiring: sits on the 40-pin header, and uses there
  DIN   pin 19  GPIO 10
  CLK   pin 23  GPIO 11
  CS    pin 24  GPIO 8
  DC    pin 18  GPIO 24
  RST   pin 22  GPIO 25

buttons
  connect     KEY1 (pin 40, GPIO 21)
  disconnect  KEY2 (pin 38, GPIO 20)
  previous    up (pin 31, GPIO 6)
  next        down (pin 35, GPIO 19)
  select      KEY3 (pin 36, GPIO 16)

config.txt on the boot partition (then reboot)
  dtparam=spi=on
  gpio=5,6,13,16,19,20,21,26=ip,pu

/etc/pairbox/pairbox.toml
  board = \"waveshare-oled-hat-1.3\"
";
    assert_eq!(
        guide::describe(&resolve("waveshare-oled-hat-1.3").unwrap()),
        expected
    );
    let wired = guide::describe(&resolve("ssd1306-i2c").unwrap());
    for line in [
        "  VCC   pin 1   3.3 V\n",
        "  GND   pin 9   GND\n",
        "  SDA   pin 3   GPIO 2\n",
        "  SCL   pin 5   GPIO 3\n",
        "  connect     pin 29 (GPIO 5), other side to pin 30 (GND)\n",
        "  disconnect  pin 31 (GPIO 6), other side to pin 34 (GND)\n",
        "/etc/modules-load.d/pairbox.conf\n  i2c-dev\n",
    ] {
        assert!(wired.contains(line), "{line:?} is missing:\n{wired}");
    }
}

#[test]
fn every_board_is_set_up_for_what_it_uses() {
    for board in boards() {
        let name = &board.name;
        let setup = &board.setup;
        // Every button's line is held at rest from power-on.
        let pulls: Vec<u8> = setup
            .config_txt
            .iter()
            .filter_map(|line| line.strip_prefix("gpio=")?.strip_suffix("=ip,pu"))
            .flat_map(|lines| lines.split(',').map(|line| line.parse().unwrap()))
            .collect();
        for (button, at) in board.buttons.iter() {
            assert_eq!(at.pull, Pull::Up, "{name}: {}", button.name());
            assert!(
                pulls.contains(&at.line),
                "{name}: {} is not in gpio=",
                at.line
            );
            assert!(header::pin(at.line).is_some());
            let label = board.wiring.labels.as_ref();
            let labelled = label.is_none_or(|labels| labels.of(button).is_some());
            assert!(
                labelled,
                "{name}: nothing is said to be beside {}",
                button.name()
            );
        }
        let is_on = |param: &str| setup.config_txt.iter().any(|line| line.starts_with(param));
        let needed: &[Subsystem] = match board.panel.as_ref().map(|panel| &panel.bus) {
            Some(Bus::I2c { .. }) => {
                assert!(is_on("dtparam=i2c_arm=on"), "{name}");
                assert_eq!(setup.modules, ["i2c-dev"], "{name}");
                &[Subsystem::Gpio, Subsystem::I2cDev]
            }
            Some(Bus::Spi { .. }) => {
                assert!(is_on("dtparam=spi=on"), "{name}");
                &[Subsystem::Gpio, Subsystem::Spidev]
            }
            _ => &[Subsystem::Gpio],
        };
        assert_eq!(setup.subsystems, needed, "{name}");
        // Each wire has a pin of its own.
        let wires = guide::wires(&board);
        let mut pins: Vec<u8> = wires.iter().map(|wire| wire.pin).collect();
        pins.sort_unstable();
        pins.dedup();
        assert_eq!(pins.len(), wires.len(), "{name}");
        if board.panel.is_some() && !board.wiring.sits_on_header {
            assert!(wires.iter().any(|wire| wire.carries == "GND"), "{name}");
            assert!(wires.iter().any(|wire| wire.carries == "3.3 V"), "{name}");
        }
    }
}

#[test]
fn the_unit_may_use_what_the_boards_use() {
    let unit = fs::read_to_string(path("systemd/pairbox.service")).unwrap();
    let users = fs::read_to_string(path("systemd/pairbox.sysusers.conf")).unwrap();
    let groups = unit
        .lines()
        .find_map(|line| line.strip_prefix("SupplementaryGroups="));
    let groups: Vec<&str> = groups.unwrap().split(' ').collect();
    for subsystem in Subsystem::ALL {
        let group = subsystem.group();
        assert!(groups.contains(&group), "{group}");
        assert!(users.contains(&format!("\ng {group} - -\n")), "{group}");
        // By their names in /proc/devices.
        let devices = match subsystem {
            Subsystem::Gpio => "char-gpiochip",
            Subsystem::I2cDev => "char-i2c",
            Subsystem::Spidev => "char-spi",
        };
        assert!(
            unit.contains(&format!("\nDeviceAllow={devices} rw\n")),
            "{devices}"
        );
    }
}
