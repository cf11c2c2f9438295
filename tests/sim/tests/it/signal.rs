//! A companion's end of a Signal session, by hand: for messages no library would send.

#[path = "../../src/signal_store.rs"]
#[allow(dead_code, reason = "a companion needs less of it than a phone")]
mod signal_store;

use std::collections::BTreeMap;

use rand::rng;
use wacore::libsignal::protocol::{
    CiphertextMessageType, DeviceId, IdentityKey, IdentityKeyPair, PreKeyBundle, ProtocolAddress,
    PublicKey, UsePQRatchet, message_encrypt, process_prekey_bundle,
};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent};
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use crate::raw::{Keys, node};
use signal_store::{Identities, Sessions};

/// The bytes of a node somewhere below this one.
fn below(node: &Node, path: &[&str]) -> Vec<u8> {
    match &node.get_optional_child_by_tag(path).unwrap().content {
        Some(NodeContent::Bytes(bytes)) => bytes.clone(),
        _ => panic!("{path:?} holds no bytes"),
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn key(bytes: &[u8]) -> PublicKey {
    PublicKey::from_djb_public_key_bytes(bytes).unwrap()
}

/// A first message (`pkmsg`) to the user whose fetched keys these are, from a session of its own.
pub fn first_message(keys: &Keys, to: &str, id: &str, user: &Node, body: &str) -> Node {
    let signature = below(user, &["skey", "signature"]);
    let bundle = PreKeyBundle::new(
        number(&below(user, &["registration"])),
        DeviceId::new(0),
        Some((
            number(&below(user, &["key", "id"])).into(),
            key(&below(user, &["key", "value"])),
        )),
        number(&below(user, &["skey", "id"])).into(),
        key(&below(user, &["skey", "value"])),
        signature,
        IdentityKey::new(key(&below(user, &["identity"]))),
    )
    .unwrap();
    let address = ProtocolAddress::new(to, DeviceId::new(0));
    let mut sessions = Sessions::default();
    let mut identities = Identities {
        own: IdentityKeyPair::new(
            IdentityKey::new(keys.identity.public_key),
            keys.identity.private_key.clone(),
        ),
        registration_id: 7,
        known: BTreeMap::new(),
    };
    let message = wa::Message {
        conversation: Some(body.to_owned()),
        ..Default::default()
    };
    let padded = [message.encode_to_vec().as_slice(), &[1]].concat();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let sealed = runtime.block_on(async {
        process_prekey_bundle(
            &address,
            &mut sessions,
            &mut identities,
            &bundle,
            &mut rng(),
            UsePQRatchet::No,
        )
        .await
        .unwrap();
        message_encrypt(&padded, &address, &mut sessions, &mut identities)
            .await
            .unwrap()
    });
    assert_eq!(sealed.message_type(), CiphertextMessageType::PreKey);
    let enc = NodeBuilder::new("enc")
        .attr("v", 2_u8)
        .attr("type", "pkmsg")
        .bytes(sealed.serialize().to_vec());
    let jid = pairbox_sim::Jid::pn(to);
    let part = NodeBuilder::new("to")
        .attr("jid", jid.clone())
        .children([enc.build()]);
    NodeBuilder::new("message")
        .attr("to", jid)
        .attr("id", id)
        .attr("type", "text")
        .children([node("participants", [part.build()])])
        .build()
}
