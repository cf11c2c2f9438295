//! What the page is made of: the parts of the box it shows and acts on, as the closures it asks for.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::daemon::effects::Switchboard;
use crate::daemon::messages;
use crate::health::Pulse;
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::panel;
use crate::snapshot::Snapshot;
use crate::store::{Counters, Store};
use crate::ticket::Tickets;
use crate::time::Mono;
use crate::ulid::SessionIds;
use crate::view::{self, Format, qr};
use crate::web::access::{AccessDesk, AccessParts};
use crate::web::{PanelPng, WebContext};

/// The parts.
pub struct Parts {
    /// The read model.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where wishes go.
    pub inbox: Inbox,
    /// Where the answers to wishes come from.
    pub tickets: Tickets,
    /// What happened, for those who listen.
    pub journal: Journal,
    /// The names of accounts.
    pub ids: SessionIds,
    /// Time.
    pub clock: Clock,
    /// The event loop's sign of life.
    pub pulse: Pulse,
    /// The panel's size and kind, if there is one.
    pub format: Option<Format>,
    /// Messages and counters.
    pub store: Store,
    /// The links that can send.
    pub links: Switchboard,
}

impl Parts {
    /// What the page's server wants. Called on the runtime that runs the links.
    #[must_use]
    pub fn into_context(self) -> WebContext {
        let access = AccessDesk::new(AccessParts {
            store: Some(self.store.clone()),
            sessions: self.ids,
            snapshots: self.snapshots.clone(),
            inbox: self.inbox.clone(),
            tickets: self.tickets.clone(),
            clock: self.clock,
        });
        WebContext {
            access,
            journal: self.journal,
            ids: self.ids,
            snapshots: self.snapshots,
            inbox: self.inbox,
            tickets: self.tickets,
            clock: self.clock,
            pulse: self.pulse,
            geometry: self
                .format
                .map(|format| (format.geometry.width, format.geometry.height)),
            panel_png: panel_png(self.format),
            metrics: metrics(self.store.clone()),
            qr_svg,
            list_messages: messages::list(self.store),
            send_message: messages::send(self.links, Handle::current(), self.clock),
        }
    }
}

/// The counters there are so far; API.md names those to come.
fn metrics(store: Store) -> Box<dyn Fn() -> String + Send + Sync> {
    Box::new(move || {
        let Counters {
            commits,
            bytes_written,
            ..
        } = store.counters();
        format!(
            "# TYPE pairbox_storage_commits_total counter\n\
             pairbox_storage_commits_total {commits}\n\
             # TYPE pairbox_storage_bytes_written_total counter\n\
             pairbox_storage_bytes_written_total {bytes_written}\n"
        )
    })
}

/// What the panel shows, for the page: drawn anew, so that a panel that was pulled out shows too.
fn panel_png(format: Option<Format>) -> PanelPng {
    Box::new(move |snapshot: &Snapshot, now: Mono| {
        let frame = view::draw(snapshot, format?, now);
        panel::png::encode(&frame, PANEL_PNG_SCALE).ok()
    })
}

/// Pixels of the page's picture for each pixel of the panel: the page enlarges the rest.
const PANEL_PNG_SCALE: u32 = 1;

/// Modules a code may have on the page: version 40, the largest there is (ISO/IEC 18004).
const PAGE_MODULES_MAX: u32 = 177;

/// Modules of quiet zone (ISO/IEC 18004, 6.3.8).
const PAGE_QUIET: u32 = 4;

fn qr_svg(text: &str) -> Option<String> {
    let code = qr::encode(text.as_bytes(), PAGE_MODULES_MAX)?;
    Some(qr::svg(&code, PAGE_QUIET))
}
