//! A panel that lies another way than its controller counts: turns every frame on its way.
//!
//! Pure, and the only place that knows about rotation: pictures are drawn the way a person looks at
//! the glass, drivers write them the way the controller's memory lies.

use super::{Panel, PanelError, Refresh};
use crate::board::Rotation;
use crate::view::{Format, Frame, Geometry, Glow};

/// A panel seen from another side.
pub struct Turned {
    panel: Box<dyn Panel>,
    rotation: Rotation,
}

impl Turned {
    /// `panel`, whose pictures are turned clockwise on their way into it.
    #[must_use]
    pub fn new(panel: Box<dyn Panel>, rotation: Rotation) -> Self {
        Self { panel, rotation }
    }
}

impl Panel for Turned {
    fn format(&self) -> Format {
        let Format { geometry, medium } = self.panel.format();
        Format {
            geometry: turned_geometry(geometry, self.rotation),
            medium,
        }
    }

    fn show(&mut self, frame: &Frame, refresh: Refresh) -> Result<(), PanelError> {
        self.panel.show(&turned(frame, self.rotation), refresh)
    }

    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError> {
        self.panel.set_glow(glow)
    }

    fn rest(&mut self) -> Result<(), PanelError> {
        self.panel.rest()
    }

    fn answers(&self) -> bool {
        self.panel.answers()
    }
}

/// The size of a picture after the turn; and of one that has it after the turn, which is the same.
#[must_use]
pub fn turned_geometry(geometry: Geometry, rotation: Rotation) -> Geometry {
    let Geometry { width, height } = geometry;
    match rotation {
        Rotation::None | Rotation::Half => geometry,
        Rotation::Quarter | Rotation::ThreeQuarters => Geometry {
            width: height,
            height: width,
        },
    }
}

/// The picture, turned clockwise.
#[must_use]
pub fn turned(frame: &Frame, rotation: Rotation) -> Frame {
    let Geometry { width, height } = frame.geometry();
    let mut turned = Frame::new(turned_geometry(frame.geometry(), rotation));
    for y in 0..height {
        for x in (0..width).filter(|x| frame.is_lit(*x, y)) {
            let (x, y) = match rotation {
                Rotation::None => (x, y),
                Rotation::Quarter => (height - 1 - y, x),
                Rotation::Half => (width - 1 - x, height - 1 - y),
                Rotation::ThreeQuarters => (y, width - 1 - x),
            };
            turned.set(x, y, true);
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Rotation; 4] = [
        Rotation::None,
        Rotation::Quarter,
        Rotation::Half,
        Rotation::ThreeQuarters,
    ];

    /// A picture from rows of characters.
    fn frame(rows: &[&str]) -> Frame {
        let side = |pixels: usize| u32::try_from(pixels).unwrap();
        let mut frame = Frame::new(Geometry {
            width: side(rows[0].len()),
            height: side(rows.len()),
        });
        for (y, row) in (0..).zip(rows) {
            for (x, pixel) in (0..).zip(row.chars()) {
                frame.set(x, y, pixel == '#');
            }
        }
        frame
    }

    #[test]
    fn an_l_lies_as_a_clock_turns_it() {
        let upright = frame(&["#..", "#..", "##."]);
        let wanted = [
            &["#..", "#..", "##."],
            &["###", "#..", "..."],
            &[".##", "..#", "..#"],
            &["...", "..#", "###"],
        ];
        for (rotation, wanted) in ALL.into_iter().zip(wanted) {
            assert_eq!(turned(&upright, rotation), frame(wanted), "{rotation:?}");
        }
    }

    proptest! {
        #[test]
        fn turns_add_up_and_keep_every_pixel(
            (width, height) in (1u32..40, 1u32..40),
            seed in prop::collection::vec(any::<(u32, u32)>(), 0..60),
        ) {
            let mut upright = Frame::new(Geometry { width, height });
            for (x, y) in seed {
                upright.set(x % width, y % height, true);
            }
            for (quarters, rotation) in (0..).zip(ALL) {
                let once = turned(&upright, rotation);
                let stepwise = (0..quarters).fold(upright.clone(), |frame, _| {
                    turned(&frame, Rotation::Quarter)
                });
                prop_assert!(once == stepwise);
                let back = ALL[(4 - quarters) % 4];
                prop_assert!(turned(&once, back) == upright);
            }
        }
    }
}
