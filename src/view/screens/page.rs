//! The panel is too small for the code: where the page is that shows it, to type and to scan.

use super::qr::{code, light_up};
use crate::time::Mono;
use crate::view::area::Area;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::qr;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon};

/// Lit columns between the code and the words, and at the edges.
const GAP: u32 = 4;
const EDGE: u32 = 1;

pub fn draw(canvas: &mut Canvas, address: Option<&str>, now: Mono) {
    let Some(address) = address else {
        let body = headline::draw(canvas, &icon::PHONE, "Scan on the page");
        let words = "Open the box's page to scan the code.";
        return stack::draw(canvas, body, &[item(Block::Text(words.into()))], now);
    };
    light_up(canvas);
    let all = canvas.all();
    let link = format!("http://{address}/");
    let words = match qr::fit(link.as_bytes(), all.height.min(all.width / 2)) {
        Some(fit) => {
            let span = fit.code.size * fit.scale;
            let top = (all.height - span) / 2;
            code(canvas, &fit.code, fit.scale, (top, top));
            all.beside(top + span + top.max(GAP))
        }
        None => all.beside(GAP),
    };
    let column = Area {
        width: words.width.saturating_sub(EDGE),
        top: EDGE,
        height: words.height.saturating_sub(2 * EDGE),
        ..words
    };
    let items = [
        item(Block::Title("Open the page")),
        item(Block::Address(address.to_owned())),
        spare(Block::Note("to scan the code.".into())),
    ];
    stack::draw(canvas, column, &items, now);
}
