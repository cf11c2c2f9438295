//! What of the gateway is not as it should be, in a line of the connected screen: who waits to be let
//! in, and what does not arrive. The mark in the headline is `headline.rs`'s.

use crate::snapshot::{OutboxHealth, Snapshot};
use crate::view::block::Block;
use crate::view::stack::{Item, spare};

/// Whether the headline carries the mark: somebody should look, or messages pile up. What was dropped
/// long ago is no reason.
pub fn is_marked(outbox: &OutboxHealth) -> bool {
    outbox.dead > 0 || outbox.disabled > 0 || outbox.failing
}

/// One line each, the more urgent first; nothing while all is well.
pub fn words(snapshot: &Snapshot) -> impl Iterator<Item = Item> {
    let waiting: usize = snapshot.accounts.iter().map(|it| it.waiting.len()).sum();
    let waiting = (waiting > 0).then(|| format!("{waiting} waiting to be let in"));
    let words = waiting.into_iter().chain(trouble(&snapshot.outbox));
    words.map(|words| spare(Block::Note(words)))
}

/// The one that asks most of a person.
fn trouble(outbox: &OutboxHealth) -> Option<String> {
    let OutboxHealth {
        dead,
        disabled,
        failing,
        dropped,
        ..
    } = *outbox;
    if dead > 0 {
        Some(format!("{} not delivered", few(dead)))
    } else if disabled > 0 {
        Some("A webhook is switched off".to_owned())
    } else if failing {
        Some("Receiver does not answer".to_owned())
    } else if dropped > 0 {
        Some(format!("{} were dropped", few(dropped)))
    } else {
        None
    }
}

/// Beyond a thousand nobody counts.
fn few(count: u64) -> String {
    if count < 1000 {
        count.to_string()
    } else {
        "999+".to_owned()
    }
}
