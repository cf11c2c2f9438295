//! How a trusted contact's token changes: PURE rules, applied inside one transaction by `protocol`.
//!
//! Two writers share a row. The service's notifications own the token and its time; sending owns
//! the time we last gave out ours. Neither may lose what the other wrote, in whatever order they
//! come.

use whatsapp_rust::traits::TcTokenEntry;

/// The row after we gave out our token at `at` (unix seconds). That time only moves forward.
pub(super) fn given(stored: Option<TcTokenEntry>, at: i64) -> TcTokenEntry {
    let mut entry = stored.unwrap_or(TcTokenEntry {
        token: Vec::new(),
        token_timestamp: at,
        sender_timestamp: None,
    });
    entry.sender_timestamp = Some(entry.sender_timestamp.map_or(at, |before| before.max(at)));
    entry
}

/// The row after a contact's token of time `at` (unix seconds) arrived; `None` when a newer one is
/// stored. A row without a token never counts as newer.
pub(super) fn received(
    stored: Option<TcTokenEntry>,
    token: &[u8],
    at: i64,
) -> Option<TcTokenEntry> {
    if let Some(entry) = &stored
        && !entry.token.is_empty()
        && at < entry.token_timestamp
    {
        return None;
    }
    Some(TcTokenEntry {
        token: token.to_vec(),
        token_timestamp: at,
        sender_timestamp: stored.and_then(|entry| entry.sender_timestamp),
    })
}

/// Whether a row still serves: its token is young enough, or the time we gave out ours is. The two
/// windows differ, so both have to have passed.
pub(super) fn alive(entry: &TcTokenEntry, token_cutoff: i64, sender_cutoff: i64) -> bool {
    let token = !entry.token.is_empty() && entry.token_timestamp >= token_cutoff;
    let sender = entry.sender_timestamp.is_some_and(|at| at >= sender_cutoff);
    token || sender
}
