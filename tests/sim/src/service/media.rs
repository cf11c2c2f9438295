//! The media server: takes encrypted files and hands them out, over plain HTTP on the service's port.
//!
//! The real one speaks TLS, and clients put `https://` before the host name that `media_conn` gives:
//! a client under test has to leave that out for loopback. Uploads need the token of `media_conn`, and
//! have to be what their path says: the SHA-256 of the encrypted bytes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wacore::download::{DownloadUtils, MediaType};
use wacore::upload::encrypt_media;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use super::Shared;
use super::faults::MediaFault;
use super::state::State;
use crate::clock;
use crate::compose::{Attachment, FileKind};
use crate::event_log::Event;
use crate::keys;
use crate::reading::FileRef;
use crate::refusal::Refusal;
use crate::stanza::empty;

/// Where files are left.
const UPLOAD: &str = "/mms/";
/// Where they are had.
const DOWNLOAD: &str = "/v/";
/// Longer than the product lets anybody send.
const UPLOAD_MAX: usize = 256 * 1024 * 1024;

/// The files at the media server.
pub(crate) struct Media {
    /// What clients have to show.
    auth: String,
    /// By direct path.
    files: BTreeMap<String, Vec<u8>>,
}

/// A request about media.
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) target: String,
    pub(crate) length: Option<usize>,
    pub(crate) chunked: bool,
    /// What of the body came with the head.
    pub(crate) rest: Vec<u8>,
}

impl Media {
    pub(crate) fn new() -> Self {
        Self {
            auth: URL_SAFE_NO_PAD.encode(keys::random::<24>()),
            files: BTreeMap::new(),
        }
    }

    fn keep(&mut self, bytes: Vec<u8>) -> String {
        let name = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
        let path = format!("{DOWNLOAD}t62.7118-24/{name}");
        self.files.insert(path.clone(), bytes);
        path
    }

    /// What a phone gets of the file that a message speaks of.
    pub(crate) fn open(&self, file: &FileRef<'_>) -> Result<Vec<u8>, String> {
        let path = file.direct_path.ok_or("the message names no path")?;
        let stored = self
            .files
            .get(path)
            .ok_or("the media server has no such file")?;
        if Some(Sha256::digest(stored).as_slice()) != file.enc_sha256 {
            return Err("the hash of the encrypted file is another one".to_owned());
        }
        let key = file.media_key.ok_or("the message holds no key")?;
        let plain = DownloadUtils::verify_and_decrypt(stored, key, media_type(file.kind))
            .map_err(|error| error.to_string())?;
        if Some(Sha256::digest(&plain).as_slice()) != file.sha256 {
            return Err("the hash of the file is another one".to_owned());
        }
        if file.length != Some(plain.len() as u64) {
            return Err("the length of the file is another one".to_owned());
        }
        Ok(plain)
    }
}

impl State {
    /// `<media_conn>`
    pub(crate) fn media_conn(&self) -> Node {
        let host = NodeBuilder::new("host")
            .attr("hostname", self.address.to_string())
            .attr("type", "primary")
            .children([empty("upload"), empty("download")])
            .build();
        NodeBuilder::new("media_conn")
            .attr("auth", self.media.auth.as_str())
            .attr("ttl", 300_u32)
            .attr("auth_ttl", 21_600_u32)
            .attr("max_buckets", 12_u8)
            .children([host])
            .build()
    }

    /// A phone leaves a file, and makes the message that carries it.
    pub(crate) fn attach(&mut self, file: &Attachment) -> wa::Message {
        #[allow(clippy::expect_used, reason = "AES-CBC takes every text")]
        let sealed =
            encrypt_media(&file.bytes, media_type(file.kind)).expect("a file is encrypted");
        let path = self.media.keep(sealed.data_to_upload);
        let left = Left {
            url: url(self.address, &path),
            path,
            key: sealed.media_key.to_vec(),
            sha256: sealed.file_sha256.to_vec(),
            enc_sha256: sealed.file_enc_sha256.to_vec(),
        };
        carrying(file, left)
    }
}

/// A file that was left at the media server.
struct Left {
    url: String,
    path: String,
    key: Vec<u8>,
    sha256: Vec<u8>,
    enc_sha256: Vec<u8>,
}

fn url(address: SocketAddr, path: &str) -> String {
    format!("https://{address}{path}")
}

macro_rules! carry {
    ($kind:ident, $file:expr, $left:expr $(, $field:ident: $value:expr)*) => {
        MessageField::some(wa::message::$kind {
            url: Some($left.url),
            direct_path: Some($left.path),
            media_key: Some($left.key),
            file_sha256: Some($left.sha256),
            file_enc_sha256: Some($left.enc_sha256),
            file_length: Some($file.bytes.len() as u64),
            mimetype: Some($file.mimetype.clone()),
            media_key_timestamp: i64::try_from(clock::unix_seconds()).ok(),
            $($field: $value,)*
            ..Default::default()
        })
    };
}

fn carrying(file: &Attachment, left: Left) -> wa::Message {
    let mut message = wa::Message::default();
    let caption = file.caption.clone();
    match file.kind {
        FileKind::Image => {
            message.image_message = carry!(ImageMessage, file, left, caption: caption);
        }
        FileKind::Video => {
            message.video_message =
                carry!(VideoMessage, file, left, caption: caption, seconds: file.seconds);
        }
        FileKind::Audio | FileKind::Voice => {
            let ptt = Some(file.kind == FileKind::Voice);
            message.audio_message =
                carry!(AudioMessage, file, left, seconds: file.seconds, ptt: ptt);
        }
        FileKind::Document => {
            let name = file.filename.clone();
            let title = name.clone();
            message.document_message = carry!(
                DocumentMessage, file, left,
                caption: caption, file_name: name, title: title
            );
        }
        FileKind::Sticker => {
            message.sticker_message = carry!(StickerMessage, file, left);
        }
    }
    message
}

fn media_type(kind: FileKind) -> MediaType {
    match kind {
        FileKind::Image => MediaType::Image,
        FileKind::Video => MediaType::Video,
        FileKind::Audio | FileKind::Voice => MediaType::Audio,
        FileKind::Document => MediaType::Document,
        FileKind::Sticker => MediaType::Sticker,
    }
}

/// Whether a path is the media server's.
pub(crate) fn serves(path: &str) -> bool {
    path.starts_with(UPLOAD) || path.starts_with(DOWNLOAD)
}

/// Answers one request.
pub(crate) async fn serve(shared: Arc<Shared>, stream: &mut TcpStream, request: Request) {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let path = path.to_owned();
    let query: BTreeMap<String, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let fault = shared.faults.borrow().media();
    if request.method == "POST" && path.starts_with(UPLOAD) {
        if let Some(body) = read_body(stream, &request).await {
            upload(&shared, stream, &path, &query, body, fault).await;
        }
    } else if request.method == "GET" {
        download(&shared, stream, &path, fault).await;
    } else {
        reply(stream, "405 Method Not Allowed", b"", 0).await;
    }
}

/// Takes a file, if it may be left and is what its path says.
async fn upload(
    shared: &Shared,
    stream: &mut TcpStream,
    path: &str,
    query: &BTreeMap<String, String>,
    body: Vec<u8>,
    fault: Option<MediaFault>,
) {
    if fault == Some(MediaFault::NoUploads) {
        reply(stream, "500 Internal Server Error", b"", 0).await;
        return;
    }
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let answer = {
        let mut state = shared.lock();
        if query.get("auth").map(String::as_str) != Some(state.media.auth.as_str()) {
            Err(("401 Unauthorized", Refusal::MediaAuth))
        } else if query.contains_key("resume") {
            Ok("{\"resume\":\"0\"}".to_owned())
        } else if URL_SAFE_NO_PAD.encode(Sha256::digest(&body)) != name
            || query.get("token") != Some(&name)
        {
            Err(("400 Bad Request", Refusal::MediaHash))
        } else {
            let bytes = body.len();
            let path = state.media.keep(body);
            state.event(Event::Uploaded { bytes });
            let url = url(state.address, &path);
            Ok(format!("{{\"url\":\"{url}\",\"direct_path\":\"{path}\"}}"))
        }
    };
    match answer {
        Ok(answer) => reply(stream, "200 OK", answer.as_bytes(), answer.len()).await,
        Err((status, why)) => {
            shared.log.push(Event::Refused { conn: None, why });
            reply(stream, status, b"", 0).await;
        }
    }
}

/// Hands out a file, or does to it what was ordered.
async fn download(shared: &Shared, stream: &mut TcpStream, path: &str, fault: Option<MediaFault>) {
    let file = shared.lock().media.files.get(path).cloned();
    shared.log.push(Event::Downloaded {
        found: file.is_some(),
    });
    let Some(mut file) = file else {
        reply(stream, "404 Not Found", b"", 0).await;
        return;
    };
    let whole = file.len();
    match fault {
        Some(MediaFault::NotFound) => reply(stream, "404 Not Found", b"", 0).await,
        Some(MediaFault::Gone) => reply(stream, "410 Gone", b"", 0).await,
        Some(MediaFault::WrongBytes) => {
            file[whole / 2] ^= 0x55;
            reply(stream, "200 OK", &file, whole).await;
        }
        Some(MediaFault::CutOff) => reply(stream, "200 OK", &file[..whole / 2], whole).await,
        Some(MediaFault::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            reply(stream, "200 OK", &file, whole).await;
        }
        Some(MediaFault::NoUploads) | None => reply(stream, "200 OK", &file, whole).await,
    }
}

/// Reads a body of known length or in chunks.
async fn read_body(stream: &mut TcpStream, request: &Request) -> Option<Vec<u8>> {
    let mut body = request.rest.clone();
    if !request.chunked {
        let length = request.length.unwrap_or(0);
        while body.len() < length {
            if stream.read_buf(&mut body).await.ok()? == 0 {
                return None;
            }
        }
        return Some(body);
    }
    let mut whole = Vec::new();
    loop {
        let line = loop {
            if let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
                break end;
            }
            if stream.read_buf(&mut body).await.ok()? == 0 {
                return None;
            }
        };
        let size = std::str::from_utf8(&body[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let end = line + 2 + size + 2;
        while body.len() < end {
            if body.len() > UPLOAD_MAX || stream.read_buf(&mut body).await.ok()? == 0 {
                return None;
            }
        }
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body.drain(..end);
    }
}

async fn reply(stream: &mut TcpStream, status: &str, body: &[u8], length: usize) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The client may be gone; then nobody misses the answer.
    if stream.write_all(head.as_bytes()).await.is_ok() && stream.write_all(body).await.is_ok() {
        drop(stream.shutdown().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_can_be_opened_and_nothing_else() {
        let mut media = Media::new();
        let sealed = encrypt_media(b"a picture", MediaType::Image).unwrap();
        let path = media.keep(sealed.data_to_upload);
        let mut reference = FileRef {
            kind: FileKind::Image,
            direct_path: Some(&path),
            media_key: Some(&sealed.media_key),
            sha256: Some(&sealed.file_sha256),
            enc_sha256: Some(&sealed.file_enc_sha256),
            length: Some(9),
        };
        assert_eq!(media.open(&reference).unwrap(), b"a picture");
        reference.length = Some(10);
        assert!(media.open(&reference).is_err());
        reference.length = Some(9);
        reference.media_key = Some(&[7; 32]);
        assert!(media.open(&reference).is_err());
    }
}
