//! The chip against its datasheet: what is across and what is down, and everything it must refuse.

use crate::cable::{BusError, Cable};
use crate::oled::OledModule;
use crate::violation::Violation;

const ADDRESS: u8 = 0x3c;

fn send(cable: &Cable, commands: &[u8]) -> Result<(), BusError> {
    cable.i2c_write(ADDRESS, &[&[0x00], commands].concat())
}

fn data(cable: &Cable, bytes: &[u8]) -> Result<(), BusError> {
    cable.i2c_write(ADDRESS, &[&[0x40], bytes].concat())
}

/// A chip that is on, as its reset leaves it, with dark memory.
fn lit_chip() -> Cable {
    let cable = Cable::with(OledModule::Sh1107, ADDRESS);
    for page in 0..16 {
        send(&cable, &[0xb0 | page, 0x00, 0x10]).unwrap();
        data(&cable, &[0; 128]).unwrap();
    }
    send(&cable, &[0xaf]).unwrap();
    cable
}

fn put(cable: &Cable, page: u8, column: u8, byte: u8) {
    send(cable, &[0xb0 | page, column & 0x0f, 0x10 | column >> 4]).unwrap();
    data(cable, &[byte]).unwrap();
}

fn lit(cable: &Cable) -> Vec<(u32, u32)> {
    let picture = cable.picture();
    let pixels = (0..128).flat_map(|y| (0..128).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| picture.lit(x, y)).collect()
}

#[test]
fn a_fresh_chip_is_dark_and_its_memory_is_noise() {
    let cable = Cable::with(OledModule::Sh1107, ADDRESS);
    assert!(cable.picture().is_dark());
    send(&cable, &[0xaf]).unwrap();
    let first = cable.picture();
    cable.unplug();
    cable.replug();
    assert!(cable.picture().is_dark());
    send(&cable, &[0xaf]).unwrap();
    assert!(first != cable.picture() && first.lit_count() > 4000);
}

#[test]
fn segments_go_down_and_commons_go_across() {
    let cable = lit_chip();
    put(&cable, 0, 0, 0x01);
    put(&cable, 15, 127, 0xc0);
    let pixels = |flip: fn((u32, u32)) -> (u32, u32)| {
        let mut pixels = [(0, 0), (127, 126), (127, 127)].map(flip).to_vec();
        pixels.sort_by_key(|&(x, y)| (y, x));
        pixels
    };
    assert_eq!(lit(&cable), pixels(|at| at));
    // The other way round than on an SSD1306: remap turns over, scan direction mirrors.
    send(&cable, &[0xa1]).unwrap();
    assert_eq!(lit(&cable), pixels(|(x, y)| (x, 127 - y)));
    send(&cable, &[0xc8]).unwrap();
    assert_eq!(lit(&cable), pixels(|(x, y)| (127 - x, 127 - y)));
    send(&cable, &[0xa0]).unwrap();
    assert_eq!(lit(&cable), pixels(|(x, y)| (127 - x, y)));
    assert_eq!(cable.violations(), []);
}

#[test]
fn page_addressing_stops_at_the_end_and_vertical_addressing_goes_down_first() {
    let cable = lit_chip();
    send(&cable, &[0xb1, 0x0f, 0x17]).unwrap();
    data(&cable, &[0x01]).unwrap();
    let refused = data(&cable, &[0x01]);
    assert_eq!(refused, Err(BusError::Refused(Violation::PastTheEnd(1))));
    send(&cable, &[0x21, 0xbe, 0x05, 0x10]).unwrap();
    data(&cable, &[0x80, 0x80, 0x02]).unwrap();
    assert_eq!(lit(&cable), [(6, 1), (127, 8), (5, 119), (5, 127)]);
}

#[test]
fn columns_roll_with_start_line_and_offset_and_end_with_the_multiplex_ratio() {
    let cable = lit_chip();
    put(&cable, 0, 0, 0x01);
    send(&cable, &[0xdc, 100]).unwrap();
    assert_eq!(lit(&cable), [(28, 0)]);
    send(&cable, &[0xdc, 0, 0xd3, 0x60]).unwrap();
    assert_eq!(lit(&cable), [(32, 0)]);
    send(&cable, &[0xd3, 0, 0xa8, 63, 0xa5]).unwrap();
    let columns: Vec<u32> = (0..128).filter(|x| cable.picture().lit(*x, 9)).collect();
    assert_eq!(columns, (0..64).collect::<Vec<_>>());
}

#[test]
fn the_converter_is_switched_only_in_the_dark() {
    let cable = lit_chip();
    let refused = send(&cable, &[0xad, 0x8a]);
    assert_eq!(refused, Err(BusError::Refused(Violation::SupplyWhileOn)));
    send(&cable, &[0xa5]).unwrap();
    assert_eq!(cable.picture().lit_count(), 128 * 128);
    send(&cable, &[0xae, 0xad, 0x8a, 0xaf]).unwrap();
    assert!(cable.picture().is_dark());
}

#[test]
fn a_read_answers_with_the_number_of_the_chip_and_whether_it_is_on() {
    let cable = lit_chip();
    let mut answer = [0xff; 2];
    cable.i2c_read(ADDRESS, &mut answer).unwrap();
    assert_eq!(answer, [0x07, 0x07]);
    send(&cable, &[0xae]).unwrap();
    cable.i2c_read(ADDRESS, &mut answer).unwrap();
    assert_eq!(answer, [0x47, 0x47]);
}

#[test]
fn what_the_chip_would_not_understand_is_refused_and_kept() {
    let parameter = |command, value| Violation::Parameter { command, value };
    let cases: [(&[u8], Violation); 10] = [
        // Start lines, COM pins, charge pump, ranges: other chips'.
        (&[0x40], Violation::UnknownCommand(0x40)),
        (&[0xda, 0x12], Violation::UnknownCommand(0xda)),
        (&[0x8d, 0x14], Violation::UnknownCommand(0x8d)),
        (&[0x22, 0, 7], Violation::UnknownCommand(0x22)),
        (&[0x18], Violation::UnknownCommand(0x18)),
        (&[0xee], Violation::NotModelled(0xee)),
        (&[0xdc], Violation::Truncated(0xdc)),
        (&[0xdc, 128], parameter(0xdc, 128)),
        (&[0xa8, 128], parameter(0xa8, 128)),
        (&[0xad, 0x14], parameter(0xad, 0x14)),
    ];
    let cable = lit_chip();
    for (bytes, violation) in &cases {
        let refused = send(&cable, bytes);
        assert_eq!(
            refused,
            Err(BusError::Refused(violation.clone())),
            "{bytes:02x?}"
        );
    }
    assert_eq!(cable.violations(), cases.map(|(_, violation)| violation));
}
