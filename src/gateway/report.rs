//! How the lines stand, for panel and page.

use super::Gateway;
use crate::event::{Event, GatewayEvent};
use crate::limits::{CLOCK_POLL, OUTBOX_TOLD};
use crate::snapshot::OutboxHealth;

impl Gateway {
    /// Tells the machine who waits for approval, once, and how the lines stand whenever that changes.
    /// Ends when the process does.
    pub(super) async fn report(self) {
        while self.parts().clock.now().wall.is_none() {
            tokio::time::sleep(CLOCK_POLL).await;
        }
        self.tell_all_requests().await;
        let mut lines = self.parts().store.lines();
        let mut settings = self.parts().store.settings();
        // What the machine takes for granted.
        let mut told = OutboxHealth::default();
        loop {
            lines.mark_unchanged();
            settings.mark_unchanged();
            let health = self.outbox_health();
            if health != told {
                told = health;
                let event = Event::Gateway(GatewayEvent::Outbox(health));
                if self.parts().inbox.send(event).await.is_err() {
                    return;
                }
            }
            tokio::time::sleep(OUTBOX_TOLD).await;
            let changed = tokio::select! {
                changed = lines.changed() => changed,
                changed = settings.changed() => changed,
                () = self.0.lines.notified() => Ok(()),
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// How the lines stand, all together.
    #[must_use]
    pub fn outbox_health(&self) -> OutboxHealth {
        let lines = self.parts().store.lines().borrow().clone();
        let settings = self.parts().store.settings().borrow().clone();
        let off = settings.webhooks.values();
        let off = off.filter(|webhook| webhook.disabled_reason.is_some());
        OutboxHealth {
            pending: lines.values().map(|line| line.pending).sum(),
            dead: lines.values().map(|line| line.dead).sum(),
            dropped: lines.values().map(|line| line.dropped).sum(),
            disabled: u32::try_from(off.count()).unwrap_or(u32::MAX),
            failing: self.courier().is_failing(),
        }
    }
}
