//! Golden pictures: every screen on every panel, through the real driver and the simulated chip, as a
//! person sees it; and the pictures of the README, made from the same glass.
//!
//! `PAIRBOX_GOLDEN=write` records both; look at them before committing. A picture that differs leaves
//! `NAME.actual.png` and `NAME.diff.png` under `target/golden-diff`, four times as large. In the diff,
//! grey is as recorded, green is new and red is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pairbox::view::{self, Format, Frame, Glow};
use pairbox_chips::Picture;

use super::scenes::{self, Scene};
use super::stand::{BOARDS, Board};
use super::{as_picture, contact_sheet, poster};

/// The scenes that the README shows large.
const README: [&str; 2] = ["qr", "connected"];

/// The boards of the contact sheet, each with its title and three of its screens.
const SHEET: [(&str, &str, [&str; 3]); 8] = [
    (
        "waveshare-epd-4.2-v2",
        "4.2\" e-paper",
        ["qr", "connected", "overview-turning"],
    ),
    (
        "waveshare-epd-2.7-v2",
        "2.7\" e-paper",
        ["qr", "connected", "fault-account-locked"],
    ),
    ("sh1107-1.5", "1.5\" OLED", ["qr", "connected", "overview"]),
    ("ssd1309-2.42", "2.42\" OLED", ["qr", "connected", "typed"]),
    ("ssd1306-i2c", "0.96\" OLED", ["stopped", "qr", "connected"]),
    (
        "waveshare-epd-2.13-v4",
        "2.13\" e-paper",
        ["typed", "connected", "reconnecting"],
    ),
    (
        "waveshare-oled-hat-1.3",
        "1.3\" OLED",
        ["qr", "overview", "hold"],
    ),
    (
        "ssd1306-i2c-32",
        "0.91\" OLED",
        ["qr", "connected", "typed"],
    ),
];

/// Every picture of a panel, with its name, its frame and how it shines.
fn pictures(format: Format) -> Vec<(String, Frame, Glow)> {
    let scenes = scenes::all().into_iter().map(|scene| {
        let frame = view::draw(&scene.snapshot, format, scene.now);
        let glow = view::glow(&scene.snapshot, scene.now);
        (scene.name.to_owned(), frame, glow)
    });
    let cards = (0..view::TEST_CARD_STEPS).map(|step| {
        let card = view::test_card(format, "Bench board, 1.3 inch", step);
        (format!("test-card-{step}"), card, Glow::Normal)
    });
    let parting = ("parting".to_owned(), view::parting(format), Glow::Normal);
    scenes.chain(cards).chain([parting]).collect()
}

/// A folder of recorded pictures, and those of it that nobody asked for yet.
struct Album {
    folder: PathBuf,
    unused: BTreeSet<PathBuf>,
    write: bool,
    written: BTreeSet<PathBuf>,
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
            written: BTreeSet::new(),
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
        // A picture that another board recorded just now has to be the same here.
        if self.write && self.written.insert(path.clone()) {
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
fn every_screen_looks_as_recorded_on_every_board() {
    let (mut compared, mut recorded) = (0, 0);
    for (folder, format) in scenes::PANELS {
        let mut album = Album::open(folder);
        let mut stands: Vec<_> = BOARDS
            .iter()
            .filter(|board| board.panel.0 == folder)
            .map(|board| (board.name, board.stand()))
            .collect();
        assert!(!stands.is_empty(), "no board has {folder}");
        for (name, frame, glow) in pictures(format) {
            recorded += 1;
            for (board, stand) in &mut stands {
                let picture = stand.show(&frame, glow);
                album.check(
                    &name,
                    &picture.to_png(1),
                    |file| Picture::from_png(file).ok(),
                    |recorded| leave_diff(board, &name, recorded.as_ref(), &picture),
                );
                compared += 1;
            }
        }
        album.close();
    }
    figure!(
        "{compared} pictures of {} boards compared with {recorded}",
        BOARDS.len()
    );
}

#[test]
fn the_pictures_of_the_readme_are_those_of_the_program() {
    let mut album = Album::open("readme");
    for name in README {
        let scene = scenes::named(name);
        let poster = poster::of(&glass(&BOARDS[1], &scene));
        album.check(name, &poster, poster::pixels, |_| {
            "is not what the glass shows now".into()
        });
    }
    let sheet = contact_sheet::of(&SHEET.map(|(name, title, screens)| {
        let board = BOARDS.iter().find(|board| board.name == name).unwrap();
        let pictures = screens.map(|screen| glass(board, &scenes::named(screen)));
        (*board, title.to_owned(), pictures.to_vec())
    }));
    album.check("contact-sheet", &sheet, poster::pixels, |_| {
        "is not what the boards show now".into()
    });
    album.close();
}

/// A scene on a board's glass.
fn glass(board: &Board, scene: &Scene) -> Picture {
    let frame = view::draw(&scene.snapshot, board.panel.1, scene.now);
    board
        .stand()
        .show(&frame, view::glow(&scene.snapshot, scene.now))
}

/// Not a check: all pictures of a panel on one sheet, for a person to look at.
#[test]
fn proofs_are_left_for_a_look() {
    let folder = leavings("golden-proof");
    for (panel, format) in scenes::PANELS {
        let all = pictures(format);
        let pictures: Vec<Picture> = all.iter().map(|(_, frame, _)| as_picture(frame)).collect();
        for (number, sheet) in pictures.chunks(20).enumerate() {
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
fn leave_diff(board: &str, name: &str, recorded: Option<&Picture>, actual: &Picture) -> String {
    let folder = leavings("golden-diff");
    let file = |kind: &str| folder.join(format!("{board}-{name}.{kind}.png"));
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
