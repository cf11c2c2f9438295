//! Stories of what WhatsApp or the store can refuse, and who ends it.

use std::time::Duration;

use pairbox::event::{Event, LinkEvent, StoreEvent};
use pairbox::fault::{BAN_WAIT_UNKNOWN, Fault, LOCKED_WAITS, OUTDATED_WAIT};
use pairbox::limits;
use pairbox::snapshot::Status;

use super::bench::{Bench, connected, millis, secs, why};

/// What is wrong, and how long until it is tried again by itself.
fn failed(bench: &Bench) -> (Fault, Option<Duration>) {
    match bench.status() {
        Status::Failed { fault, retry_at } => (fault, retry_at.map(|at| at.since(bench.now))),
        other => panic!("{other:?}"),
    }
}

/// Waits for the retry of a fault and checks that it comes exactly then.
fn retries_after(bench: &mut Bench, wait: Duration) {
    bench.asked();
    bench.pass(wait - millis(1));
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(bench.asked(), ["start"]);
    assert_eq!(bench.word(), "starting");
}

#[test]
fn replaced_is_final_until_a_person_says_otherwise() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::Replaced);
    assert_eq!(failed(&bench), (Fault::StreamReplaced, None));
    assert_eq!(bench.asked(), ["stop", "save"]);
    bench.ended();
    bench.send(Event::NetworkUp);
    bench.pass(secs(30 * 24 * 3600));
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(failed(&bench), (Fault::StreamReplaced, None));
    assert_eq!(bench.error(), Some("stream_replaced"));
    bench.connect();
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn an_outdated_client_is_tried_hourly() {
    let mut bench = Bench::working();
    for _ in 0..3 {
        bench.link(LinkEvent::Outdated);
        assert_eq!(failed(&bench), (Fault::ClientOutdated, Some(OUTDATED_WAIT)));
        bench.ended();
        retries_after(&mut bench, OUTDATED_WAIT);
    }
}

#[test]
fn a_locked_account_is_tried_less_and_less_often() {
    let mut bench = Bench::working();
    let waits = LOCKED_WAITS.into_iter().chain([LOCKED_WAITS[2]; 2]);
    for wait in waits {
        bench.link(LinkEvent::Locked);
        assert_eq!(failed(&bench), (Fault::AccountLocked, Some(wait)));
        bench.ended();
        retries_after(&mut bench, wait);
    }
    bench.link(connected());
    bench.pass(limits::RECONNECT_STABLE);
    bench.link(LinkEvent::Locked);
    assert_eq!(
        failed(&bench),
        (Fault::AccountLocked, Some(LOCKED_WAITS[0]))
    );
}

#[test]
fn a_ban_ends_when_it_says() {
    let mut bench = Bench::working();
    let lasts = Some(secs(86_400));
    bench.link(LinkEvent::Banned { lasts });
    let until = Some(bench.now + secs(86_400));
    assert_eq!(failed(&bench), (Fault::TemporaryBan { until }, lasts));
    bench.ended();
    retries_after(&mut bench, secs(86_400));
    bench.link(LinkEvent::Banned { lasts: None });
    let unknown = Fault::TemporaryBan { until: None };
    assert_eq!(failed(&bench), (unknown, Some(BAN_WAIT_UNKNOWN)));
    bench.ended();
    retries_after(&mut bench, BAN_WAIT_UNKNOWN);
    // A ban of no time at all must not become a storm.
    let lasts = Some(Duration::ZERO);
    bench.link(LinkEvent::Banned { lasts });
    assert_eq!(failed(&bench).1, Some(limits::BAN_WAIT_MIN));
    // Nor one of all time an overflow in somebody's timer.
    bench.connect();
    bench.ended();
    let lasts = Some(Duration::MAX);
    bench.link(LinkEvent::Banned { lasts });
    assert_eq!(failed(&bench).1, Some(limits::BAN_WAIT_MAX));
    bench.tell_time();
}

#[test]
fn a_person_need_not_wait_for_the_timer() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::Locked);
    bench.connect();
    // Still the old link: its end is waited for, also past the timer that is gone now.
    assert_eq!(bench.asked(), ["stop", "save"]);
    bench.pass(LOCKED_WAITS[0]);
    assert_eq!(bench.asked(), [""; 0]);
    bench.ended();
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_retry_waits_for_the_old_link() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::Locked);
    bench.asked();
    bench.pass(LOCKED_WAITS[0]);
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), [""; 0]);
    bench.ended();
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_retry_does_not_survive_the_shutdown() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::Locked);
    bench.ended();
    bench.send(Event::Shutdown);
    assert_eq!(failed(&bench), (Fault::AccountLocked, None));
    bench.pass(secs(100_000));
    bench.tell_time();
    assert_eq!(bench.asked(), ["stop", "save"]);
    assert!(bench.machine.is_drained());
}

#[test]
fn refusals_and_links_that_cannot_be_built_wait_for_a_person() {
    for (event, fault) in [
        (LinkEvent::Refused { why: why() }, Fault::Refused),
        (LinkEvent::StartFailed { why: why() }, Fault::Store),
    ] {
        let mut bench = Bench::new(true, true);
        bench.asked();
        bench.link(event);
        assert_eq!(failed(&bench), (fault, None));
        let last = bench.view().last_error.unwrap();
        assert_eq!((last.code, last.message), (fault.code(), why()));
        assert!(bench.view().linked, "a fault does not cost the identity");
        bench.ended();
        bench.pass(secs(100_000));
        assert_eq!(bench.asked(), ["stop", "save"]);
    }
}

#[test]
fn the_reason_is_kept_once_and_cleared_by_work() {
    let mut bench = Bench::working();
    let reason = |bench: &mut Bench| {
        let reasons = bench
            .effects()
            .into_iter()
            .filter_map(|effect| match effect {
                pairbox::event::Effect::SaveRecord { record, .. } => Some(record.last_reason),
                _ => None,
            });
        reasons.collect::<Vec<_>>()
    };
    bench.link(LinkEvent::Outdated);
    assert_eq!(reason(&mut bench), [Some("client_outdated".to_owned())]);
    for _ in 0..3 {
        bench.ended();
        bench.pass(OUTDATED_WAIT);
        bench.link(LinkEvent::Outdated);
    }
    assert_eq!(reason(&mut bench), [], "the same again wears the card");
    bench.ended();
    bench.connect();
    bench.link(connected());
    assert_eq!(reason(&mut bench), [None]);
}

#[test]
fn a_write_that_failed_is_told_and_costs_no_connection() {
    let mut bench = Bench::working();
    bench.store(StoreEvent::SaveFailed { why: why() });
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.error(), Some("store"));
    bench.link(super::bench::alive(true, true, 0));
    assert_eq!(bench.error(), Some("store"));
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_long_reason_is_cut() {
    let mut bench = Bench::working();
    let why = "\u{e9}".repeat(100_000);
    bench.link(LinkEvent::Refused { why });
    let message = bench.view().last_error.unwrap().message;
    assert_eq!(message.chars().count(), limits::WHY_CHARS);
}
