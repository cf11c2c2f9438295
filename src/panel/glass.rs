//! What the panel thread does each time it wakes: the policy, without the waiting.
//!
//! Present or lost, set up anew now and then, refreshed when `paper` says so, and every change of its
//! health reported once. Time is an argument, so that tests can let hours pass. A panel that has
//! nothing to show costs nothing: no byte on its bus, and no wake-up of the thread.

use super::paper::{self, Paper, Step, Wish};
use super::{Open, Panel, PanelError, Refresh};
use crate::event::{Event, PanelEvent};
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::snapshot::Snapshot;
use crate::time::Mono;
use crate::view::{self, Frame, Glow, Medium};

/// The panel, there or not, and what was reported about it.
pub(super) struct Glass<O> {
    open: O,
    panel: Option<Attached>,
    /// What the last panel was made of.
    medium: Medium,
    /// The last panel could not be brought to do anything: not even to forget a code.
    stuck: bool,
    /// Whether the last report that was delivered said "attached"; `None` before the first.
    said: Option<bool>,
    inbox: Inbox,
}

struct Attached {
    panel: Box<dyn Panel>,
    care: Care,
}

/// What was done for a panel so far, and so what is due.
enum Care {
    /// Nothing yet.
    New,
    /// An OLED that shines or not.
    Oled { glow: Glow, set_up_at: Mono },
    /// E-paper, and what is on it.
    Paper { paper: Paper, shown: Frame },
}

impl<O: Open> Glass<O> {
    pub(super) fn new(open: O, inbox: Inbox) -> Self {
        Self {
            open,
            panel: None,
            medium: Medium::Oled,
            stuck: false,
            said: None,
            inbox,
        }
    }

    /// Brings the glass up to date, as far as it can be, and says when to look again, if that is before
    /// the next snapshot. Never fails: a panel that does not work is reported and tried again.
    pub(super) fn turn(&mut self, snapshot: &Snapshot, now: Mono) -> Option<Mono> {
        let (event, wake_at) = match self.bring_up_to_date(snapshot, now) {
            Ok(wake_at) => (PanelEvent::Attached, wake_at),
            Err(error) => {
                self.panel = None;
                self.stuck = matches!(error, PanelError::Busy { .. });
                let why = error.to_string();
                (PanelEvent::Lost { why }, Some(now + self.retry()))
            }
        };
        if self.report(event) {
            return wake_at;
        }
        let again = now + limits::PANEL_RETRY;
        Some(wake_at.map_or(again, |wake_at| wake_at.min(again)))
    }

    fn bring_up_to_date(
        &mut self,
        snapshot: &Snapshot,
        now: Mono,
    ) -> Result<Option<Mono>, PanelError> {
        let attached = match &mut self.panel {
            Some(attached) => attached,
            empty => empty.insert(Attached {
                panel: (self.open)()?,
                care: Care::New,
            }),
        };
        self.medium = attached.panel.format().medium;
        match self.medium {
            Medium::Oled => attached.light(snapshot, now),
            Medium::Paper => attached.print(snapshot, now),
        }
    }

    fn retry(&self) -> std::time::Duration {
        match self.medium {
            Medium::Oled => limits::PANEL_RETRY,
            Medium::Paper => paper::RETRY,
        }
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

    /// Leaves behind what is to stay: no code, above all. A panel that was lost is tried once more, unless
    /// it would only keep the process from ending.
    pub(super) fn part(mut self, now: Mono) {
        let attached = match self.panel.take() {
            Some(attached) => Ok(attached),
            None if self.stuck => return,
            None => (self.open)().map(|panel| Attached {
                panel,
                care: Care::New,
            }),
        };
        if let Err(error) = attached.and_then(|attached| attached.part(now)) {
            log::warn!("the panel could not be cleared: {error}");
        }
    }
}

impl Attached {
    /// An OLED: what changed, or everything when it is due.
    fn light(&mut self, snapshot: &Snapshot, now: Mono) -> Result<Option<Mono>, PanelError> {
        let glow = view::glow(snapshot, now);
        let panel = &mut self.panel;
        let (refresh, set_up_at) = match &self.care {
            Care::Oled { glow: before, .. } if glow == Glow::Off => {
                if *before != Glow::Off {
                    panel.set_glow(Glow::Off)?;
                    self.care = Care::Oled {
                        glow,
                        set_up_at: now,
                    };
                }
                return Ok(None);
            }
            Care::Oled {
                glow: before,
                set_up_at,
            } => {
                let woken = *before == Glow::Off;
                // What says nothing when it is pulled out is set up anew with every step of a code.
                let blind = !panel.answers() && *before != glow;
                if woken || blind || now >= renew_at(panel.as_ref(), *set_up_at) {
                    (Refresh::Full, now)
                } else {
                    (Refresh::Partial, *set_up_at)
                }
            }
            Care::New | Care::Paper { .. } => {
                panel.set_glow(glow)?;
                (Refresh::Full, now)
            }
        };
        let format = panel.format();
        panel.show(&view::draw(snapshot, format, now), refresh)?;
        panel.set_glow(glow)?;
        self.care = Care::Oled { glow, set_up_at };
        if glow == Glow::Off {
            return Ok(None);
        }
        let renew_at = renew_at(panel.as_ref(), set_up_at);
        let own = view::next_change(snapshot, format.medium, now);
        Ok(Some(own.map_or(renew_at, |own| own.min(renew_at))))
    }

    /// E-paper: what its policy says, and then sleep.
    fn print(&mut self, snapshot: &Snapshot, now: Mono) -> Result<Option<Mono>, PanelError> {
        let format = self.panel.format();
        let frame = view::draw(snapshot, format, now);
        let wish = |changed| Wish {
            changed,
            code: view::shows_code(snapshot),
            attended: snapshot.attended,
            shutting_down: snapshot.shutting_down,
        };
        let own = view::next_change(snapshot, format.medium, now);
        let due = self.print_frame(frame, wish, now)?;
        Ok(Some(own.map_or(due, |own| own.min(due))))
    }

    /// Does what the policy says about a frame, and says when it has more to say.
    fn print_frame(
        &mut self,
        frame: Frame,
        wish: impl Fn(bool) -> Wish,
        now: Mono,
    ) -> Result<Mono, PanelError> {
        let (paper, changed) = match &self.care {
            Care::Paper { paper, shown } => (paper.clone(), *shown != frame),
            Care::New | Care::Oled { .. } => (Paper::default(), true),
        };
        let refresh = match paper.next(now, wish(changed)) {
            Step::Show(refresh) => refresh,
            Step::Later(at) | Step::Rest(at) => return Ok(at),
        };
        self.panel.show(&frame, refresh)?;
        self.panel.rest()?;
        let mut paper = paper;
        let wish = wish(false);
        paper.shown(now, refresh, wish.code);
        let due = match paper.next(now, wish) {
            Step::Later(at) | Step::Rest(at) => at,
            Step::Show(_) => now,
        };
        self.care = Care::Paper {
            paper,
            shown: frame,
        };
        Ok(due)
    }

    /// The last picture, and then darkness or sleep.
    fn part(mut self, now: Mono) -> Result<(), PanelError> {
        let format = self.panel.format();
        let frame = view::parting(format);
        if format.medium == Medium::Paper {
            let wish = |changed| Wish {
                changed,
                code: false,
                attended: false,
                shutting_down: true,
            };
            return self.print_frame(frame, wish, now).map(drop);
        }
        if matches!(self.care, Care::New) {
            self.panel.set_glow(Glow::Off)?;
        }
        self.panel.show(&frame, Refresh::Full)?;
        self.panel.set_glow(Glow::Off)
    }
}

/// When an OLED that was set up then is due again: a loose contact takes its settings and its picture
/// away without a failed transfer.
fn renew_at(panel: &dyn Panel, set_up_at: Mono) -> Mono {
    if !panel.answers() {
        return set_up_at + limits::PANEL_RENEW_BLIND;
    }
    // Full minutes, when the picture wanders anyway.
    let minutes = set_up_at.0.as_secs() / limits::PANEL_RENEW.as_secs();
    let minutes = u32::try_from(minutes + 1).unwrap_or(u32::MAX);
    Mono(limits::PANEL_RENEW.saturating_mul(minutes))
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
