//! WhatsApp wants more than a scan: the phone's owner has to confirm there.

use super::whose;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, item};
use crate::view::{headline, icon};

pub fn draw(canvas: &mut Canvas, account: &AccountView, now: Mono) {
    let body = headline::draw(canvas, &icon::PHONE, "Confirm on your phone");
    let words = "WhatsApp asks for a passkey. Follow the steps on the phone.";
    let mut items = vec![item(Block::Text(words.into()))];
    items.extend(whose(canvas, account));
    stack::draw(canvas, body, &items, now);
}
