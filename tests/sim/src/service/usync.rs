//! `usync`: what a client asks about other users before it writes to them.
//!
//! Answers per user and per protocol asked for: `devices` (with the phone's signed list of key
//! indexes, without which clients ignore companions), `lid`, `contact`. Unknown protocols are left
//! out, as for a user who has nothing of the kind.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::buffa::Message as _;
use waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList};

use super::account::Account;
use super::state::State;
use crate::clock;
use crate::event_log::Conn;
use crate::stanza::{self, Stanza, empty, error_child, parent};

/// What the phone's signature over its list of companions covers first.
const KEY_INDEX_SIGNATURE: &[u8] = &[6, 2];

impl State {
    /// Answers `<usync>`.
    pub(crate) fn usync(&mut self, conn: Conn, id: &str, usync: &Node) {
        let protocols: Vec<&Node> = usync
            .child("query")
            .map(|query| query.each().collect())
            .unwrap_or_default();
        let users: Vec<Node> = usync
            .child("list")
            .into_iter()
            .flat_map(Stanza::each)
            .filter_map(|user| self.user(user, &protocols))
            .collect();
        let mut answer = NodeBuilder::new("usync")
            .attr("index", "0")
            .attr("last", "true")
            .children([empty("result"), parent("list", users)])
            .build();
        for key in ["sid", "mode", "context"] {
            if let Some(value) = usync.attrs.get(key) {
                answer.attrs.insert(key, value.clone());
            }
        }
        self.send(conn, stanza::result(id, [answer]));
    }

    fn user(&self, user: &Node, protocols: &[&Node]) -> Option<Node> {
        // Users are named by address, or by a phone number typed by a person.
        let asked = user.jid("jid").or_else(|| {
            let number = String::from_utf8(user.child_bytes("contact")?.to_vec()).ok()?;
            Some(Jid::pn(number.trim_start_matches('+')))
        })?;
        let account = self
            .resolve(&asked)
            .and_then(|address| self.accounts.get(&address.number));
        let answers = protocols.iter().filter_map(|protocol| {
            Some(match (protocol.tag.as_ref(), account) {
                ("devices", Some(account)) => devices(account),
                ("devices", None) => parent("devices", [error_child(404, "item-not-found")]),
                ("lid", Some(account)) => NodeBuilder::new("lid")
                    .attr("val", account.lid_jid())
                    .build(),
                ("contact", _) => NodeBuilder::new("contact")
                    .attr("type", if account.is_some() { "in" } else { "out" })
                    .build(),
                _ => return None,
            })
        });
        Some(
            NodeBuilder::new("user")
                .attr("jid", asked.to_non_ad())
                .children(answers)
                .build(),
        )
    }
}

fn devices(account: &Account) -> Node {
    let phone = NodeBuilder::new("device").attr("id", 0_u8).build();
    let companions = account.devices.keys().map(|index| {
        NodeBuilder::new("device")
            .attr("id", *index)
            .attr("key-index", *index)
            .build()
    });
    let list = parent("device-list", std::iter::once(phone).chain(companions));
    let now = clock::unix_seconds();
    let details = ADVKeyIndexList {
        raw_id: Some(account.raw_id),
        timestamp: Some(now),
        current_index: account
            .devices
            .keys()
            .next_back()
            .map(|index| u32::from(*index)),
        valid_indexes: account
            .devices
            .keys()
            .map(|index| u32::from(*index))
            .collect(),
        ..Default::default()
    }
    .encode_to_vec();
    let signed = ADVSignedKeyIndexList {
        account_signature: Some(
            account
                .party
                .sign(&[KEY_INDEX_SIGNATURE, &details])
                .to_vec(),
        ),
        details: Some(details),
        ..Default::default()
    }
    .encode_to_vec();
    let indexes = NodeBuilder::new("key-index-list")
        .attr("ts", now)
        .bytes(signed)
        .build();
    parent("devices", [list, indexes])
}
