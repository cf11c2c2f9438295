//! What a program writes to have something sent, read field by field: the body of `POST …/messages` and
//! the `reply` of a webhook's answer, which leaves `to` out.
//!
//! Nothing of a value is in a problem's words. The name of an unknown field is in the value, for whoever
//! decides whether it can be repeated.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use thiserror::Error;

use super::address::MessageId;
use super::content::{Card, Location, MediaKind};
use super::wish::{MediaSource, SendWish, WishContent};
use crate::account::{AccountId, E164};

/// Longest media type, in bytes: twice the longest that is registered (RFC 6838, 4.2 allows 127 and 127).
const MIMETYPE_MAX: usize = 255;
/// Longest name of a file, in bytes: what file systems take.
const FILENAME_MAX: usize = 255;
/// Longest emoji, in bytes: a family with skin tones has 41.
const EMOJI_MAX: usize = 64;
/// Most people who are mentioned in one message: a group has 1024 members.
const MENTIONS_MAX: usize = 1024;
/// Longest time after which a message is not sent any more: a week, in seconds.
const EXPIRES_MAX_S: u64 = 7 * 24 * 60 * 60;

/// Whose wish it is, and what came beside the body.
#[derive(Clone, Debug)]
pub struct Around {
    /// Who sends.
    pub account: AccountId,
    /// Where it goes when the body does not say: the chat that is answered. `None`: the body has to.
    pub to: Option<String>,
    /// It answers something that came in.
    pub reply: bool,
    /// The same key within 24 h gets the first answer.
    pub idempotency_key: Option<String>,
    /// A file that was taken in already: its name within the spool folder, and its size in bytes.
    pub file: Option<(String, u64)>,
}

/// Why a body is no wish.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BodyProblem {
    /// There is no such type of message.
    #[error(
        "`type` is one of: text, image, video, audio, voice, document, sticker, location, contact, reaction"
    )]
    Type,
    /// A field that a message of this type does not have.
    #[error("there is a field that is not known here")]
    Unknown {
        /// Its name, the sender's text.
        name: String,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// A field that has to be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field has the wrong kind of value, or one that cannot be.
    #[error("`{0}` has to be {1}")]
    Wrong(&'static str, &'static str),
    /// A file comes from nowhere, or from more than one place.
    #[error("a file comes as exactly one of: `url`, `data`, a part `file` of a multipart body")]
    Source,
    /// The file could not be put where files wait.
    #[error("the file could not be kept")]
    NotKept,
}

/// Reads a wish. `spool` keeps the bytes of a file that is in the body and answers with its name within the
/// spool folder; it is called last, when everything else is well.
///
/// # Errors
/// [`BodyProblem`]
pub fn read(
    body: &Map<String, Value>,
    around: Around,
    spool: &mut dyn FnMut(&[u8]) -> Option<String>,
) -> Result<SendWish, BodyProblem> {
    let fields = Fields(body);
    let kind = fields.text("type")?.unwrap_or("text");
    let media = MediaKind::ALL.into_iter().find(|it| it.word() == kind);
    let own = own_fields(kind, around.file.is_some()).ok_or(BodyProblem::Type)?;
    fields.only(&[COMMON, own].concat())?;
    let to = match fields.text("to")? {
        Some(to) if to.trim().is_empty() => {
            return Err(BodyProblem::Wrong("to", "a number or an address"));
        }
        Some(to) => to.to_owned(),
        None => around.to.ok_or(BodyProblem::Missing("to"))?,
    };
    let quoted = fields.message_id("quoted")?;
    let mentions = fields.mentions()?;
    let typing = fields.flag("typing")?;
    let expires_in = fields.expiry()?;
    let content = match media {
        Some(kind) => file(&fields, kind, around.file, spool)?,
        None => plain(&fields, kind)?,
    };
    Ok(SendWish {
        account: around.account,
        to,
        content,
        quoted,
        mentions,
        typing,
        idempotency_key: around.idempotency_key,
        expires_in,
        reply: around.reply,
    })
}

/// Fields of every message.
const COMMON: &[&str] = &["to", "type", "quoted", "mentions", "typing", "expires_in_s"];

/// The further fields of a type; `None` when there is no such type.
fn own_fields(kind: &str, uploaded: bool) -> Option<&'static [&'static str]> {
    Some(match kind {
        "text" => &["text"],
        "location" => &["latitude", "longitude", "name", "address"],
        "contact" => &["name", "phone", "vcard"],
        "reaction" => &["message", "emoji"],
        _ if !MediaKind::ALL.into_iter().any(|it| it.word() == kind) => return None,
        _ if uploaded => &["mimetype", "filename", "caption"],
        _ => &["url", "data", "mimetype", "filename", "caption"],
    })
}

/// What is no file.
fn plain(fields: &Fields<'_>, kind: &str) -> Result<WishContent, BodyProblem> {
    match kind {
        "location" => Ok(WishContent::Location(Location {
            latitude: fields.degrees("latitude", 90.0)?,
            longitude: fields.degrees("longitude", 180.0)?,
            name: fields.text("name")?.map(str::to_owned),
            address: fields.text("address")?.map(str::to_owned),
        })),
        "contact" => card(fields).map(WishContent::Contact),
        "reaction" => {
            let emoji = fields.wanted("emoji")?;
            if emoji.len() > EMOJI_MAX || emoji.chars().any(char::is_control) {
                return Err(BodyProblem::Wrong("emoji", "one emoji, or empty"));
            }
            Ok(WishContent::Reaction {
                target: fields
                    .message_id("message")?
                    .ok_or(BodyProblem::Missing("message"))?,
                emoji: emoji.to_owned(),
            })
        }
        _ => match fields.wanted("text")? {
            text if text.trim().is_empty() => Err(BodyProblem::Wrong("text", "more than nothing")),
            text => Ok(WishContent::Text(text.to_owned())),
        },
    }
}

/// A card as it is, or one made of a name and a number.
fn card(fields: &Fields<'_>) -> Result<Card, BodyProblem> {
    let name = fields.wanted("name")?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(BodyProblem::Wrong("name", "one line"));
    }
    let vcard = match (fields.text("vcard")?, fields.text("phone")?) {
        (Some(vcard), None) if vcard.trim_start().starts_with("BEGIN:VCARD") => vcard.to_owned(),
        (Some(_), None) => return Err(BodyProblem::Wrong("vcard", "a vCard")),
        (None, Some(phone)) => {
            let phone: E164 = phone
                .parse()
                .map_err(|_| BodyProblem::Wrong("phone", "a number with country code"))?;
            made_card(name, &phone)
        }
        (None, None) => return Err(BodyProblem::Missing("phone")),
        (Some(_), Some(_)) => {
            return Err(BodyProblem::Wrong(
                "vcard",
                "left out where `phone` is given",
            ));
        }
    };
    Ok(Card {
        name: name.to_owned(),
        vcard,
    })
}

/// RFC 2426 (vCard 3.0); `waid` is what WhatsApp's clients find the account by.
fn made_card(name: &str, phone: &E164) -> String {
    let mut escaped = String::new();
    for letter in name.chars() {
        if matches!(letter, '\\' | ',' | ';') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    let digits = phone.digits();
    format!(
        "BEGIN:VCARD\nVERSION:3.0\nN:;{escaped};;;\nFN:{escaped}\n\
         TEL;type=CELL;waid={digits}:+{digits}\nEND:VCARD"
    )
}

fn file(
    fields: &Fields<'_>,
    kind: MediaKind,
    uploaded: Option<(String, u64)>,
    spool: &mut dyn FnMut(&[u8]) -> Option<String>,
) -> Result<WishContent, BodyProblem> {
    let caption = fields.text("caption")?.filter(|it| !it.is_empty());
    let filename = fields.text("filename")?.and_then(plain_name);
    let source = match (uploaded, fields.text("url")?, fields.text("data")?) {
        (Some((file, size)), None, None) => MediaSource::Spooled {
            file,
            mimetype: fields.mimetype()?,
            size,
        },
        (None, Some(_), None) if fields.has("mimetype") => {
            return Err(BodyProblem::Wrong(
                "mimetype",
                "left out where `url` is given",
            ));
        }
        (None, Some(url), None) => {
            let known = ["http://", "https://"].iter().any(|it| url.starts_with(it));
            let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
            if !known || !plain {
                return Err(BodyProblem::Wrong("url", "an http or https URL"));
            }
            MediaSource::Url(url.to_owned())
        }
        (None, None, Some(data)) => {
            let mimetype = fields.mimetype()?;
            let wrong = || BodyProblem::Wrong("data", "a file in base64, not empty");
            let bytes = STANDARD.decode(data).map_err(|_| wrong())?;
            if bytes.is_empty() {
                return Err(wrong());
            }
            MediaSource::Spooled {
                file: spool(&bytes).ok_or(BodyProblem::NotKept)?,
                mimetype,
                size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            }
        }
        _ => return Err(BodyProblem::Source),
    };
    Ok(WishContent::Media {
        kind,
        source,
        caption: caption.map(str::to_owned),
        filename,
    })
}

/// The last piece of a path, for people: it names no file of ours. `None` when nothing is left of it.
#[must_use]
pub fn plain_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut plain: String = last.chars().filter(|it| !it.is_control()).collect();
    while plain.len() > FILENAME_MAX {
        plain.pop();
    }
    let plain = plain.trim().to_owned();
    (!plain.is_empty() && plain != "." && plain != "..").then_some(plain)
}

struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn only(&self, known: &[&'static str]) -> Result<(), BodyProblem> {
        let unknown = self.0.keys().find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            Err(BodyProblem::Unknown {
                name: name.clone(),
                known: known.to_vec(),
            })
        })
    }

    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<Option<&'a str>, BodyProblem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(BodyProblem::Wrong(name, "a text")),
        }
    }

    fn wanted(&self, name: &'static str) -> Result<&'a str, BodyProblem> {
        self.text(name)?.ok_or(BodyProblem::Missing(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, BodyProblem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(BodyProblem::Wrong(name, "true or false")),
        }
    }

    fn degrees(&self, name: &'static str, most: f64) -> Result<f64, BodyProblem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Err(BodyProblem::Missing(name)),
            Some(value) => value
                .as_f64()
                .filter(|degrees| degrees.abs() <= most)
                .ok_or(BodyProblem::Wrong(name, "degrees")),
        }
    }

    fn message_id(&self, name: &'static str) -> Result<Option<MessageId>, BodyProblem> {
        let id = self.text(name)?.map(str::parse).transpose();
        id.map_err(|_| BodyProblem::Wrong(name, "the id of a message"))
    }

    fn mentions(&self) -> Result<Vec<String>, BodyProblem> {
        let wrong = || BodyProblem::Wrong("mentions", "a list of numbers or addresses");
        match self.0.get("mentions") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(all)) if all.len() <= MENTIONS_MAX => {
                let texts = all.iter().map(|it| it.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    fn expiry(&self) -> Result<Option<Duration>, BodyProblem> {
        match self.0.get("expires_in_s") {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .filter(|seconds| (1..=EXPIRES_MAX_S).contains(seconds))
                .map(|seconds| Some(Duration::from_secs(seconds)))
                .ok_or(BodyProblem::Wrong("expires_in_s", "1 to 604800")),
        }
    }

    fn mimetype(&self) -> Result<String, BodyProblem> {
        let text = self.wanted("mimetype")?;
        is_mimetype(text)
            .then(|| text.to_owned())
            .ok_or(BodyProblem::Wrong(
                "mimetype",
                "a media type, as image/jpeg",
            ))
    }
}

/// Whether a text is a media type, with parameters or without.
#[must_use]
pub fn is_mimetype(text: &str) -> bool {
    let kind = text.split(';').next().unwrap_or_default().trim();
    let word = |word: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !word.is_empty() && word.bytes().all(plain)
    };
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    text.len() <= MIMETYPE_MAX
        && printable
        && kind
            .split_once('/')
            .is_some_and(|(a, b)| word(a) && word(b))
}
