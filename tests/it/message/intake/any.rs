//! All sorts of people, messages, policies and routes, few enough names of each that they meet.

use pairbox::message::address::{Chat, Person};
use pairbox::message::content::{Card, Content, Location, Media, MediaKind, Quoted};
use pairbox::message::inbound::Inbound;
use pairbox::message::policy::{ColdSend, DmPolicy, GroupPolicy, Policy};
use pairbox::message::route::{Match, OneOrMore, Route, Routes};
use pairbox::message::webhook::WebhookId;
use pairbox::time::UnixMillis;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::desk::{NOON, alice, bob, by_lid, by_number, direct, group, me};

/// So many cases, of which many may be none of a test's business.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        max_global_rejects: 100 * cases,
        ..ProptestConfig::with_cases(cases)
    }
}

/// What people write, commands among it.
pub const TEXTS: &[&str] = &[
    "hello",
    "YES please",
    "yes",
    "my receipt is here",
    "Receipt",
    "",
    "  /agents ",
    "/agent finn",
    "/agent ERIC",
    "/agent nobody",
    "/agent",
    "/new",
    "/help",
    "/helpful",
    "/new shoes",
    "agent finn",
    "@15550001111 /agents",
    "@15550009999 /agents",
    "*",
    "?",
    "/AGENT finn",
];

pub const GLOBS: &[&str] = &["YES*", "*receipt*", "*", "?", "h?llo", "*e*e*", "hello"];

/// Names of routes.
pub const AGENTS: &[&str] = &["finn", "Eric", "mia-2"];

/// How lists name people and groups.
pub const NAMES: &[&str] = &[
    "+15550002222",
    "15550003333",
    "1 (555) 000-4444",
    "900000000000002@lid",
    "15550003333@s.whatsapp.net",
    "900000000000004@lid",
    "*",
    "120363000000000001@g.us",
    "120363000000000002@g.us",
];

/// A person by both names, and by one or both of them.
pub fn someone() -> impl Strategy<Value = (Person, Person)> {
    let people = select(vec![
        alice(),
        bob(),
        super::desk::person("15550004444", "900000000000004"),
    ]);
    (people, 0..3).prop_map(|(both, form)| {
        let named = match form {
            0 => by_number(&both),
            1 => by_lid(&both),
            _ => both.clone(),
        };
        (both, named)
    })
}

pub fn content() -> impl Strategy<Value = Content> {
    let target = || "3A00000000000000AA".parse().unwrap();
    let words = || select(TEXTS).prop_map(str::to_owned);
    prop_oneof![
        6 => words().prop_map(|text| Content::Text { text }),
        1 => (select(&MediaKind::ALL[..]), of(words())).prop_map(|(kind, caption)| {
            Content::Media(Media {
                kind,
                mimetype: "image/jpeg".into(),
                size: 1234,
                sha256: "ab".repeat(32),
                caption,
                filename: None,
                seconds: None,
                remote: None,
            })
        }),
        1 => Just(Content::Location(Location {
            latitude: 1.5,
            longitude: -2.5,
            name: None,
            address: None,
        })),
        1 => Just(Content::Contact {
            cards: vec![Card { name: "Mia".into(), vcard: "BEGIN:VCARD".into() }],
        }),
        1 => Just(Content::Reaction { target: target(), emoji: "👍".into() }),
        1 => words().prop_map(move |text| Content::Edit { target: target(), text }),
        1 => Just(Content::Revoke { target: target() }),
        1 => Just(Content::Other { what: "poll_creation".into() }),
    ]
}

/// A message of somebody, in one of two groups, directly, or of the owner.
pub fn inbound() -> impl Strategy<Value = Inbound> {
    let place = 0..6_usize;
    let quoted = of(select(vec![me(), by_lid(&me()), alice()]));
    let mentioned = vec(select(vec![by_number(&me()), by_lid(&me()), bob()]), 0..2);
    let late = 0..4_000_000_u64;
    (someone(), content(), place, quoted, mentioned, late).prop_map(
        |((_, sender), content, place, quoted, mentioned, late)| {
            let mut inbound = direct(&sender, content);
            inbound.at = UnixMillis(NOON.0 + late);
            inbound.mentioned = mentioned;
            inbound.quoted = quoted.map(|sender| Quoted {
                id: "3A00000000000000BB".parse().unwrap(),
                sender,
                text: None,
            });
            match place {
                0 | 1 => inbound.chat = group(["120363000000000001", "120363000000000002"][place]),
                2 => {
                    inbound.from_me = true;
                    inbound.chat = Chat::Person(me());
                    inbound.sender = me();
                }
                3 => {
                    inbound.from_me = true;
                    inbound.sender = me();
                }
                _ => {}
            }
            inbound
        },
    )
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec(select(NAMES).prop_map(str::to_owned), 0..3)
}

pub fn policy() -> impl Strategy<Value = Policy> {
    let dm = select(vec![
        DmPolicy::Pairing,
        DmPolicy::Allowlist,
        DmPolicy::Open,
        DmPolicy::Disabled,
    ]);
    let groups = select(vec![
        GroupPolicy::Allowlist,
        GroupPolicy::Open,
        GroupPolicy::Disabled,
    ]);
    let flags = any::<[bool; 4]>();
    (dm, names(), groups, names(), flags).prop_map(|(dm, allow_from, groups, in_groups, flags)| {
        Policy {
            dm,
            allow_from,
            groups,
            group_allow_from: in_groups,
            require_mention: flags[0],
            ack_reaction: flags[1].then(|| "👀".to_owned()),
            read_receipts: flags[2],
            self_chat: flags[3],
            cold_send: ColdSend::Warn,
        }
    })
}

fn matches() -> impl Strategy<Value = Match> {
    let people = vec(select(&NAMES[..7]).prop_map(str::to_owned), 1..3);
    let groups = vec(select(&NAMES[6..]).prop_map(str::to_owned), 1..3);
    let text = of(select(GLOBS).prop_map(str::to_owned));
    (of(people), of(groups), text).prop_map(|(from, group, text)| Match {
        from: from.map(OneOrMore::More),
        group: group.map(OneOrMore::More),
        text,
    })
}

/// Up to five routes to webhooks 1 to 6; sometimes a link, which is alone.
pub fn routes() -> impl Strategy<Value = Routes> {
    let route =
        (select(AGENTS), 1..7_u32, of(matches())).prop_map(|(name, webhook, matches)| Route {
            name: name.to_owned(),
            webhook: WebhookId(webhook),
            matches,
        });
    let default = of(select(vec!["finn", "FINN", "eric", "mia-2", "gone"]));
    let link = prop_oneof![8 => Just(None), 1 => (1..7_u32).prop_map(Some)];
    (vec(route, 0..5), default, select(vec![0, 60, 1800]), link).prop_map(
        |(mut routes, default, sticky_ttl, link)| {
            let mut seen = Vec::new();
            routes.retain(|route| {
                let fresh = !seen.contains(&route.name);
                seen.push(route.name.clone());
                fresh
            });
            if link.is_some() {
                routes.clear();
            }
            Routes {
                default: default.map(str::to_owned),
                sticky_ttl,
                routes,
                link: link.map(WebhookId),
            }
        },
    )
}
