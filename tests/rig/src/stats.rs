//! Figures read from the kernel about a running box.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Resident memory of a process in KiB.
pub fn rss_kib(process: u32) -> Result<u64> {
    field(&status(process)?, "VmRSS:")
}

/// The part of it that no file backs, in KiB.
pub fn rss_anonymous_kib(process: u32) -> Result<u64> {
    field(&status(process)?, "RssAnon:")
}

/// Resident memory of a process in KiB that is mapped below an address, from `smaps` (`proc_pid_smaps(5)`).
pub fn rss_below_kib(process: u32, end: u64) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps"))?;
    let (mut below, mut sum) = (false, 0);
    for line in text.lines() {
        let first = line.split_whitespace().next().unwrap_or_default();
        if let Some((start, _)) = first.split_once('-') {
            below = u64::from_str_radix(start, 16).is_ok_and(|start| start < end);
        } else if below && first == "Rss:" {
            sum += field(line, "Rss:")?;
        }
    }
    Ok(sum)
}

/// What the threads of one name have done since they began.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Work {
    /// Times they waited for something and were woken (voluntary context switches).
    pub wakes: u64,
    /// Time on a processor in nanoseconds.
    pub cpu_ns: u64,
}

/// All threads of a process by number, each with its name.
pub fn threads(process: u32) -> Result<BTreeMap<u32, (String, Work)>> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{process}/task"))? {
        let entry = entry?;
        let number = entry.file_name().to_string_lossy().parse()?;
        // A thread may end while it is looked at.
        if let Ok(thread) = thread(&entry.path()) {
            threads.insert(number, thread);
        }
    }
    Ok(threads)
}

fn thread(folder: &Path) -> Result<(String, Work)> {
    let status = fs::read_to_string(folder.join("status"))?;
    let name = fs::read_to_string(folder.join("comm"))?;
    // "time on the CPU, time waiting to run, timeslices": nanoseconds (Documentation/scheduler/sched-stats).
    let schedule = fs::read_to_string(folder.join("schedstat"))?;
    let cpu = schedule.split_whitespace().next().context("no schedstat")?;
    let work = Work {
        wakes: field(&status, "voluntary_ctxt_switches:")?,
        cpu_ns: cpu.parse()?,
    };
    Ok((name.trim().to_owned(), work))
}

fn status(process: u32) -> Result<String> {
    Ok(fs::read_to_string(format!("/proc/{process}/status"))?)
}

fn field(text: &str, name: &str) -> Result<u64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .with_context(|| format!("no field {name}"))?;
    let number = line.split_whitespace().nth(1).context("no number")?;
    Ok(number.parse()?)
}
