//! What people type to choose: answered by us, and no webhook hears of it.

use pairbox::message::inbound::Inbound;
use pairbox::message::outbound::Draft;
use pairbox::message::route::Routes;
use pairbox::message::webhook::WebhookId;
use pairbox::time::UnixMillis;
use proptest::prelude::*;
use proptest::sample::select;

use super::any;
use super::desk::{Desk, NOON, alice, bob, direct, hearers, in_group, route, said, text};

const HALF_HOUR: u64 = 1_800_000;

fn agents() -> Routes {
    Routes {
        default: Some("finn".into()),
        sticky_ttl: 1800,
        routes: vec![route("finn", 2), route("Eric", 3)],
        link: None,
    }
}

#[allow(clippy::option_option, reason = "not told, told as none, told")]
fn sticky_after(desk: &Desk, words: &str) -> Option<Option<(String, UnixMillis)>> {
    let decision = desk.hand_in(&direct(&alice(), text(words)));
    decision.acquaintance.map(|it| it.sticky)
}

#[test]
fn a_route_is_chosen_by_name() {
    let desk = Desk::new().routes(agents());
    let stays = Some(("Eric".to_owned(), UnixMillis(NOON.0 + HALF_HOUR)));
    for words in [
        "/agent Eric",
        " /AGENT  eric ",
        "/agent\nERIC",
        "@15550001111 /agent eric",
    ] {
        assert_eq!(sticky_after(&desk, words), Some(stays.clone()), "{words}");
    }
    let chosen = desk.hand_in(&direct(&alice(), text("/agent eric")));
    assert!(chosen.keep && chosen.events.is_empty());
    assert_eq!(said(&chosen), ["You are talking to Eric now."]);
    assert_eq!(chosen.say[0].chat, direct(&alice(), text("")).chat);
    // Who is not there is answered with those who are, and nothing changes.
    let desk = desk.knows(&alice(), Some(("finn", UnixMillis(NOON.0 + 1))));
    let unknown = desk.hand_in(&direct(&alice(), text("/agent zoe")));
    assert!(unknown.acquaintance.is_none() && unknown.events.is_empty());
    let [answer] = said(&unknown)[..] else {
        panic!("one answer")
    };
    assert!(
        answer.contains("- finn (you are talking to them)\n- Eric"),
        "{answer}"
    );
    assert!(
        !answer.contains("zoe"),
        "what strangers type is not sent back: {answer}"
    );
}

#[test]
fn a_fresh_start_is_told_where_it_ends() {
    let desk = Desk::new().routes(agents());
    let desk = desk.knows(&alice(), Some(("Eric", UnixMillis(NOON.0 + 1))));
    let decision = desk.hand_in(&direct(&alice(), text("/new")));
    assert!(hearers(&decision).contains(&3) && !hearers(&decision).contains(&2));
    let payload = &decision.events[0].0.payload.0;
    assert_eq!(
        (&payload["command"], &payload["route"]),
        (&"new".into(), &"Eric".into())
    );
    assert_eq!(decision.acquaintance.unwrap().sticky, None);
}

#[test]
fn nobody_chooses_for_a_group_or_where_nobody_stays() {
    let desk = Desk::new().routes(agents());
    let decision = desk.hand_in(&in_group(&bob(), text("/agent eric")));
    assert_eq!(
        said(&decision),
        ["In a group nobody chooses: write to me directly."]
    );
    assert!(decision.acquaintance.is_none() && decision.events.is_empty());
    let desk = Desk::new().routes(Routes {
        sticky_ttl: 0,
        ..agents()
    });
    let decision = desk.hand_in(&direct(&bob(), text("/agent eric")));
    assert_eq!(said(&decision), ["Choosing is switched off here."]);
    assert_eq!(decision.acquaintance.unwrap().sticky, None);
}

#[test]
fn without_routes_there_are_no_commands() {
    let link = Routes {
        link: Some(WebhookId(1)),
        ..Routes::default()
    };
    for desk in [
        Desk::new(),
        Desk::new().routes(Routes::default()),
        Desk::new().routes(link),
    ] {
        let decision = desk.hand_in(&direct(&alice(), text("/help")));
        assert!(said(&decision).is_empty());
        assert!(hearers(&decision).contains(&1));
    }
}

proptest! {
    #![proptest_config(any::cases(300))]

    /// Of what is typed as a command, webhooks hear only that somebody starts afresh.
    #[test]
    fn no_webhook_hears_of_a_command(
        inbound in any::inbound(),
        routes in any::routes(),
        policy in any::policy(),
    ) {
        let decision = Desk::new().routes(routes.clone()).policy(policy).hand_in(&inbound);
        prop_assume!(decision.refused.is_none() && !decision.say.is_empty());
        let answers = decision.say.iter().filter(|it| matches!(it.content, Draft::Text { .. }));
        prop_assume!(answers.count() > 0);
        // It was a command: one answer, of those that are ours to give.
        prop_assert!(!routes.routes.is_empty() && routes.link.is_none());
        prop_assert_eq!(decision.say.len(), 1);
        let typed = inbound.content.text().unwrap().trim().to_lowercase();
        prop_assert!(typed.contains('/'));
        if typed == "/new" {
            prop_assert_eq!(&decision.events[0].0.payload.0["command"], "new");
        } else {
            prop_assert!(decision.events.is_empty());
        }
    }

    /// And whatever looks like a command is one, where there are routes.
    #[test]
    fn every_command_is_answered(
        inbound in any::inbound(),
        routes in any::routes(),
        words in select(vec![
            "/agents", "/agent", "/agent finn", "/AGENT eric", "/agent nobody", " /help",
        ]),
    ) {
        prop_assume!(!inbound.from_me && !routes.routes.is_empty());
        let inbound = Inbound { content: text(words), ..inbound };
        let decision = Desk::new().routes(routes).hand_in(&inbound);
        prop_assert!(decision.keep && hearers(&decision).is_empty());
        prop_assert_eq!(said(&decision).len(), 1);
    }
}
