//! One connection, from the WebSocket upgrade to its end: frames, handshake, encryption.
//!
//! The task owns the socket; everything it learns goes to the state under the lock, and what the
//! state wants written comes through the outbox. While [`Fault::Stall`] is in force, or its account
//! is silenced, it neither reads nor writes, but can still be cut.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, protocol::Role as WsRole};
use wacore_binary::{Node, marshal, util::unpack_bytes};
use wacore_noise::NoiseCipher;

use super::Shared;
use super::faults::{Fault, Faults};
use super::framing::{Inbound, framed};
use super::handshake::{self, Greeted, Half, Step};
use super::state::{Cut, Outgoing};
use crate::event_log::Conn;
use crate::refusal::Refusal;

/// How long a client may take to close its side.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// How a connection's life ends.
enum End {
    /// The client closed, or the network did.
    Gone,
    /// The service closes.
    Close,
    /// The service resets.
    Reset,
}

/// Runs a connection whose upgrade was answered; `rest` came behind the request.
pub(crate) async fn run(shared: Arc<Shared>, stream: TcpStream, rest: Vec<u8>) {
    let (outbox, outgoing) = mpsc::unbounded_channel();
    let (cut, cuts) = mpsc::unbounded_channel();
    let conn = shared.lock().opened(outbox, cut);
    // Dropped last, also when this task panics or is aborted.
    let _leave = Leave(Arc::clone(&shared), conn);
    let ws = WebSocketStream::from_partially_read(stream, rest, WsRole::Server, None).await;
    let mut connection = Connection {
        faults: shared.faults.subscribe(),
        shared,
        conn,
        ws,
        inbound: Inbound::default(),
        outgoing,
        cuts,
        phase: Phase::Hello,
    };
    match connection.serve().await {
        End::Gone => {}
        End::Close => connection.close().await,
        // Best effort: the peer may be gone already.
        End::Reset => drop(connection.ws.get_ref().set_zero_linger()),
    }
}

/// Tells the state that the connection is gone.
struct Leave(Arc<Shared>, Conn);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.lock().closed(self.1);
    }
}

struct Connection {
    shared: Arc<Shared>,
    conn: Conn,
    ws: WebSocketStream<TcpStream>,
    inbound: Inbound,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    cuts: mpsc::UnboundedReceiver<Cut>,
    faults: watch::Receiver<Faults>,
    phase: Phase,
}

/// How far the connection is.
enum Phase {
    /// The client's first message is awaited.
    Hello,
    /// Its last handshake message is awaited.
    Finish(Box<Half>),
    /// Stanzas go both ways.
    Open(Box<Transport>),
    /// Between two phases, and after a refusal.
    Broken,
}

/// The two ciphers with their counters.
struct Transport {
    inbound: NoiseCipher,
    received: u32,
    outbound: NoiseCipher,
    sent: u32,
}

impl Connection {
    async fn serve(&mut self) -> End {
        loop {
            let stalled = self.stalled();
            let open = matches!(self.phase, Phase::Open(_));
            let turn = tokio::select! {
                biased;
                Some(cut) = self.cuts.recv() => Err(match cut {
                    Cut::Close => End::Close,
                    Cut::Reset => End::Reset,
                }),
                changed = self.faults.changed() => changed.map_err(|_| End::Close),
                Some(outgoing) = self.outgoing.recv(), if open && !stalled => match outgoing {
                    Outgoing::Node(node) => self.write(&node).await,
                    Outgoing::Close => Err(End::Close),
                },
                message = self.ws.next(), if !stalled => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
            };
            if let Err(end) = turn {
                return end;
            }
        }
    }

    /// Whether nothing is read or written for now, here or for this account.
    fn stalled(&mut self) -> bool {
        // A copy: whoever holds the state's lock may ask for the faults.
        let faults = self.faults.borrow_and_update().clone();
        if faults.has(Fault::Stall) || !faults.silences_any() {
            return faults.has(Fault::Stall);
        }
        let address = self.shared.lock().logged_in(self.conn);
        address.is_some_and(|address| faults.silences(&address.number))
    }

    /// Handles one WebSocket message.
    async fn take(&mut self, message: Message) -> Result<(), End> {
        match message {
            Message::Binary(piece) => self.inbound.feed(&piece),
            Message::Close(_) => return Err(End::Gone),
            Message::Text(_) => return Err(self.refuse(Refusal::TextMessage)),
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        }
        loop {
            match self.inbound.frame() {
                Ok(Some(frame)) => self.frame(frame).await?,
                Ok(None) => return Ok(()),
                Err(why) => return Err(self.refuse(why)),
            }
        }
    }

    async fn frame(&mut self, frame: BytesMut) -> Result<(), End> {
        match std::mem::replace(&mut self.phase, Phase::Broken) {
            Phase::Hello => {
                let step = handshake::greet(&self.shared.lock().authority, &frame);
                match step.map_err(|why| self.refuse(why))? {
                    Step::Wait { reply, half } => {
                        self.phase = Phase::Finish(half);
                        self.put(framed(&reply)).await
                    }
                    Step::Done { reply, greeted } => {
                        self.put(framed(&reply)).await?;
                        self.greeted(*greeted).await;
                        Ok(())
                    }
                }
            }
            Phase::Finish(half) => {
                let greeted = half.finish(&frame).map_err(|why| self.refuse(why))?;
                self.greeted(greeted).await;
                Ok(())
            }
            Phase::Open(mut transport) => {
                let node = transport.open(frame);
                self.phase = Phase::Open(transport);
                match node {
                    Ok(node) => self.shared.lock().stanza(self.conn, &node),
                    Err(Refusal::Stanza(what)) => self.shared.lock().malformed(self.conn, what),
                    Err(why) => return Err(self.refuse(why)),
                }
                Ok(())
            }
            Phase::Broken => Err(End::Close),
        }
    }

    async fn greeted(&mut self, greeted: Greeted) {
        self.inbound.trusted = true;
        self.shared.lock().greeted(self.conn, &greeted);
        let delay = self.shared.lock().options.first_frame_delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        self.phase = Phase::Open(Box::new(Transport {
            inbound: greeted.inbound,
            received: 0,
            outbound: greeted.outbound,
            sent: 0,
        }));
    }

    async fn write(&mut self, node: &Node) -> Result<(), End> {
        let slow = self.faults.borrow().slow();
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        let Phase::Open(transport) = &mut self.phase else {
            return Ok(());
        };
        log::trace!("service to {:?}: {}", self.conn, node.tag);
        let frame = framed(&transport.seal(node));
        self.put(frame).await
    }

    async fn put(&mut self, bytes: Vec<u8>) -> Result<(), End> {
        self.ws
            .send(Message::Binary(bytes.into()))
            .await
            .map_err(|_| End::Gone)
    }

    /// Closes, and reads on until the client has closed too: a socket that is closed with something
    /// unread in it is reset, and the client then loses what it was sent last.
    async fn close(&mut self) {
        let closing = async {
            if self.ws.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.ws.next().await {}
            }
        };
        // A client that does not close is left.
        let _ = tokio::time::timeout(CLOSING_MAX, closing).await;
    }

    fn refuse(&self, why: Refusal) -> End {
        self.shared.lock().refused(self.conn, why);
        End::Close
    }
}

impl Transport {
    fn open(&mut self, mut frame: BytesMut) -> Result<Node, Refusal> {
        self.inbound
            .decrypt_in_place_with_counter(self.received, &mut frame)
            .map_err(|_| Refusal::Frame)?;
        self.received += 1;
        let plain = unpack_bytes(frame).map_err(|_| Refusal::Stanza("it does not unpack"))?;
        let node = marshal::unmarshal_ref(&plain)
            .map_err(|_| Refusal::Stanza("it is not a binary node"))?;
        Ok(node.to_owned())
    }

    fn seal(&mut self, node: &Node) -> Vec<u8> {
        #[allow(
            clippy::expect_used,
            reason = "the service makes only nodes that encode"
        )]
        let plain = marshal::marshal(node).expect("a stanza of the service encodes");
        #[allow(clippy::expect_used, reason = "AES-GCM takes texts of this size")]
        let sealed = self
            .outbound
            .encrypt_with_counter(self.sent, &plain)
            .expect("a frame encrypts");
        self.sent += 1;
        sealed
    }
}
