//! The first line of every status screen: an icon, what is the case, and which account.
//!
//! The boldest face that fits is taken; a text too long for all of them loses its icon.

use super::area::Area;
use super::canvas::Canvas;
use super::face::Face;
use super::icon::{self, Icon};
use super::text;

/// From the icon to the words, in pixels of the icon: as it should be, and as it is when space is
/// short.
const ICON_GAPS: [u32; 2] = [5, 3];

/// Free columns at the left of what stands at the right, in pixels of the icon.
const BESIDE: u32 = 4;

/// Draws the headline and the line below it; what is left is the body.
pub fn draw(canvas: &mut Canvas, icon: &Icon, words: &str) -> Area {
    with(canvas, icon, words, None)
}

/// The same with a sign of life at the right: there or not, its room is kept.
pub fn beating(canvas: &mut Canvas, icon: &Icon, words: &str, beat: bool) -> Area {
    with(canvas, icon, words, Some(beat))
}

/// Columns of the sign of life.
const BEAT: u32 = 5;

fn with(canvas: &mut Canvas, icon: &Icon, words: &str, beat: Option<bool>) -> Area {
    let (grid, content) = (canvas.grid(), canvas.content());
    let rows = grid.headline_rows.min(content.height);
    let mut width = content.width;
    if let Some(badge) = canvas.badge.clone() {
        let face = if grid.icon > 1 {
            Face::Large
        } else {
            Face::Small
        };
        let used = face.width(&badge);
        width = width.saturating_sub(used);
        let y = content.top + middle(rows, face);
        canvas.text(&badge, face, (content.left + width, y));
        width = width.saturating_sub(BESIDE * grid.icon);
    }
    if canvas.card {
        width = width.saturating_sub(icon::SIZE * grid.icon);
        let y = content.top + rows.saturating_sub(icon::SIZE * grid.icon).div_ceil(2);
        canvas.icon(&icon::CARD, (content.left + width, y), grid.icon, true);
    }
    if canvas.letter {
        let gap = if canvas.card { 2 * grid.icon } else { 0 };
        width = width.saturating_sub(icon::SIZE * grid.icon + gap);
        let y = content.top + rows.saturating_sub(icon::SIZE * grid.icon).div_ceil(2);
        canvas.icon(&icon::LETTER, (content.left + width, y), grid.icon, true);
        width = width.saturating_sub(2 * grid.icon);
    }
    if let Some(beat) = beat {
        width = width.saturating_sub(BEAT);
        if beat {
            disc(
                canvas,
                (
                    content.left + width,
                    content.top + rows.saturating_sub(BEAT) / 2,
                ),
            );
        }
        width = width.saturating_sub(BESIDE * grid.icon);
    }
    line(canvas, icon, &text::plain(words), width);
    let rule = Area {
        top: content.top + rows + u32::from(grid.rule > 0) * 2,
        height: grid.rule,
        ..content
    };
    if rule.bottom() <= content.bottom() {
        canvas.fill(rule, true);
    }
    content.below(rule.bottom().saturating_sub(content.top) + grid.below_rule)
}

/// Icon and words, in so many columns.
fn line(canvas: &mut Canvas, icon: &Icon, words: &str, width: u32) {
    let (grid, content) = (canvas.grid(), canvas.content());
    let rows = grid.headline_rows.min(content.height);
    let side = icon::SIZE * grid.icon;
    let fits = |face: &&Face| face.width(words) <= width;
    let louder = grid
        .headline
        .split_last()
        .map_or(&[][..], |(_, louder)| louder);
    let beside = |faces: &[Face]| {
        faces.iter().find_map(|face| {
            let indents = ICON_GAPS.map(|gap| side + gap * grid.icon);
            let fits = |indent: &u32| indent + face.width(words) <= width;
            Some((*face, indents.into_iter().find(fits)?))
        })
    };
    // Loud without an icon is better than quiet with one.
    let chosen = match beside(louder) {
        None if louder.iter().any(|face| fits(&face)) => None,
        None => beside(grid.headline),
        loud => loud,
    };
    if let Some((face, indent)) = chosen {
        let y = content.top + rows.saturating_sub(side).div_ceil(2);
        canvas.icon(icon, (content.left, y), grid.icon, true);
        let at = (content.left + indent, content.top + middle(rows, face));
        return canvas.text(words, face, at);
    }
    // Beside the mark and `12/50` the longest words are whole in no other.
    let all = grid
        .headline
        .iter()
        .chain(&[Face::Text, Face::Small, Face::Tiny]);
    let face = all.into_iter().find(fits).copied().unwrap_or(Face::Tiny);
    let words = text::shorten(words, face.columns(width));
    canvas.text(
        &words,
        face,
        (content.left, content.top + middle(rows, face)),
    );
}

/// Rows above a face that stands in the middle of so many rows. Capitals are higher than the middle
/// of their cell, which the rule below makes up for.
fn middle(rows: u32, face: Face) -> u32 {
    rows.saturating_sub(face.height()) / 2
}

/// Two bars crossed.
fn disc(canvas: &mut Canvas, corner: (u32, u32)) {
    let area = Area::square(corner, BEAT);
    let upright = Area {
        left: area.left + 1,
        width: BEAT - 2,
        ..area
    };
    let flat = Area {
        top: area.top + 1,
        height: BEAT - 2,
        ..area
    };
    canvas.fill(upright, true);
    canvas.fill(flat, true);
    canvas.mark(super::area::Kind::Shape, area);
}
