//! What people write: messages of every type, as their apps build them, ready for
//! [`crate::Contact::send`].
//!
//! Files are made by [`crate::Contact::attach`], which leaves them at the media server first.

use wacore_binary::{Jid, JidExt as _};
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message;

use crate::clock;

/// What kind of file a message carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound file.
    Audio,
    /// A voice note: sound that was spoken into the phone.
    Voice,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

/// A file to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What it is sent as.
    pub kind: FileKind,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// `image/jpeg`
    pub mimetype: String,
    /// What is written below it.
    pub caption: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// How long it plays.
    pub seconds: Option<u32>,
}

impl Attachment {
    /// A file of that kind with nothing around it.
    #[must_use]
    pub fn new(kind: FileKind, mimetype: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            bytes: bytes.into(),
            mimetype: mimetype.to_owned(),
            caption: None,
            filename: None,
            seconds: None,
        }
    }

    /// With something written below it.
    #[must_use]
    pub fn caption(mut self, caption: &str) -> Self {
        self.caption = Some(caption.to_owned());
        self
    }

    /// With a name.
    #[must_use]
    pub fn filename(mut self, name: &str) -> Self {
        self.filename = Some(name.to_owned());
        self
    }

    /// With a length.
    #[must_use]
    pub fn seconds(mut self, seconds: u32) -> Self {
        self.seconds = Some(seconds);
        self
    }
}

/// A message that another one speaks of.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Who wrote it.
    pub author: Jid,
    /// Whether that is the one who speaks of it now.
    pub own: bool,
    /// What it said, for quotes.
    pub message: wa::Message,
}

impl Target {
    /// A message somebody else wrote.
    #[must_use]
    pub fn of(author: Jid, id: &str, message: wa::Message) -> Self {
        Self {
            id: id.to_owned(),
            author,
            own: false,
            message,
        }
    }

    /// One's own message.
    #[must_use]
    pub fn own(author: Jid, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            author,
            own: true,
            message: wa::Message::default(),
        }
    }

    /// `chat` is the other person's address, or the group's, as the speaker sees it.
    fn key(&self, chat: &Jid) -> wa::MessageKey {
        wa::MessageKey {
            remote_jid: Some(chat.to_non_ad().to_string()),
            from_me: Some(self.own),
            id: Some(self.id.clone()),
            participant: chat.is_group().then(|| self.author.to_non_ad().to_string()),
        }
    }
}

/// A plain text.
#[must_use]
pub fn text(body: &str) -> wa::Message {
    wa::Message {
        conversation: Some(body.to_owned()),
        ..Default::default()
    }
}

/// A text that mentions people; apps write `@` and the user part of the address into it.
#[must_use]
pub fn mention(body: &str, people: &[Jid]) -> wa::Message {
    extended(
        body,
        wa::ContextInfo {
            mentioned_jid: people
                .iter()
                .map(|person| person.to_non_ad().to_string())
                .collect(),
            ..Default::default()
        },
    )
}

/// A text that answers a message.
#[must_use]
pub fn quote(body: &str, quoted: &Target) -> wa::Message {
    extended(body, quoting(quoted))
}

/// The context of an answer, for messages other than texts.
#[must_use]
pub fn quoting(quoted: &Target) -> wa::ContextInfo {
    wa::ContextInfo {
        stanza_id: Some(quoted.id.clone()),
        participant: Some(quoted.author.to_non_ad().to_string()),
        quoted_message: MessageField::some(quoted.message.clone()),
        ..Default::default()
    }
}

/// A text with a context of any kind.
#[must_use]
pub fn extended(body: &str, context: wa::ContextInfo) -> wa::Message {
    wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some(body.to_owned()),
            context_info: MessageField::some(context),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A place, in degrees.
#[must_use]
pub fn location(latitude: f64, longitude: f64, name: &str, address: &str) -> wa::Message {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: Some(latitude),
            degrees_longitude: Some(longitude),
            name: given(name),
            address: given(address),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A contact card.
#[must_use]
pub fn card(name: &str, vcard: &str) -> wa::Message {
    wa::Message {
        contact_message: MessageField::some(wa::message::ContactMessage {
            display_name: Some(name.to_owned()),
            vcard: Some(vcard.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// An emoji on a message; an empty one takes it away. `chat`: the address written to, as the writer
/// sees it.
#[must_use]
pub fn reaction(chat: &Jid, to: &Target, emoji: &str) -> wa::Message {
    wa::Message {
        reaction_message: MessageField::some(wa::message::ReactionMessage {
            key: MessageField::some(to.key(chat)),
            text: Some(emoji.to_owned()),
            sender_timestamp_ms: i64::try_from(clock::unix_seconds() * 1000).ok(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// One's own message, written anew.
#[must_use]
pub fn edit(chat: &Jid, of: &Target, now: wa::Message) -> wa::Message {
    let protocol = wa::message::ProtocolMessage {
        key: MessageField::some(of.key(chat)),
        r#type: Some(protocol_message::Type::MESSAGE_EDIT),
        edited_message: MessageField::some(now),
        timestamp_ms: i64::try_from(clock::unix_seconds() * 1000).ok(),
        ..Default::default()
    };
    wa::Message {
        edited_message: MessageField::some(wa::message::FutureProofMessage {
            message: MessageField::some(wa::Message {
                protocol_message: MessageField::some(protocol),
                ..Default::default()
            }),
        }),
        ..Default::default()
    }
}

/// A message taken back: one's own, or, by an admin of a group, somebody else's.
#[must_use]
pub fn revoke(chat: &Jid, of: &Target) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(wa::message::ProtocolMessage {
            key: MessageField::some(of.key(chat)),
            r#type: Some(protocol_message::Type::REVOKE),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The `edit` attribute of the stanza that carries a message, if it has one: 1 an edit, 7 taken back
/// by its author, 8 by an admin.
pub(crate) fn edit_attribute(message: &wa::Message) -> Option<&'static str> {
    let inner = message
        .edited_message
        .as_option()
        .and_then(|edited| edited.message.as_option())
        .unwrap_or(message);
    let protocol = inner.protocol_message.as_option()?;
    match protocol.r#type? {
        protocol_message::Type::MESSAGE_EDIT => Some("1"),
        protocol_message::Type::REVOKE => {
            let own = protocol.key.as_option().and_then(|key| key.from_me);
            Some(if own == Some(false) { "8" } else { "7" })
        }
        _ => None,
    }
}

/// The `type` attribute of its stanza.
pub(crate) fn stanza_type(message: &wa::Message) -> &'static str {
    if message.reaction_message.is_set() {
        "reaction"
    } else if media_type(message).is_some() {
        "media"
    } else {
        "text"
    }
}

/// The `mediatype` attribute of its `<enc>`.
pub(crate) fn media_type(message: &wa::Message) -> Option<&'static str> {
    if message.image_message.is_set() {
        Some("image")
    } else if message.video_message.is_set() {
        Some("video")
    } else if let Some(audio) = message.audio_message.as_option() {
        Some(if audio.ptt == Some(true) {
            "ptt"
        } else {
            "audio"
        })
    } else if message.document_message.is_set() {
        Some("document")
    } else if message.sticker_message.is_set() {
        Some("sticker")
    } else if message.location_message.is_set() {
        Some("location")
    } else if message.contact_message.is_set() {
        Some("vcard")
    } else {
        None
    }
}
