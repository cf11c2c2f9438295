//! A multipart body: its file goes to the spool as it comes, its texts become the JSON they stand for.
//!
//! Nothing of it is read before it is known that the caller may send, and that there is a place. A client
//! that goes away leaves nothing: what is half there is thrown away with the task that took it. How the
//! parts are separated is `multer`'s business; here is what may be in them.

mod flowing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use multer::{Field, Multipart};
use serde_json::{Map, Value};
use tokio::io::AsyncRead;
use tokio::time::timeout;

use self::flowing::{Fault, Flowing, next};
use super::connection::Stop;
use super::head::Framing;
use crate::gateway::spool::{Incoming, Spool, SpoolError};
use crate::limits::{HTTP_BODY_MAX, HTTP_UPLOAD_AROUND, HTTP_UPLOAD_TIME};
use crate::message::body::plain_name;
use crate::web::problem::Problem;

/// Longest name of a part.
const NAME_MAX: usize = 256;

/// Bytes written to the disk at once.
const WRITTEN: usize = 256 * 1024;

/// Text fields that there may be.
const FIELDS_MAX: usize = 1100;

/// What a multipart body was.
pub(super) struct Taken {
    /// Its texts, as a JSON object.
    pub body: Vec<u8>,
    /// Its file.
    pub file: Option<Arrived>,
}

/// A file that lies in the spool; thrown away with this, unless somebody has taken it.
pub struct Arrived {
    spool: Spool,
    file: String,
    size: u64,
    taken: AtomicBool,
}

impl Arrived {
    /// A file of the spool's.
    #[must_use]
    pub fn new(spool: Spool, file: String, size: u64) -> Self {
        Self {
            spool,
            file,
            size,
            taken: false.into(),
        }
    }

    /// Its name within the spool folder, and its size in bytes.
    #[must_use]
    pub fn name(&self) -> (&str, u64) {
        (&self.file, self.size)
    }

    /// Somebody else sees to it from here on.
    pub fn is_taken(&self) {
        self.taken.store(true, Ordering::SeqCst);
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        if !*self.taken.get_mut() {
            self.spool.remove(&self.file);
        }
    }
}

/// Takes a body.
pub(super) async fn take<S>(
    (stream, unread): (&mut S, &mut Vec<u8>),
    (framing, boundary): (Framing, String),
    spool: &Spool,
) -> Result<Taken, Stop>
where
    S: AsyncRead + Unpin + Send,
{
    let room = spool.max().saturating_add(HTTP_UPLOAD_AROUND);
    if let Framing::Length(length) = framing
        && u64::try_from(length).unwrap_or(u64::MAX) > room
    {
        return Err(too_large(spool).into());
    }
    let mut flowing = Flowing::new((stream, unread), framing, room);
    let parts = Parts::read(&mut flowing, boundary, spool);
    let read = match timeout(HTTP_UPLOAD_TIME, parts).await {
        Ok(Ok(parts)) => Ok(parts),
        Ok(Err(problem)) => Err(problem),
        Err(_late) => return Err(too_slow().into()),
    };
    match flowing.fault {
        Some(Fault::Gone) => return Err(Stop::Gone),
        Some(Fault::Stalled) => return Err(too_slow().into()),
        Some(Fault::TooLarge) => return Err(too_large(spool).into()),
        Some(Fault::Malformed(problem)) => return Err(problem.into()),
        None => {}
    }
    Ok(read?.taken())
}

/// The parts so far.
struct Parts {
    texts: Map<String, Value>,
    /// Bytes and number of them.
    said: (usize, usize),
    file: Option<Arrived>,
    /// What the parser holds.
    held: Arc<AtomicUsize>,
}

impl Parts {
    /// The parser got further.
    fn further(&self) {
        self.held.store(0, Ordering::Relaxed);
    }

    async fn read<S>(
        flowing: &mut Flowing<'_, S>,
        boundary: String,
        spool: &Spool,
    ) -> Result<Self, Problem>
    where
        S: AsyncRead + Unpin + Send,
    {
        let mut parts = Self {
            texts: Map::new(),
            said: (0, 0),
            file: None,
            held: flowing.held(),
        };
        let mut multipart = Multipart::new(&mut *flowing, boundary);
        while let Some(field) = multipart
            .next_field()
            .await
            .map_err(|error| malformed(&error))?
        {
            parts.further();
            match field.name() {
                Some("file") if parts.file.is_none() => parts.file(field, spool).await?,
                Some("file") => return Err(bad("There is more than one part `file`.")),
                Some(name) => {
                    let name = name.to_owned();
                    parts.text(name, field).await?;
                }
                None => return Err(bad("A part has no name.")),
            }
        }
        drop(multipart);
        // What follows the last part is nobody's business, but the next request comes after it.
        while let Some(_rest) = next(flowing).await {
            flowing.held().store(0, Ordering::Relaxed);
        }
        Ok(parts)
    }

    /// A file: as it comes, in pieces a disk likes.
    async fn file(&mut self, mut field: Field<'_>, spool: &Spool) -> Result<(), Problem> {
        let named = field.file_name().and_then(plain_name);
        for (name, value) in [
            ("filename", named),
            ("mimetype", field.content_type().map(ToString::to_string)),
        ] {
            if let Some(value) = value
                && !self.texts.contains_key(name)
            {
                self.texts.insert(name.to_owned(), Value::String(value));
            }
        }
        let begins = spool.clone();
        let mut incoming = on_disk(move || begins.begin()).await?;
        let mut gathered = Vec::with_capacity(WRITTEN);
        loop {
            let piece = field.chunk().await.map_err(|error| malformed(&error))?;
            self.further();
            let ends = piece.is_none();
            gathered.extend_from_slice(&piece.unwrap_or_default());
            if gathered.len() >= WRITTEN || (ends && !gathered.is_empty()) {
                let full = std::mem::replace(&mut gathered, Vec::with_capacity(WRITTEN));
                incoming = on_disk(move || {
                    let mut incoming: Incoming = incoming;
                    incoming.add(&full)?;
                    Ok(incoming)
                })
                .await?;
            }
            if ends {
                break;
            }
        }
        if incoming.size() == 0 {
            return Err(bad("The file is empty."));
        }
        let spool = spool.clone();
        // Whoever waits for this may go meanwhile: the file is thrown away with it then.
        let arrived = on_disk(move || {
            let kept = incoming.finish()?;
            Ok(Arrived::new(spool, kept.file, kept.size))
        });
        self.file = Some(arrived.await?);
        Ok(())
    }

    /// A text, as the JSON it stands for.
    async fn text(&mut self, name: String, mut field: Field<'_>) -> Result<(), Problem> {
        let mut bytes = Vec::new();
        self.said.1 += 1;
        while let Some(piece) = field.chunk().await.map_err(|error| malformed(&error))? {
            self.further();
            self.said.0 += piece.len();
            if self.said.0 > HTTP_BODY_MAX {
                let detail = format!("The texts of a body have at most {HTTP_BODY_MAX} bytes.");
                return Err(Problem::new(413, "too_long", detail));
            }
            bytes.extend_from_slice(&piece);
        }
        if self.said.1 > FIELDS_MAX || name.len() > NAME_MAX {
            return Err(bad("There are too many parts."));
        }
        let text = String::from_utf8(bytes).map_err(|_| bad("A part is not text."))?;
        if name == "mentions" {
            let all = self.texts.entry(name).or_insert(Value::Array(Vec::new()));
            if let Value::Array(all) = all {
                all.push(Value::String(text));
            }
            return Ok(());
        }
        // The file's own name and type give way to what is said of them.
        let of_file = self.file.is_some() && matches!(name.as_str(), "filename" | "mimetype");
        let known = self.texts.insert(name.clone(), value(&name, text));
        if known.is_some() && !of_file {
            return Err(bad("A part is there twice."));
        }
        Ok(())
    }

    fn taken(mut self) -> Taken {
        if self.file.is_some() {
            let any = || Value::String("application/octet-stream".to_owned());
            self.texts.entry("mimetype").or_insert_with(any);
        } else {
            // Nothing was said of it by whoever sent none.
            self.texts.retain(|_, value| !value.is_null());
        }
        Taken {
            body: Value::Object(self.texts).to_string().into_bytes(),
            file: self.file,
        }
    }
}

/// Parts are texts; these fields are not.
fn value(name: &str, text: String) -> Value {
    let as_json = matches!(name, "typing" | "expires_in_s" | "latitude" | "longitude");
    let read = as_json.then(|| serde_json::from_str(&text).ok()).flatten();
    match read {
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text),
    }
}

/// Has the disk do something, on a thread that may wait for it.
async fn on_disk<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(act).await;
    let failed = |detail: String| Problem::new(507, "spool_failed", detail);
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(SpoolError::TooLarge { max })) => Err(larger_than(max)),
        Ok(Err(error @ (SpoolError::Full | SpoolError::Disk(_)))) => {
            log::warn!("a file was not taken in: {error}");
            Err(failed(
                "The file could not be kept: see the log.".to_owned(),
            ))
        }
        Err(_died) => Err(failed("The file could not be kept.".to_owned())),
    }
}

/// What `multer` says repeats names of the client's: only what kind it is comes back.
fn malformed(error: &multer::Error) -> Problem {
    match error {
        multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => {
            bad("The body ends in the middle of a part, or without its last boundary.")
        }
        _ => bad("The parts of the body cannot be told apart."),
    }
}

fn bad(detail: &'static str) -> Problem {
    Problem::new(400, "bad_multipart", detail)
}

fn too_slow() -> Problem {
    Problem::new(408, "too_slow", "The file came too slowly.")
}

fn too_large(spool: &Spool) -> Problem {
    larger_than(spool.max())
}

fn larger_than(max: u64) -> Problem {
    Problem::new(413, "too_large", format!("A file has at most {max} bytes."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HTTP_UPLOAD_HELD;

    /// What is said to a body with that beginning, that goes on and on.
    fn said(begins: &str, length: usize) -> Option<Problem> {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 100 * 1024 * 1024);
        let mut body = begins.as_bytes().to_vec();
        body.resize(length, b'a');
        let (mut stream, mut unread) = (body.as_slice(), Vec::new());
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let taken = runtime.block_on(take(
            (&mut stream, &mut unread),
            (Framing::Length(length), "b".to_owned()),
            &spool,
        ));
        let left = stream.len();
        match taken {
            Err(Stop::Refused(problem)) => {
                assert!(left > length / 2, "{left} of {length} were not read");
                Some(problem)
            }
            _ => None,
        }
    }

    #[test]
    fn a_head_without_end_is_not_waited_for() {
        let length = 5 * HTTP_UPLOAD_HELD;
        for begins in [
            "--b\r\nX: ",
            "aaaa",
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\nX: ",
        ] {
            let problem = said(begins, length);
            assert_eq!(problem.map(|it| it.code), Some("bad_multipart"), "{begins}");
        }
    }
}
