//! What the pictures say, and that they change exactly when `next_change` says so.

use std::time::Duration;

use pairbox::fault::Fault;
use pairbox::snapshot::{Light, Status};
use pairbox::time::Mono;
use pairbox::view::{self, Format, Glow, Medium};

use super::{as_picture, frame_of, scenes};

#[test]
fn screens_say_what_the_status_table_says() {
    for scene in scenes::all() {
        let picture = as_picture(&frame_of(&scene));
        let blank = scene.snapshot.light == Light::Off || scene.snapshot.shutting_down;
        assert_eq!(picture.is_dark(), blank, "{}", scene.name);
        let status = &scene.snapshot.current().status;
        if blank || scene.snapshot.hold.is_some() || matches!(status, Status::ScanQrCode(_)) {
            continue;
        }
        let words = status.text().trim_end_matches('…');
        assert!(
            picture.says(words),
            "{} does not say {words:?}\n{picture}",
            scene.name
        );
    }
}

#[test]
fn advice_is_shown_to_its_last_word() {
    let faults = scenes::all()
        .into_iter()
        .filter(|scene| scene.name.starts_with("fault"));
    let mut seen = 0;
    for scene in faults {
        let Status::Failed { fault, .. } = scene.snapshot.current().status else {
            panic!("{} is no fault", scene.name);
        };
        let picture = as_picture(&frame_of(&scene));
        for word in fault.advice().split_whitespace() {
            assert!(
                picture.says(word),
                "{}: {word:?} is missing\n{picture}",
                scene.name
            );
        }
        seen += 1;
    }
    assert!(seen >= 8, "every fault is looked at");
}

#[test]
fn the_number_ends_in_its_last_four_digits_and_shows_no_more() {
    for name in ["connected", "connected-long-name", "stopped"] {
        let picture = as_picture(&frame_of(&scenes::named(name)));
        assert!(picture.says("1111"), "{name}\n{picture}");
        assert!(!picture.says("01111"), "{name}\n{picture}");
    }
}

/// Lets every scene run from change to change, and looks at the times in between.
#[test]
fn pictures_stand_still_between_their_changes() {
    let (mut changes, mut quiet) = (0, 0);
    for scene in scenes::all() {
        let at = |now| {
            let frame = view::draw(&scene.snapshot, Format::OLED_128X64, now);
            (frame, view::glow(&scene.snapshot, now))
        };
        let mut now = scene.now;
        let mut seen = at(now);
        for _ in 0..60 {
            let Some(next) = view::next_change(&scene.snapshot, Medium::Oled, now) else {
                quiet += 1;
                // Nothing will ever move.
                assert!(
                    at(now + Duration::from_secs(100_000)) == seen,
                    "{}",
                    scene.name
                );
                break;
            };
            assert!(next > now, "{}: {next:?} is not after {now:?}", scene.name);
            let middle = now + next.since(now) / 2;
            let just_before = next - Duration::from_nanos(1);
            for between in [middle, just_before] {
                assert!(at(between) == seen, "{} moved at {between:?}", scene.name);
            }
            let then = at(next);
            changes += usize::from(then != seen);
            (now, seen) = (next, then);
        }
    }
    figure!("{changes} changes on time, {quiet} scenes that never change");
    assert!(changes > 500 && quiet == 2);
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
    assert_eq!(of("shutting-down"), Glow::Off);
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
    ];
    let times = [Mono::START, scenes::BEGIN, Mono(Duration::MAX)];
    for scene in scenes::all() {
        for (width, height) in sizes {
            for now in times {
                let _ = view::draw(&scene.snapshot, Format::oled(width, height), now);
            }
        }
        for now in times {
            let _ = view::next_change(&scene.snapshot, Medium::Oled, now);
        }
    }
}
