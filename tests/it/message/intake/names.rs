//! Names of events and of our answers: made of the message and of nothing else.

use pairbox::message::address::MessageId;
use pairbox::message::content::Content;
use pairbox::message::policy::{DmPolicy, Policy};
use pairbox::time::UnixMillis;
use pairbox::ulid::Ulid;
use proptest::prelude::*;

use super::any;
use super::desk::{Desk, NOON, alice, bob, by_number, direct, group, in_group, text};

fn ids(desk: &Desk, inbound: &pairbox::message::inbound::Inbound) -> Vec<Ulid> {
    let decision = desk.hand_in(inbound);
    decision.events.iter().map(|(event, _)| event.id).collect()
}

proptest! {
    #![proptest_config(any::cases(500))]

    /// Heard again later, by a box that forgot it and was set up otherwise, it has the same name.
    #[test]
    fn names_depend_on_nothing_but_the_message(
        inbound in any::inbound(),
        routes in any::routes(),
        chance in any::<[u8; 16]>(),
        later in 0..10_000_000_u64,
    ) {
        let plain = Desk::new();
        let mut other = Desk::new().routes(routes);
        other.chance = chance;
        other.now = UnixMillis(NOON.0 + later);
        other.page = None;
        let mut again = inbound.clone();
        again.offline = true;
        let (first, second) = (ids(&plain, &inbound), ids(&other, &again));
        // The other may have heard a command, of which nothing is told.
        prop_assume!(!second.is_empty());
        prop_assert_eq!(&first, &second);
        for id in first {
            prop_assert_eq!(id.bits() >> 80, u128::from(inbound.at.0));
        }
    }
}

#[test]
fn different_messages_have_different_names() {
    let target: MessageId = "3A11".parse().unwrap();
    let hello = direct(&alice(), text("hello"));
    let mut all = vec![
        hello.clone(),
        direct(&bob(), text("hello")),
        in_group(&alice(), text("hello")),
    ];
    let mut elsewhere = in_group(&alice(), text("hello"));
    elsewhere.chat = group("120363000000000002");
    all.push(elsewhere);
    let mut next = hello.clone();
    next.id = "3A0000000000000002".parse().unwrap();
    all.push(next);
    for content in [
        Content::Revoke {
            target: target.clone(),
        },
        Content::Edit {
            target: target.clone(),
            text: "hello".into(),
        },
        Content::Reaction {
            target,
            emoji: "👍".into(),
        },
    ] {
        all.push(direct(&alice(), content));
    }
    let desk = Desk::new();
    let mut names: Vec<Ulid> = all.iter().flat_map(|it| ids(&desk, it)).collect();
    // A refused one has a name of its own, too.
    let policy = Policy {
        dm: DmPolicy::Pairing,
        ..Policy::default()
    };
    names.extend(ids(&Desk::new().policy(policy), &hello));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((count, names.len()), (10, 10));
}

#[test]
fn an_answer_given_twice_is_one_message() {
    let desk = || {
        Desk::new().policy(Policy {
            ack_reaction: Some("👀".into()),
            ..Policy::default()
        })
    };
    let hello = direct(&alice(), text("hello"));
    let once = desk().hand_in(&hello).say;
    let mut other = desk();
    other.chance = [9; 16];
    other.now = UnixMillis(NOON.0 + 5000);
    let by_number = direct(&by_number(&alice()), text("hello"));
    let twice = other.hand_in(&by_number).say;
    assert_eq!(once[0].id, twice[0].id);
    let id = once[0].id.as_str();
    assert!(id.len() == 22 && id.starts_with("3EB0"), "{id}");
    assert!(
        id.bytes()
            .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)),
        "{id}"
    );
    assert_ne!(
        once[0].id,
        desk().hand_in(&direct(&bob(), text("hello"))).say[0].id
    );
}
