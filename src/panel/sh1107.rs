//! SH1107 OLEDs of 128x128: the 1.12" and 1.5" modules. Memory columns belong to common outputs, and
//! the bits of pages to segments, so that the two directions change places.
//!
//! Numbers are those of the commands in the Sino Wealth datasheet. `sh1107`, the crate, is of a preview
//! of embedded-hal 1.0 and does not build beside it (HARDWARE.md 2.1).

use super::paged::Dialect;

/// DC-DC Control Mode Set (11): on, the reset value. Only while the display is off. Modules with a
/// supply of their own leave its output open.
const CONVERTER_ON: [u8; 2] = [0xad, 0x81];
/// Set Memory Addressing Mode (3): page addressing.
const PAGE_ADDRESSING: u8 = 0x20;
/// Set Segment Re-map (5): SEG0 is at the top of the modules, as u8g2 has them.
const SEGMENTS_FROM_THE_TOP: u8 = 0xa0;
/// Set Multiplex Ratio (6): 128 columns.
const MULTIPLEX_128: [u8; 2] = [0xa8, 127];
/// Set Entire Display OFF/ON (7): follow the memory.
const FOLLOW_MEMORY: u8 = 0xa4;
/// Set Normal/Reverse Display (8): 1 is lit.
const NORMAL: u8 = 0xa6;
/// Set Display Offset (9): none.
const NO_OFFSET: [u8; 2] = [0xd3, 0x00];
/// Set Common Output Scan Direction (13): COM0 is at the left of the modules, as u8g2 has them.
const COMMONS_FROM_THE_LEFT: u8 = 0xc0;
/// Set Display Divide Ratio/Oscillator Frequency (14): 50 % above the usual, no division (HARDWARE.md
/// 1.5).
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];
/// Set VCOM Deselect Level (16): 0.77 of the supply, the reset value.
const VCOM: [u8; 2] = [0xdb, 0x35];
/// Set Display Start Line (17): column 0.
const START_COLUMN_0: [u8; 2] = [0xdc, 0x00];

/// 128x128. Not confirmed on hardware: where the picture begins. u8g2 has modules that begin at column 0
/// and others at 96.
pub const DIALECT: Dialect = Dialect {
    pixels: (128, 128),
    first_column: 0,
    while_dark: &CONVERTER_ON,
    settings: &[
        &MULTIPLEX_128,
        &NO_OFFSET,
        &FASTEST_CLOCK,
        &VCOM,
        &START_COLUMN_0,
        &[
            PAGE_ADDRESSING,
            SEGMENTS_FROM_THE_TOP,
            COMMONS_FROM_THE_LEFT,
        ],
        &[FOLLOW_MEMORY, NORMAL],
    ],
};
