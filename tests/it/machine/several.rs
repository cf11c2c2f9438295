//! Several accounts in one machine: nobody's words or wishes reach another.

use pairbox::account::{AccountId, AccountRecord, Epoch};
use pairbox::event::{Effect, Event, Intent, LinkEvent, Source};
use pairbox::limits;
use pairbox::machine::Appliance;
use pairbox::snapshot::{PanelHealth, Status};
use pairbox::time::{Mono, Now};

use super::bench::{Bench, connected, millis, qr, stored};

const SHOP: AccountId = AccountId(1);
const HOME: AccountId = AccountId(2);
const CLUB: AccountId = AccountId(5);

fn started(bench: &mut Bench) -> Vec<AccountId> {
    let starts = bench
        .effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::StartLink { account, .. } => Some(account),
            _ => None,
        });
    starts.collect()
}

#[test]
fn boot_is_staggered() {
    let accounts = vec![
        stored(SHOP, true, true),
        stored(HOME, false, true),
        stored(CLUB, true, true),
    ];
    let mut bench = Bench::boot(accounts, PanelHealth::Headless);
    assert_eq!(started(&mut bench), [SHOP]);
    let words: Vec<_> = bench
        .snapshot()
        .accounts
        .iter()
        .map(|a| a.status.word())
        .collect();
    assert_eq!(words, ["starting", "stopped", "starting"]);
    bench.pass(limits::BOOT_STAGGER - millis(1));
    assert_eq!(started(&mut bench), []);
    bench.pass(millis(1));
    assert_eq!(started(&mut bench), [CLUB]);
}

#[test]
fn an_epoch_belongs_to_one_account() {
    let accounts = vec![stored(SHOP, true, true), stored(HOME, true, true)];
    let mut bench = Bench::boot(accounts, PanelHealth::Headless);
    bench.pass(limits::BOOT_STAGGER);
    let (first, second) = (Epoch(1), Epoch(2));
    bench.send(Event::Link {
        account: SHOP,
        epoch: second,
        event: connected(),
    });
    assert_eq!(bench.machine.stale_events(), 1);
    bench.send(Event::Link {
        account: HOME,
        epoch: second,
        event: connected(),
    });
    let words: Vec<_> = bench
        .snapshot()
        .accounts
        .iter()
        .map(|a| a.status.word())
        .collect();
    assert_eq!(words, ["starting", "working"]);
    bench.send(Event::Link {
        account: SHOP,
        epoch: first,
        event: LinkEvent::Replaced,
    });
    let words: Vec<_> = bench
        .snapshot()
        .accounts
        .iter()
        .map(|a| a.status.word())
        .collect();
    assert_eq!(words, ["failed", "working"]);
}

#[test]
fn a_shutdown_is_over_when_the_last_link_has_ended() {
    let accounts = vec![stored(SHOP, true, true), stored(HOME, true, true)];
    let mut bench = Bench::boot(accounts, PanelHealth::Headless);
    bench.pass(limits::BOOT_STAGGER);
    bench.send(Event::Shutdown);
    for (account, epoch, drained) in [(HOME, Epoch(2), false), (SHOP, Epoch(1), true)] {
        bench.send(Event::Link {
            account,
            epoch,
            event: LinkEvent::Ended,
        });
        assert_eq!(bench.machine.is_drained(), drained);
    }
}

#[test]
fn wishes_and_words_for_unknown_accounts_change_nothing() {
    let mut machine = Appliance::new(
        vec![stored(SHOP, false, false)],
        PanelHealth::Headless,
        Now {
            mono: Mono::START,
            wall: None,
        },
    );
    let now = Now {
        mono: Mono::START,
        wall: None,
    };
    let before = machine.snapshot();
    for intent in [
        Intent::Connect(CLUB),
        Intent::Disconnect(CLUB),
        Intent::Logout(CLUB),
    ] {
        let source = Source::Api;
        machine.handle(
            now,
            Event::Intent {
                intent,
                source,
                ticket: None,
            },
        );
    }
    machine.handle(
        now,
        Event::Link {
            account: CLUB,
            epoch: Epoch(0),
            event: connected(),
        },
    );
    assert_eq!(machine.snapshot(), before);
    assert_eq!(machine.poll_effect(), None);
    assert_eq!(machine.stale_events(), 1);
}

#[test]
fn one_more_account_is_kept_selected_and_pairs_at_once() {
    let accounts = vec![stored(SHOP, true, true), stored(CLUB, false, false)];
    let mut bench = Bench::boot(accounts, PanelHealth::Attached);
    bench.effects();
    bench.intent(Intent::ONE_MORE);
    // After the last number, not in a gap: that may have been somebody's. Named after the first.
    let id = AccountId(6);
    let record = AccountRecord {
        label: "box 1 6".to_owned(),
        enabled: true,
        ..AccountRecord::default()
    };
    let label = record.label.clone();
    let epoch = Epoch(2);
    assert_eq!(
        bench.effects(),
        [
            Effect::SaveRecord {
                account: id,
                record
            },
            Effect::StartLink {
                account: id,
                epoch,
                label
            },
        ]
    );
    let snapshot = bench.snapshot();
    assert_eq!((snapshot.selected, snapshot.accounts.len()), (id, 3));
    assert_eq!(bench.word(), "starting");
    let account = id;
    let event = qr("for the new one", 60);
    bench.send(Event::Link {
        account,
        epoch,
        event,
    });
    assert_eq!(bench.shown_code().as_deref(), Some("for the new one"));
    // The box forgets it no more: what the store has is what it boots with.
    let boot = vec![stored(SHOP, true, true), stored(id, true, false)];
    assert_eq!(
        Bench::boot(boot, PanelHealth::Attached)
            .snapshot()
            .accounts
            .len(),
        2
    );
}

#[test]
fn a_full_box_says_so() {
    let full = u32::try_from(limits::ACCOUNTS_MAX).unwrap();
    let mut bench = Bench::with_accounts(full);
    bench.effects();
    bench.intent(Intent::ONE_MORE);
    assert_eq!(bench.effects(), []);
    assert_eq!(bench.snapshot().accounts.len(), limits::ACCOUNTS_MAX);
    assert_eq!(bench.snapshot().selected, SHOP);
    assert_eq!(bench.error(), Some("too_many_accounts"));
}

#[test]
fn no_number_is_left_after_the_last() {
    let last = AccountId(u32::MAX);
    let mut bench = Bench::boot(vec![stored(last, false, false)], PanelHealth::Attached);
    bench.intent(Intent::ONE_MORE);
    assert_eq!(bench.effects(), []);
    assert_eq!(bench.snapshot().accounts.len(), 1);
}

#[test]
fn nothing_is_added_or_reset_once_the_process_ends() {
    let mut bench = Bench::with_accounts(1);
    bench.send(Event::Shutdown);
    bench.intent(Intent::ONE_MORE);
    bench.intent(Intent::ResetTokens);
    assert_eq!(bench.effects(), []);
}

#[test]
fn a_store_without_accounts_gets_its_first() {
    let now = Now {
        mono: Mono::START,
        wall: None,
    };
    let mut machine = Appliance::new(Vec::new(), PanelHealth::Headless, now);
    let snapshot = machine.snapshot();
    assert_eq!(snapshot.current().id, AccountId::FIRST);
    assert_eq!(snapshot.current().status, Status::Stopped);
    // Nothing is written for it before somebody wants something.
    assert_eq!(machine.poll_effect(), None);
}
