//! A person's account: the phone (device 0), its linked companions, and what the service keeps of
//! each. Phones and contacts are the same thing here; they differ only in what tests do with them.

use std::collections::{BTreeMap, BTreeSet};

use wacore_binary::Jid;

use super::app_state::AppState;
use super::envelope::Held;
use super::mail::Queue;
use super::posts::Sent;
use crate::bundle::Published;
use crate::contact::{Appears, Manner};
use crate::event_log::Conn;
use crate::keys::{self, Key};
use crate::party::{Address, Party};
use crate::reading::Received;

/// One account.
pub(crate) struct Account {
    pub(crate) number: String,
    pub(crate) name: String,
    /// The user part of the account's hidden address (`…@lid`).
    pub(crate) lid: String,
    /// Names this installation of the phone in everything it signs about its devices.
    pub(crate) raw_id: u32,
    pub(crate) party: Party,
    pub(crate) devices: BTreeMap<u16, Device>,
    /// The index the next companion gets; indexes are not used twice.
    pub(crate) next_device: u16,
    pub(crate) app_state: AppState,
    /// What the phone read and no test took yet.
    pub(crate) inbox: Vec<Received>,
    /// What the phone read, by sender and id: a message that comes again is not shown again.
    pub(crate) read: BTreeSet<(Address, String)>,
    /// How often the phone asked for a message again that it could not read.
    pub(crate) asked_again: BTreeMap<(Address, String), u64>,
    /// What the phone sent, by id, for companions that ask again.
    pub(crate) sent: BTreeMap<String, Sent>,
    /// Under what addresses its messages come.
    pub(crate) appears: Appears,
    /// What its phone tells senders by itself.
    pub(crate) manner: Manner,
    /// How many encryptions for companions are still to be spoilt.
    pub(crate) spoil: u32,
    /// What it writes is held back here.
    pub(crate) held: Option<Vec<Held>>,
    /// By group: the companions that have its sender key. No entry: it needs a new one.
    pub(crate) group_keys: BTreeMap<String, BTreeSet<Address>>,
}

/// One linked companion.
pub(crate) struct Device {
    /// The Noise key it registered with; logins must use the same.
    pub(crate) noise: Key,
    pub(crate) published: Published,
    /// `ADVSignedDeviceIdentity`: the phone's and the companion's signatures.
    pub(crate) signed_identity: Vec<u8>,
    pub(crate) queue: Queue,
    /// The connection it is logged in on.
    pub(crate) conn: Option<Conn>,
    /// It left one-time keys at least once.
    pub(crate) uploaded: bool,
    /// The phone sent it the app-state key.
    pub(crate) keys_shared: bool,
}

impl Account {
    pub(crate) fn new(number: &str, name: &str, lid: String) -> Self {
        let raw_id = u32::from_be_bytes(keys::random()) >> 1;
        Self {
            number: number.to_owned(),
            name: name.to_owned(),
            lid,
            raw_id,
            party: Party::generate(),
            devices: BTreeMap::new(),
            next_device: 1,
            app_state: AppState::new(name, raw_id),
            inbox: Vec::new(),
            read: BTreeSet::new(),
            asked_again: BTreeMap::new(),
            sent: BTreeMap::new(),
            appears: Appears::default(),
            manner: Manner::default(),
            spoil: 0,
            held: None,
            group_keys: BTreeMap::new(),
        }
    }

    /// The account's address.
    pub(crate) fn jid(&self) -> Jid {
        Jid::pn(self.number.as_str())
    }

    /// The account's hidden address.
    pub(crate) fn lid_jid(&self) -> Jid {
        Jid::lid(self.lid.as_str())
    }

    /// The address of one of its devices, by number or by hidden number.
    pub(crate) fn address(&self, device: u16, hidden: bool) -> Jid {
        if hidden {
            Jid::lid_device(self.lid.as_str(), device)
        } else {
            self.device_jid(device)
        }
    }

    /// The address of one of its devices.
    pub(crate) fn device_jid(&self, device: u16) -> Jid {
        Jid::pn_device(self.number.as_str(), device)
    }
}
