//! Something that needs a person or time: what it is, what to do, and when it is tried again.

use crate::fault::Fault;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, text, when};

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    fault: Fault,
    retry_at: Option<Mono>,
    now: Mono,
) {
    let body = headline::draw(canvas, &icon::WARNING, fault.headline());
    let retry = retry_at.and_then(|retry_at| {
        if canvas.moves() {
            return Some(when::wait(retry_at, now));
        }
        when::wall(account, retry_at).map(when::moment)
    });
    let mut items = vec![item(Block::Text(fault.advice().to_owned()))];
    if let Some(retry) = retry {
        items.push(item(Block::Note(format!("Next try: {retry}"))));
    }
    items.push(spare(Block::Note(text::label(&account.label, account.id))));
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(retry_at: Option<Mono>, medium: Medium, now: Mono) -> Option<Mono> {
    match medium {
        Medium::Oled => when::wait_changes(retry_at?, now),
        Medium::Paper => None,
    }
}
