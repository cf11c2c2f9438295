//! The composition root: every part, in boot order, and the order in which they end.
//!
//! This is the only place that knows all parts. It opens them, hands each what it needs, and then
//! turns the event loop. Boot order: store (without it nothing may run), the page's port, the
//! machine, the panel (first frame before the network is asked), buttons, page, and only then links.

pub mod effects;
pub mod event_loop;
pub mod hardware;
pub mod messages;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use log::{info, warn};
use thiserror::Error;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::effects::Effects;
use crate::daemon::event_loop::EventLoop;
use crate::daemon::hardware::Hardware;
use crate::event::Event;
use crate::health::Health;
use crate::inbox::Inbox;
use crate::limits;
use crate::machine::Appliance;
use crate::store::{self, Store};
use crate::web;
use crate::whatsapp::version::{self, Versions};

/// Why the service did not start. Each prints as one line that says what and where.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] store::OpenError),
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The page's address is not to be had.
    #[error(transparent)]
    Bind(#[from] web::BindError),
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
        .map_err(|source| StartError::System { what: "starting the runtime", source })?;
    let served = runtime.block_on(serve(config, clock));
    // A name look-up that hangs must not hold the process up.
    runtime.shutdown_background();
    served
}

async fn serve(config: Config, clock: Clock) -> Result<(), StartError> {
    let path: PathBuf = config.state_dir.join(STORE_FILE);
    let store = Store::open(&path)?;
    store.ensure_first_account(&config.label)?;
    let listener = web::bind(config.http.listen)?;

    let (inbox, events) = Inbox::new();
    let end = end_signal()?;
    let hardware = Hardware::find(&config, inbox.clone(), clock);
    let appliance = Appliance::new(store.accounts()?, hardware.panel_health(), clock.now());
    let (publish, snapshots) = watch::channel(appliance.snapshot());
    let glass = hardware.light_up(snapshots.clone(), &inbox, clock);

    let effects = Effects::new(
        config.whatsapp.clone(),
        store.clone(),
        Arc::new(Versions {
            url: config.whatsapp.version_url.clone(),
            pin: config.whatsapp.version.as_deref().and_then(version::parse),
            store: store.clone(),
            clock,
            distrusted: AtomicBool::new(false),
        }),
        inbox.clone(),
    );
    let context = messages::page_context(&config, &store, &effects, snapshots, &inbox, clock);
    let page = web::serve(listener, context);
    info!("page at http://{}/", page.address());

    let ending = tokio::spawn(end_on(end, inbox));
    let health = Health::ready();
    EventLoop { appliance, effects, events, publish, clock, health }.turn().await;

    // The glass is cleared and the database closed before the process ends; the page goes last so
    // that it can say so.
    ending.abort();
    if let Some(glass) = glass {
        glass.join();
    }
    page.stop();
    drop(store);
    info!("ended");
    Ok(())
}

/// The signals that end the service.
struct EndSignal {
    term: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

fn end_signal() -> Result<EndSignal, StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let system = |source| StartError::System { what: "listening for signals", source };
    Ok(EndSignal {
        term: signal(SignalKind::terminate()).map_err(system)?,
        interrupt: signal(SignalKind::interrupt()).map_err(system)?,
    })
}

async fn end_on(mut signal: EndSignal, inbox: Inbox) {
    tokio::select! {
        _ = signal.term.recv() => {}
        _ = signal.interrupt.recv() => {}
    }
    if let Err(error) = inbox.send(Event::Shutdown).await {
        warn!("the end was not announced: {error}");
    }
}
