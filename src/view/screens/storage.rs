//! The words for a disk that takes no writes, as blocks for the screens that have room for them. The
//! mark in the headline is `headline.rs`'s.

use crate::snapshot::StoreHealth;
use crate::view::block::Block;
use crate::view::stack::{Item, spare};

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
