//! Stories of an account that is linked: boot, connect, losses, waits, stop, shutdown, old epochs.

use pairbox::account::Epoch;
use pairbox::event::{Effect, Event, LinkEvent, StoreEvent};
use pairbox::limits;
use pairbox::snapshot::Status;
use pairbox::time::UnixMillis;

use super::bench::{Bench, ME, WALL_START, alive, connected, millis, paired, qr, secs, why};

fn reconnecting(bench: &Bench) -> (u32, Option<u64>) {
    match bench.status() {
        Status::Reconnecting {
            attempt, next_at, ..
        } => {
            let in_ms = next_at.map(|at| at.since(bench.now).as_millis());
            (attempt, in_ms.map(|ms| u64::try_from(ms).unwrap()))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn boot_starts_what_is_enabled_and_linked_and_nothing_else() {
    for (enabled, linked, word, asked) in [
        (true, true, "starting", vec!["start"]),
        (true, false, "stopped", vec![]),
        (false, true, "stopped", vec![]),
        (false, false, "stopped", vec![]),
    ] {
        let mut bench = Bench::new(enabled, linked);
        assert_eq!(bench.word(), word);
        assert_eq!(bench.asked(), asked);
        assert_eq!(bench.view().linked, linked);
        assert_eq!(bench.view().enabled, enabled);
    }
}

#[test]
fn connect_keeps_the_wish_before_it_starts_the_link() {
    let mut bench = Bench::new(false, true);
    bench.connect();
    assert_eq!(bench.word(), "starting");
    let effects = bench.effects();
    assert!(
        matches!(&effects[..], [
            Effect::SaveRecord { record, .. },
            Effect::StartLink { epoch: Epoch(1), label, .. },
        ] if record.enabled && label == "box 1"),
        "{effects:?}"
    );
    bench.link(connected());
    let view = bench.view();
    assert_eq!(view.status, Status::Working);
    assert_eq!(view.phone.unwrap().last4(), "2222");
    assert_eq!(view.push_name.as_deref(), Some("Ada"));
    assert_eq!(bench.asked(), ["save"], "its phone");
}

#[test]
fn connect_while_starting_or_working_changes_nothing() {
    let mut bench = Bench::new(true, true);
    bench.asked();
    bench.connect();
    bench.link(alive(false, true, 0));
    bench.connect();
    bench.link(connected());
    bench.connect();
    assert_eq!(bench.asked(), ["save"], "its phone");
    assert_eq!(bench.word(), "working");
}

#[test]
fn one_link_at_a_time_also_for_an_impatient_finger() {
    let mut bench = Bench::working();
    for _ in 0..3 {
        bench.disconnect();
        assert_eq!(bench.word(), "stopped");
        bench.connect();
        assert_eq!(bench.word(), "starting");
    }
    let starts = |asked: &[&str]| asked.iter().filter(|word| **word == "start").count();
    let asked = bench.asked();
    assert_eq!(starts(&asked), 0, "{asked:?}");
    // What the dying link still says is not about the account any more.
    bench.link(connected());
    assert_eq!(bench.word(), "starting");
    bench.ended();
    assert_eq!(bench.asked(), ["start"]);
    bench.link(connected());
    assert_eq!(bench.word(), "working");
}

#[test]
fn stop_works_at_once_during_a_wait_and_nothing_starts_later() {
    let mut bench = Bench::working();
    bench.ended();
    assert_eq!(bench.word(), "reconnecting");
    bench.disconnect();
    assert_eq!(bench.word(), "stopped");
    bench.pass(secs(4000));
    assert_eq!(bench.asked(), ["save"]);
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_lost_socket_shows_at_once_and_its_return_needs_no_word_of_the_library() {
    let mut bench = Bench::working();
    bench.link(alive(true, true, 2));
    bench.pass(secs(60));
    bench.link(alive(false, false, 2));
    assert_eq!(reconnecting(&bench), (0, None));
    assert_eq!(bench.error(), Some("connection_lost"));
    bench.link(alive(false, false, 5));
    assert_eq!(reconnecting(&bench), (3, None));
    assert_eq!(bench.view().last_error.unwrap().message, "failure 5");
    bench.link(alive(true, true, 5));
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.error(), None);
    // Not one write to the card for all of this.
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_dropped_connection_counts_only_failures_since_then() {
    let mut bench = Bench::working();
    bench.link(alive(true, true, 4));
    bench.link(LinkEvent::Dropped { why: why() });
    assert_eq!(reconnecting(&bench).0, 0);
    bench.link(alive(false, false, 5));
    assert_eq!(reconnecting(&bench).0, 1);
    bench.link(connected());
    assert_eq!(bench.word(), "working");
}

#[test]
fn a_login_seen_on_the_socket_counts_though_nobody_says_so() {
    let mut bench = Bench::new(true, true);
    bench.link(alive(true, true, 0));
    assert_eq!(bench.word(), "working");
    // The words come late: the facts in them are taken.
    bench.link(connected());
    assert_eq!(bench.view().push_name.as_deref(), Some("Ada"));
}

#[test]
fn waits_are_fibonacci_with_a_tenth_of_jitter_and_never_end() {
    let mut bench = Bench::working();
    let fibonacci = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610];
    let expected = fibonacci.into_iter().chain([900; 5]);
    for (n, wait_s) in (0u32..).zip(expected) {
        bench.ended();
        let (attempt, in_ms) = reconnecting(&bench);
        assert_eq!(attempt, n);
        let in_ms = in_ms.unwrap();
        assert!(
            (wait_s * 900..=wait_s * 1100).contains(&in_ms),
            "{n}: {in_ms} ms instead of {wait_s} s"
        );
        bench.pass(millis(in_ms.saturating_sub(1)));
        assert_eq!(bench.asked(), [""; 0], "too early");
        bench.pass(millis(2));
        assert_eq!(bench.asked(), ["start"]);
        assert_eq!(bench.word(), "reconnecting");
    }
}

#[test]
fn half_a_minute_of_work_forgets_the_waits_and_less_does_not() {
    let mut bench = Bench::working();
    for _ in 0..5 {
        bench.ended();
        bench.pass(secs(10));
    }
    bench.link(connected());
    bench.pass(limits::RECONNECT_STABLE - millis(1));
    bench.ended();
    let (_, in_ms) = reconnecting(&bench);
    assert!(in_ms.unwrap() > 7000, "{in_ms:?}");
    bench.pass(secs(10));
    bench.link(connected());
    bench.pass(limits::RECONNECT_STABLE);
    bench.ended();
    let (attempt, in_ms) = reconnecting(&bench);
    assert_eq!(attempt, 0);
    assert!(in_ms.unwrap() <= 1100, "{in_ms:?}");
}

#[test]
fn the_network_or_a_person_ends_a_wait() {
    for by_person in [true, false] {
        let go = |bench: &mut Bench| {
            if by_person {
                bench.connect();
            } else {
                bench.send(Event::NetworkUp);
            }
        };
        // Our own wait: it starts at once, and counts from the beginning again.
        let mut bench = Bench::working();
        for _ in 0..9 {
            bench.ended();
            bench.pass(secs(60));
        }
        bench.asked();
        bench.ended();
        go(&mut bench);
        assert_eq!(bench.asked(), ["start"]);
        assert_eq!(reconnecting(&bench), (0, None));
        // The library's wait: the link is built anew, once.
        bench.link(alive(false, false, 9));
        go(&mut bench);
        go(&mut bench);
        assert_eq!(bench.asked(), ["stop"]);
        assert_eq!(bench.word(), "reconnecting");
        bench.ended();
        assert_eq!(bench.asked(), ["start"]);
    }
}

#[test]
fn the_network_disturbs_nobody_who_needs_none() {
    let mut bench = Bench::working();
    bench.send(Event::NetworkUp);
    let mut pairing = Bench::pairing();
    pairing.send(Event::NetworkUp);
    pairing.link(qr("a", 60));
    pairing.send(Event::NetworkUp);
    let mut stopped = Bench::new(false, true);
    stopped.send(Event::NetworkUp);
    for bench in [&mut bench, &mut pairing, &mut stopped] {
        assert_eq!(bench.asked(), [""; 0]);
    }
}

#[test]
fn a_slow_start_says_why() {
    let mut bench = Bench::new(true, true);
    let slow = |bench: &Bench| match bench.status() {
        Status::Starting { slow, .. } => slow.map(|trouble| trouble.why),
        other => panic!("{other:?}"),
    };
    bench.link(alive(false, false, 1));
    bench.asked();
    bench.pass(limits::STARTING_SLOW - millis(1));
    assert_eq!(slow(&bench), None);
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(slow(&bench).as_deref(), Some("failure 1"));
    // And what people would do now is done for them, once.
    assert_eq!(bench.asked(), ["stop"]);
    bench.ended();
    assert_eq!(bench.asked(), ["start"]);
    assert_eq!(slow(&bench).as_deref(), Some("failure 1"));
    bench.link(alive(false, false, 2));
    assert_eq!(slow(&bench).as_deref(), Some("failure 2"));
    bench.wall = false;
    bench.link(alive(false, false, 3));
    assert_eq!(
        slow(&bench).as_deref(),
        Some("the clock is not set; failure 3")
    );
    bench.pass(limits::STARTING_SLOW * 2);
    assert_eq!(bench.asked(), [""; 0]);
    bench.link(connected());
    assert_eq!(bench.word(), "working");
}

#[test]
fn a_start_behind_a_link_that_does_not_end_says_so_and_can_be_stopped() {
    let mut bench = Bench::working();
    bench.disconnect();
    bench.connect();
    bench.pass(secs(3600));
    assert!(
        matches!(bench.status(), Status::Starting { slow: Some(slow), .. } if slow.why.contains("still ending"))
    );
    bench.disconnect();
    assert_eq!(bench.word(), "stopped");
    assert_eq!(bench.asked(), ["stop", "save", "save", "save"]);
}

#[test]
fn a_start_that_leads_nowhere_is_built_anew_with_growing_waits() {
    let mut bench = Bench::new(true, true);
    bench.asked();
    bench.pass(limits::STARTING_SLOW);
    bench.ended();
    assert_eq!(bench.asked(), ["stop", "start"]);
    let mut began = bench.now;
    for wait_s in [1, 1, 2, 3, 5, 8] {
        bench.pass(limits::STARTING_REBUILD - millis(1));
        assert_eq!(bench.asked(), [""; 0]);
        bench.pass(millis(1));
        assert_eq!(bench.asked(), ["stop"]);
        bench.ended();
        assert_eq!(bench.word(), "starting");
        while bench.asked() != ["start"] {
            assert!(bench.next_deadline().is_some());
        }
        let extra = bench.now.since(began + limits::STARTING_REBUILD);
        assert!(extra >= secs(wait_s) * 9 / 10 && extra <= secs(wait_s) * 11 / 10);
        began = bench.now;
    }
    // A person, or the network, does not sit out the library's wait either.
    bench.link(alive(false, false, 3));
    bench.connect();
    assert_eq!(bench.asked(), ["stop"]);
    bench.ended();
    bench.link(alive(false, false, 3));
    bench.send(Event::NetworkUp);
    assert_eq!(bench.asked(), ["start", "stop"]);
}

#[test]
fn words_of_an_older_epoch_change_nothing_and_are_counted() {
    let mut bench = Bench::working();
    let old = bench.ledger.newest();
    bench.disconnect();
    bench.ended();
    let before = bench.snapshot();
    let stale = bench.machine.stale_events();
    let words = [
        qr("late", 60),
        connected(),
        paired(),
        alive(true, true, 0),
        LinkEvent::LoggedOut { why: why() },
        LinkEvent::Replaced,
        LinkEvent::Ended,
    ];
    for word in words.clone() {
        bench.link_of(old, word);
    }
    assert_eq!(bench.snapshot(), before);
    bench.connect();
    bench.link(connected());
    let before = bench.snapshot();
    for word in words {
        bench.link_of(old, word);
    }
    assert_eq!(bench.snapshot(), before);
    assert_eq!(bench.machine.stale_events(), stale + 14);
    assert_eq!(bench.asked(), ["stop", "save", "save", "start"]);
}

#[test]
fn a_shutdown_ends_every_link_and_starts_nothing() {
    let mut bench = Bench::working();
    assert!(!bench.machine.is_drained());
    bench.send(Event::Shutdown);
    assert_eq!(bench.asked(), ["stop"]);
    assert!(bench.snapshot().shutting_down);
    // It should be online again at the next boot.
    assert!(bench.view().enabled);
    bench.connect();
    bench.send(Event::NetworkUp);
    assert!(!bench.machine.is_drained());
    bench.ended();
    bench.pass(secs(4000));
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), [""; 0]);
    assert!(bench.machine.is_drained());
    assert_eq!(bench.machine.poll_timeout(), None);
}

#[test]
fn a_shutdown_takes_the_code_away_and_waits_for_a_wipe() {
    let mut bench = Bench::pairing();
    bench.link(qr("secret", 60));
    bench.send(Event::Shutdown);
    assert_eq!(bench.shown_code(), None);
    let mut bench = Bench::working();
    bench.log_out();
    bench.send(Event::Shutdown);
    bench.ended();
    assert_eq!(bench.asked(), ["unlink", "save", "wipe"]);
    assert!(!bench.machine.is_drained());
    bench.store(StoreEvent::AuthWiped);
    assert!(bench.machine.is_drained());
}

#[test]
fn since_is_told_in_both_times_also_when_the_wall_clock_comes_late() {
    let mut bench = Bench::without_clock();
    let booted = bench.now;
    bench.send(Event::Page(None));
    bench.pass(secs(5));
    assert_eq!(bench.view().since, booted);
    assert_eq!(bench.view().since_wall, None);
    bench.wall = true;
    bench.send(Event::ClockSet);
    assert_eq!(
        bench.view().since_wall,
        Some(UnixMillis(WALL_START + 100_000))
    );
    bench.pass(secs(5));
    bench.link(connected());
    assert_eq!(bench.view().since, bench.now);
    let working_since = bench.now;
    bench.pass(secs(5));
    bench.link(alive(true, true, 0));
    assert_eq!(bench.view().since, working_since);
}

#[test]
fn a_looking_at_a_quiet_socket_publishes_nothing() {
    let mut bench = Bench::working();
    bench.link(alive(true, true, 0));
    let seq = bench.snapshot().seq;
    for _ in 0..50 {
        bench.pass(secs(1));
        bench.link(alive(true, true, 0));
    }
    assert_eq!(bench.snapshot().seq, seq);
    assert_eq!(bench.snapshot().current().id, ME);
}
