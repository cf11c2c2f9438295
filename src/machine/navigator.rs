//! Which account the panel shows and the buttons act on, and whether it shows all of them instead.
//!
//! Only boxes with several accounts have anything to choose. The overview comes on by its button or
//! when nobody touched the box for a while; a code that appears takes the panel to its account,
//! because somebody asked for it.

use std::mem;

use super::timers::Deadline;
use crate::account::AccountId;
use crate::event::Button;
use crate::limits;
use crate::time::Mono;

/// Where the panel is.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Navigator {
    selected: AccountId,
    overview: bool,
    /// From when the time without a touch counts.
    idle_since: Mono,
    /// Something on the panel is not to be covered: a code, a hold.
    busy: bool,
    /// Accounts that showed a code after the last step.
    codes: Vec<AccountId>,
    /// There is something to choose from.
    several: bool,
    /// Somebody asked to see an account: as good as a touch.
    shown: bool,
}

/// What the last step left.
pub(super) struct View {
    /// There is more than one account.
    pub(super) several: bool,
    /// Those that show a code.
    pub(super) codes: Vec<AccountId>,
    /// A hold is on show.
    pub(super) hold: bool,
    /// A button was touched.
    pub(super) touched: bool,
}

impl Navigator {
    pub(super) fn new(selected: AccountId, now: Mono) -> Self {
        Self {
            selected,
            overview: false,
            idle_since: now,
            busy: false,
            codes: Vec::new(),
            several: false,
            shown: false,
        }
    }

    pub(super) fn selected(&self) -> AccountId {
        self.selected
    }

    pub(super) fn overview(&self) -> bool {
        self.overview
    }

    /// A press of a button that moves about; `accounts` in order.
    pub(super) fn press(&mut self, button: Button, accounts: &[AccountId]) {
        match button {
            Button::Next => self.step(accounts, 1),
            Button::Previous => self.step(accounts, accounts.len().saturating_sub(1)),
            Button::Select => self.overview = !self.overview,
            // What they do to the account is not decided here. It is the one to look at now.
            Button::Connect | Button::Disconnect => self.overview = false,
        }
    }

    /// Shows this account.
    pub(super) fn show(&mut self, account: AccountId) {
        self.selected = account;
        self.overview = false;
        self.shown = true;
    }

    /// The account that was shown is gone; this one takes its place, in whatever view.
    pub(super) fn moved(&mut self, account: AccountId) {
        self.selected = account;
    }

    /// Takes in what the last step did.
    pub(super) fn update(&mut self, now: Mono, view: View) {
        let newcomer = view.codes.iter().find(|id| !self.codes.contains(id));
        if let Some(account) = newcomer
            && view.codes.iter().all(|id| !self.codes.contains(id))
        {
            self.show(*account);
        }
        self.codes = view.codes;
        // The time begins when the code is gone, and when there is something to choose from.
        let asked = mem::take(&mut self.shown);
        let began = view.touched || asked || self.busy || !self.several;
        if began && view.several {
            self.idle_since = now;
        }
        self.several = view.several;
        self.busy = view.hold || self.codes.contains(&self.selected);
        let idle = now.since(self.idle_since) >= limits::OVERVIEW_AFTER;
        self.overview |= idle && !self.busy && self.several;
        // A hold is about the selected account, and one account is no list.
        self.overview &= self.several && !view.hold;
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        let waits = self.several && !self.overview && !self.busy;
        waits.then_some((
            self.idle_since + limits::OVERVIEW_AFTER,
            "show all accounts",
        ))
    }

    /// So many accounts on, around the end.
    fn step(&mut self, accounts: &[AccountId], by: usize) {
        let here = accounts.iter().position(|id| *id == self.selected);
        let there = (here.unwrap_or(0) + by).checked_rem(accounts.len());
        if let Some(next) = there.and_then(|there| accounts.get(there)) {
            self.selected = *next;
        }
    }
}
