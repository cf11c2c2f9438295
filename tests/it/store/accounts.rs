//! Accounts, and the client version.

use pairbox::account::{AccountId, AccountRecord};
use pairbox::event::{Effect, Event, Intent, Source};
use pairbox::machine::Appliance;
use pairbox::snapshot::{PanelHealth, Status};
use pairbox::store::{ClientVersion, Store};
use pairbox::time::{Mono, Now};
use whatsapp_rust::wacore::store::Device;

use super::behaviours::paired;
use super::disk::Disk;
use super::{ONE, TWO, block_on, fresh, open};

fn record(label: &str, enabled: bool) -> AccountRecord {
    AccountRecord {
        label: label.into(),
        enabled,
        last_reason: enabled.then(|| "stream_replaced".into()),
        ..AccountRecord::default()
    }
}

#[test]
fn the_first_account_is_made_once_and_keeps_its_name() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        assert!(store.accounts().unwrap().is_empty());
        store.ensure_first_account("pairbox").await.unwrap();
        store.ensure_first_account("another").await.unwrap();
        store.close().await;
    });
    let accounts = open(&disk).accounts().unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].id, AccountId::FIRST);
    assert_eq!(
        accounts[0].record,
        AccountRecord {
            label: "pairbox".into(),
            enabled: false,
            ..AccountRecord::default()
        }
    );
    assert!(accounts[0].linked.is_none());
}

/// What the machine asks for when a person wants one more account is what it boots with next time.
#[test]
fn an_account_that_was_added_is_there_after_a_restart() {
    let now = Now {
        mono: Mono::START,
        wall: None,
    };
    let disk = Disk::new();
    let store = open(&disk);
    let boot = |store: &Store| {
        let accounts = store.accounts().unwrap();
        Appliance::new(accounts, PanelHealth::Headless, now)
    };
    block_on(async {
        store.ensure_first_account("kiosk").await.unwrap();
        for _ in 0..2 {
            let mut machine = boot(&store);
            let (intent, source) = (Intent::ONE_MORE, Source::Button);
            machine.handle(
                now,
                Event::Intent {
                    intent,
                    source,
                    ticket: None,
                },
            );
            while let Some(effect) = machine.poll_effect() {
                if let Effect::SaveRecord { account, record } = effect {
                    store.save_record(account, record).await.unwrap();
                }
            }
        }
        store.close().await;
    });
    let snapshot = boot(&open(&disk)).snapshot();
    let known: Vec<_> = snapshot
        .accounts
        .iter()
        .map(|account| (account.id.0, account.label.as_str(), account.enabled))
        .collect();
    assert_eq!(
        known,
        [
            (1, "kiosk", false),
            (2, "kiosk 2", true),
            (3, "kiosk 3", true)
        ]
    );
    // Nobody stands before the box now: no code is burnt.
    assert!(
        snapshot
            .accounts
            .iter()
            .all(|account| account.status == Status::Stopped)
    );
}

#[test]
fn records_come_back_in_the_order_of_their_numbers() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        store
            .save_record(AccountId(300), record("c", true))
            .await
            .unwrap();
        store.save_record(TWO, record("b", true)).await.unwrap();
        store.save_record(ONE, record("a", false)).await.unwrap();
        store
            .save_record(TWO, record("b again", false))
            .await
            .unwrap();
        store.close().await;
    });
    let found = open(&disk).accounts().unwrap();
    let found = found
        .into_iter()
        .map(|a| (a.id, a.record))
        .collect::<Vec<_>>();
    let expected = [
        (ONE, record("a", false)),
        (TWO, record("b again", false)),
        (AccountId(300), record("c", true)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_account_is_linked_once_pairing_is_complete() {
    let (store, b) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let linked = || store.accounts().unwrap()[0].linked.clone();
        b.save(&Device::new()).await.unwrap();
        assert!(linked().is_none(), "keys alone are no link");
        b.save(&paired()).await.unwrap();
        assert_eq!(linked().unwrap().phone.unwrap().digits(), "15550001111");
        store.wipe_auth(ONE).await.unwrap();
        assert!(linked().is_none());
    });
}

#[test]
fn the_client_version_is_kept() {
    let disk = Disk::new();
    let store = open(&disk);
    let version = |build| ClientVersion {
        version: (2, 3000, build),
        fetched_at_unix_s: 1_790_000_000,
    };
    block_on(async {
        assert_eq!(store.client_version().unwrap(), None);
        store.save_client_version(version(1)).await.unwrap();
        store.save_client_version(version(2)).await.unwrap();
        store.close().await;
    });
    assert_eq!(open(&disk).client_version().unwrap(), Some(version(2)));
}
