//! Long random runs of the machine and the reference side by side: they must agree after each step.
//! Each account has a reference of its own, which hears nothing of the others.
//!
//! The runs are the same every time; `PROPTEST_CASES` asks for more of them. A run that fails is
//! shrunk to its shortest form before it is printed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use pairbox::account::{AccountId, Epoch};
use pairbox::event::{Effect, Event, Intent, LinkEvent, Source, StoreEvent};
use pairbox::limits::ACCOUNTS_MAX;
use pairbox::secret::Secret;
use pairbox::snapshot::{PanelHealth, Status};
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
    Connect,
    Disconnect,
    Logout,
    AddAccount,
    ResetTokens,
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
        12 => Just(Act::Connect),
        4 => Just(Act::Disconnect),
        2 => Just(Act::Logout),
        1 => Just(Act::AddAccount),
        1 => Just(Act::ResetTokens),
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
        24 => intent,
        72 => words().prop_map(Act::Link),
        9 => (1u64..4, words()).prop_map(|(ago, word)| Act::Old(ago, word)),
        30 => Just(Act::Obey),
        6 => store.prop_map(Act::Store),
        6 => Just(Act::NetworkUp),
        36 => pass.prop_map(Act::Pass),
        1 => Just(Act::Shutdown),
    ]
}

/// An account among those there are, the first more often than the others, and what happens to it.
fn acts_on_one() -> impl Strategy<Value = (usize, Act)> {
    (prop_oneof![3 => Just(0usize), 1 => 0usize..4], acts())
}

/// The machine, and a reference for each account.
struct Pair {
    bench: Bench,
    references: BTreeMap<AccountId, Reference>,
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
            references: BTreeMap::from([(ME, reference)]),
            steps: 0,
        };
        pair.agree(None);
        pair
    }

    fn act(&mut self, nth: usize, act: Act) {
        let nth = nth % self.references.len();
        let account = *self.references.keys().nth(nth).unwrap();
        let source = Source::Api;
        let wish = |intent| Event::Intent {
            intent,
            source,
            ticket: None,
        };
        let newest = self.references[&account].newest();
        let link = |epoch, event| Event::Link {
            account,
            epoch: Epoch(epoch),
            event,
        };
        let ledger = &self.bench.ledger;
        let event = match act {
            Act::Connect => wish(Intent::Connect(account)),
            Act::Disconnect => wish(Intent::Disconnect(account)),
            Act::Logout => wish(Intent::Logout(account)),
            Act::AddAccount => wish(Intent::ONE_MORE),
            Act::ResetTokens => wish(Intent::ResetTokens),
            Act::Link(event) => link(newest, event),
            Act::Old(ago, event) => link(newest.saturating_sub(ago), event),
            Act::Obey if ledger.is_wiping(account) => {
                let event = StoreEvent::AuthWiped;
                Event::Store { account, event }
            }
            Act::Obey if ledger.is_told_to_end(account) => link(newest, LinkEvent::Ended),
            Act::Obey => return,
            Act::Store(event) => Event::Store { account, event },
            Act::NetworkUp => Event::NetworkUp,
            Act::Pass(duration) => return self.pass(duration),
            Act::Shutdown => Event::Shutdown,
        };
        self.send(&event);
    }

    fn send(&mut self, event: &Event) {
        self.bench.send(event.clone());
        self.agree(Some(event));
    }

    /// Stops at every deadline of any of them.
    fn pass(&mut self, duration: Duration) {
        let end = self.bench.now + duration;
        loop {
            let machine = self.bench.machine.poll_timeout().map(|(at, _)| at);
            let references = self.references.values().filter_map(Reference::next);
            let next = references.chain(machine).min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.bench.now = self.bench.now.max(at);
            self.bench.tell_time();
            self.agree(None);
            let mut next = self.references.values().filter_map(Reference::next);
            let done = next.all(|at| at > self.bench.now);
            assert!(done, "a reference waits for the past");
        }
        self.bench.now = end;
    }

    fn agree(&mut self, event: Option<&Event>) {
        self.steps += 1;
        let asked = self.bench.effects();
        let now = self.bench.now;
        let snapshot = self.bench.snapshot();
        let resets = asked
            .iter()
            .filter(|it| **it == Effect::ResetTokens)
            .count();
        let wish = match event {
            Some(Event::Intent { intent, .. }) if !snapshot.shutting_down => Some(intent.clone()),
            _ => None,
        };
        assert_eq!(resets, usize::from(wish == Some(Intent::ResetTokens)));
        let mut event = event.cloned();
        if wish == Some(Intent::ONE_MORE) && self.references.len() < ACCOUNTS_MAX {
            // From nothing to wanted, in one step.
            let id = AccountId(u32::try_from(self.references.len()).unwrap() + 1);
            let source = Source::Api;
            let intent = Intent::Connect(id);
            event = Some(Event::Intent {
                intent,
                source,
                ticket: None,
            });
            let new = Reference::new(&stored(id, false, false), now);
            self.references.insert(id, new);
            assert_eq!(snapshot.selected, id);
        }
        let of_one = event.as_ref().and_then(whose);
        let mut asked_of: BTreeMap<AccountId, Vec<Effect>> = BTreeMap::new();
        for effect in asked {
            if let Some(account) = who_is_asked(&effect) {
                asked_of.entry(account).or_default().push(effect);
            }
        }
        assert_eq!(snapshot.accounts.len(), self.references.len());
        for (view, (id, reference)) in snapshot.accounts.iter().zip(&mut self.references) {
            let event = event
                .as_ref()
                .filter(|_| of_one.is_none_or(|one| one == *id));
            reference.step(now, event, &asked_of.remove(id).unwrap_or_default());
            let fault = match &view.status {
                Status::Failed { fault, .. } => fault.code(),
                _ => "",
            };
            assert_eq!(
                (
                    view.id,
                    view.status.word(),
                    fault,
                    view.enabled,
                    view.linked
                ),
                (
                    *id,
                    reference.word,
                    reference.fault,
                    reference.enabled,
                    reference.linked()
                ),
                "after {event:?}"
            );
        }
        assert!(asked_of.is_empty(), "{asked_of:?}");
    }
}

/// The account an event is about; `None`: about none or all.
fn whose(event: &Event) -> Option<AccountId> {
    match event {
        Event::Link { account, .. } | Event::Store { account, .. } => Some(*account),
        Event::Intent { intent, .. } => match intent {
            Intent::Connect(account) | Intent::Disconnect(account) | Intent::Logout(account) => {
                Some(*account)
            }
            _ => None,
        },
        Event::Edge(_)
        | Event::Panel(_)
        | Event::Page(_)
        | Event::NetworkUp
        | Event::ClockSet
        | Event::Disk(_)
        | Event::Shutdown => None,
    }
}

fn who_is_asked(effect: &Effect) -> Option<AccountId> {
    match effect {
        Effect::StartLink { account, .. }
        | Effect::StopLink { account, .. }
        | Effect::Unlink { account, .. }
        | Effect::WipeAuth { account }
        | Effect::SaveRecord { account, .. } => Some(*account),
        _ => None,
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
    let accounts = Cell::new(0);
    let outcome = runner.run(&(boot, vec(acts_on_one(), 1..120)), |(boot, acts)| {
        let (enabled, linked, removed_before) = boot;
        let mut pair = Pair::boot(enabled, linked, removed_before);
        for (nth, act) in acts {
            pair.act(nth, act);
        }
        accounts.set(accounts.get() + pair.references.len());
        steps.set(steps.get() + pair.steps);
        Ok(())
    });
    figure!(
        "reference: {runs} runs with {} accounts, {} steps compared",
        accounts.get(),
        steps.get()
    );
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
