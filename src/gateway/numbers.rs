//! Whether WhatsApp knows a number, as far as it was asked: so that it is asked once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::account::{AccountId, E164};
use crate::limits;
use crate::message::address::Person;
use crate::time::Mono;

/// What was answered, and until when it is good.
type Known = (Option<Person>, Mono);

/// The numbers that were asked for.
#[derive(Default)]
pub(super) struct Numbers(Mutex<BTreeMap<(AccountId, E164), Known>>);

impl Numbers {
    /// Who has a number, or that nobody has it; `None`: it has to be asked.
    #[allow(
        clippy::option_option,
        reason = "not known, known that nobody has it, known who has it"
    )]
    pub(super) fn known(
        &self,
        account: AccountId,
        phone: &E164,
        now: Mono,
    ) -> Option<Option<Person>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (person, until) = known.get(&(account, phone.clone()))?;
        (now < *until).then(|| person.clone())
    }

    /// That was the answer.
    pub(super) fn learn(
        &self,
        account: AccountId,
        phone: &E164,
        person: Option<Person>,
        now: Mono,
    ) {
        let life = match person {
            Some(_) => limits::NUMBER_KNOWN,
            None => limits::NUMBER_UNKNOWN,
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limits::NUMBERS_KNOWN {
            known.retain(|_, (_, until)| now < *until);
        }
        if known.len() >= limits::NUMBERS_KNOWN {
            let soonest = known.iter().min_by_key(|(_, (_, until))| *until);
            if let Some(key) = soonest.map(|(key, _)| key.clone()) {
                known.remove(&key);
            }
        }
        known.insert((account, phone.clone()), (person, now + life));
    }
}
