//! What a backup is: an age file (`age-encryption.org/v1`) for a passphrase, so that `age -d` opens it
//! too; in it one line that names the format, one line of JSON about the backup, and the store's bytes.
//!
//! age authenticates every piece and marks the last one, so a file that was cut, or of which one bit
//! changed, ends in an error here and never in a store; there is no second checksum.

use std::io::{self, Read, Write};

use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits;
use crate::secret::Secret;

/// The first line: the format and its number.
const FORMAT: &str = "pairbox backup 1\n";

/// What the first line of any format of ours begins with.
const FAMILY: &str = "pairbox backup ";

/// Bytes read and written at once: age's own pieces.
const PIECE: usize = 64 * 1024;

/// What a backup says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The program that made it.
    pub version: String,
}

/// Why a backup was not written.
#[derive(Debug, Error)]
pub enum SealError {
    /// What is to be kept could not be read.
    #[error("reading the store: {0}")]
    From(io::Error),
    /// What is written was not taken.
    #[error("{0}")]
    Into(io::Error),
}

/// Why a backup cannot be read. None of it is of use then.
#[derive(Debug, Error)]
pub enum UnsealError {
    /// It is not encrypted with age.
    #[error("it is no backup of pairbox, or its beginning is damaged")]
    Foreign,
    /// It is an age file of another kind.
    #[error("it is encrypted with age, but it is no backup of pairbox")]
    NoBackup,
    /// A newer program made it.
    #[error("a newer pairbox made it: {0:?} is not known here")]
    Newer(String),
    /// It is for a key, not for a passphrase.
    #[error("it is encrypted for a key, not with a passphrase")]
    ForAKey,
    /// The passphrase is wrong. (Damage in the few bytes that depend on it looks the same.)
    #[error("the passphrase is wrong, or the beginning of the file is damaged")]
    WrongPassphrase,
    /// The header was tampered with, or a bit of it changed.
    #[error("the beginning of the file is damaged")]
    DamagedHead,
    /// It would take more memory than is given to it.
    #[error(
        "it was encrypted with scrypt's work factor {asked}, and at most {most} is tried here (each step \
         doubles the memory it takes)",
        most = limits::BACKUP_WORK_MAX
    )]
    TooMuchWork {
        /// The factor it asks for.
        asked: u8,
    },
    /// A bit changed, or its end is missing: age cannot tell which.
    #[error("it is damaged, or its end is missing")]
    Damaged,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    From(io::Error),
    /// Where it is unpacked to takes it not.
    #[error("unpacking it: {0}")]
    Into(io::Error),
}

/// Encrypts what `plain` holds, up to its end. Blocks for the passphrase's work, some seconds on a small
/// machine.
///
/// # Errors
/// [`SealError`]; what was written is worth nothing then.
pub fn seal<W: Write>(
    about: &About,
    plain: &mut impl Read,
    passphrase: &Secret,
    out: W,
) -> Result<W, SealError> {
    let mut recipient = scrypt::Recipient::new(secrecy(passphrase));
    recipient.set_work_factor(limits::BACKUP_WORK);
    let one: [&dyn age::Recipient; 1] = [&recipient];
    let encryptor = Encryptor::with_recipients(one.into_iter());
    let encryptor = encryptor.map_err(|error| SealError::Into(io::Error::other(error)))?;
    let mut sealed = encryptor.wrap_output(out).map_err(SealError::Into)?;
    let mut head = FORMAT.as_bytes().to_vec();
    serde_json::to_writer(&mut head, about).map_err(|error| SealError::Into(error.into()))?;
    head.push(b'\n');
    sealed.write_all(&head).map_err(SealError::Into)?;
    copy(plain, &mut sealed, SealError::From, SealError::Into)?;
    sealed.finish().map_err(SealError::Into)
}

/// Decrypts a backup; the store's bytes go to `out`. What was written is worth nothing unless this
/// returns `Ok`. Blocks as [`seal`] does.
///
/// # Errors
/// [`UnsealError`].
pub fn unseal(
    sealed: impl Read,
    passphrase: &Secret,
    out: &mut impl Write,
) -> Result<About, UnsealError> {
    let decryptor = Decryptor::new(sealed).map_err(|error| of_head(&error))?;
    if !decryptor.is_scrypt() {
        return Err(UnsealError::ForAKey);
    }
    let mut identity = scrypt::Identity::new(secrecy(passphrase));
    identity.set_max_work_factor(limits::BACKUP_WORK_MAX);
    let one: [&dyn age::Identity; 1] = [&identity];
    let mut plain = decryptor
        .decrypt(one.into_iter())
        .map_err(|error| of_head(&error))?;
    let about = head(&mut plain)?;
    copy(&mut plain, out, of_body, UnsealError::Into)?;
    Ok(about)
}

fn secrecy(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

/// The two lines before the store's bytes.
fn head(plain: &mut impl Read) -> Result<About, UnsealError> {
    let format = line(plain)?;
    if format != FORMAT {
        let newer = format.trim_end().starts_with(FAMILY);
        return Err(if newer {
            UnsealError::Newer(format.trim_end().to_owned())
        } else {
            UnsealError::NoBackup
        });
    }
    serde_json::from_str(&line(plain)?).map_err(|_| UnsealError::NoBackup)
}

/// A line, with its end.
fn line(plain: &mut impl Read) -> Result<String, UnsealError> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.last() != Some(&b'\n') {
        if line.len() >= limits::BACKUP_HEAD_MAX {
            return Err(UnsealError::NoBackup);
        }
        if plain.read(&mut byte).map_err(of_body)? == 0 {
            return Err(UnsealError::NoBackup);
        }
        line.push(byte[0]);
    }
    String::from_utf8(line).map_err(|_| UnsealError::NoBackup)
}

fn copy<E>(
    from: &mut impl Read,
    to: &mut impl Write,
    of_from: fn(io::Error) -> E,
    of_to: fn(io::Error) -> E,
) -> Result<(), E> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => to.write_all(&piece[..length]).map_err(of_to)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(of_from(error)),
        }
    }
}

/// What age says before the first byte of the content.
fn of_head(error: &DecryptError) -> UnsealError {
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            UnsealError::WrongPassphrase
        }
        DecryptError::InvalidMac => UnsealError::DamagedHead,
        DecryptError::ExcessiveWork { required, .. } => {
            UnsealError::TooMuchWork { asked: *required }
        }
        DecryptError::NoMatchingKeys => UnsealError::ForAKey,
        DecryptError::Io(error) => match error.raw_os_error() {
            Some(number) => UnsealError::From(io::Error::from_raw_os_error(number)),
            None => UnsealError::Foreign,
        },
        // Not a header of age, or one of a later version.
        _ => UnsealError::Foreign,
    }
}

/// What age says in the middle of the content.
fn of_body(error: io::Error) -> UnsealError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => UnsealError::Damaged,
        _ => UnsealError::From(error),
    }
}
