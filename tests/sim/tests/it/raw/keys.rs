//! The hand-written client's keys, and what it makes of them: payloads, QR texts, uploads.

use pairbox_sim::Jid;
use rand::rng;
use wacore::libsignal::protocol::KeyPair;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;
use waproto::whatsapp::client_payload::{DevicePairingRegistrationData, UserAgent};

use super::{bytes, node};

/// A client's long-term keys.
#[derive(Clone)]
pub struct Keys {
    pub noise: KeyPair,
    pub identity: KeyPair,
    pub signed: KeyPair,
    pub adv_secret: [u8; 32],
}

impl Keys {
    pub fn generate() -> Self {
        let new = || KeyPair::generate(&mut rng());
        Self {
            noise: new(),
            identity: new(),
            signed: new(),
            adv_secret: rand::random(),
        }
    }

    /// An orderly registration.
    pub fn registration(&self) -> wa::ClientPayload {
        let signed = raw_key(&self.signed);
        let data = DevicePairingRegistrationData {
            e_regid: Some(vec![0, 0, 0, 7]),
            e_keytype: Some(vec![5]),
            e_ident: Some(raw_key(&self.identity).to_vec()),
            e_skey_id: Some(vec![0, 0, 1]),
            e_skey_val: Some(signed.to_vec()),
            e_skey_sig: Some(sign(&self.identity, &typed(&signed))),
            build_hash: Some(vec![9; 16]),
            device_props: Some(wa::DeviceProps::default().encode_to_vec()),
        };
        wa::ClientPayload {
            user_agent: MessageField::some(UserAgent::default()),
            device_pairing_data: MessageField::some(data),
            passive: Some(false),
            ..Default::default()
        }
    }

    /// The text of a QR code, in the four fields of older clients or the five of newer ones.
    pub fn qr(&self, reference: &str, fields: usize) -> String {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let mut text = reference.to_owned();
        for key in [
            raw_key(&self.noise),
            raw_key(&self.identity),
            self.adv_secret,
        ] {
            text.push(',');
            text.push_str(&BASE64_STANDARD.encode(key));
        }
        if fields == 5 {
            text.push_str(",1");
        }
        text
    }

    /// An upload of one-time keys with these ids, all signed and in order.
    pub fn upload(&self, ids: &[u32]) -> Node {
        let signed = raw_key(&self.signed);
        let keys = ids.iter().map(|id| {
            let key = raw_key(&KeyPair::generate(&mut rng()));
            node("key", [id_node(*id), bytes("value", key)])
        });
        NodeBuilder::new("iq")
            .attr("xmlns", "encrypt")
            .attr("type", "set")
            .attr("to", "s.whatsapp.net")
            .children([
                bytes("registration", [0, 0, 0, 7]),
                bytes("type", [5]),
                bytes("identity", raw_key(&self.identity)),
                node("list", keys.collect::<Vec<_>>()),
                node(
                    "skey",
                    [
                        id_node(1),
                        bytes("value", signed),
                        bytes("signature", sign(&self.identity, &typed(&signed))),
                    ],
                ),
            ])
            .build()
    }
}

/// An orderly login, with `passive` set as some clients do.
pub fn login(jid: &Jid) -> wa::ClientPayload {
    wa::ClientPayload {
        user_agent: MessageField::some(UserAgent::default()),
        username: jid.user.parse().ok(),
        device: Some(u32::from(jid.device)),
        passive: Some(true),
        ..Default::default()
    }
}

pub fn raw_key(pair: &KeyPair) -> [u8; 32] {
    pair.public_key.public_key_bytes().try_into().unwrap()
}

pub fn sign(pair: &KeyPair, message: &[u8]) -> Vec<u8> {
    let signature = pair.calculate_signature(message, &mut rng()).unwrap();
    signature.to_vec()
}

pub fn typed(key: &[u8; 32]) -> Vec<u8> {
    [&[5], key.as_slice()].concat()
}

fn id_node(id: u32) -> Node {
    bytes("id", id.to_be_bytes()[1..].to_vec())
}
