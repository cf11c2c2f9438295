//! What people read: a message as a phone shows it, with the files in it opened.

use std::fmt;

use wacore_binary::Jid;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message;

use crate::compose::FileKind;

/// A text that was read on a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The device it came from.
    pub from: Jid,
    /// The message's id.
    pub id: String,
    /// What it says.
    pub body: String,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("id", &self.id)
            .field("letters", &self.body.chars().count())
            .finish_non_exhaustive()
    }
}

/// A message that was read on a phone.
#[derive(Clone, PartialEq)]
pub struct Received {
    /// The device it came from.
    pub from: Jid,
    /// The group it was written in.
    pub group: Option<Jid>,
    /// The address it was written to, as its sender saw it: by number or by hidden number.
    pub addressed: Jid,
    /// The message's id.
    pub id: String,
    /// What it is.
    pub content: Content,
    /// The id of the message it answers.
    pub quoted: Option<String>,
    /// The addresses it mentions.
    pub mentions: Vec<String>,
    /// All of it, as it was written.
    pub message: wa::Message,
}

/// What a message is.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the fields' names say it")]
pub enum Content {
    /// Words.
    Text(String),
    /// A file.
    File {
        kind: FileKind,
        mimetype: String,
        caption: Option<String>,
        filename: Option<String>,
        seconds: Option<u32>,
        /// The file as it was before it was encrypted; or why it cannot be had: it is not at the media
        /// server, its hashes are not those in the message, its key does not open it.
        file: Result<Vec<u8>, String>,
    },
    /// A place.
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
    },
    /// A contact card.
    Card { name: String, vcard: String },
    /// An emoji on a message.
    Reaction {
        emoji: String,
        id: String,
        /// As its sender sees it.
        from_me: bool,
        /// Who wrote that message, in groups.
        author: Option<String>,
    },
    /// A message written anew.
    Edit { id: String, text: Option<String> },
    /// A message taken back.
    Revoke { id: String },
    /// Anything else.
    Other,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("id", &self.id)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl Received {
    /// What it says, if it is words.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(body) => Some(body),
            _ => None,
        }
    }

    /// The file in it, if it has one that can be had.
    #[must_use]
    pub fn file(&self) -> Option<&[u8]> {
        match &self.content {
            Content::File { file, .. } => file.as_deref().ok(),
            _ => None,
        }
    }
}

/// What a message says about its file.
pub(crate) struct FileRef<'a> {
    pub(crate) kind: FileKind,
    pub(crate) direct_path: Option<&'a str>,
    pub(crate) media_key: Option<&'a [u8]>,
    pub(crate) sha256: Option<&'a [u8]>,
    pub(crate) enc_sha256: Option<&'a [u8]>,
    pub(crate) length: Option<u64>,
}

/// Makes out what a message is; `open` fetches files.
pub(crate) fn content(
    message: &wa::Message,
    open: impl Fn(&FileRef<'_>) -> Result<Vec<u8>, String>,
) -> Content {
    let message = unwrapped(message);
    if let Some(body) = words(message) {
        return Content::Text(body);
    }
    if let Some(file) = file(message, open) {
        return file;
    }
    if let Some(place) = message.location_message.as_option() {
        return Content::Location {
            latitude: place.degrees_latitude.unwrap_or_default(),
            longitude: place.degrees_longitude.unwrap_or_default(),
            name: place.name.clone(),
            address: place.address.clone(),
        };
    }
    if let Some(card) = message.contact_message.as_option() {
        return Content::Card {
            name: card.display_name.clone().unwrap_or_default(),
            vcard: card.vcard.clone().unwrap_or_default(),
        };
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let key = reaction.key.as_option().cloned().unwrap_or_default();
        return Content::Reaction {
            emoji: reaction.text.clone().unwrap_or_default(),
            id: key.id.unwrap_or_default(),
            from_me: key.from_me.unwrap_or_default(),
            author: key.participant,
        };
    }
    change(message).unwrap_or(Content::Other)
}

/// The message within wrappers.
fn unwrapped(message: &wa::Message) -> &wa::Message {
    let wrapper = [
        &message.edited_message,
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.view_once_message,
    ];
    let inner = wrapper
        .into_iter()
        .find_map(|wrapper| wrapper.as_option()?.message.as_option());
    inner.map_or(message, unwrapped)
}

fn words(message: &wa::Message) -> Option<String> {
    message.conversation.clone().or_else(|| {
        let extended = message.extended_text_message.as_option()?;
        extended.text.clone()
    })
}

/// An edit or a message taken back.
fn change(message: &wa::Message) -> Option<Content> {
    let protocol = message.protocol_message.as_option()?;
    let id = protocol.key.as_option()?.id.clone().unwrap_or_default();
    match protocol.r#type? {
        protocol_message::Type::MESSAGE_EDIT => Some(Content::Edit {
            id,
            text: protocol.edited_message.as_option().and_then(words),
        }),
        protocol_message::Type::REVOKE => Some(Content::Revoke { id }),
        _ => None,
    }
}

macro_rules! file_ref {
    ($kind:expr, $message:expr) => {
        FileRef {
            kind: $kind,
            direct_path: $message.direct_path.as_deref(),
            media_key: $message.media_key.as_deref(),
            sha256: $message.file_sha256.as_deref(),
            enc_sha256: $message.file_enc_sha256.as_deref(),
            length: $message.file_length,
        }
    };
}

fn file(
    message: &wa::Message,
    open: impl Fn(&FileRef<'_>) -> Result<Vec<u8>, String>,
) -> Option<Content> {
    let (reference, mimetype, caption, filename, seconds) =
        if let Some(image) = message.image_message.as_option() {
            let reference = file_ref!(FileKind::Image, image);
            (reference, &image.mimetype, &image.caption, &None, None)
        } else if let Some(video) = message.video_message.as_option() {
            let reference = file_ref!(FileKind::Video, video);
            let seconds = video.seconds;
            (reference, &video.mimetype, &video.caption, &None, seconds)
        } else if let Some(audio) = message.audio_message.as_option() {
            let kind = if audio.ptt == Some(true) {
                FileKind::Voice
            } else {
                FileKind::Audio
            };
            let reference = file_ref!(kind, audio);
            (reference, &audio.mimetype, &None, &None, audio.seconds)
        } else if let Some(paper) = message.document_message.as_option() {
            let reference = file_ref!(FileKind::Document, paper);
            let name = &paper.file_name;
            (reference, &paper.mimetype, &paper.caption, name, None)
        } else if let Some(sticker) = message.sticker_message.as_option() {
            let reference = file_ref!(FileKind::Sticker, sticker);
            (reference, &sticker.mimetype, &None, &None, None)
        } else {
            return None;
        };
    Some(Content::File {
        kind: reference.kind,
        file: open(&reference),
        mimetype: mimetype.clone().unwrap_or_default(),
        caption: caption.clone(),
        filename: filename.clone(),
        seconds,
    })
}

/// The context of a message: what it answers, whom it mentions.
pub(crate) fn context(message: &wa::Message) -> Option<&wa::ContextInfo> {
    let message = unwrapped(message);
    macro_rules! first_of {
        ($($field:ident),+ $(,)?) => {
            $(
                if let Some(context) = message
                    .$field
                    .as_option()
                    .and_then(|it| it.context_info.as_option())
                {
                    return Some(context);
                }
            )+
        };
    }
    first_of!(
        extended_text_message,
        image_message,
        video_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        contact_message,
    );
    None
}
