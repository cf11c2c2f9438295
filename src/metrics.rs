//! The counters of `/metrics`: what happened since the start, and what is so now.
//!
//! They are fed at the edges with one line each: the event loop tells of snapshots and edges of
//! buttons, the panel's thread of refreshes ([`panel`]), the page of its answers, the gateway of
//! messages and deliveries. Labels are names of sessions, paths' templates and our own words: never a
//! number, a label of a person's, or a path as it was asked for.

mod exposition;
mod gateway;
pub mod panel;
mod press;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::exposition::{Exposition, Histogram};
use self::gateway::Traffic;
pub use self::gateway::{Lines, Outcome, Way};
use self::press::Presses;
use crate::account::AccountId;
use crate::event::Edge;
use crate::fault::Fault;
use crate::panel::Refresh;
use crate::snapshot::{AccountView, Pairing, Snapshot, Status};
use crate::time::{Now, UnixMillis};
use crate::ulid::SessionIds;

/// Upper ends of the buckets of an answer's time, in seconds: a page of a Pi, the machine, the disk, and
/// WhatsApp's own time.
const HTTP_BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 35.0];

/// The same for a refresh: an OLED's changes, a whole OLED, e-paper quick and thorough.
const PANEL_BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0];

/// All states there are, for gauges that say 0, too.
const STATUSES: [&str; 8] = [
    "stopped",
    "starting",
    "scan_qr_code",
    "passkey_required",
    "working",
    "reconnecting",
    "failed",
    "logged_out",
];

/// The counters. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Metrics(Arc<Mutex<Tally>>);

struct Tally {
    reconnects: BTreeMap<(AccountId, &'static str), u64>,
    pairings: BTreeMap<(&'static str, &'static str), u64>,
    /// How each account that is being paired is.
    methods: BTreeMap<AccountId, &'static str>,
    answers: BTreeMap<(&'static str, u16), u64>,
    answer_times: Histogram,
    refreshes: BTreeMap<&'static str, u64>,
    refresh_times: Histogram,
    presses: Presses,
    traffic: Traffic,
}

/// What is measured at the moment of asking.
#[derive(Clone, Copy, Default, Debug)]
pub struct Gauges {
    /// Transactions committed since the start.
    pub commits: u64,
    /// Bytes handed to the database's file since the start.
    pub bytes_written: u64,
    /// Bytes the process had written to disks since the start, if it can be told.
    pub process_written: Option<u64>,
    /// Size of that file, if it can be told.
    pub db_bytes: Option<u64>,
    /// Memory the process holds, if it can be told.
    pub resident_bytes: Option<u64>,
    /// What waits for webhooks.
    pub lines: Lines,
}

/// What is so at the moment of asking.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The state.
    pub snapshot: &'a Snapshot,
    /// The names of sessions.
    pub ids: SessionIds,
    /// The time.
    pub now: Now,
    /// The rest.
    pub gauges: Gauges,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Tally {
            reconnects: BTreeMap::new(),
            pairings: BTreeMap::new(),
            methods: BTreeMap::new(),
            answers: BTreeMap::new(),
            answer_times: Histogram::new(HTTP_BUCKETS),
            refreshes: BTreeMap::new(),
            refresh_times: Histogram::new(PANEL_BUCKETS),
            presses: Presses::default(),
            traffic: Traffic::default(),
        })))
    }
}

impl Metrics {
    /// The state changed.
    pub fn changed(&self, before: &Snapshot, after: &Snapshot) {
        self.with(|tally| {
            for account in &after.accounts {
                let was = before.accounts.iter().find(|old| old.id == account.id);
                tally.account(was, account);
            }
            let kept = |id: &AccountId| after.accounts.iter().any(|account| account.id == *id);
            tally.methods.retain(|id, _| kept(id));
            // Accounts come and go for years; names of those that are gone are nobody's question.
            tally.reconnects.retain(|(id, _), _| kept(id));
            tally.traffic.retain(kept);
        });
    }

    /// A button's line changed.
    pub fn edge(&self, edge: Edge) {
        self.with(|tally| tally.presses.edge(edge));
    }

    /// A request was answered. `route`: the template of its path.
    pub fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.with(|tally| {
            *tally.answers.entry((route, status)).or_default() += 1;
            tally.answer_times.observe(took);
        });
    }

    /// A frame was brought to the glass.
    pub fn refreshed(&self, refresh: Refresh, took: Duration) {
        let kind = match refresh {
            Refresh::Partial => "partial",
            Refresh::Fast => "fast",
            Refresh::Full => "full",
        };
        self.with(|tally| {
            *tally.refreshes.entry(kind).or_default() += 1;
            tally.refresh_times.observe(took);
        });
    }

    /// All of it, in Prometheus' text format (0.0.4).
    #[must_use]
    pub fn text(&self, reading: &Reading<'_>) -> String {
        let mut out = Exposition::default();
        now(&mut out, reading);
        self.with(|tally| tally.write(&mut out, reading.ids));
        out.into_text()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Tally) -> T) -> T {
        // Nothing is left half done by a panic: they are sums.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tally {
    fn account(&mut self, was: Option<&AccountView>, account: &AccountView) {
        let before = was.map(|was| &was.status);
        if let Status::ScanQrCode(Pairing { typed, .. }) = &account.status {
            let method = if typed.is_some() { "code" } else { "qr" };
            self.methods.insert(account.id, method);
        }
        if let Status::Reconnecting { trouble, .. } = &account.status
            && !matches!(before, Some(Status::Reconnecting { .. }))
        {
            let reason = trouble
                .as_ref()
                .map_or("connection_lost", |trouble| trouble.obstacle.code());
            *self.reconnects.entry((account.id, reason)).or_default() += 1;
        }
        let failed = |status: Option<&Status>| match status {
            Some(Status::Failed { fault, .. }) => Some(*fault),
            _ => None,
        };
        let fault = failed(Some(&account.status)).filter(|fault| failed(before) != Some(*fault));
        let linked = account.linked && was.is_some_and(|was| !was.linked);
        let outcome = match fault {
            _ if linked => "linked",
            Some(Fault::QrExhausted) => "qr_exhausted",
            Some(Fault::Passkey) => "passkey",
            _ => return,
        };
        let method = self.methods.remove(&account.id).unwrap_or("qr");
        *self.pairings.entry((method, outcome)).or_default() += 1;
    }

    fn write(&self, out: &mut Exposition, ids: SessionIds) {
        out.counter("pairbox_reconnects_total", "Connections that were lost.");
        for ((account, reason), times) in &self.reconnects {
            let session = ids.name(*account);
            out.sample(&[("session", &session), ("reason", reason)], times);
        }
        out.counter("pairbox_pairings_total", "How pairing ended.");
        for ((method, outcome), times) in &self.pairings {
            out.sample(&[("method", method), ("outcome", outcome)], times);
        }
        out.counter("pairbox_http_requests_total", "Requests answered.");
        for ((route, code), times) in &self.answers {
            let code = code.to_string();
            out.sample(&[("route", route), ("code", &code)], times);
        }
        let what = "Time from a whole request to its answer.";
        out.histogram(
            "pairbox_http_request_duration_seconds",
            what,
            &self.answer_times,
        );
        out.counter(
            "pairbox_panel_refresh_total",
            "Frames brought to the glass.",
        );
        for (kind, times) in &self.refreshes {
            out.sample(&[("kind", kind)], times);
        }
        let what = "Time a frame took to the glass.";
        out.histogram("pairbox_panel_refresh_seconds", what, &self.refresh_times);
        out.counter(
            "pairbox_button_presses_total",
            "Presses, by how long they were.",
        );
        for (button, gesture, times) in self.presses.counts() {
            out.sample(&[("button", button), ("gesture", gesture)], &times);
        }
        self.traffic.write(out, ids);
    }
}

/// What is so now.
fn now(out: &mut Exposition, reading: &Reading<'_>) {
    let accounts = &reading.snapshot.accounts;
    out.gauge("pairbox_build_info", "Which program this is.");
    out.sample(&[("version", env!("CARGO_PKG_VERSION"))], &1);
    out.gauge("pairbox_sessions", "Sessions in each state.");
    for word in STATUSES {
        let there = accounts.iter().filter(|it| it.status.word() == word);
        out.sample(&[("status", word)], &there.count());
    }
    out.gauge("pairbox_session_status", "1 for the state a session is in.");
    for account in accounts {
        let session = reading.ids.name(account.id);
        for word in STATUSES {
            let is = u8::from(account.status.word() == word);
            out.sample(&[("session", &session), ("status", word)], &is);
        }
    }
    out.gauge(
        "pairbox_storage_restored",
        "1: the store was made anew from its identity copy, and nobody has said yet that they know.",
    );
    out.sample(&[], &u64::from(reading.snapshot.restored.is_some()));
    out.counter("pairbox_storage_commits_total", "Transactions committed.");
    out.sample(&[], &reading.gauges.commits);
    let what = "Bytes handed to the database's file.";
    out.counter("pairbox_storage_bytes_written_total", what);
    out.sample(&[], &reading.gauges.bytes_written);
    if let Some(bytes) = reading.gauges.process_written {
        let what = "Bytes the process had written to disks.";
        out.counter("pairbox_process_bytes_written_total", what);
        out.sample(&[], &bytes);
    }
    if let Some(written) = reading.snapshot.written {
        let what = "Bytes written in the last day, or since the start.";
        out.gauge("pairbox_written_bytes", what);
        out.sample(&[("what", "store")], &written.bytes.store);
        if let Some(process) = written.bytes.process {
            out.sample(&[("what", "process")], &process);
        }
        let what = "How long that is, in seconds.";
        out.gauge("pairbox_written_over_seconds", what);
        out.sample(&[], &written.over.as_secs());
        if let Some(day) = written.a_day() {
            let what = "Bytes written a day at this rate.";
            out.gauge("pairbox_written_bytes_per_day", what);
            out.sample(&[], &day);
        }
    }
    if let Some(bytes) = reading.gauges.db_bytes {
        out.gauge("pairbox_db_size_bytes", "Size of the database's file.");
        out.sample(&[], &bytes);
    }
    out.gauge("pairbox_clock_synced", "1 when the wall clock is set.");
    out.sample(&[], &u8::from(reading.now.wall.is_some()));
    reading.gauges.lines.write(out, reading.now.wall);
    if let Some(bytes) = reading.gauges.resident_bytes {
        out.gauge("process_resident_memory_bytes", "Memory the process holds.");
        out.sample(&[], &bytes);
    }
    if let Some(UnixMillis(wall)) = reading.now.wall {
        let ran = u64::try_from(reading.now.mono.0.as_millis()).unwrap_or(u64::MAX);
        out.gauge("process_start_time_seconds", "When it started, since 1970.");
        out.sample(&[], &(wall.saturating_sub(ran) / 1000));
    }
}
