//! All short trains of edges on both lines, compared with a reader that sees the whole train at
//! once: it debounces on paper and then says what the person meant.

use std::time::Duration;

use super::*;

const LINES: [Button; 2] = [Button::Connect, Button::Disconnect];

/// Between two edges: bounces, a short press, a hold with its bar, one that is almost complete. The
/// last edge of a train stands for twenty seconds.
const GAPS_MS: [u64; 5] = [5, 28, 45, 700, 4985];

const TRAIN: u32 = 4;

type Train = Vec<(Mono, Button, bool)>;

fn ms(ms: u64) -> Mono {
    Mono(Duration::from_millis(ms))
}

/// Every train of [`TRAIN`] edges, one after the other.
fn trains() -> impl Iterator<Item = Train> {
    let choices = GAPS_MS.len() * 4;
    (0..choices.pow(TRAIN)).map(move |number| {
        let mut number = number;
        let mut at = 0;
        let mut train = Vec::new();
        for _ in 0..TRAIN {
            at += GAPS_MS[number % GAPS_MS.len()];
            number /= GAPS_MS.len();
            train.push((ms(at), LINES[number % 2], number / 2 % 2 == 0));
            number /= 4;
        }
        train
    })
}

fn end_of(train: &Train) -> Mono {
    train.last().unwrap().0 + Duration::from_secs(20)
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
    for &(at, button, pressed) in train {
        all.extend(pass(&mut gestures, at));
        let edge = Edge {
            button,
            pressed,
            at,
        };
        all.extend(gestures.edge(edge, at, false));
    }
    all.extend(pass(&mut gestures, end_of(train)));
    all
}

/// The machine behind a loop that read all edges at the very end.
fn late(train: &Train) -> Vec<Gesture> {
    let mut gestures = Gestures::new();
    let end = end_of(train);
    let mut all = Vec::new();
    for &(at, button, pressed) in train {
        let edge = Edge {
            button,
            pressed,
            at,
        };
        all.extend(gestures.edge(edge, end, false));
    }
    all.extend(gestures.advance(end, false));
    all
}

/// A level that was stable: when the edge to it came, and whether it is down.
#[derive(Clone, Copy)]
struct Stable {
    at: Mono,
    button: Button,
    down: bool,
}

/// The train of one line without what did not last.
fn debounced(train: &Train, button: Button) -> Vec<Stable> {
    let line: Vec<_> = train.iter().filter(|edge| edge.1 == button).collect();
    // The first edge tells what was before it; down before it is as good as broken until up.
    let mut down = line.first().is_some_and(|edge| !edge.2);
    let mut counts = !down;
    let mut stable = Vec::new();
    for (n, edge) in line.iter().enumerate() {
        let next = line.get(n + 1).map_or(end_of(train), |next| next.0);
        let lasted = next.since(edge.0) >= limits::DEBOUNCE;
        if lasted && edge.2 != down {
            down = edge.2;
            if counts {
                let at = edge.0;
                stable.push(Stable { at, button, down });
            }
            counts = true;
        }
    }
    stable
}

/// What the person meant.
fn meant(train: &Train) -> Vec<Gesture> {
    let mut stable: Vec<_> = LINES
        .into_iter()
        .flat_map(|button| debounced(train, button))
        .collect();
    stable.sort_by_key(|level| level.at);
    let mut gestures = Vec::new();
    let mut down: Vec<Button> = Vec::new();
    // The press that may still mean something.
    let mut press: Option<Stable> = None;
    let raw_down = |button, at: Mono| {
        let last = train.iter().rfind(|edge| edge.1 == button && edge.0 <= at);
        last.is_some_and(|edge| edge.2)
    };
    for level in stable.iter().copied().chain([Stable {
        at: end_of(train),
        button: Button::Connect,
        down: true,
    }]) {
        let known_at = level.at + limits::DEBOUNCE;
        if let Some(held) = press.filter(|press| press.button == Button::Disconnect) {
            // Complete at five seconds, or when the finger is back from a bounce over that moment;
            // a release that ends the press stops the clock when it happens.
            let due = held.at + limits::HOLD_LOGOUT;
            let back = train
                .iter()
                .find(|edge| edge.0 >= due && edge.1 == Button::Disconnect && edge.2)
                .map(|edge| edge.0);
            let fires = if raw_down(Button::Disconnect, due) {
                due
            } else {
                back.unwrap_or(known_at)
            };
            let until = if level.button == Button::Disconnect {
                level.at
            } else {
                known_at
            };
            if fires < until {
                gestures.push(Gesture::Held(HoldAction::Logout));
                press = None;
            }
        }
        if level.down {
            press = down.is_empty().then_some(level);
            down.push(level.button);
        } else {
            down.retain(|button| *button != level.button);
            if let Some(press) = press.take() {
                let held = level.at.since(press.at);
                let short = press.button == Button::Connect || held < limits::HOLD_BAR_AFTER;
                if press.button == level.button && short {
                    gestures.push(Gesture::Press(press.button));
                }
            }
        }
    }
    gestures
}

#[test]
fn every_short_train_of_edges_is_read_as_it_was_meant() {
    let mut trains_read = 0u32;
    let mut meanings = [0u32; 3];
    for train in trains() {
        let acts = |gestures: Vec<Gesture>| -> Vec<Gesture> {
            let acts = gestures.into_iter().filter(|g| *g != Gesture::Touched);
            acts.collect()
        };
        let expected = meant(&train);
        assert_eq!(acts(prompt(&train)), expected, "prompt {train:?}");
        assert_eq!(acts(late(&train)), expected, "late {train:?}");
        trains_read += 1;
        for gesture in expected {
            match gesture {
                Gesture::Touched => {}
                Gesture::Press(_) => meanings[0] += 1,
                Gesture::Held(_) => meanings[1] += 1,
            }
        }
        if meant(&train).is_empty() {
            meanings[2] += 1;
        }
    }
    println!(
        "gestures: {trains_read} trains of {TRAIN} edges; {} presses, {} holds, {} trains without",
        meanings[0], meanings[1], meanings[2]
    );
    assert!(meanings.iter().all(|count| *count > 1000));
}

#[test]
fn ten_thousand_edges_leave_nothing_behind() {
    let mut gestures = Gestures::new();
    for n in 0..10_000 {
        let edge = Edge {
            button: LINES[n % 2],
            pressed: n % 4 < 2,
            at: ms(n as u64),
        };
        assert_eq!(gestures.edge(edge, ms(n as u64), false), []);
        // One deadline a line at most is all there is to it.
        assert!(gestures.deadline().is_none_or(|(at, _)| at > ms(n as u64)));
    }
    for button in LINES {
        let at = ms(10_000);
        let edge = Edge {
            button,
            pressed: false,
            at,
        };
        assert_eq!(gestures.edge(edge, at, false), []);
    }
    assert_eq!(gestures.deadline(), None);
}

#[test]
fn in_the_dark_a_press_is_a_touch_and_no_more() {
    let mut gestures = Gestures::new();
    let edge = |pressed, at| Edge {
        button: Button::Disconnect,
        pressed,
        at: ms(at),
    };
    assert_eq!(gestures.edge(edge(true, 0), ms(0), true), []);
    assert_eq!(gestures.advance(ms(30), true), [Gesture::Touched]);
    // Bright by now, but this finger is used up.
    assert_eq!(gestures.edge(edge(false, 9000), ms(9000), false), []);
    assert_eq!(gestures.advance(ms(9030), false), [Gesture::Touched]);
    assert_eq!(gestures.hold(), None);
}
