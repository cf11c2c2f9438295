//! The chip against its datasheet: pointers, mapping to glass, and everything it must refuse.

use crate::cable::{BusError, Cable};
use crate::oled::OledModule;
use crate::picture::Picture;
use crate::violation::Violation;

const ADDRESS: u8 = 0x3c;

fn write(chip: &Cable, address: u8, bytes: &[u8]) -> Result<(), Violation> {
    match chip.i2c_write(address, bytes) {
        Ok(()) => Ok(()),
        Err(BusError::Refused(violation)) => Err(violation),
        Err(error) => panic!("{error}"),
    }
}

fn send(chip: &Cable, commands: &[u8]) -> Result<(), Violation> {
    write(chip, ADDRESS, &[&[0x00], commands].concat())
}

fn data(chip: &Cable, bytes: &[u8]) {
    write(chip, ADDRESS, &[&[0x40], bytes].concat()).unwrap();
}

/// A chip that is on, dark, mapped as modules are usually driven, with the pointer at the start.
fn lit_chip() -> Cable {
    let chip = Cable::new(ADDRESS);
    send(
        &chip,
        &[0x8d, 0x14, 0x20, 0x00, 0xa1, 0xc8, 0x21, 0, 127, 0x22, 0, 7],
    )
    .unwrap();
    data(&chip, &[0; 1024]);
    send(&chip, &[0xaf]).unwrap();
    chip
}

/// The lit pixels.
fn lit(chip: &Cable) -> Vec<(u32, u32)> {
    let picture = chip.picture();
    let pixels = (0..64).flat_map(|y| (0..128).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| picture.lit(x, y)).collect()
}

#[test]
fn a_fresh_chip_is_dark_and_its_memory_is_noise() {
    let noise = |chip: &Cable| {
        assert!(chip.picture().is_dark());
        send(chip, &[0x8d, 0x14, 0xaf]).unwrap();
        chip.picture()
    };
    let chip = Cable::new(ADDRESS);
    let first = noise(&chip);
    chip.unplug();
    chip.replug();
    let second = noise(&chip);
    assert!(first != second && first.lit_count() > 2000 && second.lit_count() > 2000);
}

#[test]
fn nothing_shines_without_the_charge_pump() {
    let chip = Cable::new(ADDRESS);
    assert_eq!(send(&chip, &[0xaf]), Err(Violation::OnWithoutPump));
    send(&chip, &[0x8d, 0x14, 0xa5, 0xaf]).unwrap();
    assert_eq!(chip.picture().lit_count(), 128 * 64);
    send(&chip, &[0x8d, 0x10]).unwrap();
    assert!(chip.picture().is_dark());
}

#[test]
fn horizontal_addressing_runs_through_its_window_and_starts_over() {
    let chip = lit_chip();
    send(&chip, &[0x21, 126, 127, 0x22, 6, 7]).unwrap();
    data(&chip, &[0x01, 0x00, 0x00, 0x80, 0x03]);
    assert_eq!(lit(&chip), [(126, 48), (126, 49), (127, 63)]);
}

#[test]
fn vertical_addressing_goes_down_first() {
    let chip = lit_chip();
    send(&chip, &[0x20, 0x01, 0x21, 10, 11, 0x22, 2, 3]).unwrap();
    data(&chip, &[0x01, 0x02, 0x04]);
    assert_eq!(lit(&chip), [(10, 16), (11, 18), (10, 25)]);
}

#[test]
fn page_addressing_stays_in_its_page() {
    let chip = lit_chip();
    send(&chip, &[0x20, 0x02, 0xb3, 0x0f, 0x17]).unwrap();
    data(&chip, &[0x01, 0x02]);
    assert_eq!(lit(&chip), [(127, 24), (0, 25)]);
}

#[test]
fn columns_are_remapped_when_written_and_rows_when_shown() {
    let chip = lit_chip();
    data(&chip, &[0x01]);
    assert_eq!(lit(&chip), [(0, 0)]);
    send(&chip, &[0xa0]).unwrap();
    assert_eq!(lit(&chip), [(0, 0)], "what is in memory stays where it is");
    send(&chip, &[0x21, 0, 127]).unwrap();
    data(&chip, &[0x02]);
    assert_eq!(lit(&chip), [(0, 0), (127, 1)]);
    send(&chip, &[0xc0]).unwrap();
    assert_eq!(lit(&chip), [(127, 62), (0, 63)], "rows turn over at once");
}

#[test]
fn rows_roll_with_start_line_and_offset_and_end_with_the_multiplex_ratio() {
    let chip = lit_chip();
    data(&chip, &[0x01]);
    send(&chip, &[0x48]).unwrap();
    assert_eq!(lit(&chip), [(0, 56)], "start line 8");
    send(&chip, &[0x40, 0xd3, 8]).unwrap();
    assert_eq!(lit(&chip), [(0, 56)], "offset 8 (datasheet table 10-2)");
    send(&chip, &[0xd3, 0, 0xc0, 0xd3, 8]).unwrap();
    assert_eq!(lit(&chip), [(0, 7)], "offset 8 (datasheet table 10-1)");
    send(&chip, &[0xd3, 0, 0xc8, 0xa8, 31, 0xa5]).unwrap();
    let rows: Vec<u32> = (0..64).filter(|y| chip.picture().lit(5, *y)).collect();
    assert_eq!(rows, (32..64).collect::<Vec<_>>(), "32 of 64 rows");
}

#[test]
fn inversion_and_all_on_do_not_touch_memory() {
    let chip = lit_chip();
    data(&chip, &[0x01]);
    let before = chip.picture();
    send(&chip, &[0xa7]).unwrap();
    assert_eq!(
        chip.picture(),
        Picture::from_fn(128, 64, |x, y| !before.lit(x, y))
    );
    send(&chip, &[0xa5]).unwrap();
    assert_eq!(chip.picture().lit_count(), 128 * 64);
    send(&chip, &[0xa6, 0xa4]).unwrap();
    assert_eq!(chip.picture(), before);
}

#[test]
fn control_bytes_may_alternate() {
    let chip = lit_chip();
    // One command byte, one data byte, then data to the end.
    write(&chip, ADDRESS, &[0x80, 0xe3, 0xc0, 0x01, 0x40, 0x02, 0x04]).unwrap();
    assert_eq!(lit(&chip), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(chip.stats().ram_bytes, 1024 + 3);
}

#[test]
fn what_the_chip_would_not_understand_is_refused_and_kept() {
    let parameter = |command, value| Violation::Parameter { command, value };
    let cases: Vec<(&[u8], Violation)> = vec![
        (&[0x01, 0xae], Violation::ControlByte(0x01)),
        (&[0x00], Violation::NothingAfterControl(0x00)),
        (&[0x40], Violation::NothingAfterControl(0x40)),
        (&[0x80], Violation::NothingAfterControl(0x80)),
        (&[0x00, 0x23], Violation::UnknownCommand(0x23)),
        (&[0x00, 0xff], Violation::UnknownCommand(0xff)),
        (&[0x00, 0x18], Violation::UnknownCommand(0x18)),
        (&[0x00, 0x81], Violation::Truncated(0x81)),
        (&[0x00, 0x21, 0], Violation::Truncated(0x21)),
        (&[0x80, 0x81, 0x40, 0x00], Violation::Truncated(0x81)),
        (&[0x00, 0x20, 0x03], parameter(0x20, 0x03)),
        (&[0x00, 0x21, 0, 128], parameter(0x21, 128)),
        (&[0x00, 0x22, 0, 8], parameter(0x22, 8)),
        (&[0x00, 0xa8, 14], parameter(0xa8, 14)),
        (&[0x00, 0xd3, 64], parameter(0xd3, 64)),
        (&[0x00, 0xd9, 0x20], parameter(0xd9, 0x20)),
        (&[0x00, 0xda, 0x10], parameter(0xda, 0x10)),
        (&[0x00, 0xdb, 0x50], parameter(0xdb, 0x50)),
        (&[0x00, 0x8d, 0x04], parameter(0x8d, 0x04)),
        (
            &[0x00, 0x21, 9, 8],
            Violation::Range {
                command: 0x21,
                first: 9,
                last: 8,
            },
        ),
        (&[0x00, 0xb0], Violation::WrongAddressing),
        (&[0x00, 0xda, 0x02], Violation::ComPins),
        (&[0x00, 0x2f], Violation::Scroll(0x2f)),
    ];
    let chip = lit_chip();
    for (bytes, violation) in &cases {
        assert_eq!(
            write(&chip, ADDRESS, bytes),
            Err(violation.clone()),
            "{bytes:02x?}"
        );
    }
    assert_eq!(
        write(&chip, 0x3d, &[0x00, 0xe3]),
        Err(Violation::Address(0x3d))
    );
    send(&chip, &[0x20, 0x02]).unwrap();
    assert_eq!(
        send(&chip, &[0x21, 0, 127]),
        Err(Violation::WrongAddressing)
    );
    assert_eq!(chip.violations().len(), cases.len() + 2);
    println!("{} violations refused", chip.violations().len());
}

#[test]
fn the_command_table_is_as_long_as_the_datasheets() {
    let parameters: [&[u8]; 6] = [&[], &[0x00], &[0x12], &[0x14], &[0x20], &[0x3f]];
    let is_known = |code: &u8| {
        let tries = parameters.map(|rest| [&[*code], rest].concat());
        tries
            .iter()
            .any(|bytes| send(&Cable::new(ADDRESS), bytes).is_ok())
    };
    // After reset the ranges (0x21, 0x22) are out of place and 0xAF waits for the charge pump.
    assert_eq!((0..=255).filter(is_known).count(), 130);
}

/// The corners of a module, drawn through memory that horizontal addressing runs through: one pixel at
/// the upper left, two side by side at the upper right, two on top of each other at the lower left,
/// none at the lower right.
fn draw_corners(chip: &Cable, pages: u8) {
    let mut ram = vec![0; 128 * usize::from(pages)];
    ram[0] = 0x01;
    ram[126] = 0x01;
    ram[127] = 0x01;
    ram[128 * usize::from(pages - 1)] = 0xc0;
    send(chip, &[0x20, 0x00, 0x21, 0, 127, 0x22, 0, pages - 1]).unwrap();
    data(chip, &ram);
}

fn seen(chip: &Cable) -> Vec<(u32, u32)> {
    let picture = chip.picture();
    let pixels = (0..picture.height()).flat_map(|y| (0..128).map(move |x| (x, y)));
    pixels.filter(|&(x, y)| picture.lit(x, y)).collect()
}

#[test]
fn modules_of_32_rows_have_sequential_com_pins() {
    let chip = Cable::with(OledModule::Ssd1306Low, ADDRESS);
    send(&chip, &[0xa8, 31, 0xda, 0x02, 0xa1, 0xc8]).unwrap();
    draw_corners(&chip, 4);
    send(&chip, &[0x8d, 0x14, 0xaf]).unwrap();
    let corners = [(0, 0), (126, 0), (127, 0), (0, 30), (0, 31)];
    assert_eq!(chip.picture().height(), 32);
    assert_eq!(seen(&chip), corners);
    // Seen from the back, as it were: columns are mirrored when written, rows when shown.
    send(&chip, &[0xa0, 0xc0]).unwrap();
    draw_corners(&chip, 4);
    let turned = corners.map(|(x, y)| (127 - x, 31 - y));
    assert!(turned.iter().all(|at| seen(&chip).contains(at)));
    // As the reset leaves it, for 64 rows: every second row of the picture, spread over the glass.
    send(&chip, &[0xa1, 0xc8]).unwrap();
    draw_corners(&chip, 4);
    assert_eq!(
        send(&chip, &[0xda, 0x12]),
        Err(Violation::ComPins),
        "and it is told"
    );
    assert_ne!(seen(&chip), corners);
}

#[test]
fn an_ssd1309_needs_no_pump_and_knows_none_but_has_a_lock() {
    let chip = Cable::with(OledModule::Ssd1309, ADDRESS);
    assert_eq!(chip.chip().clock(), 0x70, "the reset value of revision 1.1");
    send(&chip, &[0xfd, 0x12, 0xa1, 0xc8]).unwrap();
    draw_corners(&chip, 8);
    send(&chip, &[0xaf]).unwrap();
    let before = seen(&chip);
    assert!(before.starts_with(&[(0, 0), (126, 0), (127, 0)]));
    assert_eq!(
        send(&chip, &[0x8d, 0x14]),
        Err(Violation::UnknownCommand(0x8d))
    );
    send(&chip, &[0xfd, 0x16]).unwrap();
    assert_eq!(send(&chip, &[0xae]), Err(Violation::Locked(0xae)));
    assert_eq!(
        write(&chip, ADDRESS, &[0x40, 0xff]),
        Err(Violation::Locked(0xff))
    );
    assert_eq!(seen(&chip), before);
    send(&chip, &[0xfd, 0x12, 0xae]).unwrap();
    assert!(chip.picture().is_dark());
    let ssd1306 = Cable::new(ADDRESS);
    assert_eq!(
        send(&ssd1306, &[0xfd, 0x12]),
        Err(Violation::UnknownCommand(0xfd))
    );
    assert_eq!(
        send(&chip, &[0xdb, 0x20]),
        Err(Violation::Parameter {
            command: 0xdb,
            value: 0x20
        })
    );
}
