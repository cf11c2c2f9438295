//! A page on a free port, or its desk without a socket, with the ends the rest of the program would hold.
//!
//! Two machines can stand behind it. [`Rig`]'s is told what to answer: the snapshot is published by the
//! test, wishes are read by the test. [`living`]'s is the real one, with links that follow a script.
//! Nothing waits for time. Whatever is answered is held to the table of operations ([`checks`]).

pub mod checks;
pub mod living;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::thread;

use pairbox::account::AccountId;
use pairbox::clock::Clock;
use pairbox::config::Messages;
use pairbox::daemon::page::QR_DRAWINGS;
use pairbox::event::{Answer as Said, Event, Intent, Source};
use pairbox::gateway::{Gateway, GatewayParts};
use pairbox::inbox::Inbox;
use pairbox::journal::Journal;
use pairbox::message::inbound::Inbound;
use pairbox::metrics::{Gauges, Metrics};
use pairbox::pulse::{Pulse, Vitals};
use pairbox::secret::Secret;
use pairbox::snapshot::{AccountView, Pairing, PanelHealth, QrCode, Snapshot, Status};
use pairbox::store::Store;
use pairbox::ticket::Tickets;
use pairbox::time::{Mono, UnixMillis};
use pairbox::ulid::{SessionIds, Ulid};
use pairbox::web::access::{AccessDesk, AccessParts};
use pairbox::web::backstage::Backstage;
use pairbox::web::route::Names;
use pairbox::web::{self, WebContext, WebHandle};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use ureq::http::{Request, Response};

/// A QR text that must never be seen outside a QR.
pub const QR_TEXT: &str = "2@secret-reference,secret-noise-key,secret-identity,secret-adv";
/// A number of which strangers may see nothing.
pub const PHONE: &str = "15550001234";
/// Where the rig listens when nothing else is said.
pub const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The picture the rig's panel shows.
pub const PNG: &[u8] = b"\x89PNG the panel";
/// Largest file, in MB (1000 kB).
pub const MEDIA_MAX_MB: u32 = 2;
/// The second account, which the limited tokens are for.
pub const SECOND: AccountId = AccountId(2);

/// The names of this box's sessions.
pub fn ids() -> SessionIds {
    SessionIds::new(Ulid::new(1_772_348_709_250, 7))
}

/// The name of the account most tests are about.
pub fn me() -> String {
    ids().name(AccountId::FIRST)
}

/// The path of something about the account most tests are about.
pub fn mine(noun: &str) -> String {
    format!("/api/v1/sessions/{}/{noun}", me())
}

/// Tokens of each kind.
#[derive(Clone, Debug)]
pub struct Keys {
    pub read: String,
    pub control: String,
    pub send: String,
    pub admin: String,
    /// `read` and `control`, for [`SECOND`] only.
    pub second: String,
    /// `read`, for the first account only.
    pub first: String,
}

impl Keys {
    /// Makes them. The snapshot of the desk has to know both accounts.
    fn make(access: &AccessDesk) -> Self {
        let make = |body: serde_json::Value| {
            let reply = access.create(body.to_string().as_bytes()).unwrap();
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            body["secret"].as_str().unwrap().to_owned()
        };
        let of = |scope: &str| make(serde_json::json!({"name": scope, "scopes": [scope]}));
        let limited = |scopes: &[&str], id| {
            make(serde_json::json!({"name": "x", "scopes": scopes, "sessions": [ids().name(id)]}))
        };
        Self {
            read: of("read"),
            control: of("control"),
            send: of("send"),
            admin: of("admin"),
            second: limited(&["read", "control"], SECOND),
            first: limited(&["read"], AccountId::FIRST),
        }
    }
}

/// What a context is made of, and what stays in the test's hands.
pub struct Ends {
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    pub events: tokio::sync::mpsc::Receiver<Event>,
    pub tickets: Tickets,
    pub clock: Clock,
    pub pulse: Pulse,
    pub keys: Keys,
    pub journal: Journal,
    pub metrics: Metrics,
    folder: TempDir,
}

/// A runtime of its own for the gateway, for as long as the test program runs.
fn a_runtime() -> Handle {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    });
    RUNTIME.handle().clone()
}

/// A context whose answers come from `snapshots`, and its ends.
pub fn context() -> (WebContext, Ends) {
    let clock = Clock::start();
    let pulse = Pulse::default();
    let (snapshots, receiver) = watch::channel(Arc::new(two_accounts()));
    let (inbox, events) = Inbox::new();
    let tickets = Tickets::default();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pairbox.redb")).unwrap();
    let access = AccessDesk::new(AccessParts {
        store: Some(store.clone()),
        sessions: ids(),
        snapshots: receiver.clone(),
        inbox: inbox.clone(),
        tickets: tickets.clone(),
        clock,
    });
    let keys = Keys::make(&access);
    let (journal, metrics) = (Journal::new(7), Metrics::default());
    snapshots.send_replace(Arc::new(snapshot(1, Status::Stopped)));
    let gateway = Gateway::of(GatewayParts {
        store: store.clone(),
        clock,
        journal: journal.clone(),
        metrics: metrics.clone(),
        inbox: inbox.clone(),
        ids: ids(),
        snapshots: receiver.clone(),
        links: watch::channel(Arc::default()).1,
        state_dir: folder.path().to_owned(),
        messages: Messages {
            media_max_mb: MEDIA_MAX_MB,
            pace_burst: 100,
            pace_per_minute: 0,
            ..Messages::default()
        },
        retry_scale: 1,
    });
    let context = WebContext {
        snapshots: receiver,
        inbox,
        tickets: tickets.clone(),
        clock,
        vitals: Vitals::of(vec![("event loop", pulse.clone())]),
        geometry: Some((128, 64)),
        metrics: metrics.clone(),
        gauges: Box::new(Gauges::default),
        journal: journal.clone(),
        panel_png: Box::new(|_, _| Some(PNG.to_vec())),
        qr: QR_DRAWINGS,
        names: Names {
            sessions: ids(),
            hosts: Vec::new(),
        },
        access,
        backstage: Some(Backstage::new(store, gateway, a_runtime())),
    };
    let ends = Ends {
        snapshots,
        events,
        tickets,
        clock,
        pulse,
        keys,
        journal,
        metrics,
        folder,
    };
    (context, ends)
}

/// What the rig's machine says to a wish; `None`: nothing, for ever.
type Answers = Arc<Mutex<Box<dyn FnMut(&Intent) -> Option<Said> + Send>>>;

/// A running page with a machine that is told what to answer.
pub struct Rig {
    pub address: SocketAddr,
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    /// The wishes the machine got.
    pub wishes: mpsc::Receiver<(Intent, Source)>,
    pub clock: Clock,
    pub pulse: Pulse,
    pub keys: Keys,
    pub gateway: Gateway,
    /// Where files wait that are to be sent.
    pub spool: PathBuf,
    answers: Answers,
    client: ureq::Agent,
    _page: WebHandle,
    _folder: TempDir,
}

/// An answer, read whole.
pub struct Answer {
    pub head: Response<()>,
    pub text: String,
    pub bytes: Vec<u8>,
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
        let (mut context, ends) = context();
        change(&mut context);
        let spool = context.backstage.as_ref().unwrap().gateway.spool().path("");
        let gateway = context.backstage.as_ref().unwrap().gateway.clone();
        let listener = web::bind(SocketAddr::new(ip, 0)).unwrap();
        let port = listener.address().port();
        let (tell, wishes) = mpsc::channel();
        let answers: Answers = Arc::new(Mutex::new(Box::new(agreeable)));
        let (mut events, tickets, says) = (ends.events, ends.tickets, answers.clone());
        thread::spawn(move || {
            while let Some(event) = events.blocking_recv() {
                let Event::Intent {
                    intent,
                    source,
                    ticket,
                } = event
                else {
                    continue;
                };
                let answer = (says.lock().unwrap())(&intent);
                // The test may have ended.
                let _ = tell.send((intent, source));
                if let (Some(ticket), Some(answer)) = (ticket, answer) {
                    tickets.call(ticket, answer);
                }
            }
        });
        Self {
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            snapshots: ends.snapshots,
            wishes,
            clock: ends.clock,
            pulse: ends.pulse,
            keys: ends.keys,
            gateway,
            spool,
            answers,
            client: client(),
            _page: web::serve(listener, context).unwrap(),
            _folder: ends.folder,
        }
    }

    /// Publishes the one account in that state.
    pub fn publish(&self, status: Status) {
        self.snapshots
            .send_modify(|now| *now = Arc::new(snapshot(now.seq + 1, status)));
    }

    /// Publishes the one account as one that will be back by itself: what it sends waits.
    pub fn publish_away(&self) {
        self.publish(Status::Reconnecting {
            attempt: 1,
            next_at: None,
            trouble: None,
        });
    }

    /// Publishes two accounts: the first scanning, the second working.
    pub fn publish_two(&self) {
        self.snapshots.send_modify(|now| {
            *now = Arc::new(Snapshot {
                seq: now.seq + 1,
                ..two_accounts()
            });
        });
    }

    /// A message comes in.
    pub fn take_in(&self, account: AccountId, inbound: Inbound) {
        let taken = self.gateway.take_in(account, None, vec![inbound]);
        a_runtime().block_on(taken).unwrap();
    }

    /// Files that wait to be sent.
    pub fn spooled(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(&self.spool) else {
            return Vec::new();
        };
        files
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .collect()
    }

    /// What the machine answers from now on.
    pub fn answers(&self, answers: impl FnMut(&Intent) -> Option<Said> + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// An administrator looks.
    pub fn get(&self, path: &str) -> Answer {
        self.by(&self.keys.admin, "GET", path, "")
    }

    /// An administrator does something.
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.by(&self.keys.admin, "POST", path, body)
    }

    /// Somebody with a token asks; JSON is sent.
    pub fn by(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !matches!(method, "GET" | "HEAD") {
            headers.push(("Content-Type", "application/json"));
        }
        self.ask(method, path, &headers, body)
    }

    /// An administrator asks with more headers.
    pub fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let key = ("X-Api-Key", self.keys.admin.as_str());
        self.ask(method, path, &[headers, &[key]].concat(), body)
    }

    /// Nobody in particular asks.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = ask(&self.client, self.address, (method, path), headers, body);
        checks::hold(method, path, &answer);
        answer
    }
}

/// A client as programs have them.
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into()
}

/// Asks over a socket.
pub fn ask(
    client: &ureq::Agent,
    address: SocketAddr,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = if body.is_empty() && !matches!(method, "POST" | "PATCH") {
        client.run(request.body(()).unwrap()).unwrap()
    } else {
        client.run(request.body(body.to_owned()).unwrap()).unwrap()
    };
    let (parts, mut body) = answer.into_parts();
    let bytes = body.read_to_vec().unwrap();
    Answer {
        head: Response::from_parts(parts, ()),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    }
}

/// A machine that does what it is asked to.
#[allow(clippy::unnecessary_wraps, reason = "some machines say nothing")]
fn agreeable(intent: &Intent) -> Option<Said> {
    Some(match intent {
        Intent::AddAccount { .. } => Said::Added(AccountId::FIRST),
        Intent::PairByCode { .. } => Said::Typed {
            code: Secret::new("ABCD1234".into()),
            expires_at: Mono(std::time::Duration::from_secs(3600)),
        },
        _ => Said::Done,
    })
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
            lid: linked.then(|| "98765432101234@lid".into()),
            push_name: linked.then(|| "Kim".into()),
            since_wall: Some(UnixMillis(1_772_348_709_250)),
            ..AccountView::blank(AccountId::FIRST, "shop")
        }],
        panel: PanelHealth::Attached,
        ..Snapshot::blank()
    }
}

/// A snapshot with an account that is being paired, and one that works.
pub fn two_accounts() -> Snapshot {
    let mut both = snapshot(1, scan());
    let mut second = snapshot(1, Status::Working).accounts.remove(0);
    (second.id, second.label) = (SECOND, "office".into());
    both.accounts.push(second);
    both
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
