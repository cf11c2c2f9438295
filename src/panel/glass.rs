//! What the panel thread does each time it wakes: the policy, without the waiting.
//!
//! Present or lost, set up anew now and then, refreshed when `paper` says so, and every change of its
//! health reported once. Time is an argument, so that tests can let hours pass. A panel that has
//! nothing to show costs nothing: no byte on its bus, and no wake-up of the thread.

use super::paper::{Paper, Step, Wish};
use super::{Open, Panel, PanelError, Refresh};
use crate::event::{Event, PanelEvent};
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::snapshot::Snapshot;
use crate::time::Mono;
use crate::view::{self, Frame, Glow, Medium};

/// The panel, there or not, and what was reported about it.
pub struct Glass<O> {
    open: O,
    panel: Option<Attached>,
    /// The last panel could not be brought to do anything: not even to forget a code.
    stuck: bool,
    /// Whether the last report that was delivered said "attached"; `None` before the first.
    said: Option<bool>,
    inbox: Inbox,
}

struct Attached {
    panel: Box<dyn Panel>,
    care: Care,
    /// It was put back: somebody wants to see that.
    was_lost: bool,
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
    /// A panel that is not opened yet; its health goes to `inbox`.
    pub fn new(open: O, inbox: Inbox) -> Self {
        Self {
            open,
            panel: None,
            stuck: false,
            said: None,
            inbox,
        }
    }

    /// Brings the glass up to date, as far as it can be, and says when to look again, if that is before
    /// the next snapshot. Never fails: a panel that does not work is reported and tried again.
    pub fn turn(&mut self, snapshot: &Snapshot, now: Mono) -> Option<Mono> {
        let (event, wake_at) = match self.bring_up_to_date(snapshot, now) {
            Ok(wake_at) => (PanelEvent::Attached, wake_at),
            Err(error) => {
                self.panel = None;
                self.stuck = matches!(error, PanelError::Busy { .. });
                let why = error.to_string();
                (PanelEvent::Lost { why }, Some(now + limits::PANEL_RETRY))
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
                was_lost: self.said == Some(false),
            }),
        };
        match attached.panel.format().medium {
            Medium::Oled => attached.light(snapshot, now),
            Medium::Paper => attached.print(snapshot, now),
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

    /// Leaves behind what is to stay: no code, above all. A panel that was lost is tried twice more, for
    /// the two addresses an OLED may have, unless it would only keep the process from ending.
    pub fn part(mut self, now: Mono) {
        let outcome = match self.panel.take() {
            Some(attached) => attached.part(now),
            None if self.stuck => return,
            None => match self.part_lost(now) {
                Err(PanelError::Bus { .. }) => self.part_lost(now),
                outcome => outcome,
            },
        };
        if let Err(error) = outcome {
            log::warn!("the panel could not be cleared: {error}");
        }
    }

    fn part_lost(&mut self, now: Mono) -> Result<(), PanelError> {
        let attached = Attached {
            panel: (self.open)()?,
            care: Care::New,
            was_lost: false,
        };
        attached.part(now)
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
            waited_for: snapshot.attended || snapshot.shutting_down,
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
            Step::Show(_) if std::mem::take(&mut self.was_lost) => Refresh::Fast,
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
                waited_for: true,
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
