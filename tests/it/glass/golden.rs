//! Golden pictures: every screen on every panel, through the real driver and the simulated chip, as a
//! person sees it; and the pictures of the README, made from the same glass.
//!
//! `PAIRBOX_GOLDEN=write` records both; look at them before committing. A picture that differs leaves
//! `NAME.actual.png` and `NAME.diff.png` under `target/golden-diff`, four times as large. In the diff,
//! grey is as recorded, green is new and red is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pairbox::panel::Panel as _;
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::view::{self, Format, Frame, Geometry, Glow};
use pairbox_chips::{Cable, Picture};

use super::{as_picture, frame_of, poster, scenes};

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
fn on_glass(frame: &Frame, glow: Glow) -> Picture {
    if frame.geometry() != Geometry::OLED_128X64 {
        return as_picture(frame);
    }
    let cable = Cable::new(ADDRESS);
    let mut panel = Oled::new(cable.clone(), ADDRESS, "bench");
    panel.show(frame).unwrap();
    panel.set_glow(glow).unwrap();
    assert_eq!(cable.violations(), []);
    cable.picture()
}

/// Every picture of a panel, with its name.
fn pictures(format: Format) -> Vec<(String, Picture)> {
    let scenes = scenes::all().into_iter().map(|scene| {
        let frame = view::draw(&scene.snapshot, format, scene.now);
        let glow = view::glow(&scene.snapshot, scene.now);
        (scene.name.to_owned(), on_glass(&frame, glow))
    });
    let cards = (0..view::TEST_CARD_STEPS).map(|step| {
        let card = view::test_card(format, "Bench board, 1.3 inch", step);
        (format!("test-card-{step}"), on_glass(&card, Glow::Normal))
    });
    let parting = on_glass(&view::parting(format), Glow::Normal);
    let parting = ("parting".to_owned(), parting);
    scenes.chain(cards).chain([parting]).collect()
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
        fs::create_dir_all(&folder).unwrap();
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
    let mut compared = 0;
    for (folder, format) in scenes::PANELS {
        let mut album = Album::open(folder);
        for (name, picture) in pictures(format) {
            album.check(
                &name,
                &picture.to_png(1),
                |file| Picture::from_png(file).ok(),
                |recorded| leave_diff(folder, &name, recorded.as_ref(), &picture),
            );
            compared += 1;
        }
        album.close();
    }
    figure!("{compared} pictures compared");
}

#[test]
fn the_pictures_of_the_readme_are_those_of_the_program() {
    let mut album = Album::open("readme");
    for name in README {
        let scene = scenes::named(name);
        let glow = view::glow(&scene.snapshot, scene.now);
        let poster = poster::of(&on_glass(&frame_of(&scene), glow));
        album.check(name, &poster, poster::pixels, |_| {
            "is not what the glass shows now".into()
        });
    }
    album.close();
}

/// Not a check: all pictures of a panel on one sheet, for a person to look at.
#[test]
fn proofs_are_left_for_a_look() {
    let folder = leavings("golden-proof");
    for (panel, format) in scenes::PANELS {
        let pictures: Vec<Picture> = pictures(format)
            .into_iter()
            .map(|(_, picture)| picture)
            .collect();
        for (number, sheet) in pictures.chunks(18).enumerate() {
            let file = folder.join(format!("{panel}-{number}.png"));
            fs::write(file, poster::sheet(sheet)).unwrap();
        }
    }
}

fn leavings(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Leaves the two files for a person to look at, and says so.
fn leave_diff(panel: &str, name: &str, recorded: Option<&Picture>, actual: &Picture) -> String {
    let folder = leavings("golden-diff");
    let file = |kind: &str| folder.join(format!("{panel}-{name}.{kind}.png"));
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
