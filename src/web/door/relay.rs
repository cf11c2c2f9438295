//! A complete request to a worker, and its answer back to the client.
//!
//! The answer is taken from the worker as fast as it comes, so that a client that reads slowly holds
//! a place here and no worker. Only an answer larger than [`HTTP_ANSWER_BUFFER`] has its worker wait,
//! for as long as a client may take for it. A stream goes on until either side ends.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{timeout, timeout_at};

use super::House;
use super::connection::{Client, Complete, written};
use super::crowd::{Doing, Seat};
use super::inner::{DOOR_HEADER, Origin, STREAM_HEADER, UPLOAD_HEADER};
use crate::limits::{
    HTTP_ANSWER, HTTP_ANSWER_BUFFER, HTTP_ANSWER_HEAD_MAX, HTTP_FAREWELL, HTTP_LOOK, HTTP_STALL,
};
use crate::web::problem::Problem;
use crate::web::server::Order;
use crate::web::stream::Told;

/// Headers of an answer: ours have about a dozen.
const ANSWER_HEADERS_MAX: usize = 40;

/// Bytes relayed at once.
const PIECE: usize = 16 * 1024;

/// Has a request answered; whether the connection is good for another one.
pub(super) async fn answer<S>(
    client: &mut Client<S>,
    complete: &Complete,
    origin: Origin,
    seat: &Seat,
    house: &House,
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Ok(place) = house.places.clone().try_acquire_owned() else {
        let problem = Problem::new(503, "busy", "Too much is being asked at once.");
        return say(client, problem.retry_after_s(1), complete.keeps, seat).await;
    };
    match ask(complete, origin, house).await {
        Ok(begun) => pass_on(client, complete, begun, place, (origin, seat, house)).await,
        Err(problem) => {
            house.uplinks.take(origin);
            drop(place);
            say(client, problem, complete.keeps, seat).await
        }
    }
}

async fn say<S>(client: &mut Client<S>, problem: Problem, keeps: bool, seat: &Seat) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    seat.does(Doing::Taking);
    client.write(&written(problem.into(), keeps)).await.is_ok() && keeps
}

/// The beginning of an answer.
struct Begun {
    worker: UnixStream,
    head: AnswerHead,
    /// What came of the body with the head.
    body: Vec<u8>,
}

/// Hands the request over and waits for the head of the answer.
async fn ask(complete: &Complete, origin: Origin, house: &House) -> Result<Begun, Problem> {
    let busy = |error: io::Error| {
        log::warn!("a worker was not reached: {error}");
        Problem::new(503, "busy", "Nobody can answer at this moment.").retry_after_s(1)
    };
    let pass = house.inner.pass(origin);
    let file = complete.file.as_ref().map(|file| {
        let (file, size) = file.name();
        house.inner.told_of(file, size)
    });
    let request = outgoing(complete, &pass, file.as_deref());
    let mut worker = UnixStream::connect(house.inner.path())
        .await
        .map_err(busy)?;
    let sent = timeout(HTTP_STALL, worker.write_all(&request)).await;
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(busy)?;
    if let Some(file) = &complete.file {
        file.is_taken();
    }

    let mut bytes = Vec::with_capacity(1024);
    let read = async {
        loop {
            if let Some((head, length)) = answer_head(&bytes)? {
                bytes.drain(..length);
                return Ok(head);
            }
            if bytes.len() > HTTP_ANSWER_HEAD_MAX || worker.read_buf(&mut bytes).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
    };
    tokio::pin!(read);
    let deadline = tokio::time::Instant::now() + HTTP_ANSWER;
    let mut head = timeout(HTTP_LOOK, &mut read).await;
    if head.is_err() {
        // It may just take long; or nobody opens in there any more.
        let _ = house.look.send(Order::Look);
        head = timeout_at(deadline, &mut read).await;
    }
    match head {
        Ok(Ok(head)) => Ok(Begun {
            worker,
            head,
            body: bytes,
        }),
        Ok(Err(error)) => Err(busy(error)),
        Err(_) => Err(Problem::new(504, "no_answer", "No answer came in time.")),
    }
}

/// The request as the workers get it: one way to read it, one on a connection.
fn outgoing(complete: &Complete, pass: &str, file: Option<&str>) -> Vec<u8> {
    let asked = &complete.asked;
    let mut head = format!("{} {} HTTP/1.1\r\n", asked.method, asked.target);
    for (name, value) in &asked.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.extend([DOOR_HEADER, ": ", pass, "\r\nConnection: close\r\n"]);
    if let Some(file) = file {
        head.extend([UPLOAD_HEADER, ": ", file, "\r\n"]);
    }
    if !complete.body.is_empty() {
        head.extend(["Content-Length: ", &complete.body.len().to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&complete.body);
    bytes
}

/// The head of an answer, without what is between the worker and us.
struct AnswerHead {
    /// Status line and headers, without the empty line.
    text: String,
    /// What the body should be long.
    length: Option<usize>,
    /// It goes on for as long as somebody listens.
    is_stream: bool,
    /// It is no HTTP any more from here on.
    is_upgrade: bool,
}

fn answer_head(bytes: &[u8]) -> io::Result<Option<(AnswerHead, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; ANSWER_HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(used) = parsed else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let mut head = AnswerHead {
        text: format!(
            "HTTP/1.1 {status} {}\r\n",
            response.reason.unwrap_or_default()
        ),
        length: None,
        is_stream: false,
        is_upgrade: status == 101,
    };
    for header in &*response.headers {
        let value = std::str::from_utf8(header.value).map_err(io::Error::other)?;
        if header.name.eq_ignore_ascii_case(STREAM_HEADER) {
            head.is_stream = true;
            continue;
        }
        if header.name.eq_ignore_ascii_case("Connection") {
            continue;
        }
        if header.name.eq_ignore_ascii_case("Content-Length") {
            head.length = value.parse().ok();
        }
        head.text.extend([header.name, ": ", value, "\r\n"]);
    }
    Ok(Some((head, used)))
}

async fn pass_on<S>(
    client: &mut Client<S>,
    complete: &Complete,
    begun: Begun,
    place: OwnedSemaphorePermit,
    (origin, seat, house): (Origin, &Seat, &House),
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Begun {
        mut worker,
        head,
        mut body,
    } = begun;
    if head.is_stream {
        drop(place);
        let uplink = house.uplinks.take(origin);
        seat.does(Doing::Listening);
        let connection = if head.is_upgrade { "upgrade" } else { "close" };
        let begin = [
            head.text.as_bytes(),
            b"Connection: ",
            connection.as_bytes(),
            b"\r\n\r\n",
        ];
        let begin = [&begin.concat(), &body[..]].concat();
        if client.write(&begin).await.is_ok() {
            stream(client, worker, uplink, house).await;
        }
        return false;
    }
    // Whatever the worker still has, up to the buffer's end, without waiting for the client.
    let whole = loop {
        if body.len() >= HTTP_ANSWER_BUFFER {
            break false;
        }
        match timeout(HTTP_ANSWER, worker.read_buf(&mut body)).await {
            Ok(Ok(0)) => break true,
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return false,
        }
    };
    seat.does(Doing::Taking);
    let has_body = complete.asked.method != "HEAD" && head.length != Some(0) && !body.is_empty();
    // An answer that is shorter than it says ends the connection, or the next one would be misread.
    let sound = !whole || !has_body || head.length == Some(body.len());
    let keeps = complete.keeps && sound;
    let connection = if keeps { "keep-alive" } else { "close" };
    let mut left = head.length.unwrap_or(usize::MAX).saturating_sub(body.len());
    let mut bytes = format!("{}Connection: {connection}\r\n\r\n", head.text).into_bytes();
    bytes.append(&mut body);
    if whole {
        drop((worker, place));
        return client.write(&bytes).await.is_ok() && keeps;
    }
    loop {
        if client.write(&bytes).await.is_err() {
            return false;
        }
        bytes.clear();
        bytes.reserve(PIECE);
        match timeout(
            HTTP_ANSWER,
            (&mut worker).take(PIECE as u64).read_buf(&mut bytes),
        )
        .await
        {
            Ok(Ok(0)) => break,
            Ok(Ok(read)) => left = left.saturating_sub(read),
            Ok(Err(_)) | Err(_) => return false,
        }
    }
    drop(place);
    keeps && left == 0
}

/// Relays until either side ends, or the client takes nothing for [`HTTP_STALL`].
async fn stream<S>(
    client: &mut Client<S>,
    mut worker: UnixStream,
    uplink: Option<std::sync::mpsc::SyncSender<Told>>,
    house: &House,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut down = vec![0; PIECE];
    let mut up = vec![0; 1024];
    loop {
        tokio::select! {
            () = house.ends() => {
                farewell(client, worker, uplink).await;
                return;
            }
            read = worker.read(&mut down) => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    let written = client.stream.write_all(&down[..length]);
                    if !matches!(timeout(HTTP_STALL, written).await, Ok(Ok(()))) {
                        break;
                    }
                }
            },
            read = client.stream.read(&mut up) => match (read, &uplink) {
                (Ok(length), Some(uplink)) if length > 0 => {
                    // Somebody who talks faster than is listened to is not here to listen.
                    if uplink.try_send(Told::Bytes(up[..length].to_vec())).is_err() {
                        break;
                    }
                }
                _ => break,
            },
        }
    }
    if let Some(uplink) = uplink {
        // If there is no room for it, it hears at its next write.
        let _ = uplink.try_send(Told::Gone);
    }
}

/// The page ends: the stream is told, and its last words are passed on.
async fn farewell<S: AsyncRead + AsyncWrite + Unpin + Send>(
    client: &mut Client<S>,
    mut worker: UnixStream,
    uplink: Option<std::sync::mpsc::SyncSender<Told>>,
) {
    if let Some(uplink) = uplink {
        let _ = uplink.try_send(Told::Gone);
    }
    let last = tokio::io::copy(&mut worker, &mut client.stream);
    // A stream that does not end by then is cut off.
    let _ = timeout(HTTP_FAREWELL, last).await;
}
