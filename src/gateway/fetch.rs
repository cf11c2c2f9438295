//! Files somebody names by URL: fetched into the spool before their message is queued. Streamed, with a
//! cap; by the rules of [`super::reach`], at every redirect anew.

use std::io::Read;

use log::info;
use tokio::sync::oneshot;
use ureq::{Agent, Error};

use super::Gateway;
use super::reach;
use super::spool::{Spool, SpoolError, Spooled};
use crate::limits;
use crate::message::body::is_mimetype;
use crate::message::wish::SendProblem;

/// Redirects that are followed: what shorteners and file hosts need.
const REDIRECTS: u32 = 3;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// A file that was fetched.
pub(super) struct Fetched {
    pub spooled: Spooled,
    /// As the server says; `application/octet-stream` when it says nothing of use.
    pub mimetype: String,
}

impl Gateway {
    /// Fetches a file into the spool, in a thread of its own; at most [`limits::MEDIA_FETCHES`] at once.
    ///
    /// # Errors
    /// [`SendProblem`]: nothing is left of it.
    pub(super) async fn fetch_url(&self, url: String) -> Result<Fetched, SendProblem> {
        let places = &self.outgoing().fetches;
        // The semaphore is never closed.
        let place = places.clone().acquire_owned().await;
        let spool = self.spool().clone();
        let (done, fetched) = oneshot::channel();
        let thread = std::thread::Builder::new().name("fetch".into());
        let started = thread.spawn(move || {
            let _place = place;
            let outcome = fetch(&url, &spool);
            if let Err(Ok(fetched)) = done.send(outcome) {
                // Whoever asked is gone.
                spool.remove(&fetched.spooled.file);
            }
        });
        started.map_err(|_| SendProblem::Busy("no thread is to be had"))?;
        let fetched = fetched.await;
        let fetched = fetched.unwrap_or(Err(SendProblem::Busy("fetching the file broke down")));
        if let Err(problem) = &fetched {
            info!("a file to be sent was not fetched: {}", problem.code());
        }
        fetched
    }
}

/// Blocks for at most [`limits::MEDIA_FETCH`].
fn fetch(url: &str, spool: &Spool) -> Result<Fetched, SendProblem> {
    let config = Agent::config_builder()
        .timeout_global(Some(limits::MEDIA_FETCH))
        .timeout_recv_response(Some(limits::MEDIA_ANSWER))
        .max_redirects(REDIRECTS)
        .proxy(None)
        .user_agent(concat!("pairbox/", env!("CARGO_PKG_VERSION")))
        .build();
    let answer = reach::agent(config).get(url).call().map_err(unreachable)?;
    let said = answer.headers().get("content-type");
    let said = said.and_then(|said| said.to_str().ok());
    let mimetype = said.filter(|said| is_mimetype(said));
    let mimetype = mimetype.unwrap_or("application/octet-stream").to_owned();
    let max = spool.max();
    let length = answer.body().content_length();
    if length.is_some_and(|length| length > max) {
        return Err(SendProblem::MediaTooLarge { max });
    }
    let mut incoming = spool.begin().map_err(not_kept)?;
    // The spool says when it is too much; the reader must not say so first.
    let mut body = answer
        .into_body()
        .into_with_config()
        .limit(u64::MAX)
        .reader();
    let mut piece = vec![0; PIECE];
    loop {
        let read = body.read(&mut piece);
        let read = read.map_err(|error| SendProblem::MediaUnreachable(error.to_string()))?;
        if read == 0 {
            break;
        }
        incoming.add(&piece[..read]).map_err(not_kept)?;
    }
    let spooled = incoming.finish().map_err(not_kept)?;
    Ok(Fetched { spooled, mimetype })
}

/// In words without the URL.
fn unreachable(error: Error) -> SendProblem {
    SendProblem::MediaUnreachable(match error {
        Error::StatusCode(status) => format!("its server answers {status}"),
        Error::HostNotFound => "its host is not found".to_owned(),
        Error::Timeout(_) => "its server takes too long".to_owned(),
        Error::Io(error) => format!("no connection: {}", error.kind()),
        Error::Other(why) if why.is::<reach::Forbidden>() => why.to_string(),
        Error::TooManyRedirects => "it redirects too often".to_owned(),
        Error::BadUri(_) | Error::Http(_) => "it is no URL".to_owned(),
        _ => "its server does not answer as it should".to_owned(),
    })
}

pub(super) fn not_kept(error: SpoolError) -> SendProblem {
    match error {
        SpoolError::TooLarge { max } => SendProblem::MediaTooLarge { max },
        SpoolError::Full => SendProblem::Busy("too many files are waiting to be sent"),
        SpoolError::Disk(error) => SendProblem::Storage(error.to_string()),
    }
}
