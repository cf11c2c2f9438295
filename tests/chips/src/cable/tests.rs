//! The I2C cable and its faults.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::i2c::I2c;

use super::{BusError, Cable};
use crate::violation::Violation;

const ADDRESS: u8 = 0x3c;

fn lit() -> Cable {
    let cable = Cable::new(ADDRESS);
    cable
        .send(ADDRESS, &[0x00, 0x8d, 0x14, 0xa5, 0xaf])
        .unwrap();
    cable
}

#[test]
fn a_read_is_answered_at_the_address_only_and_says_whether_it_is_on() {
    let mut cable = Cable::new(ADDRESS);
    let mut answer = [0];
    cable.read(ADDRESS, &mut answer).unwrap();
    assert_eq!(answer, [0x40], "off");
    cable
        .write_read(ADDRESS, &[0x00, 0x8d, 0x14, 0xaf], &mut answer)
        .unwrap();
    assert_eq!(answer, [0x00], "on");
    assert_eq!(cable.read(0x3d, &mut answer), Err(BusError::Unplugged));
    cable.unplug();
    assert_eq!(cable.read(ADDRESS, &mut answer), Err(BusError::Unplugged));
    assert_eq!(cable.violations(), [], "asking is free");
    assert_eq!(cable.stats().transactions, 1, "reads are not counted");
}

#[test]
fn the_bus_takes_nine_bits_a_byte_and_the_address() {
    let cable = lit();
    let (before, start) = (cable.stats(), cable.clock().now());
    cable.send(ADDRESS, &[0x40; 129]).unwrap();
    // 130 bytes of 9 bits, start and stop, at 400 kHz.
    let time = Duration::from_nanos(1172 * 2500);
    assert_eq!(cable.stats().since(before).bus_time, time);
    assert_eq!(cable.clock().since(start), time);
    cable.set_hz(100_000);
    let before = cable.stats();
    cable.send(ADDRESS, &[0x40; 129]).unwrap();
    assert_eq!(cable.stats().since(before).bus_time, time * 4);
}

#[test]
fn a_cable_can_be_pulled_between_two_bytes() {
    let cable = lit();
    let before = cable.stats().ram_bytes;
    cable.unplug_after(10);
    cable.send(ADDRESS, &[0x40, 1, 2, 3]).unwrap();
    assert_eq!(
        cable.send(ADDRESS, &[0x40, 1, 2, 3, 4, 5, 6, 7]),
        Err(BusError::Pulled)
    );
    assert!(cable.picture().is_dark());
    assert_eq!(cable.stats().ram_bytes - before, 3 + 5);
    assert_eq!(cable.send(ADDRESS, &[0x40, 1]), Err(BusError::Unplugged));
    cable.replug();
    cable.send(ADDRESS, &[0x00, 0xe3]).unwrap();
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_reset_line_holds_the_chip() {
    let cable = lit();
    let mut reset = cable.reset();
    reset.set_low().unwrap();
    assert!(cable.picture().is_dark());
    let refused = cable.send(ADDRESS, &[0x00, 0xe3]);
    assert_eq!(refused, Err(BusError::Refused(Violation::InReset)));
    cable.delay().delay_us(10);
    reset.set_high().unwrap();
    cable.send(ADDRESS, &[0x00, 0xe3]).unwrap();
    assert!(!cable.chip().is_on());
}

#[test]
fn one_transaction_can_go_unanswered() {
    let cable = lit();
    cable.fail_next();
    assert_eq!(cable.send(ADDRESS, &[0x00, 0xe3]), Err(BusError::Unplugged));
    cable.send(ADDRESS, &[0x00, 0xe3]).unwrap();
    assert_eq!(cable.picture().lit_count(), 128 * 64, "it kept its supply");
    assert_eq!(cable.violations(), []);
}
