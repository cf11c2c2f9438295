//! The byte stream under the stanzas: prologue, then frames of a 24-bit length and a body.
//!
//! WebSocket messages are only pieces of the stream; a piece may hold half a frame or three. Written
//! here rather than taken from the client's library, so that both do not share one mistake.

use bytes::{Buf as _, BytesMut};
use wacore_binary::consts::WA_CONN_HEADER;

use crate::refusal::Refusal;

/// Before the prologue a client may say where it was routed the last time: this, then a frame.
const EDGE_PREINTRO: [u8; 4] = [b'E', b'D', 0, 1];

/// The longest frame before the handshake is complete; its messages are well below.
const HANDSHAKE_FRAME_MAX: usize = 16 * 1024;

/// Collects pieces and gives whole frames.
#[derive(Default)]
pub(crate) struct Inbound {
    buffer: BytesMut,
    greeted: bool,
    /// Lifted once the client is authenticated.
    pub(crate) trusted: bool,
}

impl Inbound {
    /// Takes in one piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole frame, if it has come.
    ///
    /// # Errors
    /// [`Refusal::Prologue`] when the stream begins with something else than this protocol's
    /// prologue, or an unauthenticated client announces a frame no handshake needs.
    pub(crate) fn frame(&mut self) -> Result<Option<BytesMut>, Refusal> {
        if !self.greeted && !self.prologue()? {
            return Ok(None);
        }
        let Some(length) = length_at(&self.buffer, 0) else {
            return Ok(None);
        };
        if !self.trusted && length > HANDSHAKE_FRAME_MAX {
            return Err(Refusal::Handshake("a frame too long for a handshake"));
        }
        if self.buffer.len() < 3 + length {
            return Ok(None);
        }
        self.buffer.advance(3);
        Ok(Some(self.buffer.split_to(length)))
    }

    /// Takes the prologue off the stream; false while it is incomplete.
    fn prologue(&mut self) -> Result<bool, Refusal> {
        if self.buffer.starts_with(&EDGE_PREINTRO) {
            let Some(length) = length_at(&self.buffer, 4) else {
                return Ok(false);
            };
            if length > HANDSHAKE_FRAME_MAX {
                return Err(Refusal::Prologue("the routing information is too long"));
            }
            if self.buffer.len() < 7 + length {
                return Ok(false);
            }
            self.buffer.advance(7 + length);
        }
        if self.buffer.len() < WA_CONN_HEADER.len() {
            return Ok(false);
        }
        if !self.buffer.starts_with(b"WA") {
            return Err(Refusal::Prologue("it does not say WA"));
        }
        if !self.buffer.starts_with(&WA_CONN_HEADER) {
            return Err(Refusal::Prologue(
                "another version of protocol or dictionary",
            ));
        }
        self.buffer.advance(WA_CONN_HEADER.len());
        self.greeted = true;
        Ok(true)
    }
}

/// One frame around `body`.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    #[allow(clippy::expect_used, reason = "the service sends nothing near 16 MiB")]
    let length = u32::try_from(body.len())
        .ok()
        .filter(|length| *length < 1 << 24)
        .expect("a frame is shorter than 16 MiB");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(body);
    frame
}

fn length_at(buffer: &[u8], at: usize) -> Option<usize> {
    let [a, b, c]: [u8; 3] = buffer.get(at..at + 3)?.try_into().ok()?;
    Some(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
}
