//! A body as it comes from a client, as a stream of its bytes: however it is framed, and never more than is
//! taken of it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use multer::bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::limits::{HTTP_UPLOAD_HELD, HTTP_UPLOAD_STALL};
use crate::web::door::chunks::{Flow, Piece};
use crate::web::door::head::Framing;
use crate::web::problem::Problem;

/// Bytes asked for at once.
const PIECE: usize = 16 * 1024;

/// Why a body is not taken.
pub(super) enum Fault {
    /// The client went.
    Gone,
    /// Nothing came for too long.
    Stalled,
    /// More came than is taken.
    TooLarge,
    /// It is not as it should be.
    Malformed(Problem),
}

/// A body as it comes from a client.
pub(super) struct Flowing<'c, S> {
    stream: &'c mut S,
    /// What came and is not used yet.
    unread: &'c mut Vec<u8>,
    rest: Rest,
    /// How much more may come.
    room: u64,
    /// Bytes handed on since a part was last got further with: what the parser holds.
    held: Arc<AtomicUsize>,
    stalls: Pin<Box<Sleep>>,
    pub fault: Option<Fault>,
}

/// What of a body is to come.
enum Rest {
    Length(usize),
    Chunks(Flow),
    Nothing,
}

/// The body broke off; why is in [`Flowing`].
#[derive(Debug, thiserror::Error)]
#[error("the body broke off")]
pub(super) struct BrokeOff;

/// The next bytes; `None` when there are no more.
pub(super) async fn next<S: AsyncRead + Unpin>(flowing: &mut Flowing<'_, S>) -> Option<Bytes> {
    let mut flowing = Pin::new(flowing);
    let piece = std::future::poll_fn(|context| flowing.as_mut().poll_next(context)).await;
    piece?.ok()
}

impl<'c, S: AsyncRead + Unpin> Flowing<'c, S> {
    /// A body of a client whose `unread` came already. `room`: bytes that may come.
    pub fn new(
        (stream, unread): (&'c mut S, &'c mut Vec<u8>),
        framing: Framing,
        room: u64,
    ) -> Self {
        Self {
            stream,
            unread,
            rest: match framing {
                Framing::Length(length) => Rest::Length(length),
                Framing::Chunked => Rest::Chunks(Flow::default()),
            },
            room,
            held: Arc::default(),
            stalls: Box::pin(sleep(HTTP_UPLOAD_STALL)),
            fault: None,
        }
    }

    /// How much the parser holds: to be set to 0 whenever it got further.
    pub fn held(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.held)
    }

    fn breaks(&mut self, fault: Fault) -> Poll<Option<Result<Bytes, BrokeOff>>> {
        self.fault = Some(fault);
        self.rest = Rest::Nothing;
        Poll::Ready(Some(Err(BrokeOff)))
    }

    /// The next bytes of what came already.
    fn at_hand(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let (between, length) = match &mut self.rest {
                Rest::Nothing => return Ok(None),
                Rest::Length(0) => {
                    self.rest = Rest::Nothing;
                    return Ok(None);
                }
                Rest::Length(left) => {
                    let length = self.unread.len().min(*left);
                    *left -= length;
                    (0, length)
                }
                Rest::Chunks(flow) => match flow.next(self.unread)? {
                    Piece::Data(length) => (0, length),
                    Piece::Between(length) => (length, 0),
                    Piece::More => (0, 0),
                    Piece::End(length) => {
                        self.unread.drain(..length);
                        self.rest = Rest::Nothing;
                        return Ok(None);
                    }
                },
            };
            if between > 0 {
                self.unread.drain(..between);
                continue;
            }
            if length == 0 {
                return Ok(None);
            }
            let rest = self.unread.split_off(length);
            let piece = std::mem::replace(self.unread, rest);
            return Ok(Some(Bytes::from(piece)));
        }
    }
}

impl<S: AsyncRead + Unpin> Stream for Flowing<'_, S> {
    type Item = Result<Bytes, BrokeOff>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match this.at_hand() {
                Err(problem) => return this.breaks(Fault::Malformed(problem)),
                Ok(Some(piece)) => {
                    let Some(room) = this.room.checked_sub(piece.len() as u64) else {
                        return this.breaks(Fault::TooLarge);
                    };
                    this.room = room;
                    let held = this.held.fetch_add(piece.len(), Ordering::Relaxed);
                    if held > HTTP_UPLOAD_HELD {
                        return this.breaks(Fault::Malformed(super::bad(
                            "The head of a part has no end.",
                        )));
                    }
                    return Poll::Ready(Some(Ok(piece)));
                }
                Ok(None) if matches!(this.rest, Rest::Nothing) => return Poll::Ready(None),
                Ok(None) => {}
            }
            let mut space = [0; PIECE];
            let mut read = ReadBuf::new(&mut space);
            match Pin::new(&mut *this.stream).poll_read(context, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    this.unread.extend_from_slice(read.filled());
                    this.stalls
                        .as_mut()
                        .reset(Instant::now() + HTTP_UPLOAD_STALL);
                }
                Poll::Ready(_) => return this.breaks(Fault::Gone),
                Poll::Pending => {
                    return match this.stalls.as_mut().poll(context) {
                        Poll::Ready(()) => this.breaks(Fault::Stalled),
                        Poll::Pending => Poll::Pending,
                    };
                }
            }
        }
    }
}
