//! What must hold whatever happens: an account of every link and wipe that was asked for, and the
//! checks made after each step.
//!
//! It knows nothing of statuses and rules; it believes the effects and the events, never the
//! machine's own opinion.

use std::collections::BTreeMap;
use std::fmt;

use pairbox::account::{AccountId, AccountRecord, Epoch};
use pairbox::event::{Effect, Event, LinkEvent, StoreEvent, StoredAccount};
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
}

#[derive(Clone, Debug)]
struct Entry {
    /// The link that runs, and whether it was told to end.
    link: Option<(Epoch, bool)>,
    wiping: bool,
    record: AccountRecord,
    /// When each code that was handed in stops being good.
    codes: BTreeMap<String, Mono>,
}

impl Entry {
    fn new(record: &AccountRecord) -> Self {
        Self {
            link: None,
            wiping: false,
            record: record.clone(),
            codes: BTreeMap::new(),
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
        }
    }

    /// The epoch started last for this account, running or not.
    pub fn running(&self, account: AccountId) -> Option<Epoch> {
        self.accounts[&account].link.map(|(epoch, _)| epoch)
    }

    pub fn is_told_to_end(&self, account: AccountId) -> bool {
        matches!(self.accounts[&account].link, Some((_, true)))
    }

    pub fn is_wiping(&self, account: AccountId) -> bool {
        self.accounts[&account].wiping
    }

    pub fn newest(&self) -> Epoch {
        self.newest
    }

    /// An event is about to be handed in.
    pub fn event(&mut self, now: Mono, event: &Event) {
        match event {
            Event::Link {
                account,
                epoch,
                event,
            } => {
                let entry = self.accounts.get_mut(account).unwrap();
                if entry.link.is_none_or(|(running, _)| running != *epoch) {
                    return;
                }
                if let LinkEvent::Qr { code, lifetime } = event {
                    let ends = now + (*lifetime).min(limits::QR_LIFETIME_MAX);
                    entry.codes.insert(code.expose().to_owned(), ends);
                }
                if *event == LinkEvent::Ended {
                    entry.link = None;
                }
            }
            Event::Store { account, event } => match event {
                StoreEvent::AuthWiped | StoreEvent::WipeFailed { .. } => {
                    self.accounts.get_mut(account).unwrap().wiping = false;
                }
                // Says nothing about a wipe, even while one is under way.
                StoreEvent::SaveFailed { .. }
                | StoreEvent::Deleted
                | StoreEvent::DeleteFailed { .. } => {}
            },
            Event::Shutdown => self.shut_down = true,
            Event::Intent { .. }
            | Event::Edge(_)
            | Event::Panel(_)
            | Event::Page(_)
            | Event::NetworkUp
            | Event::ClockSet
            | Event::Disk(_) => {}
        }
    }

    /// An effect was asked for. Panics when it must not have been.
    pub fn effect(&mut self, effect: &Effect) {
        let fail = |what: &str| panic!("{what}: {effect:?}\n{self:?}");
        let mut next = self.clone();
        match effect {
            Effect::StartLink { account, epoch, .. } => {
                let entry = next.accounts.get_mut(account).unwrap();
                match () {
                    () if self.shut_down => fail("a link starts while the process ends"),
                    () if entry.link.is_some() => fail("a second link"),
                    () if entry.wiping => fail("a link starts during a wipe"),
                    () if *epoch <= self.newest => fail("an epoch that does not grow"),
                    () if !entry.record.enabled => fail("a link starts, but the wish is not kept"),
                    () => {}
                }
                entry.link = Some((*epoch, false));
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
                let newest = *self.accounts.keys().next_back().unwrap();
                if *account > newest {
                    match () {
                        () if self.shut_down => fail("an account is added while the process ends"),
                        () if account.0 != newest.0 + 1 => fail("not the next number"),
                        () => {}
                    }
                    next.accounts.insert(*account, Entry::new(record));
                    *self = next;
                    return;
                }
                let entry = next.accounts.get_mut(account).unwrap();
                if entry.record == *record {
                    fail("a write that changes nothing");
                }
                entry.record = record.clone();
            }
            Effect::DeleteAccount { .. } | Effect::RequestCode { .. } | Effect::Answer { .. } => {}
            Effect::ResetTokens => {}
        }
        *self = next;
    }

    /// A step is over: `before` is what was published before it.
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
                    let qr = pairing.qr.as_ref().expect("a QR is up");
                    let ends = entry.codes.get(qr.code.expose()).copied();
                    match () {
                        () if !live => fail("a code of a link that ends"),
                        () if view.linked => fail("a code though linked"),
                        () if self.shut_down => fail("a code while the process ends"),
                        () if ends.is_none_or(|at| at + limits::QR_GRACE <= now) => {
                            fail("a code after its time");
                        }
                        () => {}
                    }
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
            .all(|entry| entry.link.is_none() && !entry.wiping);
        assert_eq!(machine.is_drained(), quiet, "{self:?}\n{machine:?}");
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
