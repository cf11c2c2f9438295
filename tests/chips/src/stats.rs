//! What went over a bus, and how long it took.

use std::time::Duration;

/// Counted from the start; take [`Stats::since`] to measure something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Write transactions: from start to stop condition, or from chip select to its end.
    pub transactions: u64,
    /// Bytes in them, without the address byte of I2C, acknowledged or not.
    pub bytes: u64,
    /// Those of them that went to display RAM.
    pub ram_bytes: u64,
    /// How long the bus was taken at its clock: I2C 9 bits a byte, the address byte, start and stop;
    /// SPI 8 bits a byte.
    pub bus_time: Duration,
}

impl Stats {
    /// What came after an earlier count of the same cable.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            transactions: self.transactions.saturating_sub(earlier.transactions),
            bytes: self.bytes.saturating_sub(earlier.bytes),
            ram_bytes: self.ram_bytes.saturating_sub(earlier.ram_bytes),
            bus_time: self.bus_time.saturating_sub(earlier.bus_time),
        }
    }
}

/// The time of so many bits at a clock in hertz.
pub(crate) fn bits_at(bits: u64, hz: u32) -> Duration {
    Duration::from_nanos(bits * 1_000_000_000 / u64::from(hz.max(1)))
}
