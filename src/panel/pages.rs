//! From the picture on the glass to the next one with the fewest bytes: what of a controller's memory
//! to write, and in which pieces. Pure arithmetic.
//!
//! All OLED controllers here keep their pictures in pages of 8 rows, a byte a column. Saying where the
//! next bytes belong costs bytes, too: pieces that lie close together go out as one, with what is
//! between them.

use std::fmt;
use std::ops::Range;

use crate::view::{Frame, Geometry};

/// Rows in a page, the unit of the controllers' memory.
pub const PAGE: u32 = 8;

/// A picture as the controllers keep it: pages from top to bottom, in each a byte a column from left
/// to right, the upper row in the lowest bit.
#[derive(Clone, PartialEq, Eq)]
pub struct Pages {
    columns: usize,
    bytes: Vec<u8>,
}

/// Its size only: a picture can hold a QR, and a QR is a credential.
impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({} of {} columns)", self.pages(), self.columns)
    }
}

/// A rectangle of memory that is written in one go: page by page, in each the columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The pages, at least one.
    pub pages: Range<usize>,
    /// The columns, at least one.
    pub columns: Range<usize>,
}

/// What a controller makes of runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Costs {
    /// Bytes on the wire that a run costs beside its data: its address, and what the bus adds.
    pub run: usize,
    /// A run may span several pages. Otherwise each has one.
    pub spans_pages: bool,
}

impl Run {
    /// Bytes of display memory in it.
    #[must_use]
    pub fn data_bytes(&self) -> usize {
        self.pages.len() * self.columns.len()
    }

    /// Everything it puts on the wire.
    #[must_use]
    pub fn wire_bytes(&self, costs: Costs) -> usize {
        costs.run + self.data_bytes()
    }
}

impl Pages {
    /// The picture, cut or filled up with dark to `geometry`.
    #[must_use]
    pub fn of(frame: &Frame, geometry: Geometry) -> Self {
        let Geometry { width, height } = geometry;
        let byte = |page: u32, x: u32| {
            (0..PAGE).fold(0u8, |byte, row| {
                byte | u8::from(frame.is_lit(x, page * PAGE + row)) << row
            })
        };
        Self {
            columns: width as usize,
            bytes: (0..height.div_ceil(PAGE))
                .flat_map(|page| (0..width).map(move |x| byte(page, x)))
                .collect(),
        }
    }

    /// How many pages there are.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.bytes.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The bytes of a run in the order in which they are sent.
    #[must_use]
    pub fn bytes_of(&self, run: &Run) -> Vec<u8> {
        run.pages
            .clone()
            .flat_map(|page| &self.page(page)[run.columns.clone()])
            .copied()
            .collect()
    }

    /// Everything, in the fewest runs.
    #[must_use]
    pub fn all(&self, costs: Costs) -> Vec<Run> {
        let columns = 0..self.columns;
        if costs.spans_pages {
            let pages = 0..self.pages();
            return vec![Run { pages, columns }];
        }
        (0..self.pages())
            .map(|page| Run {
                pages: page..page + 1,
                columns: columns.clone(),
            })
            .collect()
    }

    fn page(&self, page: usize) -> &[u8] {
        &self.bytes[page * self.columns..(page + 1) * self.columns]
    }
}

/// What has to be written to turn `old` into `new`, which have the same size; nothing if they are
/// equal. Never more bytes on the wire than every changed page as a whole would take.
#[must_use]
pub fn plan(old: &Pages, new: &Pages, costs: Costs) -> Vec<Run> {
    let pages = new.pages();
    let singles: Vec<Vec<Run>> = (0..pages)
        .map(|page| runs_in_page(old, new, page, costs))
        .collect();
    let wire_bytes = |runs: &[Run]| -> usize { runs.iter().map(|run| run.wire_bytes(costs)).sum() };

    // The best plan for the pages before the first, the second, ...: what it costs, and where its
    // last group of pages begins.
    let mut best = vec![(0, 0)];
    for end in 1..=pages {
        let single = (best[end - 1].0 + wire_bytes(&singles[end - 1]), end - 1);
        let groups = if costs.spans_pages { end - 1 } else { 0 };
        let cheapest = (0..groups)
            .filter_map(|start| {
                let group = around(&singles[start..end], start..end)?;
                Some((best[start].0 + group.wire_bytes(costs), start))
            })
            .fold(
                single,
                |best, other| if other.0 < best.0 { other } else { best },
            );
        best.push(cheapest);
    }

    let mut runs = Vec::new();
    let mut end = pages;
    while end > 0 {
        let start = best[end].1;
        if end - start == 1 {
            runs.extend(singles[start].iter().rev().cloned());
        } else {
            runs.extend(around(&singles[start..end], start..end));
        }
        end = start;
    }
    runs.reverse();
    runs
}

/// The one run that covers all of these; none when there is nothing to cover.
fn around(singles: &[Vec<Run>], pages: Range<usize>) -> Option<Run> {
    let runs = || singles.iter().flatten();
    let first = runs().map(|run| run.columns.start).min()?;
    let last = runs().map(|run| run.columns.end).max()?;
    Some(Run {
        pages,
        columns: first..last,
    })
}

/// The cheapest runs within one page: gaps are sent along where an address would be dearer.
fn runs_in_page(old: &Pages, new: &Pages, page: usize, costs: Costs) -> Vec<Run> {
    let changed = |column: &usize| old.page(page)[*column] != new.page(page)[*column];
    let mut runs: Vec<Run> = Vec::new();
    for column in (0..new.columns).filter(changed) {
        match runs.last_mut() {
            Some(run) if column - run.columns.end <= costs.run => run.columns.end = column + 1,
            _ => runs.push(Run {
                pages: page..page + 1,
                columns: column..column + 1,
            }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The controllers there are: pages over SPI and over I2C, rectangles over I2C.
    const COSTS: [Costs; 3] = [
        Costs {
            run: 3,
            spans_pages: false,
        },
        Costs {
            run: 7,
            spans_pages: false,
        },
        Costs {
            run: 12,
            spans_pages: true,
        },
    ];

    fn wire_bytes(runs: &[Run], costs: Costs) -> usize {
        runs.iter().map(|run| run.wire_bytes(costs)).sum()
    }

    /// What memory holds afterwards.
    fn apply(old: &Pages, new: &Pages, runs: &[Run]) -> Pages {
        let mut memory = old.clone();
        for run in runs {
            let mut bytes = new.bytes_of(run).into_iter();
            for page in run.pages.clone() {
                for column in run.columns.clone() {
                    memory.bytes[page * memory.columns + column] = bytes.next().unwrap();
                }
            }
            assert_eq!(bytes.next(), None);
        }
        memory
    }

    fn changed_pages(old: &Pages, new: &Pages) -> usize {
        (0..new.pages())
            .filter(|page| old.page(*page) != new.page(*page))
            .count()
    }

    prop_compose! {
        /// Two pictures of one size that differ in some patches.
        fn two()(columns in 1usize..130, pages in 1usize..17)(
            old in prop::collection::vec(any::<u8>(), columns * pages),
            patches in prop::collection::vec((0..columns * pages, 1usize..40, any::<u8>()), 0..6),
            columns in Just(columns),
        ) -> (Pages, Pages) {
            let mut new = old.clone();
            for (start, length, with) in patches {
                for byte in new.iter_mut().skip(start).take(length) {
                    *byte ^= with;
                }
            }
            (Pages { columns, bytes: old }, Pages { columns, bytes: new })
        }
    }

    proptest! {
        #[test]
        fn a_plan_makes_the_new_picture_of_the_old_one((old, new) in two()) {
            for costs in COSTS {
                let runs = plan(&old, &new, costs);
                prop_assert!(apply(&old, &new, &runs) == new);
                prop_assert_eq!(runs.is_empty(), old == new);
                prop_assert!(costs.spans_pages || runs.iter().all(|run| run.pages.len() == 1));
                prop_assert!(apply(&old, &new, &new.all(costs)) == new);
            }
        }

        #[test]
        fn a_plan_is_never_dearer_than_whole_pages_or_everything((old, new) in two()) {
            for costs in COSTS {
                let bytes = wire_bytes(&plan(&old, &new, costs), costs);
                let whole = changed_pages(&old, &new) * (costs.run + new.columns);
                prop_assert!(bytes <= whole, "{bytes} instead of {whole}");
                prop_assert!(bytes <= wire_bytes(&new.all(costs), costs));
            }
        }

        #[test]
        fn no_run_can_be_split_or_joined_with_profit((old, new) in two()) {
            let costs = COSTS[1];
            let runs = plan(&old, &new, costs);
            for pair in runs.windows(2) {
                let neighbours = pair[0].pages == pair[1].pages;
                prop_assert!(!neighbours || pair[1].columns.start - pair[0].columns.end > costs.run);
            }
            for run in &runs {
                let page = run.pages.start;
                let same = |column: usize| old.page(page)[column] == new.page(page)[column];
                prop_assert!(!same(run.columns.start) && !same(run.columns.end - 1));
                let gap = run.columns.clone().collect::<Vec<_>>();
                let longest = gap.split(|column| !same(*column)).map(<[_]>::len).max();
                prop_assert!(longest.unwrap_or(0) <= costs.run);
            }
        }
    }

    #[test]
    fn bytes_lie_as_the_controllers_want_them() {
        let mut frame = Frame::new(Geometry::OLED_128X64);
        frame.set(3, 0, true);
        frame.set(3, 15, true);
        let pages = Pages::of(&frame, Geometry::OLED_128X64);
        assert_eq!(
            (pages.pages(), pages.page(0)[3], pages.page(1)[3]),
            (8, 0x01, 0x80)
        );
    }
}
