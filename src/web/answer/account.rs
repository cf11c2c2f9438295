//! Answers that list: sessions, and what happened to one.

use serde::Serialize;

use super::Desk;
use crate::account::AccountId;
use crate::message::envelope::envelope;
use crate::snapshot::Snapshot;
use crate::web::reply::Reply;
use crate::web::status::session::{SessionBody, session};
use crate::web::status::{Eye, Queues};

/// A list as all of them are; there is never so much that a second page is needed.
#[derive(Serialize)]
struct SessionList {
    data: Vec<SessionBody>,
    next_cursor: Option<String>,
}

pub(super) fn list(snapshot: &Snapshot, queues: Queues<'_>, eye: &Eye<'_>) -> Reply {
    let accounts = eye.accounts(snapshot);
    let list = SessionList {
        data: accounts
            .map(|account| session(account, queues(account.id), eye))
            .collect(),
        next_cursor: None,
    };
    Reply::json(200, &list)
}

/// The same of events, whose envelopes are made elsewhere.
#[derive(Serialize)]
struct EventList {
    data: Vec<serde_json::Value>,
    next_cursor: Option<String>,
}

impl Desk {
    pub(super) fn list_events(&self, id: AccountId, limit: usize) -> Reply {
        let context = &self.context;
        let events = context.journal.recent(id, limit);
        let (ids, now) = (context.names.sessions, context.clock.mono());
        let list = EventList {
            data: events
                .iter()
                .filter_map(|event| envelope(event, ids, now))
                .collect(),
            next_cursor: None,
        };
        Reply::json(200, &list)
    }
}
