//! SH1106 OLEDs of 128x64: the 1.3" modules. 132 columns of memory, of which the glass uses the middle.
//!
//! Numbers are those of the commands in the Sino Wealth datasheet, V2.3. `sh1106`, the crate, is of
//! embedded-hal 0.2 and no longer maintained (HARDWARE.md 2.1).

use super::paged::Dialect;

/// Set DC-DC OFF/ON (15): on, the reset value. "The panel display must be off while issuing this
/// command."
const CONVERTER_ON: [u8; 2] = [0xad, 0x8b];
/// Set Display Start Line (4): row 0.
const START_LINE_0: u8 = 0x40;
/// Set Segment Re-map (6): the last column is SEG0, which is at the right of nearly all modules.
const SEGMENTS_FROM_THE_RIGHT: u8 = 0xa1;
/// Set Entire Display OFF/ON (7): follow the memory.
const FOLLOW_MEMORY: u8 = 0xa4;
/// Set Normal/Reverse Display (8): 1 is lit.
const NORMAL: u8 = 0xa6;
/// Set Multiplex Ratio (9): 64 rows.
const MULTIPLEX_64: [u8; 2] = [0xa8, 63];
/// Set Common Output Scan Direction (13): from the last, which is at the top of nearly all modules.
const COMMONS_FROM_THE_TOP: u8 = 0xc8;
/// Set Display Offset (14): none.
const NO_OFFSET: [u8; 2] = [0xd3, 0x00];
/// Set Display Clock Divide Ratio/Oscillator Frequency (16): 50 % above the usual, no division
/// (HARDWARE.md 1.5).
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];
/// Set Common pads hardware configuration (18): alternative, the reset value.
const COM_PADS: [u8; 2] = [0xda, 0x12];
/// Set VCOM Deselect Level (19): 0.77 of the supply, the reset value.
const VCOM: [u8; 2] = [0xdb, 0x35];

/// 128x64.
pub const DIALECT: Dialect = Dialect {
    pixels: (128, 64),
    // Two of the four columns that are left over are on each side.
    first_column: 2,
    while_dark: &CONVERTER_ON,
    settings: &[
        &MULTIPLEX_64,
        &NO_OFFSET,
        &FASTEST_CLOCK,
        &COM_PADS,
        &VCOM,
        &[START_LINE_0, SEGMENTS_FROM_THE_RIGHT, COMMONS_FROM_THE_TOP],
        &[FOLLOW_MEMORY, NORMAL],
    ],
};
