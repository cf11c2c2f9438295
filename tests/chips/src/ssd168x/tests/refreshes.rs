//! What a refresh drives and how long it takes; BUSY; sleep; interruptions.

use std::time::Duration;

use super::{ALL, SMALL, ready, refresh, reset, send, set_up, settle, write};
use crate::picture::Picture;
use crate::spi_cable::Line;
use crate::ssd168x::{PaperModule, RefreshKind};
use crate::violation::Violation;

#[test]
fn the_picture_stays_without_power_and_the_memory_does_not() {
    for module in ALL {
        let cable = ready(module);
        let used = cable.picture();
        write(&cable, 0x24, module, |x, y| x % 3 != y % 2);
        assert_eq!(cable.picture(), used, "memory is not glass");
        refresh(&cable, 0xf7);
        let (width, height) = module.size();
        let drawn = Picture::from_fn(width, height, |x, y| x % 3 != y % 2);
        assert_eq!(cable.picture(), drawn);
        cable.unplug();
        assert_eq!(cable.picture(), drawn);
        cable.replug();
        assert_eq!(cable.picture(), drawn);
        set_up(&cable, module);
        refresh(&cable, 0xf7);
        let noise = cable.picture().lit_count();
        let half = (width * height / 2) as usize;
        assert!(noise.abs_diff(half) < half / 10, "{noise} of {half}");
        assert_eq!(cable.violations(), []);
    }
}

#[test]
fn a_partial_refresh_with_a_false_old_plane_leaves_ghosts() {
    let cable = ready(SMALL);
    let left = |x: u32, _| x >= 10;
    let right = |x: u32, _| x < 100;
    write(&cable, 0x24, SMALL, left);
    write(&cable, 0x26, SMALL, left);
    refresh(&cable, 0xf7);
    // The old plane is true: a black bar moves from left to right.
    write(&cable, 0x24, SMALL, right);
    refresh(&cable, 0xff);
    assert_eq!(cable.picture(), Picture::from_fn(122, 250, right));
    // The old plane is a picture behind: the bar on the right is not seen to go.
    write(&cable, 0x24, SMALL, |_, _| true);
    refresh(&cable, 0xff);
    assert_eq!(cable.picture(), Picture::from_fn(122, 250, right));
    assert_eq!(cable.partials_since_full(), 2);
    // Kept true, it goes.
    write(&cable, 0x26, SMALL, right);
    refresh(&cable, 0xff);
    assert!(cable.picture().lit_count() == 122 * 250);
    refresh(&cable, 0xf7);
    assert_eq!(cable.partials_since_full(), 0);
    assert_eq!(cable.violations(), []);
}

#[test]
fn busy_lasts_as_long_as_the_waveform_and_nothing_is_taken_meanwhile() {
    let cable = ready(SMALL);
    write(&cable, 0x24, SMALL, |_, _| true);
    assert!(!cable.line_level(Line::Busy));
    let full = refresh(&cable, 0xf7);
    let partial = refresh(&cable, 0xff);
    send(&cable, 0x1a, &[0x64, 0x00]);
    send(&cable, 0x22, &[0x91]);
    send(&cable, 0x20, &[]);
    settle(&cable);
    let fast = refresh(&cable, 0xc7);
    // Asks the sensor again.
    assert_eq!(refresh(&cable, 0xf7), full);
    assert!(
        partial < fast && fast < full,
        "{partial:?} {fast:?} {full:?}"
    );
    let kinds: Vec<_> = cable.refreshes().iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [
            RefreshKind::Full,
            RefreshKind::Partial,
            RefreshKind::Fast,
            RefreshKind::Full
        ]
    );
    assert_eq!(cable.violations(), []);
    send(&cable, 0x20, &[]);
    send(&cable, 0x12, &[]);
    assert_eq!(cable.violations(), [Violation::Busy(0x12)]);
}

#[test]
fn deep_sleep_ends_with_a_reset_and_keeps_memory_in_mode_1_only() {
    for (mode, keeps) in [(0x01, true), (0x03, false)] {
        let cable = ready(SMALL);
        write(&cable, 0x24, SMALL, |x, _| x < 61);
        send(&cable, 0x10, &[mode]);
        assert!(cable.is_asleep() && cable.line_level(Line::Busy));
        send(&cable, 0x12, &[]);
        assert_eq!(cable.violations(), [Violation::Asleep(0x12)]);
        set_up(&cable, SMALL);
        refresh(&cable, 0xf7);
        let drawn = Picture::from_fn(122, 250, |x, _| x < 61);
        assert_eq!(cable.picture() == drawn, keeps);
        assert_eq!(cable.violations().len(), 1);
    }
}

#[test]
fn the_old_plane_is_what_it_is_told_to_be() {
    // Taken for zeros (0x21 0x40), it makes every white pixel a change and no black one.
    let module = PaperModule::Waveshare4in2V2;
    let cable = ready(module);
    write(&cable, 0x24, module, |x, _| x < 200);
    refresh(&cable, 0xf7);
    send(&cable, 0x21, &[0x40, 0x00]);
    write(&cable, 0x24, module, |x, _| x >= 300);
    refresh(&cable, 0xff);
    let ghost = Picture::from_fn(400, 300, |x, _| !(200..300).contains(&x));
    assert_eq!(cable.picture(), ghost);
    // Inverted (0x21 0x08), the new one is drawn in negative.
    send(&cable, 0x21, &[0x08, 0x00]);
    refresh(&cable, 0xf7);
    assert_eq!(cable.picture(), Picture::from_fn(400, 300, |x, _| x < 300));
    assert_eq!(cable.violations(), []);
}

#[test]
fn ping_pong_keeps_the_old_plane_true_by_itself() {
    let cable = ready(SMALL);
    write(&cable, 0x24, SMALL, |_, _| true);
    write(&cable, 0x26, SMALL, |_, _| true);
    refresh(&cable, 0xf7);
    send(&cable, 0x37, &[0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0]);
    for step in 0..3 {
        let bar = move |x: u32, _| x / 10 != step;
        write(&cable, 0x24, SMALL, bar);
        refresh(&cable, 0xff);
        assert_eq!(cable.picture(), Picture::from_fn(122, 250, bar));
    }
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_refresh_that_is_cut_short_leaves_neither_picture() {
    for power in [false, true] {
        let cable = ready(SMALL);
        write(&cable, 0x24, SMALL, |_, _| true);
        refresh(&cable, 0xf7);
        write(&cable, 0x24, SMALL, |_, _| false);
        send(&cable, 0x22, &[0xf7]);
        send(&cable, 0x20, &[]);
        cable.clock().wait(Duration::from_millis(500));
        assert!(cable.line_level(Line::Busy));
        if power {
            cable.set_line(Line::Power, false);
            assert!(!cable.line_level(Line::Busy));
            assert_eq!(cable.violations(), []);
        } else {
            reset(&cable);
            assert_eq!(cable.violations(), [Violation::ResetWhileBusy]);
        }
        let white = cable.picture().lit_count();
        assert!((10_000..20_000).contains(&white), "{white} of 30500");
    }
}

#[test]
fn the_high_voltage_stays_on_only_if_it_is_not_switched_off() {
    let cable = ready(SMALL);
    write(&cable, 0x24, SMALL, |_, _| true);
    refresh(&cable, 0xf7);
    assert!(!cable.is_driven());
    // On; refresh without its own supply; off (the steps of 0xC7 one by one).
    assert!(refresh(&cable, 0xe0) > Duration::from_millis(90));
    assert!(cable.is_driven());
    refresh(&cable, 0x14);
    assert!(cable.is_driven());
    refresh(&cable, 0x83);
    assert!(!cable.is_driven());
    let kinds: Vec<_> = cable.refreshes().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [RefreshKind::Full; 2]);
    assert_eq!(cable.violations(), []);
}

#[test]
fn wear_is_logged_with_its_times() {
    let cable = ready(SMALL);
    write(&cable, 0x24, SMALL, |_, _| true);
    refresh(&cable, 0xf7);
    cable.clock().wait(Duration::from_secs(180));
    refresh(&cable, 0xff);
    let [first, second] = cable.refreshes()[..] else {
        panic!("{:?}", cable.refreshes());
    };
    assert_eq!(first.took, Duration::from_secs(2));
    assert_eq!(second.took, Duration::from_millis(457));
    let apart = second.at.saturating_sub(first.at);
    assert!((182..183).contains(&apart.as_secs()), "{apart:?}");
}

#[test]
fn without_power_nothing_reacts() {
    let cable = crate::spi_cable::SpiCable::paper(SMALL);
    let used = cable.picture();
    set_up(&cable, SMALL);
    write(&cable, 0x24, SMALL, |_, _| true);
    assert_eq!(refresh(&cable, 0xf7), Duration::ZERO);
    assert_eq!(cable.picture(), used);
    assert!(cable.refreshes().is_empty());
    assert_eq!(cable.violations(), []);
    let stats = cable.stats();
    assert!(stats.bytes > 4000 && stats.ram_bytes == 0);
}
