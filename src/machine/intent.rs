//! Wishes as they arrive: whom they are about, and how each is answered.
//!
//! Every ticket gets exactly one answer. Most wishes are answered at once; one that has to wait for
//! WhatsApp or for the store hands its ticket to its account, which keeps it until it knows. What
//! a wish does to its account is `wish`.

use super::session::{Session, Step};
use super::{Appliance, newcomer};
use crate::account::{AccountId, CountryPrefix, E164, Label};
use crate::event::{Answer, Denial, Effect, Intent, Ticket};
use crate::limits;
use crate::secret::Secret;
use crate::time::Now;

/// How a wish went; `None` while its account keeps the ticket.
type Outcome = Option<Result<Answer, Denial>>;

impl Appliance {
    /// `Source` plays no part: who may do what is settled before a wish gets here. False when it came
    /// to nothing: an account that does not exist (a page older than the box), a wrong code.
    pub(super) fn intent(&mut self, now: Now, intent: Intent, ticket: Option<Ticket>) -> bool {
        let outcome = if self.shutting_down {
            // Too late: the links are being closed, and the next boot decides by what is stored.
            Some(Err(Denial::Ending))
        } else {
            self.decide(now, intent, ticket)
        };
        let came = !matches!(outcome, Some(Err(_)));
        if let (Some(outcome), Some(ticket)) = (outcome, ticket) {
            let answer = outcome.unwrap_or_else(Answer::Denied);
            self.effects.push_back(Effect::Answer { ticket, answer });
        }
        came
    }

    fn decide(&mut self, now: Now, intent: Intent, ticket: Option<Ticket>) -> Outcome {
        Some(match intent {
            Intent::Connect(account) => self.wish(now, account, Session::connect),
            Intent::Disconnect(account) => self.wish(now, account, Session::disconnect),
            Intent::Restart(account) => self.wish(now, account, Session::restart),
            Intent::Logout(account) => self.wish(now, account, Session::log_out),
            Intent::AddAccount {
                label,
                start,
                phone,
            } => {
                let added = self.add_account(now, label, start, phone);
                if added == Err(Denial::TooManyAccounts) && ticket.is_none() {
                    // At the box nobody waits for an answer: it is read beside the selected account.
                    self.session(now, self.navigator.selected(), |session, step| {
                        session.note(step.now, newcomer::TOO_MANY, &newcomer::too_many());
                    });
                }
                added
            }
            Intent::Change {
                account,
                label,
                country_prefix,
            } => self.change(now, account, label, country_prefix),
            Intent::Delete(account) => return self.delete(now, account, ticket),
            Intent::PairByCode { account, phone } => {
                return self.pair_by_code(now, account, phone, ticket);
            }
            Intent::Select(account) => self.wish(now, account, |_, _| ()).inspect(|_| {
                self.navigator.show(account);
            }),
            Intent::ShowAccessCode { code } => self.show_access_code(now, code),
            Intent::TryAccessCode { code } => self.access.try_code(now.mono, &code),
            Intent::Decide {
                account,
                code,
                approve,
            } => self.wish(now, account, |session, step| {
                session.answer(step, code, approve);
            }),
            Intent::AcknowledgeRestore => {
                if self.restored.take().is_some() {
                    self.effects.push_back(Effect::ForgetRestored);
                }
                Ok(Answer::Done)
            }
            Intent::ResetTokens => {
                self.effects.push_back(Effect::ResetTokens);
                Ok(Answer::Done)
            }
        })
    }

    /// Something that is done at once to an account that is not being deleted.
    fn wish(
        &mut self,
        now: Now,
        account: AccountId,
        act: impl FnOnce(&mut Session, &mut Step<'_>),
    ) -> Result<Answer, Denial> {
        self.session(now, account, |session, step| {
            if session.is_going() {
                return Err(Denial::UnknownAccount);
            }
            act(session, step);
            Ok(Answer::Done)
        })
        .unwrap_or(Err(Denial::UnknownAccount))
    }

    /// One more account. Its first record goes to the store before its link.
    fn add_account(
        &mut self,
        now: Now,
        label: Option<Label>,
        start: bool,
        phone: Option<E164>,
    ) -> Result<Answer, Denial> {
        if self.sessions.len() >= limits::ACCOUNTS_MAX {
            return Err(Denial::TooManyAccounts);
        }
        if label
            .as_ref()
            .is_some_and(|label| self.is_taken(label, None))
        {
            return Err(Denial::LabelTaken);
        }
        let id = self.number().ok_or(Denial::TooManyAccounts)?;
        let stored = newcomer::another(id, label, self.sessions.values());
        self.sessions.insert(id, Session::newcomer(stored, now));
        self.navigator.show(id);
        if let Some(phone) = phone {
            // Nobody waits for this code: it comes in the snapshot.
            self.session(now, id, |session, step| {
                session.pair_by_code(step, phone, None, limits::TYPED_WISH)
            });
        } else if start {
            self.wish(now, id, Session::connect)?;
        }
        Ok(Answer::Added(id))
    }

    #[allow(
        clippy::option_option,
        reason = "the wish has it: left alone, or taken away"
    )]
    fn change(
        &mut self,
        now: Now,
        account: AccountId,
        label: Option<Label>,
        country_prefix: Option<Option<CountryPrefix>>,
    ) -> Result<Answer, Denial> {
        let taken = label
            .as_ref()
            .is_some_and(|label| self.is_taken(label, Some(account)));
        // Whether there is such an account comes first.
        self.wish(now, account, |_, _| ())?;
        if taken {
            return Err(Denial::LabelTaken);
        }
        self.wish(now, account, |session, _| {
            if let Some(label) = label {
                session.record.label = label.into();
            }
            if let Some(country_prefix) = country_prefix {
                session.record.country_prefix = country_prefix;
            }
        })
    }

    /// Pairs by a code; its ticket is answered when there is one. The panel goes there, unless it shows
    /// somebody a code already.
    fn pair_by_code(
        &mut self,
        now: Now,
        account: AccountId,
        phone: E164,
        ticket: Option<Ticket>,
    ) -> Outcome {
        let begun = self.session(now, account, |session, step| {
            if session.is_going() {
                return Some(Err(Denial::UnknownAccount));
            }
            session.pair_by_code(step, phone, ticket, limits::TYPED_ANSWER)
        });
        let outcome = begun.unwrap_or(Some(Err(Denial::UnknownAccount)));
        let selected = self.sessions.get(&self.navigator.selected());
        if !matches!(outcome, Some(Err(_))) && !selected.is_some_and(Session::is_scanning) {
            self.navigator.show(account);
        }
        outcome
    }

    /// Begins to forget an account; its ticket is answered when that is durable.
    fn delete(&mut self, now: Now, account: AccountId, ticket: Option<Ticket>) -> Outcome {
        let last = self.sessions.values().filter(|it| !it.is_going()).count() == 1;
        if last && self.next_number.is_none() {
            // Nothing could follow it, and a box is never without an account.
            return Some(Err(Denial::TooManyAccounts));
        }
        let begun = self.wish(now, account, |session, step| session.delete(step, ticket));
        begun.err().map(Err)
    }

    /// An account is gone, durably. Its neighbour takes its place on the panel; the last one is
    /// followed by a fresh one.
    pub(super) fn forget(&mut self, now: Now, account: AccountId) {
        self.sessions.remove(&account);
        if self.sessions.is_empty()
            && let Some(id) = self.number()
        {
            let stored = newcomer::another(id, None, self.sessions.values());
            self.sessions.insert(id, Session::newcomer(stored, now));
        }
        if self.navigator.selected() == account {
            let after = self.sessions.range(account..).next();
            let neighbour = after.or_else(|| self.sessions.iter().next_back());
            if let Some((id, _)) = neighbour {
                self.navigator.moved(*id);
            }
        }
    }

    fn show_access_code(&mut self, now: Now, code: Secret) -> Result<Answer, Denial> {
        if !self.has_glass() {
            return Err(Denial::NoPanel);
        }
        self.access.show(now.mono, code)
    }

    /// Another account than this one has that name, as people read names.
    fn is_taken(&self, label: &Label, except: Option<AccountId>) -> bool {
        let mut others = self.sessions.values().filter(|it| Some(it.id) != except);
        others.any(|other| newcomer::same_name(&other.record.label, label.as_str()))
    }

    /// The next number. None is given out twice.
    fn number(&mut self) -> Option<AccountId> {
        let number = self.next_number?;
        self.next_number = number.0.checked_add(1).map(AccountId);
        Some(number)
    }
}
