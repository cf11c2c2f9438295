//! What a chip would not have understood, or would have understood as something else.

/// One refused transaction.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Violation {
    /// Nobody lives there.
    #[error("no chip at address {0:#04x}")]
    Address(u8),
    /// The lower six bits of a control byte are zero (datasheet 8.1.5.2).
    #[error("control byte {0:#04x} has reserved bits set")]
    ControlByte(u8),
    /// A control byte at the end.
    #[error("nothing follows control byte {0:#04x}")]
    NothingAfterControl(u8),
    /// Not in the command table.
    #[error("unknown command {0:#04x}")]
    UnknownCommand(u8),
    /// The transaction ended inside a command.
    #[error("command {0:#04x} ended before its parameters")]
    Truncated(u8),
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
    /// A COM pin layout which this module is not wired for: rows would be interleaved.
    #[error("this module is wired for alternating COM pins, not swapped")]
    ComPins,
    /// Scrolling moves display RAM by itself; nothing here uses or models it.
    #[error("scroll command {0:#04x} is not modelled")]
    Scroll(u8),
}
