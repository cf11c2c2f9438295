//! The shipped files say what the program does.
//!
//! A default that changes in the program and not in the commented file, a key that is not documented,
//! or a unit whose times do not fit the program's own fails here.

use std::net::SocketAddr;
use std::time::Duration;

use pairbox::config::{Config, DEFAULT_STATE_DIR};
use pairbox::limits::{self, PULSE_EVERY, PULSE_STALE};

const SHIPPED: &str = include_str!("../../../systemd/pairbox.toml");
const UNIT: &str = include_str!("../../../systemd/pairbox.service");
const AVAHI: &str = include_str!("../../../systemd/avahi-pairbox.service");
const HARDWARE: &str = include_str!("../../../systemd/system.conf.d/10-pairbox-watchdog.conf");

/// A box of its own serves its page to the network, where nobody has to type a port. That is the
/// device's file's word, not the program's: somebody who tries it on a desktop opens no port to others.
fn of_a_device() -> Config {
    let mut config = Config::default();
    assert!(config.http.listen.ip().is_loopback());
    config.http.listen = SocketAddr::from(([0, 0, 0, 0], 80));
    config
}

#[test]
fn the_shipped_configuration_is_the_defaults_on_port_80() {
    let shipped = Config::parse("pairbox.toml", SHIPPED).unwrap();
    assert_eq!(shipped, of_a_device());
}

#[test]
fn what_it_shows_behind_a_hash_are_the_defaults_too() {
    let shown: Vec<&str> = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if key.starts_with(|first: char| first.is_ascii_lowercase()) => key,
            _ => line,
        })
        .collect();
    let mut config = Config::parse("pairbox.toml", &shown.join("\n")).unwrap();
    // The default depends on who runs the program; the file shows the service's.
    assert_eq!(config.state_dir.take(), Some(DEFAULT_STATE_DIR.into()));
    let control = config.http.control.take();
    assert_eq!(control, Some("/run/pairbox/control.sock".into()));
    assert_eq!(config, of_a_device());
}

#[test]
fn it_documents_every_key() {
    // Found by asking for a key that is not there: the answer lists those that are.
    for (section, keys) in [
        (
            "",
            &["label", "state_dir", "board", "board_dir", "gpio"][..],
        ),
        ("http", &["listen", "control", "names"]),
        (
            "whatsapp",
            &["endpoint", "version_url", "version", "pre_keys"],
        ),
        (
            "messages",
            &[
                "pace_per_minute",
                "pace_burst",
                "cold_after_days",
                "media_max_mb",
                "media_cache_mb",
                "outbox_mb",
                "outbox_days",
            ],
        ),
        (
            "buttons",
            &["connect", "disconnect", "previous", "next", "select"],
        ),
        ("log", &["level"]),
    ] {
        let text = match section {
            "" => "qqqqqqqqqq = 1".to_owned(),
            section => format!("[{section}]\nqqqqqqqqqq = 1"),
        };
        let error = Config::parse("f", &text).unwrap_err();
        let known = error
            .reason
            .strip_prefix("unknown key; known here: ")
            .unwrap();
        let known: Vec<&str> = known.split(", ").collect();
        for key in keys {
            assert!(known.contains(key), "{key} of [{section}] is gone");
        }
        let sections = ["http", "whatsapp", "messages", "buttons", "log"];
        for key in known.into_iter().filter(|key| *key != "bench") {
            let shown = SHIPPED.contains(&format!("\n#{key} = "))
                || (key == "listen" && SHIPPED.contains("\nlisten = "))
                || SHIPPED.contains(&format!("\n# Example: {key} = "))
                || (sections.contains(&key) && SHIPPED.contains(&format!("\n[{key}]\n")));
            assert!(shown, "{key} of [{section}] is not in systemd/pairbox.toml");
        }
    }
}

/// The number of a line `key=number`.
fn number(text: &str, key: &str) -> u64 {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)).unwrap();
    value.parse().unwrap()
}

#[test]
fn the_network_is_told_the_port_of_the_page() {
    let port = of_a_device().http.listen.port();
    assert!(AVAHI.contains(&format!("<port>{port}</port>")));
}

#[test]
fn the_hardwares_watchdog_gets_no_more_than_it_can_count() {
    // bcm2835_wdt has 20 bits of 1/65536 s.
    assert!(number(HARDWARE, "RuntimeWatchdogSec=") < 16);
}

#[test]
fn unit_and_limits_agree() {
    let seconds = |key: &str| Duration::from_secs(number(UNIT, key));
    // A loop beats several times before it counts as stalled, and the page says so before the
    // watchdog bites.
    assert!(PULSE_EVERY * 3 <= PULSE_STALE);
    assert_eq!(PULSE_STALE * 2, seconds("WatchdogSec="));
    // What ends one after the other: links, page, glass (BUSY of e-paper), and some time for the disk.
    let busy = Duration::from_secs(10);
    let stop = limits::SHUTDOWN + limits::HTTP_FAREWELL + busy;
    assert!(limits::LINK_STOP < limits::SHUTDOWN);
    assert!(stop + Duration::from_secs(10) < seconds("TimeoutStopSec="));
    // A big store on a slow card is read to its end before READY.
    assert!(seconds("TimeoutStartSec=") >= Duration::from_secs(120));
}

#[test]
fn the_unit_has_room_for_every_thread() {
    // Of the page: workers, those that wait, streams, downloads, and what reads the inner socket.
    let page = limits::HTTP_WORKERS
        + limits::HTTP_SENDS
        + limits::STREAMS
        + limits::HTTP_DOWNLOADS
        + limits::HTTP_PLACES;
    // Main, store, panel, buttons with rppal's one a line, the page's own three.
    let rest = 4 + 5 + 3;
    let all = u64::try_from(limits::BLOCKING_THREADS + page + rest).unwrap();
    assert!(all < number(UNIT, "TasksMax="));
}

#[test]
fn a_wrong_start_that_only_a_person_mends_is_not_tried_again() {
    assert!(UNIT.contains("\nRestart=always\n"));
    assert!(
        UNIT.contains("\nRestartPreventExitStatus=78\n"),
        "EX_CONFIG"
    );
    assert!(UNIT.contains("\nStartLimitIntervalSec=0\n"));
}
