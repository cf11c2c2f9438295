//! The small pictures beside headlines, as text a person can edit: `#` is lit.
//!
//! All are [`SIZE`] pixels square.

use super::face;
use super::frame::{Frame, Geometry};

/// Pixels on a side.
pub const SIZE: u32 = 11;

/// Rows of an icon, top first.
pub type Icon = [&'static str; SIZE as usize];

/// Draws an icon with its top left corner at `(x, y)`, as it is or twice as large.
pub fn draw(frame: &mut Frame, icon: &Icon, (x, y): (u32, u32), twice: bool, lit: bool) {
    let mut small = Frame::new(Geometry {
        width: SIZE,
        height: SIZE,
    });
    for (row, down) in icon.iter().zip(0..) {
        for (pixel, right) in row.bytes().zip(0..) {
            if pixel == b'#' {
                small.set(right, down, true);
                if !twice {
                    frame.set(x + right, y + down, lit);
                }
            }
        }
    }
    if twice {
        face::smooth_twice(&small, |right, down| frame.set(x + right, y + down, lit));
    }
}

/// Online.
pub const CHECK: Icon = [
    "...#####...",
    "..#######..",
    ".#######.#.",
    "#######.###",
    "######.####",
    "#.###.#####",
    "##.#.######",
    "###.#######",
    ".#########.",
    "..#######..",
    "...#####...",
];

/// On the way.
pub const HOURGLASS: Icon = [
    ".#########.",
    "..#.....#..",
    "..#.....#..",
    "..#.###.#..",
    "...#.#.#...",
    "....#.#....",
    "...#.#.#...",
    "..#..#..#..",
    "..#.###.#..",
    "..#######..",
    ".#########.",
];

/// The connection is gone and is being remade.
pub const RETRY: Icon = [
    "....###..#.",
    "..##...###.",
    ".#......##.",
    ".#.....###.",
    "#..........",
    "#.........#",
    "..........#",
    ".###.....#.",
    ".##......#.",
    ".###...##..",
    ".#..###....",
];

/// Off on purpose.
pub const POWER: Icon = [
    ".....#.....",
    "...#.#.#...",
    "..##.#.##..",
    ".##..#..##.",
    ".#...#...#.",
    "##...#...##",
    "##.......##",
    ".#.......#.",
    ".##.....##.",
    "..#######..",
    "....###....",
];

/// No longer linked: a chain, broken.
pub const BROKEN: Icon = [
    ".......###.",
    "......#...#",
    ".#...#....#",
    "..#.....#.#",
    "...#...#.#.",
    "...........",
    ".#.#...#...",
    "#.#.....#..",
    "#....#...#.",
    "#...#......",
    ".###.......",
];

/// Something is wrong.
pub const WARNING: Icon = [
    ".....#.....",
    "....###....",
    "....#.#....",
    "...##.##...",
    "...##.##...",
    "..###.###..",
    "..###.###..",
    ".#########.",
    ".####.####.",
    "###########",
    "###########",
];

/// Look at the phone.
pub const PHONE: Icon = [
    "..#######..",
    "..#.....#..",
    "..#.....#..",
    "..#.....#..",
    "..#.....#..",
    "..#.....#..",
    "..#.....#..",
    "..#.....#..",
    "..#######..",
    "..###.###..",
    "..#######..",
];

/// One more.
pub const PLUS: Icon = [
    "...#####...",
    ".#########.",
    ".####.####.",
    "#####.#####",
    "#####.#####",
    "##.......##",
    "#####.#####",
    "#####.#####",
    ".####.####.",
    ".#########.",
    "...#####...",
];

/// Access to the box.
pub const KEY: Icon = [
    "...........",
    ".####......",
    "##..##.....",
    "#....#.....",
    "#....######",
    "#....######",
    "##..##.#.##",
    ".####..#..#",
    "...........",
    "...........",
    "...........",
];

/// The time is not known.
pub const CLOCK: Icon = [
    "...#####...",
    ".##.....##.",
    ".#...#...#.",
    "#....#....#",
    "#....#....#",
    "#....###..#",
    "#.........#",
    "#.........#",
    ".#.......#.",
    ".##.....##.",
    "...#####...",
];

/// Nothing comes through: bars of reception, crossed out.
pub const NO_NETWORK: Icon = [
    "#...#....##",
    ".#.#.....##",
    "..#......##",
    ".#.#..##.##",
    "#...#.##.##",
    "......##.##",
    "...##.##.##",
    "...##.##.##",
    "...##.##.##",
    "##.##.##.##",
    "##.##.##.##",
];

/// A memory card that wants attention; its first columns are free, so that it needs no other gap.
pub const CARD: Icon = [
    "...######..",
    "...#######.",
    "...###..###",
    "...###..###",
    "...###..###",
    "...###..###",
    "...###..###",
    "...########",
    "...###..###",
    "...###..###",
    "...########",
];

/// A door with an arrow out of it.
pub const LEAVE: Icon = [
    "######.....",
    "#....#.....",
    "#....#..#..",
    "#.......##.",
    "#..########",
    "#..########",
    "#.......##.",
    "#....#..#..",
    "#....#.....",
    "######.....",
    "...........",
];

/// Somebody.
pub const PERSON: Icon = [
    "....###....",
    "...#####...",
    "...#####...",
    "...#####...",
    "....###....",
    "...........",
    "...#####...",
    ".#########.",
    ".#########.",
    "###########",
    "###########",
];

/// Messages that do not arrive.
pub const LETTER: Icon = [
    "...........",
    "###########",
    "##.......##",
    "#.#.....#.#",
    "#..#...#..#",
    "#...#.#...#",
    "#....#....#",
    "#.........#",
    "#.........#",
    "###########",
    "...........",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_the_size() {
        let all = [
            CHECK, HOURGLASS, RETRY, POWER, BROKEN, WARNING, PHONE, LEAVE, PLUS, KEY, CLOCK,
            NO_NETWORK, CARD,
        ];
        for row in all.iter().flatten() {
            assert_eq!(row.len(), SIZE as usize, "{row}");
            assert!(
                row.bytes().all(|pixel| pixel == b'#' || pixel == b'.'),
                "{row}"
            );
        }
    }
}
