//! Online: whose box this is, the number's last digits, since when, and on an OLED a dot that beats
//! once a second. Who waits to be let in, and what does not arrive, is said below. A phone that has been silent for long is said, and louder when little time is left.

use std::time::Duration;

use super::{outbox, storage, who};
use crate::snapshot::{AccountView, Snapshot, StoreHealth};
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, tick, when};

/// The dot is there for one beat and gone for the next.
const BEAT: Duration = Duration::from_secs(1);

pub fn draw(canvas: &mut Canvas, snapshot: &Snapshot, account: &AccountView, now: Mono) {
    let store = &snapshot.store;
    canvas.letter = outbox::is_marked(&snapshot.outbox);
    let words = "Connected";
    let urgent = account.phone_silent.filter(|silent| silent.urgent);
    let icon = if urgent.is_some() {
        &icon::WARNING
    } else {
        &icon::CHECK
    };
    let body = if canvas.moves() {
        let beat = tick::passed(account.since, BEAT, now).is_multiple_of(2);
        headline::beating(canvas, icon, words, beat)
    } else {
        headline::draw(canvas, icon, words)
    };
    let mut items = vec![item(who(account))];
    let silent = |days| format!("Phone silent {days} days");
    match (urgent, account.phone_silent) {
        (Some(urgent), _) => {
            items.push(item(Block::Lead(silent(urgent.days))));
            let advice = "Open WhatsApp on the phone, or it will be unlinked.";
            items.push(spare(Block::Text(advice.into())));
        }
        (None, Some(calm)) => items.push(item(Block::Note(silent(calm.days)))),
        (None, None) => {}
    }
    items.extend(storage::restored(snapshot));
    if snapshot.restored.is_some() {
        items.push(spare(Block::Action("Connect: seen")));
    }
    items.extend(storage::words(store));
    items.extend(outbox::words(snapshot));
    if account.phone_silent.is_none() && *store == StoreHealth::Well {
        let since = when::since(account, canvas.format().medium, now);
        items.push(spare(Block::Note(since)));
    }
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(account: &AccountView, medium: Medium, now: Mono) -> Option<Mono> {
    match medium {
        // Every whole minute and hour is a beat, too.
        Medium::Oled => Some(tick::after(account.since, BEAT, now)),
        Medium::Paper => when::since_changes(account, medium, now),
    }
}
