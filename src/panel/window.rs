//! The part of e-paper's memory that a picture changes: byte columns and lines. Pure; how it is sent is
//! `ssd168x`'s business.

use crate::view::{Frame, Geometry};

/// A rectangle of bytes, eight pixels each; the first and the last of both are in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Byte columns from the left.
    pub columns: (u32, u32),
    /// Lines from the top.
    pub lines: (u32, u32),
}

impl Window {
    /// Everything of pictures of this size, which is not nothing.
    #[must_use]
    pub const fn whole(Geometry { width, height }: Geometry) -> Self {
        Self {
            columns: (0, (width - 1) / 8),
            lines: (0, height - 1),
        }
    }

    /// The smallest one outside of which two pictures of one size are the same; `None` when they are.
    #[must_use]
    pub fn changed(before: &Frame, after: &Frame) -> Option<Self> {
        let mut all: Option<Self> = None;
        for (line, (before, after)) in (0..).zip(before.rows().zip(after.rows())) {
            for (column, (before, after)) in (0..).zip(before.iter().zip(after)) {
                if before != after {
                    let one = Self {
                        columns: (column, column),
                        lines: (line, line),
                    };
                    all = Some(all.map_or(one, |all| all.with(one)));
                }
            }
        }
        all
    }

    /// The smallest one that has both in it.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let both = |a: (u32, u32), b: (u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        Self {
            columns: both(self.columns, other.columns),
            lines: both(self.lines, other.lines),
        }
    }

    /// What a picture has there, line by line.
    #[must_use]
    pub fn cut(self, frame: &Frame) -> Vec<u8> {
        let (left, right) = (self.columns.0 as usize, self.columns.1 as usize);
        let (top, bottom) = (self.lines.0 as usize, self.lines.1 as usize);
        let lines = frame.rows().skip(top).take(bottom + 1 - top);
        lines
            .flat_map(|line| line.iter().skip(left).take(right + 1 - left))
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: Geometry = Geometry {
        width: 61,
        height: 23,
    };

    proptest! {
        #[test]
        fn a_window_has_all_that_changed_and_no_edge_for_nothing(
            dots in prop::collection::vec((0..SIZE.width, 0..SIZE.height), 0..5)
        ) {
            let before = Frame::new(SIZE);
            let mut after = before.clone();
            for (x, y) in &dots {
                after.set(*x, *y, true);
            }
            let Some(window) = Window::changed(&before, &after) else {
                prop_assert_eq!(before, after);
                return Ok(());
            };
            let columns: Vec<u32> = dots.iter().map(|dot| dot.0 / 8).collect();
            let lines: Vec<u32> = dots.iter().map(|dot| dot.1).collect();
            let ends = |all: &[u32]| (*all.iter().min().unwrap(), *all.iter().max().unwrap());
            prop_assert_eq!(window.columns, ends(&columns));
            prop_assert_eq!(window.lines, ends(&lines));
            let lit = |bytes: &[u8]| bytes.iter().map(|byte| byte.count_ones()).sum::<u32>();
            prop_assert_eq!(lit(&window.cut(&after)), lit(after.as_bytes()));
            prop_assert_eq!(window.with(Window::whole(SIZE)), Window::whole(SIZE));
        }
    }

    #[test]
    fn the_whole_of_a_picture_is_its_bytes() {
        let mut frame = Frame::new(SIZE);
        frame.fill((3, 4), (50, 11), true);
        assert_eq!(Window::whole(SIZE).cut(&frame), frame.as_bytes());
    }
}
