//! A code to type on the phone, as large as the panel allows, and how long it lives.

use crate::snapshot::TypedCode;
use crate::time::Mono;
use crate::view::area::Area;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::face::Face;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, when};

/// The code as the phone shows it: two halves with a dash between them.
pub fn dashed(code: &str) -> String {
    match code.split_at_checked(code.len() / 2) {
        Some((first, second)) if code.len() == 8 => format!("{first}-{second}"),
        _ => code.to_owned(),
    }
}

pub fn draw(canvas: &mut Canvas, typed: &TypedCode, now: Mono) {
    let left = if canvas.moves() {
        when::seconds(typed.expires_at, now)
    } else {
        when::minutes(typed.expires_at, now)
    };
    let code = Block::Code(dashed(typed.code.expose()));
    if canvas.grid().inline {
        return strip(canvas, code, &left, now);
    }
    canvas.badge = Some(left);
    let body = headline::draw(canvas, &icon::PHONE, "Enter code");
    let way = "Linked devices, link with phone number";
    let items = [item(code), spare(Block::Note(way.into()))];
    stack::draw(canvas, body, &items, now);
}

/// Without a headline: the code, and what is left of its life beside it.
fn strip(canvas: &mut Canvas, code: Block, left: &str, now: Mono) {
    let content = canvas.content();
    let words = left.trim_end_matches(" s");
    let face = Face::Small;
    let column = face.width("000").max(face.width(words));
    let room = content.width.saturating_sub(column);
    let middle = content.below(content.height.saturating_sub(Face::NarrowTwice.height()) / 2);
    let at = (
        middle.right().saturating_sub(face.width(words)),
        middle.top + 9,
    );
    canvas.text(words, face, at);
    let area = Area {
        width: room,
        ..middle
    };
    stack::draw(canvas, area, &[item(code)], now);
}
