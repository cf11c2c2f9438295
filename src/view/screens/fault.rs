//! Something that needs a person or time: what it is, what to do, and when it is tried again.

use super::whose;
use crate::fault::Fault;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item};
use crate::view::{headline, icon, when};

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
    let retry = retry.map(|retry| format!("Next try: {retry}"));
    let mut items = match retry {
        // A strip has no line to spare: all of it turns pages.
        Some(retry) if canvas.grid().inline => {
            vec![item(Block::Text(format!("{} {retry}.", fault.advice())))]
        }
        retry => {
            let advice = item(Block::Text(fault.advice().to_owned()));
            let retry = retry.map(|retry| item(Block::Note(retry)));
            [advice].into_iter().chain(retry).collect()
        }
    };
    items.extend(whose(canvas, account));
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(retry_at: Option<Mono>, medium: Medium, now: Mono) -> Option<Mono> {
    match medium {
        Medium::Oled => when::wait_changes(retry_at?, now),
        Medium::Paper => None,
    }
}
