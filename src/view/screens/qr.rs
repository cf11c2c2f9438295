//! The code to scan, and how to get to the scanner: dark on a lit panel.
//!
//! The whole panel is lit. The code stands at the left with the same quiet zone above, to its left and
//! below (give or take a pixel), up to the four modules that the standard asks for, and nothing comes
//! nearer than that or [`GAP`] on its right (HARDWARE.md 1.4). The bar that runs down on an OLED stands
//! in the text column, so that the code itself never changes while it is up.

use std::time::Duration;

use super::{page, typed};
use crate::snapshot::{AccountView, Pairing, QrCode};
use crate::time::Mono;
use crate::view::area::{Area, Kind};
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::{Format, Medium};
use crate::view::qr::{self, Code, Fit};
use crate::view::stack::{self, Item, item, spare};
use crate::view::{text, tick, when};

/// Lit columns between the code and the text, at least.
const GAP: u32 = 4;

/// Lit modules around a code beyond which more do not help (ISO/IEC 18004, 6.3.8).
const QUIET: u32 = 4;

/// Lit columns and rows between the text and the edge of the panel.
const EDGE: u32 = 2;

/// Columns the text needs.
const TEXT: u32 = 56;

/// Columns that a typed code beside a QR needs: its nine characters in the largest face.
const TYPED: u32 = 108;

/// Steps in which the bar runs down.
const BAR_STEPS: u32 = 40;

/// Where a code stands on the panel.
struct Place {
    fit: Fit,
    left: u32,
    top: u32,
    /// The text column, when there is room for one.
    column: Option<Area>,
}

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    pairing: &Pairing,
    address: Option<&str>,
    now: Mono,
) {
    let format = canvas.format();
    let place = pairing
        .qr
        .as_ref()
        .and_then(|qr| place(qr.code.expose(), format));
    let beside = place.as_ref().and_then(|place| place.column);
    if let Some(code) = &pairing.typed
        && beside.is_none_or(|column| column.width < TYPED)
    {
        return typed::draw(canvas, code, now);
    }
    let Some(place) = place else {
        return page::draw(canvas, address, now);
    };
    light_up(canvas);
    code(
        canvas,
        &place.fit.code,
        place.fit.scale,
        (place.left, place.top),
    );
    if let Some(column) = place.column {
        let items = words(canvas, account, pairing, now);
        stack::draw(canvas, column, &items, now);
    }
}

/// A QR stands on a lit field, whatever the panel's other pictures do.
pub fn light_up(canvas: &mut Canvas) {
    let badge = canvas.badge.take();
    *canvas = Canvas::lit(canvas.format());
    canvas.badge = badge;
}

/// Draws the modules.
pub fn code(canvas: &mut Canvas, code: &Code, scale: u32, (left, top): (u32, u32)) {
    for (x, y) in (0..code.size).flat_map(|y| (0..code.size).map(move |x| (x, y))) {
        if code.dark(x, y) {
            let corner = (left + x * scale, top + y * scale);
            canvas.fill(Area::square(corner, scale), true);
        }
    }
    let area = Area::square((left, top), code.size * scale);
    canvas.mark(Kind::Code, area);
}

fn place(payload: &str, format: Format) -> Option<Place> {
    let (width, height) = (format.geometry.width, format.geometry.height);
    let fit = qr::fit(payload.as_bytes(), height.min(width))?;
    let span = fit.code.size * fit.scale;
    let top = (height - span) / 2;
    let quiet = top.min(QUIET * fit.scale);
    let start = quiet + span + quiet.max(GAP);
    let wide = width >= start + TEXT + EDGE;
    let column = wide.then(|| Area {
        left: start,
        top: EDGE,
        width: width - start - EDGE,
        height: height - 2 * EDGE,
    });
    // Without room for the text the code stands in the middle.
    let left = if wide { quiet } else { (width - span) / 2 };
    Some(Place {
        fit,
        left,
        top,
        column,
    })
}

/// What stands beside the code.
fn words(canvas: &Canvas, account: &AccountView, pairing: &Pairing, now: Mono) -> Vec<Item> {
    let mut items = vec![
        item(Block::Title("WhatsApp")),
        item(Block::Steps(&["Linked devices", "Link a device"])),
    ];
    if let Some(typed) = &pairing.typed {
        items.push(item(Block::Note("or by phone number:".into())));
        items.push(item(Block::Code(typed::dashed(typed.code.expose()))));
        let left = format!("valid for {}", when::minutes(typed.expires_at, now));
        items.push(item(Block::Note(left)));
    }
    if let Some(badge) = &canvas.badge {
        let label = text::label(&account.label, account.id);
        items.push(spare(Block::Note(format!("{badge} {label}"))));
    }
    if let (true, Some(qr)) = (canvas.moves(), &pairing.qr) {
        let steps_left = tick::left(qr.expires_at(), bar_step(qr), now);
        // Rounding the step down can leave one too many.
        let steps_left = steps_left.min(u64::from(BAR_STEPS));
        items.push(item(Block::Bar(steps_left, u64::from(BAR_STEPS))));
    }
    items
}

pub fn next_change(pairing: &Pairing, medium: Medium, now: Mono) -> Option<Mono> {
    let typed = pairing.typed.as_ref().map(|typed| typed.expires_at);
    match medium {
        Medium::Paper => typed.and_then(|until| when::minutes_change(until, now)),
        Medium::Oled => {
            let qr = pairing.qr.as_ref();
            let bar = qr.and_then(|qr| tick::before(qr.expires_at(), bar_step(qr), now));
            let typed = typed.and_then(|until| when::seconds_change(until, now));
            bar.into_iter().chain(typed).min()
        }
    }
}

fn bar_step(qr: &QrCode) -> Duration {
    (qr.lifetime / BAR_STEPS).max(Duration::from_nanos(1))
}
