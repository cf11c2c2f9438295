//! A message of ours as the library sends it. Pure.

use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::media;
use whatsapp_rust::prelude::MessageExt as _;
use whatsapp_rust::upload::UploadResponse;
use whatsapp_rust::wacore::proto_helpers::build_reaction_message;
use whatsapp_rust::waproto::whatsapp as wa;

use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::{Card, Location, MediaKind, Quoted};
use crate::message::outbound::{Draft, Outbound};
use crate::whatsapp::people;

/// What is needed beside the message.
pub struct Around {
    /// The group knows its people by hidden identity.
    pub hidden: bool,
    /// Where the file of a message with one is.
    pub upload: Option<UploadResponse>,
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
}

/// The message; `None` when its file is missing.
#[must_use]
pub fn compose(outbound: &Outbound, around: Around) -> Option<wa::Message> {
    let hidden = around.hidden;
    let mut message = match &outbound.content {
        Draft::Text { text } => wa::Message {
            conversation: Some(text.clone()),
            ..wa::Message::default()
        },
        Draft::Media {
            kind,
            mimetype,
            caption,
            filename,
            ..
        } => file(
            *kind,
            mimetype,
            caption.clone(),
            filename.clone(),
            around.upload?,
        ),
        Draft::Location(place) => location(place),
        Draft::Contact(card) => contact(card),
        Draft::Reaction {
            target,
            sender,
            emoji,
        } => {
            let key = key(&outbound.chat, target, sender.as_ref(), hidden);
            return Some(build_reaction_message(key, emoji, around.now_ms));
        }
    };
    if outbound.quoted.is_some() || !outbound.mentions.is_empty() {
        let context = context(outbound.quoted.as_ref(), &outbound.mentions, hidden);
        message.set_context_info(context);
    }
    Some(message)
}

/// A message as another one names it: by its chat, and in a group by who wrote it.
#[must_use]
pub fn key(chat: &Chat, id: &MessageId, sender: Option<&Person>, hidden: bool) -> wa::MessageKey {
    let in_group = chat.group().is_some();
    wa::MessageKey {
        remote_jid: Some(people::chat_jid(chat).to_string()),
        from_me: Some(sender.is_none()),
        id: Some(id.as_str().to_owned()),
        participant: sender.filter(|_| in_group).map(|it| address(it, hidden)),
    }
}

/// A person as a message names them: as the group knows its people.
fn address(person: &Person, hidden: bool) -> String {
    let lid = person.lid_jid().filter(|_| hidden);
    lid.unwrap_or_else(|| person.jid())
}

fn context(quoted: Option<&Quoted>, mentions: &[Person], hidden: bool) -> wa::ContextInfo {
    let mut context = wa::ContextInfo {
        // By number: the text says `@` and the number.
        mentioned_jid: mentions.iter().map(Person::jid).collect(),
        ..wa::ContextInfo::default()
    };
    if let Some(quoted) = quoted {
        context.stanza_id = Some(quoted.id.as_str().to_owned());
        context.participant = Some(address(&quoted.sender, hidden));
        // Without any text nothing is shown as quoted.
        context.quoted_message = MessageField::some(wa::Message {
            conversation: Some(quoted.text.clone().unwrap_or_default()),
            ..wa::Message::default()
        });
    }
    context
}

fn file(
    kind: MediaKind,
    mimetype: &str,
    caption: Option<String>,
    filename: Option<String>,
    upload: UploadResponse,
) -> wa::Message {
    let mimetype = Some(mimetype.to_owned());
    match kind {
        MediaKind::Image => media::image_message(
            upload,
            media::ImageOptions {
                caption,
                mimetype,
                ..Default::default()
            },
        ),
        MediaKind::Video => media::video_message(
            upload,
            media::VideoOptions {
                caption,
                mimetype,
                ..Default::default()
            },
        ),
        MediaKind::Audio | MediaKind::Voice => media::audio_message(
            upload,
            media::AudioOptions {
                mimetype,
                ptt: Some(kind == MediaKind::Voice),
                ..Default::default()
            },
        ),
        MediaKind::Document => media::document_message(
            upload,
            media::DocumentOptions {
                caption,
                mimetype,
                title: filename.clone(),
                file_name: filename,
                ..Default::default()
            },
        ),
        MediaKind::Sticker => sticker(mimetype, upload),
    }
}

fn sticker(mimetype: Option<String>, upload: UploadResponse) -> wa::Message {
    wa::Message {
        sticker_message: MessageField::some(wa::message::StickerMessage {
            url: Some(upload.url),
            direct_path: Some(upload.direct_path),
            media_key: Some(upload.media_key.to_vec()),
            file_sha256: Some(upload.file_sha256.to_vec()),
            file_enc_sha256: Some(upload.file_enc_sha256.to_vec()),
            file_length: Some(upload.file_length),
            media_key_timestamp: Some(upload.media_key_timestamp),
            mimetype,
            ..Default::default()
        }),
        ..wa::Message::default()
    }
}

fn location(place: &Location) -> wa::Message {
    wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: Some(place.latitude),
            degrees_longitude: Some(place.longitude),
            name: place.name.clone(),
            address: place.address.clone(),
            ..Default::default()
        }),
        ..wa::Message::default()
    }
}

fn contact(card: &Card) -> wa::Message {
    wa::Message {
        contact_message: MessageField::some(wa::message::ContactMessage {
            display_name: Some(card.name.clone()),
            vcard: Some(card.vcard.clone()),
            ..Default::default()
        }),
        ..wa::Message::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::content::Content;
    use crate::time::UnixMillis;
    use crate::whatsapp::content;

    const GROUP: &str = "120363041234567890@g.us";

    fn outbound(chat: &str, content: Draft) -> Outbound {
        Outbound {
            id: "3EB001".parse().unwrap(),
            chat: chat.parse().unwrap(),
            content,
            quoted: None,
            mentions: Vec::new(),
            typing: false,
            queued_at: UnixMillis(0),
            expires_at: UnixMillis(1),
            attempts: 0,
            reply: false,
        }
    }

    fn around(hidden: bool) -> Around {
        Around {
            hidden,
            upload: None,
            now_ms: 1,
        }
    }

    fn alice() -> Person {
        let lid = "900000000002222@lid".parse::<Person>().unwrap();
        let phone = "15550002222@s.whatsapp.net".parse::<Person>().unwrap();
        people::joined(phone, &lid)
    }

    #[test]
    fn what_is_composed_is_understood() {
        let text = "hi @15550002222".to_owned();
        let mut answer = outbound(GROUP, Draft::Text { text: text.clone() });
        answer.mentions = vec![alice()];
        answer.quoted = Some(Quoted {
            id: "3A01".parse().unwrap(),
            sender: alice(),
            text: Some("who?".to_owned()),
        });
        let message = compose(&answer, around(true)).unwrap();
        assert_eq!(content::content(&message), Some(Content::Text { text }));
        assert_eq!(content::mentioned(&message)[0].jid(), alice().jid());
        let quoted = content::quoted(&message, None).unwrap();
        assert_eq!(
            quoted.sender.jid(),
            "900000000002222@lid",
            "as the group knows her"
        );
        assert_eq!(quoted.text.as_deref(), Some("who?"));

        let place = Location {
            latitude: 1.5,
            longitude: -2.0,
            name: Some("here".to_owned()),
            address: None,
        };
        let message = compose(
            &outbound(GROUP, Draft::Location(place.clone())),
            around(false),
        );
        assert_eq!(
            content::content(&message.unwrap()),
            Some(Content::Location(place))
        );
        let card = Card {
            name: "Bob".to_owned(),
            vcard: "BEGIN:VCARD".to_owned(),
        };
        let message = compose(
            &outbound(GROUP, Draft::Contact(card.clone())),
            around(false),
        );
        let cards = vec![card];
        assert_eq!(
            content::content(&message.unwrap()),
            Some(Content::Contact { cards })
        );
    }

    #[test]
    fn reactions_name_the_message() {
        let react = |chat: &str, sender: Option<Person>| {
            let draft = Draft::Reaction {
                target: "3A01".parse().unwrap(),
                sender,
                emoji: "👍".to_owned(),
            };
            let message = compose(&outbound(chat, draft), around(false)).unwrap();
            message.reaction_message.unwrap().key.unwrap()
        };
        let theirs = react(GROUP, Some(alice()));
        assert_eq!(
            theirs.participant.as_deref(),
            Some("15550002222@s.whatsapp.net")
        );
        assert_eq!(
            (theirs.from_me, theirs.remote_jid.as_deref()),
            (Some(false), Some(GROUP))
        );
        let ours = react(GROUP, None);
        assert_eq!((ours.from_me, ours.participant), (Some(true), None));
        let direct = react("15550002222@s.whatsapp.net", Some(alice()));
        assert_eq!((direct.from_me, direct.participant), (Some(false), None));
    }

    #[test]
    fn a_file_that_is_not_there_is_no_message() {
        let draft = Draft::Media {
            kind: MediaKind::Image,
            spooled: "x".to_owned(),
            mimetype: "image/png".to_owned(),
            size: 1,
            caption: None,
            filename: None,
        };
        assert!(compose(&outbound(GROUP, draft), around(false)).is_none());
    }
}
