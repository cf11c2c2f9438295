//! The memory of a program that waits for an answer, by `/proc/PID/mem`: also what it may only read
//! itself, which is how a debugger sets breakpoints.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use rustix::io::Errno;

/// Longest path the kernel takes (`PATH_MAX`).
const PATH_BYTES: usize = 4096;

/// A page, beyond which nothing need be mapped.
const PAGE: u64 = 4096;

/// The memory of one process.
pub struct Memory(File);

impl Memory {
    /// The memory of the process that `thread` belongs to.
    pub fn of(thread: u32) -> Result<Self, Errno> {
        let mut file = fs::OpenOptions::new();
        let file = file.read(true).write(true);
        let file = file.open(format!("/proc/{thread}/mem"));
        file.map(Self).map_err(|_| Errno::SRCH)
    }

    /// So many bytes.
    pub fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; length];
        self.0
            .read_exact_at(&mut bytes, at)
            .map_err(|_| Errno::FAULT)?;
        Ok(bytes)
    }

    /// The text up to a NUL. `None` if it is not UTF-8: no path of ours.
    pub fn text(&self, at: u64) -> Result<Option<String>, Errno> {
        let mut bytes = Vec::new();
        let mut from = at;
        while bytes.len() < PATH_BYTES {
            let page_ends = (from / PAGE + 1) * PAGE;
            // At most a page.
            let length = usize::try_from(page_ends - from).map_err(|_| Errno::FAULT)?;
            let part = self.read(from, length)?;
            if let Some(end) = part.iter().position(|byte| *byte == 0) {
                bytes.extend_from_slice(&part[..end]);
                return Ok(String::from_utf8(bytes).ok());
            }
            bytes.extend_from_slice(&part);
            from = page_ends;
        }
        Err(Errno::NAMETOOLONG)
    }

    /// Puts bytes there.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.0.write_all_at(bytes, at).map_err(|_| Errno::FAULT)
    }
}
