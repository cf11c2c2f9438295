//! The words the tests of messages are written in: people, messages, webhooks, and what is around them.

use std::sync::Arc;

use pairbox::account::AccountId;
use pairbox::message::address::{Chat, MessageId, Person};
use pairbox::message::content::Content;
use pairbox::message::event::NewEvent;
use pairbox::message::inbound::Inbound;
use pairbox::message::outbound::{Draft, Outbound};
use pairbox::message::webhook::Webhook;
use pairbox::secret::Secret;
use pairbox::store::{Around, Envelope, KeptMessage, MessageFilter, Store, StoreError, Taken};
use pairbox::time::UnixMillis;

pub const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

pub const ANNA: &str = "15550002222@s.whatsapp.net";

pub fn person(address: &str) -> Person {
    address.parse().unwrap()
}

pub fn id(id: &str) -> MessageId {
    id.parse().unwrap()
}

pub fn me() -> Person {
    person("15550001111@s.whatsapp.net")
}

pub fn later(ms: u64) -> UnixMillis {
    UnixMillis(NOW.0 + ms)
}

/// A text of Anna's.
pub fn inbound(name: &str) -> Inbound {
    inbound_of(name, ANNA)
}

/// A text somebody wrote in their own chat.
pub fn inbound_of(name: &str, from: &str) -> Inbound {
    Inbound {
        id: id(name),
        chat: Chat::Person(person(from)),
        sender: person(from),
        from_me: false,
        name: Some("Anna".into()),
        group_name: None,
        at: NOW,
        offline: false,
        content: Content::Text {
            text: format!("the text of {name}"),
        },
        mentioned: Vec::new(),
        quoted: None,
    }
}

/// Something to send to Anna.
pub fn outbound(name: &str) -> Outbound {
    Outbound {
        id: id(name),
        chat: Chat::Person(person(ANNA)),
        content: Draft::Text {
            text: format!("the text of {name}"),
        },
        quoted: None,
        mentions: Vec::new(),
        typing: false,
        queued_at: NOW,
        expires_at: later(1_000),
        attempts: 0,
        reply: false,
    }
}

/// A webhook that hears everything.
pub fn webhook(name: &str) -> Webhook {
    Webhook {
        url: format!("http://192.168.1.9/{name}"),
        name: Some(name.into()),
        events: vec!["*".into()],
        sessions: None,
        secret: Secret::new("whsec_c2VjcmV0".into()),
        old_secret: None,
        headers: vec![("x-room".into(), Secret::new("7".into()))],
        enabled: true,
        disabled_reason: None,
        created_at: Some(NOW),
    }
}

/// An envelope that says what it is of, and nothing that changes.
pub fn envelope() -> Envelope {
    Arc::new(|event: &NewEvent| format!("{{\"id\":\"evt_{}\"}}", event.id))
}

pub fn around(now: UnixMillis) -> Around {
    Around {
        now,
        page: None,
        chances: vec![[7; 16]; 64],
        envelope: envelope(),
    }
}

/// Takes messages in.
pub async fn take_in(
    store: &Store,
    account: AccountId,
    batch: Vec<Inbound>,
) -> Result<Taken, StoreError> {
    store.take_in(account, me(), batch, around(NOW)).await
}

/// Takes texts of Anna's in; how many were new.
pub async fn take_texts(store: &Store, account: AccountId, names: &[&str]) -> usize {
    let batch = names.iter().map(|name| inbound(name)).collect();
    take_in(store, account, batch).await.unwrap().decided.len()
}

/// The ring, newest first.
pub fn ring(store: &Store, account: AccountId) -> Vec<KeptMessage> {
    store
        .messages(account, MessageFilter::newest(usize::MAX))
        .unwrap()
}

/// The ids of the ring, newest first.
pub fn ring_ids(store: &Store, account: AccountId) -> Vec<String> {
    let ids = ring(store, account).into_iter();
    ids.map(|message| message.id.as_str().to_owned()).collect()
}
