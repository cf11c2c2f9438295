//! The connection is gone and is being remade: what is in the way, and the seconds to the next attempt
//! or since the loss.
//!
//! Paper says since when, and nothing that changes with every attempt.

use std::time::Duration;

use super::{name, obstacle, whose};
use crate::fault::Trouble;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, Item, item, spare};
use crate::view::{headline, icon, tick, when};

const SECOND: Duration = Duration::from_secs(1);

/// What is known about the next attempt.
pub struct Attempts<'a> {
    /// Those that failed.
    pub failed: u32,
    /// When the next one starts, if known.
    pub next_at: Option<Mono>,
    /// What stands in the way, if known.
    pub trouble: Option<&'a Trouble>,
}

pub fn draw(canvas: &mut Canvas, account: &AccountView, attempts: &Attempts<'_>, now: Mono) {
    let icon = obstacle::symbol(attempts.trouble, &icon::RETRY);
    let body = headline::draw(canvas, icon, "Reconnecting");
    let mut items = vec![match attempts.trouble {
        Some(trouble) => obstacle::name(trouble),
        None => item(name(account)),
    }];
    if canvas.moves() {
        items.push(item(Block::Text(progress(account, attempts, now))));
    } else {
        items.extend(offline(account, attempts.trouble.is_none()));
    }
    match attempts.trouble {
        Some(trouble) => {
            items.extend(whose(canvas, account));
            items.extend(obstacle::more(canvas, trouble));
        }
        None if canvas.moves() && attempts.failed > 0 => {
            let failed = format!("Failed attempts: {}", attempts.failed);
            items.push(spare(Block::Text(failed)));
        }
        None => {}
    }
    stack::draw(canvas, body, &items, now);
}

fn progress(account: &AccountView, attempts: &Attempts<'_>, now: Mono) -> String {
    match attempts.next_at.filter(|next_at| *next_at > now) {
        Some(next_at) => format!("Next try in {}", when::seconds(next_at, now)),
        None => format!("Offline for {} s", tick::passed(account.since, SECOND, now)),
    }
}

/// Of paper; where something is in the way, that says the first of it.
fn offline(account: &AccountView, alone: bool) -> impl Iterator<Item = Item> {
    let words = alone.then(|| item(Block::Text("Offline, trying again".into())));
    let since = account.since_wall.map(|since| {
        let words = if alone { "" } else { "offline " };
        spare(Block::Note(format!("{words}since {}", when::moment(since))))
    });
    words.into_iter().chain(since)
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
