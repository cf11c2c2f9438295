//! The envelope of an event (API.md), the same for streams and webhooks.

use serde::Serialize;
use serde_json::{Value, json};

use super::event::NewEvent;
use crate::account::AccountId;
use crate::journal::{Happening, Kind, Me, What};
use crate::time::{Mono, UnixMillis};
use crate::ulid::{SessionIds, Ulid};

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

/// What happened, as it goes out to somebody who may read the session it is about. `None` for a QR
/// that has run out meanwhile.
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
        What::Told(news, me) => return Some(told(news, me.as_ref(), ids)),
    };
    let about = About {
        id: happening.id,
        at: happening.at,
        kind: happening.what.kind(),
        account: happening.account(),
    };
    Some(wrap(&about, me, payload, ids))
}

/// The envelope of an event that brings its own name. `me`: whom its account is linked to.
#[must_use]
pub fn told(event: &NewEvent, me: Option<&Me>, ids: SessionIds) -> Value {
    let about = About {
        id: event.id,
        at: event.at,
        kind: event.kind,
        account: event.account,
    };
    wrap(&about, me, event.payload.0.clone(), ids)
}

/// What an event is about.
struct About {
    id: Ulid,
    at: Option<UnixMillis>,
    kind: Kind,
    account: Option<AccountId>,
}

fn wrap(about: &About, me: Option<&Me>, payload: Value, ids: SessionIds) -> Value {
    let envelope = Envelope {
        id: name(about.id),
        timestamp: about.at.map(|at| at.0),
        event: about.kind.word(),
        session: about.account.map(|account| ids.name(account)),
        me,
        payload,
    };
    // Texts, numbers and a value that is JSON already: there is nothing in it that JSON cannot say.
    serde_json::to_value(envelope).unwrap_or(Value::Null)
}

/// The name of an event on the wire.
#[must_use]
pub fn name(id: Ulid) -> String {
    format!("evt_{id}")
}
