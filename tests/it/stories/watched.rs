//! The service as systemd watches it: the real program with a real notification socket. What it cannot
//! do without stops the watchdog's pings, and nothing else does.
//!
//! The watchdog's time is short here, so that a test need not wait for a minute; the program keeps the
//! proportions of the unit's.

use std::fs;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{self, Receiver};

use pairbox_rig::doors::Reply;
use pairbox_rig::power::PoweredBox;
use serde_json::Value;

use super::scene::{PATIENCE, Scene};

/// In microseconds: a ping every 200 ms, and a loop stands still after 1.2 s.
const WATCHDOG_US: u32 = 2_400_000;

/// So many pings in a row are "it goes on".
const MANY: usize = 10;

/// What the log says with every ping that is not sent.
const STILL: &str = "the store's writer stands still; the watchdog is not fed";

/// The manager's end of the socket. It is always read, or the box would wait for it.
struct Manager {
    socket: UnixDatagram,
    said: Receiver<String>,
}

impl Drop for Manager {
    fn drop(&mut self) {
        // Ends the reader.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Manager {
    /// Stands behind the boxes of this scene.
    fn of(scene: &mut Scene) -> Self {
        let path = scene.socket.folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let settings = [
            "env".to_owned(),
            format!("NOTIFY_SOCKET={}", path.display()),
            format!("WATCHDOG_USEC={WATCHDOG_US}"),
        ];
        scene.socket.program.splice(0..0, settings);
        let (tell, said) = mpsc::channel();
        let reader = socket.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut heard = [0; 1024];
            while let Ok(length @ 1..) = reader.recv(&mut heard) {
                let words = String::from_utf8_lossy(&heard[..length]).into_owned();
                if tell.send(words).is_err() {
                    return;
                }
            }
        });
        Self { socket, said }
    }

    fn wait(&self, wanted: &str) {
        loop {
            let said = self.said.recv_timeout(PATIENCE);
            if said.expect("nothing is said any more") == wanted {
                return;
            }
        }
    }

    /// Many pings, from now on.
    fn wait_fed(&self) {
        self.so_far();
        for _ in 0..MANY {
            self.wait("WATCHDOG=1\n");
        }
    }

    /// All that was said and not yet heard.
    fn so_far(&self) -> Vec<String> {
        self.said.try_iter().collect()
    }
}

/// A wish that has to be kept: it is what meets the disk.
fn write_something(powered: &PoweredBox) -> anyhow::Result<Reply> {
    let path = powered.path(1, "").unwrap();
    let change = r#"{"label":"another name"}"#;
    powered.ask("PATCH", path.trim_end_matches('/'), Some(change))
}

#[test]
fn without_panel_page_and_whatsapp_the_watchdog_is_fed() {
    let mut scene = Scene::set();
    let manager = Manager::of(&mut scene);
    let world = scene.socket.folder.join("world");
    fs::write(&world, "").unwrap();
    let powered = scene.paired();
    manager.wait("READY=1\n");
    scene.bench.unplug();
    fs::write(&world, "no-network").unwrap();
    // More silent clients than the page has places.
    let crowd: Vec<TcpStream> = (0..pairbox::limits::HTTP_CONNECTIONS)
        .map_while(|_| TcpStream::connect(powered.page()).ok())
        .collect();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("panel: "))
        .unwrap();
    manager.wait_fed();
    drop(crowd);
    fs::write(&world, "").unwrap();
    scene.bench.replug();
    scene.wait_glass("Connected");
    scene.close(powered);
    assert!(manager.so_far().contains(&"STOPPING=1\n".to_owned()));
}

#[test]
fn a_writer_that_does_not_come_back_from_the_disk_ends_the_pings() {
    let mut scene = Scene::set();
    let manager = Manager::of(&mut scene);
    let powered = scene.power_on();
    manager.wait("READY=1\n");
    manager.wait_fed();
    fs::write(scene.socket.folder.join("disk"), "hang").unwrap();
    // How it ends is told elsewhere.
    let _ = write_something(&powered);
    let still = |line: &str| line.contains(STILL);
    let (mut line, _) = powered.wait_log(0, PATIENCE, still).unwrap();
    manager.so_far();
    for _ in 0..MANY {
        (line, _) = powered.wait_log(line, PATIENCE, still).unwrap();
    }
    let said = manager.so_far();
    assert!(!said.contains(&"WATCHDOG=1\n".to_owned()), "{said:?}");
    // The rest of it has not noticed anything.
    assert_eq!(powered.account().unwrap()["status"], "stopped");
    powered.cut().unwrap();
}

#[test]
fn a_disk_in_trouble_is_progress() {
    let mut scene = Scene::set();
    let manager = Manager::of(&mut scene);
    let disk = scene.socket.folder.join("disk");
    // From the start, when there is no store yet,
    fs::write(&disk, "io").unwrap();
    let powered = scene.power_on();
    manager.wait("READY=1\n");
    manager.wait_fed();
    fs::write(&disk, "").unwrap();
    let well = |line: &str| line.contains("can be used again");
    powered.wait_log(0, PATIENCE, well).unwrap();
    scene.wait_glass("Disconnected");
    manager.wait_fed();
    // and later, when its writer does nothing but try.
    fs::write(&disk, "io").unwrap();
    // How it ends is told elsewhere.
    let _ = write_something(&powered);
    let failed = |line: &str| line.contains("store: writing failed");
    powered.wait_log(0, PATIENCE, failed).unwrap();
    manager.wait_fed();
    fs::write(&disk, "").unwrap();
    let well = |line: &str| line.contains("takes writes again");
    powered.wait_log(0, PATIENCE, well).unwrap();
    scene.close(powered);
}

#[test]
fn a_panic_of_the_writer_is_a_disk_in_trouble() {
    let mut scene = Scene::set();
    let manager = Manager::of(&mut scene);
    let disk = scene.socket.folder.join("disk");
    let powered = scene.paired();
    fs::write(&disk, "panic").unwrap();
    // How it ends is told elsewhere.
    let _ = write_something(&powered);
    let broke = |line: &str| line.contains("store: writing broke down");
    powered.wait_log(0, PATIENCE, broke).unwrap();
    // It is opened anew first. Meanwhile, and later, the watchdog is fed.
    let is_shown = || {
        manager.wait("WATCHDOG=1\n");
        let status = powered.get("/api/v1/status").unwrap();
        let status: Value = serde_json::from_str(&status).unwrap();
        status["store"]["status"] == "failing"
    };
    assert!((0..10 * MANY).any(|_| is_shown()));
    manager.wait_fed();
    fs::write(&disk, "").unwrap();
    let well = |line: &str| line.contains("takes writes again");
    powered.wait_log(0, PATIENCE, well).unwrap();
    // The writer is the same one, and what it writes is kept.
    scene.hear("after the panic");
    let reply = write_something(&powered).unwrap();
    assert_eq!(reply.code, 200, "{:?}", reply.text());
    assert_eq!(powered.account().unwrap()["label"], "another name");
    powered.cut().unwrap();
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    assert_eq!(powered.account().unwrap()["label"], "another name");
    scene.close(powered);
}
