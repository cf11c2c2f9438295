//! RAM: its counter, its window, and which pixel of glass a bit belongs to.

use std::time::Duration;

use super::{ALL, SMALL, ready, refresh, send, shape, write};
use crate::picture::Picture;
use crate::spi_cable::SpiCable;
use crate::ssd168x::PaperModule;

/// The black pixels after a full refresh.
fn black(cable: &SpiCable) -> Vec<(u32, u32)> {
    refresh(cable, 0xf7);
    let picture = cable.picture();
    let (width, height) = (picture.width(), picture.height());
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| !picture.lit(x, y)).collect()
}

/// A chip with a white new plane.
fn white(module: PaperModule) -> SpiCable {
    let cable = ready(module);
    write(&cable, 0x24, module, |_, _| true);
    cable
}

/// One byte at an address.
fn put(cable: &SpiCable, x: u8, y: u16, byte: u8) {
    let [low, high] = y.to_le_bytes();
    send(cable, 0x4e, &[x]);
    send(cable, 0x4f, &[low, high]);
    send(cable, 0x24, &[byte]);
}

#[test]
fn the_corners_land_where_the_vendor_draws_them() {
    for module in ALL {
        let (width, height) = module.size();
        let (bytes, lines) = shape(module);
        let cable = white(module);
        // The leftmost pixel is the highest bit.
        put(&cable, 0, 0, 0x7f);
        put(&cable, 0, lines - 1, 0x3f);
        let last = (width - 1) % 8;
        put(&cable, bytes - 1, lines - 1, !(0x80 >> last));
        let corners = [
            (0, 0),
            (0, height - 1),
            (1, height - 1),
            (width - 1, height - 1),
        ];
        assert_eq!(black(&cable), corners, "{module:?}");
        // TB: the scan begins with the last gate.
        let [low, high] = (lines - 1).to_le_bytes();
        send(&cable, 0x01, &[low, high, 0x01]);
        let turned = [(0, 0), (1, 0), (width - 1, 0), (0, height - 1)];
        assert_eq!(black(&cable), turned, "{module:?}");
        assert_eq!(cable.violations(), []);
    }
}

#[test]
fn the_small_glass_begins_at_source_8() {
    let cable = white(SMALL);
    put(&cable, 0, 100, 0x7f);
    assert_eq!(black(&cable), [(0, 100)]);
    // All sources, as after a reset: memory is a byte off.
    send(&cable, 0x21, &[0x00, 0x00]);
    put(&cable, 1, 100, 0x7f);
    let picture = {
        refresh(&cable, 0xf7);
        cable.picture()
    };
    assert!(!picture.lit(0, 100) && picture.lit(8, 100));
}

#[test]
fn gates_beyond_the_last_are_not_driven() {
    let cable = white(SMALL);
    assert_eq!(black(&cable), []);
    write(&cable, 0x24, SMALL, |_, _| false);
    send(&cable, 0x01, &[99, 0, 0]);
    refresh(&cable, 0xf7);
    let top = Picture::from_fn(122, 250, |_, y| y >= 100);
    assert_eq!(cable.picture(), top);
}

#[test]
fn the_counter_runs_through_its_window_in_eight_ways() {
    // Entry mode (AM, ID), the window's ends in that direction, and where three bytes land whose
    // black pixel is the first, the second, the third.
    type Ways = [(u8, [u8; 2], [u8; 2], [(u32, u32); 3]); 8];
    let ways: Ways = [
        (0x03, [2, 3], [10, 11], [(16, 10), (25, 10), (18, 11)]),
        (0x02, [3, 2], [10, 11], [(24, 10), (17, 10), (26, 11)]),
        (0x01, [2, 3], [11, 10], [(16, 11), (25, 11), (18, 10)]),
        (0x00, [3, 2], [11, 10], [(24, 11), (17, 11), (26, 10)]),
        (0x07, [2, 3], [10, 11], [(16, 10), (17, 11), (26, 10)]),
        (0x06, [3, 2], [10, 11], [(24, 10), (25, 11), (18, 10)]),
        (0x05, [2, 3], [11, 10], [(16, 11), (17, 10), (26, 11)]),
        (0x04, [3, 2], [11, 10], [(24, 11), (25, 10), (18, 11)]),
    ];
    for (mode, x, y, mut pixels) in ways {
        let cable = white(SMALL);
        send(&cable, 0x11, &[mode]);
        send(&cable, 0x44, &x);
        send(&cable, 0x45, &[y[0], 0, y[1], 0]);
        send(&cable, 0x4e, &[x[0]]);
        send(&cable, 0x4f, &[y[0], 0]);
        send(&cable, 0x24, &[0x7f, 0xbf, 0xdf]);
        pixels.sort_by_key(|&(x, y)| (y, x));
        assert_eq!(black(&cable), pixels, "mode {mode}");
        assert_eq!(cable.violations(), []);
    }
}

#[test]
fn a_full_window_brings_the_counter_back_to_its_start() {
    let cable = white(SMALL);
    // No counter was set anew: the second plane and the next picture begin where the first did.
    write(&cable, 0x26, SMALL, |_, _| true);
    write(&cable, 0x24, SMALL, |x, y| x != 5 || y != 7);
    assert_eq!(black(&cable), [(5, 7)]);
    assert_eq!(cable.stats().ram_bytes, 3 * 16 * 250);
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_software_reset_takes_its_time_and_keeps_memory() {
    let cable = white(SMALL);
    put(&cable, 0, 0, 0x7f);
    send(&cable, 0x12, &[]);
    assert_eq!(super::settle(&cable), Duration::from_millis(10));
    super::set_up(&cable, SMALL);
    assert_eq!(black(&cable), [(0, 0)]);
    assert_eq!(cable.violations(), []);
}
