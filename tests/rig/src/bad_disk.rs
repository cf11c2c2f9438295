//! A disk that fails at every single write: of a pairing, of twenty messages, of a first start.
//!
//! First the changes of an undisturbed run are counted; then each of them is made to fail, in each of the
//! ways a disk has. What is looked at is what people were promised: the right words on the glass and in the
//! status, a box that comes right by itself when the disk does, a phone and a box that agree, and no
//! message lost. Many boxes run at once, because most of the time is spent waiting for a box to look at its
//! disk again.

mod messages;
mod pairing;
mod stand;

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use pairbox_sim::{Options, Service};

use self::messages::Talker;
use self::stand::Stand;

/// How a disk fails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trouble {
    /// ENOSPC, from the write on, until somebody makes room.
    Full,
    /// EROFS, from the write on.
    ReadOnly,
    /// EIO, from the write on.
    Io,
    /// EIO, at this write only.
    Once,
    /// EIO at this write only; if it is a sync, what it should have made safe is lost.
    Lost,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Full, Self::ReadOnly, Self::Io, Self::Once, Self::Lost];

    /// What the box's disk is told.
    fn word(self, at: u64) -> String {
        match self {
            Self::Full => format!("full@{at}"),
            Self::ReadOnly => format!("read-only@{at}"),
            Self::Io => format!("io@{at}"),
            Self::Once => format!("io@{at}!"),
            Self::Lost => format!("lost@{at}!"),
        }
    }

    /// Whether it lasts until the disk is mended.
    fn lasts(self) -> bool {
        matches!(self, Self::Full | Self::ReadOnly | Self::Io)
    }

    /// What the status says of the disk while it lasts, and the glass where it has room.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => ("full", "Storage full"),
            Self::ReadOnly => ("read_only", "Storage read-only"),
            Self::Io | Self::Once | Self::Lost => ("failing", "Storage problem"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Full => "ENOSPC",
            Self::ReadOnly => "EROFS",
            Self::Io => "EIO",
            Self::Once => "EIO once",
            Self::Lost => "EIO once, cache lost",
        })
    }
}

/// What the box is about when its disk fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scenario {
    /// From the first start on an empty disk to the first page.
    Start,
    /// From the press to a linked account.
    Pairing,
    /// Ten texts in and ten out, by turns.
    Messages,
}

impl Scenario {
    /// All of them, by the words people say.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("start", Self::Start),
        ("pairing", Self::Pairing),
        ("messages", Self::Messages),
    ];
}

/// One failure.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// How.
    pub trouble: Trouble,
    /// At which change, from 1.
    pub at: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What the change was: `write`, `sync` or `set-len`; empty: the run was over before it.
    pub change: String,
    /// What the glass said while the disk was ill; empty when it was well again at once.
    pub glass: String,
    /// From the mended disk to a box that works.
    pub recovery: Duration,
    /// Codes that were scanned in all (pairing).
    pub scans: u32,
    /// Presses that were needed beyond the first (pairing).
    pub presses: u32,
}

/// What all of them came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Each case and its outcome.
    pub good: Vec<(Case, Outcome)>,
    /// Each case that went wrong, and how.
    pub bad: Vec<(Case, String)>,
}

/// How many changes an undisturbed run makes.
pub fn count(program: &[String], scenario: Scenario) -> Result<u64> {
    let service = Service::start(Options::default())?;
    match scenario {
        Scenario::Start => pairing::count_start(Stand::set(program, &service, 0)?),
        Scenario::Pairing => pairing::count(Stand::set(program, &service, 0)?),
        Scenario::Messages => Talker::linked(Stand::set(program, &service, 0)?)?.count(),
    }
}

/// Tries all of these, on so many boxes at once.
pub fn run(program: &[String], scenario: Scenario, cases: &[Case], boxes: usize) -> Result<Report> {
    let service = Service::start(Options::default())?;
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::default()));
    let number = AtomicUsize::new(1);
    let stand = || Stand::set(program, &service, number.fetch_add(1, Ordering::Relaxed));
    std::thread::scope(|threads| {
        for _ in 0..boxes {
            threads.spawn(|| {
                let mut talker = None;
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = match scenario {
                        Scenario::Start => stand().and_then(|it| pairing::fail_start(it, *case)),
                        Scenario::Pairing => stand().and_then(|it| pairing::fail(it, *case)),
                        Scenario::Messages => talk(&mut talker, &stand, *case),
                    };
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        Ok(outcome) => report.good.push((*case, outcome)),
                        Err(error) => {
                            let wrong = format!("{error:#}");
                            eprintln!("{} at change {}: {wrong}", case.trouble, case.at);
                            report.bad.push((*case, wrong));
                        }
                    }
                }
                if let Some(talker) = talker.map(Talker::end)
                    && let Err(error) = talker
                {
                    let case = Case {
                        trouble: Trouble::Full,
                        at: 0,
                    };
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    report.bad.push((case, format!("at the end: {error:#}")));
                }
            });
        }
    });
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    if report.good.len() + report.bad.len() < cases.len() {
        bail!("a thread of the bench died");
    }
    Ok(report)
}

/// The same box takes one failure after the other; one that did not come right is replaced.
fn talk(
    talker: &mut Option<Talker>,
    stand: &impl Fn() -> Result<Stand>,
    case: Case,
) -> Result<Outcome> {
    let mut it = match talker.take() {
        Some(it) => it,
        None => Talker::linked(stand()?)?,
    };
    let outcome = it.fail(case)?;
    *talker = Some(it);
    Ok(outcome)
}

/// Every failure of so many changes.
#[must_use]
pub fn every(changes: u64) -> Vec<Case> {
    let at_each = |at| Trouble::ALL.map(|trouble| Case { trouble, at });
    (1..=changes).flat_map(at_each).collect()
}

/// Some of them, spread evenly: every failure occurs, and every part of the run.
#[must_use]
pub fn some(changes: u64, cases: usize) -> Vec<Case> {
    let all = every(changes);
    // A step that shares no factor with the number of troubles meets each of them.
    let step = (all.len() / cases.max(1)).max(1);
    let step = if step.is_multiple_of(Trouble::ALL.len()) {
        step + 1
    } else {
        step
    };
    all.into_iter().step_by(step).collect()
}

impl Report {
    /// The cases whose change came.
    fn struck(&self, trouble: Trouble) -> impl Iterator<Item = &(Case, Outcome)> {
        self.good
            .iter()
            .filter(move |(case, outcome)| case.trouble == trouble && !outcome.change.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for trouble in Trouble::ALL {
            let of = |change: &str| {
                self.struck(trouble)
                    .filter(|(_, outcome)| outcome.change == change)
                    .count()
            };
            let bad = self.bad.iter().filter(|(case, _)| case.trouble == trouble);
            let never = self
                .good
                .iter()
                .filter(|(case, outcome)| case.trouble == trouble && outcome.change.is_empty());
            let mut took: Vec<_> = self
                .struck(trouble)
                .map(|(_, outcome)| outcome.recovery)
                .collect();
            took.sort_unstable();
            let scans = self
                .struck(trouble)
                .filter(|(_, outcome)| outcome.scans > 1);
            let presses = self
                .struck(trouble)
                .filter(|(_, outcome)| outcome.presses > 0);
            writeln!(
                f,
                "{trouble:<20} {:>4} writes, {:>3} syncs, {:>2} lengths failed; {} went wrong, {} never came; \
                 well after {:.1?} (median), {:.1?} (worst); scanned again {}, pressed again {}",
                of("write"),
                of("sync"),
                of("set-len"),
                bad.count(),
                never.count(),
                took.get(took.len() / 2).copied().unwrap_or_default(),
                took.last().copied().unwrap_or_default(),
                scans.count(),
                presses.count(),
            )?;
        }
        let mut glass: Vec<_> = self.good.iter().map(|(_, it)| it.glass.as_str()).collect();
        glass.sort_unstable();
        for words in glass.chunk_by(|a, b| a == b).filter(|it| !it[0].is_empty()) {
            writeln!(f, "the glass: {:?} {} times", words[0], words.len())?;
        }
        for (case, wrong) in &self.bad {
            writeln!(f, "{} at change {}: {wrong}", case.trouble, case.at)?;
        }
        Ok(())
    }
}
