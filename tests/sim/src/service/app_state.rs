//! App state: the settings a phone shares with its companions, encrypted with keys the service does
//! not have.
//!
//! The service keeps numbered patches for each collection and hands out those a companion lacks.
//! The phone's first patch (`critical_block` version 1) carries its push name. Patches always go
//! inline; the real service moves long histories to a media server, which is not simulated.

use std::collections::BTreeMap;

use wacore_appstate::hash::{HashState, generate_patch_mac};
use wacore_appstate::{encode_record, expand_app_state_keys};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message;
use waproto::whatsapp::syncd_mutation::SyncdOperation;

use super::state::State;
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::keys;
use crate::stanza::{self, Stanza, error_child, holding, parent};

/// The collection that holds what a companion needs at once.
const CRITICAL: &str = "critical_block";
const PUSH_NAME_INDEX: &[u8] = br#"["setting_pushName"]"#;

/// One account's app state.
pub(crate) struct AppState {
    key_id: [u8; 6],
    key: [u8; 32],
    raw_id: u32,
    collections: BTreeMap<String, Vec<Vec<u8>>>,
}

impl AppState {
    /// The state of a phone that only has a name.
    pub(crate) fn new(name: &str, raw_id: u32) -> Self {
        let mut state = Self {
            key_id: keys::random(),
            key: keys::random(),
            raw_id,
            collections: BTreeMap::new(),
        };
        let patch = state.push_name_patch(name);
        state.collections.insert(CRITICAL.to_owned(), vec![patch]);
        state
    }

    /// The message that gives a companion the keys.
    pub(crate) fn key_share(&self) -> wa::Message {
        let key = wa::message::AppStateSyncKey {
            key_id: MessageField::some(wa::message::AppStateSyncKeyId {
                key_id: Some(self.key_id.to_vec()),
            }),
            key_data: MessageField::some(wa::message::AppStateSyncKeyData {
                key_data: Some(self.key.to_vec()),
                fingerprint: MessageField::some(wa::message::AppStateSyncKeyFingerprint {
                    raw_id: Some(self.raw_id),
                    current_index: Some(0),
                    device_indexes: vec![0],
                }),
                timestamp: i64::try_from(clock::unix_seconds()).ok(),
            }),
        };
        wa::Message {
            protocol_message: MessageField::some(wa::message::ProtocolMessage {
                r#type: Some(protocol_message::Type::APP_STATE_SYNC_KEY_SHARE),
                app_state_sync_key_share: MessageField::some(wa::message::AppStateSyncKeyShare {
                    keys: vec![key],
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn push_name_patch(&self, name: &str) -> Vec<u8> {
        let keys = expand_app_state_keys(&self.key);
        let value = wa::SyncActionValue {
            timestamp: i64::try_from(clock::unix_seconds() * 1000).ok(),
            push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
                name: Some(name.to_owned()),
            }),
            ..Default::default()
        };
        let (mutation, _) = encode_record(
            SyncdOperation::SET,
            PUSH_NAME_INDEX,
            &value,
            &keys,
            &self.key_id,
            &keys::random(),
            1,
        );
        let mut state = HashState {
            version: 1,
            ..Default::default()
        };
        // A first SET replaces nothing, so the lookup of earlier values has nothing to find.
        let (_, done) = state.update_hash(std::slice::from_ref(&mutation), |_, _| Ok(None));
        debug_assert!(done.is_ok(), "one SET always adds up");
        let mut patch = wa::SyncdPatch {
            version: MessageField::some(wa::SyncdVersion { version: Some(1) }),
            mutations: vec![mutation],
            snapshot_mac: Some(state.generate_snapshot_mac(CRITICAL, &keys.snapshot_mac)),
            key_id: MessageField::some(wa::KeyId {
                id: Some(self.key_id.to_vec()),
            }),
            device_index: Some(0),
            ..Default::default()
        };
        patch.patch_mac = Some(generate_patch_mac(&patch, CRITICAL, &keys.patch_mac, 1));
        patch.encode_to_vec()
    }

    /// Answers for one `<collection>`: takes the companion's own patch if it builds on the newest
    /// version, gives those it lacks otherwise.
    fn answer(&mut self, asked: &Node) -> Option<Node> {
        let name = asked.text("name")?;
        let has = usize::try_from(asked.number("version").unwrap_or(0)).ok()?;
        let patches = self.collections.entry(name.clone()).or_default();
        let answer = NodeBuilder::new("collection").attr("name", name);
        let own = asked.child_bytes("patch");
        if let Some(patch) = own
            && has == patches.len()
        {
            patches.push(numbered(patch, patches.len() + 1)?);
            return Some(answer.attr("version", patches.len()).build());
        }
        let lacking: Vec<Node> = patches
            .get(has..)
            .unwrap_or_default()
            .iter()
            .map(|patch| holding("patch", patch.as_slice()))
            .collect();
        let answer = answer.attr("version", patches.len());
        let mut children = Vec::new();
        if own.is_some() {
            children.push(error_child(409, "conflict"));
        }
        if !lacking.is_empty() {
            children.push(parent("patches", lacking));
        }
        Some(if own.is_some() {
            answer.attr("type", "error").children(children).build()
        } else if children.is_empty() {
            answer.build()
        } else {
            answer.children(children).build()
        })
    }
}

/// A companion's patch, with the version the service gives it.
fn numbered(patch: &[u8], version: usize) -> Option<Vec<u8>> {
    let mut patch = wa::SyncdPatch::decode_from_slice(patch).ok()?;
    patch.version = MessageField::some(wa::SyncdVersion {
        version: u64::try_from(version).ok(),
    });
    Some(patch.encode_to_vec())
}

impl State {
    /// Answers `<sync>`.
    pub(crate) fn sync_app_state(&mut self, conn: Conn, id: &str, sync: &Node) {
        let Some(address) = self.logged_in(conn) else {
            return;
        };
        let Some(account) = self.accounts.get_mut(&address.number) else {
            return;
        };
        let jid = account.device_jid(address.device);
        let answers: Vec<Node> = sync
            .each()
            .filter(|asked| asked.tag == "collection")
            .filter_map(|asked| account.app_state.answer(asked))
            .collect();
        let collections = answers
            .iter()
            .filter_map(|node| node.text("name"))
            .collect();
        self.send(conn, stanza::result(id, [parent("sync", answers)]));
        self.event(Event::AppStateServed { jid, collections });
    }
}
