//! The responder's side of the Noise handshakes: XX, IK, and `XXfallback` when a client's remembered
//! key is no longer ours.
//!
//! Pure of sockets: the connection feeds messages in and writes what comes out. XX and `XXfallback`
//! take one more message from the client ([`Step::Wait`]); IK is complete at once.

use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::handshake_message::ServerHello;
use waproto::whatsapp::{ClientPayload, HandshakeMessage};

use wacore::libsignal::protocol::KeyPair;
use wacore_binary::consts::{
    NOISE_PATTERN_IK, NOISE_PATTERN_XX, NOISE_PATTERN_XXFALLBACK, WA_CONN_HEADER,
};
use wacore_noise::{NoiseCipher, NoiseHandshake};

use super::certs::Authority;
use crate::event_log::Pattern;
use crate::keys::{self, Key};
use crate::refusal::Refusal;

/// What the service learned from a complete handshake.
pub(crate) struct Greeted {
    pub(crate) pattern: Pattern,
    /// The client's static key, proved by the handshake.
    pub(crate) client: Key,
    pub(crate) payload: ClientPayload,
    /// Decrypts what the client sends.
    pub(crate) inbound: NoiseCipher,
    /// Encrypts what the service sends.
    pub(crate) outbound: NoiseCipher,
}

/// What follows a client's hello.
pub(crate) enum Step {
    /// Send this and wait for the client's last message.
    Wait { reply: Vec<u8>, half: Box<Half> },
    /// Send this; the handshake is complete.
    Done {
        reply: Vec<u8>,
        greeted: Box<Greeted>,
    },
}

/// An XX-shaped handshake that waits for the client's last message.
pub(crate) struct Half {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
    pattern: Pattern,
}

const BROKEN: Refusal = Refusal::Handshake("it does not decrypt");

/// Answers a client's first message.
pub(crate) fn greet(authority: &Authority, message: &[u8]) -> Result<Step, Refusal> {
    let message = HandshakeMessage::decode_from_slice(message)
        .map_err(|_| Refusal::Handshake("not a handshake message"))?;
    let hello = message
        .client_hello
        .into_option()
        .ok_or(Refusal::Handshake("no client hello"))?;
    let ephemeral: Key =
        hello
            .ephemeral
            .and_then(|key| key.try_into().ok())
            .ok_or(Refusal::Handshake(
                "the ephemeral key is missing or not 32 bytes",
            ))?;
    match (hello.r#static, hello.payload) {
        (None, _) => full(authority, &ephemeral, NOISE_PATTERN_XX, Pattern::Xx),
        (Some(_), None) => Err(Refusal::Handshake("a static key without a payload")),
        (Some(sealed), Some(payload)) => match short(authority, &ephemeral, &sealed, &payload)? {
            Some(done) => Ok(done),
            None => full(
                authority,
                &ephemeral,
                NOISE_PATTERN_XXFALLBACK,
                Pattern::XxFallback,
            ),
        },
    }
}

impl Half {
    /// Reads the client's last message.
    pub(crate) fn finish(mut self, message: &[u8]) -> Result<Greeted, Refusal> {
        let finish = HandshakeMessage::decode_from_slice(message)
            .ok()
            .and_then(|message| message.client_finish.into_option())
            .ok_or(Refusal::Handshake("no client finish"))?;
        let (Some(sealed), Some(payload)) = (finish.r#static, finish.payload) else {
            return Err(Refusal::Handshake("the client finish lacks a part"));
        };
        let client: Key = self
            .noise
            .decrypt(&sealed)
            .ok()
            .and_then(|key| key.try_into().ok())
            .ok_or(BROKEN)?;
        mix(&mut self.noise, &self.ephemeral, &client)?;
        let payload = self.noise.decrypt(&payload).map_err(|_| BROKEN)?;
        greeted(self.noise, self.pattern, client, &payload)
    }
}

/// The service's half of XX, also of `XXfallback`.
fn full(
    authority: &Authority,
    client_ephemeral: &Key,
    name: &str,
    pattern: Pattern,
) -> Result<Step, Refusal> {
    let ephemeral = keys::generate();
    let mut noise = start(name)?;
    noise.authenticate(client_ephemeral);
    let public = keys::raw(&ephemeral.public_key);
    noise.authenticate(&public);
    mix(&mut noise, &ephemeral, client_ephemeral)?;
    let sealed = noise
        .encrypt(&keys::raw(&authority.noise.public_key))
        .map_err(|_| BROKEN)?;
    mix(&mut noise, &authority.noise, client_ephemeral)?;
    let chain = noise.encrypt(&authority.chain).map_err(|_| BROKEN)?;
    Ok(Step::Wait {
        reply: server_hello(public, Some(sealed), chain),
        half: Box::new(Half {
            noise,
            ephemeral,
            pattern,
        }),
    })
}

/// IK. `None` when the client encrypted to another static key than ours.
fn short(
    authority: &Authority,
    client_ephemeral: &Key,
    sealed: &[u8],
    payload: &[u8],
) -> Result<Option<Step>, Refusal> {
    let mut noise = start(NOISE_PATTERN_IK)?;
    noise.authenticate(&keys::raw(&authority.noise.public_key));
    noise.authenticate(client_ephemeral);
    mix(&mut noise, &authority.noise, client_ephemeral)?;
    let Ok(client) = noise.decrypt(sealed) else {
        return Ok(None);
    };
    let client: Key = client
        .try_into()
        .map_err(|_| Refusal::Handshake("the static key is not 32 bytes"))?;
    mix(&mut noise, &authority.noise, &client)?;
    let payload = noise.decrypt(payload).map_err(|_| BROKEN)?;
    let ephemeral = keys::generate();
    let public = keys::raw(&ephemeral.public_key);
    noise.authenticate(&public);
    mix(&mut noise, &ephemeral, client_ephemeral)?;
    mix(&mut noise, &ephemeral, &client)?;
    let chain = noise.encrypt(&authority.chain).map_err(|_| BROKEN)?;
    Ok(Some(Step::Done {
        reply: server_hello(public, None, chain),
        greeted: Box::new(greeted(noise, Pattern::Ik, client, &payload)?),
    }))
}

fn start(name: &str) -> Result<NoiseHandshake, Refusal> {
    NoiseHandshake::new(name, &WA_CONN_HEADER).map_err(|_| BROKEN)
}

fn mix(noise: &mut NoiseHandshake, own: &KeyPair, other: &Key) -> Result<(), Refusal> {
    noise
        .mix_shared_secret(own.private_key.serialize(), other)
        .map_err(|_| BROKEN)
}

fn greeted(
    noise: NoiseHandshake,
    pattern: Pattern,
    client: Key,
    payload: &[u8],
) -> Result<Greeted, Refusal> {
    let payload = ClientPayload::decode_from_slice(payload)
        .map_err(|_| Refusal::Payload("not a client payload"))?;
    // `finish` speaks as a client: the first cipher writes to the service, the second reads.
    let (inbound, outbound) = noise.finish().map_err(|_| BROKEN)?;
    Ok(Greeted {
        pattern,
        client,
        payload,
        inbound,
        outbound,
    })
}

fn server_hello(ephemeral: Key, sealed: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    HandshakeMessage {
        server_hello: MessageField::some(ServerHello {
            ephemeral: Some(ephemeral.to_vec()),
            r#static: sealed,
            payload: Some(payload),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}
