//! Six digits that let whoever reads them into the page, as large as the panel allows, and on an OLED
//! how long they live.

use crate::snapshot::AccessCode;
use crate::time::Mono;
use crate::view::area::Area;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::face::Face;
use crate::view::frame::Medium;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, when};

/// Rows from which there is room for more than the digits.
const ROOMY: u32 = 128;

pub fn draw(canvas: &mut Canvas, access: &AccessCode, now: Mono) {
    let left = canvas
        .moves()
        .then(|| when::seconds(access.expires_at, now));
    let digits = Block::Digits(access.code.expose().to_owned());
    if canvas.grid().inline {
        return strip(canvas, digits, left, now);
    }
    canvas.badge = left;
    let body = headline::draw(canvas, &icon::KEY, "Code for the page");
    let mut items = vec![item(digits)];
    if canvas.format().geometry.height >= ROOMY {
        let way = "Type it on the page within a minute.";
        items.push(spare(Block::Note(way.into())));
    }
    stack::draw(canvas, body, &items, now);
}

/// The digits, and beside them what they are for.
fn strip(canvas: &mut Canvas, digits: Block, left: Option<String>, now: Mono) {
    let content = canvas.content();
    let face = Face::Small;
    let words = ["For the".to_owned(), "page".to_owned()];
    let words = words.into_iter().chain(left);
    let column = face.width("For the");
    let room = content.width.saturating_sub(column);
    for (line, index) in words.zip(0..) {
        let top = content.top + 3 + index * face.leading();
        canvas.text(&line, face, (content.left + room, top));
    }
    let middle = content.below(content.height.saturating_sub(Face::BoldTwice.height()) / 2);
    let area = Area {
        width: room,
        ..middle
    };
    stack::draw(canvas, area, &[item(digits)], now);
}

pub fn next_change(access: &AccessCode, medium: Medium, now: Mono) -> Option<Mono> {
    match medium {
        Medium::Oled => when::seconds_change(access.expires_at, now),
        Medium::Paper => None,
    }
}
