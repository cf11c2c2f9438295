//! I2C and SPI: every way bytes go out and come back, and what the kernel refuses.

use pairbox_fakeboard::board::Traffic;

use crate::visitor::Visitor;

#[test]
fn i2c_in_every_way_there_is() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get("i2c-hal-write 3c 00 af");
    assert_eq!(visitor.heard.take(), ["3c: [00, af]"]);
    visitor.get("i2c-open 3c");
    visitor.get("i2c-write 40 01 02");
    assert_eq!(visitor.heard.take(), ["3c: [40, 01, 02]"]);
    assert_eq!(visitor.get("i2c-read 2"), "[43, 43]");
    assert_eq!(visitor.get("i2c-smbus-read"), "43");
    visitor.get("i2c-smbus-write 10 ff");
    visitor.get("i2c-smbus-block 10 01 02 03");
    assert_eq!(
        visitor.heard.take(),
        ["3c: [10, ff]", "3c: [10, 01, 02, 03]"]
    );
    let traffic = visitor.board.traffic();
    let bytes = 2 + 3 + 2 + 4;
    let transactions = 6;
    assert_eq!(
        traffic,
        Traffic {
            transactions,
            bytes
        }
    );
}

#[test]
fn nobody_answers_at_another_address() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.refused("i2c-hal-write 3d 00 af", "EREMOTEIO");
    visitor.get("i2c-open 3d");
    visitor.refused("i2c-write 00", "Remote I/O");
    visitor.refused("i2c-smbus-read", "EREMOTEIO");
}

#[test]
fn spi_keeps_its_settings_and_sends_messages() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    let told = visitor.get("spi-open 3 8000000");
    assert!(told.contains("Some(8000000)"), "{told}");
    let settings = visitor.board.spi_settings();
    assert_eq!((settings.mode, settings.bits, settings.hz), (3, 8, 8_000_000));
    visitor.get("spi-write 01 02 03");
    assert_eq!(visitor.heard.take(), ["spi: [01, 02, 03]"]);
    // Several transfers of one message are one selection of the chip.
    visitor.get("spi-transfers 2 3");
    assert_eq!(visitor.heard.take(), ["spi: [5a, 5a, 5a, 5a, 5a]"]);
    // MISO is not connected.
    assert_eq!(visitor.get("spi-exchange aa"), "[00, 00, 00]");
    assert_eq!(visitor.heard.take(), ["spi: [aa, aa, aa]"]);
    assert_eq!(visitor.get("spi-read 2"), "2 [00, 00]");
}

#[test]
fn spi_takes_4096_bytes_and_not_one_more() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get("spi-open 0 10000000");
    assert_eq!(visitor.get("spi-write-many 4096"), "4096");
    visitor.refused("spi-write-many 4097", "os error 90");
    visitor.get("spi-transfers 4000 96");
    visitor.refused("spi-transfers 4000 97", "os error 90");
    assert_eq!(visitor.heard.take(), ["spi: 4096 bytes", "spi: 4096 bytes"]);
}
