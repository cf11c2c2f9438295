//! What a chip would not have understood, or would have understood as something else.
//!
//! One list for all chips. Over I2C a violation is answered with "not acknowledged"; over SPI nothing
//! is ever answered, so that only this list tells.

use std::time::Duration;

/// One thing that went wrong on the wires.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Violation {
    /// Nobody lives there.
    #[error("no chip at address {0:#04x}")]
    Address(u8),
    /// The lower six bits of a control byte are zero (SSD1306 datasheet 8.1.5.2).
    #[error("control byte {0:#04x} has reserved bits set")]
    ControlByte(u8),
    /// A control byte at the end.
    #[error("nothing follows control byte {0:#04x}")]
    NothingAfterControl(u8),
    /// Not in the chip's command table.
    #[error("unknown command {0:#04x}")]
    UnknownCommand(u8),
    /// In the command table, but nothing here uses or models it.
    #[error("command {0:#04x} is not modelled")]
    NotModelled(u8),
    /// The transaction, or the run of command bytes, ended inside a command.
    #[error("command {0:#04x} ended before its parameters")]
    Truncated(u8),
    /// More data bytes than the command has parameters.
    #[error("command {0:#04x} got more parameters than it has")]
    TooManyParameters(u8),
    /// A parameter outside its range, or with reserved bits set.
    #[error("command {command:#04x} does not take {value:#04x}")]
    Parameter {
        /// The command.
        command: u8,
        /// The parameter.
        value: u8,
    },
    /// A range that ends before it starts.
    #[error("command {command:#04x}: range {first} to {last} runs backwards")]
    Range {
        /// The command.
        command: u8,
        /// Its start.
        first: u8,
        /// Its end.
        last: u8,
    },
    /// Page commands outside page addressing, or ranges inside it.
    #[error("this pointer command belongs to another addressing mode")]
    WrongAddressing,
    /// The display was switched on without its supply.
    #[error("the display was switched on before the charge pump")]
    OnWithoutPump,
    /// The supply of the glass was switched while the display was on.
    #[error("the DC-DC converter may only be switched while the display is off")]
    SupplyWhileOn,
    /// A COM pin layout which this module is not wired for: rows would be interleaved.
    #[error("this module's COM pins are wired another way")]
    ComPins,
    /// Scrolling moves display RAM by itself; nothing here uses or models it.
    #[error("scroll command {0:#04x} is not modelled")]
    Scroll(u8),
    /// A command other than the unlocking one while the SSD1309 is locked.
    #[error("command {0:#04x} while the chip is locked")]
    Locked(u8),
    /// Data after the last column of a page, where the pointer stands still.
    #[error("data after the last column of page {0}")]
    PastTheEnd(u8),
    /// Data bytes while no command waits for any.
    #[error("data, but no command that takes any")]
    DataWithoutCommand,
    /// Something was sent while the chip was at work.
    #[error("a transfer while BUSY was high ({0:#04x})")]
    Busy(u8),
    /// Something was sent in deep sleep, which only a hardware reset ends.
    #[error("a transfer in deep sleep ({0:#04x})")]
    Asleep(u8),
    /// Something was sent while the reset line was low.
    #[error("a transfer while the chip was held in reset")]
    InReset,
    /// The reset line was low for too short a time.
    #[error("the reset pulse was only {0:?} long")]
    ShortReset(Duration),
    /// Something was sent before the supply had settled.
    #[error("a transfer only {0:?} after the supply came")]
    TooSoon(Duration),
    /// A window outside the RAM, or one that runs against the data entry mode.
    #[error("the RAM window of command {0:#04x} is outside the RAM or runs the wrong way")]
    Window(u8),
    /// The address counter was outside the window when data came.
    #[error("the RAM address counter is outside the window")]
    CounterOutsideWindow,
    /// More data than the RAM window holds.
    #[error("more data than the RAM window holds (command {0:#04x})")]
    TooMuchData(u8),
    /// A refresh without clock or high voltage.
    #[error("a refresh without clock and high voltage (0x22 {0:#04x})")]
    RefreshWithoutSupply(u8),
    /// A refresh before any waveform was loaded.
    #[error("a refresh without a waveform (0x22 {0:#04x})")]
    RefreshWithoutWaveform(u8),
    /// A refresh was cut short by a reset: the glass shows neither picture.
    #[error("reset in the middle of a refresh")]
    ResetWhileBusy,
}
