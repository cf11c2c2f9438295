//! Figures read from the kernel about a running box.

use std::fs;

use anyhow::{Context, Result};

/// Resident memory of a process in KiB.
pub fn rss_kib(process: u32) -> Result<u64> {
    field(process, "status", "VmRSS:")
}

/// The part of it that no file backs, in KiB.
pub fn rss_anonymous_kib(process: u32) -> Result<u64> {
    field(process, "status", "RssAnon:")
}

/// Bytes a process handed to the storage layer so far.
pub fn written_bytes(process: u32) -> Result<u64> {
    field(process, "io", "write_bytes:")
}

fn field(process: u32, file: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/{file}"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .context("no such field")?;
    let number = line.split_whitespace().nth(1).context("no number")?;
    Ok(number.parse()?)
}
