//! What a message of the library says, in our words. Pure.
//!
//! Nothing that people wrote gets lost here: what has no word of ours is [`Content::Other`], and the
//! texts of buttons, lists and forms are texts. What devices tell each other says nothing.

#[cfg(test)]
mod tests;
mod unwrap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use crate::message::address::{MessageId, Person};
use crate::message::content::{Card, Content, Location, Media, MediaKind, Quoted, Remote};
use crate::whatsapp::people;
use unwrap::{context, innermost, is_machinery, name};

/// A mimetype longer than this is none.
const MIMETYPE_MAX: usize = 100;

/// What a message says; `None` when it says nothing to people.
#[must_use]
pub fn content(message: &wa::Message) -> Option<Content> {
    let message = innermost(message);
    let typed = || typed(message).map(str::to_owned);
    if let Some(media) = media(message) {
        let caption = media.caption.or_else(typed);
        return Some(Content::Media(Media { caption, ..media }));
    }
    if let Some(text) = typed() {
        return Some(Content::Text { text });
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return of_protocol(protocol);
    }
    let text = || {
        let text = chosen(message).or_else(|| offered(message))?.to_owned();
        Some(Content::Text { text })
    };
    let other = || {
        let what = name(message).to_owned();
        (!is_machinery(message)).then_some(Content::Other { what })
    };
    reaction(message)
        .or_else(|| location(message).map(Content::Location))
        .or_else(|| contact(message))
        .or_else(text)
        .or_else(other)
}

/// Messages about messages.
fn of_protocol(protocol: &wa::message::ProtocolMessage) -> Option<Content> {
    let key = protocol.key.as_option();
    let target = key.and_then(|key| key.id.as_deref()?.parse::<MessageId>().ok());
    let edited = protocol.edited_message.as_option();
    match (protocol.r#type, edited, target) {
        (Some(ProtocolType::MESSAGE_EDIT) | None, Some(edited), Some(target)) => {
            let text = readable(edited).unwrap_or_default();
            Some(Content::Edit { target, text })
        }
        (Some(ProtocolType::REVOKE), _, Some(target)) => Some(Content::Revoke { target }),
        // An edit of nobody knows what is still something that was written.
        (_, Some(edited), _) => Some(Content::Text {
            text: readable(edited)?,
        }),
        _ => None,
    }
}

/// The text or caption people read in a message, whatever else it is.
fn readable(message: &wa::Message) -> Option<String> {
    let message = innermost(message);
    let caption = || media(message).and_then(|media| media.caption);
    text(message).map(str::to_owned).or_else(caption)
}

#[allow(clippy::ref_option, reason = "as the library's fields are")]
fn not_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// What somebody typed, or chose from what a business offered, or what a business wrote above that.
fn text(message: &wa::Message) -> Option<&str> {
    typed(message)
        .or_else(|| chosen(message))
        .or_else(|| offered(message))
}

fn typed(message: &wa::Message) -> Option<&str> {
    let extended = message.extended_text_message.as_option();
    not_empty(&message.conversation).or_else(|| not_empty(&extended?.text))
}

fn chosen(message: &wa::Message) -> Option<&str> {
    use whatsapp_rust::waproto::whatsapp::__buffa::oneof::message::buttons_response_message::Response;
    let button = || {
        let response = message.buttons_response_message.as_option()?;
        let Response::SelectedDisplayText(text) = response.response.as_ref()?;
        Some(text.as_str()).filter(|text| !text.is_empty())
    };
    let row = || {
        let list = message.list_response_message.as_option()?;
        not_empty(&list.title).or_else(|| not_empty(&list.description))
    };
    let template = || {
        let reply = message.template_button_reply_message.as_option()?;
        not_empty(&reply.selected_display_text)
    };
    let form = || {
        let response = message.interactive_response_message.as_option()?;
        not_empty(&response.body.as_option()?.text)
    };
    button().or_else(row).or_else(template).or_else(form)
}

fn offered(message: &wa::Message) -> Option<&str> {
    let buttons = || not_empty(&message.buttons_message.as_option()?.content_text);
    let list = || {
        let list = message.list_message.as_option()?;
        not_empty(&list.description).or_else(|| not_empty(&list.title))
    };
    let template = || {
        let structured = message.highly_structured_message.as_option();
        let hydrated = structured.and_then(|it| it.hydrated_hsm.as_option());
        let template = message.template_message.as_option().or(hydrated)?;
        not_empty(
            &template
                .hydrated_template
                .as_option()?
                .hydrated_content_text,
        )
    };
    let form = || {
        let interactive = message.interactive_message.as_option()?;
        not_empty(&interactive.body.as_option()?.text)
    };
    let invite = || not_empty(&message.group_invite_message.as_option()?.caption);
    buttons()
        .or_else(list)
        .or_else(template)
        .or_else(form)
        .or_else(invite)
}

fn reaction(message: &wa::Message) -> Option<Content> {
    let reaction = message.reaction_message.as_option()?;
    Some(Content::Reaction {
        target: reaction.key.as_option()?.id.as_deref()?.parse().ok()?,
        emoji: reaction.text.clone().unwrap_or_default(),
    })
}

/// A file of a message: the fields all kinds have, whatever they are called.
macro_rules! media_of {
    ($kind:expr, $file:expr, $default:literal) => {{
        let file = $file;
        Media {
            kind: $kind,
            mimetype: mimetype(file.mimetype.as_deref(), $default),
            size: file.file_length.unwrap_or(0),
            sha256: file.file_sha256.as_deref().map(hex).unwrap_or_default(),
            caption: None,
            filename: None,
            seconds: None,
            remote: remote(&file.direct_path, &file.media_key, &file.file_enc_sha256),
        }
    }};
}

fn media(message: &wa::Message) -> Option<Media> {
    if let Some(image) = message.image_message.as_option() {
        let caption = not_empty(&image.caption).map(str::to_owned);
        let media = media_of!(MediaKind::Image, image, "image/jpeg");
        return Some(Media { caption, ..media });
    }
    let video = message.video_message.as_option();
    if let Some(video) = video.or(message.ptv_message.as_option()) {
        return Some(Media {
            caption: not_empty(&video.caption).map(str::to_owned),
            seconds: video.seconds,
            ..media_of!(MediaKind::Video, video, "video/mp4")
        });
    }
    if let Some(audio) = message.audio_message.as_option() {
        let kind = match audio.ptt {
            Some(true) => MediaKind::Voice,
            _ => MediaKind::Audio,
        };
        return Some(Media {
            seconds: audio.seconds,
            ..media_of!(kind, audio, "audio/ogg")
        });
    }
    if let Some(document) = message.document_message.as_option() {
        let filename = not_empty(&document.file_name).or_else(|| not_empty(&document.title));
        return Some(Media {
            caption: not_empty(&document.caption).map(str::to_owned),
            filename: filename.map(str::to_owned),
            ..media_of!(MediaKind::Document, document, "application/octet-stream")
        });
    }
    let sticker = message.sticker_message.as_option()?;
    Some(media_of!(MediaKind::Sticker, sticker, "image/webp"))
}

/// What the sender says, if it can stand in a header; they may say anything.
fn mimetype(said: Option<&str>, default: &str) -> String {
    let fits = |said: &&str| {
        said.contains('/')
            && said.len() <= MIMETYPE_MAX
            && said.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    said.filter(fits).unwrap_or(default).to_owned()
}

/// Two hexadecimal digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(digit).collect()
}

/// How to get the file, if the message says all of it.
#[allow(clippy::ref_option, reason = "as the library's fields are")]
fn remote(
    path: &Option<String>,
    key: &Option<Vec<u8>>,
    enc_sha256: &Option<Vec<u8>>,
) -> Option<Remote> {
    Some(Remote {
        direct_path: not_empty(path)?.to_owned(),
        media_key: BASE64_STANDARD.encode(key.as_deref()?),
        enc_sha256: BASE64_STANDARD.encode(enc_sha256.as_deref()?),
    })
}

fn location(message: &wa::Message) -> Option<Location> {
    let (latitude, longitude, name, address) =
        if let Some(place) = message.location_message.as_option() {
            let name = not_empty(&place.name).or_else(|| not_empty(&place.comment));
            let address = not_empty(&place.address);
            (
                place.degrees_latitude,
                place.degrees_longitude,
                name,
                address,
            )
        } else {
            let live = message.live_location_message.as_option()?;
            let name = not_empty(&live.caption);
            (live.degrees_latitude, live.degrees_longitude, name, None)
        };
    // A number that is none has no JSON, and a place that is nowhere no map.
    let on_earth = |degrees: Option<f64>, most: f64| degrees.filter(|it| it.abs() <= most);
    Some(Location {
        latitude: on_earth(latitude, 90.0)?,
        longitude: on_earth(longitude, 180.0)?,
        name: name.map(str::to_owned),
        address: address.map(str::to_owned),
    })
}

fn contact(message: &wa::Message) -> Option<Content> {
    let card = |contact: &wa::message::ContactMessage| Card {
        name: contact.display_name.clone().unwrap_or_default(),
        vcard: contact.vcard.clone().unwrap_or_default(),
    };
    let one = message.contact_message.as_option();
    let several = message.contacts_array_message.as_option();
    let several = several.into_iter().flat_map(|array| &array.contacts);
    let cards: Vec<Card> = one.into_iter().chain(several).map(card).collect();
    (!cards.is_empty()).then_some(Content::Contact { cards })
}

/// Who is mentioned in a message.
#[must_use]
pub fn mentioned(message: &wa::Message) -> Vec<Person> {
    let context = context(innermost(message));
    let addresses = context.into_iter().flat_map(|it| &it.mentioned_jid);
    addresses.filter_map(|it| people::named(it)).collect()
}

/// What a message answers. `partner` is who wrote the quoted one when the message does not say: the
/// other one of a chat of two.
#[must_use]
pub fn quoted(message: &wa::Message, partner: Option<&Person>) -> Option<Quoted> {
    let context = context(innermost(message))?;
    let sender = context.participant.as_deref().and_then(people::named);
    Some(Quoted {
        id: context.stanza_id.as_deref()?.parse().ok()?,
        sender: sender.or_else(|| partner.cloned())?,
        text: context.quoted_message.as_option().and_then(readable),
    })
}

/// How long messages of the chat last, in seconds, by what this one says of it; `None` when it says
/// nothing, zero when they stay.
#[must_use]
pub fn timer(message: &wa::Message) -> Option<u32> {
    let message = innermost(message);
    if let Some(protocol) = message.protocol_message.as_option() {
        let set = protocol.r#type == Some(ProtocolType::EPHEMERAL_SETTING);
        return set.then(|| protocol.ephemeral_expiration.unwrap_or(0));
    }
    let timed = context(message).and_then(|it| it.expiration);
    // Whoever writes into a chat with a timer says so; reactions and the like have no place for it.
    let says = text(message).is_some() || media(message).is_some();
    timed.or(says.then_some(0))
}
