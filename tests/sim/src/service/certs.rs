//! The service's root of trust and the chain it presents in Noise handshakes.
//!
//! Every signature is real (`XEdDSA`): root over intermediate, intermediate over leaf, and the leaf
//! carries the static Noise key. A client that checks the chain needs only this root's public key
//! instead of WhatsApp's.

use wacore::libsignal::protocol::KeyPair;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::CertChain;
use waproto::whatsapp::cert_chain::{NoiseCertificate, noise_certificate::Details};

use crate::clock;
use crate::keys::{self, Key};

const INTERMEDIATE_SERIAL: u32 = 1;
const LEAF_SERIAL: u32 = 2;
/// The real root has serial 0; it is known to clients and not part of the chain.
const ROOT_SERIAL: u32 = 0;
const DAY: u64 = 24 * 60 * 60;

/// Root, intermediate and static key, and the chain made of them.
pub(crate) struct Authority {
    root: KeyPair,
    intermediate: KeyPair,
    /// The key pair of the Noise handshakes.
    pub(crate) noise: KeyPair,
    /// The encoded chain for [`Authority::noise`].
    pub(crate) chain: Vec<u8>,
}

impl Authority {
    /// A new root with a new chain.
    pub(crate) fn generate() -> Self {
        let (root, intermediate, noise) = (keys::generate(), keys::generate(), keys::generate());
        let chain = chain(&root, &intermediate, &noise);
        Self {
            root,
            intermediate,
            noise,
            chain,
        }
    }

    /// What clients have to trust.
    pub(crate) fn root(&self) -> Key {
        keys::raw(&self.root.public_key)
    }

    /// Replaces the static key; remembered chains no longer fit from now on.
    pub(crate) fn rotate(&mut self) {
        self.noise = keys::generate();
        self.chain = chain(&self.root, &self.intermediate, &self.noise);
    }
}

fn chain(root: &KeyPair, intermediate: &KeyPair, noise: &KeyPair) -> Vec<u8> {
    CertChain {
        leaf: MessageField::some(certificate(
            LEAF_SERIAL,
            INTERMEDIATE_SERIAL,
            noise,
            intermediate,
        )),
        intermediate: MessageField::some(certificate(
            INTERMEDIATE_SERIAL,
            ROOT_SERIAL,
            intermediate,
            root,
        )),
    }
    .encode_to_vec()
}

fn certificate(serial: u32, issuer: u32, subject: &KeyPair, signer: &KeyPair) -> NoiseCertificate {
    let now = clock::unix_seconds();
    let details = Details {
        serial: Some(serial),
        issuer_serial: Some(issuer),
        key: Some(keys::raw(&subject.public_key).to_vec()),
        not_before: Some(now.saturating_sub(DAY)),
        not_after: Some(now + 365 * DAY),
    }
    .encode_to_vec();
    NoiseCertificate {
        signature: Some(keys::sign(&signer.private_key, &[&details]).to_vec()),
        details: Some(details),
    }
}
