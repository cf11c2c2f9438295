//! The life that is recorded: pair, log in, fifty messages each way, log out, pair again.
//!
//! Written as data, so that it can be lived twice: on the disk that is recorded, with requests that
//! meet in one commit, and one by one on another, to know what each request leaves behind.

use std::sync::Arc;

use pairbox::account::AccountRecord;
use pairbox::store::{Life, NewToken, Store};
use pairbox::token::{Scope, TokenId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::traits::{
    LidPnMappingEntry, MsgSecretEntry, PendingInboundKey, PendingInboundRow,
};
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::StoreError as LibraryError;

use super::gateway;
use crate::store::behaviours::paired;
use crate::store::words::{inbound, take_in};
use crate::store::{ONE, TWO};

const MESSAGES: u32 = 50;
pub const PEERS: u32 = 5;
pub const PREKEYS: u32 = 24;

/// One request to the store.
#[derive(Clone)]
pub enum Deed {
    Save(Box<Device>),
    Prekeys(Vec<(u32, Bytes)>),
    SignedPrekey(Vec<u8>),
    Uploaded(Vec<u32>),
    UsedPrekey(u32),
    Identity(u32, [u8; 32]),
    Session(Ratchet, Vec<u8>),
    Sent(String, Vec<u8>),
    Secret(String),
    Mapping(u32, i64),
    Pending(String, Vec<u8>),
    Ring(String),
    Handled(String),
    Wipe,
    Record(AccountRecord),
    /// The first record of a second account, a message of it, and its end.
    Second(AccountRecord),
    SecondRing,
    DeleteSecond,
    /// A token, for the second account only or for all.
    Token(u8, bool),
    RevokeToken(u32),
    ResetTokens,
    Gateway(gateway::Deed),
}

/// What a session row of the test says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ratchet {
    /// Which identity of the account it belongs to.
    pub life: u8,
    /// With whom.
    pub peer: u32,
    /// How often it moved: never backwards.
    pub counter: u32,
    /// Whether a message with it went out after it was stored.
    pub wire: bool,
}

pub fn address(peer: u32) -> String {
    format!("1555000000{peer}@s.whatsapp.net.0")
}

impl Ratchet {
    fn row(self, padding: &[u8]) -> Bytes {
        let mut row = vec![self.life];
        row.extend(self.counter.to_le_bytes());
        row.extend(padding);
        Bytes::from(row)
    }

    /// The life and counter of a stored row.
    pub fn read(row: &[u8]) -> (u8, u32) {
        (row[0], u32::from_le_bytes(row[1..5].try_into().unwrap()))
    }
}

impl Deed {
    /// Does it; `Ok` is the acknowledgement.
    #[allow(clippy::too_many_lines, reason = "one arm a deed")]
    pub async fn perform(&self, store: &Store) -> Result<(), LibraryError> {
        let b = store.backend(ONE);
        match self {
            Self::Save(device) => b.save(device).await,
            Self::Prekeys(keys) => b.store_prekeys_batch(keys, false).await,
            Self::SignedPrekey(record) => b.store_signed_prekey(1, record).await,
            Self::Uploaded(ids) => b.mark_prekeys_uploaded(ids).await,
            Self::UsedPrekey(id) => b.remove_prekey(*id).await,
            Self::Identity(peer, key) => b.put_identity(&address(*peer), *key).await,
            Self::Session(ratchet, padding) => {
                let row = (Arc::from(address(ratchet.peer)), ratchet.row(padding));
                b.put_sessions_batch(&[row]).await
            }
            Self::Sent(id, payload) => b.store_sent_message("chat", id, payload).await,
            Self::Secret(id) => {
                let entry = MsgSecretEntry {
                    chat: "chat".into(),
                    sender: "sender".into(),
                    msg_id: id.as_str().into(),
                    secret: [7; 32],
                    expires_at: 9,
                    message_ts: 8,
                };
                b.put_msg_secrets(vec![entry]).await.map(|_| ())
            }
            Self::Mapping(peer, updated_at) => {
                let entry = LidPnMappingEntry {
                    lid: format!("10000000000000{peer}"),
                    phone_number: format!("1555000000{peer}"),
                    created_at: 1,
                    updated_at: *updated_at,
                    learning_source: "usync".into(),
                };
                b.put_lid_mapping(&entry).await
            }
            Self::Pending(id, message) => {
                let row = PendingInboundRow {
                    chat: "chat",
                    sender: "sender",
                    id,
                    message,
                };
                b.store_pending_inbound_batch(&[row]).await
            }
            Self::Ring(id) => {
                take_in(store, ONE, vec![inbound(id)]).await?;
                Ok(())
            }
            Self::Handled(id) => {
                let key = PendingInboundKey {
                    chat: "chat",
                    sender: "sender",
                    id,
                };
                b.delete_pending_inbound_batch(&[key]).await
            }
            Self::Wipe => {
                store.wipe_auth(ONE).await?;
                Ok(())
            }
            Self::Record(record) => Ok(store.save_record(ONE, record.clone()).await?),
            Self::Second(record) => Ok(store.save_record(TWO, record.clone()).await?),
            Self::SecondRing => {
                take_in(store, TWO, vec![inbound("second")]).await?;
                Ok(())
            }
            Self::DeleteSecond => Ok(store.delete_account(TWO).await?),
            Self::Token(digest, limited) => {
                let token = NewToken {
                    name: format!("token {digest}"),
                    scopes: vec![Scope::Read],
                    accounts: limited.then(|| vec![TWO]),
                    created_at: None,
                    life: Life::Endless,
                    browser: false,
                    digest: [*digest; 32],
                };
                store.add_token(token, None).await?;
                Ok(())
            }
            Self::RevokeToken(id) => {
                store.remove_token(TokenId(*id)).await?;
                Ok(())
            }
            Self::ResetTokens => Ok(store.reset_tokens().await?),
            Self::Gateway(deed) => Ok(deed.perform(store).await?),
        }
    }
}

/// The whole life: steps in order, each with requests that are made at once.
pub fn life(seed: u64) -> Vec<Vec<Deed>> {
    let mut writer = Writer {
        steps: Vec::new(),
        rng: StdRng::seed_from_u64(seed),
        counters: [0; PEERS as usize],
        received: 0,
    };
    writer.record(false);
    writer.gateway([gateway::Deed::Webhook]);
    writer.pair(1);
    writer.record(true);
    for number in 0..MESSAGES {
        writer.send(1, number);
        writer.receive(1, number);
    }
    writer.record(false);
    writer.step([Deed::Wipe]);
    writer.pair(2);
    for number in 0..3 {
        writer.send(2, number);
        writer.receive(2, number);
    }
    writer.neighbours();
    writer.steps
}

struct Writer {
    steps: Vec<Vec<Deed>>,
    rng: StdRng,
    counters: [u32; PEERS as usize],
    received: u64,
}

impl Writer {
    fn step(&mut self, deeds: impl IntoIterator<Item = Deed>) {
        self.steps.push(deeds.into_iter().collect());
    }

    fn gateway(&mut self, deeds: impl IntoIterator<Item = gateway::Deed>) {
        self.step(deeds.into_iter().map(Deed::Gateway));
    }

    fn blob(&mut self, up_to: usize) -> Vec<u8> {
        let len = self.rng.random_range(1..up_to);
        (0..len).map(|_| self.rng.random()).collect()
    }

    fn record(&mut self, enabled: bool) {
        self.step([Deed::Record(AccountRecord {
            label: "box".into(),
            enabled,
            ..AccountRecord::default()
        })]);
    }

    /// A second account and some tokens come and go.
    fn neighbours(&mut self) {
        let second = AccountRecord {
            label: "second".into(),
            ..AccountRecord::default()
        };
        self.step([Deed::Second(second), Deed::Token(1, false)]);
        self.step([Deed::SecondRing]);
        let deeds = ["a", "b"].map(|name| gateway::Deed::Taken(name.into()));
        self.gateway([gateway::Deed::Strict, gateway::Deed::Asks]);
        self.gateway(deeds);
        self.step([
            Deed::Token(2, true),
            Deed::Token(3, true),
            Deed::Token(4, false),
        ]);
        self.step([Deed::RevokeToken(2)]);
        self.step([Deed::DeleteSecond]);
        self.step([Deed::ResetTokens]);
        self.step([Deed::Token(5, false)]);
    }

    fn pair(&mut self, life: u8) {
        let fresh = Device::new();
        let device = |change: fn(&mut Device), life: u8| {
            let mut device = paired();
            device.noise_key = fresh.noise_key.clone();
            device.identity_key = fresh.identity_key.clone();
            device.registration_id = u32::from(life);
            change(&mut device);
            Deed::Save(Box::new(device))
        };
        let keys = (1..=PREKEYS).map(|id| (id, Bytes::from(vec![life; 70])));
        self.step([device(
            |d| (d.pn, d.lid, d.account) = (None, None, None),
            life,
        )]);
        self.step([
            Deed::SignedPrekey(vec![life; 100]),
            Deed::Prekeys(keys.collect()),
            Deed::Uploaded((1..=PREKEYS).collect()),
        ]);
        // Paired from here on.
        self.step([device(|d| d.server_cert_chain = None, life)]);
        self.step([
            device(|d| d.push_name = "Front desk".into(), life),
            Deed::Mapping(0, 1),
        ]);
        self.counters = [0; PEERS as usize];
    }

    fn ratchet(&mut self, life: u8, number: u32, wire: bool) -> Deed {
        let peer = number % PEERS;
        self.counters[peer as usize] += 1;
        let ratchet = Ratchet {
            life,
            peer,
            counter: self.counters[peer as usize],
            wire,
        };
        let padding = self.blob(2_000);
        Deed::Session(ratchet, padding)
    }

    fn send(&mut self, life: u8, number: u32) {
        let id = format!("out-{life}-{number}");
        let payload = self.blob(400);
        let session = self.ratchet(life, number, true);
        self.step([Deed::Sent(id.clone(), payload), session, Deed::Secret(id)]);
        for deeds in gateway::way(number) {
            self.gateway(deeds);
        }
    }

    fn receive(&mut self, life: u8, number: u32) {
        let id = format!("in-{life}-{number}");
        let message = self.blob(400);
        let session = self.ratchet(life, number, false);
        let mut first = vec![Deed::Pending(id.clone(), message), session];
        if number < PEERS {
            first.push(Deed::Identity(number, [number as u8; 32]));
            first.push(Deed::UsedPrekey(number + 1));
            first.push(Deed::Mapping(number, i64::from(number)));
        }
        self.step(first);
        self.step([Deed::Ring(id.clone())]);
        self.step([Deed::Handled(id.clone()), Deed::Secret(id)]);
        let fate = gateway::fate(self.received);
        if !fate.is_empty() {
            self.gateway(fate);
        }
        self.received += 1;
    }
}
