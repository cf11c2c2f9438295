//! Linking a companion: its registration, the references for its QR codes, what the phone signs,
//! and the proof it must give before it becomes a device of the account.
//!
//! Both ways of pairing meet in [`State::link`]: a scanned QR brings the companion's secret in its
//! text, a typed code derives one (see [`super::link_code`]).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::buffa::Message as _;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use waproto::whatsapp::{
    ADVDeviceIdentity, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, DeviceProps,
};

use super::account::Device;
use super::faults::{Failure, Fault, StreamError};
use super::mail::Queue;
use super::state::{Role, State};
use crate::bundle::{Published, SignedKey};
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::keys::{self, KEY_TYPE, Key};
use crate::phone::ScanError;
use crate::qr::Qr;
use crate::refusal::Refusal;
use crate::stanza::{SERVER, Stanza, empty, holding, parent};

/// What the phone's signature over a companion covers first (`ADV_PREFIX` in WhatsApp Web).
const ACCOUNT_SIGNATURE: &[u8] = &[6, 0];
/// The same for the companion's signature.
const DEVICE_SIGNATURE: &[u8] = &[6, 1];
/// A client shows the first reference this long …
const FIRST_REF: Duration = Duration::from_secs(60);
/// … and each of the others this long. The service lets them die at the same time.
const NEXT_REF: Duration = Duration::from_secs(20);
/// A person may have scanned at the last moment.
const REF_GRACE: Duration = Duration::from_secs(5);

/// An unlinked companion.
pub(crate) struct Registration {
    pub(crate) noise: Key,
    published: Published,
    pub(crate) refs: Vec<Reference>,
    pending: Option<Pending>,
    paired: bool,
}

/// How far a scan or a typed code came.
pub(crate) enum Linking {
    /// The companion was sent what the phone signed.
    Signed,
    /// The companion was asked for a passkey first.
    Passkey,
}

/// One reference for a QR code.
pub(crate) struct Reference {
    pub(crate) text: String,
    pub(crate) dies: Instant,
    pub(crate) used: bool,
}

/// What the phone signed and the companion has not answered yet.
struct Pending {
    id: String,
    number: String,
    device: u16,
    details: Vec<u8>,
}

impl Registration {
    /// The companion's public identity key.
    pub(crate) fn identity(&self) -> Key {
        self.published.identity
    }

    /// Reads and checks what an unlinked companion says of itself.
    fn read(noise: Key, data: &DevicePairingRegistrationData) -> Result<Self, Refusal> {
        fn exactly<const N: usize>(field: Option<&Vec<u8>>) -> Option<[u8; N]> {
            field?.as_slice().try_into().ok()
        }
        const LENGTH: Refusal = Refusal::Payload("a key is missing or has the wrong length");
        let identity: Key = exactly(data.e_ident.as_ref()).ok_or(LENGTH)?;
        let registration: [u8; 4] = exactly(data.e_regid.as_ref()).ok_or(LENGTH)?;
        let [a, b, c]: [u8; 3] = exactly(data.e_skey_id.as_ref()).ok_or(LENGTH)?;
        let signed = SignedKey {
            id: u32::from_be_bytes([0, a, b, c]),
            key: exactly(data.e_skey_val.as_ref()).ok_or(LENGTH)?,
            signature: exactly(data.e_skey_sig.as_ref()).ok_or(LENGTH)?,
        };
        if data.e_keytype.as_deref() != Some(&[KEY_TYPE]) {
            return Err(Refusal::Payload("the key type is not 5"));
        }
        if !signed.is_signed_by(&identity) {
            return Err(Refusal::SignedPreKey);
        }
        if exactly::<16>(data.build_hash.as_ref()).is_none() {
            return Err(Refusal::Payload("the build hash is not an MD5"));
        }
        data.device_props
            .as_deref()
            .and_then(|props| DeviceProps::decode_from_slice(props).ok())
            .ok_or(Refusal::Payload("the device properties do not decode"))?;
        Ok(Self {
            noise,
            published: Published {
                registration_id: u32::from_be_bytes(registration),
                identity,
                signed,
                one_time: std::collections::BTreeMap::new(),
                used: std::collections::BTreeSet::new(),
            },
            refs: Vec::new(),
            pending: None,
            paired: false,
        })
    }
}

impl State {
    /// An unlinked companion finished its handshake.
    pub(crate) fn register(
        &mut self,
        conn: Conn,
        noise: Key,
        data: &DevicePairingRegistrationData,
    ) {
        match Registration::read(noise, data) {
            Ok(registration) => {
                if let Some(connection) = self.connections.get_mut(&conn) {
                    connection.role = Role::Unlinked(Box::new(registration));
                }
                self.event(Event::Registered { conn });
                let refs = self.options.refs;
                self.offer_refs(conn, refs);
            }
            Err(why) => {
                self.refused(conn, why);
                self.fail_login(conn, Failure::BadRequest);
            }
        }
    }

    /// Gives an unlinked companion `count` references to make QR codes of; earlier ones are void.
    pub(crate) fn offer_refs(&mut self, conn: Conn, count: usize) {
        let now = clock::instant();
        let refs: Vec<Reference> = (0..count)
            .map(|nth| Reference {
                text: format!("2@{}", BASE64_STANDARD.encode(keys::random::<75>())),
                dies: now + FIRST_REF + NEXT_REF * u32::try_from(nth).unwrap_or(0) + REF_GRACE,
                used: false,
            })
            .collect();
        let iq = NodeBuilder::new("iq")
            .attr("from", SERVER)
            .attr("type", "set")
            .attr("id", self.stanza_id())
            .attr("xmlns", "md")
            .children([parent(
                "pair-device",
                refs.iter()
                    .map(|reference| holding("ref", reference.text.as_bytes())),
            )])
            .build();
        let Some(registration) = self.registration(conn) else {
            return;
        };
        registration.refs = refs;
        self.send(conn, iq);
        self.event(Event::QrRefsSent { conn, refs: count });
    }

    /// A phone scanned a QR code: checks all of it and sends the companion what the phone made.
    pub(crate) fn scan(&mut self, number: &str, text: &str) -> Result<Conn, ScanError> {
        let qr = Qr::parse(text)?;
        self.has_room(number)?;
        let now = clock::instant();
        let conn = self
            .connections
            .iter()
            .find_map(|(conn, connection)| match &connection.role {
                Role::Unlinked(registration) => registration
                    .refs
                    .iter()
                    .any(|reference| reference.text == qr.reference)
                    .then_some(*conn),
                _ => None,
            })
            .ok_or(ScanError::UnknownRef)?;
        let registration = self.registration(conn).ok_or(ScanError::UnknownRef)?;
        if registration.noise != qr.noise {
            return Err(ScanError::Foreign("noise"));
        }
        if registration.identity() != qr.identity {
            return Err(ScanError::Foreign("identity"));
        }
        if registration.paired || registration.pending.is_some() {
            return Err(ScanError::RefUsed);
        }
        let reference = registration
            .refs
            .iter_mut()
            .find(|reference| reference.text == qr.reference)
            .ok_or(ScanError::UnknownRef)?;
        if reference.used {
            return Err(ScanError::RefUsed);
        }
        if reference.dies < now {
            return Err(ScanError::RefExpired);
        }
        reference.used = true;
        self.link(number, conn, &qr.adv_secret)?;
        Ok(conn)
    }

    /// Whether the account can have one companion more.
    pub(crate) fn has_room(&self, number: &str) -> Result<(), ScanError> {
        let account = self.accounts.get(number).ok_or(ScanError::NoPhone)?;
        if account.devices.len() < self.options.companions {
            Ok(())
        } else {
            Err(ScanError::TooManyDevices)
        }
    }

    /// Makes and sends `pair-success` for the companion on `conn`, unless a passkey is wanted first.
    pub(crate) fn link(
        &mut self,
        number: &str,
        conn: Conn,
        adv_secret: &[u8; 32],
    ) -> Result<Linking, ScanError> {
        if self.faults.borrow().passkey() {
            self.ask_passkey(conn);
            return Ok(Linking::Passkey);
        }
        let companion = self
            .registration(conn)
            .ok_or(ScanError::UnknownRef)?
            .identity();
        let business = self.options.business_name;
        let faults = self.faults.borrow().clone();
        let id = self.stanza_id();
        let account = self.accounts.get_mut(number).ok_or(ScanError::NoPhone)?;
        let device = account.next_device;
        account.next_device += 1;
        let details = ADVDeviceIdentity {
            raw_id: Some(account.raw_id),
            timestamp: Some(clock::unix_seconds()),
            key_index: Some(u32::from(device)),
            ..Default::default()
        }
        .encode_to_vec();
        let mut signature = account
            .party
            .sign(&[ACCOUNT_SIGNATURE, &details, &companion]);
        signature[0] ^= u8::from(faults.has(Fault::BadAccountSignature));
        let signed = ADVSignedDeviceIdentity {
            details: Some(details.clone()),
            account_signature_key: Some(account.party.identity().to_vec()),
            account_signature: Some(signature.to_vec()),
            device_signature: None,
        }
        .encode_to_vec();
        let mut proof = hmac(adv_secret, &signed);
        proof[0] ^= u8::from(faults.has(Fault::BadHmac));
        let blob = ADVSignedDeviceIdentityHMAC {
            details: Some(signed),
            hmac: Some(proof.to_vec()),
            account_type: None,
        }
        .encode_to_vec();
        let mut children = vec![
            holding("device-identity", blob),
            NodeBuilder::new("device")
                .attr("jid", account.device_jid(device))
                .attr("lid", Jid::lid_device(account.lid.as_str(), device))
                .build(),
            NodeBuilder::new("platform").attr("name", "android").build(),
        ];
        if business {
            let name = account.name.as_str();
            children.push(NodeBuilder::new("biz").attr("name", name).build());
        }
        let iq = NodeBuilder::new("iq")
            .attr("from", SERVER)
            .attr("type", "set")
            .attr("id", id.as_str())
            .attr("xmlns", "md")
            .attr("t", clock::unix_seconds())
            .children([parent("pair-success", children)])
            .build();
        if let Some(registration) = self.registration(conn) {
            registration.pending = Some(Pending {
                id,
                number: number.to_owned(),
                device,
                details,
            });
        }
        self.send(conn, iq);
        Ok(Linking::Signed)
    }

    /// An unlinked companion answered one of the service's requests.
    pub(crate) fn pairing_answered(&mut self, conn: Conn, iq: &Node) {
        let Some(registration) = self.registration(conn) else {
            return;
        };
        if registration.pending.as_ref().map(|pending| &pending.id) != iq.text("id").as_ref() {
            return;
        }
        let Some(pending) = registration.pending.take() else {
            return;
        };
        if iq.is("type", "error") {
            // Nothing was linked: the same code may be scanned again.
            for reference in &mut registration.refs {
                reference.used = false;
            }
            let error = iq.child("error");
            let code = error.and_then(|error| error.number("code")).unwrap_or(0);
            self.event(Event::PairingRefused {
                conn,
                code: u16::try_from(code).unwrap_or(0),
                text: error
                    .and_then(|error| error.text("text"))
                    .unwrap_or_default(),
            });
        } else if !self.seal_pairing(conn, &pending, iq) {
            self.refused(conn, Refusal::DeviceSignature);
            self.stream_error(conn, StreamError::Unauthorized);
        }
    }

    /// Checks the companion's signature; with a good one it becomes a device.
    fn seal_pairing(&mut self, conn: Conn, pending: &Pending, iq: &Node) -> bool {
        let Some(account_key) = self
            .accounts
            .get(&pending.number)
            .map(|account| account.party.identity())
        else {
            return false;
        };
        let Some(registration) = self.registration(conn) else {
            return false;
        };
        let identity = registration.identity();
        // Some clients leave the account's key out of what they send back: ours is known.
        let signed = iq
            .child("pair-device-sign")
            .and_then(|sign| sign.child_bytes("device-identity"))
            .and_then(|bytes| ADVSignedDeviceIdentity::decode_from_slice(bytes).ok())
            .filter(|signed| signed.details.as_deref() == Some(&pending.details));
        let Some(mut signed) = signed else {
            return false;
        };
        if !keys::verify(
            &identity,
            &[DEVICE_SIGNATURE, &pending.details, &identity, &account_key],
            signed.device_signature.as_deref().unwrap_or_default(),
        ) {
            return false;
        }
        registration.paired = true;
        registration.refs.clear();
        signed.account_signature_key = Some(account_key.to_vec());
        let device = Device {
            noise: registration.noise,
            published: registration.published.clone(),
            signed_identity: signed.encode_to_vec(),
            queue: Queue::default(),
            conn: None,
            uploaded: false,
            keys_shared: false,
        };
        let Some(account) = self.accounts.get_mut(&pending.number) else {
            return false;
        };
        account.devices.insert(pending.device, device);
        let jid = account.device_jid(pending.device);
        self.event(Event::Paired { conn, jid });
        self.stream_error_after(self.options.restart_delay, conn, StreamError::Restart);
        true
    }

    /// Asks an unlinked companion for a new secret in its QR codes.
    pub(crate) fn refresh_registration(&mut self, conn: Conn) {
        let id = self.stanza_id();
        let notification = NodeBuilder::new("notification")
            .attr("from", SERVER)
            .attr("type", "companion_reg_refresh")
            .attr("id", id)
            .attr("t", clock::unix_seconds())
            .children([empty("companion_reg_refresh")])
            .build();
        self.send(conn, notification);
    }

    /// All references given so far are as good as dead.
    pub(crate) fn expire_refs(&mut self) {
        let now = clock::instant();
        let past = now.checked_sub(Duration::from_millis(1)).unwrap_or(now);
        for connection in self.connections.values_mut() {
            if let Role::Unlinked(registration) = &mut connection.role {
                for reference in &mut registration.refs {
                    reference.dies = past;
                }
            }
        }
    }
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key will do");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
