//! `pairbox send` and `pairbox messages`: what is sent, and how the list looks.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::ink::{Ink, Row, Tone, cell, plain, table};
use crate::args::SendAsk;

/// A message as the API lists it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    id: String,
    direction: String,
    chat: String,
    name: Option<String>,
    group_name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    at: Option<String>,
    status: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Messages {
    data: Vec<Message>,
}

/// What was taken.
#[derive(Deserialize)]
pub(super) struct Receipt {
    id: String,
    status: String,
    #[serde(default)]
    warning: Option<String>,
}

/// Endings of files, what they are, and the type of message that shows them best.
const ENDINGS: &[(&str, &str, &str)] = &[
    ("jpg", "image/jpeg", "image"),
    ("jpeg", "image/jpeg", "image"),
    ("png", "image/png", "image"),
    ("webp", "image/webp", "sticker"),
    ("mp4", "video/mp4", "video"),
    ("mp3", "audio/mpeg", "audio"),
    ("m4a", "audio/mp4", "audio"),
    ("ogg", "audio/ogg; codecs=opus", "voice"),
    ("opus", "audio/ogg; codecs=opus", "voice"),
    ("pdf", "application/pdf", "document"),
    ("txt", "text/plain", "document"),
    ("csv", "text/csv", "document"),
];

/// The body of a text.
pub(super) fn text_body(ask: &SendAsk, text: &str) -> Value {
    let mut body = json!({ "to": ask.to, "type": "text", "text": text });
    if let Some(quoted) = &ask.quote {
        body["quoted"] = json!(quoted);
    }
    body
}

/// A multipart body around a file, and its length in bytes.
pub struct Upload {
    /// What separates its parts.
    pub boundary: String,
    /// All of it.
    pub length: u64,
    /// All of it, read as it is sent.
    pub body: Box<dyn Read + Send>,
}

/// The body of a file.
///
/// # Errors
/// [`Failure::Usage`]: there is no such file.
pub fn upload(ask: &SendAsk, path: &Path, boundary: String) -> Result<Upload, Failure> {
    let wrong = |error: io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(wrong)?;
    let length = file.metadata().map_err(wrong)?.len();
    let ending = path.extension().and_then(|ending| ending.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    let known = ENDINGS.iter().find(|known| known.0 == ending);
    let mimetype = known.map_or("application/octet-stream", |known| known.1);
    let kind = ask.kind.as_deref().or(known.map(|known| known.2));
    let texts = [
        ("to", Some(ask.to.as_str())),
        ("type", Some(kind.unwrap_or("document"))),
        ("caption", ask.caption.as_deref()),
        ("quoted", ask.quote.as_deref()),
    ];
    // Writing to a String cannot fail.
    let mut head = String::new();
    for (name, value) in texts {
        if let Some(value) = value {
            let _ = write!(
                head,
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
    }
    let name = path.file_name().and_then(|name| name.to_str());
    // RFC 7578 leaves quotes in names to whoever writes them: they get none.
    let plain = |c: &char| !c.is_control() && *c != '"' && *c != '\\';
    let name: String = name.unwrap_or("file").chars().filter(plain).collect();
    let _ = write!(
        head,
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {mimetype}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    Ok(Upload {
        length: length + (head.len() + tail.len()) as u64,
        body: Box::new(
            io::Cursor::new(head)
                .chain(file.take(length))
                .chain(io::Cursor::new(tail)),
        ),
        boundary,
    })
}

/// What was taken, in a line.
pub(super) fn taken(receipt: &Receipt) -> String {
    let cold = receipt.warning.as_ref().map_or(
        "",
        |_| "; they did not write first: WhatsApp bans accounts that do this often",
    );
    format!("{} {}{cold}", receipt.status, receipt.id)
}

/// The list, oldest first, as a chat is read.
pub(super) fn list(messages: &Messages, ink: Ink) -> String {
    let row = |message: &Message| {
        let arrow = if message.direction == "inbound" {
            "<"
        } else {
            ">"
        };
        let tone = match message.status.as_str() {
            "failed" => Tone::Bad,
            "queued" => Tone::Busy,
            _ => Tone::Faint,
        };
        let status = match &message.reason {
            Some(reason) => format!("{}: {reason}", message.status),
            None => message.status.clone(),
        };
        let who = [&message.group_name, &message.name].into_iter().flatten();
        let who = who.cloned().collect::<Vec<_>>().join(", ");
        let text = match (&message.text, message.kind.as_str()) {
            (Some(text), "text") => text.clone(),
            (Some(text), kind) if !text.is_empty() => format!("[{kind}] {text}"),
            (_, kind) => format!("[{kind}]"),
        };
        Row {
            cells: vec![
                cell(Tone::Faint, message.at.clone().unwrap_or_default()),
                plain(arrow),
                plain(&message.chat),
                cell(Tone::Strong, who),
                cell(tone, status),
                plain(text.replace('\n', " ")),
            ],
            below: Vec::new(),
        }
    };
    table(
        ink,
        &messages.data.iter().rev().map(row).collect::<Vec<_>>(),
    )
}
