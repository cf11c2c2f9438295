//! A page on a free port, with the ends the rest of the program would hold.
//!
//! The snapshot is published by the test, wishes are read by the test; nothing waits for time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use pairbox::account::AccountId;
use pairbox::clock::Clock;
use pairbox::event::Event;
use pairbox::health::Pulse;
use pairbox::inbox::Inbox;
use pairbox::journal::Journal;
use pairbox::secret::Secret;
use pairbox::snapshot::{AccountView, Pairing, PanelHealth, QrCode, Snapshot, Status};
use pairbox::time::{Mono, UnixMillis};
use pairbox::ulid::{SessionIds, Ulid};
use pairbox::web::access::{AccessDesk, AccessParts};
use pairbox::web::messages::{Direction, MessageView, SendProblem, SendReceipt};
use pairbox::web::{self, WebContext, WebHandle};
use tokio::sync::{mpsc, watch};
use ureq::http::{Request, Response};

/// A QR text that must never be seen outside a QR.
pub const QR_TEXT: &str = "2@secret-reference,secret-noise-key,secret-identity,secret-adv";
/// A number of which four digits may be seen.
pub const PHONE: &str = "15550001234";
/// Where the rig listens when nothing else is said.
pub const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The picture the rig's panel shows.
pub const PNG: &[u8] = b"\x89PNG the panel";

/// A running page.
pub struct Rig {
    pub address: SocketAddr,
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    pub wishes: mpsc::Receiver<Event>,
    pub clock: Clock,
    pub pulse: Pulse,
    client: ureq::Agent,
    _page: WebHandle,
}

/// An answer, read whole.
pub struct Answer {
    pub head: Response<()>,
    pub text: String,
}

impl Rig {
    /// A page on a free port of a loopback address.
    pub fn start() -> Self {
        Self::on(LOCAL)
    }

    /// A page on a free port of that address, reached by loopback.
    pub fn on(ip: IpAddr) -> Self {
        Self::with(ip, |_| {})
    }

    /// The same with the context changed.
    pub fn with(ip: IpAddr, change: impl FnOnce(&mut WebContext)) -> Self {
        let clock = Clock::start();
        let pulse = Pulse::default();
        let (snapshots, receiver) = watch::channel(Arc::new(snapshot(1, Status::Stopped)));
        let (inbox, wishes) = Inbox::new();
        let tickets = pairbox::ticket::Tickets::default();
        let ids = SessionIds::new(Ulid::new(1_772_348_709_250, 7));
        let access = AccessDesk::new(AccessParts {
            store: None,
            sessions: ids,
            snapshots: receiver.clone(),
            inbox: inbox.clone(),
            tickets: tickets.clone(),
            clock,
        });
        let mut context = WebContext {
            snapshots: receiver,
            inbox,
            tickets,
            journal: Journal::new(7),
            ids,
            access,
            clock,
            pulse: pulse.clone(),
            geometry: Some((128, 64)),
            metrics: Box::new(|| "# no counters\n".to_owned()),
            panel_png: Box::new(|_, _| Some(PNG.to_vec())),
            qr_svg: |text| Some(format!("<svg><!-- {} modules --></svg>", text.len())),
            list_messages: Box::new(|_, limit| Ok(messages(limit))),
            send_message: Box::new(|_, to, _| match to {
                "nobody" => Err(SendProblem::NotOnWhatsApp),
                _ => Ok(SendReceipt {
                    id: "3EB0AA".into(),
                    status: "queued",
                }),
            }),
        };
        change(&mut context);
        let listener = web::bind(SocketAddr::new(ip, 0)).unwrap();
        let port = listener.address().port();
        let client = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        Self {
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            snapshots,
            wishes,
            clock,
            pulse,
            client,
            _page: web::serve(listener, context).unwrap(),
        }
    }

    /// Publishes the one account in that state.
    pub fn publish(&self, status: Status) {
        self.snapshots
            .send_modify(|now| *now = Arc::new(snapshot(now.seq + 1, status)));
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], body)
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if body.is_empty() && method != "POST" {
            self.client.run(request.body(()).unwrap()).unwrap()
        } else {
            self.client
                .run(request.body(body.to_owned()).unwrap())
                .unwrap()
        };
        let (parts, mut body) = answer.into_parts();
        Answer {
            head: Response::from_parts(parts, ()),
            text: String::from_utf8_lossy(&body.read_to_vec().unwrap()).into_owned(),
        }
    }
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    pub fn header(&self, name: &str) -> &str {
        self.head
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Checks that this is a problem of that status and code.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code, "{}", self.text);
        assert!(body["title"].is_string() && body["detail"].is_string());
    }
}

/// A snapshot with one linked account in that state.
pub fn snapshot(seq: u64, status: Status) -> Snapshot {
    let linked = !matches!(status, Status::ScanQrCode(_) | Status::Starting { .. });
    Snapshot {
        seq,
        selected: AccountId::FIRST,
        accounts: vec![AccountView {
            status,
            enabled: true,
            linked,
            phone: linked.then(|| PHONE.parse().unwrap()),
            push_name: linked.then(|| "Kim".into()),
            since_wall: Some(UnixMillis(1_772_348_709_250)),
            ..AccountView::blank(AccountId::FIRST, "shop")
        }],
        panel: PanelHealth::Attached,
        ..Snapshot::blank()
    }
}

/// A QR that lives long enough for any test.
pub fn scan() -> Status {
    Status::ScanQrCode(Pairing {
        typed: None,
        qr: Some(QrCode {
            code: Secret::new(QR_TEXT.into()),
            seq: 2,
            shown_at: Mono::START,
            lifetime: std::time::Duration::from_secs(3600),
        }),
    })
}

fn messages(limit: usize) -> Vec<MessageView> {
    let message = |number: usize| MessageView {
        id: format!("3EB0{number:02}"),
        direction: Direction::Inbound,
        chat: "15550009876@s.whatsapp.net".into(),
        text: format!("text {number}"),
        at: Some(UnixMillis(1_772_348_709_250)),
        status: "received",
    };
    (0..3).map(message).take(limit).collect()
}
