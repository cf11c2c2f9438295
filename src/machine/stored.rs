//! What is handed to the store of an account, and what the store answers.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use super::session::{Session, Step};
use super::state::{Drain, Identity, Rest, State};
use crate::event::{Answer, Denial, Effect, StoreEvent};
use crate::fault::Fault;

impl Session {
    /// The store answered. True when the account is gone.
    pub(super) fn stored(&mut self, step: &mut Step<'_>, event: StoreEvent) -> bool {
        let drain = match &mut self.state {
            State::Resting(_, drain) | State::Waiting(_, drain) => Some(drain),
            State::Running(_) => None,
        };
        match (event, drain) {
            (StoreEvent::AuthWiped, Some(drain @ Drain::Wiping)) => {
                *drain = Drain::Clear;
                self.identity = Identity::Absent;
            }
            (StoreEvent::Deleted, Some(Drain::Deleting)) => {
                self.gone(step, Answer::Done);
                return true;
            }
            (StoreEvent::WipeFailed { why }, Some(Drain::Wiping)) => {
                // It is still there. Starting now would go on with an identity that is to be gone.
                self.identity = Identity::Revoked;
                self.store_failed(step, why);
            }
            (StoreEvent::DeleteFailed { why }, Some(Drain::Deleting)) => {
                self.store_failed(step, why);
            }
            // Nothing was asked, so nothing hangs on it.
            (StoreEvent::AuthWiped | StoreEvent::Deleted, _) => {}
            // A wish that was not kept costs no connection, and neither does a late word on a wipe
            // that nobody waits for; the page says so.
            (
                StoreEvent::WipeFailed { why }
                | StoreEvent::DeleteFailed { why }
                | StoreEvent::SaveFailed { why },
                _,
            ) => self.note(step.now, Fault::Store.code(), &why),
        }
        false
    }

    /// What the store was asked to take away is still there: a person has to ask again.
    fn store_failed(&mut self, step: &mut Step<'_>, why: String) {
        self.note(step.now, Fault::Store.code(), &why);
        self.record.last_reason = Some(Fault::Store.code().to_owned());
        let failed = Rest::Failed {
            fault: Fault::Store,
            retry_at: None,
        };
        self.state = State::Resting(failed, Drain::Clear);
        self.gone(step, Answer::Denied(Denial::StoreFailed { why }));
        self.going = None;
    }

    /// Tells who waited for the deletion how it went.
    pub(super) fn gone(&mut self, step: &mut Step<'_>, answer: Answer) {
        if let Some(ticket) = self.going.as_mut().and_then(|it| it.ticket.take()) {
            step.effects.push_back(Effect::Answer { ticket, answer });
        }
    }

    /// Hands the record to the store when it changed, and only then: flash wears.
    pub(super) fn save(&mut self, step: &mut Step<'_>) {
        // What is being forgotten must not come back by a late write.
        let forgotten = self.state.drain() == Drain::Deleting;
        if self.saved.as_ref() != Some(&self.record) && !forgotten {
            self.saved = Some(self.record.clone());
            step.effects.push_back(Effect::SaveRecord {
                account: self.id,
                record: self.record.clone(),
            });
        }
    }
}
