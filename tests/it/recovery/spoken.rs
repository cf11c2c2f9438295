//! The whole way: what is lost, what is not, and how a person hears of it.

use pairbox_chips::{Button, Picture};

use super::{cut_to_half, never_scanned, status, store, talks, wait_copy, which};
use crate::stories::scene::{PATIENCE, Scene};

#[test]
fn a_store_cut_to_half_its_length_comes_back_with_no_scan_and_says_so() {
    let scene = Scene::set();
    let powered = scene.paired();
    talks(&scene, &powered, "before");
    wait_copy(&powered);
    powered.cut().unwrap();
    cut_to_half(&scene);
    let damaged = which(&store(&scene));

    let powered = scene.power_on();
    scene.wait_connected(&powered);
    scene.wait_glass("Storage restored");
    let told = status(&powered);
    assert_eq!(told["store"]["restored"], true, "{told}");
    assert_eq!(told["store"]["status"], "well", "{told}");
    let metrics = powered.get("/metrics").unwrap();
    assert!(metrics.contains("pairbox_storage_restored 1"), "{metrics}");
    // Nothing was deleted: whoever wants to can look into it.
    let kept = store(&scene).with_file_name("pairbox.redb.damaged-1");
    assert_eq!(which(&kept), damaged);
    // Sessions are rebuilt, though the others know nothing of it.
    talks(&scene, &powered, "after");

    // A restart is no answer to it.
    never_scanned(&powered.cut().unwrap());
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    scene.wait_glass("Storage restored");
    scene.bench.tap(Button::Connect);
    let gone = |picture: &Picture| picture.says("Connected") && !picture.says("Storage restored");
    scene
        .bench
        .wait_picture(PATIENCE, "no notice", gone)
        .unwrap_or_else(|late| panic!("{late}"));
    assert_eq!(status(&powered)["store"]["restored"], false);
    talks(&scene, &powered, "later");
    never_scanned(&powered.cut().unwrap());
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    assert_eq!(status(&powered)["store"]["restored"], false);
    scene.close(powered);
}
