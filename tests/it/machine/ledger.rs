//! What must hold whatever happens: an account of every link and wipe that was asked for, and the
//! checks made after each step.
//!
//! It knows nothing of statuses and rules; it believes the effects and the events, never the
//! machine's own opinion.

mod caller;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pairbox::account::{AccountId, AccountRecord, Epoch};
use pairbox::event::{
    Answer, Denial, Effect, Event, GatewayEvent, Intent, LinkEvent, StoreEvent, StoredAccount,
    Ticket,
};
use pairbox::limits;
use pairbox::machine::Appliance;
use pairbox::snapshot::{Snapshot, Status};
use pairbox::time::Mono;

/// What was asked for and not yet answered, over all accounts.
#[derive(Clone, Debug)]
pub struct Ledger {
    accounts: BTreeMap<AccountId, Entry>,
    newest: Epoch,
    shut_down: bool,
    /// Whether the wall clock is set.
    pub wall: bool,
    /// The highest number ever given out.
    highest: AccountId,
    deleted: BTreeSet<AccountId>,
    /// Who waits for an answer, and for what.
    tickets: BTreeMap<Ticket, Intent>,
    /// Access codes that were handed in, and when they are good no more.
    access: BTreeMap<String, Mono>,
}

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "flat on purpose")]
struct Entry {
    /// The link that runs, and whether it was told to end.
    link: Option<(Epoch, bool)>,
    wiping: bool,
    record: AccountRecord,
    /// Its identity was wiped after the last link.
    wiped: bool,
    deleting: bool,
    /// Somebody wants it forgotten, and nothing failed yet.
    pub going: bool,
    /// When each code that was handed in stops being good.
    codes: BTreeMap<String, Mono>,
    /// The same for codes to type, of the link that runs.
    typed: BTreeMap<String, Mono>,
    /// Codes to type that were asked of the link that runs, and not answered.
    requests: u32,
    /// Who waits to be let in, and until when.
    waiting: Vec<(String, Mono)>,
}

impl Entry {
    fn new(record: &AccountRecord) -> Self {
        Self {
            link: None,
            wiping: false,
            record: record.clone(),
            wiped: false,
            deleting: false,
            going: false,
            codes: BTreeMap::new(),
            typed: BTreeMap::new(),
            requests: 0,
            waiting: Vec::new(),
        }
    }
}

impl Ledger {
    pub fn new(accounts: &[StoredAccount]) -> Self {
        let entry = |stored: &StoredAccount| Entry::new(&stored.record);
        Self {
            accounts: accounts.iter().map(|s| (s.id, entry(s))).collect(),
            newest: Epoch(0),
            shut_down: false,
            wall: true,
            highest: accounts.last().map_or(AccountId(0), |stored| stored.id),
            deleted: BTreeSet::new(),
            tickets: BTreeMap::new(),
            access: BTreeMap::new(),
        }
    }

    /// The epoch started last for this account, running or not.
    pub fn running(&self, account: AccountId) -> Option<Epoch> {
        self.accounts.get(&account)?.link.map(|(epoch, _)| epoch)
    }

    pub fn is_told_to_end(&self, account: AccountId) -> bool {
        let entry = self.accounts.get(&account);
        entry.is_some_and(|entry| matches!(entry.link, Some((_, true))))
    }

    pub fn is_wiping(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|it| it.wiping)
    }

    pub fn is_deleting(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|it| it.deleting)
    }

    /// Numbers up to this one were given out in an earlier life of the box.
    pub fn given_out(&mut self, highest: AccountId) {
        self.highest = highest;
    }

    pub fn is_going(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|it| it.going)
    }

    /// Nobody waits for an answer.
    pub fn is_answered(&self) -> bool {
        self.tickets.is_empty()
    }

    pub fn newest(&self) -> Epoch {
        self.newest
    }

    /// An event is about to be handed in.
    #[allow(clippy::too_many_lines, reason = "one list of what each event means")]
    pub fn event(&mut self, now: Mono, event: &Event) {
        match event {
            Event::Link {
                account,
                epoch,
                event,
            } => {
                let Some(entry) = self.accounts.get_mut(account) else {
                    return;
                };
                if entry.link.is_none_or(|(running, _)| running != *epoch) {
                    return;
                }
                if let LinkEvent::Qr { code, lifetime } = event {
                    let ends = now + (*lifetime).min(limits::QR_LIFETIME_MAX);
                    entry.codes.insert(code.expose().to_owned(), ends);
                }
                match event {
                    LinkEvent::TypedCode { code, lifetime } => {
                        let ends = now + (*lifetime).min(limits::TYPED_LIFETIME_MAX);
                        entry.typed.insert(code.expose().to_owned(), ends);
                        entry.requests = entry.requests.saturating_sub(1);
                    }
                    LinkEvent::TypedCodeRefused { .. } => {
                        entry.requests = entry.requests.saturating_sub(1);
                    }
                    // The code goes with its connection.
                    LinkEvent::Dropped { .. } | LinkEvent::Alive { socket: false, .. } => {
                        entry.typed.clear();
                        entry.requests = 0;
                    }
                    LinkEvent::TypedCodeEnded { .. } => entry.typed.clear(),
                    _ => {}
                }
                if *event == LinkEvent::Ended {
                    entry.link = None;
                }
            }
            Event::Store { account, event } => match event {
                StoreEvent::AuthWiped | StoreEvent::WipeFailed { .. } => {
                    if let Some(entry) = self.accounts.get_mut(account) {
                        entry.wiped |= entry.wiping && *event == StoreEvent::AuthWiped;
                        entry.going &= !(entry.wiping && *event != StoreEvent::AuthWiped);
                        entry.wiping = false;
                    }
                }
                StoreEvent::Deleted => {
                    if self.accounts.get(account).is_some_and(|it| it.deleting) {
                        self.accounts.remove(account);
                        self.deleted.insert(*account);
                    }
                }
                StoreEvent::DeleteFailed { .. } => {
                    if let Some(entry) = self.accounts.get_mut(account) {
                        entry.going &= !entry.deleting;
                        entry.deleting = false;
                    }
                }
                // Says nothing about a wipe, even while one is under way.
                StoreEvent::SaveFailed { .. } => {}
            },
            Event::Shutdown => self.shut_down = true,
            Event::Intent { intent, ticket, .. } => {
                if let Some(ticket) = ticket {
                    self.tickets.insert(*ticket, intent.clone());
                }
                if let Intent::Delete(account) = intent
                    && let Some(entry) = self.accounts.get_mut(account)
                {
                    entry.going |= !self.shut_down;
                }
                if let Intent::ShowAccessCode { code } = intent {
                    let ends = now + limits::ACCESS_CODE;
                    self.access.insert(code.expose().to_owned(), ends);
                }
            }
            Event::Gateway(GatewayEvent::Requests { account, waiting }) => {
                if let Some(entry) = self.accounts.get_mut(account) {
                    let waiting = waiting.iter().filter(|who| who.expires_at > now);
                    let waiting = waiting.map(|who| (who.code.expose().to_owned(), who.expires_at));
                    entry.waiting = waiting.take(3).collect();
                }
            }
            Event::Gateway(GatewayEvent::Outbox(_))
            | Event::Edge(_)
            | Event::Panel(_)
            | Event::Page(_)
            | Event::NetworkUp
            | Event::ClockSet
            | Event::Disk(_)
            | Event::Written(_) => {}
        }
    }

    /// An effect was asked for. Panics when it must not have been.
    #[allow(
        clippy::too_many_lines,
        reason = "one list of what must not be asked for"
    )]
    pub fn effect(&mut self, now: Mono, effect: &Effect) {
        let fail = |what: &str| panic!("{what}: {effect:?}\n{self:?}");
        let mut next = self.clone();
        match effect {
            Effect::StartLink { account, epoch, .. } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match () {
                    () if self.shut_down => fail("a link starts while the process ends"),
                    () if !self.wall => fail("a link starts without a clock"),
                    () if entry.going => fail("a link of an account that is to be deleted"),
                    () if entry.link.is_some() => fail("a second link"),
                    () if entry.wiping => fail("a link starts during a wipe"),
                    () if *epoch <= self.newest => fail("an epoch that does not grow"),
                    () if !entry.record.enabled => fail("a link starts, but the wish is not kept"),
                    () => {}
                }
                entry.link = Some((*epoch, false));
                entry.wiped = false;
                entry.typed.clear();
                entry.requests = 0;
                next.newest = *epoch;
            }
            Effect::StopLink { account, epoch } | Effect::Unlink { account, epoch } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match entry.link {
                    Some((running, false)) if running == *epoch => {}
                    Some(_) | None => fail("not the link that runs, or told twice"),
                }
                entry.link = Some((*epoch, true));
            }
            Effect::WipeAuth { account } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match () {
                    () if entry.link.is_some() => fail("a wipe under a link"),
                    () if entry.wiping => fail("a second wipe"),
                    () => {}
                }
                entry.wiping = true;
            }
            Effect::SaveRecord { account, record } => {
                if !self.accounts.contains_key(account) {
                    match () {
                        // The last one is followed by another, whenever that is.
                        () if self.shut_down && !self.accounts.is_empty() => {
                            fail("an account is added while the process ends");
                        }
                        () if self.deleted.contains(account) => fail("a deleted one comes back"),
                        () if account.0 != self.highest.0 + 1 => fail("not the next number"),
                        () => {}
                    }
                    next.highest = *account;
                    next.accounts.insert(*account, Entry::new(record));
                    *self = next;
                    return;
                }
                let entry = next.accounts.get_mut(account).unwrap();
                if entry.deleting {
                    fail("a write for an account that is being deleted");
                }
                if entry.record == *record {
                    fail("a write that changes nothing");
                }
                entry.record = record.clone();
            }
            Effect::DeleteAccount { account } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match () {
                    () if entry.link.is_some() || entry.wiping => fail("not yet"),
                    () if !entry.wiped => fail("its identity is still there"),
                    () if entry.deleting => fail("a second time"),
                    () => {}
                }
                entry.deleting = true;
            }
            Effect::RequestCode { account, epoch, .. } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match () {
                    () if entry.link != Some((*epoch, false)) => fail("not of the link that runs"),
                    () if entry.codes.is_empty() => fail("not after a QR"),
                    () => {}
                }
                entry.requests += 1;
            }
            Effect::Answer { ticket, answer } => match next.tickets.remove(ticket) {
                Some(intent) => self.check_answer(now, &intent, answer),
                None => fail("nobody waits for that, or has it already"),
            },
            Effect::ResetTokens | Effect::ForgetRestored => {}
            Effect::Decide { account, code, .. } => {
                let entry = next.accounts.get_mut(account).unwrap();
                if self.shut_down {
                    fail("a decision while the process ends");
                }
                entry.waiting.retain(|(waits, _)| waits != code.expose());
            }
        }
        *self = next;
    }

    /// Whether that can be the answer to this at all.
    #[allow(clippy::match_same_arms, reason = "one line for each wish")]
    fn check_answer(&self, now: Mono, intent: &Intent, answer: &Answer) {
        let fits = match (intent, answer) {
            (_, Answer::Denied(Denial::Ending)) => self.shut_down,
            (Intent::AddAccount { .. }, Answer::Added(_)) => true,
            (
                Intent::AddAccount { .. },
                Answer::Denied(Denial::LabelTaken | Denial::TooManyAccounts),
            ) => true,
            (Intent::AddAccount { .. }, _) => false,
            (Intent::PairByCode { account, .. }, Answer::Typed { code, .. }) => {
                let ends = self.accounts[account].typed.get(code.expose());
                ends.is_some_and(|ends| *ends >= now)
            }
            (
                Intent::PairByCode { .. },
                Answer::Denied(
                    Denial::UnknownAccount | Denial::AlreadyLinked | Denial::NoTypedCode { .. },
                ),
            ) => true,
            (Intent::PairByCode { .. }, _) => false,
            (Intent::Delete(account), Answer::Done) => self.deleted.contains(account),
            (
                Intent::Delete(_),
                Answer::Denied(Denial::StoreFailed { .. } | Denial::TooManyAccounts),
            ) => true,
            (Intent::Change { .. }, Answer::Denied(Denial::LabelTaken)) => true,
            (
                Intent::ShowAccessCode { .. },
                Answer::Done | Answer::Denied(Denial::NoPanel | Denial::AccessLocked { .. }),
            ) => true,
            (Intent::ShowAccessCode { .. }, _) => false,
            (Intent::TryAccessCode { code }, Answer::Done) => {
                let ends = self.access.get(code.expose());
                ends.is_some_and(|ends| *ends > now)
            }
            (Intent::TryAccessCode { .. }, Answer::Denied(denial)) => matches!(
                denial,
                Denial::NoAccessCode | Denial::WrongAccessCode { .. } | Denial::AccessLocked { .. }
            ),
            (Intent::ResetTokens | Intent::AcknowledgeRestore, answer) => *answer == Answer::Done,
            (_, answer) => matches!(
                answer,
                Answer::Done | Answer::Denied(Denial::UnknownAccount)
            ),
        };
        assert!(fits, "{answer:?} to {intent:?}\n{self:?}");
    }

    /// A step is over: `before` is what was published before it.
    #[allow(clippy::too_many_lines, reason = "one list of what must hold")]
    pub fn check(&self, machine: &Appliance, before: &Snapshot, now: Mono) {
        let snapshot = machine.snapshot();
        let fail = |what: &str| panic!("{what}\n{snapshot:#?}\n{self:?}\n{machine:?}");
        let same = Snapshot {
            seq: before.seq,
            ..(*snapshot).clone()
        } == *before;
        if (snapshot.seq == before.seq) != same || snapshot.seq > before.seq + 1 {
            fail("seq does not tell whether something changed");
        }
        if snapshot.shutting_down != self.shut_down {
            fail("the end is not told");
        }
        let ids: Vec<_> = snapshot.accounts.iter().map(|view| view.id).collect();
        match () {
            () if !ids.is_sorted() || ids.len() != self.accounts.len() => fail("not all accounts"),
            () if ids.len() > limits::ACCOUNTS_MAX => fail("too many accounts"),
            () if !ids.contains(&snapshot.selected) => fail("nobody is selected"),
            () if snapshot.overview && ids.len() < 2 => fail("an overview of one"),
            () if snapshot.overview && snapshot.hold.is_some() => fail("a hold under the overview"),
            () => {}
        }
        for view in &snapshot.accounts {
            let entry = &self.accounts[&view.id];
            let live = matches!(entry.link, Some((_, false)));
            match &view.status {
                Status::ScanQrCode(pairing) => {
                    let qr = pairing.qr.as_ref();
                    let ends = qr.map(|qr| entry.codes.get(qr.code.expose()).copied());
                    let typed = pairing.typed.as_ref();
                    let typed = typed.map(|it| entry.typed.get(it.code.expose()).copied());
                    match () {
                        () if qr.is_none() && typed.is_none() => fail("nothing is up"),
                        () if typed.is_some_and(|ends| ends.is_none_or(|at| at <= now)) => {
                            fail("a code to type after its time");
                        }
                        () if !live => fail("a code of a link that ends"),
                        () if view.linked => fail("a code though linked"),
                        () if self.shut_down => fail("a code while the process ends"),
                        () if ends
                            .is_some_and(|at| at.is_none_or(|at| at + limits::QR_GRACE <= now)) =>
                        {
                            fail("a code after its time");
                        }
                        () => {}
                    }
                }
                _ if entry.going && view.status != Status::Stopped => {
                    fail("deleted, and not shown as stopped");
                }
                Status::Working if !live || !view.linked => fail("working without a link"),
                Status::PasskeyRequired { .. } if !live => fail("a passkey for a link that ends"),
                Status::Stopped | Status::Failed { .. } | Status::LoggedOut if live => {
                    fail("a link nobody wants runs on");
                }
                Status::Starting { .. }
                | Status::Reconnecting { .. }
                | Status::PasskeyRequired { .. }
                | Status::Working
                | Status::Stopped
                | Status::Failed { .. }
                | Status::LoggedOut => {}
            }
            if !self.shut_down && !caller::are(&entry.waiting, &view.waiting, now) {
                fail("not those who wait");
            }
            let wants = match view.status {
                Status::Stopped | Status::Failed { .. } | Status::LoggedOut => false,
                Status::Starting { .. }
                | Status::ScanQrCode(_)
                | Status::PasskeyRequired { .. }
                | Status::Working
                | Status::Reconnecting { .. } => true,
            };
            if wants && !view.enabled {
                fail("on its way though nobody wants it");
            }
            if view.enabled != entry.record.enabled {
                fail("the wish is not handed to the store");
            }
        }
        if let Some(access) = &snapshot.access {
            let ends = self.access.get(access.code.expose());
            match () {
                () if ends.is_none_or(|ends| *ends <= now) => fail("an access code after its time"),
                () if self.shut_down => fail("an access code while the process ends"),
                () => {}
            }
        }
        if let Some(what) = caller::wrong(&snapshot) {
            fail(what);
        }
        if self.shut_down && !self.is_answered() {
            fail("somebody waits for a process that ends");
        }
        self.check_drained(machine);
    }

    /// After the time was told, nothing may be left to do for it: the loop would spin.
    pub fn check_timeout(machine: &Appliance, now: Mono) {
        if let Some((at, what)) = machine.poll_timeout() {
            assert!(at > now, "{what} is due at {at:?}, told at {now:?}");
            assert!(at <= now + limits::BAN_WAIT_MAX, "{what} never comes");
        }
    }

    fn check_drained(&self, machine: &Appliance) {
        let quiet = self
            .accounts
            .values()
            .all(|entry| entry.link.is_none() && !entry.wiping && !entry.deleting);
        assert_eq!(machine.is_drained(), quiet, "{self:?}\n{machine:?}");
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
