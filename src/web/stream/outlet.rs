//! The two ways an event goes out: a line of text, or a frame of a WebSocket.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use crate::limits::STREAM_FRAME_MAX;

/// What is written to.
pub(in crate::web) type Sink = Box<dyn Write + Send>;

/// A stream on its way to the client.
pub(in crate::web) enum Outlet {
    /// `text/event-stream`
    Lines(Sink),
    /// A WebSocket.
    Frames(Box<WebSocket<Wire>>),
}

/// Why a stream ends from our side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::web) enum Farewell {
    /// The page ends.
    Ending,
    /// Its token is good no more.
    NotAllowed,
    /// It did not keep up.
    TooSlow,
}

/// Both directions of a WebSocket: we write to the socket, and what the client sends is handed in.
pub(in crate::web) struct Wire {
    arrived: VecDeque<u8>,
    sink: Sink,
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.arrived.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.arrived.read(into)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl Outlet {
    /// The lines of an event stream. A client that lost it comes back after two seconds.
    pub fn lines(mut sink: Sink) -> io::Result<Self> {
        sink.write_all(b"retry: 2000\n\n")?;
        sink.flush()?;
        Ok(Self::Lines(sink))
    }

    /// A WebSocket whose handshake is done.
    pub fn frames(sink: Sink) -> Self {
        let config = WebSocketConfig::default()
            .max_frame_size(Some(STREAM_FRAME_MAX))
            .max_message_size(Some(STREAM_FRAME_MAX))
            .read_buffer_size(STREAM_FRAME_MAX)
            .write_buffer_size(0);
        let wire = Wire {
            arrived: VecDeque::new(),
            sink,
        };
        let socket = WebSocket::from_raw_socket(wire, Role::Server, Some(config));
        Self::Frames(Box::new(socket))
    }

    /// Sends an event.
    pub fn event(&mut self, id: &str, kind: &str, json: &str) -> io::Result<()> {
        match self {
            Self::Lines(sink) => {
                write!(sink, "id: {id}\nevent: {kind}\ndata: {json}\n\n")?;
                sink.flush()
            }
            Self::Frames(socket) => socket.send(Message::text(json)).map_err(io::Error::other),
        }
    }

    /// Shows that the stream lives.
    pub fn beat(&mut self) -> io::Result<()> {
        match self {
            Self::Lines(sink) => {
                sink.write_all(b": here\n\n")?;
                sink.flush()
            }
            Self::Frames(socket) => {
                let ping = Message::Ping(Vec::new().into());
                socket.send(ping).map_err(io::Error::other)
            }
        }
    }

    /// Takes what the client sent: pings are answered, a close is, the rest means nothing here. An
    /// error ends the stream.
    pub fn arrived(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self::Frames(socket) = self else {
            // Nothing can be said on a request that was made.
            return Ok(());
        };
        socket.get_mut().arrived.extend(bytes);
        loop {
            match socket.read() {
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    // What was wrong with the client's frames is told it by a close.
                    let _ = socket.flush();
                    return Err(io::Error::other(error));
                }
            }
        }
    }

    /// Says why it ends, where that can be said.
    pub fn close(&mut self, why: Farewell) {
        if let Self::Frames(socket) = self {
            let (code, reason) = match why {
                Farewell::Ending => (CloseCode::Away, "the service ends"),
                Farewell::NotAllowed => (CloseCode::Policy, "the token is not good any more"),
                Farewell::TooSlow => (CloseCode::Again, "events came faster than they were taken"),
            };
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            // Whoever is gone does not hear it.
            let _ = socket.close(Some(frame));
            let _ = socket.flush();
        }
    }
}
