//! Groups: who is in them, what clients ask about them (`w:g2`), and how they hear of changes
//! (`w:gp2`).
//!
//! A group addresses its members by number or by hidden number; everything said about it says both.

use std::collections::BTreeMap;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::account::Account;
use super::state::State;
use crate::clock;
use crate::event_log::Conn;
use crate::group::Rank;
use crate::keys;
use crate::party::Address;
use crate::stanza::{self, Stanza, parent};

/// One group.
pub(crate) struct GroupRecord {
    pub(crate) subject: String,
    /// Whether members are addressed by hidden number.
    pub(crate) hidden: bool,
    /// By number.
    pub(crate) members: BTreeMap<String, Rank>,
    creator: String,
    created_at: u64,
    subject_by: String,
    subject_at: u64,
}

impl State {
    /// Makes a group; the first member made it. Returns its address.
    pub(crate) fn make_group(&mut self, subject: &str, hidden: bool, members: &[&str]) -> Jid {
        let number = u64::from_be_bytes(keys::random()) % 1_000_000_000_000_000;
        let jid = Jid::group(format!("120363{number:015}"));
        let now = clock::unix_seconds();
        let creator = members.first().copied().unwrap_or_default().to_owned();
        let rank = |at: usize| if at == 0 { Rank::Founder } else { Rank::Member };
        let members = members.iter().enumerate();
        let group = GroupRecord {
            subject: subject.to_owned(),
            hidden,
            members: members
                .map(|(at, number)| ((*number).to_owned(), rank(at)))
                .collect(),
            creator: creator.clone(),
            created_at: now,
            subject_by: creator,
            subject_at: now,
        };
        self.groups.insert(jid.to_string(), group);
        jid
    }

    /// Answers a question about groups.
    pub(crate) fn ask_groups(&mut self, conn: Conn, id: &str, from: &Address, iq: &Node) {
        let answer = match iq.each().next().map(|node| node.tag.as_ref()) {
            Some("participating") => Ok(self.participating(from)),
            Some("query") => iq
                .jid("to")
                .ok_or((400, "bad-request"))
                .and_then(|jid| self.query(from, &jid)),
            _ => Err((501, "feature-not-implemented")),
        };
        self.send(
            conn,
            match answer {
                Ok(node) => stanza::result(id, [node]),
                Err((code, text)) => stanza::error(id, code, text),
            },
        );
    }

    fn participating(&self, from: &Address) -> Node {
        let groups = self.groups.iter();
        let own = groups.filter(|(_, group)| group.members.contains_key(&from.number));
        parent("groups", own.map(|(jid, group)| self.describe(jid, group)))
    }

    fn query(&self, from: &Address, jid: &Jid) -> Result<Node, (u16, &'static str)> {
        let jid = jid.to_string();
        let group = self.groups.get(&jid).ok_or((404, "item-not-found"))?;
        if !group.members.contains_key(&from.number) {
            return Err((403, "forbidden"));
        }
        Ok(self.describe(&jid, group))
    }

    /// `<group>`
    fn describe(&self, jid: &str, group: &GroupRecord) -> Node {
        let members = group.members.iter();
        let members = members.filter_map(|(number, rank)| {
            Some(participant(self.accounts.get(number)?, group.hidden, *rank))
        });
        let mut node = NodeBuilder::new("group")
            .attr("id", jid.split('@').next().unwrap_or_default())
            .attr("subject", group.subject.as_str())
            .attr("addressing_mode", mode(group.hidden))
            .attr("creation", group.created_at)
            .attr("s_t", group.subject_at)
            .attr("size", group.members.len());
        if let Some(creator) = self.accounts.get(&group.creator) {
            node = node.attr("creator", creator.address(0, group.hidden));
        }
        if let Some(owner) = self.accounts.get(&group.subject_by) {
            node = node.attr("s_o", owner.address(0, group.hidden));
        }
        node.children(members).build()
    }

    /// The group gets another name.
    pub(crate) fn set_subject(&mut self, jid: &Jid, by: &str, subject: &str) {
        let now = clock::unix_seconds();
        let Some(group) = self.groups.get_mut(&jid.to_string()) else {
            return;
        };
        subject.clone_into(&mut group.subject);
        by.clone_into(&mut group.subject_by);
        group.subject_at = now;
        let hidden = group.hidden;
        let Some(owner) = self.accounts.get(by) else {
            return;
        };
        let change = NodeBuilder::new("subject")
            .attr("subject", subject)
            .attr("s_o", owner.address(0, hidden))
            .attr("s_t", now)
            .build();
        self.announce(jid, by, &change, None);
    }

    /// Somebody comes in.
    pub(crate) fn add_member(&mut self, jid: &Jid, by: &str, number: &str) {
        if let Some(group) = self.groups.get_mut(&jid.to_string()) {
            group.members.insert(number.to_owned(), Rank::Member);
        }
        self.announce_member(jid, by, "add", number, None);
    }

    /// Somebody leaves, or is put out. Whoever stays needs new sender keys.
    pub(crate) fn remove_member(&mut self, jid: &Jid, by: &str, number: &str) {
        if let Some(group) = self.groups.get_mut(&jid.to_string()) {
            group.members.remove(number);
        }
        for account in self.accounts.values_mut() {
            account.group_keys.remove(&jid.to_string());
        }
        self.announce_member(jid, by, "remove", number, Some(number));
    }

    /// Somebody becomes an admin, or is one no more.
    pub(crate) fn rank_member(&mut self, jid: &Jid, by: &str, number: &str, rank: Rank) {
        if let Some(group) = self.groups.get_mut(&jid.to_string()) {
            group.members.insert(number.to_owned(), rank);
        }
        let tag = if rank == Rank::Member {
            "demote"
        } else {
            "promote"
        };
        self.announce_member(jid, by, tag, number, None);
    }

    fn announce_member(
        &mut self,
        jid: &Jid,
        by: &str,
        tag: &'static str,
        number: &str,
        also: Option<&str>,
    ) {
        let Some(group) = self.groups.get(&jid.to_string()) else {
            return;
        };
        let rank = group.members.get(number).copied().unwrap_or(Rank::Member);
        let Some(account) = self.accounts.get(number) else {
            return;
        };
        let who = participant(account, group.hidden, rank);
        self.announce(jid, by, &parent(tag, [who]), also);
    }

    /// Tells the members' companions of a change, and those of somebody who just left.
    fn announce(&mut self, jid: &Jid, by: &str, change: &Node, also: Option<&str>) {
        let (Some(group), Some(author)) =
            (self.groups.get(&jid.to_string()), self.accounts.get(by))
        else {
            return;
        };
        let hidden = group.hidden;
        let mut hear: Vec<String> = group.members.keys().cloned().collect();
        hear.extend(also.map(ToOwned::to_owned));
        let participant = author.address(0, hidden);
        let other = author.address(0, !hidden);
        let name = author.name.clone();
        for number in hear {
            for device in self.companions(&number) {
                let id = self.stanza_id();
                let notification = NodeBuilder::new("notification")
                    .attr("from", jid)
                    .attr("type", "w:gp2")
                    .attr("id", id.as_str())
                    .attr("participant", &participant)
                    .attr(
                        if hidden {
                            "participant_pn"
                        } else {
                            "participant_lid"
                        },
                        &other,
                    )
                    .attr("addressing_mode", mode(hidden))
                    .attr("notify", name.as_str())
                    .attr("t", clock::unix_seconds())
                    .children([change.clone()])
                    .build();
                self.deliver(&device, "notification", &id, notification);
            }
        }
    }
}

/// `<participant>`
fn participant(account: &Account, hidden: bool, rank: Rank) -> Node {
    let node = NodeBuilder::new("participant").attr("jid", account.address(0, hidden));
    let node = if hidden {
        node.attr("phone_number", account.jid())
    } else {
        node.attr("lid", account.lid_jid())
    };
    match rank {
        Rank::Member => node,
        Rank::Admin => node.attr("type", "admin"),
        Rank::Founder => node.attr("type", "superadmin"),
    }
    .build()
}

fn mode(hidden: bool) -> &'static str {
    if hidden { "lid" } else { "pn" }
}
