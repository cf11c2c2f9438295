//! Long random runs of the machine and the reference side by side: they must agree after each step.
//! Each account has a reference of its own, which hears nothing of the others.
//!
//! The runs are the same every time; `PROPTEST_CASES` asks for more of them. A run that fails is
//! shrunk to its shortest form before it is printed.

mod subject;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pairbox::account::{AccountId, E164, Epoch};
use pairbox::event::{Effect, Event, GatewayEvent, Intent, LinkEvent, Source, StoreEvent, Ticket};
use pairbox::limits::ACCOUNTS_MAX;
use pairbox::secret::Secret;
use pairbox::snapshot::{OutboxHealth, PanelHealth, Status, StoreHealth, Waiting};
use pairbox::time::Mono;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use self::subject::{who_is_asked, whose};
use super::bench::{Bench, ME, alive, connected, millis, paired, quiet, secs, stored, why};
use super::reference::Reference;

/// Runs, unless `PROPTEST_CASES` says otherwise.
const RUNS: u32 = 2000;

/// One thing the world does.
#[derive(Clone, Debug)]
enum Act {
    Connect,
    Disconnect,
    Logout,
    Restart,
    Delete,
    /// With one of two numbers.
    PairByCode(bool),
    Select,
    /// Started or not; by a code or not.
    AddAccount(bool, bool),
    /// A name of one of few.
    Rename(u8),
    ShowAccess(u8),
    TryAccess(u8),
    Clock,
    Disk(bool),
    ResetTokens,
    /// So many wait to be let in, for so long.
    Wait(u8, Duration),
    /// Decide about one of them.
    Decide(u8, bool),
    Outbox(u64),
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

pub fn words() -> impl Strategy<Value = LinkEvent> {
    let lifetime = prop_oneof![Just(60), Just(20), 0u64..1000];
    let qr = lifetime.prop_map(|lifetime| LinkEvent::Qr {
        code: Secret::new("a secret".to_owned()),
        lifetime: secs(lifetime),
    });
    let lifetime = prop_oneof![3 => Just(180), 1 => 0u64..1000];
    let typed = lifetime.prop_map(|lifetime| LinkEvent::TypedCode {
        code: Secret::new("ABCD1234".to_owned()),
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
        2 => Just(LinkEvent::PasskeyCode { code: Secret::new("ABCD-1234".to_owned()) }),
        1 => Just(LinkEvent::PasskeyFailed { why: why() }),
        6 => typed,
        1 => any::<bool>().prop_map(|throttled| {
            LinkEvent::TypedCodeRefused { why: why(), throttled }
        }),
        1 => Just(LinkEvent::TypedCodeEnded { why: why() }),
        2 => Just(LinkEvent::PhoneSeen),
        1 => Just(LinkEvent::Message),
        2 => (0u64..200).prop_map(quiet),
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
        1 => Just(Act::Restart),
        2 => Just(Act::Delete),
        6 => any::<bool>().prop_map(Act::PairByCode),
        1 => Just(Act::Select),
        2 => any::<(bool, bool)>().prop_map(|(start, code)| Act::AddAccount(start, code)),
        1 => (0u8..3).prop_map(Act::Rename),
        1 => (0u8..3).prop_map(Act::ShowAccess),
        2 => (0u8..3).prop_map(Act::TryAccess),
        1 => Just(Act::ResetTokens),
        2 => (0u8..4, any::<bool>()).prop_map(|(who, approve)| Act::Decide(who, approve)),
    ];
    let store = prop_oneof![
        2 => Just(StoreEvent::AuthWiped),
        1 => Just(StoreEvent::WipeFailed { why: why() }),
        1 => Just(StoreEvent::SaveFailed { why: why() }),
        1 => Just(StoreEvent::Deleted),
        1 => Just(StoreEvent::DeleteFailed { why: why() }),
    ];
    let pass = prop_oneof![
        3 => (0u64..3000).prop_map(millis),
        3 => (1u64..120).prop_map(secs),
        1 => (100u64..2000).prop_map(secs),
    ];
    prop_oneof![
        24 => intent,
        72 => words().prop_map(Act::Link),
        9 => (1u64..4, words()).prop_map(|(ago, word)| Act::Old(ago, word)),
        30 => Just(Act::Obey),
        6 => store.prop_map(Act::Store),
        6 => Just(Act::NetworkUp),
        36 => pass.prop_map(Act::Pass),
        6 => Just(Act::Clock),
        4 => (0u8..5, 0u64..3600).prop_map(|(count, left)| Act::Wait(count, secs(left))),
        1 => (0u64..3).prop_map(Act::Outbox),
        6 => prop_oneof![2 => Just(true), 1 => Just(false)].prop_map(Act::Disk),
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
    tickets: u64,
    /// The last number that was given out.
    highest: u32,
    disk: bool,
}

impl Pair {
    fn boot([enabled, linked, removed_before, wall]: [bool; 4]) -> Self {
        let mut account = stored(ME, enabled, linked);
        account.record.last_reason = removed_before.then(|| "logged_out".to_owned());
        let panel = PanelHealth::Attached;
        let bench = Bench::boot_with_clock(vec![account.clone()], panel, wall);
        let reference = Reference::new(&account, bench.now);
        let mut pair = Self {
            bench,
            references: BTreeMap::from([(ME, reference)]),
            steps: 0,
            tickets: 0,
            highest: 1,
            disk: true,
        };
        pair.agree(None);
        pair
    }

    #[allow(clippy::too_many_lines, reason = "one list of what can be done")]
    fn act(&mut self, nth: usize, act: Act) {
        let nth = nth % self.references.len();
        let account = *self.references.keys().nth(nth).unwrap();
        self.tickets += 1;
        let ticket = Some(Ticket(self.tickets)).filter(|ticket| ticket.0 % 5 > 0);
        let wish = |intent| Event::Intent {
            intent,
            source: Source::Api,
            ticket,
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
            Act::Restart => wish(Intent::Restart(account)),
            Act::Delete => wish(Intent::Delete(account)),
            Act::Select => wish(Intent::Select(account)),
            Act::PairByCode(one) => wish(Intent::PairByCode {
                account,
                phone: number(one),
            }),
            Act::AddAccount(start, code) => wish(Intent::AddAccount {
                label: None,
                start,
                phone: code.then(|| number(true)),
            }),
            Act::Rename(name) => wish(Intent::Change {
                account,
                label: Some(format!("name {name}").parse().unwrap()),
                country_prefix: None,
            }),
            Act::ShowAccess(code) => wish(Intent::ShowAccessCode { code: access(code) }),
            Act::TryAccess(code) => wish(Intent::TryAccessCode { code: access(code) }),
            Act::Clock => {
                self.bench.wall = true;
                Event::ClockSet
            }
            Act::Disk(true) => Event::Disk(StoreHealth::Well),
            Act::Disk(false) => Event::Disk(StoreHealth::Full),
            Act::ResetTokens => wish(Intent::ResetTokens),
            Act::Wait(count, left) => {
                let ends = self.bench.now + left;
                let waiting = (0..count).map(|who| waiting(who, ends)).collect();
                Event::Gateway(GatewayEvent::Requests { account, waiting })
            }
            Act::Decide(who, approve) => wish(Intent::Decide {
                account,
                code: access(who),
                approve,
            }),
            Act::Outbox(dead) => Event::Gateway(GatewayEvent::Outbox(OutboxHealth {
                dead,
                ..OutboxHealth::default()
            })),
            Act::Link(event) => link(newest, event),
            Act::Old(ago, event) => link(newest.saturating_sub(ago), event),
            Act::Obey if ledger.is_wiping(account) => {
                let event = StoreEvent::AuthWiped;
                Event::Store { account, event }
            }
            Act::Obey if ledger.is_deleting(account) => {
                let event = StoreEvent::Deleted;
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

    #[allow(clippy::too_many_lines, reason = "one list of what has to agree")]
    fn agree(&mut self, event: Option<&Event>) {
        self.steps += 1;
        let asked = self.bench.effects();
        let now = self.bench.time();
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
        if let Some(Event::Disk(health)) = event {
            self.disk = *health == StoreHealth::Well;
        }
        let mut of_one = event.and_then(whose);
        if matches!(wish, Some(Intent::AddAccount { .. })) && self.references.len() < ACCOUNTS_MAX {
            // From nothing to wanted, in one step.
            let id = self.add(now.mono);
            of_one = Some(id);
            assert_eq!(snapshot.selected, id);
        }
        if let Some(Event::Gateway(GatewayEvent::Outbox(health))) = event {
            assert_eq!(snapshot.outbox, *health);
        }
        self.bury(event, now.mono);
        let company = u32::try_from(self.references.len()).unwrap();
        let mut asked_of: BTreeMap<AccountId, Vec<Effect>> = BTreeMap::new();
        for effect in asked {
            if let Effect::Decide {
                account,
                code,
                approve,
            } = effect
            {
                let intent = Intent::Decide {
                    account,
                    code,
                    approve,
                };
                assert_eq!(wish, Some(intent), "nobody decided");
                continue;
            }
            if let Some(account) = who_is_asked(&effect) {
                asked_of.entry(account).or_default().push(effect);
            }
        }
        assert_eq!(snapshot.accounts.len(), self.references.len());
        let names: BTreeSet<_> = snapshot.accounts.iter().map(|view| &view.label).collect();
        assert_eq!(names.len(), snapshot.accounts.len(), "{names:?}");
        for (view, (id, reference)) in snapshot.accounts.iter().zip(&mut self.references) {
            let event = event.filter(|_| of_one.is_none_or(|one| one == *id));
            reference.company = company;
            reference.label = view.label.clone();
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

    fn add(&mut self, now: Mono) -> AccountId {
        self.highest += 1;
        let id = AccountId(self.highest);
        let ending = self.bench.snapshot().shutting_down;
        let new = Reference::added(id, now, self.disk, ending);
        self.references.insert(id, new);
        id
    }

    /// Takes away an account whose end the store has told; the last is followed by another.
    fn bury(&mut self, event: Option<&Event>, now: Mono) {
        let Some(Event::Store { account, event }) = event else {
            return;
        };
        let reference = &self.references[account];
        if *event == StoreEvent::Deleted && reference.is_being_deleted() {
            self.references.remove(account);
            if self.references.is_empty() {
                self.add(now);
            }
        }
    }

    /// However it came here: once the process ends and the world obeys, nobody waits for anything.
    fn end(&mut self) {
        self.act(0, Act::Shutdown);
        assert!(self.bench.ledger.is_answered());
        for nth in 0..self.references.len() {
            for _ in 0..3 {
                self.act(nth, Act::Obey);
            }
        }
    }
}

fn number(one: bool) -> E164 {
    let number = if one { "15550003333" } else { "15550004444" };
    number.parse().unwrap()
}

fn waiting(who: u8, expires_at: Mono) -> Waiting {
    Waiting {
        code: access(who),
        name: None,
        last4: None,
        expires_at,
    }
}

fn access(code: u8) -> Secret {
    Secret::new(format!("{code:06}"))
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
    let wall = prop_oneof![4 => Just(true), 1 => Just(false)];
    let boot = (any::<[bool; 3]>(), wall).prop_map(|([a, b, c], wall)| [a, b, c, wall]);
    let steps = Cell::new(0u64);
    let accounts = Cell::new(0);
    let outcome = runner.run(&(boot, vec(acts_on_one(), 1..120)), |(boot, acts)| {
        let mut pair = Pair::boot(boot);
        for (nth, act) in acts {
            pair.act(nth, act);
        }
        pair.end();
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
