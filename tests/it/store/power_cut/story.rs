//! A recorded life, and the judge of what a power cut left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures::future::join_all;
use pairbox::store::probe::{Commits, open_on};
use pairbox::store::{Counters, Store};
use whatsapp_rust::futures;
use whatsapp_rust::wacore::store::Device;

use super::gateway;
use super::life::{Deed, PEERS, PREKEYS, Ratchet, address, life};
use crate::store::disk::{Disk, Op};
use crate::store::words::ring_ids;
use crate::store::{ONE, block_on, open};

/// All rows of a store: table and key → value.
type Rows = BTreeMap<(String, Vec<u8>), Vec<u8>>;

/// `Err` says what is wrong.
pub type Verdict = Result<(), String>;

/// What was recorded. Requests are numbered from 1 in the order they were made; state 0 is a new
/// store.
pub struct Story {
    /// What happened on the disk, with notes of what was sent and acknowledged when.
    pub ops: Vec<Op>,
    /// The whole content after each request, as a digest.
    states: Vec<u64>,
    deeds: Vec<Deed>,
    /// What it cost.
    pub wear: Counters,
}

/// Lives a life on a recorded disk.
pub fn record(seed: u64, commits: Commits) -> Story {
    let steps = life(seed);
    let disk = Disk::new();
    disk.record();
    let medium = disk.clone();
    let store = open_on(move || Ok(medium.clone()), commits).unwrap();
    // The box's name goes into the names of events: both lives start with the same.
    let states = states_of(&steps, &Disk::of(disk.bytes()));
    block_on(async {
        let mut issued = 0;
        for step in &steps {
            let first = issued + 1;
            issued += step.len();
            disk.note(Op::Issued(issued));
            // Futures are polled in order, so requests are queued in order.
            join_all(step.iter().zip(first..).map(async |(deed, number)| {
                deed.perform(&store).await.unwrap();
                disk.note(Op::Acked(number));
            }))
            .await;
        }
    });
    // The log ends here: the machine never gets to close the store.
    Story {
        ops: disk.log(),
        states,
        wear: store.counters(),
        deeds: steps.into_iter().flatten().collect(),
    }
}

/// Lives a life request by request on another disk, to know each state.
fn states_of(steps: &[Vec<Deed>], disk: &Disk) -> Vec<u64> {
    let store = open(disk);
    let mut states = vec![digest(&store.all_rows().unwrap())];
    block_on(async {
        for deed in steps.iter().flatten() {
            deed.perform(&store).await.unwrap();
            states.push(digest(&store.all_rows().unwrap()));
        }
        store.close().await;
    });
    states
}

/// All rows, without the times of storing and the box's name: two lives are not lived in the same
/// second, and a cut may come before there is a name.
fn digest(rows: &Rows) -> u64 {
    const STAMP: usize = size_of::<i64>();
    let mut hasher = DefaultHasher::new();
    let named = |key: &(String, Vec<u8>)| key.0 == "meta" && key.1 == b"box_id";
    for (key, value) in rows.iter().filter(|(key, _)| !named(key)) {
        let stamped = ["sent_messages", "pending_inbound"].contains(&&*key.0);
        (key, &value[if stamped { STAMP } else { 0 }..]).hash(&mut hasher);
    }
    hasher.finish()
}

impl Story {
    /// Opens a disk after a power cut that came when requests up to `acked` were acknowledged and
    /// requests up to `issued` had been sent, and says what is wrong with it.
    ///
    /// * It opens.
    /// * Its content is exactly that after some request from `acked` to `issued`: nothing
    ///   acknowledged is missing, nothing is half there, nothing is there that was not asked for.
    /// * And in the words of the promises, looked up through the library's traits: the identity is
    ///   whole or absent, no ratchet is older than what went on the wire with it, and every message
    ///   we confirmed to the service is in the ring.
    pub fn judge(&self, disk: &Disk, acked: usize, issued: usize) -> Verdict {
        let medium = disk.clone();
        let store = open_on(move || Ok(medium.clone()), Commits::Durable)
            .map_err(|error| format!("it does not open: {error}"))?;
        block_on(async {
            let rows = store.all_rows().map_err(|error| error.to_string())?;
            self.judge_rows(&rows, acked, issued)?;
            let device = store.backend(ONE).load().await;
            let device = device.map_err(|error| error.to_string())?;
            judge_identity(device.as_ref(), &rows)?;
            let life = device.map_or(0, |device| life_of(&device));
            self.judge_promises(&store, life, acked).await?;
            gateway::judge(&store)?;
            store.close().await;
            Ok(())
        })
    }

    fn judge_rows(&self, rows: &Rows, acked: usize, issued: usize) -> Verdict {
        let found = digest(rows);
        if self.states[acked..=issued].contains(&found) {
            return Ok(());
        }
        let known = self.states.iter().position(|state| *state == found);
        Err(format!(
            "{acked} of {issued} requests were acknowledged, and the rows are those after {known:?}"
        ))
    }

    async fn judge_promises(&self, store: &Store, life: u8, acked: usize) -> Verdict {
        let b = store.backend(ONE);
        let (wire, confirmed) = self.promises(acked);
        for ((_, peer), counter) in wire.into_iter().filter(|((of, _), _)| *of == life) {
            let row = b.get_session(&address(peer)).await.unwrap();
            let stored = row.map(|row| Ratchet::read(&row));
            if stored.is_none_or(|stored| stored < (life, counter)) {
                return Err(format!(
                    "ratchet {stored:?} after {counter} went on the wire"
                ));
            }
        }
        let ring = ring_ids(store, ONE);
        let ring = ring.iter().map(|id| &**id).collect::<BTreeSet<_>>();
        match confirmed.difference(&ring).next() {
            Some(lost) => Err(format!("the message `{lost}` was confirmed and is lost")),
            None => Ok(()),
        }
    }

    /// What the world relies on once requests up to `acked` were acknowledged: the highest counter
    /// on the wire by identity and peer, and the messages confirmed to the service.
    fn promises(&self, acked: usize) -> (BTreeMap<(u8, u32), u32>, BTreeSet<&str>) {
        let (mut wire, mut confirmed) = (BTreeMap::new(), BTreeSet::new());
        for deed in &self.deeds[..acked] {
            match deed {
                Deed::Session(ratchet, _) if ratchet.wire => {
                    wire.insert((ratchet.life, ratchet.peer), ratchet.counter);
                }
                Deed::Ring(id) => {
                    confirmed.insert(&**id);
                }
                // The sessions go with the identity; the service forgets it as well.
                Deed::Wipe => wire.clear(),
                _ => {}
            }
        }
        (wire, confirmed)
    }
}

fn life_of(device: &Device) -> u8 {
    u8::try_from(device.registration_id).unwrap()
}

/// An identity comes with its keys, and keys with their identity.
fn judge_identity(device: Option<&Device>, rows: &Rows) -> Verdict {
    let keys = |name| rows.iter().filter(move |((table, _), _)| table == name);
    let signed = keys("signed_prekeys").map(|(_, record)| record).next();
    let prekeys = keys("prekeys").count();
    match device {
        None if signed.is_some() || prekeys > 0 => Err("keys without an identity".into()),
        Some(device) if device.is_registered() => {
            let whose = signed.map(|record| record[0]);
            if whose != Some(life_of(device)) {
                return Err(format!(
                    "a paired identity with the signed key of {whose:?}"
                ));
            }
            // Each peer used up one.
            if prekeys < (PREKEYS - PEERS) as usize {
                return Err(format!("a paired identity with {prekeys} keys"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
