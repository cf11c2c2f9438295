//! All accounts, each with its status, the selected one marked.
//!
//! What does not fit comes in pages. While a person is there, the page is that of the selected
//! account; else an OLED turns the pages by itself.

use crate::snapshot::{AccountView, Snapshot, Status};
use crate::time::Mono;
use crate::view::area::Area;
use crate::view::canvas::Canvas;
use crate::view::face::Face;
use crate::view::frame::Medium;
use crate::view::grid::{Entry, Grid};
use crate::view::icon::{self, Icon};
use crate::view::stack::PAGE;
use crate::view::text;
use crate::view::tick;

/// Columns of the mark that shows where in the list the page is, its gap included.
const THUMB: u32 = 4;

pub fn draw(canvas: &mut Canvas, snapshot: &Snapshot, now: Mono) {
    let content = canvas.content();
    let rows = canvas.grid().entry.rows;
    let room = (content.height / rows).max(1) as usize;
    let selected = snapshot
        .accounts
        .iter()
        .position(|account| account.id == snapshot.selected);
    let pages = snapshot.accounts.len().div_ceil(room);
    let page = match selected {
        Some(selected) if snapshot.attended || !canvas.moves() => selected / room,
        _ => usize::try_from(tick::passed(Mono::START, PAGE, now)).unwrap_or(0) % pages.max(1),
    };
    let list = Area {
        width: content
            .width
            .saturating_sub(if pages > 1 { THUMB } else { 0 }),
        ..content
    };
    let shown = snapshot
        .accounts
        .iter()
        .enumerate()
        .skip(page * room)
        .take(room);
    for ((index, account), slot) in shown.zip(0..) {
        let entry = Area {
            top: content.top + slot * rows,
            height: rows,
            ..list
        };
        if entry.bottom() <= content.bottom() {
            draw_entry(canvas, entry, account, selected == Some(index));
        }
    }
    if pages > 1 {
        thumb(canvas, content, page, pages);
    }
}

pub fn next_change(snapshot: &Snapshot, medium: Medium, now: Mono) -> Option<Mono> {
    let turns = medium == Medium::Oled && !snapshot.attended;
    turns.then(|| tick::after(Mono::START, PAGE, now))
}

/// One account: on an inked ground when it is selected.
fn draw_entry(canvas: &mut Canvas, area: Area, account: &AccountView, selected: bool) {
    let grid = canvas.grid();
    let ground = Area {
        height: area.height.saturating_sub(1),
        ..area
    };
    if selected {
        canvas.rounded(ground, 3);
    }
    let side = icon::SIZE * icon_scale(grid, ground);
    let inset = (ground.height.saturating_sub(side) / 2).clamp(2, 5);
    let at = (
        ground.left + inset,
        ground.top + ground.height.saturating_sub(side) / 2,
    );
    canvas.icon(
        symbol(&account.status),
        at,
        icon_scale(grid, ground),
        !selected,
    );
    let words = ground.beside(side + 2 * inset + 1);
    let words = Area {
        width: words.width.saturating_sub(inset),
        ..words
    };
    let label = text::label(&account.label, account.id);
    let status = text::plain(account.status.text());
    if grid.entry.stacked {
        below(canvas, words, &label, &status, selected);
    } else {
        beside(canvas, words, &label, &status, selected);
    }
}

fn icon_scale(grid: &Grid, ground: Area) -> u32 {
    if ground.height >= icon::SIZE * grid.icon + 2 {
        grid.icon
    } else {
        1
    }
}

fn write(canvas: &mut Canvas, words: &str, face: Face, at: (u32, u32), reversed: bool) {
    if reversed {
        canvas.text_reversed(words, face, at);
    } else {
        canvas.text(words, face, at);
    }
}

/// The status below the label.
fn below(canvas: &mut Canvas, area: Area, label: &str, status: &str, reversed: bool) {
    let Entry {
        label: large,
        status: small,
        ..
    } = canvas.grid().entry;
    let small = if small.width(status) > area.width {
        Face::Small
    } else {
        small
    };
    let free = area.height.saturating_sub(large.height() + small.height());
    let label = text::shorten(label, large.columns(area.width));
    let status = text::shorten(status, small.columns(area.width));
    let top = area.top + free.div_ceil(2);
    write(canvas, &label, large, (area.left, top), reversed);
    write(
        canvas,
        &status,
        small,
        (area.left, top + large.height()),
        reversed,
    );
}

/// The status at the right of the label; where that would leave less than two thirds of the room to a
/// label that needs it, the icon says it alone.
fn beside(canvas: &mut Canvas, area: Area, label: &str, status: &str, reversed: bool) {
    let Entry {
        label: large,
        status: small,
        ..
    } = canvas.grid().entry;
    let gap = large.advance();
    let beside_status = area.width.saturating_sub(small.width(status) + gap);
    let wanted = large.width(label);
    let label_room = match wanted {
        _ if wanted <= beside_status => beside_status,
        _ if beside_status >= area.width * 2 / 3 => beside_status,
        _ => area.width,
    };
    let label = text::shorten(label, large.columns(label_room));
    let middle = |face: Face| area.top + (area.height.saturating_sub(face.height())).div_ceil(2);
    write(canvas, &label, large, (area.left, middle(large)), reversed);
    let room = area.width.saturating_sub(large.width(&label) + gap);
    if small.width(status) <= room {
        let left = area.right() - small.width(status);
        write(canvas, status, small, (left, middle(small)), reversed);
    }
}

fn symbol(status: &Status) -> &'static Icon {
    match status {
        Status::Stopped => &icon::POWER,
        Status::Starting { .. } => &icon::HOURGLASS,
        Status::ScanQrCode(_) | Status::PasskeyRequired { .. } => &icon::PHONE,
        Status::Working => &icon::CHECK,
        Status::Reconnecting { .. } => &icon::RETRY,
        Status::Failed { .. } => &icon::WARNING,
        Status::LoggedOut => &icon::BROKEN,
    }
}

/// A mark at the right edge: where the page is in the list.
fn thumb(canvas: &mut Canvas, content: Area, page: usize, pages: usize) {
    let part = |page: usize| {
        let rows = content.height as usize * page / pages;
        u32::try_from(rows).unwrap_or(0)
    };
    let area = Area {
        left: content.right().saturating_sub(2),
        top: content.top + part(page),
        width: 2,
        height: part(page + 1) - part(page),
    };
    canvas.fill(area, true);
}
