//! The words for a disk that takes no writes, and for a store that was restored: as blocks for the
//! screens that have room for them, and as a screen of its own in place of a code. The mark in the
//! headline is `headline.rs`'s.

use super::whose;
use crate::snapshot::{AccountView, Snapshot, StoreHealth};
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, Item, item, spare};
use crate::view::{headline, icon};

/// Whether the headline carries the mark: somebody should look at the card.
pub fn is_marked(snapshot: &Snapshot) -> bool {
    snapshot.store != StoreHealth::Well || snapshot.restored.is_some()
}

/// That the store was restored, what that means, and how to be rid of the words, where there is room.
pub fn restored(snapshot: &Snapshot) -> impl Iterator<Item = Item> {
    let items = snapshot.restored.map(|_| {
        [
            item(Block::Lead("Storage restored".into())),
            spare(Block::Small(
                "It was damaged: older messages are gone. Replace the memory card.".into(),
            )),
        ]
    });
    items.into_iter().flatten()
}

/// What is the case and what it means, where there is room; nothing while all is well.
pub fn words(store: &StoreHealth) -> impl Iterator<Item = Item> {
    let Some((what, so)) = said(store) else {
        return None.into_iter().flatten();
    };
    let items = [
        spare(Block::Note(what.into())),
        spare(Block::Small(format!("Nothing new can be kept. {so}"))),
    ];
    Some(items).into_iter().flatten()
}

/// Instead of a code: what it would begin could not be kept.
pub fn draw(canvas: &mut Canvas, account: &AccountView, store: &StoreHealth, now: Mono) {
    let (what, so) = said(store).unwrap_or_default();
    let body = headline::draw(canvas, &icon::WARNING, what);
    let text = format!("No phone can be linked meanwhile. {so}");
    let mut items = vec![item(Block::Text(text))];
    items.extend(whose(canvas, account));
    stack::draw(canvas, body, &items, now);
}

/// What is the case, and what follows; `None` while all is well.
fn said(store: &StoreHealth) -> Option<(&'static str, &'static str)> {
    match store {
        StoreHealth::Well => None,
        StoreHealth::Full => Some(("Storage full", "Free some room on the memory card.")),
        StoreHealth::ReadOnly => Some(("Storage read-only", "The memory card may be worn out.")),
        StoreHealth::Failing { .. } => {
            Some(("Storage problem", "The memory card may be worn out."))
        }
    }
}
