//! What the page is made of: the parts of the box it shows and acts on, as the closures it asks for.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::daemon::meters::process_bytes;
use crate::gateway::Gateway;
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::metrics::{Gauges, Lines, Metrics};
use crate::panel;
use crate::pulse::Vitals;
use crate::snapshot::Snapshot;
use crate::store::{Counters, Store};
use crate::ticket::Tickets;
use crate::time::Mono;
use crate::view::qr::{self, Code};
use crate::view::{self, Format, Frame, Geometry};
use crate::web::access::{AccessDesk, AccessParts};
use crate::web::answer::QrDrawings;
use crate::web::backstage::Backstage;
use crate::web::route::Names;
use crate::web::{PanelPng, WebContext};

/// The parts.
pub struct Parts {
    /// Whom requests may name.
    pub names: Names,
    /// The counters.
    pub metrics: Metrics,
    /// The database's file.
    pub database: PathBuf,
    /// The read model.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where wishes go.
    pub inbox: Inbox,
    /// Where the answers to wishes come from.
    pub tickets: Tickets,
    /// What happened, for those who listen.
    pub journal: Journal,
    /// Time.
    pub clock: Clock,
    /// The loops that nothing works without.
    pub vitals: Vitals,
    /// The panel's size and kind, if there is one.
    pub format: Option<Format>,
    /// Messages, counters and tokens; `None` while the store cannot be used.
    pub store: Option<Store>,
    /// Who sends, fetches and decides; `None` while the store cannot be used.
    pub gateway: Option<Gateway>,
}

impl Parts {
    /// What the page's server wants. Called on the runtime that runs the links.
    #[must_use]
    pub fn into_context(self) -> WebContext {
        let access = AccessDesk::new(AccessParts {
            store: self.store.clone(),
            sessions: self.names.sessions,
            snapshots: self.snapshots.clone(),
            inbox: self.inbox.clone(),
            tickets: self.tickets.clone(),
            clock: self.clock,
        });
        WebContext {
            access,
            names: self.names,
            journal: self.journal,
            snapshots: self.snapshots,
            inbox: self.inbox,
            tickets: self.tickets,
            clock: self.clock,
            vitals: self.vitals,
            geometry: self
                .format
                .map(|format| (format.geometry.width, format.geometry.height)),
            panel_png: panel_png(self.format),
            metrics: self.metrics,
            gauges: gauges(self.store.clone(), self.database),
            qr: QR_DRAWINGS,
            backstage: self
                .gateway
                .zip(self.store)
                .map(|(gateway, store)| Backstage::new(store, gateway, Handle::current())),
        }
    }
}

/// What the counters want to know beside what they were told.
fn gauges(store: Option<Store>, database: PathBuf) -> Box<dyn Fn() -> Gauges + Send + Sync> {
    Box::new(move || {
        let counters = store
            .as_ref()
            .map_or_else(Counters::default, Store::counters);
        Gauges {
            commits: counters.commits,
            bytes_written: counters.bytes_written,
            process_written: process_bytes(),
            db_bytes: fs::metadata(&database).ok().map(|file| file.len()),
            resident_bytes: resident_bytes(),
            lines: store
                .as_ref()
                .map(|store| Lines::of(store.lines().borrow().values()))
                .unwrap_or_default(),
        }
    })
}

/// Memory this process holds (proc(5)).
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
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

/// Pixels of a module in the PNG: a code of 61 modules is 552 pixels wide then, about 7 cm on an
/// ordinary screen and twice what a phone needs.
const PAGE_QR_SCALE: u32 = 8;

/// How the page's QRs are drawn.
pub const QR_DRAWINGS: QrDrawings = QrDrawings {
    svg: |text| Some(qr::svg(&code(text)?, PAGE_QUIET)),
    png: |text| panel::png::encode(&picture(&code(text)?), PAGE_QR_SCALE).ok(),
    ascii: |text| Some(half_blocks(&code(text)?)),
};

fn code(text: &str) -> Option<Code> {
    qr::encode(text.as_bytes(), PAGE_MODULES_MAX)
}

/// One pixel a module, lit where the paper is, with the quiet zone.
fn picture(code: &Code) -> Frame {
    let side = code.size + 2 * PAGE_QUIET;
    let mut frame = Frame::new(Geometry {
        width: side,
        height: side,
    });
    for y in 0..side {
        for x in 0..side {
            if is_light(code, x, y) {
                frame.set(x, y, true);
            }
        }
    }
    frame
}

/// Two modules in each character. What is drawn is the light: terminals are dark.
fn half_blocks(code: &Code) -> String {
    let side = code.size + 2 * PAGE_QUIET;
    let mut text = String::new();
    for y in (0..side).step_by(2) {
        for x in 0..side {
            // The line below the last one is paper, too.
            let pair = (is_light(code, x, y), is_light(code, x, y + 1));
            text.push(match pair {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push('\n');
    }
    text
}

/// Whether a module is light; those of the quiet zone are.
fn is_light(code: &Code, x: u32, y: u32) -> bool {
    match (x.checked_sub(PAGE_QUIET), y.checked_sub(PAGE_QUIET)) {
        (Some(x), Some(y)) => !code.dark(x, y),
        _ => true,
    }
}
