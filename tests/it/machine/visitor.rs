//! Stories of somebody being there, and of where the page is.

use pairbox::account::AccountId;
use pairbox::event::{Button, Event, Intent};
use pairbox::limits::ATTENDED;

use super::bench::{Bench, alive, connected, millis, secs};

#[test]
fn a_button_and_a_wish_tell_that_somebody_is_there() {
    let mut bench = Bench::working();
    assert!(!bench.snapshot().attended);
    bench.edge(Button::Select, true);
    assert!(!bench.snapshot().attended, "that may be a spike");
    bench.pass(millis(30));
    assert!(bench.snapshot().attended);
    bench.edge(Button::Select, false);
    bench.pass(millis(30));
    bench.pass(ATTENDED - millis(1));
    assert!(bench.snapshot().attended);
    bench.pass(millis(1));
    assert!(!bench.snapshot().attended);
    bench.intent(Intent::ResetTokens);
    assert!(bench.snapshot().attended);
    bench.pass(ATTENDED);
    assert!(!bench.snapshot().attended);
}

#[test]
fn nobody_is_there_because_the_world_goes_on() {
    let mut bench = Bench::working();
    bench.link(alive(false, false, 1));
    bench.link(connected());
    bench.send(Event::NetworkUp);
    bench.send(Event::Page(Some("10.0.0.2:80".to_owned())));
    // A page older than the box wants something of an account that is not there.
    bench.intent(Intent::Connect(AccountId(7)));
    bench.edge(Button::Connect, true);
    bench.pass(millis(20));
    bench.edge(Button::Connect, false);
    bench.pass(secs(1));
    assert!(!bench.snapshot().attended);
}

#[test]
fn a_stuck_button_is_nobody() {
    let mut bench = Bench::working();
    bench.edge(Button::Next, true);
    bench.pass(ATTENDED + secs(1));
    assert!(!bench.snapshot().attended);
    assert_eq!(bench.snapshot().stuck, [Button::Next]);
    bench.edge(Button::Next, false);
    bench.pass(secs(1));
    assert!(!bench.snapshot().attended);
}

#[test]
fn the_page_is_where_it_was_said_to_be_last() {
    let mut bench = Bench::working();
    assert_eq!(bench.snapshot().page, None);
    for page in [Some("192.168.1.20:8080"), Some("192.168.1.21:8080"), None] {
        let page = page.map(str::to_owned);
        bench.send(Event::Page(page.clone()));
        assert_eq!(bench.snapshot().page, page);
        let seq = bench.snapshot().seq;
        bench.send(Event::Page(page));
        assert_eq!(bench.snapshot().seq, seq);
    }
}
