//! The composition root: every part, in boot order, and the order in which they end.
//!
//! This is the only place that knows all parts. It opens them, hands each what it needs, and then
//! turns the event loop. Boot order: store (without it nothing may run), the page's port, the
//! machine, the panel (first frame before the network is asked), buttons, page, and only then links.

pub mod address;
pub mod effects;
pub mod event_loop;
pub mod hardware;
pub mod page;
pub mod storage;
pub mod wall;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use log::{info, warn};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::backup;
use crate::clock::Clock;
use crate::config::{self, Config, FileError, StateEnvironment};
use crate::daemon::effects::Effects;
use crate::daemon::event_loop::EventLoop;
use crate::daemon::hardware::Hardware;
use crate::event::Event;
use crate::gateway::{Gateway, GatewayParts};
use crate::health::{Health, Pulse};
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::limits;
use crate::machine::Appliance;
use crate::metrics::Metrics;
use crate::store::{self, Store};
use crate::ticket::Tickets;
use crate::ulid::SessionIds;
use crate::view::Medium;
use crate::web;
use crate::web::route::Names;
use crate::whatsapp::version::Versions;

/// Why the service did not start. Each prints as one line that says what and where.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] store::OpenError),
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The board's file is wrong.
    #[error(transparent)]
    Board(#[from] FileError),
    /// The page's address is not to be had.
    #[error(transparent)]
    Bind(#[from] web::BindError),
    /// The control socket is not to be had.
    #[error(transparent)]
    Control(#[from] web::ControlError),
    /// The operating system refused something basic.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// The reason.
        source: std::io::Error,
    },
}

/// Name of the database within the state directory.
const STORE_FILE: &str = "pairbox.redb";

/// Where the database is. Its lock is held by the service that runs.
pub(crate) fn database(config: &Config) -> PathBuf {
    database_in(&state_dir(config))
}

/// Where the database is in a state directory.
pub(crate) fn database_in(state_dir: &Path) -> PathBuf {
    state_dir.join(STORE_FILE)
}

fn state_dir(config: &Config) -> PathBuf {
    config::state_dir(config.state_dir.as_deref(), &StateEnvironment::of_process())
}

/// Throws away what a backup or a restore that was killed left.
fn sweep_copies(config: &Config) {
    if let Err(error) = backup::place::sweep(&state_dir(config)) {
        warn!("what an interrupted backup left could not be removed: {error}");
    }
}

/// What divides the waits between attempts to deliver.
fn retry_scale(config: &Config) -> u32 {
    #[cfg(feature = "bench")]
    let scale = config.bench.as_ref().and_then(|bench| bench.retry_scale);
    #[cfg(not(feature = "bench"))]
    let scale = {
        let _ = config;
        None
    };
    scale.unwrap_or(1).max(1)
}

/// Runs the service until it is told to end (SIGTERM, SIGINT).
///
/// # Errors
/// [`StartError`] when it could not start; nothing that was kept before is lost.
pub fn run(config: Config) -> Result<(), StartError> {
    let clock = Clock::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .build()
        .map_err(|source| StartError::System {
            what: "starting the runtime",
            source,
        })?;
    let served = runtime.block_on(serve(config, clock));
    // A name look-up that hangs must not hold the process up.
    runtime.shutdown_background();
    served
}

#[allow(
    clippy::too_many_lines,
    reason = "the boot order, read from top to bottom"
)]
async fn serve(config: Config, clock: Clock) -> Result<(), StartError> {
    #[cfg(feature = "bench")]
    crate::bench::world::begin(&config);
    let Some(store) = storage::open(&config, clock).await? else {
        return Ok(());
    };
    let listener = doors(&config)?;

    let (inbox, events) = Inbox::new();
    let tickets = Tickets::default();
    let end = EndSignal::listen()?;
    let mut hardware = Hardware::find(&config, &inbox, clock)?;
    let format = hardware.format();
    let clock_set = clock.now().wall.is_some();
    let appliance = appliance(&store, &hardware, clock)?;
    let (publish, snapshots) = watch::channel(appliance.snapshot());
    let metrics = Metrics::default();
    let glass = hardware.light_up(snapshots.clone(), &inbox, clock, &metrics);

    let pulse = Pulse::default();
    let health = Health::new(vec![("event loop", pulse.clone())]);
    let (journal, names) = names(&config, &store)?;
    let (links, switchboard) = watch::channel(Arc::default());
    let gateway = Gateway::of(GatewayParts {
        store: store.clone(),
        clock,
        journal: journal.clone(),
        metrics: metrics.clone(),
        inbox: inbox.clone(),
        ids: names.sessions,
        snapshots: snapshots.clone(),
        links: switchboard,
        state_dir: state_dir(&config),
        messages: config.messages.clone(),
        retry_scale: retry_scale(&config),
    });
    gateway.sweep_spool()?;
    sweep_copies(&config);
    // Before any link, and whether or not WhatsApp can be reached: what waits is posted.
    let workers = gateway.start();
    let effects = Effects::new(
        config.whatsapp.clone(),
        store.clone(),
        gateway.clone(),
        versions(&config, &store, clock),
        inbox.clone(),
        tickets.clone(),
        clock,
        links,
    );
    let context = page::Parts {
        names,
        snapshots,
        inbox: inbox.clone(),
        tickets,
        journal: journal.clone(),
        metrics: metrics.clone(),
        database: database(&config),
        clock,
        pulse: pulse.clone(),
        format,
        store: Some(store.clone()),
        gateway: Some(gateway),
    };
    let page = open_page(listener, context)?;
    health.ready();

    let mut watchers = watchers(&page, &store, &inbox, end);
    watchers.spawn(wall::watch(clock, clock_set, inbox));
    EventLoop {
        appliance,
        effects,
        events,
        publish,
        journal,
        metrics,
        clock,
        health,
        pulse,
        beat: beat(),
    }
    .turn()
    .await;

    drop(watchers);
    end_parts(page, glass).await;
    workers.end().await;
    store.close().await;
    info!("ended");
    Ok(())
}

/// The page's port and the control socket: whoever has them can be sure that they are free.
fn doors(config: &Config) -> Result<web::Listener, StartError> {
    let listener = web::bind(config.http.listen)?;
    let control = config::control_socket(config, &StateEnvironment::of_process());
    Ok(listener.with_control(web::ControlSocket::bind(&control)?))
}

/// Answers begin.
fn open_page(doors: web::Listener, parts: page::Parts) -> Result<web::WebHandle, StartError> {
    let served = web::serve(doors, parts.into_context());
    let page = served.map_err(|source| StartError::System {
        what: "starting the page",
        source,
    })?;
    info!("page at http://{}/", page.address());
    Ok(page)
}

/// An empty journal, and the names this box is known by. The names of events need to differ from those
/// of other boxes and runs, not to be secret.
fn names(config: &Config, store: &Store) -> Result<(Journal, Names), store::StoreError> {
    let box_id = store.box_id()?;
    let journal = Journal::new(box_id.bits() ^ u128::from(std::process::id()));
    let names = Names {
        sessions: SessionIds::new(box_id),
        hosts: config.http.names.clone(),
    };
    Ok((journal, names))
}

/// The page goes first, its requests use the store; then the glass is cleared. Both are threads that
/// may be waiting for this runtime, so it goes on turning while they end.
async fn end_parts(page: web::WebHandle, glass: Option<hardware::Glass>) {
    let ended = tokio::task::spawn_blocking(move || {
        drop(page);
        if let Some(glass) = glass {
            glass.join();
        }
    });
    if let Err(died) = ended.await {
        warn!("a part did not end well: {died}");
    }
}

/// When the loop shows that it lives.
fn beat() -> tokio::time::Interval {
    let every = Health::ping_every()
        .unwrap_or(limits::PULSE_EVERY)
        .min(limits::PULSE_EVERY);
    tokio::time::interval(every)
}

/// Starts the tasks that watch the world for the machine; they end when the set is dropped.
fn watchers(page: &web::WebHandle, store: &Store, inbox: &Inbox, end: EndSignal) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(address::watch(page.address(), inbox.clone()));
    tasks.spawn(storage::tell(store.health(), inbox.clone()));
    tasks.spawn(end.announce(inbox.clone()));
    tasks
}

/// The machine for the accounts that are stored and the panel that was found.
fn appliance(
    store: &Store,
    hardware: &Hardware,
    clock: Clock,
) -> Result<Appliance, store::StoreError> {
    let now = clock.now();
    let appliance = Appliance::new(store.accounts()?, hardware.panel_health(), now)
        .numbering_from(store.next_account()?);
    let medium = hardware.format().map(|format| format.medium);
    Ok(match medium {
        Some(Medium::Paper) => appliance.on_paper(now),
        Some(Medium::Oled) | None => appliance,
    })
}

fn versions(config: &Config, store: &Store, clock: Clock) -> Arc<Versions> {
    Arc::new(Versions {
        url: config.whatsapp.version_url.clone(),
        pin: config.whatsapp.version.map(|pin| pin.0.into()),
        store: store.clone(),
        clock,
        distrusted: AtomicBool::new(false),
    })
}

/// The signals that end the service.
struct EndSignal {
    term: Signal,
    interrupt: Signal,
}

impl EndSignal {
    fn listen() -> Result<Self, StartError> {
        let system = |source| StartError::System {
            what: "listening for signals",
            source,
        };
        Ok(Self {
            term: signal(SignalKind::terminate()).map_err(system)?,
            interrupt: signal(SignalKind::interrupt()).map_err(system)?,
        })
    }

    async fn announce(mut self, inbox: Inbox) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        if let Err(error) = inbox.send(Event::Shutdown).await {
            warn!("the end was not announced: {error}");
        }
    }
}
