//! Messages that are known to be there and could not be read. Pure.
//!
//! The library asks their sender and the owner's phone for them again, and most come a moment later.
//! Those that do not come within [`limits::UNREADABLE`] are told as what they are: somebody wrote
//! something that the box cannot read. Should one come after all, it is told as any other.

use std::collections::VecDeque;

use crate::limits;
use crate::message::address::{MessageId, Person};
use crate::message::inbound::Inbound;
use crate::time::Mono;

/// What is waited for, the longest first.
#[derive(Default)]
pub struct Unread(VecDeque<(Mono, Inbound)>);

impl Unread {
    /// One more. Returns what is waited for no longer, because it is too much.
    pub fn add(&mut self, now: Mono, message: Inbound) -> Option<Inbound> {
        let same = |(_, other): &(Mono, Inbound)| {
            other.id == message.id && other.sender.is(&message.sender)
        };
        if self.0.iter().any(same) {
            return None;
        }
        self.0.push_back((now, message));
        let too_many = self.0.len() > limits::UNREADABLE_MOST;
        let (_, oldest) = too_many.then(|| self.0.pop_front()).flatten()?;
        Some(oldest)
    }

    /// One of them came after all. True if it was waited for.
    pub fn came(&mut self, id: &MessageId, sender: &Person) -> bool {
        let before = self.0.len();
        self.0
            .retain(|(_, other)| other.id != *id || !other.sender.is(sender));
        self.0.len() < before
    }

    /// When the first of them has been waited for long enough.
    #[must_use]
    pub fn due(&self) -> Option<Mono> {
        let (since, _) = self.0.front()?;
        Some(Mono(since.0 + limits::UNREADABLE))
    }

    /// Those that have been waited for long enough.
    pub fn overdue(&mut self, now: Mono) -> Vec<Inbound> {
        let mut overdue = Vec::new();
        while self.due().is_some_and(|due| due <= now) {
            overdue.extend(self.0.pop_front().map(|(_, message)| message));
        }
        overdue
    }

    /// All of them: nobody is left to wait.
    pub fn all(&mut self) -> Vec<Inbound> {
        self.0.drain(..).map(|(_, message)| message).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::address::Chat;
    use crate::message::content::Content;
    use crate::time::UnixMillis;

    fn message(id: &str) -> Inbound {
        let sender: Person = "15550002222@s.whatsapp.net".parse().unwrap();
        Inbound {
            id: id.parse().unwrap(),
            chat: Chat::Person(sender.clone()),
            sender,
            from_me: false,
            name: None,
            group_name: None,
            at: UnixMillis(0),
            offline: false,
            content: Content::Other {
                what: "unreadable".to_owned(),
            },
            mentioned: Vec::new(),
            quoted: None,
        }
    }

    #[test]
    fn those_that_come_are_not_told_and_those_that_do_not_are_told_once() {
        let mut unread = Unread::default();
        let at = |seconds| Mono(Duration::from_secs(seconds));
        let (one, two) = (message("3A01"), message("3A02"));
        assert_eq!(unread.add(at(0), one.clone()), None);
        assert_eq!(unread.add(at(1), two.clone()), None);
        assert_eq!(unread.add(at(2), two.clone()), None, "the same again");
        assert!(unread.came(&one.id, &one.sender));
        assert!(!unread.came(&one.id, &one.sender));
        let due = unread.due().unwrap();
        assert_eq!(due, Mono(at(1).0 + limits::UNREADABLE));
        assert!(unread.overdue(at(2)).is_empty());
        assert_eq!(unread.overdue(due), [two]);
        assert_eq!((unread.due(), unread.all()), (None, Vec::new()));
    }

    #[test]
    fn the_oldest_is_told_when_there_are_too_many() {
        let mut unread = Unread::default();
        for number in 0..limits::UNREADABLE_MOST {
            assert_eq!(
                unread.add(Mono::default(), message(&format!("{number}"))),
                None
            );
        }
        let told = unread.add(Mono::default(), message("one-more"));
        assert_eq!(
            told.map(|it| it.id.as_str().to_owned()),
            Some("0".to_owned())
        );
    }
}
