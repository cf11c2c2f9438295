//! Wires that break, and devices that go away.

use std::path::Path;

use pairbox_fakeboard::BusFault;

use crate::visitor::Visitor;

#[test]
fn a_missing_acknowledge_lasts_as_long_as_it_was_ordered_to() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.board.disturb_i2c(BusFault::Nak, 2);
    visitor.refused("i2c-hal-write 3c 00 af", "EREMOTEIO");
    visitor.refused("i2c-hal-write 3c 00 af", "EREMOTEIO");
    assert_eq!(visitor.heard.take(), Vec::<String>::new());
    visitor.get("i2c-hal-write 3c 00 af");
}

#[test]
fn a_transfer_breaks_off_in_the_middle() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.board.disturb_i2c(BusFault::Cut { after: 2 }, 1);
    visitor.refused("i2c-hal-write 3c 40 01 02 03", "EIO");
    assert_eq!(visitor.heard.take(), ["3c: [40, 01]"]);
    visitor.get("spi-open 0 1000000");
    visitor.board.disturb_spi(BusFault::Cut { after: 1 }, 1);
    visitor.refused("spi-write 01 02 03", "os error 5");
    assert_eq!(visitor.heard.take(), ["spi: [01]"]);
    visitor.get("spi-write 01 02 03");
}

#[test]
fn a_bus_vanishes_under_the_program_and_comes_back() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    let bus = Path::new("/dev/i2c-1");
    visitor.get("i2c-open 3c");
    visitor.board.vanish(bus);
    visitor.refused("i2c-write 00", "os error 19");
    visitor.refused("i2c-smbus-read", "ENODEV");
    visitor.refused("i2c-hal-write 3c 00 af", "No such file");
    visitor.refused("stat /dev/i2c-1", "os error 2");
    assert!(!visitor.get("dev").contains("i2c-1"));
    visitor.board.come_back(bus);
    assert!(visitor.get("dev").contains("i2c-1"));
    // What was open stays dead, as in the kernel.
    visitor.refused("i2c-write 00", "os error 19");
    visitor.get("i2c-open 3c");
    visitor.get("i2c-write 00");
}

#[test]
fn a_chip_vanishes_with_its_lines() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    let chip = Path::new("/dev/gpiochip0");
    visitor.get("request a /dev/gpiochip0 5 in up edges");
    visitor.board.vanish(chip);
    visitor.refused("get a 5", "os error 19");
    assert_eq!(visitor.get("chips"), "");
    visitor.board.come_back(chip);
    visitor.get("request b /dev/gpiochip0 5 in up edges");
    visitor.board.set_line(5, Some(false));
    assert_eq!(visitor.get("events b 50"), "-5");
}
