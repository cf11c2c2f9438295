//! What a message costs: commits, syncs and bytes handed to the file, in a store that has lived a while.

use pairbox::account::AccountId;
use pairbox::message::outbound::Progress;
use pairbox::store::{Counters, Store};

use super::disk::Disk;
use super::words::{NOW, id, inbound, outbound, take_in, take_texts, webhook};
use super::{ONE, block_on, open};

const MESSAGES: u32 = 200;

/// What one of many costs.
fn cost(before: Counters, after: Counters) -> (f64, f64, f64) {
    let each = |before: u64, after: u64| {
        let spent = u32::try_from(after - before).unwrap();
        f64::from(spent) / f64::from(MESSAGES)
    };
    (
        each(before.commits, after.commits),
        each(before.syncs, after.syncs),
        each(before.bytes_written, after.bytes_written) / 1024.0,
    )
}

/// A store with a full ring, so that cutting it is in the figures.
async fn lived() -> Store {
    let store = open(&Disk::new());
    store.ensure_first_account("box").await.unwrap();
    let batch = (0..600).map(|number| inbound(&format!("old{number}")));
    take_in(&store, ONE, batch.collect()).await.unwrap();
    store
}

async fn receive(store: &Store, account: AccountId, number: u32) {
    let b = store.backend(account);
    let name = format!("in{number}");
    // As the library does it: the copy, the hook, the copy goes; the ratchet within 25 ms.
    b.store_pending_inbound("chat", "sender", &name, &[7; 300])
        .await
        .unwrap();
    take_texts(store, account, &[&name]).await;
    b.delete_pending_inbound("chat", "sender", &name)
        .await
        .unwrap();
    let ratchet = number.to_le_bytes().repeat(150);
    b.put_session("15550002222@s.whatsapp.net.0", &ratchet)
        .await
        .unwrap();
}

#[test]
fn what_a_message_costs() {
    block_on(async {
        for webhooks in [0, 1, 3] {
            let store = lived().await;
            for number in 0..webhooks {
                store
                    .add_webhook(webhook(&number.to_string()))
                    .await
                    .unwrap();
            }
            let before = store.counters();
            let mut places = Vec::new();
            for number in 0..MESSAGES {
                let batch = vec![inbound(&format!("m{number}"))];
                places.extend(take_in(&store, ONE, batch).await.unwrap().enqueued);
            }
            let (commits, syncs, kib) = cost(before, store.counters());
            figure!(
                "store: an inbound message for {webhooks} webhooks: {commits:.2} commits, {syncs:.2} \
                 syncs, {kib:.1} KiB"
            );
            assert!(commits <= 1.0);
            let before = store.counters();
            for place in places.into_iter().take(MESSAGES as usize) {
                store.delivered(place.id, vec![]).await.unwrap();
            }
            let (commits, syncs, kib) = cost(before, store.counters());
            if webhooks == 1 {
                figure!(
                    "store: a delivery that arrived: {commits:.2} commits, {syncs:.2} syncs, {kib:.1} KiB"
                );
            }
        }
        let store = lived().await;
        store.add_webhook(webhook("w")).await.unwrap();
        let before = store.counters();
        for number in 0..MESSAGES {
            receive(&store, ONE, number).await;
        }
        let (commits, syncs, kib) = cost(before, store.counters());
        figure!(
            "store: the same with its copy and its ratchet: {commits:.2} commits, {syncs:.2} syncs, \
             {kib:.1} KiB"
        );
        assert!(commits <= 2.0);
        for part in 0..MESSAGES / 50 {
            let batch = (0..50).map(|number| inbound(&format!("batch{part}.{number}")));
            take_in(&store, ONE, batch.collect()).await.unwrap();
        }
        let before = store.counters();
        for part in 0..MESSAGES / 50 {
            let batch = (0..50).map(|number| inbound(&format!("again{part}.{number}")));
            take_in(&store, ONE, batch.collect()).await.unwrap();
        }
        let (commits, _, kib) = cost(before, store.counters());
        figure!("store: an inbound message of a batch of 50: {commits:.2} commits, {kib:.1} KiB");
    });
}

#[test]
fn what_an_outbound_message_costs() {
    block_on(async {
        let store = lived().await;
        let mut before = store.counters();
        let ids: Vec<_> = (0..MESSAGES).map(|number| format!("out{number}")).collect();
        let states = [
            Progress::Queued,
            Progress::Sent,
            Progress::Delivered,
            Progress::Read,
        ];
        for state in states {
            for name in &ids {
                if state == Progress::Queued {
                    store
                        .queue(ONE, vec![outbound(name)], None, NOW)
                        .await
                        .unwrap();
                } else {
                    let ids = [id(name)];
                    let changed = store.progress(ONE, &ids, None, state.clone(), NOW);
                    assert_eq!(changed.await.unwrap().len(), 1);
                }
            }
            let after = store.counters();
            let (commits, syncs, kib) = cost(before, after);
            before = after;
            figure!(
                "store: an outbound message that becomes {}: {commits:.2} commits, {syncs:.2} syncs, \
                 {kib:.1} KiB",
                state.word()
            );
        }
    });
}
