//! Long random runs of the machine and the reference side by side: they must agree after each step.
//!
//! The runs are the same every time; `PROPTEST_CASES` asks for more of them. A run that fails is
//! shrunk to its shortest form before it is printed.

use std::cell::Cell;
use std::time::Duration;

use pairbox::account::Epoch;
use pairbox::event::{Event, Intent, LinkEvent, Source, StoreEvent};
use pairbox::secret::Secret;
use pairbox::snapshot::PanelHealth;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::bench::{Bench, ME, alive, connected, millis, paired, secs, stored, why};
use super::reference::Reference;

/// Runs, unless `PROPTEST_CASES` says otherwise.
const RUNS: u32 = 2000;

/// One thing the world does.
#[derive(Clone, Debug)]
enum Act {
    Intent(Intent),
    /// A word of the newest link.
    Link(LinkEvent),
    /// A word of the link this many starts ago.
    Old(u64, LinkEvent),
    /// The world does what it was asked: a link ends, a wipe succeeds.
    Obey,
    Store(StoreEvent),
    NetworkUp,
    Pass(Duration),
    Shutdown,
}

fn words() -> impl Strategy<Value = LinkEvent> {
    let lifetime = prop_oneof![Just(60), Just(20), 0u64..1000];
    let qr = lifetime.prop_map(|lifetime| LinkEvent::Qr {
        code: Secret::new("a secret".to_owned()),
        lifetime: secs(lifetime),
    });
    let look = (any::<bool>(), any::<bool>(), 0u32..4)
        .prop_map(|(online, socket, failures)| alive(online, online || socket, failures));
    let lasts = prop_oneof![3 => 0u64..100_000, 1 => Just(u64::MAX)];
    let banned = prop::option::of(lasts).prop_map(|lasts| LinkEvent::Banned {
        lasts: lasts.map(secs),
    });
    prop_oneof![
        6 => qr,
        1 => Just(LinkEvent::QrExhausted),
        3 => Just(paired()),
        1 => Just(LinkEvent::PairFailed { why: why() }),
        6 => Just(connected()),
        3 => Just(LinkEvent::Dropped { why: why() }),
        8 => look,
        2 => Just(LinkEvent::LoggedOut { why: why() }),
        1 => Just(LinkEvent::Replaced),
        1 => Just(LinkEvent::Outdated),
        2 => Just(LinkEvent::Locked),
        1 => banned,
        2 => Just(LinkEvent::PasskeyRequired),
        1 => Just(LinkEvent::Refused { why: why() }),
        1 => Just(LinkEvent::StartFailed { why: why() }),
        6 => Just(LinkEvent::Ended),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let intent = prop_oneof![
        6 => Just(Intent::Connect(ME)),
        2 => Just(Intent::Disconnect(ME)),
        1 => Just(Intent::Logout(ME)),
    ];
    let store = prop_oneof![
        2 => Just(StoreEvent::AuthWiped),
        1 => Just(StoreEvent::WipeFailed { why: why() }),
        1 => Just(StoreEvent::SaveFailed { why: why() }),
    ];
    let pass = prop_oneof![
        3 => (0u64..3000).prop_map(millis),
        3 => (1u64..120).prop_map(secs),
        1 => (100u64..8000).prop_map(secs),
    ];
    prop_oneof![
        24 => intent.prop_map(Act::Intent),
        72 => words().prop_map(Act::Link),
        9 => (1u64..4, words()).prop_map(|(ago, word)| Act::Old(ago, word)),
        30 => Just(Act::Obey),
        6 => store.prop_map(Act::Store),
        6 => Just(Act::NetworkUp),
        36 => pass.prop_map(Act::Pass),
        1 => Just(Act::Shutdown),
    ]
}

/// The two machines.
struct Pair {
    bench: Bench,
    reference: Reference,
    steps: u64,
}

impl Pair {
    fn boot(enabled: bool, linked: bool, removed_before: bool) -> Self {
        let mut account = stored(ME, enabled, linked);
        account.record.last_reason = removed_before.then(|| "logged_out".to_owned());
        let bench = Bench::boot(vec![account.clone()], PanelHealth::Headless);
        let reference = Reference::new(&account, bench.now);
        let mut pair = Self {
            bench,
            reference,
            steps: 0,
        };
        pair.agree(None);
        pair
    }

    fn act(&mut self, act: Act) {
        let account = ME;
        let newest = self.bench.ledger.newest();
        let link = |epoch, event| Event::Link {
            account,
            epoch,
            event,
        };
        match act {
            Act::Intent(intent) => {
                let source = Source::Api;
                self.send(&Event::Intent { intent, source });
            }
            Act::Link(event) => self.send(&link(newest, event)),
            Act::Old(ago, event) => self.send(&link(Epoch(newest.0.saturating_sub(ago)), event)),
            Act::Obey if self.bench.ledger.is_wiping(ME) => {
                let event = StoreEvent::AuthWiped;
                self.send(&Event::Store { account, event });
            }
            Act::Obey if self.bench.ledger.is_told_to_end(ME) => {
                self.send(&link(newest, LinkEvent::Ended));
            }
            Act::Obey => {}
            Act::Store(event) => self.send(&Event::Store { account, event }),
            Act::NetworkUp => self.send(&Event::NetworkUp),
            Act::Pass(duration) => self.pass(duration),
            Act::Shutdown => self.send(&Event::Shutdown),
        }
    }

    fn send(&mut self, event: &Event) {
        self.bench.send(event.clone());
        self.agree(Some(event));
    }

    /// Stops at every deadline of either of the two.
    fn pass(&mut self, duration: Duration) {
        let end = self.bench.now + duration;
        loop {
            let theirs = self.bench.machine.poll_timeout().map(|(at, _)| at);
            let next = [theirs, self.reference.next()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.bench.now = self.bench.now.max(at);
            self.bench.tell_time();
            self.agree(None);
            let done = self.reference.next().is_none_or(|at| at > self.bench.now);
            assert!(done, "the reference waits for the past");
        }
        self.bench.now = end;
    }

    fn agree(&mut self, event: Option<&Event>) {
        self.steps += 1;
        let asked = self.bench.effects();
        self.reference.step(self.bench.now, event, &asked);
        let view = self.bench.view();
        let fault = self.bench.fault().map_or("", |fault| fault.code());
        assert_eq!(
            (view.status.word(), fault, view.enabled, view.linked),
            (
                self.reference.word,
                self.reference.fault,
                self.reference.enabled,
                self.reference.linked()
            ),
            "after {event:?}"
        );
    }
}

#[test]
fn the_machine_agrees_with_the_reference() {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = RUNS;
    }
    let runs = config.cases;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let boot = any::<(bool, bool, bool)>();
    let steps = Cell::new(0u64);
    let outcome = runner.run(&(boot, vec(acts(), 1..120)), |(boot, acts)| {
        let (enabled, linked, removed_before) = boot;
        let mut pair = Pair::boot(enabled, linked, removed_before);
        for act in acts {
            pair.act(act);
        }
        steps.set(steps.get() + pair.steps);
        Ok(())
    });
    figure!("reference: {runs} runs, {} steps compared", steps.get());
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
