//! The `payload` of events about messages (API.md), of which numbers, names and texts are a part: it
//! goes to webhooks and streams, never to a log.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::address::{Chat, Person};
use super::content::{Content, Media, Quoted};
use super::inbound::Inbound;
use super::policy::{Refusal, Request};
use crate::web::rfc3339;

/// A message, with every name that is known of those who take part.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// It.
    pub inbound: &'a Inbound,
    /// Who the account is.
    pub me: &'a Person,
    /// Who wrote it.
    pub sender: &'a Person,
    /// Where.
    pub chat: &'a Chat,
}

/// What every payload says of a message: who, where, when, but not what.
#[derive(Serialize)]
struct Head<'a> {
    from_number: Option<String>,
    to_number: Option<String>,
    message_type: &'static str,
    direction: &'static str,
    whatsapp_message_id: &'a str,
    is_group: bool,
    display_name: Option<&'a str>,
    date_received: String,
    sender_lid: Option<String>,
    chat_id: String,
    #[serde(flatten)]
    group: Option<GroupHead<'a>>,
}

#[derive(Serialize)]
struct GroupHead<'a> {
    group_jid: &'a str,
    group_name: Option<&'a str>,
    participant: Option<String>,
    participant_jid: String,
}

/// A number as people write it, `+15551234567`.
fn number(person: &Person) -> Option<String> {
    person.phone().map(|phone| format!("+{}", phone.digits()))
}

fn head(subject: Subject<'_>) -> Map<String, Value> {
    let Subject {
        inbound,
        me,
        sender,
        chat,
    } = subject;
    let head = Head {
        from_number: number(sender),
        to_number: number(me),
        message_type: inbound.content.word(),
        direction: "inbound",
        whatsapp_message_id: inbound.id.as_str(),
        is_group: chat.group().is_some(),
        display_name: inbound.name.as_deref(),
        date_received: rfc3339::format(inbound.at),
        sender_lid: sender.lid_jid(),
        chat_id: chat.id(),
        group: chat.group().map(|group| GroupHead {
            group_jid: group.as_str(),
            group_name: inbound.group_name.as_deref(),
            participant: number(sender),
            participant_jid: sender.jid(),
        }),
    };
    match serde_json::to_value(head) {
        Ok(Value::Object(fields)) => fields,
        // A struct of texts is an object.
        _ => Map::new(),
    }
}

/// Of a message that was taken. `media_url`: where its file can be had. `route`: the name of the route
/// that took it. `command`: what it stands for, if the person typed a command.
#[must_use]
pub fn message(
    subject: Subject<'_>,
    media_url: Option<&str>,
    route: Option<&str>,
    command: Option<&str>,
) -> Value {
    let inbound = subject.inbound;
    let mut fields = head(subject);
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("text", json!(text(&inbound.content)));
    put("route", json!(route));
    let mentioned = inbound.mentioned.iter().map(Person::jid);
    put("mentioned", json!(mentioned.collect::<Vec<_>>()));
    if let Some(quoted) = &inbound.quoted {
        put("quoted", self::quoted(quoted));
    }
    if let Some(command) = command {
        put("command", json!(command));
    }
    match &inbound.content {
        Content::Text { .. } => {}
        Content::Media(media) => put("media", self::media(media, media_url)),
        Content::Location(place) => put("location", json!(place)),
        Content::Contact { cards } => put("contacts", json!(cards)),
        Content::Reaction { target, emoji } => put(
            "reaction",
            json!({"emoji": emoji, "target": target.as_str()}),
        ),
        Content::Edit { target, .. } => put("edited", json!({"target": target.as_str()})),
        Content::Revoke { target } => put("revoked", json!({"target": target.as_str()})),
        Content::Other { what } => put("other", json!({"type": what})),
    }
    Value::Object(fields)
}

/// The emoji of a reaction is none of its text.
fn text(content: &Content) -> Option<&str> {
    match content {
        Content::Reaction { .. } => None,
        other => other.text(),
    }
}

fn quoted(quoted: &Quoted) -> Value {
    json!({
        "whatsapp_message_id": quoted.id.as_str(),
        "participant": number(&quoted.sender),
        "participant_jid": quoted.sender.jid(),
        "text": quoted.text,
    })
}

fn media(media: &Media, url: Option<&str>) -> Value {
    let mut fields = json!({
        "url": url,
        "mimetype": media.mimetype,
        "size": media.size,
        "sha256": media.sha256,
    });
    if let Some(name) = &media.filename {
        fields["filename"] = json!(name);
    }
    if let Some(seconds) = media.seconds {
        fields["seconds"] = json!(seconds);
    }
    fields
}

/// Of a message that was not taken: everything but what it says.
#[must_use]
pub fn denied(subject: Subject<'_>, reason: Refusal) -> Value {
    let mut fields = head(subject);
    fields.insert("reason".to_owned(), json!(reason.code()));
    Value::Object(fields)
}

/// Of somebody who waits to be let in.
#[must_use]
pub fn request(subject: Subject<'_>, request: &Request) -> Value {
    json!({
        "code": request.code,
        "from_number": number(&request.person),
        "to_number": number(subject.me),
        "sender_lid": request.person.lid_jid(),
        "chat_id": subject.chat.id(),
        "display_name": request.name,
        "expires_at": rfc3339::format(request.expires_at),
    })
}
