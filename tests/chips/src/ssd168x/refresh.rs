//! What a refresh is, how long it takes, and what it costs.

use std::time::Duration;

/// One refresh of a glass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refresh {
    /// When it began, on the cable's clock.
    pub at: Duration,
    /// Which one.
    pub kind: RefreshKind,
    /// How long BUSY was high for it.
    pub took: Duration,
}

/// The waveforms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefreshKind {
    /// Display mode 1 with the waveform for the temperature it is: blinks, leaves no ghost.
    Full,
    /// Display mode 1 with the waveform for a temperature it was told: shorter.
    Fast,
    /// Display mode 2: only pixels that change are driven.
    Partial,
}

/// How long each kind of work takes, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Durations {
    pub full: u64,
    pub fast: u64,
    pub partial: u64,
    /// Starting and stopping the high voltage without a refresh.
    pub start: u64,
    pub stop: u64,
}

impl Durations {
    pub fn of(self, kind: RefreshKind) -> Duration {
        Duration::from_millis(match kind {
            RefreshKind::Full => self.full,
            RefreshKind::Fast => self.fast,
            RefreshKind::Partial => self.partial,
        })
    }

    /// A sequence that does not refresh. To load a waveform takes no more than a reset does.
    pub fn idle(self, sequence: Sequence) -> Duration {
        let start = if sequence.analog_on() { self.start } else { 0 };
        let stop = if sequence.analog_off() { self.stop } else { 0 };
        Duration::from_millis((start + stop).max(10))
    }
}

/// The value of 0x22 (SSD1680 table 7, "Display update control 2"), bit by bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sequence(pub u8);

impl Sequence {
    pub fn clock_on(self) -> bool {
        self.0 & 0x80 != 0
    }
    pub fn analog_on(self) -> bool {
        self.0 & 0x40 != 0
    }
    pub fn load_temperature(self) -> bool {
        self.0 & 0x20 != 0
    }
    pub fn load_waveform(self) -> bool {
        self.0 & 0x10 != 0
    }
    pub fn mode_2(self) -> bool {
        self.0 & 0x08 != 0
    }
    pub fn display(self) -> bool {
        self.0 & 0x04 != 0
    }
    pub fn analog_off(self) -> bool {
        self.0 & 0x02 != 0
    }
    pub fn clock_off(self) -> bool {
        self.0 & 0x01 != 0
    }
}
