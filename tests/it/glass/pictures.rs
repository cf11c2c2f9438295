//! What the pictures say, and that they change exactly when `next_change` says so.

use std::time::Duration;

use pairbox::fault::Fault;
use pairbox::snapshot::{Light, Snapshot, Status};
use pairbox::time::Mono;
use pairbox::view::{self, Format, Glow, Medium};
use pairbox_chips::Picture;

use super::as_picture;
use super::scenes::{self, PANELS, Scene};

/// The pictures between which a panel turns pages, if it does.
fn pages(snapshot: &Snapshot, format: Format, now: Mono) -> Vec<Picture> {
    let pages: u64 = if format.medium == Medium::Oled { 6 } else { 1 };
    let at = |page| now + Duration::from_secs(5 * page);
    let picture = |page| as_picture(&view::draw(snapshot, format, at(page)));
    (0..pages).map(picture).collect()
}

/// Whether the picture is about more than the status of the selected account.
fn is_covered(scene: &Scene) -> bool {
    let Snapshot {
        hold,
        access,
        overview,
        caller,
        ..
    } = &scene.snapshot;
    let asked = hold.is_some() || access.is_some() || caller.is_some();
    asked || *overview || scene.snapshot.shutting_down
}

#[test]
fn screens_say_what_the_status_table_says() {
    let mut seen = 0;
    for (panel, format) in PANELS {
        for scene in scenes::all() {
            let picture = as_picture(&view::draw(&scene.snapshot, format, scene.now));
            let off = scene.snapshot.light == Light::Off
                && scene.snapshot.access.is_none()
                && format.medium == Medium::Oled;
            assert_eq!(picture.is_dark(), off, "{panel}: {}", scene.name);
            let status = &scene.snapshot.current().status;
            if off || is_covered(&scene) || matches!(status, Status::ScanQrCode(_)) {
                continue;
            }
            let words = status.text().trim_end_matches('…');
            assert!(
                picture.says(words),
                "{panel}: {} does not say {words:?}\n{picture}",
                scene.name
            );
            seen += 1;
        }
    }
    figure!("{seen} pictures say what the status table says");
}

#[test]
fn the_end_is_announced_and_does_not_outlast_it() {
    let scene = scenes::named("shutting-down");
    for (panel, format) in PANELS {
        let picture = as_picture(&view::draw(&scene.snapshot, format, scene.now));
        let parting = as_picture(&view::parting(format));
        match format.medium {
            Medium::Oled => {
                assert!(picture.says("Shutting down"), "{panel}\n{picture}");
                assert!(parting.is_dark(), "{panel}");
            }
            Medium::Paper => {
                assert!(parting.says("pairbox is off"), "{panel}\n{parting}");
                assert_eq!(picture, parting, "{panel}");
            }
        }
    }
}

#[test]
fn advice_is_shown_to_its_last_word() {
    let mut seen = 0;
    for (panel, format) in PANELS {
        for scene in scenes::all() {
            let Status::Failed { fault, .. } = scene.snapshot.current().status else {
                continue;
            };
            if is_covered(&scene) {
                continue;
            }
            let pages = pages(&scene.snapshot, format, scene.now);
            for word in fault.advice().split_whitespace() {
                assert!(
                    pages.iter().any(|picture| picture.says(word)),
                    "{panel}, {}: {word:?} is missing\n{}",
                    scene.name,
                    pages[0]
                );
            }
            seen += 1;
        }
    }
    assert!(seen >= 8 * PANELS.len(), "every fault is looked at");
}

#[test]
fn the_number_ends_in_its_last_four_digits_and_shows_no_more() {
    for (panel, format) in PANELS {
        for name in ["connected", "connected-long-name", "stopped"] {
            let scene = scenes::named(name);
            let picture = as_picture(&view::draw(&scene.snapshot, format, scene.now));
            assert!(picture.says("1111"), "{panel}: {name}\n{picture}");
            assert!(!picture.says("01111"), "{panel}: {name}\n{picture}");
        }
    }
}

#[test]
fn a_code_to_type_is_large_and_counts_down() {
    for (panel, format) in PANELS {
        let scene = scenes::named("typed");
        let at = |seconds| {
            let now = scenes::BEGIN + Duration::from_secs(seconds);
            as_picture(&view::draw(&scene.snapshot, format, now))
        };
        assert!(at(0).says("WZYX-1234"), "{panel}\n{}", at(0));
        match format.medium {
            Medium::Oled => {
                assert!(at(0).says("160"), "{panel}\n{}", at(0));
                assert!(at(121).says("39"), "{panel}\n{}", at(121));
            }
            Medium::Paper => {
                assert!(at(0).says("valid for 3 min"), "{panel}\n{}", at(0));
                assert_eq!(at(0), at(39), "{panel}: no seconds on paper");
                assert!(at(121).says("valid for 1 min"), "{panel}\n{}", at(121));
            }
        }
    }
}

#[test]
fn the_selected_account_is_always_in_the_overview() {
    for (panel, format) in PANELS {
        let of_fifty = (1..=50).step_by(7).map(|selected| (selected, 50));
        for (selected, count) in (1..=12).map(|selected| (selected, 12)).chain(of_fifty) {
            let mut scene = scenes::named("connected");
            scenes::among(selected, count)(&mut scene.snapshot);
            scene.snapshot.overview = true;
            let picture = as_picture(&view::draw(&scene.snapshot, format, scene.now));
            assert!(
                picture.says("Shop"),
                "{panel}: {selected} of {count}\n{picture}"
            );
            if count > 12 {
                continue;
            }
            // Without a person the pages go round, on an OLED.
            scene.snapshot.attended = false;
            let pages = pages(&scene.snapshot, format, scene.now);
            assert!(pages.iter().any(|page| page.says("Shop")), "{panel}");
            let turning = pages.iter().any(|page| *page != pages[0]);
            assert_eq!(turning, format.medium == Medium::Oled, "{panel}");
        }
    }
}

/// Lets every scene run from change to change, and looks at the times in between.
#[test]
fn pictures_stand_still_between_their_changes() {
    for (panel, format) in PANELS {
        let (mut changes, mut quiet) = (0, 0);
        for scene in scenes::all() {
            let at = |now| {
                let frame = view::draw(&scene.snapshot, format, now);
                let glow = view::glow(&scene.snapshot, now);
                (frame, (format.medium == Medium::Oled).then_some(glow))
            };
            let mut now = scene.now;
            let mut seen = at(now);
            // Codes take long to draw.
            let steps = if view::shows_code(&scene.snapshot) {
                6
            } else {
                30
            };
            for _ in 0..steps {
                let Some(next) = view::next_change(&scene.snapshot, format.medium, now) else {
                    quiet += 1;
                    // Nothing will ever move.
                    for later in [1, 60, 3600, 100_000].map(Duration::from_secs) {
                        assert!(at(now + later) == seen, "{panel}: {}", scene.name);
                    }
                    break;
                };
                assert!(next > now, "{}: {next:?} is not after {now:?}", scene.name);
                let middle = now + next.since(now) / 2;
                let just_before = next - Duration::from_nanos(1);
                for between in [middle, just_before] {
                    let name = scene.name;
                    assert!(at(between) == seen, "{panel}: {name} moved at {between:?}");
                }
                let then = at(next);
                changes += usize::from(then != seen);
                (now, seen) = (next, then);
            }
        }
        let all = scenes::all().len();
        figure!("{panel}: {changes} changes on time, {quiet} of {all} scenes never change");
        match format.medium {
            Medium::Oled => assert!(changes > 500 && quiet == 2),
            // Those without a wall clock, and the life of a typed code.
            Medium::Paper => assert!(changes < 400 && quiet > all * 3 / 4),
        }
    }
}

#[test]
fn paper_does_not_move_in_a_connected_day() {
    let scene = scenes::named("connected");
    let next = view::next_change(&scene.snapshot, Medium::Paper, scene.now);
    assert_eq!(next, None, "with a wall clock");
    let scene = scenes::named("connected-beat");
    let (mut now, mut changes) = (scene.now, 0);
    while let Some(next) = view::next_change(&scene.snapshot, Medium::Paper, now) {
        if next > scene.now + Duration::from_secs(24 * 3600) {
            break;
        }
        (now, changes) = (next, changes + 1);
    }
    assert!(changes <= 24, "{changes} changes without one");
}

#[test]
fn a_countdown_never_skips_and_ends() {
    let now = scenes::BEGIN;
    let retry_at = Some(now + Duration::from_secs(120));
    let status = Status::Failed {
        fault: Fault::AccountLocked,
        retry_at,
    };
    let snapshot = scenes::snapshot(status);
    let says = |words: &str, seconds: u64| {
        let now = now + Duration::from_secs(seconds);
        let frame = view::draw(&snapshot, Format::OLED_128X64, now);
        assert!(as_picture(&frame).says(words), "{seconds} s: not {words:?}");
    };
    says("Next try: 2 min", 0);
    says("Next try: 100 s", 20);
    says("Next try: 1 s", 119);
    says("Next try: now", 120);
    says("Next try: now", 500);
}

#[test]
fn a_code_cycles_its_glow_and_the_rest_follows_the_light() {
    let scene = scenes::named("qr");
    let at = |seconds| view::glow(&scene.snapshot, scene.now + Duration::from_secs(seconds));
    let cycle = [0, 4, 8, 12].map(at);
    assert_eq!(
        cycle,
        [
            Glow::CodeLow,
            Glow::CodeMiddle,
            Glow::CodeHigh,
            Glow::CodeLow
        ]
    );
    assert_eq!(at(3), Glow::CodeLow);
    let of = |name| view::glow(&scenes::named(name).snapshot, scenes::BEGIN);
    assert_eq!(of("connected"), Glow::Normal);
    assert_eq!(of("dim"), Glow::Dim);
    assert_eq!(of("off"), Glow::Off);
    assert_eq!(of("shutting-down"), Glow::Normal);
    assert_eq!(of("typed"), Glow::Normal, "no camera looks at it");
    assert_eq!(of("hold-over-qr"), Glow::Normal);
}

#[test]
fn odd_panels_and_odd_times_draw_without_trouble() {
    let sizes = [
        (0, 0),
        (1, 1),
        (0, 64),
        (64, 0),
        (128, 32),
        (13, 128),
        (64, 128),
        (250, 122),
        (400, 20),
        (90, 300),
    ];
    let times = [Mono::START, scenes::BEGIN, Mono(Duration::MAX)];
    for scene in scenes::all() {
        for (width, height) in sizes {
            for now in times {
                let _ = view::draw(&scene.snapshot, Format::oled(width, height), now);
                let _ = view::draw(&scene.snapshot, Format::paper(width, height), now);
            }
            for step in 0..=view::TEST_CARD_STEPS {
                let _ = view::test_card(Format::oled(width, height), "x", step);
            }
            let _ = view::parting(Format::paper(width, height));
        }
        for now in times {
            let _ = view::next_change(&scene.snapshot, Medium::Oled, now);
            let _ = view::next_change(&scene.snapshot, Medium::Paper, now);
        }
    }
}
