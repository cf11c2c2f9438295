//! `pairbox check` and `pairbox boards` as they are, on this machine, which is no Pi.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use pairbox::board::{Board, Subsystem};
use pairbox::check::probes::{self, Places};
use pairbox::check::{Access, Asked, Device, Membership};
use pairbox::config::Config;

/// A configuration for this machine, with a service on it.
fn here(folder: &Path, listener: &TcpListener) -> String {
    format!(
        "state_dir = '{}'\nboard_dir = '{}'\n[whatsapp]\nendpoint = \"ws://{}/ws\"\n",
        folder.join("state").display(),
        folder.join("board.d").display(),
        listener.local_addr().unwrap()
    )
}

#[test]
fn the_probes_find_what_is_put_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    write("model", "Raspberry Pi Zero 2 W Rev 1.0\0");
    write("product", "Acme\0");
    write("synchronised", "");
    write("group", "gpio:x:999999:\n");
    let places = Places {
        auto: pairbox::board::probe::Places {
            hat_product: dir.join("product"),
            bus: dir.join("i2c-1"),
        },
        model: dir.join("model"),
        synchronised: dir.join("synchronised"),
        groups: dir.join("group"),
        users: dir.join("passwd"),
        state: dir.join("var-lib"),
    };
    let config = Config::parse("f.toml", &here(dir, &listener)).unwrap();
    let found = probes::look(&config, &places).unwrap();
    assert_eq!(
        found.model.as_deref(),
        Some("Raspberry Pi Zero 2 W Rev 1.0")
    );
    assert_eq!(found.board.name, "headless");
    assert!(found.auto && found.why.contains("`Acme`"), "{}", found.why);
    assert_eq!(found.device, Device::NotNeeded);
    assert!(found.clock.synchronised);
    let gpio = (Subsystem::Gpio, Membership::Out);
    let spi = (Subsystem::Spidev, Membership::NoGroup);
    assert!(found.user.groups.contains(&gpio) && found.user.groups.contains(&spi));
    assert!(
        matches!(found.network.reached, Some(Ok(_))),
        "{:?}",
        found.network
    );
    assert_eq!(found.disk.access, Access::CanBeMade);
    assert!(!dir.join("state").exists(), "a check makes nothing");

    // A panel's bus that is not there.
    let absent = dir.join("i2c-7").display().to_string();
    let text = include_str!("../../../board/ssd1306-i2c.toml").replace("/dev/i2c-1", &absent);
    write("mine.toml", &text);
    assert!(Board::parse("mine.toml", &text).is_ok());
    let named = format!(
        "board = '{}'\n{}",
        dir.join("mine.toml").display(),
        here(dir, &listener)
    );
    let config = Config::parse("f.toml", &named).unwrap();
    let found = probes::look(&config, &places).unwrap();
    assert_eq!(
        (found.device, found.panel),
        (Device::Missing, Asked::NotAsked)
    );
}

#[test]
fn the_program_says_it_and_ends_with_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairbox.toml");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let check = |config: &str| {
        std::fs::write(&file, config).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_pairbox"))
            .args(["check", "--config"])
            .arg(&file)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, told) = check(&here(folder.path(), &listener));
    let subjects: Vec<&str> = told.lines().map(|line| line[5..14].trim_end()).collect();
    for subject in [
        "model", "board", "panel", "lines", "groups", "clock", "network", "dns", "disk",
    ] {
        assert!(subjects.contains(&subject), "{subject}: {told}");
    }
    let failed = told.lines().any(|line| line.starts_with("FAIL"));
    assert_eq!(code, Some(i32::from(failed)), "{told}");

    // A bus that is not there is a failure anywhere.
    let paper = format!(
        "board = \"waveshare-epd-4.2-v2\"\n{}",
        here(folder.path(), &listener)
    );
    let (code, told) = check(&paper);
    if !Path::new("/dev/spidev0.0").exists() {
        assert_eq!(code, Some(1), "{told}");
        assert!(
            told.contains("FAIL spi      /dev/spidev0.0 does not exist; fix: "),
            "{told}"
        );
    }

    let (code, told) = check("label = 5\n");
    assert_eq!(code, Some(1));
    assert!(told.starts_with("FAIL config   "), "{told}");
    assert!(told.contains("pairbox.toml:1: label: "), "{told}");
}

#[test]
fn boards_are_listed_and_described() {
    let pairbox = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_pairbox"))
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (ok, list, _) = pairbox(&["boards"]);
    assert!(ok);
    assert!(
        list.contains("ssd1306-i2c             SSD1306 128x64 OLED on I2C\n"),
        "{list}"
    );
    assert!(
        list.contains("waveshare-epd-2.7-v2    Waveshare 2.7\" e-Paper HAT V2\n"),
        "{list}"
    );
    let (ok, one, _) = pairbox(&["boards", "sh1107-1.5"]);
    assert!(ok && one.contains("  SDA   pin 3   GPIO 2\n"), "{one}");
    let (ok, _, error) = pairbox(&["boards", "sh1107"]);
    assert!(
        !ok && error.starts_with("pairbox: boards: no board is called `sh1107`"),
        "{error}"
    );
}
