//! The two RAM planes of such a chip, their window and their address counter (SSD1680 and SSD1683
//! datasheets, "RAM" and commands 0x11, 0x44, 0x45, 0x4E, 0x4F).
//!
//! X counts bytes, eight sources each, the leftmost in the highest bit; Y counts gate lines.

use crate::noise::noise;
use crate::violation::Violation;

/// One of the planes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plane {
    /// "Black/white RAM", 0x24: the picture to be shown.
    New,
    /// "Red RAM", 0x26: the picture that is there, as far as the chip is told.
    Old,
}

/// What display mode 2 does to the planes when it has shown them, unless command 0x37 says so. The
/// datasheets have it off and do not say what "RAM Ping-Pong" moves; what a glass was programmed with
/// nobody publishes, and drivers that work disagree. Whoever is right with all of them is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PingPong {
    /// Nothing.
    #[default]
    Off,
    /// The new one is copied to the old one.
    Copies,
    /// They change places.
    Swaps,
}

/// Where data goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// First and last byte of a line.
    pub x: (usize, usize),
    /// First and last line.
    pub y: (usize, usize),
    /// The address counter.
    pub at: (usize, usize),
    /// Data entry mode, bit ID0: X counts up.
    pub x_up: bool,
    /// Data entry mode, bit ID1: Y counts up.
    pub y_up: bool,
    /// Data entry mode, AM: Y moves first.
    pub y_first: bool,
}

/// The planes and the way into them.
pub struct Ram {
    bytes: usize,
    lines: usize,
    new: Vec<u8>,
    old: Vec<u8>,
    pub window: Window,
}

impl Ram {
    /// RAM of `bytes` bytes in each of `lines` lines.
    pub fn new(bytes: usize, lines: usize) -> Self {
        Self {
            bytes,
            lines,
            new: vec![0; bytes * lines],
            old: vec![0; bytes * lines],
            window: Window {
                x: (0, bytes - 1),
                y: (0, lines - 1),
                at: (0, 0),
                x_up: true,
                y_up: true,
                y_first: false,
            },
        }
    }

    /// A reset, by line or by command: the window is all of it, RAM stays.
    pub fn reset(&mut self) {
        self.window = Self::new(self.bytes, self.lines).window;
    }

    /// RAM lost its supply.
    pub fn fill_with_noise(&mut self, power_up: u64) {
        let planes = self.new.iter_mut().chain(&mut self.old);
        for (byte, noise) in planes.zip(noise(power_up ^ 0x1680)) {
            *byte = noise;
        }
    }

    pub fn set_x(&mut self, command: u8, first: u8, last: u8) -> Result<(), Violation> {
        self.window.x = (usize::from(first), usize::from(last));
        if self.window.x.0.max(self.window.x.1) < self.bytes {
            return Ok(());
        }
        Err(Violation::Window(command))
    }

    pub fn set_y(&mut self, command: u8, first: u16, last: u16) -> Result<(), Violation> {
        self.window.y = (usize::from(first), usize::from(last));
        if self.window.y.0.max(self.window.y.1) < self.lines {
            return Ok(());
        }
        Err(Violation::Window(command))
    }

    /// Whether data may come now, and how many bytes of it fill the window.
    pub fn begin(&self, command: u8) -> Result<usize, Violation> {
        let w = &self.window;
        let runs = |up: bool, (first, last): (usize, usize)| {
            if up { first <= last } else { first >= last }
        };
        let inside = |(a, b): (usize, usize), at: usize| a.min(b) <= at && at <= a.max(b);
        if !runs(w.x_up, w.x) || !runs(w.y_up, w.y) {
            return Err(Violation::Window(command));
        }
        if w.x.0.max(w.x.1) >= self.bytes || w.y.0.max(w.y.1) >= self.lines {
            return Err(Violation::Window(command));
        }
        if !inside(w.x, w.at.0) || !inside(w.y, w.at.1) {
            return Err(Violation::CounterOutsideWindow);
        }
        Ok((w.x.0.abs_diff(w.x.1) + 1) * (w.y.0.abs_diff(w.y.1) + 1))
    }

    /// Stores a byte and moves the counter; only after [`Self::begin`] was content.
    pub fn store(&mut self, plane: Plane, byte: u8) {
        let w = &mut self.window;
        let index = w.at.1 * self.bytes + w.at.0;
        match plane {
            Plane::New => self.new[index] = byte,
            Plane::Old => self.old[index] = byte,
        }
        if w.y_first {
            if step(&mut w.at.1, w.y, w.y_up) {
                step(&mut w.at.0, w.x, w.x_up);
            }
        } else if step(&mut w.at.0, w.x, w.x_up) {
            step(&mut w.at.1, w.y, w.y_up);
        }
    }

    /// The bit for a source, counted from the first that RAM knows, on a line.
    pub fn bit(&self, plane: Plane, source: usize, line: usize) -> bool {
        let bytes = match plane {
            Plane::New => &self.new,
            Plane::Old => &self.old,
        };
        bytes[line * self.bytes + source / 8] & 0x80 >> (source % 8) != 0
    }

    /// Sources and lines that RAM has bits for.
    pub fn size(&self) -> (usize, usize) {
        (self.bytes * 8, self.lines)
    }

    /// A refresh in display mode 2 has read both.
    pub fn shown(&mut self, ping_pong: PingPong) {
        match ping_pong {
            PingPong::Off => {}
            PingPong::Copies => self.old.clone_from(&self.new),
            PingPong::Swaps => std::mem::swap(&mut self.old, &mut self.new),
        }
    }
}

/// Moves a counter within its range; `true` when it went back to the start.
fn step(counter: &mut usize, (first, last): (usize, usize), up: bool) -> bool {
    if *counter == last {
        *counter = first;
        return true;
    }
    *counter = if up { *counter + 1 } else { *counter - 1 };
    false
}
