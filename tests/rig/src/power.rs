//! The box as a process: switched on, switched off, or cut off in the middle of a write.
//!
//! Its log is read line by line on a thread, so that a test can wait for a line instead of sleeping,
//! and so that all of it can be searched for secrets afterwards ([`crate::record`]). Tests talk to it
//! over its control socket, as somebody who is logged in on it, unless they say otherwise.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::doors::{Door, Doors, Reply};
use crate::record::Record;

/// Where a box lives and what it is connected to.
pub struct Socket {
    /// The program, and arguments that come before `--config`.
    pub program: Vec<String>,
    /// A folder of the box's own: configuration and state.
    pub folder: PathBuf,
    /// The simulated service's WebSocket.
    pub endpoint: String,
    /// Where it tells its current version.
    pub version_url: String,
    /// The simulated hardware; `None` runs without a panel.
    pub hardware: Option<PathBuf>,
    /// Lines to add to the configuration.
    pub extra: String,
    /// Where its logs are kept, and what must not be in them.
    pub record: Record,
}

/// A running box.
pub struct PoweredBox {
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    doors: Doors,
    record: Record,
}

#[derive(Default)]
struct Log {
    lines: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, (Vec<String>, bool)> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    /// Writes the configuration a box in this socket runs with, and returns its path.
    pub fn configure(&self) -> Result<PathBuf> {
        let file = self.folder.join("pairbox.toml");
        let board = match &self.hardware {
            Some(socket) => format!(
                "board = \"bench\"\n\n[bench]\nsocket = '{}'\nworld = '{}'\ndisk = '{}'\n",
                socket.display(),
                self.folder.join("world").display(),
                self.folder.join("disk").display(),
            ),
            None => "board = \"headless\"\n".to_owned(),
        };
        let text = format!(
            "state_dir = '{state}'\n{board}\n[log]\nlevel = \"trace\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n[whatsapp]\n\
             endpoint = {endpoint:?}\nversion_url = {version:?}\npre_keys = 30\n{extra}\n",
            state = self.folder.join("state").display(),
            endpoint = self.endpoint,
            version = self.version_url,
            extra = self.extra,
        );
        fs::write(&file, text)?;
        Ok(file)
    }

    /// Switches the box on and waits until its page answers.
    pub fn power_on(&self) -> Result<PoweredBox> {
        let config = self.configure()?;
        let (program, arguments) = self.program.split_first().context("no program")?;
        let child = Command::new(program)
            .args(arguments)
            .arg("--config")
            .arg(config)
            // Under systemd the control socket would be elsewhere.
            .env_remove("RUNTIME_DIRECTORY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        PoweredBox::watch(child, &self.folder.join("state"), &self.record)
    }
}

fn read_log(stderr: impl std::io::Read, log: &Log, mut file: File) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        // A full disk costs the record, not the test.
        let _ = writeln!(file, "{line}");
        log.lock().0.push(line);
        log.changed.notify_all();
    }
    log.lock().1 = true;
    log.changed.notify_all();
}

fn address(line: &str) -> Option<SocketAddr> {
    line.split("http://")
        .nth(1)?
        .split('/')
        .next()?
        .parse()
        .ok()
}

impl PoweredBox {
    /// Watches a box that was started otherwise, with its standard error piped and its state in that
    /// folder, and waits until its page answers.
    pub fn watch(mut child: Child, state: &Path, record: &Record) -> Result<Self> {
        let log = Arc::new(Log::default());
        let file = record.open(child.id())?;
        let reader = child.stderr.take().map(|stderr| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || read_log(stderr, &log, file))
        });
        let mut powered = Self {
            child,
            log,
            reader,
            doors: Doors {
                page: SocketAddr::from(([127, 0, 0, 1], 0)),
                control: state.join("control.sock"),
            },
            record: record.clone(),
        };
        let line = powered.wait_log(0, Duration::from_secs(20), |line| line.contains("page at"))?;
        powered.doors.page = address(&line.1).context("the log names no address")?;
        Ok(powered)
    }

    /// The page's address.
    #[must_use]
    pub fn page(&self) -> SocketAddr {
        self.doors.page
    }

    /// The control socket.
    #[must_use]
    pub fn control(&self) -> &Path {
        &self.doors.control
    }

    /// A text that must not be in the log of this box, nor in that of any other run on its bench.
    pub fn secret(&self, text: &str) {
        self.record.secret(text);
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All log lines so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().0.clone()
    }

    /// Waits for a log line at or after line `from`; returns the number of the next line, and the
    /// line.
    #[allow(clippy::disallowed_methods, reason = "a deadline on the real process")]
    pub fn wait_log(
        &self,
        from: usize,
        within: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(usize, String)> {
        let deadline = Instant::now() + within;
        let mut log = self.log.lock();
        loop {
            let (lines, ended) = &*log;
            let later = lines.iter().enumerate().skip(from);
            if let Some((at, line)) = later.into_iter().find(|(_, line)| wanted(line)) {
                return Ok((at + 1, line.clone()));
            }
            if *ended {
                bail!("the box ended first; its log:\n{}", lines.join("\n"));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "no such line within {within:?}; the log:\n{}",
                    lines.join("\n")
                );
            }
            log = self
                .log
                .changed
                .wait_timeout(log, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Pulls the plug: SIGKILL.
    pub fn cut(mut self) -> Result<Vec<String>> {
        self.child.kill()?;
        self.end().map(|(_, log)| log)
    }

    /// Asks it to end (SIGTERM) and waits for it.
    pub fn switch_off(self) -> Result<(ExitStatus, Vec<String>)> {
        let asked = Command::new("kill").arg(self.id().to_string()).status()?;
        if !asked.success() {
            bail!("the box is not there any more");
        }
        self.end()
    }

    fn end(mut self) -> Result<(ExitStatus, Vec<String>)> {
        let status = self.child.wait()?;
        if let Some(reader) = self.reader.take() {
            // The reader only fails by a panic of its own.
            let _ = reader.join();
        }
        let log = self.log.lock().0.clone();
        Ok((status, log))
    }

    /// Resident memory of the process in KiB, as the kernel counts it.
    pub fn rss_kib(&self) -> Result<u64> {
        crate::stats::rss_kib(self.id())
    }

    /// All accounts as the status tells them, in their order.
    pub fn accounts(&self) -> Result<Vec<Value>> {
        let status: Value = serde_json::from_str(&self.get("/api/v1/status")?)?;
        let sessions = status["sessions"].as_array();
        let sessions = sessions.or_else(|| status["data"].as_array());
        Ok(sessions.context("no sessions in the status")?.clone())
    }

    /// The first account as the status tells it.
    pub fn account(&self) -> Result<Value> {
        self.nth(1)
    }

    /// The `n`th account of the list, from 1.
    pub fn nth(&self, n: usize) -> Result<Value> {
        let mut accounts = self.accounts()?.into_iter();
        let place = n.checked_sub(1).context("accounts count from 1")?;
        accounts
            .nth(place)
            .with_context(|| format!("no account {n}"))
    }

    /// The name of the `n`th account on the wire, from 1.
    pub fn session(&self, n: usize) -> Result<String> {
        let account = self.nth(n)?;
        let name = account["id"]
            .as_str()
            .context("an account without a name")?;
        Ok(name.to_owned())
    }

    /// The path of something of the `n`th account, from 1: `path(1, "qr")`.
    pub fn path(&self, n: usize, of: &str) -> Result<String> {
        Ok(format!("/api/v1/sessions/{}/{of}", self.session(n)?))
    }

    /// Asks over the control socket, as somebody who is logged in on the box.
    pub fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Result<Reply> {
        self.ask_at(self.inside(), method, path, &[], body)
    }

    /// Asks at that door, with those headers.
    pub fn ask_at(
        &self,
        door: Door,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Reply> {
        self.doors.ask(door, method, path, headers, body)
    }

    /// Gets over the network, with a token or as a stranger.
    pub fn get_lan(&self, path: &str, token: Option<&str>) -> Result<Reply> {
        self.ask_lan("GET", path, token, None)
    }

    /// Posts JSON over the network, with a token or as a stranger.
    pub fn post_lan(&self, path: &str, token: Option<&str>, body: &str) -> Result<Reply> {
        self.ask_lan("POST", path, token, Some(body))
    }

    fn ask_lan(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> Result<Reply> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<(&str, &str)> = bearer
            .as_deref()
            .map(|bearer| ("authorization", bearer))
            .into_iter()
            .collect();
        self.ask_at(Door::Lan, method, path, &headers, body)
    }

    /// The body of a page, over the control socket.
    pub fn get(&self, path: &str) -> Result<String> {
        Ok(self.ask("GET", path, None)?.text()?.to_owned())
    }

    /// The body of a binary page, over the control socket.
    pub fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.ask("GET", path, None)?.body)
    }

    /// Posts JSON over the control socket; the status code and the body, whatever the code.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, String)> {
        let reply = self.ask("POST", path, Some(body))?;
        Ok((reply.code, reply.text()?.to_owned()))
    }

    /// Boxes from before the control socket trust whoever is on the same machine.
    fn inside(&self) -> Door {
        if self.doors.control.exists() {
            Door::Control
        } else {
            Door::Lan
        }
    }
}

impl Drop for PoweredBox {
    fn drop(&mut self) {
        // Gone already, or it goes now: a test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
