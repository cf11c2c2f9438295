//! The box without a store: panel and page say what is wrong, and the store is tried again.
//!
//! There is no machine here, because it must not run on accounts that cannot be read: one snapshot is
//! shown, and every wish is turned down. Hardware and port are given back before the boot goes on.

use std::sync::Arc;
use std::time::Duration;

use log::{error, info, warn};
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{Refusal, StartError, is_start_error, look_through, open_file};
use crate::account::AccountId;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::hardware::{Glass, Hardware};
use crate::daemon::page;
use crate::daemon::{EndSignal, doors};
use crate::event::{Answer, Denial, Event, PanelEvent, Ticket};
use crate::fault::Fault;
use crate::health::Health;
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::limits;
use crate::metrics::Metrics;
use crate::pulse::{Pulse, Vitals};
use crate::snapshot::{AccountView, LastError, Light, PanelHealth, Snapshot, Status};
use crate::store::Store;
use crate::ticket::Tickets;
use crate::time::Mono;
use crate::ulid::{SessionIds, Ulid};
use crate::web::route::Names;
use crate::web::{self, WebHandle};

/// Says what is wrong until the store can be used; `None`: the process was asked to end.
pub(super) async fn wait(
    config: &Config,
    refusal: &Refusal,
    clock: Clock,
) -> Result<Option<Store>, StartError> {
    error!("{refusal}; it is tried again until it can be used");
    let (inbox, events) = Inbox::new();
    let ending = tokio::spawn(EndSignal::listen()?.announce(inbox.clone()));
    let mut hardware = Hardware::find(config, &inbox, clock)?;
    let mut shown = snapshot(config, clock.mono());
    shown.panel = hardware.panel_health();
    blame(&mut shown, refusal, clock.mono());
    let (publish, snapshots) = watch::channel(Arc::new(shown));
    let glass = hardware.light_up(snapshots.clone(), &inbox, clock, &Metrics::default());
    let pulse = Pulse::default();
    let vitals = Vitals::of(vec![("box without a store", pulse.clone())]);
    pulse.beat(clock.mono());
    let tickets = Tickets::default();
    let page = serve(
        config,
        snapshots,
        inbox,
        &hardware,
        (tickets.clone(), clock, vitals.clone()),
    )?;
    info!("page at http://{}/", page.address());
    let refused = RefusedBox {
        events,
        tickets,
        publish,
        health: Health::new(vitals),
        pulse,
        touched_at: clock.mono(),
        clock,
    };
    let found = refused.stand(config).await;
    ending.abort();
    give_back(page, hardware, glass).await;
    found
}

/// What turns while there is no store.
struct RefusedBox {
    events: mpsc::Receiver<Event>,
    tickets: Tickets,
    publish: watch::Sender<Arc<Snapshot>>,
    health: Health,
    pulse: Pulse,
    clock: Clock,
    /// When somebody last pressed a button.
    touched_at: Mono,
}

impl RefusedBox {
    async fn stand(mut self, config: &Config) -> Result<Option<Store>, StartError> {
        self.health.ready();
        let mut beat = interval(Health::ping_every());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (refusals, mut refused) = mpsc::channel(1);
        let opening = open_at_last(config, refusals);
        tokio::pin!(opening);
        let found = loop {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => if self.handle(event) { break Ok(None) },
                found = &mut opening => break found.map(Some),
                Some(refusal) = refused.recv() => {
                    let now = self.clock.mono();
                    self.change(|shown| blame(shown, &refusal, now));
                }
                _ = beat.tick() => self.beat(),
            }
        };
        // The glass is cleared when nobody can publish any more: now.
        self.change(|shown| shown.shutting_down = true);
        found
    }

    /// Says whether it is the end.
    fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Shutdown => return true,
            Event::Intent {
                ticket: Some(ticket),
                ..
            } => self.turn_down(ticket),
            Event::Edge(_) => {
                self.touched_at = self.clock.mono();
                self.change(|shown| shown.light = Light::Bright);
            }
            Event::Panel(PanelEvent::Attached) => {
                self.change(|shown| shown.panel = PanelHealth::Attached);
            }
            Event::Panel(PanelEvent::Lost { why }) => {
                self.change(|shown| shown.panel = PanelHealth::Lost { why });
            }
            Event::Page(page) => self.change(|shown| shown.page = page),
            // There is nothing else here that it could be about.
            Event::Intent { ticket: None, .. }
            | Event::Link { .. }
            | Event::Store { .. }
            | Event::Gateway(_)
            | Event::NetworkUp
            | Event::ClockSet
            | Event::Disk(_)
            | Event::Written(_) => {}
        }
        false
    }

    fn turn_down(&self, ticket: Ticket) {
        let shown = self.publish.borrow().clone();
        let error = shown.accounts[0].last_error.as_ref();
        let why = error.map_or_else(String::new, |error| error.message.clone());
        let denial = Denial::StoreFailed { why };
        self.tickets.call(ticket, Answer::Denied(denial));
    }

    /// Nobody may have looked for long, and a panel wears: it stays readable, and no more.
    fn beat(&mut self) {
        let now = self.clock.mono();
        let bright = self.publish.borrow().light == Light::Bright;
        if bright && now.since(self.touched_at) >= limits::PANEL_DIM {
            self.change(|shown| shown.light = Light::Dim);
        }
        self.pulse.beat(now);
        if let Err(stalled) = self.health.ping(now) {
            warn!("the {stalled} stands still; the watchdog is not fed");
        }
        let shown = self.publish.borrow().clone();
        self.health.show(&shown);
    }

    fn change(&mut self, change: impl FnOnce(&mut Snapshot)) {
        self.publish.send_modify(|shown| {
            let shown = Arc::make_mut(shown);
            shown.seq += 1;
            change(shown);
        });
    }
}

/// Tries until the store can be used, or until an error shows that no waiting helps. Tells each new
/// reason.
async fn open_at_last(
    config: &Config,
    refusals: mpsc::Sender<Refusal>,
) -> Result<Store, StartError> {
    let mut said = String::new();
    loop {
        sleep(limits::STORE_RETRY).await;
        let its = config.clone();
        // A damaged file is read to its end: that may take a while.
        let opened = spawn_blocking(move || open_file(&its)).await;
        let refusal = match opened {
            Ok(Ok(store)) => match look_through(store, config).await {
                Ok(store) => {
                    info!("the store can be used again");
                    return Ok(store);
                }
                Err(refusal) => refusal,
            },
            Ok(Err(error)) if is_start_error(&error) => return Err(error.into()),
            Ok(Err(error)) => error.into(),
            Err(died) => {
                error!("opening the store broke down: {died}");
                continue;
            }
        };
        if refusal.to_string() != said {
            said = refusal.to_string();
            error!("{said}; it is tried again until it can be used");
        }
        // Nobody listens any more when the box ends.
        let _ = refusals.send(refusal).await;
    }
}

/// A box of which nothing can be read.
fn snapshot(config: &Config, now: Mono) -> Snapshot {
    Snapshot {
        seq: 1,
        accounts: vec![AccountView {
            since: now,
            ..AccountView::blank(AccountId::FIRST, &config.label)
        }],
        ..Snapshot::blank()
    }
}

/// Puts the reason on panel and page.
fn blame(shown: &mut Snapshot, refusal: &Refusal, now: Mono) {
    shown.store = refusal.health();
    let account = &mut shown.accounts[0];
    account.status = Status::Failed {
        fault: Fault::Store,
        retry_at: Some(now + limits::STORE_RETRY),
    };
    account.last_error = Some(LastError {
        code: Fault::Store.code(),
        message: refusal
            .to_string()
            .chars()
            .take(limits::WHY_CHARS)
            .collect(),
        at: now,
    });
}

/// The page: the status, and nothing to do.
fn serve(
    config: &Config,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: Inbox,
    hardware: &Hardware,
    (tickets, clock, vitals): (Tickets, Clock, Vitals),
) -> Result<WebHandle, StartError> {
    // A disk that takes nothing may have no place for the control socket either.
    let listener = match doors(config) {
        Ok(listener) => listener,
        Err(_) => web::bind(config.http.listen)?,
    };
    let parts = page::Parts {
        // Nobody can be asked for by name.
        names: Names {
            hosts: config.http.names.clone(),
            sessions: SessionIds::new(Ulid::from_bits(0)),
        },
        // Nothing happens that would be worth keeping.
        journal: Journal::new(0),
        metrics: Metrics::default(),
        database: super::database(config),
        snapshots,
        inbox,
        tickets,
        clock,
        vitals,
        format: hardware.format(),
        store: None,
        gateway: None,
    };
    let context = parts.into_context();
    web::serve(listener, context).map_err(|source| StartError::System {
        what: "starting the page",
        source,
    })
}

/// Gives hardware and port back, for the boot that follows.
async fn give_back(page: WebHandle, hardware: Hardware, glass: Option<Glass>) {
    let given = spawn_blocking(move || {
        drop(page);
        drop(hardware);
        if let Some(glass) = glass {
            glass.join();
        }
    });
    // A panel that hangs must not keep the box from its work.
    match tokio::time::timeout(GIVE_BACK, given).await {
        Ok(Ok(())) => {}
        Ok(Err(died)) => warn!("a part did not end well: {died}"),
        Err(_) => warn!("a part takes long to end"),
    }
}

/// E-paper takes up to ten seconds for its last picture.
const GIVE_BACK: Duration = Duration::from_secs(15);
