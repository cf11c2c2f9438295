//! What the buttons do, in words: each press and release, how badly it bounced, and lines that are
//! stuck or chatter.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{Interrupt, TrialError};
use crate::board::ButtonLines;
use crate::button::watcher::News;
use crate::button::{ButtonError, Buttons};
use crate::clock::Clock;
use crate::event::{Button, Edge};
use crate::limits;
use crate::time::Mono;

/// Pressed for so long, a button is said to be stuck. Twice the longest hold there is.
const STUCK: Duration = Duration::from_secs(20);

/// How often the person's wish to end is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Whoever hears the buttons in a trial.
pub type Ear = Box<dyn FnMut(Button, u8, News) -> bool + Send>;

/// Says on `out` what the buttons do until it is interrupted, or `length` is over. `watch` starts
/// watching them.
///
/// # Errors
/// [`TrialError::Buttons`] when they cannot be watched; [`TrialError::Terminal`].
pub fn run(
    lines: &ButtonLines,
    watch: impl FnOnce(Ear) -> Result<Buttons, ButtonError>,
    length: Option<Duration>,
    clock: Clock,
    interrupt: &Interrupt,
    out: &mut impl Write,
) -> Result<(), TrialError> {
    let names: Vec<_> = lines
        .iter()
        .map(|(button, line)| format!("{} (GPIO {})", button.name(), line.line))
        .collect();
    writeln!(out, "Press {}. Ctrl-C ends.", names.join(", "))?;
    let (say, said) = channel();
    let watched = watch(Box::new(move |button, line, news| {
        say.send((button, line, news)).is_ok()
    }))?;
    let end = length.map(|length| clock.mono() + length);
    let mut trial = Trial::new(lines);
    let mut ended = false;
    while !ended {
        ended = interrupt.within(LOOK) || end.is_some_and(|end| clock.mono() >= end);
        let mut words = Vec::new();
        for (button, line, news) in said.try_iter() {
            words.extend(trial.hear(button, line, news));
        }
        words.extend(trial.turn(clock.mono()));
        for words in words {
            writeln!(out, "{words}")?;
        }
        out.flush()?;
    }
    drop(watched);
    for words in trial.summary() {
        writeln!(out, "{words}")?;
    }
    Ok(())
}

/// The buttons of a trial. Pure: times are handed in.
pub struct Trial {
    contacts: BTreeMap<Button, Contact>,
}

struct Contact {
    line: u8,
    /// The debounced level.
    pressed: bool,
    /// Since when.
    since: Mono,
    /// The level after the last edge.
    raw: bool,
    /// When the contact began to move, and when it last did.
    moved: Option<(Mono, Mono)>,
    /// Edges since it began to move.
    edges: u32,
    /// It was said that it is stuck.
    stuck: bool,
    presses: u32,
    bounces_max: u32,
}

impl Trial {
    /// Nothing pressed yet.
    #[must_use]
    pub fn new(lines: &ButtonLines) -> Self {
        let contact = |line| Contact {
            line,
            pressed: false,
            since: Mono::START,
            raw: false,
            moved: None,
            edges: 0,
            stuck: false,
            presses: 0,
            bounces_max: 0,
        };
        let contacts = lines
            .iter()
            .map(|(button, line)| (button, contact(line.line)));
        Self {
            contacts: contacts.collect(),
        }
    }

    /// Takes what was heard of a line, and says what there is to say.
    pub fn hear(&mut self, button: Button, line: u8, news: News) -> Vec<String> {
        let warned = match news {
            News::Edge(edge) => return self.edge(edge),
            News::Held => {
                "is pressed or shorted: let go of it, or check `pull` and `pressed` in the board's file"
                    .to_owned()
            }
            News::Chatters => "chatters: check its wires and resistor".to_owned(),
            News::Calm => "is calm again".to_owned(),
            News::Gone(error) => format!("cannot be had: {error}"),
            News::Back => "is there again".to_owned(),
            News::Polled => format!(
                "tells no edges: looked at every {} ms, so a short press may be missed",
                limits::BUTTON_POLL.as_millis()
            ),
        };
        vec![format!("{}{warned}", head(button, line))]
    }

    /// Lets the time pass until `now`, and says what there is to say.
    pub fn turn(&mut self, now: Mono) -> Vec<String> {
        let said = self.contacts.iter_mut().flat_map(|(button, contact)| {
            let settled = contact.settle(now);
            let stuck = contact.stuck(now);
            let head = head(*button, contact.line);
            settled
                .into_iter()
                .chain(stuck)
                .map(move |words| format!("{head}{words}"))
        });
        said.collect()
    }

    /// What there is to say at the end.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let said = self.contacts.iter().map(|(button, contact)| {
            let head = head(*button, contact.line);
            match contact.presses {
                0 => format!("{head}never pressed"),
                presses => format!(
                    "{head}{presses} presses, bounced {} times at most",
                    contact.bounces_max
                ),
            }
        });
        said.collect()
    }

    fn edge(&mut self, edge: Edge) -> Vec<String> {
        // Whatever was complete before this edge is said before it.
        let said = self.turn(edge.at);
        if let Some(contact) = self.contacts.get_mut(&edge.button) {
            contact.raw = edge.pressed;
            contact.edges += 1;
            let began = contact.moved.map_or(edge.at, |(began, _)| began);
            contact.moved = Some((began, edge.at));
        }
        said
    }
}

impl Contact {
    /// The level stood long enough.
    fn settle(&mut self, now: Mono) -> Option<String> {
        let (began, last) = self.moved?;
        if now.since(last) < limits::DEBOUNCE {
            return None;
        }
        self.moved = None;
        // There and back is one bounce.
        let edges = std::mem::take(&mut self.edges);
        if self.raw == self.pressed {
            let over = last.since(began).as_millis();
            return Some(format!("moved {edges} times within {over} ms: no press"));
        }
        let bounces = edges / 2;
        let lasted = began.since(self.since).as_secs_f64();
        self.pressed = self.raw;
        self.since = began;
        self.stuck = false;
        self.bounces_max = self.bounces_max.max(bounces);
        Some(if self.pressed {
            self.presses += 1;
            format!("pressed, bounced {bounces} times")
        } else {
            format!("released after {lasted:.2} s, bounced {bounces} times")
        })
    }

    fn stuck(&mut self, now: Mono) -> Option<String> {
        let is_stuck = self.pressed && now.since(self.since) >= STUCK;
        (is_stuck && !std::mem::replace(&mut self.stuck, true)).then(|| {
            let seconds = STUCK.as_secs();
            format!("has been pressed for {seconds} s: stuck, or shorted?")
        })
    }
}

fn head(button: Button, line: u8) -> String {
    format!("{:<10} GPIO {line:<2}  ", button.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{ButtonLine, Level, Pull};

    fn trial() -> Trial {
        let line = |line| ButtonLine {
            line,
            pull: Pull::Up,
            pressed: Level::Low,
        };
        Trial::new(&ButtonLines {
            connect: line(5),
            disconnect: line(26),
            previous: None,
            next: None,
            select: None,
        })
    }

    fn at(millis: u64) -> Mono {
        Mono(Duration::from_millis(millis))
    }

    fn edges(trial: &mut Trial, button: Button, edges: &[(u64, bool)]) -> Vec<String> {
        let mut said = Vec::new();
        for &(millis, pressed) in edges {
            let at = at(millis);
            let edge = Edge {
                button,
                pressed,
                at,
            };
            said.extend(trial.hear(button, 5, News::Edge(edge)));
        }
        said
    }

    #[test]
    fn presses_are_told_with_their_bounces_and_lengths() {
        let mut trial = trial();
        let train = [
            (1_000, true),
            (1_002, false),
            (1_003, true),
            (1_500, false),
            (1_501, true),
            (1_502, false),
            (1_503, true),
            (1_504, false),
        ];
        // The press is complete before the release comes, without anybody having looked.
        let said = edges(&mut trial, Button::Connect, &train);
        assert_eq!(said, ["connect    GPIO 5   pressed, bounced 1 times"]);
        assert_eq!(trial.turn(at(1_533)), [""; 0]);
        let said = trial.turn(at(1_534));
        assert_eq!(
            said,
            ["connect    GPIO 5   released after 0.50 s, bounced 2 times"]
        );
        assert_eq!(trial.turn(at(90_000)), [""; 0]);
        assert_eq!(
            trial.summary(),
            [
                "connect    GPIO 5   1 presses, bounced 2 times at most",
                "disconnect GPIO 26  never pressed",
            ]
        );
    }

    #[test]
    fn a_glitch_is_no_press_and_is_told() {
        let mut trial = trial();
        edges(&mut trial, Button::Connect, &[(10, true), (13, false)]);
        let said = trial.turn(at(100));
        assert_eq!(
            said,
            ["connect    GPIO 5   moved 2 times within 3 ms: no press"]
        );
    }

    #[test]
    fn a_stuck_button_is_told_once() {
        let mut trial = trial();
        edges(&mut trial, Button::Connect, &[(0, true)]);
        assert_eq!(trial.turn(at(100)).len(), 1);
        assert_eq!(trial.turn(at(19_999)), [""; 0]);
        let said = trial.turn(at(20_000));
        assert!(said[0].contains("stuck"), "{said:?}");
        assert_eq!(trial.turn(at(40_000)), [""; 0]);
    }
}
