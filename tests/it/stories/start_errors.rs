//! What goes wrong before there is anything to run: one clear line saying what and where, an exit
//! code that is not zero, and nothing lost. A missing panel is no reason not to run.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use pairbox_sim::{Options, Service};
use redb::ReadableDatabase;
use tempfile::TempDir;

use super::scene::Scene;

/// Runs the program to its end; every case here must end by itself.
fn run(folder: &Path, config: &str) -> Output {
    let file = folder.join("pairbox.toml");
    fs::write(&file, config).unwrap();
    Command::new(env!("CARGO_BIN_EXE_pairbox"))
        .arg("--config")
        .arg(file)
        .output()
        .unwrap()
}

/// Only a person can mend it: the unit does not try again (`RestartPreventExitStatus=`).
const FOR_GOOD: i32 = 78;

/// It may come right by itself: the unit tries again.
const FOR_NOW: i32 = 1;

/// Asserts that the program refused to run with that exit code, and one line that holds all of `words`.
fn refused(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it ran: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "not one line:\n{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing: {said}");
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A configuration that would run, with a state directory in `folder`.
fn sound(folder: &Path) -> String {
    let state = folder.join("state");
    let state = state.display();
    format!("state_dir = '{state}'\nboard = \"headless\"\n[http]\nlisten = \"127.0.0.1:0\"\n")
}

#[test]
fn an_unknown_key() {
    let dir = folder();
    let output = run(dir.path(), "label = \"box\"\nlabell = \"x\"\n");
    refused(&output, FOR_GOOD, &["pairbox.toml", "2", "labell"]);
}

#[test]
fn a_wrong_type() {
    let dir = folder();
    let output = run(dir.path(), "[http]\nlisten = 8080\n");
    refused(&output, FOR_GOOD, &["pairbox.toml", "2", "listen"]);
}

#[test]
fn an_impossible_line() {
    let dir = folder();
    let output = run(dir.path(), "[buttons]\nconnect = 99\n");
    refused(&output, FOR_GOOD, &["pairbox.toml", "2", "connect", "99"]);
}

#[test]
fn a_file_that_is_not_there() {
    let dir = folder();
    let missing = dir.path().join("nowhere.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_pairbox"))
        .arg("--config")
        .arg(&missing)
        .output()
        .unwrap();
    refused(&output, FOR_NOW, &["nowhere.toml"]);
}

#[test]
fn a_busy_port() {
    let dir = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = sound(dir.path()).replace("127.0.0.1:0", &address);
    refused(
        &run(dir.path(), &config),
        FOR_NOW,
        &[&address, "another program"],
    );
}

#[test]
fn a_store_held_by_another_process() {
    let scene = Scene::set();
    let powered = scene.paired();
    let config = sound(&scene.socket.folder);
    let second = folder();
    refused(
        &run(second.path(), &config),
        FOR_NOW,
        &["pairbox.redb", "another"],
    );
    // The first one did not notice.
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let dir = folder();
    let state = dir.path().join("state");
    fs::create_dir(&state).unwrap();
    let file = state.join("pairbox.redb");
    let garbage = b"not a database, but somebody's".repeat(300);
    fs::write(&file, &garbage).unwrap();
    let output = run(dir.path(), &sound(dir.path()));
    refused(&output, FOR_GOOD, &["pairbox.redb"]);
    assert_eq!(fs::read(&file).unwrap(), garbage);
}

#[test]
fn a_store_that_cannot_be_read_is_left_alone() {
    let dir = folder();
    let file = dir.path().join("state").join("pairbox.redb");
    fs::create_dir_all(&file).unwrap();
    let output = run(dir.path(), &sound(dir.path()));
    refused(&output, FOR_NOW, &["pairbox.redb"]);
    assert!(file.is_dir());
}

/// Where the store keeps its schema number.
const META: redb::TableDefinition<'static, &str, &[u8]> = redb::TableDefinition::new("meta");

/// A file as a later pairbox would leave it: its `meta` table names a schema this one does not know.
fn write_newer_store(file: &Path) {
    let database = redb::Database::create(file).unwrap();
    let tx = database.begin_write().unwrap();
    let number = u32::MAX.to_le_bytes();
    tx.open_table(META)
        .unwrap()
        .insert("schema", number.as_slice())
        .unwrap();
    tx.commit().unwrap();
}

#[test]
fn a_store_of_a_newer_version() {
    let dir = folder();
    let file = dir.path().join("state").join("pairbox.redb");
    fs::create_dir(dir.path().join("state")).unwrap();
    write_newer_store(&file);
    let output = run(dir.path(), &sound(dir.path()));
    refused(&output, FOR_GOOD, &["pairbox.redb", "newer"]);
    // redb marks a file while it is open; what is in it must be what was.
    let database = redb::Database::open(&file).unwrap();
    let tx = database.begin_read().unwrap();
    let meta = tx.open_table(META).unwrap();
    let number = meta.get("schema").unwrap().unwrap();
    assert_eq!(number.value(), u32::MAX.to_le_bytes());
}

/// The glass is missing, the service is not: it runs, and the page tells.
#[test]
fn no_panel_where_one_should_be() {
    let service = Service::start(Options::default()).unwrap();
    let dir = folder();
    let board = dir.path().join("board.toml");
    let text =
        include_str!("../../../board/ssd1306-i2c.toml").replace("/dev/i2c-1", "/dev/i2c-not-there");
    fs::write(&board, text).unwrap();
    let socket = pairbox_rig::power::Socket {
        program: vec![env!("CARGO_BIN_EXE_pairbox").to_owned()],
        folder: dir.path().to_owned(),
        endpoint: service.url(),
        version_url: service.version_url(),
        hardware: None,
        extra: String::new(),
        record: pairbox_rig::record::Record::of_this_test(),
    };
    let config = socket.configure().unwrap();
    let text = fs::read_to_string(&config).unwrap();
    let program = vec![
        env!("CARGO_BIN_EXE_pairbox").to_owned(),
        "--board".to_owned(),
        board.display().to_string(),
    ];
    fs::write(&config, text).unwrap();
    let powered = pairbox_rig::power::Socket { program, ..socket }
        .power_on()
        .unwrap();
    powered
        .wait_log(0, super::scene::PATIENCE, |line| {
            line.contains("/dev/i2c-not-there")
        })
        .unwrap();
    assert_eq!(powered.account().unwrap()["status"], "stopped");
    let (code, _) = powered
        .post(&powered.path(1, "start").unwrap(), "{}")
        .unwrap();
    assert_eq!(code, 202);
    assert!(powered.switch_off().unwrap().0.success());
}
