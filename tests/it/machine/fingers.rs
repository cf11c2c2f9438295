//! Laws of the buttons, whatever the fingers and the contacts do: random edges on five lines, and
//! storms. What exactly a train of edges means is checked beside `gesture.rs`.

use std::time::{Duration, Instant};

use pairbox::account::AccountId;
use pairbox::event::{Button, Edge, Effect, Event};
use pairbox::limits::{BURST_EDGES, DEBOUNCE, STUCK};
use pairbox::machine::Appliance;
use pairbox::snapshot::{Light, PanelHealth};
use pairbox::time::{Mono, Now};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::bench::{Bench, millis, secs, stored};

/// Runs, unless `PROPTEST_CASES` says otherwise.
const RUNS: u32 = 500;

/// A pause, the line that changes, and how often it bounces on the way.
type Move = (Duration, usize, u32);

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let pause = prop_oneof![
        2 => 1u64..40,
        6 => 60u64..500,
        3 => 700u64..12_000,
        1 => 12_000u64..180_000,
    ];
    let bounces = prop_oneof![3 => Just(0u32), 1 => 1u32..20];
    let line = prop_oneof![1 => 0usize..2, 1 => 0usize..5];
    vec((pause.prop_map(millis), line, bounces), 1..80)
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value)) {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = RUNS;
    }
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// A box whose steps are counted.
struct Watched {
    bench: Bench,
    /// Times the loop would have woken without an event.
    wakes: u32,
    /// Things the buttons did.
    acts: u32,
    /// The line that woke the panel and was not let go since, and when.
    woken_by: Option<(usize, Mono)>,
    /// The latest edge of each line.
    latest: [(bool, Mono); 5],
}

impl Watched {
    fn new() -> Self {
        let accounts = (1..=3).map(|id| stored(AccountId(id), false, false));
        let mut bench = Bench::boot(accounts.collect(), PanelHealth::Attached);
        bench.effects();
        Self {
            bench,
            wakes: 0,
            acts: 0,
            woken_by: None,
            latest: [(false, Mono::START); 5],
        }
    }

    fn step(&mut self, act: impl FnOnce(&mut Bench)) {
        let before = self.bench.snapshot();
        act(&mut self.bench);
        let after = self.bench.snapshot();
        let wishes = |effect: &Effect| match effect {
            Effect::SaveRecord { .. } | Effect::WipeAuth { .. } | Effect::ResetTokens => true,
            // These follow from wishes, or come of themselves while nobody answers.
            _ => false,
        };
        let wished = self.bench.effects().iter().any(wishes);
        let acted = wished || before.selected != after.selected;
        self.acts += u32::from(acted);
        let now = self.bench.now;
        let latest = self.latest;
        if before.light == Light::Off && after.light != Light::Off {
            let pressed = |line: &usize| latest[*line] == (true, now - DEBOUNCE);
            self.woken_by = Some(((0..5).find(pressed).unwrap(), now));
        }
        self.woken_by = self.woken_by.filter(|(line, woke_at)| {
            let (down, at) = latest[*line];
            let let_go = !down && now.since(at) >= DEBOUNCE;
            !let_go && now.since(*woke_at) < STUCK
        });
        assert!(
            !acted || self.woken_by.is_none(),
            "the press that wakes did something"
        );
        assert!(after.hold.is_none() || after.light == Light::Bright);
    }

    /// As the loop does it: a deadline is waited for, so it must not be over already.
    fn pass(&mut self, duration: Duration) {
        let end = self.bench.now + duration;
        while let Some((at, what)) = self.bench.machine.poll_timeout() {
            assert!(at > self.bench.now, "{what} is over");
            if at > end {
                break;
            }
            self.bench.now = at;
            self.wakes += 1;
            self.step(Bench::tell_time);
        }
        self.bench.now = end;
    }

    fn edge(&mut self, line: usize, pressed: bool) {
        self.latest[line] = (pressed, self.bench.now);
        self.step(|bench| bench.edge(Button::ALL[line], pressed));
    }
}

#[test]
fn a_touch_does_one_thing_at_most_and_the_loop_never_spins() {
    check(moves(), |moves| {
        let mut watched = Watched::new();
        let mut level = [false; 5];
        let mut presses = 0;
        let mut edges = 0;
        let mut time = Duration::ZERO;
        for (pause, line, bounces) in moves {
            watched.pass(pause);
            time += pause;
            level[line] = !level[line];
            for _ in 0..bounces {
                for pressed in [level[line], !level[line]] {
                    watched.edge(line, pressed);
                    watched.pass(millis(1));
                    edges += 1;
                }
            }
            watched.edge(line, level[line]);
            presses += u32::from(level[line]);
            edges += 1;
        }
        for (line, down) in level.into_iter().enumerate() {
            if down {
                watched.edge(line, false);
            }
        }
        watched.pass(secs(1));
        assert!(watched.acts <= presses, "{} of {presses}", watched.acts);
        assert_eq!(watched.bench.snapshot().hold, None);
        // Each edge settles once, each press may show a bar, fire and get stuck, each touch may be
        // followed by the overview, dim, dark and absence; each of the links that nobody serves
        // explains itself and is given up.
        let most = edges * 9 + 40 + u32::try_from(time.as_secs() / 80).unwrap() * 8;
        assert!(watched.wakes <= most, "{} wakes", watched.wakes);
    });
}

#[test]
fn a_line_down_at_boot_does_nothing_whatever_it_does() {
    let flicker = (1u64..29, 0usize..5, 1u64..40_000);
    check(vec(flicker, 1..40), |flickers| {
        let mut bench = Bench::with_accounts(3);
        let before = bench.snapshot();
        for (up, line, down) in flickers {
            // What lasts is down only.
            bench.edge(Button::ALL[line], false);
            bench.pass(millis(up));
            bench.edge(Button::ALL[line], true);
            bench.pass(millis(down));
        }
        let after = bench.snapshot();
        assert_eq!(bench.asked(), [""; 0]);
        assert_eq!(
            (after.selected, &after.accounts),
            (before.selected, &before.accounts)
        );
        assert!(!after.attended && after.hold.is_none());
    });
}

/// 10 000 edges a second on one line, and a proper press of another in the middle: one second of it
/// for all pairs of lines, ten for those that every box has.
#[test]
fn a_storm_on_one_line_leaves_the_others_alone() {
    for noisy in Button::ALL {
        for proper in Button::ALL {
            match (noisy, proper) {
                (Button::Connect, Button::Disconnect) | (Button::Disconnect, Button::Connect) => {
                    storm(noisy, proper, 100_000);
                }
                _ if noisy != proper => storm(noisy, proper, 10_000),
                _ => {}
            }
        }
    }
}

fn storm(noisy: Button, proper: Button, edges: u64) {
    let mut bench = Bench::with_accounts(3);
    bench.connect();
    bench.asked();
    let start = bench.now;
    let mut published = 0;
    for n in 0..edges {
        bench.pass((start + Duration::from_micros(100 * n)).since(bench.now));
        let seq = bench.snapshot().seq;
        if n == edges / 2 {
            bench.edge(proper, true);
        } else if n == edges / 2 + 2_000 {
            bench.edge(proper, false);
        }
        // A little irregular, as contacts are: the level after it is chance.
        bench.edge(noisy, n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63 == 0);
        published += bench.snapshot().seq - seq;
    }
    bench.edge(noisy, false);
    bench.pass(secs(1));
    let snapshot = bench.snapshot();
    let (selected, overview, asked): (_, _, &[&str]) = match proper {
        // On the way: pressing again changes nothing. After ten seconds it is started anew.
        Button::Connect if edges == 100_000 => (1, false, &["stop"]),
        Button::Connect => (1, false, &[]),
        Button::Disconnect => (1, false, &["stop", "save"]),
        Button::Previous => (3, false, &[]),
        Button::Next => (2, false, &[]),
        Button::Select => (1, true, &[]),
    };
    assert_eq!(
        (snapshot.selected.0, snapshot.overview),
        (selected, overview),
        "{noisy:?}"
    );
    assert_eq!(bench.asked(), asked, "{noisy:?} {proper:?}");
    assert!(published <= 2, "{published} snapshots");
    assert_eq!((snapshot.hold, snapshot.stuck.len()), (None, 0));
    // And the noisy one is a button again.
    bench.press(noisy, millis(100));
    let after = bench.snapshot();
    match noisy {
        Button::Connect => assert_eq!(bench.word(), "starting"),
        Button::Disconnect => assert_eq!(bench.word(), "stopped"),
        Button::Previous | Button::Next => assert_ne!(after.selected, snapshot.selected),
        Button::Select => assert_ne!(after.overview, snapshot.overview),
    }
}

/// Ends down, on each line, after each number of edges: a storm that stops as a short circuit.
#[test]
fn a_storm_that_ends_down_is_no_press() {
    for noisy in Button::ALL {
        let mut bench = Bench::with_accounts(3);
        let before = bench.snapshot();
        for n in 0..=BURST_EDGES {
            bench.edge(noisy, n % 2 == 0);
            bench.pass(millis(9));
        }
        bench.edge(noisy, true);
        bench.pass(secs(14));
        assert_eq!(bench.asked(), [""; 0]);
        assert_eq!(bench.snapshot().accounts, before.accounts);
        bench.edge(noisy, false);
        bench.pass(secs(1));
        assert_eq!(bench.snapshot().selected, before.selected);
        assert!(!bench.snapshot().attended);
    }
}

/// What an edge of a storm costs the machine, with as many accounts as there may be, is printed;
/// held is that it makes next to no work for others.
#[test]
#[allow(clippy::disallowed_methods, reason = "time itself is what is measured")]
fn a_storm_publishes_and_wakes_next_to_nothing() {
    const EDGES: u32 = 100_000;
    const CHUNK: u32 = 1_000;
    let accounts = (1..=8)
        .map(|id| stored(AccountId(id), false, true))
        .collect();
    let mut mono = Mono(secs(100));
    let now = |mono| Now { mono, wall: None };
    let mut machine = Appliance::new(accounts, PanelHealth::Attached, now(mono));
    let mut chunks = Vec::new();
    let mut wakes = 0;
    let published = machine.snapshot().seq;
    for chunk in 0..EDGES / CHUNK {
        let began = Instant::now();
        for n in 0..CHUNK {
            mono = mono + Duration::from_micros(100);
            let button = Button::ALL[(chunk + n / 10) as usize % 5];
            let pressed = n % 2 == 0;
            let at = mono;
            let edge = Edge {
                button,
                pressed,
                at,
            };
            machine.handle(now(mono), Event::Edge(edge));
            if machine.poll_timeout().is_some_and(|(due, _)| due <= mono) {
                wakes += 1;
                machine.handle_timeout(now(mono));
            }
            assert!(machine.poll_effect().is_none());
        }
        chunks.push(began.elapsed() / CHUNK);
    }
    let best = |chunks: &[Duration]| chunks.iter().min().copied().unwrap_or_default();
    let (first, last) = chunks.split_at(chunks.len() / 2);
    let (first, last) = (best(first), best(last));
    figure!(
        "storm: an edge costs the machine {first:?} at first, {last:?} after {EDGES} (this build); \
         {wakes} wakes"
    );
    let published = machine.snapshot().seq - published;
    assert!(published < 100, "{published} snapshots");
    assert!(wakes < 100, "{wakes}");
}
