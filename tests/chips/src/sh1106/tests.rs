//! The chip against its datasheet, on the HAT's wires.

use crate::oled::OledModule;
use crate::picture::Picture;
use crate::spi_cable::{Line, SpiCable};
use crate::violation::Violation;

fn send(cable: &SpiCable, commands: &[u8]) {
    cable.set_line(Line::Dc, false);
    cable.spi_write(commands).unwrap();
}

fn data(cable: &SpiCable, bytes: &[u8]) {
    cable.set_line(Line::Dc, true);
    cable.spi_write(bytes).unwrap();
}

/// A chip that is on, as its reset leaves it, with dark memory and the pointer at the start.
fn lit_chip() -> SpiCable {
    let cable = SpiCable::oled(OledModule::Sh1106);
    for page in 0..8 {
        send(&cable, &[0xb0 | page, 0x00, 0x10]);
        data(&cable, &[0; 132]);
    }
    send(&cable, &[0xb0, 0x00, 0x10, 0xaf]);
    cable
}

/// Puts one byte into memory.
fn put(cable: &SpiCable, page: u8, column: u8, byte: u8) {
    send(cable, &[0xb0 | page, column & 0x0f, 0x10 | column >> 4]);
    data(cable, &[byte]);
}

fn lit(cable: &SpiCable) -> Vec<(u32, u32)> {
    let picture = cable.picture();
    let pixels = (0..64).flat_map(|y| (0..128).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| picture.lit(x, y)).collect()
}

#[test]
fn a_fresh_chip_is_dark_and_its_memory_is_noise() {
    let cable = SpiCable::oled(OledModule::Sh1106);
    let noise = || {
        assert!(cable.picture().is_dark());
        send(&cable, &[0xaf]);
        cable.picture()
    };
    let first = noise();
    cable.unplug();
    assert!(cable.picture().is_dark());
    cable.replug();
    let second = noise();
    assert!(first != second && first.lit_count() > 2000 && second.lit_count() > 2000);
    assert_eq!(cable.violations(), []);
}

#[test]
fn the_corners_of_the_glass_are_columns_2_and_129_and_turn_with_remap_and_scan() {
    let corners = [(0, 2, 0x01), (0, 129, 0x03), (7, 2, 0xe0), (7, 129, 0x80)];
    let cable = lit_chip();
    for (page, column, byte) in corners {
        put(&cable, page, column, byte);
    }
    let upright = [
        (0, 0),
        (127, 0),
        (127, 1),
        (0, 61),
        (0, 62),
        (0, 63),
        (127, 63),
    ];
    let turned = |flip: fn((u32, u32)) -> (u32, u32)| {
        let mut pixels = upright.map(flip).to_vec();
        pixels.sort_by_key(|&(x, y)| (y, x));
        pixels
    };
    // "Segment remap" and "common scan direction" act where memory is read: nothing is written anew.
    send(&cable, &[0xa0, 0xc0]);
    assert_eq!(lit(&cable), turned(|at| at));
    send(&cable, &[0xa1]);
    assert_eq!(lit(&cable), turned(|(x, y)| (127 - x, y)));
    send(&cable, &[0xc8]);
    assert_eq!(lit(&cable), turned(|(x, y)| (127 - x, 63 - y)));
    send(&cable, &[0xa0]);
    assert_eq!(lit(&cable), turned(|(x, y)| (x, 63 - y)));
    assert_eq!(cable.violations(), []);
}

#[test]
fn the_columns_beside_the_glass_are_not_seen() {
    let cable = lit_chip();
    for column in [0, 1, 130, 131] {
        put(&cable, 3, column, 0xff);
    }
    assert!(cable.picture().is_dark());
    send(&cable, &[0xa1]);
    assert!(cable.picture().is_dark());
    assert_eq!(cable.violations(), []);
}

#[test]
fn the_pointer_stops_at_the_end_of_its_page() {
    let cable = lit_chip();
    send(&cable, &[0xb2, 0x0f, 0x17]);
    data(&cable, &[1, 1, 1, 1, 1]);
    assert_eq!(cable.violations(), []);
    data(&cable, &[0xff]);
    assert_eq!(cable.violations(), [Violation::PastTheEnd(2)]);
    assert_eq!(lit(&cable), [(125, 16), (126, 16), (127, 16)]);
}

#[test]
fn rows_roll_with_start_line_and_offset_and_end_with_the_multiplex_ratio() {
    let cable = lit_chip();
    put(&cable, 0, 2, 0x01);
    send(&cable, &[0x48]);
    assert_eq!(lit(&cable), [(0, 56)]);
    send(&cable, &[0x40, 0xd3, 8]);
    assert_eq!(lit(&cable), [(0, 56)]);
    send(&cable, &[0xd3, 0, 0xa8, 31, 0xa5]);
    let rows: Vec<u32> = (0..64).filter(|y| cable.picture().lit(5, *y)).collect();
    assert_eq!(rows, (0..32).collect::<Vec<_>>());
    assert_eq!(cable.violations(), []);
}

#[test]
fn the_converter_is_on_by_default_and_switched_only_in_the_dark() {
    let cable = lit_chip();
    send(&cable, &[0xa5]);
    assert_eq!(cable.picture().lit_count(), 128 * 64);
    send(&cable, &[0xae, 0xad, 0x8a, 0xaf]);
    assert!(cable.picture().is_dark());
    assert_eq!(cable.violations(), []);
    send(&cable, &[0xad, 0x8b]);
    assert_eq!(cable.violations(), [Violation::SupplyWhileOn]);
    send(&cable, &[0xae, 0xad, 0x8b, 0xaf]);
    assert_eq!(cable.picture().lit_count(), 128 * 64);
}

#[test]
fn inversion_does_not_touch_memory_and_a_reset_neither() {
    let cable = lit_chip();
    put(&cable, 4, 60, 0x55);
    let before = cable.picture();
    send(&cable, &[0xa7]);
    let inverse = Picture::from_fn(128, 64, |x, y| !before.lit(x, y));
    assert_eq!(cable.picture(), inverse);
    cable.set_line(Line::Reset, false);
    cable.clock().wait(std::time::Duration::from_micros(20));
    cable.set_line(Line::Reset, true);
    assert!(cable.picture().is_dark());
    send(&cable, &[0xaf]);
    assert_eq!(cable.picture(), before);
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_command_may_be_split_over_transfers_but_not_by_data() {
    let cable = lit_chip();
    send(&cable, &[0x81]);
    send(&cable, &[0x33, 0xa5]);
    assert_eq!(cable.chip().unwrap().contrast(), 0x33);
    assert_eq!(cable.violations(), []);
    send(&cable, &[0x81]);
    data(&cable, &[0x44]);
    assert_eq!(cable.violations(), [Violation::Truncated(0x81)]);
}

#[test]
fn what_the_chip_would_not_understand_is_kept() {
    let parameter = |command, value| Violation::Parameter { command, value };
    let cases: [(&[u8], Violation); 11] = [
        // Addressing modes, ranges, charge pump, scrolling: the SSD1306's.
        (&[0x20], Violation::UnknownCommand(0x20)),
        (&[0x21], Violation::UnknownCommand(0x21)),
        (&[0x8d], Violation::UnknownCommand(0x8d)),
        (&[0x2e], Violation::UnknownCommand(0x2e)),
        (&[0x19], Violation::UnknownCommand(0x19)),
        (&[0xe0], Violation::NotModelled(0xe0)),
        (&[0xad, 0x14], parameter(0xad, 0x14)),
        (&[0xa8, 64], parameter(0xa8, 64)),
        (&[0xd3, 64], parameter(0xd3, 64)),
        (&[0xd9, 0x02], parameter(0xd9, 0x02)),
        (&[0xda, 0x02], Violation::ComPins),
    ];
    let cable = lit_chip();
    for (bytes, _) in &cases {
        send(&cable, bytes);
    }
    assert_eq!(cable.violations(), cases.map(|(_, violation)| violation));
}
