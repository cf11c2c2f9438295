//! The root of trust that is pinned in the program, exchanged in the memory of the running process: the
//! file stays as it is. What is exchanged, and why, says [`pairbox_rig::trust`].

use std::fs;

use pairbox_rig::trust::{NotSwapped, Swap, only};

use crate::memory::Memory;

/// Exchanges the key in the constants of the program that `thread` runs, which must be waiting.
pub fn swap_in_memory(swap: &Swap, thread: u32) -> Result<(), NotSwapped> {
    let unreadable = |error: &dyn std::fmt::Display| {
        NotSwapped::Unreadable(format!("the memory of the program cannot be read: {error}"))
    };
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
        found.extend(swap.places(&bytes).map(|at| start + at as u64));
    }
    let at = only(&found)?;
    memory
        .write(at, &swap.instead)
        .map_err(|error| unreadable(&error))
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
