//! The buttons: levels of the GPIO controller, set through QEMU's test protocol.
//!
//! The model has no inputs and no edges; writing its set and clear registers from outside changes what
//! a read of the level sees. pairbox looks at every line each 5 s, finds the change nobody told it, and
//! from then on at that line each 200 ms: so the first press of a line only introduces it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pairbox_chips::{Cable, Picture};

/// BCM2835 ARM Peripherals, 6.1: GPSET0 and GPCLR0 as the ARM of a Pi 3 sees them.
const SET: u32 = 0x3f20_001c;
const CLEAR: u32 = 0x3f20_0028;

/// The header's lines, 2 to 27.
const HEADER: u32 = 0x0fff_fffc;

/// Long enough for two looks, short enough not to be a hold (600 ms).
const TAP: Duration = Duration::from_millis(350);

/// A look may take 5 s, the bar of a hold comes 600 ms later, and the guest is slow.
const INTRODUCED: Duration = Duration::from_secs(40);

/// Both hands of a person at the box.
pub struct Finger {
    writer: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Finger {
    /// Takes QEMU's test socket, and holds all lines high, as the resistors do.
    pub fn new(socket: UnixStream) -> Result<Self> {
        let reader = BufReader::new(socket.try_clone()?);
        let mut finger = Self {
            writer: socket,
            reader,
        };
        finger.write(SET, HEADER)?;
        Ok(finger)
    }

    /// Presses until the box notices, which the bar of a hold on the glass tells, and lets go: too early
    /// for a hold, too late for a press, so nothing is done.
    pub fn introduce(&mut self, line: u32, glass: &Cable) -> Result<()> {
        let before = glass.picture();
        self.write(CLEAR, 1 << line)?;
        let seen = glass.wait_picture(INTRODUCED, "a button that is held", |now: &Picture| {
            *now != before
        });
        self.write(SET, 1 << line)?;
        seen.map(drop).context("the button was never noticed")
    }

    /// A short press.
    pub fn tap(&mut self, line: u32) -> Result<()> {
        self.write(CLEAR, 1 << line)?;
        std::thread::sleep(TAP);
        self.write(SET, 1 << line)
    }

    fn write(&mut self, register: u32, value: u32) -> Result<()> {
        writeln!(self.writer, "writel {register:#x} {value:#x}")?;
        let mut answer = String::new();
        self.reader.read_line(&mut answer)?;
        ensure!(answer.trim() == "OK", "QEMU says: {answer}");
        Ok(())
    }
}
