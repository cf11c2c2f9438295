//! Power cuts at random moments: while it boots, while it is idle, while messages flow.
//!
//! After each cut the box is switched on again and has to be connected, by its own picture, with no
//! scan. A cut in the middle of a boot is followed by another boot like every other.

use std::time::Duration;

use anyhow::{Context, Result};
use pairbox_sim::Event;

use crate::machine::Machine;
use crate::walk::{World, say};

/// What the box does when the power goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// It boots: anything between the kernel's first instruction and a connected box.
    Booting,
    /// It is connected, and nobody writes.
    Idle,
    /// Messages come in.
    Receiving,
}

/// A cut, and how the boot after it went.
#[derive(Clone, Debug)]
pub struct Cut {
    /// What the box did.
    pub moment: Moment,
    /// How long it had done that.
    pub after: Duration,
    /// From power-on to the first picture on the glass; none where that boot was cut, too.
    pub lit: Option<Duration>,
    /// From power-on to "Connected" on the glass.
    pub connected: Option<Duration>,
}

/// Texts go out this often while messages flow.
const PACE: Duration = Duration::from_millis(150);

/// Random numbers from a seed: splitmix64, which is small and good enough to choose moments.
pub struct Dice(u64);

impl Dice {
    /// The same seed, the same moments.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Up to this long, to the millisecond.
    fn within(&mut self, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(self.next() % millis)
    }

    fn moment(&mut self) -> Moment {
        [Moment::Booting, Moment::Idle, Moment::Receiving]
            [usize::try_from(self.next() % 3).unwrap_or(0)]
    }
}

/// Cuts the power `cuts` times. Returns the connected box after the last one.
pub fn cut(world: &mut World, mut machine: Machine, cuts: usize, seed: u64) -> Result<Machine> {
    println!("system: {cuts} power cuts, seed {seed}");
    let mut dice = Dice::new(seed);
    // How long a boot takes here, for cuts during one.
    let mut boot = Duration::from_secs(30);
    for number in 1..=cuts {
        let (moment, after) = match dice.moment() {
            // The box was just switched on again, or it is, and is cut at once.
            Moment::Booting => {
                machine.cut();
                machine = world.board.power_on()?;
                (Moment::Booting, pass(dice.within(boot)))
            }
            Moment::Idle => (Moment::Idle, pass(dice.within(Duration::from_secs(10)))),
            Moment::Receiving => (
                Moment::Receiving,
                world.receive_for(dice.within(Duration::from_secs(6))),
            ),
        };
        machine.cut();
        machine = world.board.power_on()?;
        let connected = world
            .wait_connected(&mut machine)
            .with_context(|| format!("after cut {number} ({moment:?}, {after:?})"))?;
        boot = connected;
        let lit = machine
            .bus
            .lit_at()
            .map(|at| at.duration_since(machine.on_since));
        let light = lit.map_or("-".into(), |lit| format!("{:.1} s", lit.as_secs_f64()));
        say(
            &format!(
                "cut {number} of {cuts} ({moment:?}, after {after:?}): connected again, lit after {light}"
            ),
            machine.on_since,
        );
        world.figures.cuts.push(Cut {
            moment,
            after,
            lit,
            connected: Some(connected),
        });
    }
    Ok(machine)
}

fn pass(time: Duration) -> Duration {
    std::thread::sleep(time);
    time
}

impl World {
    /// Alice writes until the time is over; the first text has arrived before it begins.
    fn receive_for(&self, time: Duration) -> Duration {
        let id = self.alice.send_text(self.phone.number(), "the first");
        let arrived =
            |event: &Event| matches!(event, Event::Receipt { id: read, .. } if *read == id);
        // Without an answer the cut is as good; the end of the walk counts what was acknowledged.
        let _ = self.service.cursor().wait(Duration::from_secs(20), arrived);
        let mut passed = Duration::ZERO;
        while passed < time {
            self.alice.send_text(self.phone.number(), "one of many");
            passed += pass(PACE.min(time.saturating_sub(passed)));
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_cuts_at_the_same_moments() {
        let moments = |seed| {
            let mut dice = Dice::new(seed);
            std::array::from_fn::<_, 20, _>(|_| {
                (dice.moment(), dice.within(Duration::from_secs(10)))
            })
        };
        assert_eq!(moments(6), moments(6));
        assert_ne!(moments(6), moments(7));
        for wanted in [Moment::Booting, Moment::Idle, Moment::Receiving] {
            assert!(
                moments(6).iter().any(|(moment, _)| *moment == wanted),
                "{wanted:?}"
            );
        }
    }
}
