//! What the panel thread does each time it wakes: the policy, without the waiting.
//!
//! Present or lost, asked often enough, set up anew now and then, and every change of its health
//! reported once. Time is an argument, so that tests can let hours pass.

use super::{Open, Panel, PanelError};
use crate::event::{Event, PanelEvent};
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::snapshot::Snapshot;
use crate::time::Mono;
use crate::view::{self, Frame, Glow};

/// The panel, there or not, and what was reported about it.
pub(super) struct Glass<O> {
    open: O,
    panel: Option<Attached>,
    /// Whether the last report that was delivered said "attached"; `None` before the first.
    said: Option<bool>,
    inbox: Inbox,
}

struct Attached {
    panel: Box<dyn Panel>,
    probe_at: Mono,
    renew_at: Mono,
}

impl<O: Open> Glass<O> {
    pub(super) fn new(open: O, inbox: Inbox) -> Self {
        Self {
            open,
            panel: None,
            said: None,
            inbox,
        }
    }

    /// Brings the glass up to date, as far as it can be, and says when to look again. Never fails:
    /// a panel that does not work is reported and tried again.
    pub(super) fn turn(&mut self, snapshot: &Snapshot, now: Mono) -> Mono {
        let (event, wake_at) = match self.bring_up_to_date(snapshot, now) {
            Ok(wake_at) => (PanelEvent::Attached, wake_at),
            Err(error) => {
                self.panel = None;
                let why = error.to_string();
                (PanelEvent::Lost { why }, now + limits::PANEL_RETRY)
            }
        };
        if self.report(event) {
            wake_at
        } else {
            wake_at.min(now + limits::PANEL_RETRY)
        }
    }

    fn bring_up_to_date(&mut self, snapshot: &Snapshot, now: Mono) -> Result<Mono, PanelError> {
        let glow = view::glow(snapshot, now);
        self.panel
            .take_if(|attached| glow != Glow::Off && now >= attached.renew_at);
        let attached = match &mut self.panel {
            Some(attached) => attached,
            empty => empty.insert(Attached {
                panel: (self.open)()?,
                probe_at: now + limits::PANEL_PROBE,
                renew_at: now + limits::PANEL_RENEW,
            }),
        };
        let panel = &mut attached.panel;
        panel.show(&view::draw(snapshot, panel.geometry(), now))?;
        panel.set_glow(glow)?;
        if now >= attached.probe_at {
            panel.probe()?;
            attached.probe_at = now + limits::PANEL_PROBE;
        }
        let own = view::next_change(snapshot, now);
        Ok(own.map_or(attached.probe_at, |own| own.min(attached.probe_at)))
    }

    /// Tells the machine, once for each change of the panel's health. `false` when the queue was full.
    fn report(&mut self, event: PanelEvent) -> bool {
        let attached = event == PanelEvent::Attached;
        if self.said == Some(attached) {
            return true;
        }
        match self.inbox.try_send(Event::Panel(event)) {
            Ok(()) => {
                self.said = Some(attached);
                true
            }
            Err(InboxError::Full) => false,
            // Nobody is left to tell; the end of the thread follows.
            Err(InboxError::Closed) => true,
        }
    }

    /// Leaves a dark glass behind. A panel that was lost is tried once more: it may show a code.
    pub(super) fn clear(mut self) {
        let panel = match self.panel.take() {
            Some(attached) => Ok(attached.panel),
            None => (self.open)(),
        };
        let cleared = panel.and_then(|mut panel| {
            panel.show(&Frame::new(panel.geometry()))?;
            panel.set_glow(Glow::Off)
        });
        if let Err(error) = cleared {
            log::warn!("the panel could not be cleared: {error}");
        }
    }
}
