//! One account's failure never touches another: whatever happens to some, the others look, act and
//! wait as if they were alone.

use std::collections::BTreeMap;

use pairbox::account::AccountId;
use pairbox::event::{Effect, Event, LinkEvent, StoreEvent};
use pairbox::limits::BOOT_STAGGER;
use pairbox::snapshot::{AccountView, PanelHealth};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::against_reference::words;
use super::bench::{Bench, connected, secs, stored, why};

const ACCOUNTS: u32 = 5;

/// Runs; each is a few dozen blows to one of the accounts.
const RUNS: u32 = 300;

/// Something that goes wrong, or goes on, for one account.
#[derive(Clone, Debug)]
enum Blow {
    Link(LinkEvent),
    Store(StoreEvent),
}

fn blows() -> impl Strategy<Value = Blow> {
    let store = prop_oneof![
        Just(StoreEvent::AuthWiped),
        Just(StoreEvent::WipeFailed { why: why() }),
        Just(StoreEvent::SaveFailed { why: why() }),
        Just(StoreEvent::Deleted),
        Just(StoreEvent::DeleteFailed { why: why() }),
    ];
    prop_oneof![8 => words().prop_map(Blow::Link), 1 => store.prop_map(Blow::Store)]
}

fn others(bench: &Bench, one: AccountId) -> BTreeMap<AccountId, AccountView> {
    let snapshot = bench.snapshot();
    let others = snapshot.accounts.iter().filter(|view| view.id != one);
    others.map(|view| (view.id, view.clone())).collect()
}

fn whose(effect: &Effect) -> Option<AccountId> {
    match effect {
        Effect::StartLink { account, .. }
        | Effect::StopLink { account, .. }
        | Effect::Unlink { account, .. }
        | Effect::WipeAuth { account }
        | Effect::SaveRecord { account, .. }
        | Effect::DeleteAccount { account }
        | Effect::RequestCode { account, .. }
        | Effect::Decide { account, .. } => Some(*account),
        Effect::Answer { .. } | Effect::ResetTokens | Effect::ForgetRestored => None,
    }
}

/// All linked and logged in.
fn all_work() -> Bench {
    let accounts = (1..=ACCOUNTS).map(|id| stored(AccountId(id), true, true));
    let mut bench = Bench::boot(accounts.collect(), PanelHealth::Attached);
    bench.pass(BOOT_STAGGER * ACCOUNTS);
    for id in 1..=ACCOUNTS {
        bench.says(AccountId(id), connected());
    }
    bench.effects();
    bench
}

#[test]
fn whatever_befalls_one_leaves_the_others_as_they_are() {
    let config = ProptestConfig {
        cases: RUNS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let worlds = (1..=ACCOUNTS, vec((blows(), 0u64..100), 1..40));
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&worlds, |(one, blows)| {
        let one = AccountId(one);
        let mut bench = all_work();
        let before = others(&bench, one);
        for (blow, pause) in blows {
            match blow {
                Blow::Link(event) => bench.says(one, event),
                Blow::Store(event) => bench.send(Event::Store {
                    account: one,
                    event,
                }),
            }
            bench.pass(secs(pause));
            for effect in bench.effects() {
                assert_eq!(whose(&effect), Some(one));
            }
            assert_eq!(others(&bench, one), before);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
