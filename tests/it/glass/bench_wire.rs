//! The bench over its socket: what an appliance process sees of it, and what stays when it dies.

use std::time::Duration;

use embedded_hal::i2c::I2c as _;
use pairbox::bench;
use pairbox::clock::Clock;
use pairbox::event::{Button, Edge, Event};
use pairbox::inbox::Inbox;
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Panel as _, Refresh};
use pairbox_chips::{Bench, Bounce, Button as Line};
use tokio::sync::mpsc::Receiver;

use super::{DEADLINE, as_picture, frame_of, scenes};

fn bench() -> (tempfile::TempDir, Bench) {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(&folder.path().join("bench.sock")).unwrap();
    (folder, bench)
}

fn connect(bench: &Bench) -> (bench::BenchI2c, Receiver<Event>) {
    let (inbox, events) = Inbox::new();
    let bus = bench::connect(bench.socket(), inbox, Clock::start()).unwrap();
    bench.wait_wired(DEADLINE).unwrap();
    (bus, events)
}

/// The next `count` edges.
fn edges(events: &mut Receiver<Event>, count: usize) -> Vec<Edge> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let edges = async {
        let mut edges = Vec::new();
        while edges.len() < count {
            match events.recv().await {
                Some(Event::Edge(edge)) => edges.push(edge),
                other => panic!("not an edge: {other:?}"),
            }
        }
        edges
    };
    runtime
        .block_on(async { tokio::time::timeout(DEADLINE, edges).await })
        .expect("edges in time")
}

#[test]
fn a_code_crosses_the_socket_and_outlives_the_process() {
    let (_folder, bench) = bench();
    let scene = scenes::named("qr");
    {
        let (bus, _events) = connect(&bench);
        let mut panel = Oled::new(bus, ADDRESS, "bench");
        panel.show(&frame_of(&scene), Refresh::Partial).unwrap();
        assert_eq!(bench.wait_qr(DEADLINE, None).unwrap(), scenes::payload(239));
        // The process dies here: nobody clears the glass.
    }
    assert_eq!(bench.picture(), as_picture(&frame_of(&scene)));
    let (bus, _events) = connect(&bench);
    let next = scenes::named("connected");
    Oled::new(bus, ADDRESS, "bench")
        .show(&frame_of(&next), Refresh::Partial)
        .unwrap();
    bench.wait_text(DEADLINE, "Connected").unwrap();
    assert_eq!(bench.picture(), as_picture(&frame_of(&next)));
    assert_eq!(bench.connections(), 2);
    assert_eq!(bench.violations(), []);
}

#[test]
fn edges_arrive_in_order_with_rising_times() {
    let (_folder, bench) = bench();
    let (_bus, mut events) = connect(&bench);
    bench.tap(Line::Connect);
    bench.lines().bounce(Line::Disconnect, true, Bounce::CHEAP);
    bench.release(Line::Disconnect);
    let told = edges(&mut events, 2 + 9 + 1);
    let levels: Vec<_> = told
        .iter()
        .map(|edge| (edge.button, edge.pressed))
        .collect();
    let mut expected = vec![(Button::Connect, true), (Button::Connect, false)];
    for _ in 0..4 {
        expected.extend([(Button::Disconnect, true), (Button::Disconnect, false)]);
    }
    expected.extend([(Button::Disconnect, true), (Button::Disconnect, false)]);
    assert_eq!(levels, expected);
    assert!(told.is_sorted_by_key(|edge| edge.at));
    let held = told[1].at.since(told[0].at);
    assert!(
        held >= Duration::from_millis(30),
        "a tap is longer than the debouncing: {held:?}"
    );
}

#[test]
fn refusals_and_losses_cross_the_socket() {
    let (_folder, bench) = bench();
    let (mut bus, _events) = connect(&bench);
    assert!(bus.write(ADDRESS, &[0x00, 0xe3]).is_ok());
    assert!(
        bus.write(ADDRESS, &[0x00, 0xff]).is_err(),
        "an unknown command"
    );
    assert!(bus.write(0x3d, &[0x00, 0xe3]).is_err(), "another address");
    assert!(bus.read(ADDRESS, &mut [0]).is_err());
    assert_eq!(bench.violations().len(), 2);
    bench.unplug();
    assert!(bus.write(ADDRESS, &[0x00, 0xe3]).is_err());
    bench.replug();
    assert!(bus.write(ADDRESS, &[0x00, 0xe3]).is_ok());
    drop(bench);
    assert!(
        bus.write(ADDRESS, &[0x00, 0xe3]).is_err(),
        "the bench is gone"
    );
}

#[test]
fn a_bench_that_is_not_there_is_an_error() {
    let (inbox, _events) = Inbox::new();
    let folder = tempfile::tempdir().unwrap();
    assert!(bench::connect(&folder.path().join("none"), inbox, Clock::start()).is_err());
}
