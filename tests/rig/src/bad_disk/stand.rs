//! One box with a glass and a disk that fails, among many at one service, and what is looked at on it.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use pairbox_chips::Bench;
use pairbox_sim::{Contact, Phone, Service};
use serde_json::Value;
use tempfile::TempDir;

use super::{Case, Outcome, Trouble};
use crate::power::{PoweredBox, Socket};
use crate::record::Record;

/// How long any step may take: dozens of boxes share the machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// How long nothing more is written when a run is over.
const QUIET: Duration = Duration::from_secs(3);

/// A box on its bench, switched off.
pub(super) struct Stand {
    pub(super) phone: Phone,
    pub(super) contact: Contact,
    pub(super) bench: Bench,
    pub(super) socket: Socket,
    folder: TempDir,
}

/// What the disk has counted.
pub(super) struct Counted {
    pub(super) changes: u64,
    pub(super) failed: u64,
    pub(super) last_failed: String,
}

impl Stand {
    /// The `n`th stand at a service.
    pub(super) fn set(program: &[String], service: &Service, n: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let phone = service.phone(&format!("1555300{n:04}"), "Owner");
        let contact = service.contact(&format!("1555400{n:04}"), "Contact");
        let hardware = folder.path().join("bench.sock");
        let bench = Bench::start(&hardware)?;
        let record = Record::of_this_test();
        record.secret(phone.number());
        let socket = Socket {
            program: program.to_vec(),
            folder: folder.path().to_owned(),
            endpoint: service.url(),
            version_url: service.version_url(),
            hardware: Some(hardware),
            extra: "[messages]\npace_per_minute = 0\n".to_owned(),
            record,
        };
        Ok(Self {
            phone,
            contact,
            bench,
            socket,
            folder,
        })
    }

    /// From now on the disk does this.
    pub(super) fn disk(&self, word: &str) -> Result<()> {
        let _ = fs::remove_file(self.folder.path().join("disk.count"));
        let beside = self.folder.path().join("disk.new");
        fs::write(&beside, word)?;
        Ok(fs::rename(beside, self.folder.path().join("disk"))?)
    }

    /// What it has counted since.
    pub(super) fn counted(&self) -> Counted {
        let text = fs::read_to_string(self.folder.path().join("disk.count")).unwrap_or_default();
        let mut words = text.split_whitespace();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let (changes, failed) = (number(), number());
        Counted {
            changes,
            failed,
            last_failed: words.next().unwrap_or_default().to_owned(),
        }
    }

    /// Waits until nothing is written any more; how many changes there were.
    #[allow(clippy::disallowed_methods, reason = "quiet is a length of time")]
    pub(super) fn quiet(&self) -> u64 {
        let mut seen = (self.counted().changes, Instant::now());
        while seen.1.elapsed() < QUIET {
            std::thread::sleep(Duration::from_millis(50));
            let changes = self.counted().changes;
            if changes != seen.0 {
                seen = (changes, Instant::now());
            }
        }
        seen.0
    }

    /// Waits until the glass has the words for it. One that went dark because nobody was there stays dark.
    pub(super) fn wait_glass(&self, trouble: Trouble) -> Result<String> {
        let wanted = trouble.words().1;
        let says = ["Storage problem", wanted];
        let picture = self
            .bench
            .wait_picture(PATIENCE, wanted, |picture| {
                picture.is_dark() || says.iter().any(|words| picture.says(words))
            })
            .map_err(|late| anyhow!("{late}"))?;
        if picture.is_dark() {
            return Ok("nothing: it was dark".to_owned());
        }
        let said = says.iter().rev().find(|words| picture.says(words));
        Ok((*said.unwrap_or(&"")).to_owned())
    }
}

/// The status as the box tells it. A box that has got its store at last gives its page back and takes it
/// anew: for that moment nobody answers.
pub(super) fn status(powered: &PoweredBox) -> Result<Value> {
    let mut refused = None;
    let told = until("an answer", || match powered.get("/api/v1/status") {
        Ok(told) => Ok(Some(told)),
        Err(error) => {
            refused = Some(error);
            Ok(None)
        }
    });
    let told = match refused {
        Some(error) => told.with_context(|| format!("{error:#}"))?,
        None => told?,
    };
    Ok(serde_json::from_str(&told)?)
}

/// Looks again and again; `None` from `look`: not yet.
#[allow(clippy::disallowed_methods, reason = "a deadline on the real process")]
pub(super) fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A failure under way: seen, mended, recovered from.
pub(super) struct Watch {
    case: Case,
    pub(super) outcome: Outcome,
    mended: Option<Instant>,
}

impl Watch {
    pub(super) fn of(case: Case) -> Self {
        Self {
            case,
            outcome: Outcome::default(),
            mended: None,
        }
    }

    /// Looks whether the disk fails; if it does, checks the words and mends it.
    #[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
    pub(super) fn look(&mut self, stand: &Stand, powered: &PoweredBox) -> Result<()> {
        if self.mended.is_some() {
            return Ok(());
        }
        let counted = stand.counted();
        if counted.failed == 0 {
            return Ok(());
        }
        self.outcome.change = counted.last_failed;
        if self.case.trouble.lasts() {
            let (word, _) = self.case.trouble.words();
            until("the status tells of the disk", || {
                let status = status(powered)?;
                let said = status["store"]["status"].as_str().unwrap_or_default();
                ensure!(
                    said == word || said == "well",
                    "the status says `{said}` of the disk, not `{word}`: {status}"
                );
                Ok((said == word).then_some(()))
            })?;
            self.outcome.glass = stand.wait_glass(self.case.trouble)?;
        }
        stand.disk("")?;
        self.mended = Some(Instant::now());
        Ok(())
    }

    /// Whether the failure came and is over.
    pub(super) fn struck(&self) -> bool {
        self.mended.is_some()
    }

    /// Waits until the box says that its disk is well and the account works.
    pub(super) fn recovered(mut self, powered: &PoweredBox) -> Result<Outcome> {
        until("the box is well again", || {
            let status = status(powered)?;
            let well =
                status["store"]["status"] == "well" && status["sessions"][0]["status"] == "working";
            Ok(well.then_some(()))
        })?;
        if let Some(mended) = self.mended {
            self.outcome.recovery = mended.elapsed();
        }
        Ok(self.outcome)
    }
}

/// No panic in a log.
pub(super) fn check_log(log: &[String]) -> Result<()> {
    match log.iter().find(|line| line.contains("panicked")) {
        Some(line) => bail!("{line}"),
        None => Ok(()),
    }
}

/// The end of a box's log is told with what went wrong.
pub(super) fn with_log<T>(powered: &PoweredBox, outcome: Result<T>) -> Result<T> {
    let log = powered.log();
    let told = |line: &&String| line.starts_with("warn: ") || line.starts_with("error: ");
    let last: Vec<_> = log.iter().filter(told).map(String::as_str).collect();
    let from = last.len().saturating_sub(12);
    check_log(&log)
        .and(outcome)
        .with_context(|| format!("the box warned last:\n{}\n", last[from..].join("\n")))
}
