//! The link was removed: by the phone, or by a long press here.

use super::name;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, item};
use crate::view::{headline, icon};

pub fn draw(canvas: &mut Canvas, account: &AccountView, now: Mono) {
    let body = headline::draw(canvas, &icon::BROKEN, "Unlinked");
    let items = [item(name(account)), item(Block::Action("Press to pair"))];
    stack::draw(canvas, body, &items, now);
}
