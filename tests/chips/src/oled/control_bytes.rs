//! How commands and display data are told apart over I2C: by the control byte in front of them.
//!
//! SSD1306 datasheet 8.1.5.2, SSD1309 8.1.5.2, SH1106 and SH1107 "I2C-bus write data": bit 7 (Co) one
//! byte follows and then another control byte, else everything to the stop condition; bit 6 (D/C) data;
//! the rest is zero.

use super::Oled;
use crate::violation::Violation;

/// Takes a transaction apart; the bytes are those after the address. Counts the data bytes.
///
/// A command has to end in the transaction it began in. Real chips are more patient, but a stop
/// condition in the middle of a command is a mistake all the same.
pub fn receive(chip: &mut dyn Oled, bytes: &[u8], ram_bytes: &mut u64) -> Result<(), Violation> {
    let mut rest = bytes;
    let mut commands = Vec::new();
    while let Some((&control, after)) = rest.split_first() {
        if control & 0x3f != 0 {
            return Err(Violation::ControlByte(control));
        }
        let (single, is_data) = (control & 0x80 != 0, control & 0x40 != 0);
        let (payload, next) = if single {
            let Some((first, next)) = after.split_first() else {
                return Err(Violation::NothingAfterControl(control));
            };
            (std::slice::from_ref(first), next)
        } else if after.is_empty() {
            return Err(Violation::NothingAfterControl(control));
        } else {
            (after, &[][..])
        };
        if is_data {
            run(chip, &mut commands)?;
            for byte in payload {
                *ram_bytes += 1;
                chip.data(*byte)?;
            }
        } else {
            commands.extend_from_slice(payload);
        }
        rest = next;
    }
    run(chip, &mut commands)
}

/// Executes command bytes; none may be left over.
fn run(chip: &mut dyn Oled, bytes: &mut Vec<u8>) -> Result<(), Violation> {
    let taken = std::mem::take(bytes);
    let mut rest = taken.as_slice();
    while !rest.is_empty() {
        let used = chip.command(rest)?.ok_or(Violation::Truncated(rest[0]))?;
        rest = &rest[used..];
    }
    Ok(())
}
