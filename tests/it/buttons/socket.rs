//! The bench's five buttons, through the socket and the same watcher as real lines.

use std::time::Duration;

use pairbox::bench;
use pairbox::clock::Clock;
use pairbox::event::{Button, Event};
use pairbox::inbox::Inbox;
use pairbox::limits;
use pairbox_chips::{Bench, Button as Line};
use tokio::sync::mpsc::Receiver;

use super::rig::secs;

const LINES: [Line; 5] = [
    Line::Connect,
    Line::Disconnect,
    Line::Previous,
    Line::Next,
    Line::Select,
];

fn wired() -> (tempfile::TempDir, Bench, bench::BenchI2c, Receiver<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(&folder.path().join("bench.sock")).unwrap();
    let (inbox, events) = Inbox::new();
    let bus = bench::connect(bench.socket(), inbox, Clock::start()).unwrap();
    bench.wait_wired(secs(10)).unwrap();
    (folder, bench, bus, events)
}

/// Edges until one of them is this.
fn until(events: &mut Receiver<Event>, last: (Button, bool)) -> Vec<(Button, bool)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let heard = async {
        let mut heard = Vec::new();
        while heard.last() != Some(&last) {
            match events.recv().await {
                Some(Event::Edge(edge)) => heard.push((edge.button, edge.pressed)),
                other => panic!("not an edge: {other:?}"),
            }
        }
        heard
    };
    runtime
        .block_on(async { tokio::time::timeout(secs(10), heard).await })
        .expect("edges in time")
}

#[test]
fn all_five_buttons_are_there() {
    let (_folder, bench, _bus, mut events) = wired();
    for (line, button) in LINES.into_iter().zip(Button::ALL) {
        bench.press(line);
        bench.release(line);
        let heard = until(&mut events, (button, false));
        assert_eq!(heard, [(button, true), (button, false)]);
    }
}

#[test]
fn a_storm_on_one_leaves_the_others_alone() {
    let (_folder, bench, _bus, mut events) = wired();
    bench
        .lines()
        .storm(Line::Disconnect, 5_000, Duration::from_micros(100));
    bench.press(Line::Connect);
    let heard = until(&mut events, (Button::Connect, true));
    let most = limits::STORM_BURST as usize + 2;
    assert!(heard.len() <= most, "{} edges", heard.len());
    // Whatever else it was, nobody holds it now.
    let last = heard
        .iter()
        .rfind(|(button, _)| *button == Button::Disconnect);
    assert_eq!(last, Some(&(Button::Disconnect, false)));
}
