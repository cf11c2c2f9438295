//! Walks once through pairing, messages and restarts, and prints what it took.
//!
//! Figures, not tests: nothing here fails because something was slow. Build with `--release` for
//! figures that mean something on a box.

mod many;
mod messages;
mod quiet;
mod start;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use pairbox_chips::Button;
use pairbox_rig::bad_disk::{self, Scenario};
use pairbox_rig::lossless::{self, Plan};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::stats;

use crate::scene::{Action, Scene};

/// Restarts that are measured.
const RESTARTS: usize = 5;
/// Texts that are measured.
const TEXTS: usize = 20;

/// What the store has done so far.
#[derive(Clone, Copy)]
struct Written {
    commits: u64,
    bytes: u64,
}

impl Written {
    fn of(powered: &PoweredBox) -> Result<Self> {
        let metrics = powered.get("/metrics")?;
        let number = |name: &str| -> Result<u64> {
            let line = metrics.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_whitespace().nth(1));
            Ok(value
                .with_context(|| format!("no {name} in the metrics"))?
                .parse()?)
        };
        Ok(Self {
            commits: number("pairbox_storage_commits_total ")?,
            bytes: number("pairbox_storage_bytes_written_total ")?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            commits: self.commits - before.commits,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// Measures what messages take, and prints it.
pub fn messages() -> Result<()> {
    println!("build            {}", build());
    messages::print(&std::env::current_exe()?.display().to_string())
}

/// Carries out the long run with so many messages, and prints what came of it.
pub fn lossless(messages: usize) -> Result<()> {
    let plan = Plan::FULL.of(messages);
    let program = std::env::current_exe()?.display().to_string();
    let report = lossless::run(vec![program, "box".to_owned()], &plan)?;
    println!("{report}");
    anyhow::ensure!(
        report.is_good(&plan),
        "{:?} {:?}",
        report.sum.wrong,
        report.panics
    );
    Ok(())
}

/// Lets every write fail in every way, and prints what came of it.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
pub fn bad_disk(of: &str, one_in: usize, boxes: usize) -> Result<()> {
    let program = [
        std::env::current_exe()?.display().to_string(),
        "box".to_owned(),
    ];
    let mut bad = 0;
    for (name, scenario) in Scenario::NAMED {
        if of != "all" && of != name {
            continue;
        }
        let changes = bad_disk::count(&program, scenario)?;
        let every = bad_disk::every(changes);
        let cases = match one_in {
            0 | 1 => every,
            _ => bad_disk::some(changes, every.len() / one_in),
        };
        println!("{scenario:?}: {changes} changes, {} failures", cases.len());
        let began = Instant::now();
        let report = bad_disk::run(&program, scenario, &cases, boxes)?;
        println!("{report}took {:.0?}", began.elapsed());
        bad += report.bad.len();
    }
    anyhow::ensure!(bad == 0, "{bad} failures were not survived as promised");
    Ok(())
}

fn build() -> &'static str {
    if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    }
}

/// Measures and prints: about ten minutes, most of them waiting for a panel to go dark.
pub fn print() -> Result<()> {
    println!("build            {}", build());
    let program = std::env::current_exe()?.display().to_string();
    start::print(&program)?;
    one_account()?;
    many::print(&program)
}

/// From the first press to a restart.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
fn one_account() -> Result<()> {
    let mut scene = Scene::set()?;
    scene.wait_glass("Disconnected")?;
    let fresh = Written::of(scene.box_on()?)?;
    let memory = memory(scene.box_on()?)?;
    println!("memory, stopped  {memory}");

    let pressed = Instant::now();
    std::thread::scope(|threads| {
        threads.spawn(|| scene.bench().tap(Button::Connect));
        scene.wait_code()
    })?;
    let took = millis(pressed.elapsed());
    println!("press to QR      {took} (60 ms of it the finger, 30 ms debounce)");
    let scanned = Instant::now();
    scene.act(Action::Scan)?;
    scene.wait_glass("Connected")?;
    println!(
        "scan to glass    {} (50 ms of it the service's)",
        millis(scanned.elapsed())
    );
    scene.wait_quiet()?;
    let paired = Written::of(scene.box_on()?)?.since(fresh);
    println!(
        "pairing wrote    {} commits, {} bytes",
        paired.commits, paired.bytes
    );
    println!("memory, linked   {}", self::memory(scene.box_on()?)?);

    texts(&mut scene)?;
    restarts(&mut scene)
}

fn texts(scene: &mut Scene) -> Result<()> {
    scene.receive("first contact, with its key exchange")?;
    scene.send("first contact, the other way")?;
    let before = Written::of(scene.box_on()?)?;
    for n in 0..TEXTS {
        scene.receive(&format!("inbound {n}"))?;
    }
    let inbound = Written::of(scene.box_on()?)?.since(before);
    let before = Written::of(scene.box_on()?)?;
    for n in 0..TEXTS {
        scene.send(&format!("outbound {n}"))?;
    }
    let outbound = Written::of(scene.box_on()?)?.since(before);
    for (name, written) in [("inbound", inbound), ("outbound", outbound)] {
        let texts = TEXTS as u64;
        println!(
            "{name:<8} text    {}.{} commits, {} bytes each ({texts} one after the other)",
            written.commits / texts,
            written.commits * 10 / texts % 10,
            written.bytes / texts,
        );
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
fn restarts(scene: &mut Scene) -> Result<()> {
    let mut took = Vec::new();
    for _ in 0..RESTARTS {
        scene.act(Action::Power)?;
        let started = Instant::now();
        scene.act(Action::Power)?;
        let page = started.elapsed();
        scene.wait_working()?;
        took.push((started.elapsed(), page));
    }
    took.sort();
    let (connected, page) = took[RESTARTS / 2];
    println!(
        "restart to page  {} (median of {RESTARTS} power cuts)",
        millis(page)
    );
    println!("and to Connected {}", millis(connected));
    println!("memory, restarted {}", memory(scene.box_on()?)?);
    Ok(())
}

fn memory(powered: &PoweredBox) -> Result<String> {
    let all = powered.rss_kib()?;
    let own = stats::rss_anonymous_kib(powered.id())?;
    Ok(format!("{all} KiB resident, {own} KiB of it anonymous"))
}

fn millis(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}
