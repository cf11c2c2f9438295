//! The ring of what happened, when names are made elsewhere: whoever comes back finds their place.

use std::sync::Arc;

use pairbox::account::AccountId;
use pairbox::journal::{Journal, What};
use pairbox::limits::JOURNAL_RING;
use pairbox::snapshot::{AccountView, Snapshot, Status};
use pairbox::time::{Mono, Now, UnixMillis};
use pairbox::ulid::Ulid;

use super::rig::{chat, message};

fn now(ms: u64) -> Now {
    Now {
        mono: Mono::START,
        wall: Some(UnixMillis(1_800_000_000_000 + ms)),
    }
}

/// A message whose time has nothing to do with when it is told.
fn tell(journal: &Journal, at: u64, number: u64) -> Ulid {
    let mut event = message(&chat(number), number);
    event.id = Ulid::new(at, u128::from(number) * 0x9e37_79b9_7f4a_7c15);
    let id = event.id;
    journal.tell(now(0), event, None);
    id
}

fn status(journal: &Journal, ms: u64, status: Status) {
    let mut account = AccountView::blank(AccountId::FIRST, "x");
    let before = Snapshot {
        accounts: vec![account.clone()],
        ..Snapshot::blank()
    };
    account.status = status;
    let after = Snapshot {
        accounts: vec![account],
        ..Snapshot::blank()
    };
    journal.note(now(ms), &before, &after);
}

fn since(journal: &Journal, last: Ulid) -> Vec<Ulid> {
    let (missed, _) = journal.listen(Some(last), Box::new(|_: &Arc<_>| true));
    missed.iter().map(|it| it.id).collect()
}

#[test]
fn a_place_is_found_by_any_name() {
    let journal = Journal::new(0xfeed);
    // Times from long ago, from now and from the future, in no order.
    let first = tell(&journal, 5, 1);
    status(&journal, 10, Status::Working);
    let own = journal.recent(AccountId::FIRST, 1)[0].id;
    let second = tell(&journal, 1_900_000_000_000, 2);
    let aside = journal.aside(now(20), What::Status(news())).id;
    let third = tell(&journal, 1_700_000_000_000, 3);
    let fourth = tell(&journal, 1_800_000_000_020, 4);
    assert_eq!(since(&journal, first), [own, second, third, fourth]);
    assert_eq!(since(&journal, own), [second, third, fourth]);
    assert_eq!(since(&journal, second), [third, fourth]);
    assert_eq!(since(&journal, aside), [third, fourth]);
    assert_eq!(since(&journal, third), [fourth]);
    assert!(since(&journal, fourth).is_empty());
}

#[test]
fn one_that_is_not_there_any_more_gets_all_there_is() {
    let journal = Journal::new(0xfeed);
    let gone = tell(&journal, 1_800_000_000_000, 0);
    status(&journal, 1, Status::Working);
    for number in 1..=JOURNAL_RING as u64 {
        tell(&journal, number, number);
    }
    // Its time lies among those of the ring, its place does not.
    assert_eq!(since(&journal, gone).len(), JOURNAL_RING);
    // Of another run.
    assert_eq!(
        since(
            &journal,
            Ulid::new(1_800_000_000_001, 0xdead_0000_0000_0000)
        )
        .len(),
        JOURNAL_RING
    );
}

fn news() -> pairbox::journal::StatusNews {
    pairbox::journal::status_news(&AccountView::blank(AccountId::FIRST, "x"))
}
