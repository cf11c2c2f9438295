//! The program ends: links are closed and the store is written, which takes seconds.

use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, item};
use crate::view::{headline, icon};

pub fn draw(canvas: &mut Canvas, now: Mono) {
    let body = headline::draw(canvas, &icon::POWER, "Shutting down");
    let words = "The panel goes dark when it is done.";
    stack::draw(canvas, body, &[item(Block::Text(words.into()))], now);
}
