//! The words for a disk that takes no writes, and for a store that was restored, as blocks for the
//! screens that have room for them. The mark in the headline is `headline.rs`'s.

use crate::snapshot::{Snapshot, StoreHealth};
use crate::view::block::Block;
use crate::view::stack::{Item, item, spare};

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
    let (what, so) = match store {
        StoreHealth::Well => return None.into_iter().flatten(),
        StoreHealth::Full => ("Storage full", "Free some room on the memory card."),
        StoreHealth::ReadOnly => ("Storage read-only", "The memory card may be worn out."),
        StoreHealth::Failing { .. } => ("Storage problem", "The memory card may be worn out."),
    };
    let items = [
        spare(Block::Note(what.into())),
        spare(Block::Small(format!("Nothing new can be kept. {so}"))),
    ];
    Some(items).into_iter().flatten()
}
