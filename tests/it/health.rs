//! What the service manager hears, on a real notification socket.
//!
//! The socket is named by an environment variable, so the speaker is a process of its own: this
//! test binary again, running nothing but [`speaker`].

use std::os::unix::net::UnixDatagram;
use std::process::Command;

use pairbox::health::Health;
use pairbox::limits::{PULSE_EVERY, PULSE_STALE};
use pairbox::pulse::{Pulse, Vitals};
use pairbox::snapshot::Status;
use pairbox::time::Mono;

use crate::web::rig::{PHONE, snapshot};

const SPEAK: &str = "PAIRBOX_TEST_SPEAK";

/// Not a test by itself: the life of a service as its manager hears it.
#[test]
fn speaker() {
    if std::env::var_os(SPEAK).is_none() {
        return;
    }
    let pulse = Pulse::default();
    let mut health = Health::new(Vitals::of(vec![("event loop", pulse.clone())]));
    assert_eq!(Health::ping_every(), PULSE_EVERY);
    health.ready();
    health.show(&snapshot(1, Status::Stopped));
    health.show(&snapshot(2, Status::Stopped));
    health.show(&snapshot(3, Status::Working));
    let late = Mono(PULSE_STALE * 2);
    assert_eq!(health.ping(late), Err("event loop"));
    pulse.beat(late);
    assert_eq!(health.ping(late), Ok(()));
    health.stopping();
}

#[test]
fn the_manager_hears_news_and_only_of_progress() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "health::speaker"])
        .env(SPEAK, "1")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "60000000")
        .env_remove("WATCHDOG_PID")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    // The speaker has ended: what it said is all there.
    socket.set_nonblocking(true).unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(length) = socket.recv(&mut buffer) {
        heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    assert_eq!(
        heard,
        [
            "READY=1\n",
            "STATUS=shop: Disconnected\n",
            "STATUS=shop: Connected\n",
            "WATCHDOG=1\n",
            "STOPPING=1\n",
        ]
    );
    assert!(!heard.concat().contains(&PHONE[PHONE.len() - 4..]));
}

#[test]
fn without_a_manager_nothing_is_said() {
    // The rest of this binary runs without one: this must simply do nothing.
    let health = Health::new(Vitals::of(vec![("event loop", Pulse::default())]));
    health.ready();
    health.stopping();
}
