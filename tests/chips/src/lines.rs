//! Simulated button lines: levels, edges, and contacts that bounce.
//!
//! A line is pulled up and a pressed button pulls it down, as on the boards; whoever listens is told
//! each edge with its polarity resolved. What an edge means is not decided here.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use embedded_hal::digital::{ErrorType, InputPin};

/// The buttons of the box. The numbers are those of the bench's wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Button {
    /// Pair / connect.
    Connect = 0,
    /// Disconnect; held: log out.
    Disconnect = 1,
    /// The previous account.
    Previous = 2,
    /// The next account.
    Next = 3,
    /// Between an account and the overview.
    Select = 4,
}

impl Button {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Connect,
        Self::Disconnect,
        Self::Previous,
        Self::Next,
        Self::Select,
    ];
}

/// A line changed its level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Whose line.
    pub button: Button,
    /// The level after the edge.
    pub pressed: bool,
}

/// How a contact behaves before it settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounce {
    /// How often it opens and closes again before it stays.
    pub times: u32,
    /// From one edge to the next.
    pub every: Duration,
}

impl Bounce {
    /// A perfect contact.
    pub const NONE: Self = Self {
        times: 0,
        every: Duration::ZERO,
    };

    /// A cheap switch: settles after 12 ms.
    pub const CHEAP: Self = Self {
        times: 4,
        every: Duration::from_micros(1500),
    };
}

type Listener = Box<dyn FnMut(Edge) -> bool + Send>;

/// The lines of one box. Clones are the same lines.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    pressed: [bool; Button::ALL.len()],
    listeners: Vec<Listener>,
}

impl Lines {
    /// All buttons released, nobody listening.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `listener` for every edge from now on, until it returns `false`.
    pub fn listen(&self, listener: impl FnMut(Edge) -> bool + Send + 'static) {
        self.with(|state| state.listeners.push(Box::new(listener)));
    }

    /// Presses a button and leaves it pressed.
    pub fn press(&self, button: Button) {
        self.set(button, true);
    }

    /// Lets a button go.
    pub fn release(&self, button: Button) {
        self.set(button, false);
    }

    /// Moves a line to a level as a bouncing contact does. Takes as long as the bouncing.
    pub fn bounce(&self, button: Button, pressed: bool, bounce: Bounce) {
        for _ in 0..bounce.times {
            self.set(button, pressed);
            wait(bounce.every);
            self.set(button, !pressed);
            wait(bounce.every);
        }
        self.set(button, pressed);
    }

    /// Presses a button for `length` and lets it go. Returns after the release.
    pub fn hold(&self, button: Button, length: Duration) {
        self.press(button);
        wait(length);
        self.release(button);
    }

    /// A line with a fault or a radio beside it: changes its level `edges` times, one edge `every` so
    /// often. Takes as long as that; an even number of edges ends at the level it began with.
    #[allow(
        clippy::disallowed_methods,
        reason = "the pace of the edges is what is simulated"
    )]
    pub fn storm(&self, button: Button, edges: u32, every: Duration) {
        let start = Instant::now();
        for edge in 1..=edges {
            self.set(button, !self.is_pressed(button));
            // A sleep is longer than asked for; the next ones make up for it.
            let ahead = (every * edge).saturating_sub(start.elapsed());
            if !ahead.is_zero() {
                wait(ahead);
            }
        }
    }

    /// The line as a board sees it: low while pressed.
    #[must_use]
    pub fn pin(&self, button: Button) -> Pin {
        Pin {
            lines: self.clone(),
            button,
        }
    }

    fn is_pressed(&self, button: Button) -> bool {
        self.with(|state| state.pressed[button as usize])
    }

    fn set(&self, button: Button, pressed: bool) {
        self.with(|state| {
            let level = &mut state.pressed[button as usize];
            if std::mem::replace(level, pressed) != pressed {
                let edge = Edge { button, pressed };
                state.listeners.retain_mut(|listener| listener(edge));
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A finger and a contact take real time; nothing is synchronised by it.
#[allow(
    clippy::disallowed_methods,
    reason = "the length of a press is what is simulated"
)]
fn wait(length: Duration) {
    std::thread::sleep(length);
}

/// One line behind the trait that drivers of real boards implement.
pub struct Pin {
    lines: Lines,
    button: Button,
}

impl ErrorType for Pin {
    type Error = Infallible;
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(!self.lines.is_pressed(self.button))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.lines.is_pressed(self.button))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_told_once_and_lines_are_active_low() {
        let lines = Lines::new();
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        lines.listen(move |edge| {
            sink.lock().unwrap().push(edge.pressed);
            true
        });
        lines.press(Button::Connect);
        lines.press(Button::Connect);
        assert!(lines.pin(Button::Connect).is_low().unwrap());
        assert!(lines.pin(Button::Disconnect).is_high().unwrap());
        let bounce = Bounce {
            times: 2,
            every: Duration::ZERO,
        };
        lines.bounce(Button::Connect, false, bounce);
        assert_eq!(
            *told.lock().unwrap(),
            [true, false, true, false, true, false]
        );
    }

    #[test]
    fn every_button_has_its_own_line() {
        let lines = Lines::new();
        for button in Button::ALL {
            lines.press(button);
            let low = Button::ALL.map(|other| lines.pin(other).is_low().unwrap());
            let expected = Button::ALL.map(|other| other == button);
            assert_eq!(low, expected);
            lines.release(button);
        }
    }

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "the pace of the storm is what is measured"
    )]
    fn a_storm_has_as_many_edges_as_asked_for_and_keeps_its_pace() {
        let lines = Lines::new();
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        lines.listen(move |edge| {
            sink.lock().unwrap().push(edge);
            true
        });
        let start = Instant::now();
        lines.storm(Button::Next, 1000, Duration::from_micros(100));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(100), "{took:?}");
        let told = told.lock().unwrap();
        let pressed: Vec<bool> = told.iter().map(|edge| edge.pressed).collect();
        assert_eq!(pressed.len(), 1000);
        assert!(pressed.chunks(2).all(|pair| pair == [true, false]));
        assert!(told.iter().all(|edge| edge.button == Button::Next));
        assert!(lines.pin(Button::Next).is_high().unwrap());
    }
}
