//! All sequences of events up to a stated depth, from every way the box can boot.
//!
//! Machines that came to the same state by different ways are followed once: what they print (all
//! that decides their future) is the key. Every step is watched by the ledger; every distinct state
//! is asked whether it can be left, stopped at once, and told old news without noticing.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

use pairbox::account::{AccountId, Epoch};
use pairbox::event::{Effect, Event, Intent, LinkEvent, StoreEvent};
use pairbox::fault::Fault;
use pairbox::limits;
use pairbox::secret::Secret;
use pairbox::snapshot::{PanelHealth, Status, StoreHealth};

use super::bench::{Bench, ME, alive, connected, paired, qr, quiet, secs, stored, typed, why};

/// Letters a sequence has ([`alphabet`] lists them), unless `PAIRBOX_DEPTH` asks for more: each
/// one more takes about five times as long.
const DEPTH: u32 = 4;

/// One step of a sequence.
#[derive(Clone, Debug)]
enum Letter {
    Intent(Intent),
    /// A word of the link started last, whether it still runs or not.
    Link(LinkEvent),
    Store(StoreEvent),
    Disk(StoreHealth),
    /// The wall clock is set.
    Clock,
    NetworkUp,
    Shutdown,
    /// The next deadline comes.
    Deadline,
    /// A minute passes, with all its deadlines.
    Minute,
}

fn alphabet() -> Vec<Letter> {
    let link = [
        qr("a secret", 60),
        LinkEvent::QrExhausted,
        paired(),
        LinkEvent::PairFailed { why: why() },
        connected(),
        LinkEvent::Dropped { why: why() },
        alive(true, true, 0),
        alive(false, true, 1),
        alive(false, false, 1),
        LinkEvent::LoggedOut { why: why() },
        LinkEvent::Replaced,
        LinkEvent::Outdated,
        LinkEvent::Locked,
        LinkEvent::Banned { lasts: None },
        LinkEvent::PasskeyRequired,
        LinkEvent::PasskeyCode {
            code: Secret::new("ABCD-1234".to_owned()),
        },
        LinkEvent::PasskeyFailed { why: why() },
        typed("ABCD1234"),
        LinkEvent::TypedCodeRefused {
            why: why(),
            throttled: true,
        },
        LinkEvent::TypedCodeEnded { why: why() },
        LinkEvent::PhoneSeen,
        LinkEvent::Message,
        quiet(limits::SILENCE.as_secs() + 1),
        LinkEvent::Refused { why: why() },
        LinkEvent::StartFailed { why: why() },
        LinkEvent::Ended,
    ];
    let intents = [
        Intent::Connect(ME),
        Intent::Disconnect(ME),
        Intent::Logout(ME),
        Intent::Restart(ME),
        Intent::Delete(ME),
        Intent::PairByCode {
            account: ME,
            phone: "15550003333".parse().unwrap(),
        },
        Intent::PairByCode {
            account: ME,
            phone: "15550004444".parse().unwrap(),
        },
    ];
    let mut letters: Vec<_> = link.into_iter().map(Letter::Link).collect();
    letters.extend(intents.map(Letter::Intent));
    letters.extend([
        Letter::Store(StoreEvent::AuthWiped),
        Letter::Store(StoreEvent::WipeFailed { why: why() }),
        Letter::Store(StoreEvent::SaveFailed { why: why() }),
        Letter::Store(StoreEvent::Deleted),
        Letter::Store(StoreEvent::DeleteFailed { why: why() }),
        Letter::Disk(StoreHealth::Well),
        Letter::Disk(StoreHealth::ReadOnly),
        Letter::Clock,
        Letter::NetworkUp,
        Letter::Shutdown,
        Letter::Deadline,
        Letter::Minute,
    ]);
    letters
}

/// Every way to boot: wanted or not, linked or not, and with a removal seen before.
fn boots() -> Vec<Bench> {
    let mut boots = Vec::new();
    for (enabled, linked, reason) in [
        (false, false, None),
        (true, false, None),
        (false, true, None),
        (true, true, None),
        (true, true, Some("logged_out".to_owned())),
    ] {
        let mut account = stored(ME, enabled, linked);
        account.record.last_reason = reason;
        let mut bench = Bench::boot(vec![account], PanelHealth::Headless);
        bench.effects();
        boots.push(bench);
    }
    let linked = vec![stored(ME, true, true)];
    boots.push(Bench::boot_with_clock(linked, PanelHealth::Headless, false));
    boots
}

#[test]
fn every_sequence_of_events_keeps_every_promise() {
    let letters = alphabet();
    let asked = std::env::var("PAIRBOX_DEPTH").ok();
    let last = asked.map_or(DEPTH, |depth| depth.parse().unwrap());
    let mut seen = BTreeSet::new();
    let mut layer = boots();
    let starts = layer.len();
    let mut steps = 0u64;
    for depth in 1..=last {
        let mut next = Vec::new();
        for bench in &layer {
            for letter in &letters {
                let mut after = bench.clone();
                step(&mut after, letter);
                steps += 1;
                if seen.insert(fingerprint(&after)) {
                    check_state(&after);
                    if depth < last {
                        next.push(after);
                    }
                }
            }
        }
        layer = next;
        figure!("depth {depth}: {} distinct states so far", seen.len());
    }
    let sequences = starts * letters.len().pow(last);
    figure!(
        "exhaustive: {sequences} sequences of {last} out of {} letters, {steps} steps made",
        letters.len()
    );
}

/// Makes one step. The ledger checks it on the way.
fn step(bench: &mut Bench, letter: &Letter) {
    let before = bench.snapshot();
    let running = bench.ledger.running(ME);
    let replaced = bench.fault() == Some(Fault::StreamReplaced);
    match letter {
        Letter::Intent(intent) => {
            bench.ask(intent.clone());
            let stops = matches!(
                intent,
                Intent::Disconnect(_) | Intent::Logout(_) | Intent::Delete(_)
            );
            let off = match bench.status() {
                Status::Stopped => true,
                Status::LoggedOut => matches!(intent, Intent::Logout(_)),
                _ => false,
            };
            assert!(!stops || before.shutting_down || off);
        }
        Letter::Link(event) => {
            bench.link(event.clone());
            if running.is_none() {
                assert_eq!(bench.snapshot(), before, "{event:?} of an ended link");
            }
        }
        Letter::Store(event) => bench.store(event.clone()),
        Letter::Disk(health) => bench.send(Event::Disk(health.clone())),
        Letter::Clock => {
            bench.wall = true;
            bench.send(Event::ClockSet);
        }
        Letter::NetworkUp => bench.send(Event::NetworkUp),
        Letter::Shutdown => bench.send(Event::Shutdown),
        Letter::Deadline => {
            bench.next_deadline();
        }
        Letter::Minute => bench.pass(secs(60)),
    }
    let by_person = matches!(letter, Letter::Intent(_));
    if replaced && !by_person {
        let started = |effect: &Effect| matches!(effect, Effect::StartLink { .. });
        assert!(
            !bench.effects().iter().any(started),
            "a replaced link fights back"
        );
    }
    bench.effects();
}

/// What must hold in every state, wherever it came from.
fn check_state(bench: &Bench) {
    old_news_is_no_news(bench);
    if bench.snapshot().shutting_down {
        shutdown_comes_to_an_end(bench);
    } else if bench.ledger.is_going(ME) || bench.snapshot().current().id != ME {
        a_deleted_account_goes_and_a_fresh_one_is_there(bench);
    } else {
        stop_works_at_once(bench);
        a_person_gets_it_online(bench);
        nobody_waits_for_ever(bench);
    }
}

fn old_news_is_no_news(bench: &Bench) {
    let before = bench.snapshot();
    let print = fingerprint(bench);
    let mut bench = bench.clone();
    let running = bench.ledger.running(ME);
    let newest = bench.ledger.newest();
    for epoch in [Epoch(newest.0.saturating_sub(1)), newest, newest.next()] {
        if running == Some(epoch) {
            continue;
        }
        for event in [connected(), qr("old", 60), paired(), LinkEvent::Ended] {
            bench.link_of(epoch, event);
        }
    }
    assert!(bench.effects().is_empty());
    assert_eq!(bench.snapshot().seq, before.seq);
    assert_eq!(fingerprint(&bench), print);
}

fn stop_works_at_once(bench: &Bench) {
    let mut bench = bench.clone();
    bench.disconnect();
    assert_eq!(bench.status(), Status::Stopped);
    obey(&mut bench, true);
    assert_eq!(bench.status(), Status::Stopped);
    assert!(bench.machine.is_drained());
    // And it stays: no timer brings it back.
    bench.pass(secs(100_000));
    assert_eq!(bench.status(), Status::Stopped);
    assert!(bench.machine.is_drained());
}

/// However bad it is: when the world works, one press of connect leads to a running link, and one
/// word of that link to a working account.
fn a_person_gets_it_online(bench: &Bench) {
    let mut bench = bench.clone();
    let worked = bench.status() == Status::Working;
    bench.wall = true;
    bench.send(Event::Disk(StoreHealth::Well));
    bench.connect();
    obey(&mut bench, true);
    assert!(bench.ledger.running(ME).is_some(), "{:?}", bench.machine);
    assert!(!bench.ledger.is_told_to_end(ME));
    bench.link(connected());
    assert_eq!(bench.status(), Status::Working);
    // What the store said while it worked stays told.
    assert!(worked || bench.error().is_none());
}

fn nobody_waits_for_ever(bench: &Bench) {
    let mut bench = bench.clone();
    bench.pass(limits::TYPED_ANSWER);
    assert!(bench.ledger.is_answered(), "{:?}", bench.ledger);
}

fn a_deleted_account_goes_and_a_fresh_one_is_there(bench: &Bench) {
    let mut bench = bench.clone();
    obey(&mut bench, true);
    assert!(bench.ledger.is_answered(), "{:?}", bench.ledger);
    let snapshot = bench.snapshot();
    let [fresh] = &snapshot.accounts[..] else {
        panic!("{:?}", snapshot.accounts);
    };
    assert_eq!((fresh.id, &fresh.status), (AccountId(2), &Status::Stopped));
    // Wishes for the one that is gone come to nothing, wherever they come from.
    bench.connect();
    assert_eq!(bench.snapshot().accounts, snapshot.accounts);
    bench.intent(Intent::Connect(fresh.id));
    assert!(
        !bench.wall
            || bench.ledger.running(fresh.id).is_some()
            || bench.snapshot().store != StoreHealth::Well
    );
}

fn shutdown_comes_to_an_end(bench: &Bench) {
    let mut bench = bench.clone();
    obey(&mut bench, false);
    assert!(bench.machine.is_drained());
    assert_eq!(bench.machine.poll_timeout(), None);
}

/// The world does what it was asked: links end, wipes succeed.
fn obey(bench: &mut Bench, wipes_succeed: bool) {
    while !bench.machine.is_drained() {
        if bench.ledger.is_wiping(ME) {
            bench.store(if wipes_succeed {
                StoreEvent::AuthWiped
            } else {
                StoreEvent::WipeFailed { why: why() }
            });
        } else if bench.ledger.is_deleting(ME) {
            bench.store(StoreEvent::Deleted);
        } else if bench.ledger.is_told_to_end(ME) {
            bench.ended();
        } else {
            return;
        }
    }
}

/// What decides the future of a bench, in eight bytes.
fn fingerprint(bench: &Bench) -> u64 {
    struct Into(DefaultHasher);
    impl Write for Into {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut into = Into(DefaultHasher::new());
    write!(into, "{:?}{:?}{:?}", bench.machine, bench.ledger, bench.now).unwrap();
    into.0.finish()
}
