//! Reads the meters of what is written, now and then, and tells the machine what a day comes to.

use std::fs;

use crate::clock::Clock;
use crate::event::Event;
use crate::inbox::Inbox;
use crate::limits;
use crate::store::Store;
use crate::wear::{Meters, Wear};

/// Ends with the machine.
pub async fn watch(store: Store, clock: Clock, inbox: Inbox) {
    let look = || Meters {
        store: store.counters().bytes_written,
        process: process_bytes(),
    };
    let mut wear = Wear::since(clock.mono(), look());
    loop {
        tokio::time::sleep(limits::WEAR_LOOK).await;
        let written = wear.read(clock.mono(), look());
        if inbox.send(Event::Written(written)).await.is_err() {
            return;
        }
    }
}

/// Bytes this process had written to disks since it started (`proc_pid_io(5)`); `None` where the kernel does
/// not count them, or does not tell the process itself (it may not when it was given privileges).
#[must_use]
pub fn process_bytes() -> Option<u64> {
    let told = fs::read_to_string("/proc/self/io").ok()?;
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_tells_what_this_process_wrote() {
        // Where it does not, nothing is made up.
        if std::path::Path::new("/proc/self/io").exists() {
            assert!(super::process_bytes().is_some());
        }
    }
}
