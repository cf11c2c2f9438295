//! Linking by a code that is typed on the phone: the service's relay and the phone's part.
//!
//! Companion and phone each wrap an ephemeral key with the code (the service never sees it), agree,
//! and derive the secret that a QR code would have carried. Stages on the wire: `companion_hello`,
//! `primary_hello`, `companion_finish`; `refresh_code` tells the companion to show another code.

use std::collections::BTreeMap;

use hkdf::Hkdf;
use sha2::Sha256;
use wacore::libsignal::crypto::aes_256_gcm_decrypt;
use wacore::libsignal::protocol::KeyPair;
use wacore::pair_code::PairCodeUtils;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::faults::CodeRefusal;
use super::pairing::Linking;
use super::state::State;
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::keys::{self, Key};
use crate::phone::CodeError;
use crate::refusal::Refusal;
use crate::stanza::{self, SERVER, Stanza, holding};

/// What keeps the two keys of the wrapped bundle apart from others.
const BUNDLE_INFO: &[u8] = b"link_code_pairing_key_bundle_encryption_key";
const SECRET_INFO: &[u8] = b"adv_secret";
/// WhatsApp Web answers that many attempts to type one code and is deaf to the next. That the service
/// then asks for another code is this simulator's guess: no public source says what makes it send
/// `refresh_code`.
const ATTEMPTS: u32 = 3;

/// The code flows under way, by the number they are for: the service routes by number.
#[derive(Default)]
pub(crate) struct LinkCodes(BTreeMap<String, Flow>);

struct Flow {
    conn: Conn,
    reference: String,
    wrapped: [u8; 80],
    typed: Option<Typed>,
    /// How often the companion's answer did not open.
    wrong: u32,
}

/// What the phone remembers between the typed code and the companion's answer.
struct Typed {
    ephemeral: KeyPair,
    companion_ephemeral: Key,
}

impl LinkCodes {
    /// That connection is gone, and its code with it.
    pub(crate) fn forget(&mut self, conn: Conn) {
        self.0.retain(|_, flow| flow.conn != conn);
    }
}

impl State {
    /// A companion sent `<link_code_companion_reg>`.
    pub(crate) fn link_code(&mut self, conn: Conn, id: &str, request: &Node) {
        let outcome = match request.text("stage").as_deref() {
            Some("companion_hello") if self.code_refused(conn, id, request) => Ok(()),
            Some("companion_hello") => self.companion_hello(conn, request).map(|reference| {
                let reference = holding("link_code_pairing_ref", reference);
                let hello = staged("companion_hello", [reference]);
                self.send(conn, stanza::result(id, [hello]));
            }),
            Some("companion_finish") => self.companion_finish(conn, request).map(|opened| {
                // The companion must have its answer before `pair-success`.
                self.send(conn, stanza::result(id, []));
                self.link_by_code(conn, opened);
            }),
            _ => Err(Refusal::LinkCode("an unknown stage")),
        };
        if let Err(why) = outcome {
            self.refused(conn, why);
            self.send(conn, stanza::error(id, 400, "bad-request"));
        }
    }

    /// Whether a fault refuses the code; then it is answered.
    fn code_refused(&mut self, conn: Conn, id: &str, request: &Node) -> bool {
        let refusal = self.faults.borrow().code();
        let Some((reason, text)) = refusal.map(CodeRefusal::words) else {
            return false;
        };
        let number = request.jid("jid").map(|jid| jid.user.to_string());
        self.event(Event::CodeRefused {
            conn,
            number: number.unwrap_or_default(),
            reason,
        });
        self.send(conn, stanza::error(id, reason, text));
        true
    }

    /// Takes the companion's wrapped key; gives the reference for the other stages.
    fn companion_hello(&mut self, conn: Conn, request: &Node) -> Result<String, Refusal> {
        const PART: Refusal = Refusal::LinkCode("a part is missing or has the wrong length");
        let number = request.jid("jid").ok_or(PART)?.user.to_string();
        let wrapped: [u8; 80] = request
            .child("link_code_pairing_wrapped_companion_ephemeral_pub")
            .and_then(Stanza::exactly)
            .ok_or(PART)?;
        let noise: Key = request
            .child("companion_server_auth_key_pub")
            .and_then(Stanza::exactly)
            .ok_or(PART)?;
        for part in ["companion_platform_id", "companion_platform_display"] {
            request
                .child_bytes(part)
                .filter(|text| !text.is_empty())
                .ok_or(PART)?;
        }
        let registered = self
            .registration(conn)
            .map(|registration| registration.noise);
        if registered != Some(noise) {
            return Err(Refusal::LinkCode("the Noise key is not the registered one"));
        }
        let reference = format!("3@{}", self.stanza_id());
        self.codes.0.insert(
            number.clone(),
            Flow {
                conn,
                reference: reference.clone(),
                wrapped,
                typed: None,
                wrong: 0,
            },
        );
        self.event(Event::CodeRequested { conn, number });
        Ok(reference)
    }

    /// The person typed `code` on the phone with that number.
    pub(crate) fn type_code(&mut self, number: &str, code: &str) -> Result<Conn, CodeError> {
        let id = self.stanza_id();
        let identity = self
            .accounts
            .get(number)
            .ok_or(CodeError::NoPhone)?
            .party
            .identity();
        self.has_room(number)?;
        let flow = self.codes.0.get_mut(number).ok_or(CodeError::NotAsked)?;
        // A wrong code unwraps to another key; nobody can tell before the bundle does not open.
        let companion_ephemeral = PairCodeUtils::decrypt_primary_ephemeral_pub(&flow.wrapped, code)
            .map_err(|_| CodeError::Format)?;
        let ephemeral = keys::generate();
        let wrapped = PairCodeUtils::encrypt_ephemeral_pub(&keys::raw(&ephemeral.public_key), code);
        flow.typed = Some(Typed {
            ephemeral,
            companion_ephemeral,
        });
        let hello = staged(
            "primary_hello",
            [
                holding("link_code_pairing_wrapped_primary_ephemeral_pub", wrapped),
                holding("primary_identity_pub", identity),
                holding("link_code_pairing_ref", flow.reference.as_bytes()),
            ],
        );
        let conn = flow.conn;
        self.send(conn, notification(id, hello));
        Ok(conn)
    }

    /// Tells the companion that its code is no good any more.
    pub(crate) fn refresh_code(&mut self, number: &str) -> Result<Conn, CodeError> {
        let id = self.stanza_id();
        let flow = self.codes.0.remove(number).ok_or(CodeError::NotAsked)?;
        let refresh = staged(
            "refresh_code",
            [holding("link_code_pairing_ref", flow.reference)],
        );
        self.send(flow.conn, notification(id, refresh));
        self.event(Event::CodeRefreshed {
            conn: flow.conn,
            number: number.to_owned(),
        });
        Ok(flow.conn)
    }

    /// Takes the companion's bundle to the phone: the number, and the secret if the bundle opens.
    fn companion_finish(
        &mut self,
        conn: Conn,
        request: &Node,
    ) -> Result<(String, Option<[u8; 32]>), Refusal> {
        const NOBODY: Refusal = Refusal::LinkCode("nobody typed that code");
        let reference = request.child_bytes("link_code_pairing_ref");
        let registered = self.registration(conn).ok_or(NOBODY)?.identity();
        let (number, typed) = self
            .codes
            .0
            .iter()
            .filter(|(_, flow)| flow.conn == conn && reference == Some(flow.reference.as_bytes()))
            .find_map(|(number, flow)| Some((number, flow.typed.as_ref()?)))
            .ok_or(NOBODY)?;
        let account = self.accounts.get(number).ok_or(NOBODY)?;
        let secret = typed.secret(&account.party, &registered, request);
        Ok((number.clone(), secret))
    }

    fn link_by_code(&mut self, conn: Conn, (number, secret): (String, Option<[u8; 32]>)) {
        self.event(Event::CodeAnswered {
            conn,
            number: number.clone(),
            right: secret.is_some(),
        });
        let linked = secret.map(|secret| self.link(&number, conn, &secret));
        match linked {
            // A code that was stopped by a passkey may be typed again.
            Some(Ok(Linking::Passkey)) => {}
            Some(Ok(Linking::Signed)) => {
                self.codes.0.remove(&number);
            }
            Some(Err(_)) => self.refused(conn, Refusal::LinkCode("the phone cannot link it now")),
            // Like a real phone: it tells its owner and goes quiet towards the companion.
            None => {
                self.refused(conn, Refusal::LinkCode("the key bundle does not open"));
                self.wrong_code(&number);
            }
        }
    }

    /// Counts a wrong attempt; after the last the companion has to show another code.
    fn wrong_code(&mut self, number: &str) {
        let Some(flow) = self.codes.0.get_mut(number) else {
            return;
        };
        flow.wrong += 1;
        if flow.wrong >= ATTEMPTS {
            // There is a flow: it was just counted in.
            let _ = self.refresh_code(number);
        }
    }
}

impl Typed {
    /// The secret both sides derive, if the companion's bundle opens and names the right keys.
    fn secret(
        &self,
        phone: &crate::party::Party,
        registered: &Key,
        request: &Node,
    ) -> Option<[u8; 32]> {
        let identity: Key = request.child("companion_identity_public")?.exactly()?;
        let bundle: [u8; 156] = request
            .child("link_code_pairing_wrapped_key_bundle")?
            .exactly()?;
        let (salt, rest) = bundle.split_at(32);
        let (nonce, sealed) = rest.split_at(12);
        let shared = keys::agree(&self.ephemeral.private_key, &self.companion_ephemeral);
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(salt), &shared)
            .expand(BUNDLE_INFO, &mut key)
            .ok()?;
        let mut plain = Vec::new();
        aes_256_gcm_decrypt(&key, nonce.try_into().ok()?, b"", sealed, &mut plain).ok()?;
        let (companion, rest) = plain.split_at_checked(32)?;
        let (primary, random) = rest.split_at_checked(32)?;
        if companion != identity || identity != *registered || primary != phone.identity() {
            return None;
        }
        let mut secret = [0; 32];
        Hkdf::<Sha256>::new(None, &[&shared, &phone.agree(&identity), random].concat())
            .expand(SECRET_INFO, &mut secret)
            .ok()?;
        Some(secret)
    }
}

fn staged(stage: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new("link_code_companion_reg")
        .attr("stage", stage)
        .children(children)
        .build()
}

fn notification(id: String, child: Node) -> Node {
    NodeBuilder::new("notification")
        .attr("from", SERVER)
        .attr("type", "link_code_companion_reg")
        .attr("id", id)
        .attr("t", clock::unix_seconds())
        .children([child])
        .build()
}
