//! Where messages go: the ladder against a naive one, globs against naive ones, and who stays where.

use pairbox::account::AccountId;
use pairbox::journal::Kind;
use pairbox::message::address::{Chat, Person};
use pairbox::message::content::Content;
use pairbox::message::inbound::Inbound;
use pairbox::message::ladder::fits_glob;
use pairbox::message::route::{Route, Routes};
use pairbox::message::webhook::WebhookId;
use pairbox::time::UnixMillis;
use proptest::prelude::*;

use super::any;
use super::desk::{
    Desk, NOON, THEIRS, alice, bob, direct, hearers, in_group, kinds, matching, route, text,
};

const MINUTE: u64 = 60_000;

fn agents() -> Routes {
    Routes {
        default: Some("finn".into()),
        sticky_ttl: 1800,
        routes: vec![
            route("finn", 2),
            matching(route("eric", 3), Some("+15550002222"), None, None),
            matching(route("mia", 4), None, None, Some("*receipt*")),
            matching(
                route("helpers", 5),
                None,
                Some("120363000000000001@g.us"),
                None,
            ),
        ],
        link: None,
    }
}

/// Webhooks 6 to 9 and 1 are named in no route: they hear everything.
const UNNAMED: [u32; 5] = [1, 6, 7, 8, 9];

fn to(desk: &Desk, inbound: &Inbound) -> Vec<u32> {
    let mut to = hearers(&desk.hand_in(inbound));
    to.retain(|id| !UNNAMED.contains(id));
    to
}

#[test]
fn every_rung() {
    let desk = Desk::new().routes(agents());
    assert_eq!(to(&desk, &direct(&alice(), text("hello"))), [3]);
    assert_eq!(to(&desk, &direct(&bob(), text("hello"))), [2]);
    assert_eq!(
        to(&desk, &direct(&alice(), text("my RECEIPT, please"))),
        [4]
    );
    assert_eq!(to(&desk, &in_group(&bob(), text("hello"))), [5]);
    let later = UnixMillis(NOON.0 + 1);
    let desk = desk.knows(&alice(), Some(("finn", later)));
    assert_eq!(to(&desk, &direct(&alice(), text("hello"))), [2]);
    assert_eq!(to(&desk, &direct(&alice(), text("a receipt"))), [4]);
    // What somebody chose for themselves is nothing to a group.
    assert_eq!(to(&desk, &in_group(&alice(), text("hello"))), [3]);
    let mut late = direct(&alice(), text("hello"));
    late.at = later;
    assert_eq!(to(&desk, &late), [3]);
    // Everybody who is named in no route hears all of it.
    let all = hearers(&desk.hand_in(&late));
    assert!(UNNAMED.iter().all(|id| all.contains(id)), "{all:?}");
}

#[test]
fn people_stay_with_whom_they_talk_to() {
    let mut desk = Desk::new().routes(agents());
    let mut hello = direct(&bob(), text("hello"));
    let first = desk.hand_in(&hello).acquaintance.unwrap();
    assert_eq!(
        first.sticky,
        Some(("finn".into(), UnixMillis(NOON.0 + 30 * MINUTE)))
    );
    desk.sender = Some(first.clone());
    // Within a minute nothing is written; after it, the half hour begins anew.
    hello.at = UnixMillis(NOON.0 + MINUTE - 1);
    assert_eq!(desk.hand_in(&hello).acquaintance, None);
    hello.at = UnixMillis(NOON.0 + MINUTE);
    let next = desk.hand_in(&hello).acquaintance.unwrap();
    assert_eq!(
        next.sticky,
        Some(("finn".into(), UnixMillis(NOON.0 + 31 * MINUTE)))
    );
    assert_eq!(next.wrote_at, hello.at);
    // A glob neither moves them nor keeps them.
    let mut receipt = direct(&bob(), text("receipt"));
    receipt.at = hello.at;
    let after = desk.hand_in(&receipt).acquaintance.unwrap();
    assert_eq!(after.sticky, first.sticky);
    // The default moved on; they did not.
    desk.settings.routes.values_mut().next().unwrap().default = Some("mia".into());
    assert_eq!(to(&desk, &hello), [2]);
    hello.at = UnixMillis(NOON.0 + 30 * MINUTE);
    assert_eq!(to(&desk, &hello), [4]);
    // An emoji keeps nobody anywhere.
    let target = hello.id.clone();
    hello.content = Content::Reaction {
        target,
        emoji: "👍".into(),
    };
    let after = desk.hand_in(&hello).acquaintance.unwrap();
    assert_eq!(after.sticky, first.sticky);
}

#[test]
fn without_routes_everybody_hears_what_they_subscribe_to() {
    let mut desk = Desk::new();
    let hooks = &mut desk.settings.webhooks;
    hooks.get_mut(&WebhookId(1)).unwrap().events = vec!["message".into()];
    let like = hooks[&WebhookId(1)].clone();
    let with = |events: &[&str]| super::desk::webhook(events);
    hooks.insert(WebhookId(2), with(&["message.reaction"]));
    hooks.insert(WebhookId(3), with(&["message.*"]));
    hooks.insert(WebhookId(4), with(&["session.*", "mess"]));
    hooks.insert(WebhookId(5), with(&["*"]));
    let mut other = like.clone();
    other.sessions = Some(vec![THEIRS]);
    hooks.insert(WebhookId(6), other);
    let mut gone = like.clone();
    gone.disabled_reason = Some("gone".into());
    hooks.insert(WebhookId(7), gone);
    let mut paused = like;
    paused.enabled = false;
    hooks.insert(WebhookId(8), paused);
    assert_eq!(
        hearers(&desk.hand_in(&direct(&alice(), text("hello")))),
        [1, 3, 5, 8]
    );
    let target = "3A11".parse().unwrap();
    let reaction = direct(
        &alice(),
        Content::Reaction {
            target,
            emoji: "👍".into(),
        },
    );
    assert_eq!(hearers(&desk.hand_in(&reaction)), [2, 3, 5]);
    // A link of another account takes the webhook from this one.
    let link = Routes {
        link: Some(WebhookId(5)),
        ..Routes::default()
    };
    desk.settings.routes.insert(AccountId(2), link);
    assert_eq!(hearers(&desk.hand_in(&reaction)), [2, 3]);
}

#[test]
fn a_route_whose_webhook_is_gone_takes_nothing() {
    let mut desk = Desk::new().routes(agents());
    desk.settings.webhooks.remove(&WebhookId(3));
    assert_eq!(to(&desk, &direct(&alice(), text("hello"))), [2]);
    desk.settings.webhooks.remove(&WebhookId(2));
    let decision = desk.hand_in(&direct(&alice(), text("hello")));
    assert_eq!(
        (decision.keep, kinds(&decision)),
        (true, vec![Kind::Message])
    );
    assert_eq!(hearers(&decision), UNNAMED);
}

/// The text as a pattern reads it, tried in every way there is.
fn naive_glob(glob: &[char], text: &[char]) -> bool {
    let same = |a: char, b: char| a.to_lowercase().eq(b.to_lowercase());
    match (glob.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => {
            naive_glob(&glob[1..], text) || (!text.is_empty() && naive_glob(glob, &text[1..]))
        }
        (Some('?'), Some(_)) => naive_glob(&glob[1..], &text[1..]),
        (Some(a), Some(b)) if same(*a, *b) => naive_glob(&glob[1..], &text[1..]),
        _ => false,
    }
}

/// Of a person who is listed by hand.
fn named(list: &[String], person: &Person) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    list.iter().any(|entry| {
        let number = !entry.ends_with("@lid") && !entry.ends_with("@g.us");
        entry == "*"
            || (number
                && person
                    .phone()
                    .is_some_and(|it| it.digits() == digits(entry)))
            || (entry.ends_with("@lid")
                && person.lid().is_some_and(|it| it.digits() == digits(entry)))
    })
}

/// The ladder as it is written in the documentation, without a thought for anything.
fn naive_way<'a>(routes: &'a Routes, inbound: &Inbound, sticky: Option<&str>) -> Option<&'a Route> {
    let group = match &inbound.chat {
        Chat::Group(group) => Some(group.as_str()),
        Chat::Person(_) => None,
    };
    let words = match &inbound.content {
        Content::Reaction { .. } => None,
        other => other.text(),
    };
    let fits = |route: &&Route, glob: bool| {
        let Some(matches) = &route.matches else {
            return false;
        };
        let mut fits = matches.from.is_some() || matches.group.is_some() || matches.text.is_some();
        if let Some(from) = &matches.from {
            fits &= named(from.as_slice(), &inbound.sender);
        }
        if let Some(groups) = &matches.group {
            let listed = |it: &str| {
                groups
                    .as_slice()
                    .iter()
                    .any(|entry| entry == it || entry == "*")
            };
            fits &= group.is_some_and(listed);
        }
        if let Some(text) = &matches.text {
            let glob: Vec<char> = text.chars().collect();
            fits &=
                words.is_some_and(|it| naive_glob(&glob, &it.trim().chars().collect::<Vec<_>>()));
        }
        fits && matches.text.is_some() == glob
    };
    let by_name = |name: &str| {
        routes
            .routes
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(name))
    };
    let mut globs = routes.routes.iter().filter(|it| fits(it, true));
    let mut others = routes.routes.iter().filter(|it| fits(it, false));
    let sticky = if group.is_none() {
        sticky.and_then(by_name)
    } else {
        None
    };
    let default = routes.default.as_deref().and_then(by_name);
    globs
        .next()
        .or(sticky)
        .or_else(|| others.next())
        .or(default)
}

proptest! {
    #![proptest_config(any::cases(2000))]

    #[test]
    fn the_ladder_is_the_one_that_is_written_down(
        inbound in any::inbound(),
        routes in any::routes(),
        sticky in proptest::option::of((proptest::sample::select(any::AGENTS), 0..4_000_000_u64)),
    ) {
        prop_assume!(!inbound.from_me);
        let until = |late: u64| UnixMillis(NOON.0 + late);
        let mut desk = Desk::new().routes(routes.clone());
        if let Some((name, late)) = sticky {
            desk = desk.knows(&inbound.sender, Some((name, until(late))));
        }
        let decision = desk.hand_in(&inbound);
        // Commands are another test's.
        prop_assume!(!decision.events.is_empty());
        let named: Vec<u32> = routes.webhooks().map(|id| id.0).collect();
        let mut expected: Vec<u32> = (1..=9).filter(|id| !named.contains(id)).collect();
        let holds = sticky.filter(|(_, late)| inbound.at < until(*late)).map(|(name, _)| name);
        let way = naive_way(&routes, &inbound, holds);
        expected.extend(way.map(|route| route.webhook.0));
        expected.extend(routes.link.map(|link| link.0));
        expected.sort_unstable();
        prop_assert_eq!(hearers(&decision), expected);
        let route = decision.events[0].0.payload.0["route"].clone();
        prop_assert_eq!(route.as_str(), way.map(|it| it.name.as_str()));
    }

    #[test]
    fn globs_are_what_everybody_takes_them_for(
        glob in "[aAbBß*?]{1,7}",
        text in "[aAbBẞ\n]{0,7}",
    ) {
        let chars = |it: &str| it.chars().collect::<Vec<_>>();
        prop_assert_eq!(fits_glob(&glob, &text), naive_glob(&chars(&glob), &chars(text.trim())));
    }
}

#[test]
fn globs_of_the_documentation() {
    assert!(fits_glob("YES*", "yes please"));
    assert!(fits_glob("*receipt*", "here is\nmy Receipt."));
    assert!(!fits_glob("YES*", "oh yes"));
    assert!(fits_glob("ДА*", "да, конечно"));
}
