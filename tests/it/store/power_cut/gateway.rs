//! The gateway's part of the recorded life: webhooks, what waits for them, what waits to be sent.

use pairbox::message::outbound::Progress;
use pairbox::message::policy::{DmPolicy, Policy};
use pairbox::message::webhook::{DeliveryId, WebhookId};
use pairbox::store::{DeliveryFilter, Idempotency, Store, StoreError};

use super::story::Verdict;
use crate::store::words::{NOW, id, inbound_of, later, outbound, take_in, webhook};
use crate::store::{ONE, TWO};

/// What a delivery counts beside its body.
const ROW: u64 = 200;

/// One request to the store.
#[derive(Clone)]
pub enum Deed {
    Webhook,
    /// Nobody unknown may write to the second account.
    Strict,
    /// Somebody unknown asks, of the second account.
    Asks,
    /// A message to the second account that is taken or refused.
    Taken(String),
    /// A delivery arrived, perhaps with an answer.
    Arrived(u64, Option<String>),
    PutOff(u64),
    GiveUp(u64),
    Replay(u64),
    Queue(String),
    Progress(String, Progress),
}

fn delivery(place: u64) -> DeliveryId {
    DeliveryId {
        webhook: WebhookId(1),
        place,
    }
}

impl Deed {
    pub async fn perform(&self, store: &Store) -> Result<(), StoreError> {
        match self {
            Self::Webhook => store.add_webhook(webhook("w")).await.map(drop),
            Self::Strict => {
                let policy = Policy {
                    dm: DmPolicy::Pairing,
                    ..Policy::default()
                };
                store.put_policy(TWO, policy).await
            }
            Self::Asks => {
                let asks = inbound_of("asks", "98765432100@lid");
                take_in(store, TWO, vec![asks]).await.map(drop)
            }
            Self::Taken(name) => {
                let message = crate::store::words::inbound(name);
                take_in(store, TWO, vec![message]).await.map(drop)
            }
            Self::Arrived(place, answer) => {
                let answers = answer.iter().map(|name| outbound(name)).collect();
                store.delivered(delivery(*place), answers).await.map(drop)
            }
            Self::PutOff(place) => {
                let off = store.put_off(delivery(*place), 1, later(5_000), "503".into());
                off.await.map(drop)
            }
            Self::GiveUp(place) => {
                let given_up = store.give_up(delivery(*place), "404".into());
                given_up.await.map(drop)
            }
            Self::Replay(place) => store.replay(delivery(*place), later(9)).await.map(drop),
            Self::Queue(name) => {
                let key = Idempotency {
                    key_hash: [name.len() as u8; 32],
                    body_hash: [1; 32],
                    answer: name.clone(),
                };
                let queued = store.queue(ONE, vec![outbound(name)], Some(key), NOW);
                queued.await.map(drop)
            }
            Self::Progress(name, progress) => {
                let ids = [id(name)];
                let noted = store.progress(ONE, &ids, None, progress.clone(), later(1));
                noted.await.map(drop)
            }
        }
    }
}

/// What becomes of the delivery of the message received as this one.
pub fn fate(number: u64) -> Vec<Deed> {
    match number % 6 {
        0 => vec![Deed::Arrived(number, Some(format!("answer-{number}")))],
        1 => vec![Deed::PutOff(number)],
        2 => vec![Deed::GiveUp(number)],
        3 => vec![Deed::Replay(number - 1), Deed::Arrived(number, None)],
        _ => Vec::new(),
    }
}

/// How far a message gets that was sent as this one.
pub fn way(number: u32) -> Vec<Vec<Deed>> {
    if !number.is_multiple_of(4) {
        return Vec::new();
    }
    let name = format!("sent-{}", "x".repeat(number as usize));
    let failed = Progress::Failed {
        code: "refused".into(),
    };
    let end = if number.is_multiple_of(8) {
        Progress::Read
    } else {
        failed
    };
    vec![
        vec![Deed::Queue(name.clone())],
        vec![
            Deed::Progress(name.clone(), Progress::Sent),
            Deed::Progress(name, end),
        ],
    ]
}

/// The counts of every line are those of its rows, and its places grow.
pub fn judge(store: &Store) -> Verdict {
    let words = |error: StoreError| error.to_string();
    for (webhook, line) in &*store.lines().borrow().clone() {
        let all = |which| store.deliveries(*webhook, which, None, usize::MAX);
        let pending = all(DeliveryFilter::Pending).map_err(words)?;
        let dead = all(DeliveryFilter::Dead).map_err(words)?;
        let bytes = pending.iter().chain(&dead);
        let bytes: u64 = bytes.map(|one| one.body.len() as u64 + ROW).sum();
        let counted = (pending.len() as u64, dead.len() as u64, bytes);
        if counted != (line.pending, line.dead, line.bytes) {
            return Err(format!("{line:?} of a line with {counted:?}"));
        }
        let places = store.places(*webhook).map_err(words)?;
        if !places.is_sorted_by_key(|place| place.id) || places.len() != pending.len() {
            return Err("a line is not in order".into());
        }
    }
    Ok(())
}
