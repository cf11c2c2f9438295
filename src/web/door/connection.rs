//! One client: its requests one after the other, each with deadlines of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use super::chunks::{Chunks, Progress};
use super::crowd::{Doing, Seat};
use super::head::{self, Asked, Framing};
use super::inner::Origin;
use super::upload::{self, Arrived};
use super::{Door, House, relay};
use crate::limits::{
    HTTP_BODY_TIME, HTTP_HEAD_MAX, HTTP_HEAD_TIME, HTTP_IDLE, HTTP_LINGER, HTTP_LINGER_BYTES,
    HTTP_REQUESTS_A_CONNECTION, HTTP_STALL, HTTP_TAKE_A_SECOND,
};
use crate::web::problem::{Problem, title};
use crate::web::reply::{HEADERS, Reply};

/// Bytes asked for at once.
const PIECE: usize = 4 * 1024;

/// Why nothing more is read from this client.
pub(super) enum Stop {
    /// It went, or has nothing to ask.
    Gone,
    /// It is told what was wrong with it.
    Refused(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// A request, and whether the connection is good for another one.
pub(super) struct Complete {
    pub asked: Asked,
    pub body: Vec<u8>,
    /// A file that came with it.
    pub file: Option<Arrived>,
    pub keeps: bool,
}

/// Serves one client until it goes, is refused, or has asked enough.
pub(super) async fn attend<S>(stream: S, door: Door, seat: Arc<Seat>, house: Arc<House>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut client = Client {
        stream,
        unread: Vec::new(),
    };
    let origin = Origin {
        door,
        connection: seat.number(),
    };
    for nth in 1..=HTTP_REQUESTS_A_CONNECTION {
        let complete = tokio::select! {
            () = house.ends() => return,
            complete = client.request(nth > 1, &seat, (door, &house)) => complete,
        };
        let mut complete = match complete {
            Ok(complete) => complete,
            Err(Stop::Gone) => return,
            Err(Stop::Refused(problem)) => return client.refuse(problem).await,
        };
        complete.keeps &= nth < HTTP_REQUESTS_A_CONNECTION;
        seat.does(Doing::Answered);
        if !relay::answer(&mut client, &complete, origin, &seat, &house).await {
            return client.linger().await;
        }
        seat.does(Doing::Waiting);
    }
}

/// Tells somebody for whom there is no place to come back.
pub(super) async fn turn_away<S: AsyncRead + AsyncWrite + Unpin + Send>(stream: S) {
    let mut client = Client {
        stream,
        unread: Vec::new(),
    };
    let problem = Problem::new(503, "crowded", "Too many connections are open.");
    client.refuse(problem.retry_after_s(1)).await;
}

/// A client's end of the connection.
pub(super) struct Client<S> {
    pub stream: S,
    /// What came and is not used yet: at most a head and a piece.
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Client<S> {
    /// Reads one whole request. A connection that `was_used` may be silent for a while first.
    async fn request(
        &mut self,
        was_used: bool,
        seat: &Seat,
        (door, house): (Door, &House),
    ) -> Result<Complete, Stop> {
        if self.unread.is_empty() {
            let patience = if was_used { HTTP_IDLE } else { HTTP_HEAD_TIME };
            // Nothing was begun: nothing is said.
            let begun = timeout(patience, self.more()).await;
            begun.map_err(|_| Stop::Gone)??;
        }
        let deadline = Instant::now() + HTTP_HEAD_TIME;
        let asked = timeout_at(deadline, self.head()).await;
        let asked = asked.map_err(|_| too_slow("head"))??;
        if let Some(boundary) = asked.boundary.clone() {
            return self.file(asked, boundary, seat, (door, house)).await;
        }
        self.go_on(&asked).await?;
        let deadline = Instant::now() + HTTP_BODY_TIME;
        let body = timeout_at(deadline, self.body(asked.body)).await;
        let body = body.map_err(|_| too_slow("body"))??;
        Ok(Complete {
            keeps: asked.keeps,
            asked,
            body,
            file: None,
        })
    }

    /// Whoever waits for a word before the body is told to send it.
    async fn go_on(&mut self, asked: &Asked) -> Result<(), Stop> {
        let has_body = asked.body != Framing::Length(0);
        if asked.expects && has_body && self.unread.is_empty() {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            self.write(go_on).await.map_err(|()| Stop::Gone)?;
        }
        Ok(())
    }

    /// A request that brings a file: looked at before its body is read.
    async fn file(
        &mut self,
        mut asked: Asked,
        boundary: String,
        seat: &Seat,
        (door, house): (Door, &House),
    ) -> Result<Complete, Stop> {
        let json = "application/json";
        for (name, value) in &mut asked.headers {
            if name.eq_ignore_ascii_case("Content-Type") {
                json.clone_into(value);
            }
        }
        let spool = house.admit(&asked, door)?;
        let Ok(_place) = house.uploads.clone().try_acquire_owned() else {
            let problem = Problem::new(
                503,
                "too_many_uploads",
                "Too many files are being sent here.",
            );
            return Err(problem.retry_after_s(5).into());
        };
        self.go_on(&asked).await?;
        // It is at it for as long as it takes: not one of those who give way first.
        seat.does(Doing::Answered);
        let client = (&mut self.stream, &mut self.unread);
        let taken = upload::take(client, (asked.body, boundary), &spool).await?;
        Ok(Complete {
            keeps: asked.keeps,
            asked,
            body: taken.body,
            file: taken.file,
        })
    }

    /// Reads what there is, waiting for something.
    async fn more(&mut self) -> Result<(), Stop> {
        self.unread.reserve(PIECE);
        match (&mut self.stream)
            .take(PIECE as u64)
            .read_buf(&mut self.unread)
            .await
        {
            Ok(0) | Err(_) => Err(Stop::Gone),
            Ok(_) => Ok(()),
        }
    }

    async fn head(&mut self) -> Result<Asked, Stop> {
        let mut looked = 0;
        loop {
            // A head ends with a line; looking at each byte that is dealt out would be work.
            let news = &self.unread[looked..];
            if looked == 0 || news.contains(&b'\n') || self.unread.len() >= HTTP_HEAD_MAX {
                if let Some((asked, length)) = head::read(&self.unread)? {
                    self.unread.drain(..length);
                    return Ok(asked);
                }
                looked = self.unread.len();
            }
            self.more().await?;
        }
    }

    async fn body(&mut self, framing: Framing) -> Result<Vec<u8>, Stop> {
        match framing {
            Framing::Length(length) => {
                while self.unread.len() < length {
                    self.more().await?;
                }
                let rest = self.unread.split_off(length);
                Ok(std::mem::replace(&mut self.unread, rest))
            }
            Framing::Chunked => {
                let mut chunks = Chunks::default();
                loop {
                    match chunks.take(&self.unread)? {
                        Progress::Whole(used) => {
                            self.unread.drain(..used);
                            return Ok(chunks.body);
                        }
                        Progress::More(used) => {
                            self.unread.drain(..used);
                            self.more().await?;
                        }
                    }
                }
            }
        }
    }

    /// Writes all of it; the client has to take it in a time that grows with it.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let seconds = u64::try_from(bytes.len() / HTTP_TAKE_A_SECOND).unwrap_or(u64::MAX);
        let patience = HTTP_STALL + Duration::from_secs(seconds);
        match timeout(patience, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(()),
        }
    }

    /// Says what was wrong and ends the connection.
    pub async fn refuse(&mut self, problem: Problem) {
        if self.write(&written(problem.into(), false)).await.is_ok() {
            self.linger().await;
        }
    }

    /// Closes our half, and reads on for a moment.
    pub async fn linger(&mut self) {
        let rest = async {
            self.stream.shutdown().await?;
            let mut left = HTTP_LINGER_BYTES;
            let mut piece = vec![0; LINGER_PIECE];
            while left > 0 {
                let read = self.stream.read(&mut piece).await?;
                if read == 0 {
                    break;
                }
                left = left.saturating_sub(read);
            }
            std::io::Result::Ok(())
        };
        // However it ends, it is the end.
        let _ = timeout(HTTP_LINGER, rest).await;
    }
}

/// What is read at once of what nobody wants.
const LINGER_PIECE: usize = 16 * 1024;

fn too_slow(what: &str) -> Stop {
    let detail = format!("The {what} of the request took too long.");
    Problem::new(408, "too_slow", detail).into()
}

/// An answer of the front's own, as bytes.
pub(super) fn written(reply: Reply, keeps: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, title(reply.status));
    let length = reply.body.len().to_string();
    let connection = if keeps { "keep-alive" } else { "close" };
    let own = [
        ("Content-Type", reply.content_type),
        ("Content-Length", length.as_str()),
        ("Connection", connection),
    ];
    let special = reply
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    for (name, value) in HEADERS.into_iter().chain(own).chain(special) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend(reply.body);
    bytes
}
