//! The root of trust that is pinned in the program, exchanged in the memory of the running process.
//!
//! The file stays as it is and so does the check: the program verifies the simulated service's chain of
//! certificates with the code that verifies the real one's, against another 32 bytes.

use std::fs;

use crate::memory::Memory;

/// What to look for, and what to put in its place.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    /// The public key that was built in.
    pub built_in: [u8; 32],
    /// The one to trust instead.
    pub instead: [u8; 32],
}

/// Why a program trusts what it did before.
#[derive(Debug, thiserror::Error)]
pub enum NotSwapped {
    /// Its memory cannot be looked at.
    #[error("the memory of the program cannot be read: {0}")]
    Unreadable(String),
    /// The compiler may have split the constant.
    #[error("the built-in key is not in the program's constants; was it built differently?")]
    NotFound,
    /// More than one place: which one is used cannot be known.
    #[error("the built-in key is in the program's constants {0} times")]
    Ambiguous(usize),
}

impl Swap {
    /// Exchanges the key in every constant of the program that `thread` runs, which must be waiting.
    pub fn apply(&self, thread: u32) -> Result<(), NotSwapped> {
        let unreadable = |error: &dyn std::fmt::Display| NotSwapped::Unreadable(error.to_string());
        let memory = Memory::of(thread).map_err(|error| unreadable(&error))?;
        let program = fs::read_link(format!("/proc/{thread}/exe"));
        let program = program.map_err(|error| unreadable(&error))?;
        let maps = fs::read_to_string(format!("/proc/{thread}/maps"));
        let maps = maps.map_err(|error| unreadable(&error))?;
        let program = program.display().to_string();
        let mut found = Vec::new();
        for line in maps.lines().filter(|line| line.ends_with(&program)) {
            let Some((start, length)) = constants(line) else {
                continue;
            };
            let bytes = memory.read(start, length);
            let bytes = bytes.map_err(|error| unreadable(&error))?;
            let places = bytes.windows(self.built_in.len()).enumerate();
            let places = places.filter(|(_, window)| *window == self.built_in);
            found.extend(places.map(|(at, _)| start + at as u64));
        }
        match found[..] {
            [at] => memory
                .write(at, &self.instead)
                .map_err(|error| unreadable(&error)),
            [] => Err(NotSwapped::NotFound),
            _ => Err(NotSwapped::Ambiguous(found.len())),
        }
    }
}

/// Start and length of a mapping that can be read and not written (`proc_pid_maps(5)`).
fn constants(line: &str) -> Option<(u64, usize)> {
    let mut fields = line.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let start = u64::from_str_radix(start, 16).ok()?;
    let end = u64::from_str_radix(end, 16).ok()?;
    let length = usize::try_from(end.checked_sub(start)?).ok()?;
    (rights.starts_with("r-")).then_some((start, length))
}
