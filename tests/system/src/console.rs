//! A root shell in the guest, over its serial port.
//!
//! The guest is not changed for it: systemd's own debug shell is asked for on the kernel's command
//! line. It comes up before the services do, and ends with the power.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// From power-on to a shell, on a busy machine.
pub const BOOT: Duration = Duration::from_secs(600);

/// A line may take this long to be answered before it is typed again.
const AGAIN: Duration = Duration::from_secs(3);

/// The shell.
pub struct Console {
    port: UnixStream,
    heard: Arc<Heard>,
    asked: u32,
    /// It is the plain shell that does not echo, not yet systemd's.
    plain: bool,
}

/// What came out of the port so far.
#[derive(Default)]
struct Heard {
    text: Mutex<String>,
    more: Condvar,
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Console {
    /// Listens at the port, and keeps what is heard in `record`.
    pub fn open(port: UnixStream, record: &Path) -> Result<Self> {
        let heard = Arc::new(Heard::default());
        let mut reader = port.try_clone()?;
        let listener = Arc::clone(&heard);
        let mut record = File::options().create(true).append(true).open(record)?;
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                // A full disk costs the record, not the test.
                let _ = record.write_all(&bytes[..length]);
                let text = String::from_utf8_lossy(&bytes[..length]);
                listener.lock().push_str(&text);
                listener.more.notify_all();
            }
        });
        Ok(Self {
            port,
            heard,
            asked: 0,
            plain: false,
        })
    }

    /// Waits until the shell answers.
    pub fn wait_shell(&mut self, within: Duration) -> Result<()> {
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            // Not bash, which echoes by itself. The quotes keep the echo of this line from looking like its
            // answer.
            self.port
                .write_all(b"\nexec sh\nstty -echo; PS1=; PS2=; export TERM=dumb; echo sh''ell\n")
                .context("the serial port")?;
            if self.wait_for("shell\r\n", AGAIN).is_some() {
                // What was typed before is answered, too.
                self.plain = true;
                return self.run("echo", within).map(drop);
            }
        }
        bail!("no shell on the serial port; it said:\n{}", self.tail())
    }

    /// Has a command run, and returns what it printed.
    ///
    /// # Errors
    /// It failed, or was not done in time.
    pub fn run(&mut self, command: &str, within: Duration) -> Result<String> {
        let (code, said) = self.ask(command, within)?;
        ensure!(code == 0, "`{command}` ended with {code}:\n{said}");
        Ok(said)
    }

    /// The same, but whatever its outcome: its exit code comes first.
    pub fn ask(&mut self, command: &str, within: Duration) -> Result<(i32, String)> {
        if !self.plain {
            self.wait_shell(BOOT)?;
        }
        self.asked += 1;
        self.heard.lock().clear();
        let mark = format!("@@{}:", self.asked);
        writeln!(self.port, "{{ {command}\n}} 2>&1; echo \"{mark}$?@@\"")
            .context("the serial port")?;
        let Some(said) = self.wait_for(&mark, within) else {
            bail!(
                "`{command}` was not done within {within:?}:\n{}",
                self.tail()
            );
        };
        let code = self
            .wait_code(&mark)
            .context("half a line on the serial port")?;
        Ok((code, said.replace('\r', "").trim().to_owned()))
    }

    fn wait_code(&self, mark: &str) -> Option<i32> {
        let deadline = Instant::now() + AGAIN;
        while Instant::now() < deadline {
            let text = self.heard.lock().clone();
            let after = text.split(mark).nth(1).unwrap_or_default();
            if let Some((code, _)) = after.split_once("@@") {
                return code.parse().ok();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// What stands before these words, once they are there.
    fn wait_for(&self, words: &str, within: Duration) -> Option<String> {
        let waits = |text: &mut String| !text.contains(words);
        let (text, _) = self
            .heard
            .more
            .wait_timeout_while(self.heard.lock(), within, waits)
            .unwrap_or_else(PoisonError::into_inner);
        text.split_once(words).map(|(before, _)| before.to_owned())
    }

    fn tail(&self) -> String {
        let text = self.heard.lock();
        let start = text.len().saturating_sub(2000);
        text.chars()
            .skip(text[..text.floor_char_boundary(start)].chars().count())
            .collect()
    }
}
