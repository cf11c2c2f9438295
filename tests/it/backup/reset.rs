//! A box as it came: unlinked while the service runs, emptied when it is stopped.

use std::fs;

use pairbox_rig::linking::PATIENCE;
use pairbox_rig::lossless::{OWNER, Stage};
use pairbox_rig::tally::Tally;
use pairbox_sim::Event;

use super::{Still, run, text};

#[test]
fn the_phone_forgets_the_box_and_the_box_everything() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, 1, "").unwrap();
    let tally = Tally::start(0).unwrap();
    let (powered, _session) = stage.linked(&tally.url()).unwrap();
    let config = stage.socket.configure().unwrap();
    let reset = |more: &[&str]| run(&[&["reset", "--config", text(&config)], more].concat());
    let asked = reset(&[]);
    assert_eq!(asked.code, 2, "{}", asked.err);
    assert!(asked.err.contains("say --yes"), "{}", asked.err);
    let mut cursor = stage.service.cursor();
    let ran = reset(&["--yes"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with(" is unlinked.\n"), "{}", ran.out);
    assert!(
        ran.err
            .contains("Now: systemctl stop pairbox, pairbox reset"),
        "{}",
        ran.err
    );
    assert!(!ran.out.contains(OWNER) && !ran.err.contains(OWNER));
    let told = |event: &Event| matches!(event, Event::DeviceRemoved { .. });
    let told = cursor.wait(PATIENCE, told);
    assert!(told.is_ok(), "the phone still lists it: {told:?}");
    powered.switch_off().unwrap();
    let said = reset(&["--yes"]).done();
    assert!(said.starts_with("The box is as it came"), "{said}");
    let state = stage.socket.folder.join("state");
    let left: Vec<_> = fs::read_dir(&state).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // And it starts like a new one.
    let powered = stage.socket.power_on().unwrap();
    assert_eq!(powered.account().unwrap()["status"], "stopped");
    powered.switch_off().unwrap();
}

#[test]
fn a_box_that_is_off_needs_nobody() {
    let still = Still::named("Shop");
    fs::write(still.path("state/identity.redb"), "keys").unwrap();
    fs::write(still.path("state/pairbox.redb.before-restore"), "keys").unwrap();
    fs::write(still.path("state/my notes"), "mine").unwrap();
    let state = still.state();
    let words = ["reset", "--state-dir", text(&state)];
    assert_eq!(run(&words).code, 2);
    assert_eq!(still.label(), "Shop");
    run(&[&words[..], &["--yes"]].concat()).done();
    assert_eq!(still.files(), ["my notes"]);
    run(&[&words[..], &["--yes"]].concat()).done();
}
