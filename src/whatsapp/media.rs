//! Files of messages, to and from WhatsApp's media servers: streamed, never whole in memory.
//!
//! A file that goes out is encrypted twice, once to learn the digests that its address is made of and
//! once on the way: that costs a little time and spares the card a second copy.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;
use tokio::sync::Semaphore;
use whatsapp_rust::download::{DownloadParams, DownloadWriter, MediaType};
use whatsapp_rust::upload::UploadResponse;
use whatsapp_rust::wacore::upload::{
    EncryptedMediaInfo, MediaEncryptor, UploadSource, encrypt_media_streaming,
};
use whatsapp_rust::{Client, anyhow};

use crate::limits;
use crate::message::content::{Media, MediaKind};
use crate::whatsapp::http::Hosts;

/// Why a file did not come.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The account is not connected, so that nobody tells where the files are.
    #[error("the account is not connected")]
    NotConnected,
    /// WhatsApp does not have it any more.
    #[error("the media servers do not have it any more")]
    Gone,
    /// It is larger than was allowed.
    #[error("it is larger than {max} bytes")]
    TooLarge {
        /// What was allowed.
        max: u64,
    },
    /// The message does not say where it is, or how to open it.
    #[error("the message does not say where the file is")]
    NoReference,
    /// It could not be written here.
    #[error("writing it: {0}")]
    Disk(#[source] io::Error),
    /// The media servers could not be reached, or what they sent does not check out.
    #[error("{why}")]
    Trouble {
        /// Technical words.
        why: String,
    },
}

/// Transfers under way.
static TRANSFERS: Semaphore = Semaphore::const_new(limits::MEDIA_TRANSFERS);

/// The library's word for a kind of file.
fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Audio | MediaKind::Voice => MediaType::Audio,
        MediaKind::Document => MediaType::Document,
        MediaKind::Sticker => MediaType::Sticker,
    }
}

/// Lets requests go where the service says that files are.
async fn ask_hosts(client: &Client, hosts: &Hosts) -> anyhow::Result<()> {
    let told = client.refresh_media_conn(false).await?;
    hosts.told(told.hosts.into_iter().map(|host| host.hostname));
    Ok(())
}

/// Encrypts and uploads the file.
///
/// # Errors
/// The library's. Nothing of it names the file or the message.
pub async fn upload(
    client: &Client,
    hosts: &Hosts,
    kind: MediaKind,
    file: PathBuf,
) -> anyhow::Result<UploadResponse> {
    // Nobody closes it.
    let _turn = TRANSFERS.acquire().await?;
    ask_hosts(client, hosts).await?;
    let media_type = media_type(kind);
    let path = file.clone();
    let measure = move || measure(&path, media_type);
    let (info, len) = tokio::task::spawn_blocking(measure).await??;
    let source = Encrypting {
        file,
        media_type,
        key: info.media_key,
        len,
    };
    client.upload_stream(source, info, media_type).await
}

/// The digests of the file as it will go, and how long that is.
fn measure(file: &Path, media_type: MediaType) -> anyhow::Result<(EncryptedMediaInfo, u64)> {
    let mut counted = Counting(0);
    let info = encrypt_media_streaming(File::open(file)?, &mut counted, media_type)?;
    Ok((info, counted.0))
}

struct Counting(u64);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is encrypted while it is read.
struct Encrypting {
    file: PathBuf,
    media_type: MediaType,
    key: [u8; 32],
    len: u64,
}

impl UploadSource for Encrypting {
    fn len(&self) -> u64 {
        self.len
    }

    fn reader_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let encryptor = MediaEncryptor::with_key_and_sidecar(self.key, self.media_type, false);
        let mut reader = EncryptedReader {
            file: File::open(&self.file)?,
            encryptor: Some(encryptor.map_err(io::Error::other)?),
            ready: Vec::new(),
            read: 0,
        };
        // What the server has already is encrypted as well, and thrown away: each block needs the one
        // before.
        io::copy(&mut (&mut reader).take(offset), &mut io::sink())?;
        Ok(Box::new(reader))
    }
}

struct EncryptedReader {
    file: File,
    /// Until the end of the file.
    encryptor: Option<MediaEncryptor>,
    /// Encrypted, from `read` on not yet handed out.
    ready: Vec<u8>,
    read: usize,
}

/// What is encrypted at once, in bytes.
const PIECE: usize = 16 * 1024;

impl Read for EncryptedReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.ready.len() {
            let Some(mut encryptor) = self.encryptor.take() else {
                return Ok(0);
            };
            self.ready.clear();
            self.read = 0;
            let mut piece = [0; PIECE];
            let count = self.file.read(&mut piece)?;
            if count == 0 {
                let end = encryptor.finalize(&mut self.ready);
                end.map_err(io::Error::other)?;
            } else {
                encryptor.update(&piece[..count], &mut self.ready);
                self.encryptor = Some(encryptor);
            }
        }
        let count = into.len().min(self.ready.len() - self.read);
        into[..count].copy_from_slice(&self.ready[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

/// Fetches and decrypts the file of a message into `to`; says how many bytes it has.
///
/// # Errors
/// [`FetchError`]: `to` is empty or not there.
pub async fn fetch(
    client: &Client,
    hosts: &Hosts,
    media: &Media,
    to: &Path,
    max: u64,
) -> Result<u64, FetchError> {
    let params = params(media).ok_or(FetchError::NoReference)?;
    if media.size > max {
        return Err(FetchError::TooLarge { max });
    }
    if !client.is_logged_in() {
        return Err(FetchError::NotConnected);
    }
    // Nobody closes it.
    let _turn = TRANSFERS.acquire().await.ok();
    ask_hosts(client, hosts)
        .await
        .map_err(|error| trouble(&error))?;
    let file = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .open(to)
        .map_err(FetchError::Disk)?;
    let failed = Failed::default();
    let writer = Capped {
        file,
        max,
        at: 0,
        failed: failed.clone(),
    };
    let fetched = client.download_to_writer(&params, writer).await;
    if let Some(failed) = failed.take() {
        return Err(match failed.kind() {
            io::ErrorKind::FileTooLarge => FetchError::TooLarge { max },
            _ => FetchError::Disk(failed),
        });
    }
    let writer = fetched.map_err(|error| trouble(&error))?;
    let length = writer.file.metadata().map_err(FetchError::Disk)?.len();
    Ok(length)
}

fn params(media: &Media) -> Option<DownloadParams> {
    let remote = media.remote.as_ref()?;
    let key = BASE64_STANDARD.decode(&remote.media_key).ok()?;
    let enc_sha256 = BASE64_STANDARD.decode(&remote.enc_sha256).ok()?;
    let path = remote.direct_path.clone();
    // The address is made by putting one behind the other.
    let fits = key.len() == 32 && path.starts_with('/');
    fits.then(|| {
        let kind = media_type(media.kind);
        DownloadParams::encrypted(path, &key, &[], &enc_sha256, media.size, kind)
    })
}

fn trouble(error: &anyhow::Error) -> FetchError {
    // Not beside `thiserror`: both have a method of the same name.
    use whatsapp_rust::ErrorChainExt as _;
    let cause: &(dyn std::error::Error + 'static) = error.as_ref();
    match cause.http_status() {
        Some(403 | 404 | 410) => FetchError::Gone,
        _ if cause.is_transport_unavailable() => FetchError::NotConnected,
        // The library's words: a status, a failed check, an error of the socket.
        _ => FetchError::Trouble {
            why: error.root_cause().to_string(),
        },
    }
}

/// The first error of this box's own, which the library would call one of the server's.
#[derive(Clone, Default)]
struct Failed(Arc<Mutex<Option<io::Error>>>);

impl Failed {
    fn take(&self) -> Option<io::Error> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.take()
    }

    fn keep(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert(error);
        kind.into()
    }
}

/// A file that takes so much and no more.
struct Capped {
    file: File,
    max: u64,
    at: u64,
    failed: Failed,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.at + bytes.len() as u64 > self.max {
            return Err(self.failed.keep(io::ErrorKind::FileTooLarge.into()));
        }
        let written = self.file.write(bytes);
        let count = written.map_err(|error| self.failed.keep(error))?;
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Capped {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl DownloadWriter for Capped {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_on_the_way_is_what_was_measured() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for size in [0_usize, 1, 15, 16, PIECE, PIECE + 1, 100_003] {
            let plain: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            std::fs::write(&file, plain).unwrap();
            let (info, len) = measure(&file, MediaType::Document).unwrap();
            let source = Encrypting {
                file: file.clone(),
                media_type: MediaType::Document,
                key: info.media_key,
                len,
            };
            let whole = |offset| {
                let mut all = Vec::new();
                source
                    .reader_from(offset)
                    .unwrap()
                    .read_to_end(&mut all)
                    .unwrap();
                all
            };
            let all = whole(0);
            assert_eq!(all.len() as u64, len);
            assert_eq!(
                <sha2::Sha256 as sha2::Digest>::digest(&all)[..],
                info.file_enc_sha256
            );
            for offset in [1, len / 2, len - 1, len] {
                let offset = usize::try_from(offset).unwrap();
                assert_eq!(whole(offset as u64), all[offset..], "{size} from {offset}");
            }
        }
    }

    #[test]
    fn a_capped_file_says_why_it_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let failed = Failed::default();
        let mut file = Capped {
            file: File::create(folder.path().join("file")).unwrap(),
            max: 4,
            at: 0,
            failed: failed.clone(),
        };
        file.write_all(b"four").unwrap();
        assert!(file.write_all(b"!").is_err());
        assert_eq!(failed.take().unwrap().kind(), io::ErrorKind::FileTooLarge);
        // The next host begins anew.
        file.truncate(0).unwrap();
        file.rewind().unwrap();
        file.write_all(b"more").unwrap();
    }
}
