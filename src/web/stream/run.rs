//! The thread of one stream.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::outlet::{Farewell, Outlet};
use super::{Stream, Told, Wanted};
use crate::clock::Clock;
use crate::journal::{Happening, Journal, Subscription, What, qr_on_show, status_news};
use crate::limits::{STREAM_BEAT, STREAM_CHECK, STREAM_QUEUE};
use crate::message::envelope::envelope;
use crate::snapshot::Snapshot;
use crate::token::Caller;
use crate::ulid::SessionIds;

/// A stream that was subscribed and has not begun.
pub(in crate::web) struct Listening {
    told: Receiver<Told>,
    /// Kept for the front, which tells of the client.
    pub uplink: SyncSender<Told>,
    missed: Vec<Arc<Happening>>,
    /// It did not keep up.
    behind: Arc<AtomicBool>,
    _subscription: Subscription,
}

impl Listening {
    /// From now on nothing is missed.
    pub fn begin(journal: &Journal, stream: &Stream, caller: &Caller) -> Self {
        let (uplink, told) = sync_channel(STREAM_QUEUE);
        let behind = Arc::new(AtomicBool::new(false));
        let (wanted, caller) = (stream.wanted().clone(), caller.clone());
        let listener = {
            let (uplink, behind) = (uplink.clone(), behind.clone());
            Box::new(move |happening: &Arc<Happening>| {
                // What is not for it takes no room in its queue.
                if !wanted.hears(&caller, happening) {
                    return true;
                }
                match uplink.try_send(Told::Happened(happening.clone())) {
                    Ok(()) => true,
                    Err(TrySendError::Full(_)) => {
                        behind.store(true, Ordering::SeqCst);
                        false
                    }
                    Err(TrySendError::Disconnected(_)) => false,
                }
            })
        };
        let (missed, subscription) = journal.listen(stream.wanted().after, listener);
        Self {
            told,
            uplink,
            missed,
            behind,
            _subscription: subscription,
        }
    }
}

/// What a stream is told with.
pub(in crate::web) struct Telling<'a> {
    pub journal: &'a Journal,
    pub ids: SessionIds,
    pub clock: Clock,
    /// Who listens, asked anew; `None` when nobody may any more.
    pub caller: &'a dyn Fn() -> Option<Caller>,
    /// The state of the moment.
    pub snapshot: Arc<Snapshot>,
    /// The page ends.
    pub ending: &'a AtomicBool,
}

/// Tells until somebody ends it.
pub(in crate::web) fn run(
    stream: &Stream,
    listening: &Listening,
    mut outlet: Outlet,
    telling: &Telling<'_>,
) -> io::Result<()> {
    let wanted = stream.wanted();
    let tell = |outlet: &mut Outlet, caller: &Caller, happening: &Happening| {
        tell(outlet, wanted, caller, happening, telling)
    };
    let Some(mut caller) = (telling.caller)() else {
        outlet.close(Farewell::NotAllowed);
        return Ok(());
    };
    for happening in &listening.missed {
        tell(&mut outlet, &caller, happening)?;
    }
    if wanted.after.is_none() {
        for happening in state(stream, telling) {
            tell(&mut outlet, &caller, &happening)?;
        }
    }
    let mut checked = telling.clock.mono();
    let mut quiet = Duration::ZERO;
    loop {
        let told = listening.told.recv_timeout(STREAM_CHECK);
        if telling.ending.load(Ordering::SeqCst) {
            outlet.close(Farewell::Ending);
            return Ok(());
        }
        let now = telling.clock.mono();
        let since = now.since(checked);
        if since >= STREAM_CHECK {
            (checked, quiet) = (now, quiet + since);
            let Some(same) = (telling.caller)() else {
                outlet.close(Farewell::NotAllowed);
                return Ok(());
            };
            caller = same;
        }
        match told {
            Ok(Told::Happened(happening)) => {
                tell(&mut outlet, &caller, &happening)?;
                quiet = Duration::ZERO;
            }
            Ok(Told::Bytes(bytes)) => outlet.arrived(&bytes)?,
            Ok(Told::Gone) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if quiet >= STREAM_BEAT {
            outlet.beat()?;
            quiet = Duration::ZERO;
        }
        if listening.behind.load(Ordering::SeqCst) {
            outlet.close(Farewell::TooSlow);
            return Ok(());
        }
    }
}

fn tell(
    outlet: &mut Outlet,
    wanted: &Wanted,
    caller: &Caller,
    happening: &Happening,
    telling: &Telling<'_>,
) -> io::Result<()> {
    if !wanted.hears(caller, happening) {
        return Ok(());
    }
    let Some(envelope) = envelope(happening, telling.ids, telling.clock.mono()) else {
        return Ok(());
    };
    let kind = happening.what.kind().word();
    outlet.event(&happening.name(), kind, &envelope.to_string())
}

/// What somebody who begins to listen has to know. A WebSocket begins with the state of every session;
/// either begins with the codes on show, if they are wanted: they are never kept.
fn state(stream: &Stream, telling: &Telling<'_>) -> Vec<Happening> {
    let now = telling.clock.now();
    let aside = |what| telling.journal.aside(now, what);
    let mut state = Vec::new();
    for account in &telling.snapshot.accounts {
        if matches!(stream, Stream::WebSocket { .. }) {
            state.push(aside(What::Status(status_news(account))));
        }
        state.extend(qr_on_show(account).map(What::Qr).map(aside));
    }
    state
}
