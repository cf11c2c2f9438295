//! Nothing drawn overlaps, leaves the panel or is cut in mid-word, whatever the labels are.

use std::time::Duration;

use pairbox::snapshot::Status;
use pairbox::view::{self, Area, Format, Kind, Mark};
use proptest::prelude::*;

use super::scenes::{self, PANELS, Scene};

/// What is wrong with the layout of a scene, if anything is.
fn complaint(scene: &Scene, format: Format) -> Option<String> {
    let marks = view::marks(&scene.snapshot, format, scene.now);
    let panel = Area {
        left: 0,
        top: 0,
        width: format.geometry.width,
        height: format.geometry.height,
    };
    for (index, mark) in marks.iter().enumerate() {
        let Area { left, top, .. } = mark.area;
        let inside = mark.area.right() <= panel.width && mark.area.bottom() <= panel.height;
        if !inside {
            return Some(format!(
                "{} leaves the panel at ({left}, {top})",
                told(mark)
            ));
        }
        let other = marks[..index]
            .iter()
            .find(|other| other.area.meets(mark.area));
        if let Some(other) = other {
            return Some(format!("{} and {} overlap", told(mark), told(other)));
        }
    }
    let dots = marks
        .iter()
        .any(|mark| matches!(&mark.kind, Kind::Text(text) if text == "..."));
    dots.then(|| "a line of nothing but dots".to_owned())
}

fn told(mark: &Mark) -> String {
    match &mark.kind {
        Kind::Text(text) => format!("{text:?} ({mark:?})"),
        Kind::Icon | Kind::Shape | Kind::Code => format!("{mark:?}"),
    }
}

#[test]
fn nothing_overlaps_on_any_screen() {
    let mut seen = 0;
    for (panel, format) in PANELS {
        for mut scene in scenes::all() {
            // Every page of it, and every length of its countdowns.
            let code = matches!(scene.snapshot.current().status, Status::ScanQrCode(_));
            let all = [0, 1, 5, 5, 10, 60, 7000];
            for seconds in &all[..if code { 2 } else { 7 }] {
                scene.now = scene.now + Duration::from_secs(*seconds);
                let complaint = complaint(&scene, format);
                assert_eq!(complaint, None, "{panel}: {}", scene.name);
                seen += view::marks(&scene.snapshot, format, scene.now).len();
            }
        }
    }
    figure!("{seen} lines, icons and bars stand clear of each other");
}

/// Whole words only: what stands before the dots of a cut line is the beginning of a word of the label
/// that alone is too long, or ends where one of its words does.
#[test]
fn short_words_are_never_broken() {
    for (panel, format) in PANELS {
        for words in [
            "one two three four five",
            "Am Fluss 12, links oben",
            "a b c d e f g h i j k l",
        ] {
            for name in [
                "connected",
                "stopped",
                "reconnecting",
                "hold",
                "logged-out",
                "starting",
            ] {
                let mut scene = scenes::named(name);
                scene.snapshot.accounts[0].label = words.into();
                for mark in view::marks(&scene.snapshot, format, scene.now) {
                    let Kind::Text(text) = mark.kind else {
                        continue;
                    };
                    let Some(kept) = text.strip_suffix("...") else {
                        continue;
                    };
                    let whole =
                        words.starts_with(kept) && words[kept.len()..].starts_with([' ', ',']);
                    assert!(whole || kept == "Starting", "{panel}: {name}: {text:?}");
                }
            }
        }
    }
}

/// Labels as people write them, in all scripts there are.
fn label() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        4 => proptest::char::range('a', 'z'),
        2 => proptest::char::range('\u{c0}', '\u{24f}'),
        2 => Just(' '),
        1 => proptest::char::range('\u{4e00}', '\u{4eff}'),
        1 => proptest::char::range('\u{600}', '\u{6ff}'),
        1 => proptest::char::range('\u{1f300}', '\u{1f6ff}'),
        1 => any::<char>(),
    ];
    prop::collection::vec(one, 0..=25).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_label_breaks_a_screen(one in label(), other in label()) {
        for (panel, format) in PANELS {
            for mut scene in scenes::all() {
                // The code beside them takes long to make and does not know the labels.
                if matches!(scene.snapshot.current().status, Status::ScanQrCode(_)) {
                    continue;
                }
                for (index, account) in scene.snapshot.accounts.iter_mut().enumerate() {
                    account.label.clone_from(if index % 2 == 0 { &one } else { &other });
                }
                let complaint = complaint(&scene, format);
                prop_assert_eq!(complaint, None, "{}: {}", panel, scene.name);
            }
        }
    }
}
