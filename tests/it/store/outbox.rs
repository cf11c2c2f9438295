//! The outbox beside a naive model of it: random events, deliveries, failures, replays, caps and restarts
//! leave the same lines.

use std::collections::BTreeMap;
use std::time::Duration;

use pairbox::journal::Kind;
use pairbox::message::event::{NewEvent, Payload};
use pairbox::message::webhook::{Delivery, DeliveryId, Line, WebhookId};
use pairbox::store::{DeliveryFilter, OutboxCaps, Place, Store};
use pairbox::time::UnixMillis;
use pairbox::ulid::Ulid;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::disk::Disk;
use super::words::{NOW, later, outbound, ring_ids, webhook};
use super::{ONE, block_on, open};

const SEEDS: u64 = 48;
const STEPS: u32 = 300;

/// What a delivery counts beside its body.
const ROW: u64 = 200;

pub fn event(number: u64, lane: &str) -> NewEvent {
    NewEvent {
        id: Ulid::new(NOW.0, u128::from(number)),
        kind: Kind::Message,
        account: Some(ONE),
        at: Some(NOW),
        lane: lane.into(),
        payload: Payload(serde_json::Value::Null),
    }
}

/// A line as anybody would write it down.
#[derive(Default)]
struct NaiveLine {
    waiting: Vec<Delivery>,
    dead: Vec<Delivery>,
    next: u64,
    dropped: u64,
}

#[derive(Default)]
struct Naive {
    lines: BTreeMap<WebhookId, NaiveLine>,
    caps: OutboxCaps,
}

impl Naive {
    fn tell(
        &mut self,
        event: &NewEvent,
        to: &[WebhookId],
        body: &str,
        now: UnixMillis,
    ) -> Vec<Place> {
        let mut places = Vec::new();
        for webhook in to {
            let Some(line) = self.lines.get_mut(webhook) else {
                continue;
            };
            let id = DeliveryId {
                webhook: *webhook,
                place: line.next,
            };
            line.next += 1;
            line.waiting.push(Delivery {
                id,
                event: event.id,
                kind: "message".into(),
                account: event.account,
                lane: event.lane.clone(),
                body: body.into(),
                queued_at: now,
                attempts: 0,
                next_at: now,
                last_error: None,
                dead: false,
            });
            places.push(place_of(line.waiting.last().unwrap()));
        }
        places
    }

    /// Drops the oldest of all, one by one, while there is too much or it is too old.
    fn enforce(&mut self, now: UnixMillis) -> Vec<DeliveryId> {
        let mut dropped = Vec::new();
        loop {
            let all = self.lines.values();
            let all = all.flat_map(|line| line.waiting.iter().chain(&line.dead));
            let total: u64 = all.clone().map(|one| one.body.len() as u64 + ROW).sum();
            let oldest = all.min_by_key(|one| (one.queued_at, one.id));
            let Some(oldest) = oldest else { break };
            let age = Duration::from_millis(now.0 - oldest.queued_at.0);
            if total <= self.caps.bytes && age <= self.caps.age {
                break;
            }
            let id = oldest.id;
            let line = self.lines.get_mut(&id.webhook).unwrap();
            line.waiting.retain(|one| one.id != id);
            line.dead.retain(|one| one.id != id);
            line.dropped += 1;
            dropped.push(id);
        }
        dropped
    }

    fn waiting(&mut self, id: DeliveryId) -> Option<&mut Delivery> {
        let line = self.lines.get_mut(&id.webhook)?;
        line.waiting.iter_mut().find(|one| one.id == id)
    }

    fn line(&self, webhook: WebhookId) -> Line {
        let line = &self.lines[&webhook];
        let bytes = line.waiting.iter().chain(&line.dead);
        Line {
            pending: line.waiting.len() as u64,
            dead: line.dead.len() as u64,
            bytes: bytes.map(|one| one.body.len() as u64 + ROW).sum(),
            oldest: line.waiting.first().map(|one| one.queued_at),
            dropped: line.dropped,
        }
    }
}

fn place_of(delivery: &Delivery) -> Place {
    Place {
        id: delivery.id,
        lane: delivery.lane.clone(),
        attempts: delivery.attempts,
        next_at: delivery.next_at,
    }
}

struct Pair {
    store: Store,
    disk: Disk,
    naive: Naive,
    rng: StdRng,
    now: UnixMillis,
    told: u64,
    at: String,
}

impl Pair {
    async fn step(&mut self) {
        self.now = UnixMillis(self.now.0 + self.rng.random_range(0..5_000));
        match self.rng.random_range(0..100) {
            0..45 => self.tell().await,
            45..60 => self.deliver().await,
            60..70 => self.put_off().await,
            70..78 => self.give_up().await,
            78..84 => self.replay().await,
            84..88 => self.webhooks().await,
            88..93 => self.set_caps(),
            93..97 => {
                let dropped = self.store.drop_old(self.now).await.unwrap();
                assert_eq!(dropped, self.naive.enforce(self.now), "{}", self.at);
            }
            _ => self.restart().await,
        }
    }

    fn any_webhook(&mut self) -> Option<WebhookId> {
        let ids: Vec<_> = self.naive.lines.keys().copied().collect();
        (!ids.is_empty()).then(|| ids[self.rng.random_range(0..ids.len())])
    }

    /// One that waits, if any does; sometimes one that never was.
    fn any_waiting(&mut self) -> Option<DeliveryId> {
        let webhook = self.any_webhook()?;
        let waiting = &self.naive.lines[&webhook].waiting;
        if waiting.is_empty() || self.rng.random_range(0..20) == 0 {
            let place = self.rng.random_range(0..200);
            let id = DeliveryId { webhook, place };
            return waiting.iter().all(|one| one.id != id).then_some(id);
        }
        // Mostly near the front, as it is.
        let place = self.rng.random_range(0..waiting.len().min(4));
        Some(waiting[place].id)
    }

    async fn tell(&mut self) {
        self.told += 1;
        let mut to: Vec<_> = self.naive.lines.keys().copied().collect();
        to.retain(|_| self.rng.random_range(0..3) > 0);
        // A webhook that was deleted a moment ago.
        to.push(WebhookId(9_999));
        let lane = format!("lane {}", self.rng.random_range(0..3));
        let event = event(self.told, &lane);
        let body = "x".repeat(self.rng.random_range(0..2_000));
        let told = self
            .store
            .tell(event.clone(), to.clone(), body.clone(), self.now);
        let (places, dropped) = told.await.unwrap();
        assert_eq!(
            places,
            self.naive.tell(&event, &to, &body, self.now),
            "{}",
            self.at
        );
        assert_eq!(dropped, self.naive.enforce(self.now), "{}", self.at);
    }

    async fn deliver(&mut self) {
        let Some(id) = self.any_waiting() else { return };
        let queued = self.store.delivered(id, vec![]).await.unwrap();
        assert!(!queued);
        let line = self.naive.lines.get_mut(&id.webhook).unwrap();
        line.waiting.retain(|one| one.id != id);
    }

    async fn put_off(&mut self) {
        let Some(id) = self.any_waiting() else { return };
        let (attempts, next) = (self.rng.random_range(1..9), UnixMillis(self.now.0 + 30_000));
        let found = self.store.put_off(id, attempts, next, "503".into()).await;
        let naive = self.naive.waiting(id);
        assert_eq!(found.unwrap(), naive.is_some(), "{}", self.at);
        if let Some(one) = naive {
            (one.attempts, one.next_at, one.last_error) = (attempts, next, Some("503".into()));
        }
    }

    async fn give_up(&mut self) {
        let Some(id) = self.any_waiting() else { return };
        let found = self.store.give_up(id, "404".into()).await.unwrap();
        let naive = self.naive.waiting(id).cloned();
        assert_eq!(found, naive.is_some(), "{}", self.at);
        if let Some(mut one) = naive {
            (one.attempts, one.last_error, one.dead) = (one.attempts + 1, Some("404".into()), true);
            let line = self.naive.lines.get_mut(&id.webhook).unwrap();
            line.waiting.retain(|one| one.id != id);
            line.dead.push(one);
            line.dead.sort_by_key(|one| one.id);
        }
    }

    async fn replay(&mut self) {
        let Some(webhook) = self.any_webhook() else {
            return;
        };
        let line = self.naive.lines.get_mut(&webhook).unwrap();
        let place = line.dead.first().map_or(77_777, |one| one.id.place);
        let id = DeliveryId { webhook, place };
        let replayed = self.store.replay(id, self.now).await.unwrap();
        if line.dead.is_empty() {
            assert_eq!(replayed, None);
            return;
        }
        let mut one = line.dead.remove(0);
        one.id.place = line.next;
        line.next += 1;
        (one.attempts, one.queued_at, one.next_at, one.dead) = (0, self.now, self.now, false);
        assert_eq!(replayed, Some(place_of(&one)), "{}", self.at);
        line.waiting.push(one);
    }

    async fn webhooks(&mut self) {
        if self.naive.lines.len() < 4 {
            let id = self.store.add_webhook(webhook("w")).await.unwrap();
            assert!(self.naive.lines.insert(id, NaiveLine::default()).is_none());
        } else if let Some(id) = self.any_webhook() {
            assert!(self.store.delete_webhook(id).await.unwrap());
            self.naive.lines.remove(&id);
        }
    }

    fn set_caps(&mut self) {
        self.naive.caps = OutboxCaps {
            bytes: self.rng.random_range(1_000..60_000),
            age: Duration::from_secs(self.rng.random_range(60..1_000)),
        };
        self.store.set_outbox_caps(self.naive.caps);
    }

    /// Closed and opened again, or killed.
    async fn restart(&mut self) {
        if self.rng.random() {
            self.store.close().await;
        } else {
            self.disk = Disk::of(self.disk.bytes());
        }
        self.store = open(&self.disk);
        self.store.set_outbox_caps(self.naive.caps);
    }

    fn compare(&self) {
        let lines = self.store.lines().borrow().clone();
        let known: Vec<_> = lines.keys().collect();
        assert_eq!(
            known,
            self.naive.lines.keys().collect::<Vec<_>>(),
            "{}",
            self.at
        );
        for (id, naive) in &self.naive.lines {
            assert_eq!(lines[id], self.naive.line(*id), "{}", self.at);
            let places: Vec<_> = naive.waiting.iter().map(place_of).collect();
            assert_eq!(self.store.places(*id).unwrap(), places, "{}", self.at);
            let all = |which| self.store.deliveries(*id, which, None, 9_999).unwrap();
            assert!(all(DeliveryFilter::Pending) == naive.waiting, "{}", self.at);
            assert!(all(DeliveryFilter::Dead) == naive.dead, "{}", self.at);
        }
    }
}

#[test]
fn random_lives_of_the_outbox_are_those_of_a_naive_one() {
    let (mut dropped, mut told) = (0, 0);
    for seed in 0..SEEDS {
        let disk = Disk::new();
        let mut pair = Pair {
            store: open(&disk),
            disk,
            naive: Naive::default(),
            rng: StdRng::seed_from_u64(seed),
            now: NOW,
            told: 0,
            at: String::new(),
        };
        block_on(async {
            for step in 0..STEPS {
                pair.at = format!("seed {seed}, step {step}");
                pair.step().await;
                pair.compare();
            }
        });
        told += pair.told;
        dropped += pair
            .naive
            .lines
            .values()
            .map(|line| line.dropped)
            .sum::<u64>();
    }
    figure!(
        "store: {SEEDS} lives of {STEPS} steps, {told} events told, {dropped} dropped by the caps, as \
         a naive outbox has them"
    );
    assert!(dropped > 100);
}

#[test]
fn deliveries_are_looked_through_page_by_page() {
    let store = open(&Disk::new());
    block_on(async {
        let id = store.add_webhook(webhook("w")).await.unwrap();
        for number in 0..5 {
            let told = store.tell(event(number, ""), vec![id], "{}".into(), NOW);
            told.await.unwrap();
        }
        let page = |after| -> Vec<_> {
            let page = store
                .deliveries(id, DeliveryFilter::Pending, after, 2)
                .unwrap();
            page.iter().map(|one| one.id.place).collect()
        };
        assert_eq!(
            (page(None), page(Some(1)), page(Some(4))),
            (vec![0, 1], vec![2, 3], vec![])
        );
        let head = DeliveryId {
            webhook: id,
            place: u64::MAX,
        };
        assert!(
            store.delivery(head).unwrap().is_none(),
            "the head is no delivery"
        );
        assert!(!store.give_up(head, "x".into()).await.unwrap());
        assert_eq!(store.lines().borrow()[&id].pending, 5);
        assert!(page(Some(u64::MAX)).is_empty());
    });
}

/// What a receiver answers is queued once, however often its answer comes.
#[test]
fn an_answer_is_queued_with_the_delivery_that_it_answers() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let id = store.add_webhook(webhook("w")).await.unwrap();
        for number in 0..3 {
            let told = store.tell(event(number, "chat"), vec![id], "{}".into(), NOW);
            told.await.unwrap();
        }
        let delivery = |place| DeliveryId { webhook: id, place };
        let before = store.counters();
        assert!(
            store
                .delivered(delivery(0), vec![outbound("A1")])
                .await
                .unwrap()
        );
        assert_eq!(store.counters().commits, before.commits + 1);
        assert!(
            !store
                .delivered(delivery(0), vec![outbound("A2")])
                .await
                .unwrap()
        );
        // The same event, delivered again from another place.
        assert!(
            !store
                .delivered(delivery(1), vec![outbound("A1")])
                .await
                .unwrap()
        );
        store.close().await;
        let store = open(&disk);
        let queue = store.send_queue(ONE).unwrap();
        assert_eq!(queue.len(), 1);
        assert_eq!(queue[0].1, outbound("A1"));
        assert_eq!(ring_ids(&store, ONE), ["A1"]);
        assert_eq!(store.lines().borrow()[&id].pending, 1);
    });
}

/// Nobody reads of a delivery that could still be lost.
#[test]
fn lines_are_published_after_the_commit() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        let id = store.add_webhook(webhook("w")).await.unwrap();
        let lines = store.lines();
        disk.close_gate();
        let mut told = Box::pin(store.tell(event(1, ""), vec![id], "{}".into(), NOW));
        assert!(whatsapp_rust::futures::poll!(&mut told).is_pending());
        disk.wait_for_sync();
        assert_eq!(lines.borrow()[&id], Line::default());
        disk.open_gate();
        told.await.unwrap();
        assert_eq!(lines.borrow()[&id].pending, 1);
        assert_eq!(lines.borrow()[&id].oldest, Some(later(0)));
    });
}
