//! The envelope of an event (API.md). Pure.

use serde::Serialize;
use serde_json::{Value, json};

use crate::journal::{Happening, Me, What};
use crate::time::Mono;
use crate::ulid::SessionIds;

#[derive(Serialize)]
struct Envelope<'a> {
    id: String,
    /// Milliseconds since 1970; null while the clock is not set.
    timestamp: Option<u64>,
    event: &'static str,
    /// Null when it is about the box.
    session: Option<String>,
    me: Option<&'a Me>,
    payload: Value,
}

/// An event as it goes out, for somebody who may read the session it is about. `None` for a QR that
/// has run out meanwhile.
#[must_use]
pub fn envelope(happening: &Happening, ids: SessionIds, now: Mono) -> Option<Value> {
    let (me, payload) = match &happening.what {
        What::Status(news) => (
            news.me.as_ref(),
            json!({
                "label": news.label,
                "status": news.status,
                "status_text": news.text,
                "reason": news.reason,
                "detail": news.detail,
                "enabled": news.enabled,
                "linked": news.linked,
                "deleted": news.deleted,
            }),
        ),
        What::Qr(news) => {
            let left = news.expires_at.since(now);
            if left.is_zero() {
                return None;
            }
            let payload = json!({
                "code": news.code.expose(),
                "seq": news.seq,
                "expires_in_ms": left.as_millis(),
                "lifetime_ms": news.lifetime.as_millis(),
            });
            (None, payload)
        }
        What::Button(news) => {
            let payload = json!({
                "button": news.button.name(),
                "pressed": news.held.is_none(),
                "held_ms": news.held.map(|held| held.as_millis()),
            });
            (None, payload)
        }
        What::Told(news) => (None, news.payload.0.clone()),
    };
    let envelope = Envelope {
        id: happening.name(),
        timestamp: happening.at.map(|at| at.0),
        event: happening.what.kind().word(),
        session: happening.account().map(|account| ids.name(account)),
        me,
        payload,
    };
    serde_json::to_value(envelope).ok()
}
