//! E-paper against its datasheet: RAM and its counter, what a refresh drives, BUSY, sleep, and
//! everything it must refuse.

use std::time::Duration;

use super::{PaperModule, RefreshKind};
use crate::picture::Picture;
use crate::spi_cable::{Line, SpiCable};
use crate::violation::Violation;

/// A command with its parameters.
fn send(cable: &SpiCable, command: u8, parameters: &[u8]) {
    cable.set_line(Line::Dc, false);
    cable.spi_write(&[command]).unwrap();
    if !parameters.is_empty() {
        cable.set_line(Line::Dc, true);
        cable.spi_write(parameters).unwrap();
    }
}

/// Lets time pass until BUSY is low, and says how much did.
fn settle(cable: &SpiCable) -> Duration {
    let (clock, start) = (cable.clock(), cable.clock().now());
    while cable.line_level(Line::Busy) {
        clock.wait(Duration::from_millis(1));
        assert!(clock.now() - start < Duration::from_secs(10), "BUSY stuck");
    }
    clock.now() - start
}

fn reset(cable: &SpiCable) {
    cable.set_line(Line::Reset, false);
    cable.clock().wait(Duration::from_millis(2));
    cable.set_line(Line::Reset, true);
    cable.clock().wait(Duration::from_millis(20));
}

/// Bytes a line and lines of a module's glass.
fn shape(module: PaperModule) -> (u8, u16) {
    let (width, height) = module.size();
    (
        u8::try_from(width.div_ceil(8)).unwrap(),
        u16::try_from(height).unwrap(),
    )
}

/// From power-up to a chip that waits for a picture, as the flow of SSD1680 section 9.1 has it.
fn ready(module: PaperModule) -> SpiCable {
    let cable = SpiCable::paper(module);
    cable.always_powered();
    set_up(&cable, module);
    cable
}

fn set_up(cable: &SpiCable, module: PaperModule) {
    let (bytes, lines) = shape(module);
    let [low, high] = (lines - 1).to_le_bytes();
    reset(cable);
    send(cable, 0x12, &[]);
    settle(cable);
    send(cable, 0x01, &[low, high, 0x00]);
    send(cable, 0x11, &[0x03]);
    send(cable, 0x44, &[0, bytes - 1]);
    send(cable, 0x45, &[0, 0, low, high]);
    send(cable, 0x4e, &[0]);
    send(cable, 0x4f, &[0, 0]);
    if module == PaperModule::Waveshare2in13V4 {
        send(cable, 0x21, &[0x00, 0x80]);
    }
}

/// Fills a plane with what `white` says about each pixel.
fn write(cable: &SpiCable, plane: u8, module: PaperModule, white: impl Fn(u32, u32) -> bool) {
    let (bytes, lines) = shape(module);
    let mut data = Vec::new();
    for y in 0..u32::from(lines) {
        for x in 0..u32::from(bytes) {
            let bits = (0..8).map(|bit| white(x * 8 + bit, y));
            data.push(bits.fold(0, |byte, bit| byte << 1 | u8::from(bit)));
        }
    }
    send(cable, plane, &data);
}

fn refresh(cable: &SpiCable, sequence: u8) -> Duration {
    send(cable, 0x22, &[sequence]);
    send(cable, 0x20, &[]);
    settle(cable)
}

const ALL: [PaperModule; 3] = [
    PaperModule::Waveshare2in13V4,
    PaperModule::Waveshare2in7V2,
    PaperModule::Waveshare4in2V2,
];

const SMALL: PaperModule = PaperModule::Waveshare2in13V4;

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
    assert!(
        partial < fast && fast < full,
        "{partial:?} {fast:?} {full:?}"
    );
    let kinds: Vec<_> = cable.refreshes().iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [RefreshKind::Full, RefreshKind::Partial, RefreshKind::Fast]
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
