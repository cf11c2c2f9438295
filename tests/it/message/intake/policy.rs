//! Who may write: the same person by every name, and nobody turned away without a word.

use pairbox::journal::Kind;
use pairbox::message::address::Chat;
use pairbox::message::content::{Content, Quoted};
use pairbox::message::outbound::Draft;
use pairbox::message::policy::{DmPolicy, GroupPolicy, Policy, Refusal};
use proptest::prelude::*;

use super::any;
use super::desk::{
    Desk, alice, bob, by_lid, by_number, direct, group, in_group, kinds, me, person, text,
};

fn refusal(policy: Policy, inbound: &pairbox::message::inbound::Inbound) -> Option<Refusal> {
    Desk::new().policy(policy).hand_in(inbound).refused
}

fn allow(dm: DmPolicy, entries: &[&str]) -> Policy {
    Policy {
        dm,
        allow_from: entries.iter().map(ToString::to_string).collect(),
        ..Policy::default()
    }
}

#[test]
fn direct_messages() {
    let hello = direct(&alice(), text("hello"));
    let not_allowed = Some(Refusal::NotAllowed);
    for (policy, outcome) in [
        (allow(DmPolicy::Open, &[]), None),
        (allow(DmPolicy::Disabled, &["*"]), Some(Refusal::DmDisabled)),
        (allow(DmPolicy::Allowlist, &[]), not_allowed),
        (allow(DmPolicy::Allowlist, &["+15550003333"]), not_allowed),
        (allow(DmPolicy::Allowlist, &["+1 555 000 2222"]), None),
        (allow(DmPolicy::Allowlist, &["900000000000002@lid"]), None),
        (
            allow(DmPolicy::Allowlist, &["15550002222@s.whatsapp.net"]),
            None,
        ),
        (allow(DmPolicy::Allowlist, &["*"]), None),
        (
            allow(DmPolicy::Allowlist, &["120363000000000001@g.us"]),
            not_allowed,
        ),
        (allow(DmPolicy::Pairing, &["15550002222"]), None),
        (
            allow(DmPolicy::Pairing, &[]),
            Some(Refusal::PairingRequired),
        ),
    ] {
        assert_eq!(refusal(policy.clone(), &hello), outcome, "{policy:?}");
    }
}

#[test]
fn groups() {
    let hello = in_group(&alice(), text("hello"));
    let list = |groups, entries: &[&str]| Policy {
        dm: DmPolicy::Disabled,
        groups,
        group_allow_from: entries.iter().map(ToString::to_string).collect(),
        ..Policy::default()
    };
    let not_allowed = Some(Refusal::GroupNotAllowed);
    for (policy, outcome) in [
        (list(GroupPolicy::Open, &[]), None),
        (
            list(GroupPolicy::Disabled, &["*"]),
            Some(Refusal::GroupsDisabled),
        ),
        (list(GroupPolicy::Allowlist, &[]), not_allowed),
        (
            list(GroupPolicy::Allowlist, &["120363000000000002@g.us"]),
            not_allowed,
        ),
        (
            list(GroupPolicy::Allowlist, &["120363000000000001@g.us"]),
            None,
        ),
        (list(GroupPolicy::Allowlist, &["900000000000002@lid"]), None),
        (list(GroupPolicy::Allowlist, &["*"]), None),
    ] {
        assert_eq!(refusal(policy.clone(), &hello), outcome, "{policy:?}");
    }
}

#[test]
fn in_groups_that_want_it_only_what_speaks_to_us_counts() {
    let policy = Policy {
        require_mention: true,
        ..Policy::default()
    };
    let plain = in_group(&alice(), text("hello"));
    assert_eq!(refusal(policy.clone(), &plain), Some(Refusal::NotMentioned));
    for (mentioned, outcome) in [
        (by_number(&me()), None),
        (by_lid(&me()), None),
        (bob(), Some(Refusal::NotMentioned)),
    ] {
        let mut inbound = plain.clone();
        inbound.mentioned = vec![bob(), mentioned.clone()];
        assert_eq!(refusal(policy.clone(), &inbound), outcome);
        inbound.mentioned.clear();
        inbound.quoted = Some(Quoted {
            id: "3A11".parse().unwrap(),
            sender: mentioned,
            text: None,
        });
        assert_eq!(refusal(policy.clone(), &inbound), outcome);
    }
    // What is about a message counts if that one did.
    let target = "3A11".parse().unwrap();
    let about = in_group(&alice(), Content::Revoke { target });
    let mut desk = Desk::new().policy(policy);
    assert_eq!(desk.hand_in(&about).refused, Some(Refusal::NotMentioned));
    desk.target_kept = true;
    assert_eq!(desk.hand_in(&about).refused, None);
    assert_eq!(desk.hand_in(&plain).refused, Some(Refusal::NotMentioned));
    // Written to the account alone, nothing has to be mentioned.
    assert_eq!(desk.hand_in(&direct(&alice(), text("hello"))).refused, None);
}

#[test]
fn what_the_owner_writes_is_kept_and_told_to_nobody() {
    let policy = |self_chat| Policy {
        dm: DmPolicy::Disabled,
        groups: GroupPolicy::Disabled,
        self_chat,
        ack_reaction: Some("👀".into()),
        read_receipts: true,
        ..Policy::default()
    };
    let mut own = direct(&me(), text("/agents"));
    own.from_me = true;
    for chat in [Chat::Person(alice()), group("120363000000000001")] {
        own.chat = chat;
        for self_chat in [false, true] {
            let decision = Desk::new().policy(policy(self_chat)).hand_in(&own);
            assert!(decision.keep && decision.refused.is_none() && decision.events.is_empty());
            assert!(decision.say.is_empty() && !decision.mark_read);
        }
    }
    for alias in [by_number(&me()), by_lid(&me())] {
        own.chat = Chat::Person(alias);
        let off = Desk::new().policy(policy(false)).hand_in(&own);
        assert_eq!((off.keep, off.refused), (false, Some(Refusal::SelfChat)));
        let on = Desk::new().policy(policy(true)).hand_in(&own);
        assert_eq!((on.keep, on.refused), (true, None));
        assert_eq!(kinds(&on), [Kind::Message]);
        assert!(!on.mark_read, "nobody marks their own as read");
        let ours = |it: &Draft| matches!(it, Draft::Reaction { sender: None, .. });
        assert!(on.say.iter().all(|it| ours(&it.content)) && on.say.len() == 1);
    }
}

#[test]
fn what_was_taken_is_acknowledged_as_wanted() {
    let desk = Desk::new().policy(Policy {
        ack_reaction: Some("👀".into()),
        read_receipts: true,
        ..Policy::default()
    });
    let hello = in_group(&by_lid(&alice()), text("hello"));
    let decision = desk.hand_in(&hello);
    assert!(decision.mark_read);
    let [ack] = decision.say.as_slice() else {
        panic!("one reaction");
    };
    let Draft::Reaction {
        target,
        sender: Some(sender),
        emoji,
    } = &ack.content
    else {
        panic!("a reaction to somebody");
    };
    assert_eq!((target, emoji.as_str()), (&hello.id, "👀"));
    assert!(sender.is(&alice()) && ack.chat == hello.chat && ack.reply);
    // A reaction gets no reaction: two boxes would go on for ever.
    let emoji = "👀".into();
    let target = "3A11".parse().unwrap();
    let reaction = direct(&alice(), Content::Reaction { target, emoji });
    let decision = desk.hand_in(&reaction);
    assert!(decision.say.is_empty() && !decision.mark_read);
    assert_eq!(kinds(&decision), [Kind::MessageReaction]);
}

#[test]
fn approved_people_may_write_by_either_name() {
    for known in [alice(), by_number(&alice()), by_lid(&alice())] {
        let mut policy = allow(DmPolicy::Allowlist, &[]);
        policy.admit(&known);
        policy.admit(&known);
        assert_eq!(policy.check(), Ok(()));
        let names = usize::from(known.phone().is_some()) + usize::from(known.lid().is_some());
        assert_eq!(policy.allow_from.len(), names);
        assert_eq!(
            refusal(policy.clone(), &direct(&known, text("hello"))),
            None
        );
        let other = direct(&bob(), text("hello"));
        assert_eq!(refusal(policy, &other), Some(Refusal::NotAllowed));
    }
    let mut everybody = allow(DmPolicy::Pairing, &["*"]);
    everybody.admit(&alice());
    assert_eq!(everybody.allow_from, ["*"]);
}

proptest! {
    #![proptest_config(any::cases(1000))]

    /// Whoever is known by two names is one person, whichever of them a message comes under.
    #[test]
    fn every_name_of_a_person_gives_the_same_decision(
        inbound in any::inbound(),
        policy in any::policy(),
        routes in any::routes(),
    ) {
        let both = [
            alice(),
            bob(),
            person("15550004444", "900000000000004"),
            me(),
        ];
        let all_of = |named: &_| both.iter().find(|it| it.is(named)).unwrap().clone();
        let known = all_of(&inbound.sender);
        let desk = Desk::new().policy(policy).routes(routes).knows(&known, None);
        let named = |alias: &dyn Fn(&_) -> _| {
            let mut inbound = inbound.clone();
            inbound.sender = alias(&known);
            if let Chat::Person(with) = &inbound.chat
                && !inbound.from_me
            {
                inbound.chat = Chat::Person(alias(&all_of(with)));
            }
            desk.hand_in(&inbound)
        };
        let by_both = named(&Clone::clone);
        prop_assert_eq!(&named(&by_number), &by_both);
        prop_assert_eq!(&named(&by_lid), &by_both);
    }

    /// A message is kept, or there is a reason, which is told once; nothing else is told or said then,
    /// but to somebody who may ask to be let in.
    #[test]
    fn nothing_is_dropped_without_a_reason(
        inbound in any::inbound(),
        policy in any::policy(),
        routes in any::routes(),
    ) {
        let desk = Desk::new().policy(policy).routes(routes);
        let decision = desk.hand_in(&inbound);
        prop_assert_eq!(decision.keep, decision.refused.is_none());
        let kinds = kinds(&decision);
        if let Some(reason) = decision.refused {
            prop_assert_eq!(kinds[0], Kind::PolicyDenied);
            let denied = &decision.events[0].0.payload.0;
            prop_assert_eq!(&denied["reason"], reason.code());
            prop_assert!(denied.get("text").is_none());
            let asked = decision.request.is_some();
            prop_assert_eq!(&kinds[1..], if asked { &[Kind::PairingRequest][..] } else { &[] });
            prop_assert_eq!(decision.say.len(), usize::from(asked));
            prop_assert!(!decision.mark_read);
        } else {
            prop_assert!(kinds.iter().all(|kind| kind.word().starts_with("message")));
            prop_assert!(kinds.len() <= 1 && decision.request.is_none());
            let owner = inbound.from_me && !matches!(&inbound.chat, Chat::Person(it) if it.is(&me()));
            if kinds.is_empty() {
                // Told to nobody: the owner's own, or a command, which is answered.
                prop_assert!(owner || decision.say.len() == 1);
            } else {
                prop_assert!(!owner);
            }
        }
    }
}
