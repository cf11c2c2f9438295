//! The cold-send guard: whether somebody is written to who did not write first, or not for long. That is
//! what WhatsApp bans accounts for.

use std::time::Duration;

use super::address::Chat;
use super::policy::ColdSend;
use crate::time::UnixMillis;

/// What the guard says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warmth {
    /// They wrote lately, or it is a group, an answer, or nobody wants to know.
    Warm,
    /// It is cold, and goes all the same: the asker is told.
    Cold,
    /// It is cold, and does not go.
    Blocked,
}

/// How warm a message to `chat` is. `wrote_at` is when that person wrote last, if ever; a person is cold
/// when that is more than `after` ago. Groups and answers never are.
#[must_use]
pub fn warmth(
    guard: ColdSend,
    chat: &Chat,
    answers: bool,
    wrote_at: Option<UnixMillis>,
    now: UnixMillis,
    after: Duration,
) -> Warmth {
    let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    let lately = wrote_at.is_some_and(|at| now.0.saturating_sub(at.0) <= after_ms);
    if answers || lately || chat.group().is_some() {
        return Warmth::Warm;
    }
    match guard {
        ColdSend::Off => Warmth::Warm,
        ColdSend::Warn => Warmth::Cold,
        ColdSend::Block => Warmth::Blocked,
    }
}
