//! An identity that was logged out does not come back; and should an old copy bring it, the service has
//! the last word.

use std::fs;

use pairbox_rig::linking::until;

use super::{copy, cut_to_half, store, wait_copy, which};
use crate::stories::scene::{PATIENCE, Scene};

#[test]
fn what_was_logged_out_stays_logged_out() {
    let scene = Scene::set();
    let powered = scene.paired();
    let linked = wait_copy(&powered);
    let old = fs::read(copy(&scene)).unwrap();
    let logout = powered.path(1, "logout").unwrap();
    let (code, answer) = powered.post(&logout, "{}").unwrap();
    assert!((200..300).contains(&code), "{answer}");
    let renewed = |line: &str| line.contains("identity copy was written: 0 linked");
    powered.wait_log(linked, PATIENCE, renewed).unwrap();
    powered.cut().unwrap();

    cut_to_half(&scene);
    let damaged = which(&store(&scene));
    let powered = scene.power_on();
    scene.wait_glass("Storage problem");
    powered.cut().unwrap();
    assert_eq!(which(&store(&scene)), damaged, "the file was put away");

    // As if the cut had come before the copy was taken away, and the card had spoilt the store.
    fs::write(copy(&scene), old).unwrap();
    let powered = scene.power_on();
    let unlinked = until(|| Ok((powered.account()?["status"] == "logged_out").then_some(())));
    unlinked.unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
    scene.wait_glass("Unlinked");
    scene.close(powered);
}
