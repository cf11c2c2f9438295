//! The connection is gone and is being remade: the seconds to the next attempt, or since the loss.
//!
//! Paper says since when, and nothing that changes with every attempt.

use std::time::Duration;

use super::name;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, tick, when};

const SECOND: Duration = Duration::from_secs(1);

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    attempt: u32,
    next_at: Option<Mono>,
    now: Mono,
) {
    let body = headline::draw(canvas, &icon::RETRY, "Reconnecting");
    let mut items = vec![item(name(account))];
    if canvas.moves() {
        items.push(item(Block::Text(
            match next_at.filter(|next_at| *next_at > now) {
                Some(next_at) => format!("Next try in {}", when::seconds(next_at, now)),
                None => format!("Offline for {} s", tick::passed(account.since, SECOND, now)),
            },
        )));
        if attempt > 0 {
            items.push(spare(Block::Text(format!("Failed attempts: {attempt}"))));
        }
    } else {
        items.push(item(Block::Text("Offline, trying again".into())));
        if let Some(since) = account.since_wall {
            items.push(spare(Block::Note(format!("since {}", when::moment(since)))));
        }
    }
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(
    account: &AccountView,
    next_at: Option<Mono>,
    medium: Medium,
    now: Mono,
) -> Option<Mono> {
    if medium == Medium::Paper {
        return None;
    }
    let next = next_at.and_then(|next_at| when::seconds_change(next_at, now));
    Some(next.unwrap_or_else(|| tick::after(account.since, SECOND, now)))
}
