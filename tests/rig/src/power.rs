//! The box as a process: switched on, switched off, or cut off in the middle of a write.
//!
//! Its log is read line by line on a thread, so that a test can wait for a line instead of sleeping,
//! and so that all of it can be searched for secrets afterwards.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

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
}

/// A running box.
pub struct PoweredBox {
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    page: SocketAddr,
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
                "board = \"bench\"\n\n[bench]\nsocket = '{}'\nworld = '{}'\n",
                socket.display(),
                self.folder.join("world").display(),
            ),
            None => "board = \"headless\"\n".to_owned(),
        };
        let text = format!(
            "state_dir = '{state}'\n{board}\n[http]\nlisten = \"127.0.0.1:0\"\n\n[whatsapp]\n\
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
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        PoweredBox::watch(child)
    }
}

fn read_log(stderr: impl std::io::Read, log: &Log) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
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
    /// Watches a box that was started otherwise, with its standard error piped, and waits until its
    /// page answers.
    pub fn watch(mut child: Child) -> Result<Self> {
        let log = Arc::new(Log::default());
        let reader = child.stderr.take().map(|stderr| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || read_log(stderr, &log))
        });
        let mut powered = Self {
            child,
            log,
            reader,
            page: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let line = powered.wait_log(0, Duration::from_secs(20), |line| line.contains("page at"))?;
        powered.page = address(&line.1).context("the log names no address")?;
        Ok(powered)
    }

    /// The page's address.
    #[must_use]
    pub fn page(&self) -> SocketAddr {
        self.page
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

    /// The first account as the page's status tells it.
    pub fn account(&self) -> Result<Value> {
        let status = self.get("/api/v1/status")?;
        let status: Value = serde_json::from_str(&status)?;
        status["data"]
            .get(0)
            .or_else(|| status["sessions"].get(0))
            .cloned()
            .context("no account")
    }

    /// The body of a page.
    pub fn get(&self, path: &str) -> Result<String> {
        let mut answer = self.agent().get(self.url(path)).call()?;
        Ok(answer.body_mut().read_to_string()?)
    }

    /// The body of a binary page.
    pub fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let mut answer = self.agent().get(self.url(path)).call()?;
        Ok(answer.body_mut().read_to_vec()?)
    }

    /// Posts JSON; the status code and the body, whatever the code.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, String)> {
        let mut answer = self
            .agent()
            .post(self.url(path))
            .header("content-type", "application/json")
            .send(body)?;
        let code = answer.status().as_u16();
        Ok((code, answer.body_mut().read_to_string()?))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.page)
    }

    #[allow(
        clippy::unused_self,
        reason = "one agent for each call keeps no connection open"
    )]
    fn agent(&self) -> ureq::Agent {
        ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(40)))
            .http_status_as_error(false)
            .build()
            .into()
    }
}

impl Drop for PoweredBox {
    fn drop(&mut self) {
        // Gone already, or it goes now: a test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
