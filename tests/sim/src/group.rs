//! A group of contacts and accounts.

use std::sync::Arc;

use wacore_binary::Jid;

use crate::service::Shared;

/// What somebody may do in a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    /// Write.
    Member,
    /// Change it.
    Admin,
    /// The one who made it.
    Founder,
}

/// The handle of a group. Contacts write into it by [`Group::address`].
#[derive(Clone)]
pub struct Group {
    shared: Arc<Shared>,
    jid: Jid,
    address: String,
}

impl Group {
    pub(crate) fn new(shared: Arc<Shared>, jid: Jid) -> Self {
        Self {
            shared,
            address: jid.to_string(),
            jid,
        }
    }

    /// Its address.
    #[must_use]
    pub fn jid(&self) -> &Jid {
        &self.jid
    }

    /// Its address as text: `…@g.us`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `by` gives it another name.
    pub fn set_subject(&self, by: &str, subject: &str) {
        self.shared.lock().set_subject(&self.jid, by, subject);
    }

    /// `by` lets somebody in.
    pub fn add(&self, by: &str, number: &str) {
        self.shared.lock().add_member(&self.jid, by, number);
    }

    /// `by` puts somebody out, or leaves.
    pub fn remove(&self, by: &str, number: &str) {
        self.shared.lock().remove_member(&self.jid, by, number);
    }

    /// `by` gives somebody another rank.
    pub fn rank(&self, by: &str, number: &str, rank: Rank) {
        self.shared.lock().rank_member(&self.jid, by, number, rank);
    }
}
