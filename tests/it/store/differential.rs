//! Random operations on the library's in-memory backend and on ours: every answer must be the same,
//! also across closing, and across being killed.
//!
//! Keys come from small pools, so that operations meet. Three things are left out because the two
//! differ on purpose: when a client version was last fetched (we do not store that alone), mappings
//! that arrive out of order (the in-memory backend takes the last, we take the newest), and a LID
//! that changes its number (it forgets all LIDs of the old number, we only that one).

use std::fmt::Debug;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::traits::{
    AppStateSyncKey, Backend, DeviceInfo, DeviceListRecord, LidPnMappingEntry, MsgSecretEntry,
    PendingInboundKey, PendingInboundRow, TcTokenEntry,
};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::{Device, InMemoryBackend};

use super::disk::Disk;
use super::{ONE, block_on, open};

const SEEDS: u64 = 64;
const STEPS: u32 = 400;

const ADDRESSES: [&str; 7] = [
    "1@s.whatsapp.net.0",
    "1:2@s.whatsapp.net.0",
    "12@s.whatsapp.net.0",
    "12:2@s.whatsapp.net.0",
    "2@lid.0",
    "2:9@lid.0",
    "",
];
const USERS: [&str; 5] = ["1", "12", "2", "3", ""];
const NAMES: [&str; 4] = ["a", "ab", "b", "\u{e9}"];

#[test]
fn random_operations_have_the_same_answers() {
    for seed in 0..SEEDS {
        block_on(run(seed));
    }
    figure!("store: {SEEDS} seeds of {STEPS} random operations, same answers as in memory");
}

/// Both backends, and the dice.
struct Pair {
    model: Arc<dyn Backend>,
    ours: Arc<dyn Backend>,
    rng: StdRng,
    now: i64,
    at: String,
}

async fn run(seed: u64) {
    let mut disk = Disk::new();
    let mut store = open(&disk);
    let mut pair = Pair {
        model: Arc::new(InMemoryBackend::new()),
        ours: store.backend(ONE),
        rng: StdRng::seed_from_u64(seed),
        now: 1_000,
        at: String::new(),
    };
    let mut device = Device::new();
    for step in 0..STEPS {
        pair.at = format!("seed {seed}, step {step}");
        pair.now += 1;
        match pair.rng.random_range(0..100) {
            0 => {
                store.close().await;
                store = open(&disk);
                pair.ours = store.backend(ONE);
            }
            1 => {
                // Copies of messages are in the file once the protocol wrote anything after them.
                pair.ours.delete_session("nobody").await.unwrap();
                disk = Disk::of(disk.bytes());
                store = open(&disk);
                pair.ours = store.backend(ONE);
            }
            2..30 => pair.change_signal().await,
            30..42 => pair.look_at_signal().await,
            42..55 => pair.app_sync().await,
            55..68 => pair.groups_and_people().await,
            68..78 => pair.tokens().await,
            78..90 => pair.messages().await,
            90..95 => pair.secrets().await,
            _ => pair.device(&mut device).await,
        }
    }
    pair.at = format!("seed {seed}, at the end");
    for _ in 0..40 {
        pair.look_at_signal().await;
    }
}

/// Calls both backends and compares what they say.
macro_rules! same {
    ($pair:ident, |$b:ident| $call:expr) => {{
        let model = {
            let $b = &$pair.model;
            $call.await
        };
        let ours = {
            let $b = &$pair.ours;
            $call.await
        };
        $pair.compare(stringify!($call), model.unwrap(), ours.unwrap());
    }};
    ($pair:ident, |$b:ident| $call:expr, sorted) => {{
        let mut model = {
            let $b = &$pair.model;
            $call.await
        }
        .unwrap();
        let mut ours = {
            let $b = &$pair.ours;
            $call.await
        }
        .unwrap();
        model.sort();
        ours.sort();
        $pair.compare(stringify!($call), model, ours);
    }};
    ($pair:ident, |$b:ident| $call:expr, json) => {{
        let model = {
            let $b = &$pair.model;
            $call.await
        }
        .unwrap();
        let ours = {
            let $b = &$pair.ours;
            $call.await
        }
        .unwrap();
        let json = |value| serde_json::to_value(value).unwrap();
        $pair.compare(stringify!($call), json(&model), json(&ours));
    }};
}

impl Pair {
    #[allow(clippy::needless_pass_by_value, reason = "it is handed answers")]
    fn compare<T: PartialEq + Debug>(&self, call: &str, model: T, ours: T) {
        assert_eq!(ours, model, "{}: {call}", self.at);
    }

    fn pick(&mut self, pool: &'static [&'static str]) -> &'static str {
        pool[self.rng.random_range(0..pool.len())]
    }

    fn blob(&mut self) -> Vec<u8> {
        let len = match self.rng.random_range(0..20) {
            0 => 0,
            1 => self.rng.random_range(5_000..20_000),
            _ => self.rng.random_range(1..300),
        };
        (0..len).map(|_| self.rng.random()).collect()
    }

    fn ids(&mut self, up_to: u32) -> Vec<u32> {
        let count = self.rng.random_range(0..5);
        (0..count)
            .map(|_| self.rng.random_range(0..up_to))
            .collect()
    }

    fn batch(&mut self) -> Vec<(Arc<str>, Bytes)> {
        let count = self.rng.random_range(0..5);
        (0..count)
            .map(|_| (Arc::from(self.pick(&ADDRESSES)), Bytes::from(self.blob())))
            .collect()
    }

    async fn change_signal(&mut self) {
        let address = self.pick(&ADDRESSES);
        let id = self.rng.random_range(0..12);
        let blob = self.blob();
        let batch = self.batch();
        let ids = self.ids(12);
        let key: [u8; 32] = self.rng.random();
        let flag: bool = self.rng.random();
        match self.rng.random_range(0..17) {
            0 => same!(self, |b| b.put_identity(address, key)),
            1 => {
                let keys = batch
                    .iter()
                    .map(|(a, _)| (a.clone(), key))
                    .collect::<Vec<_>>();
                same!(self, |b| b.put_identities_batch(&keys));
            }
            2 => same!(self, |b| b.delete_identity(address)),
            3 => same!(self, |b| b.put_session(address, &blob)),
            4..7 => same!(self, |b| b.put_sessions_batch(&batch)),
            7 => same!(self, |b| b.delete_session(address)),
            8 => same!(self, |b| b.store_prekey(id, &blob, flag)),
            9 => {
                let keys = ids.iter().map(|id| (*id, Bytes::from(blob.clone())));
                let keys = keys.collect::<Vec<_>>();
                same!(self, |b| b.store_prekeys_batch(&keys, flag));
            }
            10 => same!(self, |b| b.mark_prekeys_uploaded(&ids)),
            11 => same!(self, |b| b.remove_prekey(id)),
            12 => same!(self, |b| b.store_signed_prekey(id, &blob)),
            13 => same!(self, |b| b.remove_signed_prekey(id)),
            14 => same!(self, |b| b.put_sender_key(address, &blob)),
            15 => same!(self, |b| b.put_sender_keys_batch(&batch)),
            _ => same!(self, |b| b.delete_sender_key(address)),
        }
    }

    async fn look_at_signal(&mut self) {
        let address = self.pick(&ADDRESSES);
        let user = self.pick(&USERS);
        let ids = self.ids(12);
        let id = self.rng.random_range(0..12);
        same!(self, |b| b.load_identity(address));
        same!(self, |b| b.get_session(address));
        same!(self, |b| b.has_session(address));
        same!(self, |b| b.has_signal_state_for_user(user));
        same!(self, |b| b.load_prekey(id));
        same!(self, |b| b.load_prekeys_batch(&ids));
        same!(self, |b| b.get_max_prekey_id());
        same!(self, |b| b.load_signed_prekey(id));
        same!(self, |b| b.load_all_signed_prekeys(), sorted);
        same!(self, |b| b.get_sender_key(address));
    }

    async fn app_sync(&mut self) {
        let name = self.pick(&NAMES);
        let id = [self.rng.random_range(0..4), 0];
        let blob = self.blob();
        let macs = self.ids(6).into_iter().map(|i| AppStateMutationMAC {
            index_mac: vec![i as u8; 32],
            value_mac: blob.clone(),
        });
        let macs = macs.collect::<Vec<_>>();
        let indexes = macs
            .iter()
            .map(|mac| mac.index_mac.clone())
            .collect::<Vec<_>>();
        let arrays = (0..6).map(|i| [i; 32]).collect::<Vec<[u8; 32]>>();
        let key = AppStateSyncKey {
            key_data: blob.clone(),
            fingerprint: vec![1],
            timestamp: self.now,
        };
        let version = HashState {
            version: self.rng.random(),
            hash: [self.rng.random(); 128],
            ..HashState::default()
        };
        match self.rng.random_range(0..6) {
            0 => same!(self, |b| b.set_sync_key(&id, key.clone())),
            1 => same!(self, |b| b.set_version(name, version.clone())),
            2 | 3 => same!(self, |b| b.put_mutation_macs(name, 1, &macs)),
            4 => same!(self, |b| b.delete_mutation_macs(name, &indexes)),
            _ => same!(self, |b| b.clear_mutation_macs(name)),
        }
        same!(self, |b| b.get_sync_key(&id), json);
        same!(self, |b| b.get_latest_sync_key_id());
        same!(self, |b| b.get_version(name), json);
        same!(self, |b| b.get_mutation_macs(name, &arrays));
        same!(self, |b| b.get_mutation_mac(name, &[3; 32]));
    }

    async fn groups_and_people(&mut self) {
        let (group, user) = (self.pick(&NAMES), self.pick(&NAMES));
        let blob = self.blob();
        let flag: bool = self.rng.random();
        let number = self.rng.random_range(0..6);
        // Two LIDs to a number; see the head of the file for what is left out.
        let mapping = LidPnMappingEntry {
            lid: format!("L{number}"),
            phone_number: format!("P{}", number / 2),
            created_at: 1,
            updated_at: self.now,
            learning_source: "test".into(),
        };
        let list = DeviceListRecord {
            user: user.into(),
            devices: vec![DeviceInfo::new(number, None)],
            timestamp: self.now,
            phash: None,
            raw_id: flag.then_some(number),
        };
        match self.rng.random_range(0..10) {
            0 | 1 => same!(self, |b| b
                .set_sender_key_status(group, &[(user, flag), ("x", true)])),
            2 => same!(self, |b| b.clear_sender_key_devices(group)),
            3 => same!(self, |b| b.delete_sender_key_device_rows(&[user, "x"])),
            4 if number == 0 => same!(self, |b| b.clear_all_sender_key_devices()),
            5 => same!(self, |b| b.put_lid_mapping(&mapping)),
            6 => same!(self, |b| b.update_device_lists(vec![list.clone()])),
            7 => same!(self, |b| b.delete_devices(user)),
            8 => same!(self, |b| b.put_group_metadata(group, &blob)),
            _ => same!(self, |b| b.delete_group_metadata(group)),
        }
        let (lid, phone) = (&*mapping.lid, &*mapping.phone_number);
        same!(self, |b| b.get_sender_key_devices(group), sorted);
        same!(self, |b| b.get_lid_mapping(lid), json);
        same!(self, |b| b.get_pn_mapping(phone), json);
        same!(self, |b| b.get_devices(user), json);
        same!(self, |b| b.get_group_metadata(group));
    }

    async fn tokens(&mut self) {
        let jid = self.pick(&NAMES);
        let at = self.rng.random_range(0..100);
        let cutoff = self.rng.random_range(0..50);
        let token = TcTokenEntry {
            token: self.blob(),
            token_timestamp: at,
            sender_timestamp: self.rng.random::<bool>().then_some(100 - at),
        };
        match self.rng.random_range(0..6) {
            0 => same!(self, |b| b.put_tc_token(jid, &token)),
            1 => same!(self, |b| b.delete_tc_token(jid)),
            2 => same!(self, |b| b.delete_expired_tc_tokens(cutoff, cutoff / 2)),
            3 => same!(self, |b| b.touch_tc_token_sender_timestamp(jid, at)),
            _ => same!(self, |b| b.store_received_tc_token(jid, &token.token, at)),
        }
        same!(self, |b| b.get_tc_token(jid), json);
        same!(self, |b| b.get_all_tc_token_jids(), sorted);
    }

    async fn messages(&mut self) {
        let (chat, sender, id) = (self.pick(&NAMES), self.pick(&NAMES), self.pick(&NAMES));
        let message = &*self.blob();
        let row = PendingInboundRow {
            chat,
            sender,
            id,
            message,
        };
        let key = PendingInboundKey { chat, sender, id };
        // Rows are stamped with the store's clock: only the ends of time are the same for both.
        let cutoff = if self.rng.random_range(0..4) == 0 {
            i64::MAX
        } else {
            0
        };
        match self.rng.random_range(0..10) {
            0 => same!(self, |b| b.save_base_key(chat, id, message)),
            1 => same!(self, |b| b.delete_base_key(chat, id)),
            2 | 3 => same!(self, |b| b.store_sent_message(chat, id, message)),
            4 => same!(self, |b| b.take_sent_message(chat, id)),
            5 => same!(self, |b| b.delete_expired_sent_messages(cutoff)),
            6 => same!(self, |b| b.store_pending_inbound(chat, sender, id, message)),
            7 => same!(self, |b| b.store_pending_inbound_batch(&[row, row])),
            8 => same!(self, |b| b.delete_pending_inbound_batch(&[key])),
            _ => same!(self, |b| b.delete_expired_pending_inbound(cutoff)),
        }
        same!(self, |b| b.has_same_base_key(chat, id, message));
        same!(self, |b| b.get_pending_inbound(chat, sender, id));
    }

    async fn secrets(&mut self) {
        let (chat, sender, id) = (self.pick(&NAMES), self.pick(&NAMES), self.pick(&NAMES));
        let entry = MsgSecretEntry {
            chat: chat.into(),
            sender: sender.into(),
            msg_id: id.into(),
            secret: self.rng.random(),
            expires_at: self.rng.random_range(0..30),
            message_ts: self.rng.random_range(0..30),
        };
        let cutoff = self.rng.random_range(0..10);
        match self.rng.random_range(0..4) {
            0 => same!(self, |b| b.delete_expired_msg_secrets(cutoff)),
            1 => same!(self, |b| b.put_msg_secret(chat, sender, id, &entry.secret)),
            _ => same!(self, |b| b
                .put_msg_secrets(vec![entry.clone(), entry.clone()])),
        }
        same!(self, |b| b.get_msg_secret(chat, sender, id));
        same!(self, |b| b.get_msg_secret_with_ts(chat, sender, id));
    }

    async fn device(&mut self, device: &mut Device) {
        match self.rng.random_range(0..4) {
            0 => device.push_name = self.pick(&NAMES).into(),
            1 => device.next_pre_key_id += 1,
            2 => device.app_version_last_fetched_ms += 1,
            _ => {}
        }
        same!(self, |b| b.save(device));
        same!(self, |b| b.exists());
        let image = |device: Option<Device>| {
            let mut device = device.unwrap();
            device.app_version_last_fetched_ms = 0;
            serde_json::to_value(device).unwrap()
        };
        let (model, ours) = (self.model.load().await, self.ours.load().await);
        self.compare("load", image(model.unwrap()), image(ours.unwrap()));
    }
}
