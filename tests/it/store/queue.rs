//! The send queue and the progress of messages beside a naive model, and the keys of askers.

use pairbox::message::address::{Chat, MessageId};
use pairbox::message::outbound::{Outbound, Progress};
use pairbox::store::{Idempotency, Queued, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use whatsapp_rust::traits::LidPnMappingEntry;

use super::disk::Disk;
use super::words::{ANNA, NOW, id, later, outbound, person, ring, ring_ids, take_texts};
use super::{ONE, TWO, block_on, fresh, open};

const SEEDS: u64 = 24;
const STEPS: u32 = 150;

fn states() -> [Progress; 6] {
    [
        Progress::Queued,
        Progress::Sent,
        Progress::Delivered,
        Progress::Read,
        Progress::Failed {
            code: "expired".into(),
        },
        Progress::Failed {
            code: "refused".into(),
        },
    ]
}

/// Whether a message goes from one state to the other: a table, not an order.
fn goes(from: &Progress, to: &Progress) -> bool {
    let row = match from {
        Progress::Queued => [false, true, true, true, true, true],
        Progress::Sent => [false, false, true, true, true, true],
        Progress::Delivered => [false, false, false, true, false, false],
        Progress::Read | Progress::Failed { .. } => [false; 6],
    };
    let to = states().iter().position(|state| state == to).unwrap();
    row[to]
}

#[derive(Default)]
struct Naive {
    /// In the order they were asked for: how far, and whether it waits still.
    messages: Vec<(Outbound, Progress, bool)>,
    keys: Vec<(Idempotency, u64)>,
}

impl Naive {
    fn queue(&mut self, messages: &[Outbound], key: Option<&Idempotency>, now: u64) -> Queued {
        if let Some(key) = key {
            let live = |at: u64| now - at < 24 * 3600 * 1000;
            let used = self.keys.iter().rev();
            let used = used.filter(|(used, at)| used.key_hash == key.key_hash && live(*at));
            if let Some((used, _)) = used.take(1).next() {
                return if used.body_hash == key.body_hash {
                    Queued::Same(used.answer.clone())
                } else {
                    Queued::Conflict
                };
            }
            self.keys.push((key.clone(), now));
        }
        for message in messages {
            if self
                .messages
                .iter()
                .all(|(known, ..)| known.id != message.id)
            {
                self.messages
                    .push((message.clone(), Progress::Queued, true));
            }
        }
        Queued::New
    }

    fn progress(&mut self, ids: &[MessageId], to: &Progress) -> Vec<MessageId> {
        let mut changed = Vec::new();
        for id in ids {
            let found = self.messages.iter_mut().find(|(known, ..)| known.id == *id);
            let Some((_, progress, waits)) = found else {
                continue;
            };
            if *to != Progress::Queued {
                *waits = false;
            }
            if goes(progress, to) {
                *progress = to.clone();
                changed.push(id.clone());
            }
        }
        changed
    }
}

#[test]
fn random_lives_of_the_queue_are_those_of_a_naive_one() {
    for seed in 0..SEEDS {
        block_on(live(seed));
    }
    figure!("store: {SEEDS} lives of {STEPS} steps of the send queue, as a naive one has them");
}

async fn live(seed: u64) {
    let mut disk = Disk::new();
    let mut store = open(&disk);
    store.ensure_first_account("box").await.unwrap();
    let mut naive = Naive::default();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut now = NOW.0;
    for step in 0..STEPS {
        let at = format!("seed {seed}, step {step}");
        now += rng.random_range(0..3 * 3600 * 1000);
        let some_id = |rng: &mut StdRng| id(&format!("M{}", rng.random_range(0..40)));
        match rng.random_range(0..10) {
            0..4 => {
                let count = rng.random_range(1..4);
                let messages = (0..count).map(|_| outbound(some_id(&mut rng).as_str()));
                let messages: Vec<_> = messages.collect();
                let key = rng.random::<bool>().then(|| Idempotency {
                    key_hash: [rng.random_range(0..6); 32],
                    body_hash: [rng.random_range(0..2); 32],
                    answer: at.clone(),
                });
                let queued = store
                    .queue(ONE, messages.clone(), key.clone(), at_ms(now))
                    .await;
                let expected = naive.queue(&messages, key.as_ref(), now);
                assert_eq!(queued.unwrap(), expected, "{at}");
            }
            4..8 => {
                let ids = [some_id(&mut rng), some_id(&mut rng)];
                let to = states()[rng.random_range(0..6)].clone();
                let chat = Chat::Person(person(ANNA));
                let chat = rng.random::<bool>().then_some(&chat);
                let changes = store
                    .progress(ONE, &ids, chat, to.clone(), at_ms(now))
                    .await;
                let changes = changes.unwrap().into_iter();
                let changes: Vec<_> = changes.map(|(id, _, _)| id).collect();
                assert_eq!(changes, naive.progress(&ids, &to), "{at}");
            }
            8 => {
                let queue = store.send_queue(ONE).unwrap();
                if let Some((_, message)) = queue.first() {
                    store.attempted(ONE, &message.id).await.unwrap();
                    let known = naive.messages.iter_mut();
                    let mut known = known.filter(|(known, ..)| known.id == message.id);
                    known.next().unwrap().0.attempts += 1;
                }
            }
            _ => {
                disk = Disk::of(disk.bytes());
                store = open(&disk);
            }
        }
        compare(&store, &naive, &at);
    }
}

fn at_ms(ms: u64) -> pairbox::time::UnixMillis {
    pairbox::time::UnixMillis(ms)
}

fn compare(store: &Store, naive: &Naive, at: &str) {
    let queue: Vec<_> = store.send_queue(ONE).unwrap();
    assert!(queue.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let queue: Vec<_> = queue.into_iter().map(|(_, message)| message).collect();
    let waiting = naive.messages.iter().filter(|(_, _, waits)| *waits);
    let waiting: Vec<_> = waiting.map(|(message, ..)| message.clone()).collect();
    assert_eq!(queue, waiting, "{at}");
    for (message, progress, _) in &naive.messages {
        let kept = store.message(ONE, &message.id).unwrap().unwrap();
        assert_eq!(kept.progress.as_ref(), Some(progress), "{at}");
        assert!(kept.from_me && kept.sender.is_none());
    }
}

#[test]
fn an_account_has_its_own_queue_and_keys() {
    let (store, _) = fresh();
    block_on(async {
        let key = Idempotency {
            key_hash: [1; 32],
            body_hash: [2; 32],
            answer: "first".into(),
        };
        for account in [ONE, TWO] {
            let queued = store.queue(account, vec![outbound("M")], Some(key.clone()), NOW);
            assert_eq!(queued.await.unwrap(), Queued::New);
        }
        store
            .progress(ONE, &[id("M")], None, Progress::Sent, NOW)
            .await
            .unwrap();
        assert!(store.send_queue(ONE).unwrap().is_empty());
        assert_eq!(store.send_queue(TWO).unwrap().len(), 1);
    });
}

/// A receipt names the chat by whichever address the service likes.
#[test]
fn a_receipt_is_known_by_either_address_of_the_person() {
    let (store, b) = fresh();
    block_on(async {
        store
            .queue(ONE, vec![outbound("M")], None, NOW)
            .await
            .unwrap();
        let mapping = LidPnMappingEntry {
            lid: "98765432100".into(),
            phone_number: "15550002222".into(),
            created_at: 1,
            updated_at: 2,
            learning_source: "usync".into(),
        };
        let m = [id("M")];
        let by_lid = Chat::Person(person("98765432100@lid"));
        let sent = store.progress(ONE, &m, Some(&by_lid), Progress::Sent, NOW);
        assert!(sent.await.unwrap().is_empty(), "nobody knows who that is");
        b.put_lid_mapping(&mapping).await.unwrap();
        let sent = store.progress(ONE, &m, Some(&by_lid), Progress::Sent, later(5));
        assert_eq!(sent.await.unwrap().len(), 1);
        assert_eq!(ring(&store, ONE)[0].progress_at, Some(later(5)));
        let other = Chat::Person(person("15550003333@s.whatsapp.net"));
        let read = store.progress(ONE, &m, Some(&other), Progress::Read, NOW);
        assert!(read.await.unwrap().is_empty());
    });
}

#[test]
fn what_waits_when_the_identity_goes_has_failed() {
    let (store, _) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        take_texts(&store, ONE, &["in"]).await;
        let messages = vec![outbound("sent"), outbound("a"), outbound("b")];
        store.queue(ONE, messages, None, NOW).await.unwrap();
        let first = [id("sent")];
        let sent = store.progress(ONE, &first, None, Progress::Sent, NOW);
        sent.await.unwrap();
        let failed = store.wipe_auth(ONE).await.unwrap();
        let code = Progress::Failed {
            code: "logged_out".into(),
        };
        let ids: Vec<_> = failed
            .iter()
            .map(|(id, _, how)| (id.as_str(), how))
            .collect();
        assert_eq!(ids, [("a", &code), ("b", &code)]);
        assert!(store.send_queue(ONE).unwrap().is_empty());
        assert_eq!(ring_ids(&store, ONE), ["b", "a", "sent", "in"]);
        assert_eq!(ring(&store, ONE)[0].progress, Some(code));
        assert_eq!(ring(&store, ONE)[2].progress, Some(Progress::Sent));
    });
}
