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
        panel.show(&view::draw(snapshot, panel.format(), now))?;
        panel.set_glow(glow)?;
        if now >= attached.probe_at {
            panel.probe()?;
            attached.probe_at = now + limits::PANEL_PROBE;
        }
        let own = view::next_change(snapshot, panel.format().medium, now);
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
            panel.show(&Frame::new(panel.format().geometry))?;
            panel.set_glow(Glow::Off)
        });
        if let Err(error) = cleared {
            log::warn!("the panel could not be cleared: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pairbox_chips::{Cable, Picture};
    use tokio::sync::mpsc::Receiver;

    use super::super::ssd1306::{ADDRESS, Oled};
    use super::*;
    use crate::account::AccountId;
    use crate::snapshot::{AccountView, Light, PanelHealth, Status};
    use crate::view::Format;

    type Boxed = Box<dyn Panel>;

    /// A picture that never moves by itself, except that it wanders.
    fn stopped(light: Light) -> Snapshot {
        Snapshot {
            seq: 1,
            selected: AccountId::FIRST,
            accounts: vec![AccountView {
                id: AccountId::FIRST,
                label: "Shop".into(),
                status: Status::Stopped,
                enabled: false,
                linked: true,
                phone: None,
                push_name: None,
                since: Mono::START,
                since_wall: None,
                last_error: None,
            }],
            overview: false,
            page: None,
            attended: false,
            hold: None,
            stuck: Vec::new(),
            panel: PanelHealth::Headless,
            light,
            shutting_down: false,
        }
    }

    fn glass(cable: &Cable) -> (Glass<impl Open>, Receiver<Event>) {
        let (inbox, events) = Inbox::new();
        let bus = cable.clone();
        let open = move || Ok(Box::new(Oled::new(bus.clone(), ADDRESS, "bench")) as Boxed);
        (Glass::new(open, inbox), events)
    }

    fn truth(snapshot: &Snapshot, now: Mono) -> Picture {
        let frame = view::draw(snapshot, Format::OLED_128X64, now);
        Picture::from_fn(128, 64, |x, y| frame.is_lit(x, y))
    }

    /// Lets time pass from wake-up to wake-up, as the thread does; returns when it first is `until`.
    fn run<O: Open>(glass: &mut Glass<O>, snapshot: &Snapshot, from: Mono, until: Mono) -> u32 {
        let (mut now, mut turns) = (from, 0);
        while now < until {
            now = glass.turn(snapshot, now);
            turns += 1;
        }
        turns
    }

    fn hour() -> Mono {
        Mono(Duration::from_secs(3600))
    }

    #[test]
    fn a_quiet_hour_is_quiet_on_the_bus() {
        for (light, bytes_max) in [(Light::Bright, 300_000), (Light::Off, 4_000)] {
            let cable = Cable::new(ADDRESS);
            let (mut glass, mut events) = glass(&cable);
            let turns = run(&mut glass, &stopped(light), Mono::START, hour());
            let bytes = cable.stats().bytes;
            println!("an hour of {light:?}: {turns} turns, {bytes} bytes");
            assert!(
                bytes < bytes_max && turns < 1000,
                "{bytes} bytes, {turns} turns"
            );
            assert_eq!(events.try_recv(), Ok(Event::Panel(PanelEvent::Attached)));
            assert!(events.try_recv().is_err(), "health is told once");
            assert_eq!(cable.violations(), []);
        }
    }

    #[test]
    fn a_loss_nobody_sends_into_is_noticed_by_asking() {
        let cable = Cable::new(ADDRESS);
        let (mut glass, mut events) = glass(&cable);
        let snapshot = stopped(Light::Bright);
        glass.turn(&snapshot, Mono::START);
        assert_eq!(events.try_recv(), Ok(Event::Panel(PanelEvent::Attached)));
        cable.unplug();
        run(
            &mut glass,
            &snapshot,
            Mono::START,
            Mono::START + limits::PANEL_PROBE + limits::PANEL_RETRY,
        );
        assert!(matches!(
            events.try_recv(),
            Ok(Event::Panel(PanelEvent::Lost { .. }))
        ));
    }

    #[test]
    fn an_outage_is_told_once_however_long_it_lasts() {
        let cable = Cable::new(ADDRESS);
        cable.unplug();
        let (mut glass, mut events) = glass(&cable);
        let turns = run(&mut glass, &stopped(Light::Bright), Mono::START, hour());
        let retries = hour().0.as_secs() / limits::PANEL_RETRY.as_secs();
        assert_eq!(u64::from(turns), retries);
        assert!(matches!(
            events.try_recv(),
            Ok(Event::Panel(PanelEvent::Lost { .. }))
        ));
        assert!(events.try_recv().is_err());
        cable.replug();
        glass.turn(&stopped(Light::Bright), hour());
        assert_eq!(events.try_recv(), Ok(Event::Panel(PanelEvent::Attached)));
    }

    #[test]
    fn a_loose_contact_between_two_messages_heals() {
        let cable = Cable::new(ADDRESS);
        let (mut glass, mut events) = glass(&cable);
        let snapshot = stopped(Light::Bright);
        glass.turn(&snapshot, Mono::START);
        assert_eq!(events.try_recv(), Ok(Event::Panel(PanelEvent::Attached)));
        cable.unplug();
        cable.replug();
        assert!(cable.picture().is_dark());
        let renewed = Mono::START + limits::PANEL_RENEW;
        run(&mut glass, &snapshot, Mono::START, renewed);
        glass.turn(&snapshot, renewed);
        assert_eq!(cable.picture(), truth(&snapshot, renewed));
        assert!(
            events.try_recv().is_err(),
            "no transfer failed: there is nothing to tell"
        );
        assert_eq!(cable.violations(), []);
    }

    #[test]
    fn a_panel_that_lost_its_supply_in_the_dark_is_there_when_it_is_woken() {
        let cable = Cable::new(ADDRESS);
        let (mut glass, _events) = glass(&cable);
        run(&mut glass, &stopped(Light::Off), Mono::START, hour());
        cable.unplug();
        cable.replug();
        glass.turn(&stopped(Light::Bright), hour());
        assert_eq!(cable.picture(), truth(&stopped(Light::Bright), hour()));
        assert_eq!(cable.violations(), []);
    }

    #[test]
    fn a_report_that_found_the_queue_full_is_repeated() {
        let cable = Cable::new(ADDRESS);
        let (mut glass, mut events) = glass(&cable);
        while glass.inbox.try_send(Event::NetworkUp).is_ok() {}
        let again = glass.turn(&stopped(Light::Bright), Mono::START);
        assert_eq!(again, Mono::START + limits::PANEL_RETRY);
        while events.try_recv().is_ok() {}
        glass.turn(&stopped(Light::Bright), again);
        assert_eq!(events.try_recv(), Ok(Event::Panel(PanelEvent::Attached)));
    }
}
