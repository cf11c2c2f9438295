//! The public keys of one device, as it registered or uploaded them and as others fetch them.
//!
//! The service knows nothing else of a device's Signal state. A one-time key is handed out once;
//! which ones were is remembered, so that a second upload of the same key can be refused.

use std::collections::{BTreeMap, BTreeSet};

use wacore::libsignal::protocol::{DeviceId, IdentityKey, PreKeyBundle};
use wacore_binary::Node;

use crate::keys::{self, KEY_TYPE, Key, Signature};
use crate::refusal::Refusal;
use crate::stanza::{Stanza, holding, parent};

/// A signed pre-key: id (24 bits on the wire), key and the identity's signature over `05 || key`.
#[derive(Clone)]
pub(crate) struct SignedKey {
    pub(crate) id: u32,
    pub(crate) key: Key,
    pub(crate) signature: Signature,
}

/// What is published of a device.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) registration_id: u32,
    pub(crate) identity: Key,
    pub(crate) signed: SignedKey,
    pub(crate) one_time: BTreeMap<u32, Key>,
    /// Ids handed out before; they never come back.
    pub(crate) used: BTreeSet<u32>,
}

/// What one fetch hands out.
pub(crate) struct Bundle {
    pub(crate) registration_id: u32,
    pub(crate) identity: Key,
    pub(crate) signed: SignedKey,
    pub(crate) one_time: Option<(u32, Key)>,
}

impl SignedKey {
    /// Whether the signature is the identity's.
    pub(crate) fn is_signed_by(&self, identity: &Key) -> bool {
        keys::verify(identity, &[&keys::typed(&self.key)], &self.signature)
    }

    /// Reads `<skey>`.
    pub(crate) fn read(node: &Node) -> Option<Self> {
        Some(Self {
            id: read_id(node.child("id")?)?,
            key: node.child("value")?.exactly()?,
            signature: node.child("signature")?.exactly()?,
        })
    }

    fn node(&self) -> Node {
        parent(
            "skey",
            [
                holding("id", id_bytes(self.id)),
                holding("value", self.key),
                holding("signature", self.signature),
            ],
        )
    }
}

impl Published {
    /// Hands out a bundle; the one-time key in it is used up.
    pub(crate) fn take(&mut self) -> Bundle {
        let one_time = self.one_time.pop_first();
        if let Some((id, _)) = one_time {
            self.used.insert(id);
        }
        Bundle {
            registration_id: self.registration_id,
            identity: self.identity,
            signed: self.signed.clone(),
            one_time,
        }
    }

    /// Takes an upload: `<registration> <type> <identity> <list> <skey>`.
    ///
    /// # Errors
    /// What is not in order about it; then nothing of it is taken.
    pub(crate) fn upload(&mut self, iq: &Node) -> Result<usize, Refusal> {
        const MISSING: Refusal = Refusal::PreKeys("a part is missing or has the wrong length");
        let identity: Key = iq
            .child("identity")
            .and_then(Stanza::exactly)
            .ok_or(MISSING)?;
        let registration: [u8; 4] = iq
            .child("registration")
            .and_then(Stanza::exactly)
            .ok_or(MISSING)?;
        let signed = iq.child("skey").and_then(SignedKey::read).ok_or(MISSING)?;
        if iq.child_bytes("type") != Some(&[KEY_TYPE]) {
            return Err(Refusal::PreKeys("the key type is not 5"));
        }
        if identity != self.identity {
            return Err(Refusal::PreKeys("the identity is not the registered one"));
        }
        if !signed.is_signed_by(&identity) {
            return Err(Refusal::SignedPreKey);
        }
        let mut fresh = BTreeMap::new();
        for key in iq.child("list").ok_or(MISSING)?.each() {
            let id = key.child("id").and_then(read_id).ok_or(MISSING)?;
            let value: Key = key
                .child("value")
                .and_then(Stanza::exactly)
                .ok_or(MISSING)?;
            if self.used.contains(&id) {
                return Err(Refusal::PreKeyUploadedAgain(id));
            }
            if fresh.insert(id, value).is_some() {
                return Err(Refusal::PreKeys("an id stands twice in one upload"));
            }
        }
        let count = fresh.len();
        self.registration_id = u32::from_be_bytes(registration);
        self.signed = signed;
        self.one_time.extend(fresh);
        Ok(count)
    }

    /// The children of `<digest>`: everything that is left, and its SHA-1.
    pub(crate) fn digest(&self) -> Vec<Node> {
        let ids = self.one_time.keys().map(|id| holding("id", id_bytes(*id)));
        let keys: Vec<&[u8]> = self.one_time.values().map(<[u8; 32]>::as_slice).collect();
        let hash = wacore::prekeys::compute_key_bundle_digest(
            &self.identity,
            &self.signed.key,
            &self.signed.signature,
            &keys,
        );
        vec![
            holding("registration", self.registration_id.to_be_bytes()),
            holding("type", [KEY_TYPE]),
            holding("identity", self.identity),
            self.signed.node(),
            parent("list", ids),
            holding("hash", hash),
        ]
    }
}

impl Bundle {
    /// The keys in a retry receipt, if it brings any: `<registration>` beside `<keys>` with
    /// `<identity>`, `<key>` and `<skey>`.
    pub(crate) fn of_receipt(receipt: &Node) -> Option<Self> {
        let keys = receipt.child("keys")?;
        let registration: [u8; 4] = receipt.child("registration").and_then(Stanza::exactly)?;
        let one_time = keys.child("key").and_then(|key| {
            let value = key.child("value").and_then(Stanza::exactly)?;
            Some((key.child("id").and_then(read_id)?, value))
        });
        Some(Self {
            registration_id: u32::from_be_bytes(registration),
            identity: keys.child("identity").and_then(Stanza::exactly)?,
            signed: keys.child("skey").and_then(SignedKey::read)?,
            one_time,
        })
    }

    /// The children of one `<user>` in the answer to a fetch.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let mut nodes = vec![
            holding("registration", self.registration_id.to_be_bytes()),
            holding("type", [KEY_TYPE]),
            holding("identity", self.identity),
            self.signed.node(),
        ];
        if let Some((id, key)) = self.one_time {
            nodes.insert(
                3,
                parent("key", [holding("id", id_bytes(id)), holding("value", key)]),
            );
        }
        nodes
    }

    /// As libsignal wants it.
    pub(crate) fn for_signal(&self, device: u16) -> PreKeyBundle {
        #[allow(
            clippy::expect_used,
            reason = "the constructor only moves its arguments"
        )]
        PreKeyBundle::new(
            self.registration_id,
            DeviceId::new(u32::from(device)),
            self.one_time
                .as_ref()
                .map(|(id, key)| ((*id).into(), keys::public(key))),
            self.signed.id.into(),
            keys::public(&self.signed.key),
            self.signed.signature.to_vec(),
            IdentityKey::new(keys::public(&self.identity)),
        )
        .expect("a bundle of whole keys")
    }
}

/// A key id: 3 bytes, big-endian.
pub(crate) fn read_id(node: &Node) -> Option<u32> {
    let [a, b, c]: [u8; 3] = node.exactly()?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

fn id_bytes(id: u32) -> [u8; 3] {
    let [_, a, b, c] = id.to_be_bytes();
    [a, b, c]
}
