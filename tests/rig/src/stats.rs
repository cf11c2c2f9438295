//! Figures read from the kernel about a running box.

use std::fs;

use anyhow::{Context, Result};

/// Resident memory of a process in KiB.
pub fn rss_kib(process: u32) -> Result<u64> {
    field(process, "VmRSS:")
}

/// The part of it that no file backs, in KiB.
pub fn rss_anonymous_kib(process: u32) -> Result<u64> {
    field(process, "RssAnon:")
}

fn field(process: u32, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .context("no such field")?;
    let number = line.split_whitespace().nth(1).context("no number")?;
    Ok(number.parse()?)
}
