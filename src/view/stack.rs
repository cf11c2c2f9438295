//! Blocks of words one below the other: how large they are set, what gives way, and where they stand.
//!
//! A screen names its blocks; the grid of its panel says in which faces each may be set. All faces
//! go down a step at a time until everything fits, then the spare blocks go, last one first. What is
//! still too long turns pages on an OLED and ends in dots on paper. `block.rs` sets a single block.

use std::time::Duration;

use super::area::Area;
use super::block::{self, Block, Setting};
use super::canvas::Canvas;
use super::face::Face;
use super::grid::Grid;
use super::text;
use super::tick;
use crate::time::Mono;

/// A page stands this long: time for ten words.
pub const PAGE: Duration = Duration::from_secs(5);

/// Faces a list of the grid has at most.
const LEVELS: usize = 8;

/// A block, and whether it may be left out.
pub struct Item {
    block: Block,
    spare: bool,
}

/// A block that has to be there.
pub fn item(block: Block) -> Item {
    Item {
        block,
        spare: false,
    }
}

/// A block that is left out where there is no room.
pub fn spare(block: Block) -> Item {
    Item { block, spare: true }
}

/// Sets the blocks into an area of the canvas. `now` turns pages.
pub fn draw(canvas: &mut Canvas, area: Area, items: &[Item], now: Mono) {
    let grid = canvas.grid();
    if let Some(settings) = fitting(items, grid, area) {
        return place(canvas, area, &settings);
    }
    let needed = items.iter().filter(|item| !item.spare);
    let blocks: Vec<&Block> = needed.map(|item| &item.block).collect();
    let page = canvas.moves().then(|| tick::passed(Mono::START, PAGE, now));
    place(canvas, area, &cut(&blocks, grid, area, page));
}

/// The largest setting in which all fits. Spare blocks go before the type gets small on a strip, and
/// after that elsewhere.
fn fitting(items: &[Item], grid: &Grid, area: Area) -> Option<Vec<Setting>> {
    let spares = items.iter().filter(|item| item.spare).count();
    (0..=spares).find_map(|dropped| {
        let mut kept = spares - dropped;
        let chosen = items.iter().filter(|item| {
            let keep = !item.spare || kept > 0;
            kept -= usize::from(item.spare && keep);
            keep
        });
        let blocks: Vec<&Block> = chosen.map(|item| &item.block).collect();
        let least = if grid.inline && dropped < spares {
            SPARE_STEPS
        } else {
            STEPS
        };
        shrunk(&blocks, grid, area, least)
    })
}

/// Steps down that all blocks together may take; on a strip, for the sake of a spare one.
const STEPS: usize = 64;
const SPARE_STEPS: usize = 2;

/// All blocks as large as they may be, and the one with the largest face, or one that is cut off, a
/// step down until they fit.
fn shrunk(blocks: &[&Block], grid: &Grid, area: Area, steps: usize) -> Option<Vec<Setting>> {
    let mut levels = vec![0; blocks.len()];
    let set = |(block, level): (&&Block, &usize)| block::set(block, grid, area.width, *level);
    let mut settings: Vec<Setting> = blocks.iter().zip(&levels).map(set).collect();
    for _ in 0..steps {
        let whole = settings.iter().all(|setting| setting.whole);
        if whole && height(&settings, grid) <= area.height {
            return Some(settings);
        }
        let shrinkable = |index: &usize| levels[*index] < LEVELS;
        let cut = (0..blocks.len())
            .filter(shrinkable)
            .find(|index| !settings[*index].whole);
        // The last of the largest: what a screen is about stands first.
        let largest = || {
            let all = (0..blocks.len()).filter(shrinkable);
            all.max_by_key(|index| settings[*index].largest())
        };
        let index = cut.or_else(largest)?;
        levels[index] += 1;
        settings[index] = block::set(blocks[index], grid, area.width, levels[index]);
    }
    None
}

/// Rows that settings take at the least.
fn height(settings: &[Setting], grid: &Grid) -> u32 {
    let gaps = u32::try_from(settings.len().saturating_sub(1)).unwrap_or(0) * grid.gap.0;
    settings.iter().map(|setting| setting.height).sum::<u32>() + gaps
}

/// Everything at its smallest, and the running text a page of what it should be.
fn cut(blocks: &[&Block], grid: &Grid, area: Area, page: Option<u64>) -> Vec<Setting> {
    let smallest = |block: &&Block| block::set(block, grid, area.width, LEVELS);
    let mut settings: Vec<Setting> = blocks.iter().map(smallest).collect();
    let running = blocks
        .iter()
        .position(|block| matches!(block, Block::Text(_)));
    if let Some((index, Block::Text(words))) = running.map(|index| (index, blocks[index])) {
        let others = height(&settings, grid) - settings[index].height;
        let face = block::at(grid.text, LEVELS);
        let rows = face.lines(area.height.saturating_sub(others));
        settings[index] = match page {
            Some(page) => one_page(words, face, area.width, rows, page),
            None => block::lines(
                &text::wrap_within(words, face.columns(area.width), rows),
                face,
            ),
        };
    }
    // Panels that no board has: what does not fit is not there.
    while height(&settings, grid) > area.height {
        settings.pop();
    }
    settings
}

fn one_page(words: &str, face: Face, width: u32, rows: usize, page: u64) -> Setting {
    let lines = text::wrap(words, face.columns(width));
    let pages = lines.chunks(rows.max(1));
    let count = u64::try_from(pages.len()).unwrap_or(1).max(1);
    let shown = usize::try_from(page % count).unwrap_or(0);
    block::lines(lines.chunks(rows.max(1)).nth(shown).unwrap_or(&[]), face)
}

/// Draws the settings: those that belong to the bottom there, the others above the middle of
/// what is left.
fn place(canvas: &mut Canvas, area: Area, settings: &[Setting]) {
    let grid = canvas.grid();
    let gaps = u32::try_from(settings.len().saturating_sub(1)).unwrap_or(0);
    let free = area.height.saturating_sub(height(settings, grid));
    let (least, most) = grid.gap;
    let gap = least + free.checked_div(gaps).unwrap_or(0).min(most - least);
    let free = free.saturating_sub(gaps * (gap - least));
    let mut y = area.top + if grid.inline { 0 } else { free / 3 };
    let mut sunk = false;
    for (index, setting) in settings.iter().enumerate() {
        if setting.sinks && !sunk {
            sunk = true;
            let rest = &settings[index..];
            let gaps = u32::try_from(rest.len().saturating_sub(1)).unwrap_or(0) * gap;
            let rows = rest.iter().map(|setting| setting.height).sum::<u32>() + gaps;
            y = y.max(area.bottom().saturating_sub(rows));
        }
        setting.draw(canvas, (area.left, y), area.width);
        y += setting.height + gap;
    }
}
