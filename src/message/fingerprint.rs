//! Whether two wishes are the same: what an idempotency key stands for.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::wish::{MediaSource, SendWish, WishContent};

/// SHA-256 of everything that is asked for. A file counts by its content, not by the name it got in the
/// spool (which is its SHA-256, a dash, and chance).
#[must_use]
pub fn fingerprint(wish: &SendWish) -> [u8; 32] {
    let mentions: Vec<&str> = wish.mentions.iter().map(String::as_str).collect();
    let all = json!([
        wish.to,
        content(&wish.content),
        wish.quoted.as_ref().map(super::address::MessageId::as_str),
        mentions,
        wish.typing,
        wish.expires_in.map(|time| time.as_secs()),
    ]);
    // Texts are escaped in it, so that no two wishes read the same.
    Sha256::digest(all.to_string()).into()
}

/// SHA-256 of a key.
#[must_use]
pub fn of_key(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

fn content(content: &WishContent) -> Value {
    match content {
        WishContent::Text(text) => json!(["text", text]),
        WishContent::Media {
            kind,
            source,
            caption,
            filename,
        } => json!([kind.word(), origin(source), caption, filename]),
        WishContent::Location(place) => json!(["location", place]),
        WishContent::Contact(card) => json!(["contact", card]),
        WishContent::Reaction { target, emoji } => json!(["reaction", target.as_str(), emoji]),
    }
}

fn origin(source: &MediaSource) -> Value {
    match source {
        MediaSource::Url(url) => json!(["url", url]),
        MediaSource::Spooled { file, mimetype, .. } => {
            let content = file.split_once('-').map_or(file.as_str(), |(hash, _)| hash);
            json!(["file", content, mimetype])
        }
    }
}
