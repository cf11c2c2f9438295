//! Unknown people who write: who may ask to be let in, under which code, and what they are told.

use super::address::Person;
use super::policy::{Refusal, Request};
use crate::limits::{REQUEST_LIFE_MS, REQUESTS_MAX};
use crate::time::UnixMillis;

/// Letters and digits that nobody takes for each other: no I, O, 0, 1. 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a code.
const LENGTH: usize = 8;

/// What becomes of an unknown person's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Knock {
    /// They wait from now on, and are told so.
    New(Request),
    /// They were told already, or have nobody to be told by: nothing but this.
    Refused(Refusal),
}

/// Somebody unknown wrote. `asks`: what they wrote is a message one can answer.
pub(super) fn knock(
    requests: &[Request],
    person: &Person,
    name: Option<&String>,
    asks: bool,
    now: UnixMillis,
    chance: &[u8; 16],
) -> Knock {
    let live = || requests.iter().filter(|it| it.expires_at > now);
    if !asks || live().any(|it| it.person.is(person)) {
        return Knock::Refused(Refusal::PairingRequired);
    }
    if live().count() >= REQUESTS_MAX {
        return Knock::Refused(Refusal::TooManyWaiting);
    }
    // Two chances for one that nobody has: of a million million codes at most three are taken.
    let (first, second) = (code(&chance[..LENGTH]), code(&chance[LENGTH..]));
    let taken = requests.iter().any(|it| it.code == first);
    Knock::New(Request {
        code: if taken { second } else { first },
        person: person.clone(),
        name: name.cloned(),
        asked_at: now,
        expires_at: UnixMillis(now.0.saturating_add(REQUEST_LIFE_MS)),
    })
}

fn code(chance: &[u8]) -> String {
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte & 31)]);
    chance.iter().map(letter).collect()
}

/// What they are told, once.
pub(super) fn greeting(code: &str) -> String {
    format!(
        "This number takes messages only from people it knows.\n\
         Your code: {code}\n\
         Show it to whoever runs it. It is good for one hour."
    )
}
