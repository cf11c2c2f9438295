//! SSD1309 OLEDs of 128x64: the 1.54" and 2.42" modules. No charge pump, and a lock.
//!
//! Sections are those of the Solomon Systech datasheet, revision 1.1.

use super::paged::Dialect;

/// Set Command Lock (10.1.22): everything is understood. The reset value; a locked controller ignores
/// all but this.
const UNLOCK: [u8; 2] = [0xfd, 0x12];
/// Set Memory Addressing Mode (10.1.3): page addressing.
const PAGE_ADDRESSING: [u8; 2] = [0x20, 0x02];
/// Set Display Start Line (10.1.6): row 0.
const START_LINE_0: u8 = 0x40;
/// Set Segment Re-map (10.1.8): column 127 is SEG0, which is at the right of all modules.
const SEGMENTS_FROM_THE_RIGHT: u8 = 0xa1;
/// Entire Display ON (10.1.9): follow the memory.
const FOLLOW_MEMORY: u8 = 0xa4;
/// Set Normal/Inverse Display (10.1.10): 1 is lit.
const NORMAL: u8 = 0xa6;
/// Set Multiplex Ratio (10.1.11): 64 rows.
const MULTIPLEX_64: [u8; 2] = [0xa8, 63];
/// Set COM Output Scan Direction (10.1.14): from the last, which is at the top of all modules.
const COMMONS_FROM_THE_TOP: u8 = 0xc8;
/// Set Display Offset (10.1.15): none.
const NO_OFFSET: [u8; 2] = [0xd3, 0x00];
/// Set Display Clock Divide Ratio/Oscillator Frequency (10.1.16): fastest oscillator, no division
/// (HARDWARE.md 1.5).
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];
/// Set COM Pins Hardware Configuration (10.1.18): alternative, not remapped.
const COM_PINS: [u8; 2] = [0xda, 0x12];
/// Set VCOMH Deselect Level (10.1.19): 0.78 of the supply, the reset value.
const VCOMH: [u8; 2] = [0xdb, 0x34];
/// Deactivate Scroll (10.2.2).
const NO_SCROLL: u8 = 0x2e;

/// 128x64.
pub const DIALECT: Dialect = Dialect {
    pixels: (128, 64),
    first_column: 0,
    while_dark: &UNLOCK,
    settings: &[
        &UNLOCK,
        &PAGE_ADDRESSING,
        &MULTIPLEX_64,
        &NO_OFFSET,
        &FASTEST_CLOCK,
        &COM_PINS,
        &VCOMH,
        &[START_LINE_0, SEGMENTS_FROM_THE_RIGHT, COMMONS_FROM_THE_TOP],
        &[FOLLOW_MEMORY, NORMAL, NO_SCROLL],
    ],
};
