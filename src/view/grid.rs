//! The measures of each class of panel: one grid for all its screens.
//!
//! Only numbers and faces belong here. Every list of faces is best first, and its last is what is
//! taken when nothing fits.

use super::face::Face;
use super::frame::{Format, Geometry, Medium};

/// Measures in pixels.
#[derive(PartialEq, Eq, Debug)]
pub struct Grid {
    /// Free columns at the left and right, and free rows at the top and bottom.
    pub edge: u32,
    /// Pixels on a side of a pixel of the icons: 1 or 2.
    pub icon: u32,
    /// Faces of the headline.
    pub headline: &'static [Face],
    /// Rows of the headline.
    pub headline_rows: u32,
    /// Rows of the line below it; none where every row counts.
    pub rule: u32,
    /// Free rows between the headline or its line and the body.
    pub below_rule: u32,
    /// Names.
    pub name: &'static [Face],
    /// The digits of a number.
    pub number: &'static [Face],
    /// What is in the way, in a few words.
    pub lead: &'static [Face],
    /// Running text.
    pub text: &'static [Face],
    /// Running text for whoever wants to know more.
    pub small: &'static [Face],
    /// What may be small.
    pub note: &'static [Face],
    /// The app's name beside a QR.
    pub title: &'static [Face],
    /// Codes to type: eight letters and digits with a dash in their middle.
    pub code: &'static [Face],
    /// Codes of six digits.
    pub digits: &'static [Face],
    /// What a press does; drawn as a key cap where `pill` allows.
    pub action: Face,
    /// Whether an action stands on a key cap at the bottom.
    pub pill: bool,
    /// Name and number share a line where they fit.
    pub inline: bool,
    /// Rows between two blocks: at least, and at most.
    pub gap: (u32, u32),
    /// Rows of a bar.
    pub bar: u32,
    /// An entry of the list of accounts.
    pub entry: Entry,
}

/// An entry of the list of accounts.
#[derive(PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its rows.
    pub rows: u32,
    /// Whether the status stands below the label, and not at its right.
    pub stacked: bool,
    /// For the label.
    pub label: Face,
    /// For the status.
    pub status: Face,
}

/// 128x32.
const STRIP: Grid = Grid {
    edge: 0,
    icon: 1,
    headline: &[Face::Bold, Face::Narrow, Face::Small],
    headline_rows: 13,
    rule: 0,
    below_rule: 1,
    name: &[Face::Large, Face::Bold, Face::Text, Face::Small],
    number: &[Face::Large, Face::Bold, Face::Text, Face::Small],
    lead: &[Face::Text, Face::Small],
    text: &[Face::Text, Face::Small],
    small: &[Face::Small],
    note: &[Face::Small],
    title: &[Face::Bold],
    code: &[Face::NarrowTwice, Face::Tall, Face::Bold],
    digits: &[Face::BoldTwice, Face::NarrowTwice, Face::Tall, Face::Bold],
    action: Face::Small,
    pill: false,
    inline: true,
    gap: (0, 1),
    bar: 7,
    entry: Entry {
        rows: 15,
        stacked: false,
        label: Face::Text,
        status: Face::Small,
    },
};

/// 128x64.
const SMALL: Grid = Grid {
    edge: 0,
    icon: 1,
    headline: &[Face::Bold, Face::Narrow, Face::Small],
    headline_rows: 13,
    rule: 1,
    below_rule: 3,
    name: &[Face::Large, Face::Bold, Face::Text, Face::Small],
    number: &[Face::Large, Face::Bold, Face::Text, Face::Small],
    lead: &[Face::Bold, Face::Narrow, Face::Text],
    text: &[Face::Text, Face::Small],
    small: &[Face::Small],
    note: &[Face::Small],
    title: &[Face::Bold, Face::Text],
    code: &[
        Face::BoldTwice,
        Face::NarrowTwice,
        Face::Large,
        Face::Bold,
        Face::Text,
    ],
    digits: &[
        Face::GiantFour,
        Face::GiantTwice,
        Face::LargeTwice,
        Face::BoldTwice,
        Face::NarrowTwice,
        Face::Tall,
        Face::Bold,
    ],
    action: Face::Text,
    pill: true,
    inline: false,
    gap: (2, 5),
    bar: 9,
    entry: Entry {
        rows: 20,
        stacked: true,
        label: Face::Text,
        status: Face::Small,
    },
};

/// 128x128.
const SQUARE: Grid = Grid {
    edge: 2,
    headline_rows: 15,
    below_rule: 4,
    name: &[
        Face::LargeTwice,
        Face::BoldTwice,
        Face::Giant,
        Face::Large,
        Face::Bold,
        Face::Text,
        Face::Small,
    ],
    number: &[Face::Giant, Face::Large, Face::Bold, Face::Text],
    text: &[Face::Roomy, Face::Text, Face::Small],
    note: &[Face::Text, Face::Small],
    gap: (3, 10),
    bar: 11,
    entry: Entry {
        rows: 24,
        stacked: true,
        label: Face::Bold,
        status: Face::Text,
    },
    ..SMALL
};

/// 250x122.
const WIDE: Grid = Grid {
    edge: 4,
    icon: 2,
    headline: &[
        Face::BoldTwice,
        Face::NarrowTwice,
        Face::Tall,
        Face::Large,
        Face::Bold,
    ],
    headline_rows: 24,
    rule: 1,
    below_rule: 4,
    name: &[
        Face::LargeTwice,
        Face::BoldTwice,
        Face::Giant,
        Face::Large,
        Face::Bold,
    ],
    number: &[Face::Giant, Face::Large, Face::Bold],
    lead: &[Face::Tall, Face::Large, Face::Bold],
    text: &[Face::Book, Face::Wide, Face::Roomy, Face::Text, Face::Small],
    small: &[Face::Text, Face::Small],
    note: &[Face::Wide, Face::Text, Face::Small],
    title: &[Face::Tall, Face::Bold],
    code: &[
        Face::GiantFour,
        Face::GiantTwice,
        Face::LargeTwice,
        Face::BoldTwice,
        Face::NarrowTwice,
        Face::Large,
        Face::Bold,
    ],
    digits: SMALL.digits,
    action: Face::Wide,
    pill: true,
    inline: false,
    gap: (3, 8),
    bar: 11,
    entry: Entry {
        rows: 19,
        stacked: false,
        label: Face::Large,
        status: Face::Wide,
    },
};

/// 264x176.
const MEDIUM: Grid = Grid {
    edge: 6,
    headline_rows: 26,
    below_rule: 6,
    name: &[
        Face::GiantTwice,
        Face::LargeTwice,
        Face::BoldTwice,
        Face::Giant,
        Face::Large,
    ],
    text: &[Face::Giant, Face::Book, Face::Wide, Face::Text, Face::Small],
    note: &[Face::Book, Face::Wide, Face::Text, Face::Small],
    action: Face::Book,
    gap: (4, 12),
    entry: Entry {
        rows: 27,
        stacked: false,
        label: Face::Tall,
        status: Face::Wide,
    },
    ..WIDE
};

/// 400x300.
const LARGE: Grid = Grid {
    edge: 12,
    headline: &[Face::LargeTwice, Face::BoldTwice, Face::Giant],
    headline_rows: 32,
    rule: 2,
    below_rule: 10,
    name: &[
        Face::GiantTwice,
        Face::LargeTwice,
        Face::BoldTwice,
        Face::Giant,
    ],
    number: &[Face::LargeTwice, Face::Giant],
    lead: &[Face::BoldTwice, Face::NarrowTwice, Face::Tall],
    text: &[Face::NarrowTwice, Face::Giant, Face::Book, Face::Wide],
    small: &[Face::Book, Face::Wide],
    note: &[Face::Giant, Face::Book, Face::Wide],
    title: &[Face::BoldTwice, Face::Giant, Face::Tall],
    action: Face::Giant,
    gap: (6, 18),
    bar: 15,
    entry: Entry {
        rows: 34,
        stacked: false,
        label: Face::NarrowTwice,
        status: Face::Book,
    },
    ..MEDIUM
};

/// Panels up to so many rows are strips.
const STRIP_ROWS: u32 = 47;

impl Grid {
    /// The grid of a panel's class.
    pub fn of(geometry: Geometry) -> &'static Self {
        match (geometry.width, geometry.height) {
            (_, 0..=STRIP_ROWS) => &STRIP,
            (0..=199, 0..=99) => &SMALL,
            (0..=199, _) => &SQUARE,
            (_, 0..=149) => &WIDE,
            (0..=349, _) | (_, 0..=249) => &MEDIUM,
            _ => &LARGE,
        }
    }
}

/// Free columns and rows at the right and bottom of an OLED, for the wandering of the picture.
const WANDER_ROOM: u32 = 1;

/// The columns and rows that screens may use: left, top, width, height.
pub fn content(format: Format) -> super::area::Area {
    let edge = Grid::of(format.geometry).edge;
    let room = if format.medium == Medium::Oled {
        WANDER_ROOM
    } else {
        0
    };
    // The first column of an OLED stays free too: its bezel often hides it.
    let left = edge.max(room);
    super::area::Area {
        left,
        top: edge,
        width: format.geometry.width.saturating_sub(left + edge.max(room)),
        height: format.geometry.height.saturating_sub(edge + edge.max(room)),
    }
}
