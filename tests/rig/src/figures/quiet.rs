//! What a box does while nothing is asked of it: wake-ups and time on the processor, by thread.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use pairbox_rig::power::PoweredBox;
use pairbox_rig::stats::{self, Work};

/// How long it is watched.
const SPAN: Duration = Duration::from_secs(30);

/// Threads that wake less often than this each second are not named.
const NAMED_FROM: f64 = 0.05;

/// Watches it and prints a line, and one for each thread that wakes.
#[allow(
    clippy::disallowed_methods,
    reason = "there is no event to wait for: it is watched doing nothing"
)]
pub fn print(what: &str, powered: &PoweredBox) -> Result<()> {
    let before = stats::threads(powered.id())?;
    std::thread::sleep(SPAN);
    let mut by_name: BTreeMap<String, Work> = BTreeMap::new();
    let mut all = Work::default();
    for (number, (name, now)) in stats::threads(powered.id())? {
        let then = before
            .get(&number)
            .map_or(Work::default(), |(_, work)| *work);
        let of_name = by_name.entry(name).or_default();
        for sum in [of_name, &mut all] {
            sum.wakes += now.wakes.saturating_sub(then.wakes);
            sum.cpu_ns += now.cpu_ns.saturating_sub(then.cpu_ns);
        }
    }
    println!("{what:<22} {}", told(all));
    for (name, work) in by_name {
        if rate(work) >= NAMED_FROM {
            println!("  {name:<20} {}", told(work));
        }
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a figure of two digits")]
fn rate(work: Work) -> f64 {
    work.wakes as f64 / SPAN.as_secs_f64()
}

#[allow(clippy::cast_precision_loss, reason = "a figure of two digits")]
fn told(work: Work) -> String {
    let cpu = work.cpu_ns as f64 / 1e6;
    let wakes = rate(work);
    format!(
        "{wakes:.1} wake-ups/s, {cpu:.1} ms on the processor in {} s",
        SPAN.as_secs()
    )
}
