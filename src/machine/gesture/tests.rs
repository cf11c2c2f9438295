//! Trains of edges, compared with a reader that sees the whole train at once: it debounces on paper
//! and then says what the person meant. All short trains on two lines, random long ones on five.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::limits;

/// Two that belong together, and two that do not; and how many edges their trains have.
const PAIRS: [([Button; 2], u32); 2] = [
    ([Button::Connect, Button::Disconnect], 4),
    ([Button::Disconnect, Button::Next], 3),
];

/// Between two edges: bounces, a short press, a hold with its bar, one that is almost complete. The
/// last edge of a train stands for twenty seconds.
const GAPS_MS: [u64; 5] = [5, 28, 45, 700, 4985];

/// Random trains.
const RUNS: u32 = 2000;

type Train = Vec<(Mono, Button, bool)>;

fn ms(ms: u64) -> Mono {
    Mono(Duration::from_millis(ms))
}

/// Every train of so many edges on these lines, one after the other.
fn trains((lines, edges): ([Button; 2], u32)) -> impl Iterator<Item = Train> {
    let choices = GAPS_MS.len() * 4;
    (0..choices.pow(edges)).map(move |number| {
        let mut number = number;
        let mut at = 0;
        let mut train = Vec::new();
        for _ in 0..edges {
            at += GAPS_MS[number % GAPS_MS.len()];
            number /= GAPS_MS.len();
            train.push((ms(at), lines[number % 2], number / 2 % 2 == 0));
            number /= 4;
        }
        train
    })
}

fn end_of(train: &Train) -> Mono {
    train.last().unwrap().0 + Duration::from_secs(20)
}

fn edge_of((at, button, pressed): (Mono, Button, bool)) -> Edge {
    Edge {
        button,
        pressed,
        at,
    }
}

/// The machine, told the time whenever it asked to be.
fn prompt(train: &Train) -> Vec<Gesture> {
    let mut gestures = Gestures::new();
    let mut all = Vec::new();
    let pass = |gestures: &mut Gestures, to: Mono| {
        let mut all = Vec::new();
        while let Some((at, _)) = gestures.deadline().filter(|(at, _)| *at < to) {
            all.extend(gestures.advance(at, false));
            assert!(gestures.deadline().is_none_or(|(next, _)| next > at));
        }
        all
    };
    for &edge in train {
        all.extend(pass(&mut gestures, edge.0));
        all.extend(gestures.edge(edge_of(edge), edge.0, false));
        assert!(gestures.deadline().is_none_or(|(next, _)| next > edge.0));
        let free = gestures.hand == Hand::Free;
        assert_eq!(free, !gestures.lines.iter().any(Line::is_down));
    }
    all.extend(pass(&mut gestures, end_of(train)));
    all
}

/// The machine behind a loop that read all edges at the very end.
fn late(train: &Train) -> Vec<Gesture> {
    let mut gestures = Gestures::new();
    let end = end_of(train);
    let mut all = Vec::new();
    for &edge in train {
        all.extend(gestures.edge(edge_of(edge), end, false));
    }
    all.extend(gestures.advance(end, false));
    all
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Down,
    Up,
    /// Down for too long.
    Broken,
}

/// Something that lasted: when it happened, and when one could know.
#[derive(Clone, Copy, Debug)]
struct Lasting {
    at: Mono,
    known_at: Mono,
    button: Button,
    what: What,
}

/// The train of one line without what did not last.
fn debounced(train: &Train, button: Button) -> Vec<Lasting> {
    let line: Vec<_> = train.iter().filter(|edge| edge.1 == button).collect();
    // The first edge tells what was before it; down before it is as good as broken until up.
    let mut down = line.first().is_some_and(|edge| !edge.2);
    let mut counts = !down;
    let mut lasting: Vec<Lasting> = Vec::new();
    let mut change = |at, what, known_at, counts: &mut bool| {
        // Down until now, and for how long?
        if let Some(press) = lasting.last().filter(|last| last.what == What::Down) {
            let stuck = firm_from(train, &[button], press.at + limits::STUCK);
            if let Some(at) = stuck.filter(|stuck| *stuck <= known_at && what != What::Down) {
                let (what, known_at) = (What::Broken, at);
                lasting.push(Lasting {
                    at,
                    known_at,
                    button,
                    what,
                });
                *counts = false;
            }
        }
        if *counts && what != What::Broken {
            lasting.push(Lasting {
                at,
                known_at,
                button,
                what,
            });
        }
        *counts = true;
    };
    for (n, edge) in line.iter().enumerate() {
        let next = line.get(n + 1).map_or(end_of(train), |next| next.0);
        if next.since(edge.0) >= limits::DEBOUNCE && edge.2 != down {
            down = edge.2;
            let what = if down { What::Down } else { What::Up };
            change(edge.0, what, edge.0 + limits::DEBOUNCE, &mut counts);
        }
    }
    change(end_of(train), What::Broken, end_of(train), &mut counts);
    lasting
}

/// The first moment from `due` on at which no finger is off these lines.
fn firm_from(train: &Train, lines: &[Button], due: Mono) -> Option<Mono> {
    let down = |until: &dyn Fn(Mono) -> bool| {
        lines.iter().all(|line| {
            let last = train.iter().rfind(|edge| edge.1 == *line && until(edge.0));
            last.is_some_and(|edge| edge.2)
        })
    };
    if down(&|at| at < due) {
        return Some(due);
    }
    let later = train.iter().map(|edge| edge.0).filter(|at| *at >= due);
    later.into_iter().find(|now| down(&|at| at <= *now))
}

/// What holding these does, and how long it takes.
fn long_press(held: &[Button]) -> Option<(HoldAction, Duration)> {
    match held {
        [Button::Connect] => Some((HoldAction::AddAccount, Duration::from_secs(3))),
        [Button::Disconnect] => Some((HoldAction::Logout, Duration::from_secs(5))),
        [_, _] => Some((HoldAction::ResetTokens, Duration::from_secs(10))),
        _ => None,
    }
}

/// What the person meant, and how often a button was pressed and let go.
fn meant(train: &Train) -> (Vec<Gesture>, usize, usize) {
    let lines = Button::ALL.into_iter();
    let mut lasting: Vec<_> = lines.flat_map(|line| debounced(train, line)).collect();
    lasting.sort_by_key(|level| level.known_at);
    let count = |what| lasting.iter().filter(|it| it.what == what).count();
    let mut gestures = Vec::new();
    let mut down = BTreeSet::new();
    // What may still mean something, and since when.
    let mut held: Vec<Button> = Vec::new();
    let mut began = Mono::START;
    let end = end_of(train);
    let nothing = Lasting {
        at: end,
        known_at: end,
        button: Button::Select,
        what: What::Broken,
    };
    for level in lasting.iter().copied().chain([nothing]) {
        let let_go = level.what == What::Up && held.contains(&level.button);
        let in_time = |moment: Mono| {
            let firm = firm_from(train, &held, moment);
            firm.is_some_and(|at| {
                if let_go {
                    at <= level.at
                } else {
                    at < level.known_at
                }
            })
        };
        let long = long_press(&held);
        let bar = long.is_some() && in_time(began + limits::HOLD_BAR_AFTER);
        if let Some((action, _)) = long.filter(|(_, needs)| in_time(began + *needs)) {
            gestures.push(Gesture::Held(action));
            held.clear();
        }
        match level.what {
            What::Down => {
                let pair = [Button::Connect, Button::Disconnect];
                let together = held.len() == 1 && !bar;
                if down.is_empty()
                    || (together && pair.contains(&held[0]) && pair.contains(&level.button))
                {
                    held.push(level.button);
                    began = level.at;
                } else {
                    held.clear();
                }
                down.insert(level.button);
            }
            What::Up => {
                if let_go && !bar {
                    gestures.extend(match held[..] {
                        [button] => Some(Gesture::Press(button, began)),
                        [_, _] => Some(Gesture::Together),
                        _ => None,
                    });
                }
                held.clear();
                down.remove(&level.button);
            }
            What::Broken => {
                held.clear();
                down.remove(&level.button);
            }
        }
    }
    (gestures, count(What::Down), count(What::Up))
}

/// Presses, pairs, holds and trains without any.
type Meanings = [u32; 4];

fn compare(train: &Train, meanings: &mut Meanings) {
    let (expected, presses, releases) = meant(train);
    for (name, read) in [("prompt", prompt(train)), ("late", late(train))] {
        let touched = |gesture: &Gesture| *gesture == Gesture::Touched;
        assert_eq!(
            read.iter().filter(|it| touched(it)).count(),
            presses + releases,
            "{name} {train:?}"
        );
        let acts: Vec<_> = read.into_iter().filter(|it| !touched(it)).collect();
        assert_eq!(acts, expected, "{name} {train:?}");
    }
    assert!(expected.len() <= presses, "{train:?}");
    meanings[3] += u32::from(expected.is_empty());
    for gesture in expected {
        match gesture {
            Gesture::Touched => {}
            Gesture::Press(..) => meanings[0] += 1,
            Gesture::Together => meanings[1] += 1,
            Gesture::Held(_) => meanings[2] += 1,
        }
    }
}

fn tell(what: &str, meanings: Meanings) {
    let [presses, pairs, holds, without] = meanings;
    println!(
        "gestures: {what}: {presses} presses, {pairs} pairs, {holds} holds, {without} trains without"
    );
    assert!(meanings.iter().all(|count| *count > 100), "{meanings:?}");
}

#[test]
fn every_short_train_of_edges_is_read_as_it_was_meant() {
    let mut meanings = Meanings::default();
    let mut count = 0u32;
    for train in PAIRS.into_iter().flat_map(trains) {
        compare(&train, &mut meanings);
        count += 1;
    }
    tell(&format!("{count} short trains"), meanings);
}

/// Lines down at boot, then pauses, each with the line that changes and whether the change is lost.
type Hands = (Vec<bool>, Vec<(u64, usize, bool)>);

fn hands() -> impl Strategy<Value = Hands> {
    let pause = prop_oneof![
        4 => 1u64..29,
        4 => 31u64..560,
        2 => 640u64..6_000,
        1 => 6_000u64..45_000,
    ];
    let line = prop_oneof![3 => 0usize..2, 2 => 0usize..5];
    let lost = prop::bool::weighted(0.05);
    (
        vec(prop::bool::weighted(0.1), 5),
        vec((pause, line, lost), 1..60),
    )
}

#[test]
fn long_trains_on_five_lines_are_read_as_they_were_meant() {
    let config = ProptestConfig {
        cases: RUNS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let meanings = std::cell::Cell::new(Meanings::default());
    let outcome = runner.run(&hands(), |(mut level, hands)| {
        let mut at = 0;
        let mut train = Train::new();
        for (pause, line, lost) in hands {
            at += pause;
            level[line] ^= !lost;
            train.push((ms(at), Button::ALL[line], level[line]));
        }
        let mut sum = meanings.get();
        compare(&train, &mut sum);
        meanings.set(sum);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    tell("random trains on five lines", meanings.get());
}

#[test]
fn a_storm_leaves_nothing_behind() {
    let mut gestures = Gestures::new();
    let (lines, _) = PAIRS[0];
    for n in 0..10_000 {
        let at = ms(n as u64);
        let edge = (at, lines[n % 2], n % 4 < 2);
        assert_eq!(gestures.edge(edge_of(edge), at, false), []);
        // One deadline a line at most is all there is to it.
        assert!(gestures.deadline().is_none_or(|(due, _)| due > at));
    }
    for button in lines {
        let at = ms(10_000);
        let edge = (at, button, false);
        assert_eq!(gestures.edge(edge_of(edge), at, false), []);
    }
    assert_eq!(gestures.advance(ms(11_000), false), []);
    assert_eq!(gestures.deadline(), None);
}

#[test]
fn a_line_that_rattles_is_no_finger_however_it_ends() {
    let mut gestures = Gestures::new();
    // Pressed properly; then the contact breaks, and ends shorted.
    let mut all = gestures.edge(edge_of((ms(0), Button::Disconnect, true)), ms(0), false);
    for n in 0..=limits::BURST_EDGES {
        let at = ms(2_000 + 5 * u64::from(n));
        let edge = (at, Button::Disconnect, n % 2 == 1);
        all.extend(gestures.edge(edge_of(edge), at, false));
    }
    all.extend(gestures.edge(
        edge_of((ms(2_520), Button::Disconnect, true)),
        ms(2_520),
        false,
    ));
    all.extend(gestures.advance(ms(60_000), false));
    assert_eq!(all, [Gesture::Touched]);
    assert_eq!((gestures.shown().hold, gestures.hand), (None, Hand::Free));
    // One release, and it is a button again.
    for (at, pressed) in [(70_000, false), (71_000, true), (71_100, false)] {
        let at = ms(at);
        all.extend(gestures.edge(edge_of((at, Button::Disconnect, pressed)), at, false));
    }
    all.extend(gestures.advance(ms(72_000), false));
    assert_eq!(
        all[1..],
        [
            Gesture::Touched,
            Gesture::Touched,
            Gesture::Press(Button::Disconnect, ms(71_000))
        ]
    );
}

#[test]
fn in_the_dark_a_press_is_a_touch_and_no_more() {
    for button in Button::ALL {
        let mut gestures = Gestures::new();
        let edge = |pressed, at| edge_of((ms(at), button, pressed));
        assert_eq!(gestures.edge(edge(true, 0), ms(0), true), []);
        assert_eq!(gestures.advance(ms(30), true), [Gesture::Touched]);
        // Bright by now, but this finger is used up.
        assert_eq!(gestures.edge(edge(false, 11_000), ms(11_000), false), []);
        assert_eq!(gestures.advance(ms(11_030), false), [Gesture::Touched]);
        assert_eq!(gestures.shown().hold, None);
    }
}
