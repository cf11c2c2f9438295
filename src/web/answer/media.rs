//! The file of a message: fetched by the gateway, handed out from the disk, whole or in part.
//!
//! What somebody sent us must not run in a browser as if it were ours: only pictures, sound and films are
//! shown, and of those none that can carry a script; everything else is a download.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use super::Desk;
use crate::account::AccountId;
use crate::gateway::media::MediaProblem;
use crate::limits::MEDIA_WAIT;
use crate::message::body::is_mimetype;
use crate::ulid::Ulid;
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::route::Head;
use crate::web::route::errands::no_media;

/// A file to be handed out.
#[derive(Debug)]
pub struct FileReply {
    /// Status and headers; without a body.
    pub reply: Reply,
    /// Its `Content-Type`.
    pub media_type: String,
    /// The file, at the first byte that is wanted.
    pub file: File,
    /// How many bytes are.
    pub length: u64,
}

/// Media types that a browser may show as they are.
const SHOWN: [&str; 3] = ["image/", "audio/", "video/"];

impl Desk {
    pub(super) fn media(
        &self,
        id: AccountId,
        event: Ulid,
        head: &Head<'_>,
    ) -> Result<FileReply, Problem> {
        let backstage = self.backstage()?;
        let found = backstage.wait(MEDIA_WAIT, backstage.gateway.media(id, event))??;
        let opened = File::open(&found.path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, mut file) = opened.map_err(|_| kept_badly())?;
        let tag = format!("\"{event}\"");
        let wanted = match head.header("If-Range")? {
            Some(known) if known != tag => None,
            _ => head.header("Range")?,
        };
        let range = wanted.map_or(Ok(None), |text| range(text, size))?;
        let (status, from, length) = match range {
            None => (200, 0, size),
            Some((from, length)) => (206, from, length),
        };
        file.seek(SeekFrom::Start(from)).map_err(|_| kept_badly())?;
        let media_type = safe_type(&found.mimetype);
        let inline = SHOWN.iter().any(|kind| media_type.starts_with(kind));
        let mut reply = Reply::new(status, "", Vec::new())
            .header("Accept-Ranges", "bytes")
            .header("ETag", &tag)
            .header("Content-Security-Policy", "default-src 'none'; sandbox")
            .header(
                "Content-Disposition",
                &disposition(inline, found.filename.as_deref()),
            );
        if status == 206 {
            let last = (from + length).saturating_sub(1);
            reply = reply.header("Content-Range", &format!("bytes {from}-{last}/{size}"));
        }
        Ok(FileReply {
            reply,
            media_type,
            file,
            length,
        })
    }
}

/// The type to send it as. A drawing (SVG) can carry a script, whatever it is called.
fn safe_type(sent: &str) -> String {
    let kind = sent.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let shown = SHOWN.iter().any(|start| kind.starts_with(start));
    if is_mimetype(&kind) && shown && !kind.contains("xml") && !kind.contains("svg") {
        kind
    } else {
        "application/octet-stream".to_owned()
    }
}

/// RFC 6266, with the name in RFC 8187's way: no other names the same in all browsers.
fn disposition(inline: bool, filename: Option<&str>) -> String {
    let mut text = if inline { "inline" } else { "attachment" }.to_owned();
    if let Some(name) = filename.and_then(crate::message::body::plain_name) {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                // Writing to a text does not fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// One range (RFC 9110, 14.1.2): where it begins, and its length. `None`: it is not one of bytes, or more
/// than one: the whole file is sent then, as the RFC allows.
fn range(text: &str, size: u64) -> Result<Option<(u64, u64)>, Problem> {
    let Some(set) = text.strip_prefix("bytes=") else {
        return Ok(None);
    };
    let Some((first, last)) = set.trim().split_once('-').filter(|_| !set.contains(',')) else {
        return Ok(None);
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| !text.starts_with('+'));
    let (from, end) = match (first, last) {
        ("", last) => match number(last) {
            None => return Ok(None),
            Some(last) => (size.saturating_sub(last), size),
        },
        (first, "") => match number(first) {
            None => return Ok(None),
            Some(first) => (first, size),
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(size)),
            _ => return Ok(None),
        },
    };
    if from >= end {
        let detail = format!("The file has {size} bytes.");
        return Err(Problem::new(416, "bad_range", detail));
    }
    Ok(Some((from, end - from)))
}

fn kept_badly() -> Problem {
    Problem::new(503, "store", "The file could not be read.")
}

impl From<MediaProblem> for Problem {
    fn from(problem: MediaProblem) -> Self {
        let words = crate::web::messages::sentence(&problem.to_string());
        match problem {
            MediaProblem::Unknown => no_media(),
            MediaProblem::Gone => Self::new(410, "media_gone", words),
            MediaProblem::NotWorking => Self::new(409, "not_working", words),
            MediaProblem::TooLarge { .. } => Self::new(413, "media_too_large", words),
            MediaProblem::Unreachable(_) => Self::new(502, "media_unreachable", words),
            MediaProblem::Storage(_) => Self::new(503, "store", words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_of_the_file() {
        for (text, found) in [
            ("bytes=0-0", Some((0, 1))),
            ("bytes=0-9", Some((0, 10))),
            ("bytes=5-", Some((5, 5))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=-30", Some((0, 10))),
            ("bytes=2-99", Some((2, 8))),
            ("bytes=2-99999999999999999999", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("bytes=3-2", None),
            ("bytes=-", None),
            ("bytes=x-1", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(range(text, 10).unwrap(), found, "{text}");
        }
        for text in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(range(text, 10).unwrap_err().status, 416, "{text}");
        }
        assert_eq!(range("bytes=0-", 0).unwrap_err().status, 416);
    }

    #[test]
    fn only_what_cannot_run_is_shown() {
        for (sent, safe) in [
            ("image/jpeg", "image/jpeg"),
            ("Audio/OGG; codecs=opus", "audio/ogg"),
            ("image/svg+xml", "application/octet-stream"),
            ("text/html", "application/octet-stream"),
            ("application/pdf", "application/octet-stream"),
            ("image/x\r\nSet-Cookie: a", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(safe_type(sent), safe, "{sent:?}");
        }
        let said = disposition(false, Some("../a \"b\"\r\n;é.pdf"));
        assert_eq!(
            said,
            "attachment; filename*=UTF-8''a%20%22b%22%3B%C3%A9.pdf"
        );
    }
}
