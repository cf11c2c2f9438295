//! What the machine asks the world to do ([`Effect`]), and what it is told of the accounts at the start.

use super::{Answer, Ticket};
#[cfg(doc)]
use super::{Event, LinkEvent, StoreEvent};
use crate::account::{AccountId, AccountRecord, E164, Epoch};
use crate::secret::Secret;

/// What the machine asks for. Executed in order, by the daemon only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Build and run a link. Answers with [`Event::Link`] of this epoch, [`LinkEvent::Ended`] last.
    StartLink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
        /// The label, shown as the device's name on the phone.
        label: String,
    },
    /// End a link and flush what it holds. Answers with [`LinkEvent::Ended`].
    StopLink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// Tell WhatsApp that this device is no longer wanted, then end the link. Answers like `StopLink`.
    Unlink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// Delete the identity and everything the protocol keeps. Only ever asked while no link runs.
    WipeAuth {
        /// Whose.
        account: AccountId,
    },
    /// Keep what the person decided.
    SaveRecord {
        /// Whose.
        account: AccountId,
        /// The record. Of an account the store does not know yet, it is the first.
        record: AccountRecord,
    },
    /// Delete everything the store holds of an account, its record too. Only ever asked after its
    /// identity was wiped. Answers with [`StoreEvent::Deleted`].
    DeleteAccount {
        /// Whose.
        account: AccountId,
    },
    /// Ask WhatsApp for a code to type on the phone. Answers with [`LinkEvent::TypedCode`] or
    /// [`LinkEvent::TypedCodeRefused`].
    RequestCode {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
        /// The number of the phone.
        phone: E164,
    },
    /// Tell whoever waits how it went.
    Answer {
        /// Who waits.
        ticket: Ticket,
        /// How it went.
        answer: Answer,
    },
    /// Take back every API token.
    ResetTokens,
    /// Say no more that the store was restored.
    ForgetRestored,
    /// Decide about somebody who waits for approval. The gateway says who waits then.
    Decide {
        /// Whose account.
        account: AccountId,
        /// The code they were told.
        code: Secret,
        /// Let them in, or not.
        approve: bool,
    },
}

/// An account as the store holds it when the box starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredAccount {
    /// Its number.
    pub id: AccountId,
    /// What the person decided.
    pub record: AccountRecord,
    /// Whether it holds a WhatsApp identity that completed pairing, and its number if known.
    pub linked: Option<LinkedAs>,
}

/// Whom a linked account belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkedAs {
    /// The account's number, when the identity names one.
    pub phone: Option<E164>,
}
