//! The panel: what QEMU's trace says went over the I2C bus, given to the model of the chip.
//!
//! QEMU puts an SSD0303 there because something has to acknowledge; what it makes of the bytes is
//! nobody's business. The model is the one of all other tests, and refuses what the real chip would.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use pairbox_chips::Cable;

/// The panel's address.
pub const ADDRESS: u8 = 0x3c;

/// How often the end of the trace is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One write on the bus, as the trace tells it line by line.
#[derive(Default)]
pub struct Transcript {
    address: Option<u8>,
    bytes: Vec<u8>,
}

impl Transcript {
    /// Takes a line of the trace; gives a transaction when it is complete.
    pub fn line(&mut self, line: &str) -> Option<(u8, Vec<u8>)> {
        let (_, event) = line.split_once("i2c_")?;
        let address = hex(event, "addr:0x");
        if let Some(rest) = event
            .strip_prefix("send ")
            .or_else(|| event.strip_prefix("send_async "))
        {
            self.bytes.extend(hex(rest, "data:0x"));
            None
        } else if event.starts_with("event start") {
            // Without a stop condition in between: a repeated start.
            let complete = self.complete();
            self.address = address;
            complete
        } else if event.starts_with("event finish") {
            self.complete()
        } else {
            None
        }
    }

    fn complete(&mut self) -> Option<(u8, Vec<u8>)> {
        let bytes = std::mem::take(&mut self.bytes);
        let address = self.address.take()?;
        (!bytes.is_empty()).then_some((address, bytes))
    }
}

fn hex(text: &str, after: &str) -> Option<u8> {
    let digits = text.split_once(after)?.1.get(..2)?;
    u8::from_str_radix(digits, 16).ok()
}

/// Follows a trace while it is written.
pub struct Follower {
    stop: Arc<AtomicBool>,
    lit_at: Arc<Mutex<Option<Instant>>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Gives what comes in the trace to the panel, from its beginning.
    pub fn start(trace: &Path, glass: Cable) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let lit_at = Arc::new(Mutex::new(None));
        let thread = {
            let (stop, lit_at, trace) = (Arc::clone(&stop), Arc::clone(&lit_at), trace.to_owned());
            std::thread::spawn(move || {
                // It ends with the trace it could not read: the glass stays dark, and that is seen.
                let _ = follow(&trace, &glass, &stop, &lit_at);
            })
        };
        Self {
            stop,
            lit_at,
            thread: Some(thread),
        }
    }

    /// When the first picture was on the glass.
    pub fn lit_at(&self) -> Option<Instant> {
        *self.lit_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn follow(
    trace: &PathBuf,
    glass: &Cable,
    stop: &AtomicBool,
    lit_at: &Mutex<Option<Instant>>,
) -> Result<()> {
    let mut file = BufReader::new(
        File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(trace)?,
    );
    file.seek(SeekFrom::Start(0))?;
    let (mut transcript, mut line) = (Transcript::default(), String::new());
    while !stop.load(Ordering::Relaxed) {
        if file.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            std::thread::sleep(LOOK);
            continue;
        }
        if let Some((address, bytes)) = transcript.line(&line) {
            // What the chip does not understand is kept as a violation, and looked at in the end.
            let _ = glass.i2c_write(address, &bytes);
            let mut lit_at = lit_at.lock().unwrap_or_else(PoisonError::into_inner);
            if lit_at.is_none() && !glass.picture().is_dark() {
                *lit_at = Some(Instant::now());
            }
        }
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
i2c_event start(addr:0x3c)
i2c_send send(addr:0x3c) data:0x00
i2c_send send(addr:0x3c) data:0xae
i2c_event start(addr:0x3c)
12345@1700000000.000001:i2c_send send(addr:0x3c) data:0x40
something else
i2c_event finish(addr:0x3c)
i2c_event start(addr:0x3c)
i2c_event finish(addr:0x3c)
";

    #[test]
    fn a_trace_is_read_as_the_writes_it_tells_of() {
        let mut transcript = Transcript::default();
        let writes: Vec<_> = TRACE
            .lines()
            .filter_map(|line| transcript.line(line))
            .collect();
        assert_eq!(writes, [(0x3c, vec![0x00, 0xae]), (0x3c, vec![0x40])]);
    }
}
