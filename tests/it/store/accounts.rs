//! Accounts, the client version, and the ring of messages.

use pairbox::account::{AccountId, AccountRecord};
use pairbox::event::{Effect, Event, Intent, Source};
use pairbox::limits::MESSAGE_RING;
use pairbox::machine::Appliance;
use pairbox::snapshot::{PanelHealth, Status};
use pairbox::store::{ClientVersion, Store, StoredMessage};
use pairbox::time::{Mono, Now};
use whatsapp_rust::wacore::store::Device;

use super::behaviours::paired;
use super::disk::Disk;
use super::{ONE, TWO, block_on, fresh, open};

pub fn message(id: &str) -> StoredMessage {
    StoredMessage {
        id: id.into(),
        chat: "15550002222@s.whatsapp.net".into(),
        from_me: false,
        sender: "15550002222@s.whatsapp.net".into(),
        timestamp_s: 1_700_000_000,
        text: format!("the text of {id}"),
    }
}

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

#[test]
fn messages_come_back_newest_first() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        let first = vec![message("1"), message("2")];
        assert_eq!(store.append_messages(ONE, first).await.unwrap(), 2);
        assert_eq!(
            store
                .append_messages(ONE, vec![message("3")])
                .await
                .unwrap(),
            1
        );
        store.close().await;
    });
    let store = open(&disk);
    let all = store.messages(ONE, 10).unwrap();
    assert_eq!(all, [message("3"), message("2"), message("1")]);
    assert_eq!(store.messages(ONE, 2).unwrap(), all[..2]);
    assert!(store.messages(ONE, 0).unwrap().is_empty());
    assert!(store.messages(TWO, 10).unwrap().is_empty());
}

#[test]
fn a_message_is_stored_once_for_chat_id_and_direction() {
    let (store, _) = fresh();
    block_on(async {
        let mut changed = message("1");
        changed.text = "the same message, read again".into();
        let twice = vec![message("1"), changed.clone()];
        assert_eq!(store.append_messages(ONE, twice).await.unwrap(), 1);
        let before = store.counters();
        assert_eq!(store.append_messages(ONE, vec![changed]).await.unwrap(), 0);
        assert_eq!(store.counters().bytes_written, before.bytes_written);
        let mut other_chat = message("1");
        other_chat.chat = "120363000000000001@g.us".into();
        let mut ours = message("1");
        ours.from_me = true;
        assert_eq!(
            store
                .append_messages(ONE, vec![other_chat, ours])
                .await
                .unwrap(),
            2
        );
        assert_eq!(
            store
                .append_messages(TWO, vec![message("1")])
                .await
                .unwrap(),
            1
        );
        assert_eq!(store.messages(ONE, 10).unwrap()[2], message("1"));
    });
}

#[test]
fn the_ring_keeps_the_last_messages_of_each_account() {
    let (store, _) = fresh();
    let last = |store: &pairbox::store::Store, account| {
        let newest = store.messages(account, usize::MAX).unwrap();
        (
            newest.len(),
            newest[0].id.clone(),
            newest[newest.len() - 1].id.clone(),
        )
    };
    block_on(async {
        store
            .append_messages(TWO, vec![message("other")])
            .await
            .unwrap();
        for number in 0..MESSAGE_RING + 5 {
            store
                .append_messages(ONE, vec![message(&number.to_string())])
                .await
                .unwrap();
        }
        let newest = (MESSAGE_RING + 4).to_string();
        assert_eq!(last(&store, ONE), (MESSAGE_RING, newest, "5".into()));
        // One batch longer than the ring, and the oldest identities are forgotten with it.
        let batch = (0..MESSAGE_RING + 50).map(|number| message(&format!("batch {number}")));
        store.append_messages(ONE, batch.collect()).await.unwrap();
        let newest = format!("batch {}", MESSAGE_RING + 49);
        assert_eq!(last(&store, ONE), (MESSAGE_RING, newest, "batch 50".into()));
        assert_eq!(
            store
                .append_messages(ONE, vec![message("7")])
                .await
                .unwrap(),
            1
        );
        let rows = store.all_rows().unwrap();
        let of = |name| rows.keys().filter(|(table, _)| table == name).count();
        assert_eq!(of("messages"), MESSAGE_RING + 1);
        assert_eq!(of("message_numbers"), MESSAGE_RING + 1);
    });
}

#[test]
fn printing_a_message_shows_neither_text_nor_people() {
    let printed = format!("{:?}", message("3EB0"));
    assert!(printed.contains("3EB0"));
    for secret in ["text of", "15550002222", "2222"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
