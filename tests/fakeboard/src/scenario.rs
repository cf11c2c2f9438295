//! What is played with the binary, in which order, and what is printed.

mod buttons;
mod faults;
mod machines;
mod pairing;
mod rotten;
mod scene;
mod tools;
mod trust;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use pairbox_fakeboard::board::now;
use scene::Kit;

type Play = fn(&Path) -> Result<()>;

/// All of it, by name.
const SCENARIOS: &[(&str, Play)] = &[
    ("pair-i2c", |binary| pairing::pair(binary, Kit::I2cOled)),
    ("pair-spi", |binary| pairing::pair(binary, Kit::SpiOled)),
    ("pair-paper", |binary| pairing::pair(binary, Kit::Paper)),
    ("trust", trust::refused_without_the_swap),
    ("rotten-store", rotten::says_so),
    ("nak", faults::missing_acknowledge),
    ("eio", faults::broken_off),
    ("pulled-i2c", |binary| faults::pulled(binary, Kit::I2cOled)),
    ("pulled-spi", |binary| faults::pulled(binary, Kit::SpiOled)),
    ("pulled-paper", |binary| faults::pulled(binary, Kit::Paper)),
    ("vanishing-i2c", |binary| {
        faults::vanishing(binary, Kit::I2cOled)
    }),
    ("vanishing-spi", |binary| {
        faults::vanishing(binary, Kit::SpiOled)
    }),
    ("stuck-busy", faults::stuck_busy),
    ("busy-line", faults::busy_line),
    ("vanishing-chip", faults::vanishing_chip),
    ("pi4", |binary| machines::on(binary, machines::pi4())),
    ("pi5", |binary| machines::on(binary, machines::pi5())),
    ("gestures", buttons::gestures),
    ("stuck-at-boot", buttons::stuck_at_boot),
    ("storm", buttons::storm),
    ("wake", buttons::wake),
    ("check", tools::check),
    ("panel-test-i2c", |binary| {
        tools::panel_test(binary, Kit::I2cOled)
    }),
    ("panel-test-none", tools::panel_test_without_a_panel),
    ("panel-test-3d", tools::panel_test_at_the_other_address),
    ("panel-test-spi", |binary| {
        tools::panel_test(binary, Kit::SpiOled)
    }),
    ("panel-test-paper", |binary| {
        tools::panel_test(binary, Kit::Paper)
    }),
    ("button-test-i2c", |binary| {
        tools::button_test(binary, Kit::I2cOled)
    }),
    ("button-test-paper", |binary| {
        tools::button_test(binary, Kit::Paper)
    }),
];

/// Their names.
pub fn names() -> Vec<&'static str> {
    SCENARIOS.iter().map(|(name, _)| *name).collect()
}

/// Plays what is wanted (nothing said: all of it) and returns how many failed.
///
/// The one that waits for minutes, until the panel goes dark, runs beside the others.
pub fn run(binary: &Path, wanted: &[String]) -> usize {
    let all = wanted.is_empty() || wanted.iter().any(|name| name == "all");
    let unknown = |name: &&String| *name != "all" && !names().contains(&name.as_str());
    let mut failed = wanted.iter().filter(unknown).count();
    for name in wanted.iter().filter(unknown) {
        eprintln!("fakeboard: no scenario is called {name}");
    }
    let is_wanted = |name: &str| all || wanted.iter().any(|wanted| wanted == name);
    let plays = SCENARIOS.iter().filter(|(name, _)| is_wanted(name));
    let (slow, plays): (Vec<_>, Vec<_>) = plays.partition(|(name, _)| *name == "wake");
    std::thread::scope(|scope| {
        let beside: Vec<_> = slow
            .into_iter()
            .map(|(name, play)| scope.spawn(move || perform(name, play, binary)))
            .collect();
        for (name, play) in plays {
            failed += usize::from(perform(name, play, binary).is_err());
        }
        for play in beside {
            failed += usize::from(!matches!(play.join(), Ok(Ok(()))));
        }
    });
    failed
}

fn perform(name: &str, play: Play, binary: &Path) -> Result<()> {
    let begun = now();
    let outcome = play(binary);
    let took = Duration::from_nanos(now() - begun).as_secs_f64();
    match &outcome {
        Ok(()) => println!("fakeboard: {name}: ok ({took:.1} s)"),
        Err(error) => println!("fakeboard: {name}: FAILED after {took:.1} s: {error:#}"),
    }
    outcome
}

/// A figure, on a line of its own.
fn figure(scenario: &str, what: &str) {
    println!("fakeboard: {scenario}: {what}");
}

/// Fails with words unless something holds.
fn ensure(holds: bool, words: impl FnOnce() -> String) -> Result<()> {
    if !holds {
        bail!("{}", words());
    }
    Ok(())
}
