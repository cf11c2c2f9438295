//! Off on purpose: which account, and that a press brings it back.

use super::{storage, who};
use crate::snapshot::{AccountView, Snapshot};
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, item};
use crate::view::{headline, icon};

pub fn draw(canvas: &mut Canvas, snapshot: &Snapshot, account: &AccountView, now: Mono) {
    let body = headline::draw(canvas, &icon::POWER, "Disconnected");
    let hint = if account.linked {
        "Press to connect"
    } else {
        "Press to pair"
    };
    let mut items = vec![item(who(account))];
    items.extend(storage::restored(snapshot));
    items.extend(storage::words(&snapshot.store));
    items.push(item(Block::Action(hint)));
    stack::draw(canvas, body, &items, now);
}
