//! A hand-written client that follows the rules unless told otherwise: for refusals, and for manners
//! of other clients that whatsapp-rust does not have.
//!
//! It speaks over a plain blocking socket and checks what a careful client would check: the
//! certificate chain against the service's root, the phone's proof and signature.

use std::net::TcpStream;

use pairbox_sim::{Jid, Service};
use rand::rng;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};
use wacore::libsignal::protocol::{KeyPair, PublicKey};
use wacore::pair::{DeviceState, PairUtils};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::consts::{NOISE_PATTERN_XX, WA_CONN_HEADER};
use wacore_binary::{Node, marshal};
use wacore_noise::{NoiseCipher, NoiseHandshake};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;
use waproto::whatsapp::handshake_message::{ClientFinish, ClientHello};

use crate::companion::DEADLINE;

mod keys;

pub use keys::{Keys, login, raw_key, sign, typed};

pub const ORIGIN: &str = "https://web.whatsapp.com";

/// A socket whose upgrade was accepted.
pub struct Socket {
    ws: WebSocket<TcpStream>,
    unread: Vec<u8>,
    /// Sends that many bytes in each message.
    pub in_pieces_of: Option<usize>,
}

/// A connection after its handshake.
pub struct Raw {
    socket: Socket,
    inbound: NoiseCipher,
    received: u32,
    outbound: NoiseCipher,
    sent: u32,
}

impl Socket {
    /// Connects with that Origin. The error is the HTTP status of a refused upgrade.
    pub fn connect(url: &str, origin: Option<&str>) -> Result<Self, u16> {
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            let value = origin.parse().unwrap();
            request.headers_mut().insert("Origin", value);
        }
        let uri = request.uri();
        let host = (uri.host().unwrap().to_owned(), uri.port_u16().unwrap());
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        match client(request, stream) {
            Ok((ws, _)) => Ok(Self {
                ws,
                unread: Vec::new(),
                in_pieces_of: None,
            }),
            Err(tokio_tungstenite::tungstenite::HandshakeError::Failure(Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(other) => panic!("neither accepted nor refused: {other}"),
        }
    }

    pub fn open(service: &Service) -> Self {
        Self::connect(&service.url(), Some(ORIGIN)).unwrap()
    }

    /// Sends bytes of the stream in one message.
    pub fn put(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(self.in_pieces_of.unwrap_or(usize::MAX)) {
            self.ws.send(Message::binary(piece.to_vec())).unwrap();
        }
    }

    pub fn put_text(&mut self, text: &str) {
        self.ws.send(Message::text(text)).unwrap();
    }

    /// The body of the next frame; `None` when the service has closed.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        loop {
            if let [a, b, c, rest @ ..] = self.unread.as_slice() {
                let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
                if rest.len() >= length {
                    let body = rest[..length].to_vec();
                    self.unread.drain(..3 + length);
                    return Some(body);
                }
            }
            match self.ws.read() {
                Ok(Message::Binary(piece)) => self.unread.extend_from_slice(&piece),
                Ok(Message::Close(_)) => return None,
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("the service neither answers nor closes")
                }
                Err(_) => return None,
            }
        }
    }

    /// Greets with XX. `intro` stands in front of the first frame.
    pub fn greet(mut self, service: &Service, keys: &Keys, payload: &wa::ClientPayload) -> Raw {
        let mut noise = NoiseHandshake::new(NOISE_PATTERN_XX, &WA_CONN_HEADER).unwrap();
        let ephemeral = KeyPair::generate(&mut rng());
        noise.authenticate(&raw_key(&ephemeral));
        let hello = wa::HandshakeMessage {
            client_hello: MessageField::some(ClientHello {
                ephemeral: Some(raw_key(&ephemeral).to_vec()),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.put(&framed(&hello.encode_to_vec()));
        let answer = self.frame().expect("a server hello");
        let answer = wa::HandshakeMessage::decode_from_slice(&answer).unwrap();
        let answer = answer.server_hello.into_option().unwrap();
        let theirs: [u8; 32] = answer.ephemeral.unwrap().try_into().unwrap();
        noise.authenticate(&theirs);
        mix(&mut noise, &ephemeral, &theirs);
        let theirs_static = noise.decrypt(&answer.r#static.unwrap()).unwrap();
        let theirs_static: [u8; 32] = theirs_static.try_into().unwrap();
        mix(&mut noise, &ephemeral, &theirs_static);
        let chain = noise.decrypt(&answer.payload.unwrap()).unwrap();
        check_chain(&chain, &service.root_key(), &theirs_static);
        let finish_static = noise.encrypt(&raw_key(&keys.noise)).unwrap();
        mix(&mut noise, &keys.noise, &theirs);
        let finish = wa::HandshakeMessage {
            client_finish: MessageField::some(ClientFinish {
                r#static: Some(finish_static),
                payload: Some(noise.encrypt(&payload.encode_to_vec()).unwrap()),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.put(&framed(&finish.encode_to_vec()));
        let (outbound, inbound) = noise.finish().unwrap();
        Raw {
            socket: self,
            inbound,
            received: 0,
            outbound,
            sent: 0,
        }
    }
}

impl Raw {
    /// Connects, greets, says `payload`.
    pub fn connect(service: &Service, keys: &Keys, payload: &wa::ClientPayload) -> Self {
        let mut socket = Socket::open(service);
        socket.put(&WA_CONN_HEADER);
        socket.greet(service, keys, payload)
    }

    /// Connects as an unlinked companion and gives the references.
    pub fn register(service: &Service, keys: &Keys) -> (Self, Vec<String>) {
        let mut raw = Self::connect(service, keys, &keys.registration());
        let offer = raw.next().expect("references");
        let refs = offer.get_optional_child("pair-device").unwrap();
        let refs = refs.children().unwrap_or_default().iter();
        let refs = refs.map(|node| node.content_as_string().unwrap().to_string());
        let refs = refs.collect();
        raw.answer(&offer);
        (raw, refs)
    }

    /// The next stanza; `None` when the service has closed.
    pub fn next(&mut self) -> Option<Node> {
        let frame = self.socket.frame()?;
        let mut frame = bytes::BytesMut::from(frame.as_slice());
        self.inbound
            .decrypt_in_place_with_counter(self.received, &mut frame)
            .unwrap();
        self.received += 1;
        let plain = wacore_binary::util::unpack_bytes(frame).unwrap();
        Some(marshal::unmarshal_ref(&plain).unwrap().to_owned())
    }

    /// The next stanza of that name; others are passed over.
    pub fn next_named(&mut self, tag: &str) -> Node {
        loop {
            let node = self
                .next()
                .unwrap_or_else(|| panic!("closed before a {tag}"));
            if node.tag == tag {
                return node;
            }
        }
    }

    pub fn send(&mut self, node: &Node) {
        self.send_plain(&marshal::marshal(node).unwrap());
    }

    /// Sends what a stanza would be encoded to.
    pub fn send_plain(&mut self, plain: &[u8]) {
        let body = self
            .outbound
            .encrypt_with_counter(self.sent, plain)
            .unwrap();
        self.sent += 1;
        self.socket.put(&framed(&body));
    }

    /// Sends a frame as it is, not encrypted.
    pub fn send_frame(&mut self, body: &[u8]) {
        self.socket.put(&framed(body));
    }

    /// Sends a request and gives its answer; other stanzas are passed over.
    pub fn ask(&mut self, mut iq: Node) -> Node {
        let id = format!("{}.raw", self.sent);
        iq.attrs.insert("id", id.as_str());
        self.send(&iq);
        loop {
            let answer = self.next_named("iq");
            if answer
                .attrs
                .get("id")
                .is_some_and(|value| *value == id.as_str())
            {
                return answer;
            }
        }
    }

    pub fn ask_get(&mut self, xmlns: &'static str, child: Option<Node>) -> Node {
        let iq = NodeBuilder::new("iq")
            .attr("xmlns", xmlns)
            .attr("type", "get");
        self.ask(iq.children(child).build())
    }

    /// Answers a request of the service with an empty result.
    pub fn answer(&mut self, iq: &Node) {
        self.send(&result(iq).build());
    }

    /// Answers `pair-success` with a device signature made by `signer`. As some clients do, it
    /// leaves the account's key out.
    pub fn prove(&mut self, success: &Node, keys: &Keys, signer: &KeyPair) {
        let blob = success
            .get_optional_child_by_tag(&["pair-success", "device-identity"])
            .and_then(|node| match &node.content {
                Some(wacore_binary::NodeContent::Bytes(bytes)) => Some(bytes.clone()),
                _ => None,
            })
            .unwrap();
        let state = DeviceState {
            identity_key: KeyPair::new(keys.identity.public_key, signer.private_key.clone()),
            noise_key: keys.noise.clone(),
            adv_secret_key: keys.adv_secret,
        };
        let (signed, index) = PairUtils::do_pair_crypto(&state, &blob).unwrap();
        let mut signed = wa::ADVSignedDeviceIdentity::decode_from_slice(&signed).unwrap();
        signed.account_signature_key = None;
        let identity = NodeBuilder::new("device-identity")
            .attr("key-index", index)
            .bytes(signed.encode_to_vec());
        self.send(
            &result(success)
                .children([node("pair-device-sign", [identity.build()])])
                .build(),
        );
    }

    /// Says it is active and takes in the backlog. Gives the messages of it.
    pub fn activate(&mut self) -> Vec<Node> {
        let active = NodeBuilder::new("iq")
            .attr("xmlns", "passive")
            .attr("type", "set")
            .children([NodeBuilder::new("active").build()]);
        self.ask(active.build());
        let mut backlog = Vec::new();
        loop {
            let stanza = self.next().expect("the offline marker");
            if stanza.get_optional_child("offline").is_some() {
                return backlog;
            }
            if stanza.tag != "ib" {
                backlog.push(stanza);
                // One more for each that came.
                let batch = NodeBuilder::new("offline_batch").attr("count", 1_u8);
                self.send(&node("ib", [batch.build()]));
            }
        }
    }

    /// Acknowledges a message the way companions do.
    pub fn acknowledge(&mut self, message: &Node) {
        let receipt = NodeBuilder::new("receipt")
            .attr("to", message.attrs.get("from").unwrap().clone())
            .attr("id", message.attrs.get("id").unwrap().clone());
        self.send(&receipt.build());
    }
}

/// A client that was linked and whose pairing connection has ended.
pub fn link(service: &Service, number: &str) -> (Keys, Jid) {
    let keys = Keys::generate();
    let (mut raw, refs) = Raw::register(service, &keys);
    let phone = service.phone(number, "Owner");
    let qr = keys.qr(&refs[0], 4);
    let scan = std::thread::spawn(move || phone.scan(&qr));
    let success = raw.next_named("iq");
    raw.prove(&success, &keys, &keys.identity.clone());
    let jid = scan.join().unwrap().unwrap();
    let restart = raw.next_named("stream:error");
    assert!(has(&restart, "code", "515"));
    assert_eq!(raw.next(), None, "the service closes after it");
    (keys, jid)
}

/// The same, logged in, with one-time keys left and the backlog taken in and acknowledged.
pub fn linked(service: &Service, number: &str) -> (Raw, Keys, Jid) {
    let (keys, jid) = link(service, number);
    let mut raw = Raw::connect(service, &keys, &login(&jid));
    raw.next_named("success");
    raw.ask(keys.upload(&[1, 2, 3, 4, 5]));
    for message in raw.activate() {
        raw.acknowledge(&message);
    }
    (raw, keys, jid)
}

/// Whether an attribute is exactly that.
pub fn has(node: &Node, key: &str, value: &str) -> bool {
    node.attrs.get(key).is_some_and(|found| *found == value)
}

pub fn node(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

pub fn bytes(tag: &'static str, content: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(content).build()
}

fn result(iq: &Node) -> NodeBuilder {
    NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "result")
        .attr("id", iq.attrs.get("id").unwrap().clone())
}

pub fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[1..], body].concat()
}

fn mix(noise: &mut NoiseHandshake, own: &KeyPair, theirs: &[u8; 32]) {
    noise
        .mix_shared_secret(own.private_key.serialize(), theirs)
        .unwrap();
}

/// Root signs the intermediate, the intermediate signs the leaf, the leaf is the static key.
fn check_chain(chain: &[u8], root: &[u8; 32], theirs: &[u8; 32]) {
    use waproto::whatsapp::cert_chain::noise_certificate::Details;
    let chain = wa::CertChain::decode_from_slice(chain).unwrap();
    let mut signer = *root;
    let mut issuer = 0;
    for certificate in [chain.intermediate, chain.leaf] {
        let certificate = certificate.into_option().unwrap();
        let (bytes, signature) = (certificate.details.unwrap(), certificate.signature.unwrap());
        let key = PublicKey::from_djb_public_key_bytes(&signer).unwrap();
        assert!(
            key.verify_signature(&bytes, &signature),
            "signed by its issuer"
        );
        let details = Details::decode_from_slice(&bytes).unwrap();
        assert_eq!(details.issuer_serial, Some(issuer));
        issuer = details.serial.unwrap();
        signer = details.key.unwrap().try_into().unwrap();
    }
    assert_eq!(signer, *theirs, "the leaf carries the static key");
}
