//! One end of Signal sessions: a simulated phone's keys and sessions.
//!
//! All encryption between phones and companions goes through here and is real. Reading a message
//! removes the one-time key it used, so a second message with the same key cannot be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::FutureExt as _;
use rand::RngExt as _;
use wacore::libsignal::protocol::{
    CiphertextMessage, CiphertextMessageType, DeviceId, GenericSignedPreKey as _, IdentityKey,
    IdentityKeyPair, PreKeyRecord, PreKeySignalMessage, ProtocolAddress, SignalMessage,
    SignalProtocolError, SignedPreKeyRecord, Timestamp, UsePQRatchet, message_decrypt,
    message_encrypt, process_prekey_bundle,
};
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use crate::bundle::{Bundle, Published, SignedKey};
use crate::keys::{self, Key};
use crate::signal_store::{Identities, PreKeys, SenderKeys, Sessions, SignedPreKeys};

/// One device of one account, by number and index (0 is the phone).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Address {
    pub(crate) number: String,
    pub(crate) device: u16,
}

/// An encrypted message as it stands in `<enc>`.
pub(crate) struct Sealed {
    /// `pkmsg` while the session is being set up, `msg` afterwards.
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Why a message could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It uses a one-time key that is gone.
    OneTimeKeyUsed,
    /// It was read before.
    Duplicate,
    /// Anything else.
    Other(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneTimeKeyUsed => f.write_str("its one-time key was used before"),
            Self::Duplicate => f.write_str("it was read before"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// How many one-time keys a phone has on offer.
const ONE_TIME_KEYS: u32 = 200;

/// A phone's Signal keys and sessions.
pub(crate) struct Party {
    sessions: Sessions,
    identities: Identities,
    pre_keys: PreKeys,
    signed: SignedPreKeys,
    /// Its own keys for groups, and those of others.
    pub(crate) sender_keys: SenderKeys,
    /// What of this the service hands out.
    pub(crate) published: Published,
}

impl Party {
    /// New random keys.
    pub(crate) fn generate() -> Self {
        let pair = keys::generate();
        let own = IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key);
        let identity = keys::raw(own.public_key());
        let registration_id = rand::rng().random_range(1..16380);
        let signed_pair = keys::generate();
        let signed_key = keys::raw(&signed_pair.public_key);
        let signature = keys::sign(own.private_key(), &[&keys::typed(&signed_key)]);
        let signed = SignedPreKeyRecord::new(
            1.into(),
            Timestamp::from_epoch_millis(crate::clock::unix_seconds() * 1000),
            &signed_pair,
            &signature,
        );
        let mut pre_keys = BTreeMap::new();
        let mut one_time = BTreeMap::new();
        for id in 1..=ONE_TIME_KEYS {
            let pair = keys::generate();
            one_time.insert(id, keys::raw(&pair.public_key));
            pre_keys.insert(id, PreKeyRecord::new(id.into(), &pair));
        }
        Self {
            sessions: Sessions::default(),
            identities: Identities {
                own,
                registration_id,
                known: BTreeMap::new(),
            },
            pre_keys: PreKeys(pre_keys),
            signed: SignedPreKeys(signed),
            sender_keys: SenderKeys::default(),
            published: Published {
                registration_id,
                identity,
                signed: SignedKey {
                    id: 1,
                    key: signed_key,
                    signature,
                },
                one_time,
                used: BTreeSet::new(),
            },
        }
    }

    /// The public identity key.
    pub(crate) fn identity(&self) -> Key {
        self.published.identity
    }

    /// Signs with the identity key.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> keys::Signature {
        keys::sign(self.identities.own.private_key(), parts)
    }

    /// The secret shared with the holder of `other`.
    pub(crate) fn agree(&self, other: &Key) -> [u8; 32] {
        keys::agree(self.identities.own.private_key(), other)
    }

    /// Whether messages to that device need no bundle.
    pub(crate) fn has_session(&self, to: &Address) -> bool {
        self.sessions.0.contains_key(to.signal().as_str())
    }

    /// Forgets the session with that device; the next message sets up a new one.
    pub(crate) fn forget_session(&mut self, to: &Address) {
        self.sessions.0.remove(to.signal().as_str());
    }

    /// Sets up a session from a fetched bundle.
    pub(crate) fn start_session(
        &mut self,
        to: &Address,
        bundle: &Bundle,
    ) -> Result<(), SignalProtocolError> {
        at_once(process_prekey_bundle(
            &to.signal(),
            &mut self.sessions,
            &mut self.identities,
            &bundle.for_signal(to.device),
            &mut rand::rng(),
            UsePQRatchet::No,
        ))?;
        Ok(())
    }

    /// Encrypts for a device with a session.
    pub(crate) fn seal(
        &mut self,
        to: &Address,
        message: &wa::Message,
    ) -> Result<Sealed, SignalProtocolError> {
        let sealed = at_once(message_encrypt(
            &padded(message),
            &to.signal(),
            &mut self.sessions,
            &mut self.identities,
        ))?;
        Ok(Sealed {
            kind: match sealed.message_type() {
                CiphertextMessageType::PreKey => "pkmsg",
                _ => "msg",
            },
            bytes: sealed.serialize().to_vec(),
        })
    }

    /// Decrypts what a device sent.
    pub(crate) fn open(
        &mut self,
        from: &Address,
        kind: &str,
        bytes: &[u8],
    ) -> Result<wa::Message, Unreadable> {
        let sealed = match kind {
            "pkmsg" => {
                PreKeySignalMessage::try_from(bytes).map(CiphertextMessage::PreKeySignalMessage)
            }
            "msg" => SignalMessage::try_from(bytes).map(CiphertextMessage::SignalMessage),
            other => return Err(Unreadable::Other(format!("unknown kind {other}"))),
        }
        .map_err(Unreadable::from)?;
        let opened = at_once(message_decrypt(
            &sealed,
            &from.signal(),
            &mut self.sessions,
            &mut self.identities,
            &mut self.pre_keys,
            &self.signed,
            &mut rand::rng(),
            UsePQRatchet::No,
        ))
        .map_err(Unreadable::from)?;
        if let Some(id) = opened.consumed_prekey_id {
            self.pre_keys.0.remove(&id.into());
        }
        unpadded(&opened.plaintext)
    }
}

/// A message as it is encrypted: 1 to 16 bytes behind it tell their own number.
pub(crate) fn padded(message: &wa::Message) -> Vec<u8> {
    let mut plain = message.encode_to_vec();
    let pad = rand::rng().random_range(1..=16_u8);
    plain.extend(std::iter::repeat_n(pad, usize::from(pad)));
    plain
}

/// The message within its padding.
pub(crate) fn unpadded(padded: &[u8]) -> Result<wa::Message, Unreadable> {
    let pad = padded.last().copied().map_or(0, usize::from);
    if pad == 0 || pad > 16 || pad >= padded.len() {
        return Err(Unreadable::Other(format!("padding of {pad} bytes")));
    }
    wa::Message::decode_from_slice(&padded[..padded.len() - pad])
        .map_err(|error| Unreadable::Other(error.to_string()))
}

impl From<SignalProtocolError> for Unreadable {
    fn from(error: SignalProtocolError) -> Self {
        match error {
            SignalProtocolError::InvalidPreKeyId => Self::OneTimeKeyUsed,
            SignalProtocolError::DuplicatedMessage(..) => Self::Duplicate,
            other => Self::Other(other.to_string()),
        }
    }
}

impl Address {
    pub(crate) fn new(number: &str, device: u16) -> Self {
        Self {
            number: number.to_owned(),
            device,
        }
    }

    fn signal(&self) -> ProtocolAddress {
        ProtocolAddress::new(&self.number, DeviceId::new(u32::from(self.device)))
    }
}

/// Drives a future over the in-memory stores, which never wait.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    #[allow(clippy::expect_used, reason = "nothing in the in-memory stores waits")]
    future.now_or_never().expect("in-memory stores never wait")
}
