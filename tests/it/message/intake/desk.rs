//! A desk that messages are handed in at: an account with its settings and memory, and small words for
//! people and messages.

use pairbox::account::AccountId;
use pairbox::journal::Kind;
use pairbox::message::address::{Chat, Person};
use pairbox::message::content::Content;
use pairbox::message::inbound::Inbound;
use pairbox::message::intake::{Acquaintance, Decision, Facts, Settings, decide};
use pairbox::message::outbound::Draft;
use pairbox::message::policy::{Policy, Request};
use pairbox::message::route::{Match, OneOrMore, Route, Routes};
use pairbox::message::webhook::{Webhook, WebhookId};
use pairbox::secret::Secret;
use pairbox::time::UnixMillis;
use pairbox::ulid::{SessionIds, Ulid};

/// The account whose messages come in.
pub const OURS: AccountId = AccountId(1);

/// Another one of the box.
pub const THEIRS: AccountId = AccountId(2);

/// When everything begins.
pub const NOON: UnixMillis = UnixMillis(1_767_225_600_000);

/// The box, and so the account's name on the wire.
pub fn box_id() -> Ulid {
    Ulid::from_bits(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
}

pub fn session() -> String {
    SessionIds::new(box_id()).name(OURS)
}

/// A person by both names.
pub fn person(phone: &str, lid: &str) -> Person {
    Person::Both(phone.parse().unwrap(), lid.parse().unwrap())
}

/// The account itself.
pub fn me() -> Person {
    person("15550001111", "900000000000001")
}

pub fn alice() -> Person {
    person("15550002222", "900000000000002")
}

pub fn bob() -> Person {
    person("15550003333", "900000000000003")
}

/// The same person, by one name only.
pub fn by_number(person: &Person) -> Person {
    Person::Phone(person.phone().unwrap().clone())
}

pub fn by_lid(person: &Person) -> Person {
    Person::Hidden(person.lid().unwrap().clone())
}

pub fn group(name: &str) -> Chat {
    format!("{name}@g.us").parse().unwrap()
}

pub fn text(text: &str) -> Content {
    let text = text.to_owned();
    Content::Text { text }
}

/// A message to the account alone.
pub fn direct(from: &Person, content: Content) -> Inbound {
    Inbound {
        id: "3A0000000000000001".parse().unwrap(),
        chat: Chat::Person(from.clone()),
        sender: from.clone(),
        from_me: false,
        name: Some("Somebody".into()),
        group_name: None,
        at: NOON,
        offline: false,
        content,
        mentioned: Vec::new(),
        quoted: None,
    }
}

/// A message in a group.
pub fn in_group(from: &Person, content: Content) -> Inbound {
    Inbound {
        chat: group("120363000000000001"),
        group_name: Some("Helpers".into()),
        ..direct(from, content)
    }
}

/// A webhook for all sessions.
pub fn webhook(events: &[&str]) -> Webhook {
    Webhook {
        url: "http://192.168.1.2/".into(),
        name: None,
        events: events.iter().map(ToString::to_string).collect(),
        sessions: None,
        secret: Secret::new("whsec_AAAA".into()),
        old_secret: None,
        headers: Vec::new(),
        enabled: true,
        disabled_reason: None,
        created_at: None,
    }
}

/// A route that takes nothing by itself.
pub fn route(name: &str, webhook: u32) -> Route {
    Route {
        name: name.to_owned(),
        webhook: WebhookId(webhook),
        matches: None,
    }
}

/// One that takes what these fit.
pub fn matching(
    route: Route,
    from: Option<&str>,
    group: Option<&str>,
    text: Option<&str>,
) -> Route {
    let one = |it: &str| OneOrMore::One(it.to_owned());
    let matches = Some(Match {
        from: from.map(one),
        group: group.map(one),
        text: text.map(str::to_owned),
    });
    Route { matches, ..route }
}

/// The desk.
pub struct Desk {
    pub me: Person,
    pub settings: Settings,
    pub sender: Option<Acquaintance>,
    pub requests: Vec<Request>,
    pub target_kept: bool,
    pub now: UnixMillis,
    pub chance: [u8; 16],
    pub page: Option<&'static str>,
}

impl Desk {
    /// With a webhook that hears everything, and defaults otherwise.
    pub fn new() -> Self {
        let mut settings = Settings::default();
        settings.webhooks.insert(WebhookId(1), webhook(&["*"]));
        Self {
            me: me(),
            settings,
            sender: None,
            requests: Vec::new(),
            target_kept: false,
            now: NOON,
            chance: std::array::from_fn(|place| u8::try_from(place * 15).unwrap()),
            page: Some("http://192.168.1.20:8080"),
        }
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policies.insert(OURS, policy);
        self
    }

    /// Webhook n for each n of 1 to 9, of which the routes use some.
    pub fn routes(mut self, routes: Routes) -> Self {
        for number in 1..=9 {
            let hook = webhook(&["*"]);
            self.settings.webhooks.insert(WebhookId(number), hook);
        }
        self.settings.routes.insert(OURS, routes);
        self
    }

    pub fn knows(mut self, person: &Person, sticky: Option<(&str, UnixMillis)>) -> Self {
        self.sender = Some(Acquaintance {
            person: person.clone(),
            name: Some("Somebody".into()),
            wrote_at: NOON,
            sticky: sticky.map(|(name, until)| (name.to_owned(), until)),
        });
        self
    }

    pub fn hand_in(&self, inbound: &Inbound) -> Decision {
        let facts = Facts {
            box_id: box_id(),
            account: OURS,
            me: &self.me,
            settings: &self.settings,
            sender: self.sender.as_ref(),
            requests: &self.requests,
            target_kept: self.target_kept,
            now: self.now,
            chance: self.chance,
            page: self.page,
            session: &session(),
        };
        decide(&facts, inbound)
    }
}

/// Who hears of it, of all kinds together.
pub fn hearers(decision: &Decision) -> Vec<u32> {
    let mut all: Vec<u32> = decision
        .events
        .iter()
        .flat_map(|(_, to)| to.iter().map(|id| id.0))
        .collect();
    all.sort_unstable();
    all
}

pub fn kinds(decision: &Decision) -> Vec<Kind> {
    decision
        .events
        .iter()
        .map(|(event, _)| event.kind)
        .collect()
}

/// What is said back, where it is a text.
pub fn said(decision: &Decision) -> Vec<&str> {
    let texts = decision.say.iter().filter_map(|it| match &it.content {
        Draft::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
