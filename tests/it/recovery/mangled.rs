//! Every way a card spoils a file, a disk that is full meanwhile, and a copy that is spoilt as well.

use std::fs;
use std::os::unix::fs::FileExt;

use pairbox_chips::Picture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{copy, cut_to_half, never_scanned, paired_and_cut, status, store, talks, which};
use crate::stories::scene::{PATIENCE, Scene};

/// Overwrites a part of the store with noise.
fn spoil(scene: &Scene, at: u64, len: usize) {
    let mut noise = vec![0; len];
    StdRng::seed_from_u64(at).fill(&mut noise[..]);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(store(scene))
        .unwrap();
    file.write_all_at(&noise, at).unwrap();
}

type Mangle = fn(&Scene);

const WAYS: [(&str, Mangle); 6] = [
    ("half", cut_to_half),
    ("empty", |scene| fs::write(store(scene), "").unwrap()),
    ("its first page is noise", |scene| spoil(scene, 0, 4096)),
    ("gone", |scene| fs::remove_file(store(scene)).unwrap()),
    ("all ones", |scene| {
        let len = fs::metadata(store(scene)).unwrap().len();
        fs::write(store(scene), vec![0xff; usize::try_from(len).unwrap()]).unwrap();
    }),
    ("zeros", |scene| {
        let len = fs::metadata(store(scene)).unwrap().len();
        fs::write(store(scene), vec![0; usize::try_from(len).unwrap()]).unwrap();
    }),
];

#[test]
fn however_the_file_is_spoilt_the_link_comes_back_time_after_time() {
    let scene = Scene::set();
    paired_and_cut(&scene);
    for (way, mangle) in WAYS {
        mangle(&scene);
        let powered = scene.power_on();
        scene.wait_connected(&powered);
        assert_eq!(status(&powered)["store"]["restored"], true, "{way}");
        talks(&scene, &powered, way);
        let log = powered.cut().unwrap();
        never_scanned(&log);
    }
    let kept = fs::read_dir(store(&scene).parent().unwrap()).unwrap();
    let kept = kept.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().contains(".damaged-")
    });
    assert_eq!(
        kept.count(),
        2,
        "damaged files are kept, and not all of them"
    );
}

#[test]
fn a_hole_somewhere_in_the_file_costs_no_link() {
    let scene = Scene::set();
    paired_and_cut(&scene);
    let len = fs::metadata(store(&scene)).unwrap().len();
    for eighth in 1..8 {
        // A hole where nothing lies hurts nobody: then there is nothing to restore.
        spoil(&scene, len * eighth / 8, 64 * 1024);
        let powered = scene.power_on();
        scene.wait_connected(&powered);
        let restored = status(&powered)["store"]["restored"].clone();
        figure!("a hole of 64 KiB at {eighth}/8 of {len} bytes: restored {restored}");
        never_scanned(&powered.cut().unwrap());
    }
}

#[test]
fn a_disk_that_is_full_meanwhile_is_waited_for() {
    let scene = Scene::set();
    paired_and_cut(&scene);
    cut_to_half(&scene);
    let damaged = which(&store(&scene));
    let disk = scene.socket.folder.join("disk");
    for word in ["full", "read-only", "io"] {
        fs::write(&disk, word).unwrap();
        let powered = scene.power_on();
        scene.wait_glass("Storage problem");
        let account = powered.account().unwrap();
        assert_eq!(account["last_error"]["code"], "store", "{account}");
        assert_eq!(which(&store(&scene)), damaged, "{word}");
        powered.cut().unwrap();
    }
    let powered = scene.power_on();
    scene.wait_glass("Storage problem");
    fs::write(&disk, "").unwrap();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("can be used again"))
        .unwrap();
    scene.wait_connected(&powered);
    assert_eq!(status(&powered)["store"]["restored"], true);

    // Whoever is not at the box says so over the network.
    let path = "/api/v1/restored";
    for _ in 0..2 {
        assert_eq!(powered.ask("DELETE", path, None).unwrap().code, 204);
    }
    let gone = |picture: &Picture| picture.says("Connected") && !picture.says("Storage restored");
    scene
        .bench
        .wait_picture(PATIENCE, "no notice", gone)
        .unwrap_or_else(|late| panic!("{late}"));
    powered.cut().unwrap();
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    assert_eq!(status(&powered)["store"]["restored"], false);
    scene.close(powered);
}

#[test]
fn with_the_copy_spoilt_as_well_nothing_is_touched_and_nothing_made() {
    let scene = Scene::set();
    paired_and_cut(&scene);
    cut_to_half(&scene);
    let len = fs::metadata(copy(&scene)).unwrap().len();
    let spoilt = fs::OpenOptions::new()
        .write(true)
        .open(copy(&scene))
        .unwrap();
    spoilt.set_len(len / 2).unwrap();
    let before = [store(&scene), copy(&scene)].map(|path| which(&path));
    let powered = scene.power_on();
    scene.wait_glass("Storage problem");
    let account = powered.account().unwrap();
    assert_eq!(account["status"], "failed", "{account}");
    powered.cut().unwrap();
    let after = [store(&scene), copy(&scene)].map(|path| which(&path));
    assert_eq!(before, after, "a file was put away");

    // An empty store beside a copy was not empty once: no new one is made in its place.
    fs::write(store(&scene), "").unwrap();
    let powered = scene.power_on();
    scene.wait_glass("Storage problem");
    powered.cut().unwrap();
    assert_eq!(fs::metadata(store(&scene)).unwrap().len(), 0);
}
