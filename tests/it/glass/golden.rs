//! Golden pictures: every screen, through the real driver and the simulated chip, as a person sees it;
//! and the pictures of the README, made from the same glass.
//!
//! `PAIRBOX_GOLDEN=write` records both; look at them before committing. A picture that differs leaves
//! `NAME.actual.png` and `NAME.diff.png` under `target/golden-diff`, four times as large. In the diff,
//! grey is as recorded, green is new and red is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Panel as _, Refresh};
use pairbox::view;
use pairbox_chips::{Cable, Picture};

use super::scenes::{self, Scene};
use super::{frame_of, poster};

/// The scenes that the README shows.
const README: [&str; 6] = [
    "starting",
    "qr",
    "connected",
    "reconnecting-waiting",
    "stopped",
    "hold",
];

/// The picture on the glass after the driver brought it there.
fn on_glass(scene: &Scene) -> Picture {
    let cable = Cable::new(ADDRESS);
    let mut panel = Oled::new(cable.clone(), ADDRESS, "bench");
    panel.show(&frame_of(scene), Refresh::Partial).unwrap();
    panel
        .set_glow(view::glow(&scene.snapshot, scene.now))
        .unwrap();
    assert_eq!(cable.violations(), [], "{}", scene.name);
    cable.picture()
}

/// A folder of recorded pictures, and those of it that nobody asked for yet.
struct Album {
    folder: PathBuf,
    unused: BTreeSet<PathBuf>,
    write: bool,
    wrong: Vec<String>,
}

impl Album {
    fn open(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name);
        let unused = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        let write = std::env::var("PAIRBOX_GOLDEN").is_ok_and(|value| value == "write");
        Self {
            folder,
            unused,
            write,
            wrong: Vec::new(),
        }
    }

    /// Compares a picture with the recorded one (by `read`, so that PNG compression may change), or
    /// records it.
    fn check<T: PartialEq>(
        &mut self,
        name: &str,
        actual: &[u8],
        read: impl Fn(&[u8]) -> Option<T>,
        explain: impl FnOnce(Option<T>) -> String,
    ) {
        let path = self.folder.join(format!("{name}.png"));
        self.unused.remove(&path);
        let recorded = fs::read(&path).ok().and_then(|file| read(&file));
        if recorded.is_some() && recorded == read(actual) {
            return;
        }
        if self.write {
            fs::write(&path, actual).unwrap();
        } else {
            self.wrong.push(format!("{name}: {}", explain(recorded)));
        }
    }

    fn close(self) {
        assert!(
            self.wrong.is_empty(),
            "pictures differ (PAIRBOX_GOLDEN=write records them):\n{}",
            self.wrong.join("\n")
        );
        if self.write {
            self.unused
                .iter()
                .for_each(|path| fs::remove_file(path).unwrap());
        } else {
            assert!(
                self.unused.is_empty(),
                "nobody draws these any more: {:?}",
                self.unused
            );
        }
    }
}

#[test]
fn every_screen_looks_as_recorded() {
    let mut album = Album::open("128x64");
    for scene in scenes::all() {
        let picture = on_glass(&scene);
        album.check(
            scene.name,
            &picture.to_png(1),
            |file| Picture::from_png(file).ok(),
            |recorded| leave_diff(scene.name, recorded.as_ref(), &picture),
        );
    }
    figure!("{} screens compared", scenes::all().len());
    album.close();
}

#[test]
fn the_pictures_of_the_readme_are_those_of_the_program() {
    let mut album = Album::open("readme");
    for name in README {
        let poster = poster::of(&on_glass(&scenes::named(name)));
        album.check(name, &poster, poster::pixels, |_| {
            "is not what the glass shows now".into()
        });
    }
    album.close();
}

/// Leaves the two files for a person to look at, and says so.
fn leave_diff(name: &str, recorded: Option<&Picture>, actual: &Picture) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("golden-diff");
    fs::create_dir_all(&folder).unwrap();
    let file = |kind: &str| folder.join(format!("{name}.{kind}.png"));
    fs::write(file("actual"), actual.to_png(4)).unwrap();
    let Some(recorded) = recorded else {
        return format!("nothing is recorded; see {}", file("actual").display());
    };
    let (width, height) = (actual.width(), actual.height());
    fs::write(file("diff"), poster::diff(recorded, actual)).unwrap();
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let differing = pixels
        .filter(|&(x, y)| recorded.lit(x, y) != actual.lit(x, y))
        .count();
    format!("{differing} pixels differ; see {}", file("diff").display())
}
