//! The thread around the watcher, in real time: stamps, the end, and what a storm costs.

use std::sync::mpsc::channel;
use std::time::Duration;

use pairbox::button;
use pairbox::button::source::Heard;
use pairbox::button::watcher::News;
use pairbox::clock::Clock;
use pairbox::event::Button;
use rustix::time::{ClockId, clock_gettime};

use super::rig::{millis, plain, secs, two_lines};

#[test]
fn edges_come_through_with_their_own_times_and_the_end_is_prompt() {
    let (source, feed, bell) = plain();
    let clock = Clock::start();
    let (say, said) = channel();
    let listener = move |_, line, news| say.send((line, news)).is_ok();
    let buttons = button::start(source, bell, &two_lines(), clock, listener).unwrap();
    let at = clock.mono() + millis(3);
    assert!(feed.put(Heard::Edge {
        button: Button::Disconnect,
        high: false,
        at,
    }));
    let (line, News::Edge(edge)) = said.recv_timeout(secs(5)).unwrap() else {
        panic!("something else was said");
    };
    assert_eq!(
        (line, edge.button, edge.pressed),
        (6, Button::Disconnect, true)
    );
    assert!(edge.at <= at);
    let before = clock.mono();
    drop(buttons);
    // The thread would sleep for seconds.
    assert!(clock.mono().since(before) < secs(2));
    assert!(said.recv().is_err(), "the listener is gone");
    assert!(!feed.put(Heard::Edge {
        button: Button::Disconnect,
        high: true,
        at,
    }));
}

#[test]
fn an_endless_storm_tells_next_to_nothing() {
    // The worst case: a source that cannot be silenced, like the bench. 100 000 edges, as fast as
    // they can be taken: ten seconds of 10 000 a second.
    let (source, feed, bell) = plain();
    let clock = Clock::start();
    let (say, said) = channel();
    let edges = 100_000_u32;
    let cpu = || {
        let spent = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(spent.tv_sec.unsigned_abs(), 0)
            + Duration::from_nanos(spent.tv_nsec.unsigned_abs())
    };
    let listener = move |_, _, news: News| say.send(news).is_ok();
    let buttons = button::start(source, bell, &two_lines(), clock, listener).unwrap();
    let before = cpu();
    for number in 0..edges {
        assert!(feed.put(Heard::Edge {
            button: Button::Connect,
            high: number % 2 == 1,
            at: clock.mono(),
        }));
    }
    drop(buttons);
    let each = cpu().saturating_sub(before) / edges;
    figure!(
        "an edge of a storm costs {each:?} at most: 10 000 a second are {:?}",
        each * 10_000
    );
    let told = said
        .iter()
        .filter(|news| matches!(news, News::Edge(_)))
        .count();
    assert!(told <= 41, "{told}");
}
