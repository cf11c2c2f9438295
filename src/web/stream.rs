//! Events as they happen: server-sent events, and a WebSocket with the same envelopes.
//!
//! The router says that a [`Stream`] is wanted, `run` serves it: on a thread of its own, at most
//! [`crate::limits::STREAMS`] of them. The thread waits for one thing only, a bounded queue of `Told`:
//! what the journal tells and what the client sends. Whoever does not keep up is dropped, and finds its
//! place again by `Last-Event-ID`.
//!
//! Each thing is sent only if the caller may see it; who the caller is, is asked again every few
//! seconds, so that a token that was taken back, or ended, ends its streams.

mod outlet;
mod run;

use std::sync::Arc;

pub(super) use outlet::Outlet;
pub(super) use run::{Listening, Telling, run};

use super::problem::Problem;
use super::route::Head;
use crate::account::AccountId;
use crate::journal::{Happening, Kind};
use crate::token::{Caller, Scope};
use crate::ulid::{SessionIds, Ulid};

/// An answer that goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stream {
    /// `GET /api/v1/events`
    Events(Wanted),
    /// `GET /api/v1/ws`
    WebSocket {
        /// What to tell.
        wanted: Wanted,
        /// `Sec-WebSocket-Accept`.
        accept: String,
    },
}

/// What somebody wants to hear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Of one account only.
    pub account: Option<AccountId>,
    /// These kinds.
    pub kinds: Vec<Kind>,
    /// What happened after this, too.
    pub after: Option<Ulid>,
}

/// What the thread of a stream is told.
pub(super) enum Told {
    /// Something happened.
    Happened(Arc<Happening>),
    /// The client sent bytes.
    Bytes(Vec<u8>),
    /// The client is gone.
    Gone,
}

impl Stream {
    /// The events a request asks for.
    ///
    /// # Errors
    /// See [`Wanted::of`].
    pub fn events(head: &Head<'_>, ids: SessionIds) -> Result<Self, Problem> {
        Wanted::of(head, ids).map(Self::Events)
    }

    /// The WebSocket a request asks for (RFC 6455, 4.2.1).
    ///
    /// # Errors
    /// 426 `upgrade_required`, 400 `bad_handshake`, and those of [`Wanted::of`].
    pub fn web_socket(head: &Head<'_>, ids: SessionIds) -> Result<Self, Problem> {
        // The front hands `Upgrade` on only if the connection asks for it.
        let upgrade = head.header("Upgrade")?.unwrap_or_default();
        if !upgrade.eq_ignore_ascii_case("websocket") || head.method != "GET" {
            let detail = "Ask with `Connection: Upgrade` and `Upgrade: websocket`.";
            return Err(Problem::new(426, "upgrade_required", detail));
        }
        let version = head.header("Sec-WebSocket-Version")?;
        let key = head.header("Sec-WebSocket-Key")?.unwrap_or_default();
        if version != Some("13") || key.len() != 24 {
            let detail = "A WebSocket is opened with version 13 and a key of 24 characters.";
            return Err(Problem::new(400, "bad_handshake", detail));
        }
        Ok(Self::WebSocket {
            wanted: Wanted::of(head, ids)?,
            accept: tungstenite::handshake::derive_accept_key(key.as_bytes()),
        })
    }

    /// What it tells.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        match self {
            Self::Events(wanted) | Self::WebSocket { wanted, .. } => wanted,
        }
    }
}

impl Wanted {
    /// Reads `?session=&types=` and `Last-Event-ID`. Without `types` everything is told but
    /// `session.qr`, which carries a credential and is told to those who ask for it by name.
    ///
    /// # Errors
    /// 422 `bad_session`, `bad_types` or `bad_event_id`.
    pub fn of(head: &Head<'_>, ids: SessionIds) -> Result<Self, Problem> {
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        let account = match parameter(query, "session") {
            None => None,
            Some(name) => Some(ids.account(name).ok_or_else(|| {
                Problem::new(
                    422,
                    "bad_session",
                    "`session` names no session of this box.",
                )
            })?),
        };
        let kinds = match parameter(query, "types") {
            None => {
                let told = Kind::ALL.into_iter();
                told.filter(|kind| *kind != Kind::SessionQr).collect()
            }
            Some(words) => words
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|error| Problem::new(422, "bad_types", format!("`types`: {error}.")))?,
        };
        let after = match head.header("Last-Event-ID")? {
            None | Some("") => None,
            Some(name) => {
                let id = name.strip_prefix("evt_").and_then(|id| id.parse().ok());
                let detail = "`Last-Event-ID` is not the id of an event.";
                Some(id.ok_or_else(|| Problem::new(422, "bad_event_id", detail))?)
            }
        };
        Ok(Self {
            account,
            kinds,
            after,
        })
    }

    /// Whether this caller is told of that.
    #[must_use]
    pub fn hears(&self, caller: &Caller, happening: &Happening) -> bool {
        let about = happening.account();
        self.kinds.contains(&happening.what.kind())
            && (self.account.is_none() || self.account == about)
            && caller.may(Scope::Read, about)
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
