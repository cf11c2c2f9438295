//! The loop around the machine: wait for an event, a timer or the end; one step; carry out what it
//! asks for; publish what changed.
//!
//! The loop never awaits anything but its inputs: effects run elsewhere and answer as events.

use std::sync::Arc;

use log::{info, warn};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval};

use crate::clock::Clock;
use crate::daemon::effects::Effects;
use crate::event::{Effect, Event};
use crate::health::Health;
use crate::journal::Journal;
use crate::limits;
use crate::machine::Appliance;
use crate::metrics::Metrics;
use crate::pulse::Pulse;
use crate::snapshot::{PanelHealth, Snapshot};
use crate::store::Store;
use crate::time::Mono;

/// Everything the loop turns.
pub struct EventLoop {
    /// The machine: the only writer of the state.
    pub appliance: Appliance,
    /// Who carries out what it asks for.
    pub effects: Effects,
    /// What happens.
    pub events: mpsc::Receiver<Event>,
    /// Where the state is published.
    pub publish: watch::Sender<Arc<Snapshot>>,
    /// Where is noted what happened.
    pub journal: Journal,
    /// Where is counted what happened.
    pub metrics: Metrics,
    /// Time.
    pub clock: Clock,
    /// Who tells systemd.
    pub health: Health,
    /// Whose writer has to show that it lives as well.
    pub store: Store,
    /// The loop's sign of life.
    pub pulse: Pulse,
    /// When to give it, and to feed the watchdog, if nothing else happens.
    pub beat: Interval,
}

enum Wake {
    Event(Event),
    Timer,
    LinkEnded,
    Pulse,
    Deadline,
}

impl EventLoop {
    /// Turns until the machine has drained after [`Event::Shutdown`], or its deadline passed.
    pub async fn turn(mut self) {
        let mut deadline: Option<Mono> = None;
        loop {
            self.settle();
            if self.publish.borrow().shutting_down {
                let now = self.clock.mono();
                let deadline = *deadline.get_or_insert(now + limits::SHUTDOWN);
                if self.appliance.is_drained() || now >= deadline {
                    break;
                }
            }
            match self.wait(deadline).await {
                Wake::Event(event) => {
                    let now = self.clock.now();
                    if let Event::Edge(edge) = event {
                        self.journal.edge(now, edge);
                        self.metrics.edge(edge);
                    }
                    self.appliance.handle(now, event);
                }
                Wake::Timer => self.appliance.handle_timeout(self.clock.now()),
                Wake::LinkEnded => {}
                Wake::Pulse => self.ping(),
                Wake::Deadline => {
                    warn!("a link did not end in time");
                    break;
                }
            }
        }
        self.health.stopping();
        self.effects.finish().await;
    }

    /// Drains the effects of the last step, then publishes the state if it changed.
    fn settle(&mut self) {
        // Whoever hears an answer looks at the snapshot next: it has to be there.
        let mut answers = Vec::new();
        while let Some(effect) = self.appliance.poll_effect() {
            match effect {
                Effect::Answer { .. } => answers.push(effect),
                effect => self.effects.carry_out(effect),
            }
        }
        let snapshot = self.appliance.snapshot();
        let before = self.publish.borrow().clone();
        if snapshot.seq != before.seq {
            tell_changes(&before, &snapshot);
            self.metrics.changed(&before, &snapshot);
            self.health.show(&snapshot);
            self.publish.send_replace(snapshot.clone());
            // Whoever hears of it finds it in the snapshot as well.
            self.journal.note(self.clock.now(), &before, &snapshot);
        }
        for answer in answers {
            self.effects.carry_out(answer);
        }
        self.pulse.beat(self.clock.mono());
    }

    /// Feeds the watchdog, with what the writer answered to the question before: one that is well has
    /// done so long ago.
    fn ping(&self) {
        let now = self.clock.mono();
        if let Err(stalled) = self.health.ping(now) {
            warn!("the {stalled} stands still; the watchdog is not fed");
        }
        self.store.ask_for_life(now);
    }

    async fn wait(&mut self, deadline: Option<Mono>) -> Wake {
        let timer = self.appliance.poll_timeout().map(|(at, _why)| at);
        let clock = self.clock;
        let until = |at: Option<Mono>| async move {
            match at {
                Some(at) => tokio::time::sleep_until(Instant::from_std(clock.instant(at))).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(event) = self.events.recv() => Wake::Event(event),
            () = until(timer) => Wake::Timer,
            () = self.effects.link_ended() => Wake::LinkEnded,
            () = until(deadline) => Wake::Deadline,
            _ = self.beat.tick() => Wake::Pulse,
        }
    }
}

/// A line for each account whose state changed, and for each new error: the history people ask for.
fn tell_changes(before: &Snapshot, after: &Snapshot) {
    if before.panel != after.panel {
        match &after.panel {
            PanelHealth::Headless => info!("panel: none"),
            PanelHealth::Attached => info!("panel: attached"),
            PanelHealth::Lost { why } => warn!("panel: {why}; it is tried again"),
        }
    }
    for button in &after.stuck {
        if !before.stuck.contains(button) {
            let name = button.name();
            warn!("button {name}: down for too long; it is ignored until it comes up");
        }
    }
    for account in &after.accounts {
        let was = before.accounts.iter().find(|old| old.id == account.id);
        let word = was.map_or("new", |old| old.status.word());
        if word != account.status.word() {
            info!("account {}: {word} → {}", account.id, account.status.word());
        }
        if let Some(error) = &account.last_error
            && was.is_none_or(|old| old.last_error.as_ref() != Some(error))
        {
            info!("account {}: {}: {}", account.id, error.code, error.message);
        }
    }
}
