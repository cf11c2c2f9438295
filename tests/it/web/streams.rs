//! Events as they happen: who hears what, who comes back, and how many there may be.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::event::{Button, Edge};
use pairbox::journal::Journal;
use pairbox::limits::STREAMS;
use pairbox::snapshot::{AccountView, Snapshot, Status};
use pairbox::time::Mono;
use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use super::rig::{LOCAL, QR_TEXT, Rig, SECOND, ids, scan};

/// Longest wait for anything before a test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// A page, and the journal behind it.
struct Stage {
    rig: Rig,
    journal: Journal,
    /// What was noted last.
    now: Snapshot,
}

impl Stage {
    fn set() -> Self {
        let mut journal = None;
        let rig = Rig::with(LOCAL, |context| journal = Some(context.journal.clone()));
        let both = [AccountId::FIRST, SECOND].map(|id| AccountView::blank(id, "x"));
        Self {
            rig,
            journal: journal.unwrap(),
            now: Snapshot {
                accounts: both.into(),
                ..Snapshot::blank()
            },
        }
    }

    /// An account gets that status.
    fn becomes(&mut self, id: AccountId, status: Status) {
        let mut next = self.now.clone();
        let mut accounts = next.accounts.iter_mut();
        accounts.find(|account| account.id == id).unwrap().status = status;
        self.journal.note(self.rig.clock.now(), &self.now, &next);
        self.now = next;
    }

    /// Something happens to an account, and is its opposite after it.
    fn happens(&mut self, id: AccountId) {
        let at = usize::from(id == SECOND);
        let next = match self.now.accounts[at].status {
            Status::Working => Status::LoggedOut,
            _ => Status::Working,
        };
        self.becomes(id, next);
    }

    fn listen(&self, key: &str, query: &str, headers: &str) -> Lines {
        Lines::open(self.rig.address, key, query, headers)
    }
}

/// An event stream being read.
struct Lines {
    status: String,
    reader: BufReader<TcpStream>,
}

impl Lines {
    fn open(address: SocketAddr, key: &str, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = format!(
            "GET /api/v1/events{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
             {headers}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = Self {
            status: String::new(),
            reader: BufReader::new(stream),
        };
        lines.status = lines.line().unwrap();
        lines
    }

    /// The next line; `None` at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            // Nobody said anything for too long: that is no end.
            Err(error) => panic!("{error}"),
        }
    }

    /// The next event: its id and its envelope.
    fn event(&mut self) -> Option<(String, Value)> {
        let mut id = String::new();
        loop {
            let line = self.line()?;
            if let Some(told) = line.strip_prefix("id: ") {
                told.clone_into(&mut id);
            } else if let Some(data) = line.strip_prefix("data: ") {
                let envelope: Value = serde_json::from_str(data).unwrap();
                assert_eq!(envelope["id"], *id);
                return Some((id, envelope));
            }
        }
    }

    /// Past the head: from here on nothing is missed.
    fn begun(mut self) -> Self {
        assert_eq!(self.status, "HTTP/1.1 200 OK");
        while self.line().unwrap() != "retry: 2000" {}
        self
    }
}

#[test]
fn sixteen_streams_and_no_more() {
    let stage = Stage::set();
    let key = &stage.rig.keys.read;
    let mut open: Vec<Lines> = (0..STREAMS)
        .map(|_| stage.listen(key, "", "").begun())
        .collect();
    let mut refused = stage.listen(key, "", "Connection: close\r\n");
    assert_eq!(refused.status, "HTTP/1.1 503 Service Unavailable");
    let mut rest = String::new();
    refused.reader.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("Retry-After: ") && rest.contains("too_many_streams"),
        "{rest}"
    );
    // The page goes on, and the place of one that goes is free soon.
    assert_eq!(stage.rig.get("/api/v1/status").status(), 200);
    open.pop();
    while stage.listen(key, "", "Connection: close\r\n").status != "HTTP/1.1 200 OK" {}
}

#[test]
fn whoever_comes_back_has_missed_nothing() {
    let mut stage = Stage::set();
    let key = stage.rig.keys.read.clone();
    let mut lines = stage.listen(&key, "", "").begun();
    stage.happens(AccountId::FIRST);
    let (first, envelope) = lines.event().unwrap();
    assert_eq!(envelope["event"], "session.status");
    assert_eq!(envelope["payload"]["status"], "working");
    assert_eq!(envelope["session"], ids().name(AccountId::FIRST));
    drop(lines);
    for _ in 0..3 {
        stage.happens(AccountId::FIRST);
        stage.happens(SECOND);
    }
    let mut lines = stage
        .listen(&key, "", &format!("Last-Event-ID: {first}\r\n"))
        .begun();
    stage.happens(SECOND);
    let told: Vec<(String, Value)> = (0..7).map(|_| lines.event().unwrap()).collect();
    let sessions: Vec<&str> = told
        .iter()
        .map(|(_, it)| it["session"].as_str().unwrap())
        .collect();
    let (one, two) = (ids().name(AccountId::FIRST), ids().name(SECOND));
    assert_eq!(sessions, [&one, &two, &one, &two, &one, &two, &two]);
    let mut names: Vec<&String> = told.iter().map(|(id, _)| id).collect();
    names.insert(0, &first);
    assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    // One of another run, or too old: all there is.
    let old = "Last-Event-ID: evt_00000000000000000000000000\r\n";
    let mut lines = stage.listen(&key, "", old).begun();
    assert_eq!(lines.event().unwrap().0, first);
}

#[test]
fn nobody_hears_of_a_session_that_is_not_theirs() {
    let mut stage = Stage::set();
    let (first, second) = (stage.rig.keys.first.clone(), stage.rig.keys.second.clone());
    let mut of_first = stage.listen(&first, "", "").begun();
    let mut of_second = stage
        .listen(
            &second,
            "?types=session.status,session.qr,device.button",
            "",
        )
        .begun();
    let mut chosen = stage
        .listen(
            &stage.rig.keys.read,
            &format!("?session={}", ids().name(SECOND)),
            "",
        )
        .begun();
    for _ in 0..5 {
        stage.journal.edge(
            stage.rig.clock.now(),
            Edge {
                button: Button::Connect,
                pressed: true,
                at: Mono::START,
            },
        );
        stage.happens(AccountId::FIRST);
        stage.happens(SECOND);
    }
    for _ in 0..5 {
        assert_eq!(
            of_first.event().unwrap().1["session"],
            ids().name(AccountId::FIRST)
        );
        assert_eq!(of_second.event().unwrap().1["session"], ids().name(SECOND));
        assert_eq!(chosen.event().unwrap().1["session"], ids().name(SECOND));
    }
    for (key, query, status) in [
        ("wrong", "", "401"),
        (first.as_str(), "?types=everything", "422"),
        (stage.rig.keys.send.as_str(), "", "403"),
    ] {
        let lines = stage.listen(key, query, "Connection: close\r\n");
        assert!(
            lines.status.contains(status),
            "{key} {query}: {}",
            lines.status
        );
    }
}

#[test]
fn a_code_is_told_to_those_who_ask_and_kept_for_nobody() {
    let mut stage = Stage::set();
    let key = stage.rig.keys.read.clone();
    let mut plain = stage.listen(&key, "", "").begun();
    let mut asked = stage.listen(&key, "?types=session.qr", "").begun();
    stage.becomes(AccountId::FIRST, scan());
    let (id, envelope) = asked.event().unwrap();
    assert_eq!(envelope["payload"]["code"], QR_TEXT);
    let told = plain.event().unwrap().1;
    assert_eq!(told["event"], "session.status");
    assert!(!told.to_string().contains(QR_TEXT));
    // Whoever comes back is not told the code of then.
    stage.happens(AccountId::FIRST);
    let query = "?types=session.qr,session.status";
    let mut back = stage
        .listen(&key, query, &format!("Last-Event-ID: {id}\r\n"))
        .begun();
    assert_eq!(back.event().unwrap().1["payload"]["status"], "working");
}

#[test]
fn a_token_that_is_taken_back_ends_its_stream() {
    let stage = Stage::set();
    let tokens = stage.rig.get("/api/v1/tokens").json();
    let mut tokens = tokens["data"].as_array().unwrap().iter();
    let id = tokens.find(|token| token["name"] == "read").unwrap()["id"]
        .as_str()
        .unwrap();
    let mut lines = stage.listen(&stage.rig.keys.read, "", "").begun();
    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(
        stage
            .rig
            .by(&stage.rig.keys.admin, "DELETE", &path, "")
            .status(),
        204
    );
    assert_eq!(lines.event(), None);
}

#[test]
fn the_end_of_the_page_is_the_end_of_its_streams() {
    let stage = Stage::set();
    let mut lines = stage.listen(&stage.rig.keys.read, "", "").begun();
    let mut socket = web_socket(&stage, &[]).unwrap();
    assert!(socket.read().unwrap().is_text());
    drop(stage);
    assert_eq!(lines.event(), None);
    assert!(matches!(socket.read(), Ok(Message::Close(_))));
}

type Refused = tungstenite::http::Response<Option<Vec<u8>>>;

/// Opens a WebSocket as a program does.
fn web_socket(
    stage: &Stage,
    headers: &[(&'static str, &str)],
) -> Result<WebSocket<TcpStream>, Box<Refused>> {
    let url = format!("ws://{}/api/v1/ws", stage.rig.address);
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", stage.rig.keys.read);
    for (name, value) in [("Authorization", bearer.as_str())].iter().chain(headers) {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(stage.rig.address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(refused))) => {
            Err(refused)
        }
        Err(error) => panic!("{error}"),
    }
}

fn told(socket: &mut WebSocket<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[test]
fn a_web_socket_begins_with_what_is_and_goes_on_with_what_happens() {
    let mut stage = Stage::set();
    let mut socket = web_socket(&stage, &[]).unwrap();
    // The rig's snapshot has one account.
    let first = told(&mut socket);
    assert_eq!(first["event"], "session.status");
    assert_eq!(first["payload"]["status"], "stopped");
    stage.happens(SECOND);
    let next = told(&mut socket);
    assert_eq!(next["session"], ids().name(SECOND));
    assert!(next["id"].as_str() > first["id"].as_str());
    socket
        .send(Message::Ping(b"here?".to_vec().into()))
        .unwrap();
    assert_eq!(
        socket.read().unwrap(),
        Message::Pong(b"here?".to_vec().into())
    );
    // What it says means nothing here, up to a size.
    socket.send(Message::text("hello")).unwrap();
    stage.happens(SECOND);
    assert_eq!(told(&mut socket)["payload"]["status"], "logged_out");
    socket.close(None).unwrap();
    assert!(matches!(socket.read(), Ok(Message::Close(_))));

    let mut socket = web_socket(&stage, &[]).unwrap();
    told(&mut socket);
    socket.send(Message::text("x".repeat(100_000))).unwrap();
    loop {
        match socket.read() {
            Ok(Message::Close(_)) | Err(_) => break,
            Ok(_) => {}
        }
    }
}

#[test]
fn another_sites_page_gets_no_web_socket() {
    let stage = Stage::set();
    for (headers, status) in [
        (&[("Origin", "http://evil.example")][..], 403),
        (&[("Sec-WebSocket-Version", "12")], 400),
        (&[("Host", "evil.example")], 403),
        (&[("Authorization", "Bearer wrong")], 401),
    ] {
        let refused = web_socket(&stage, headers).err().unwrap();
        assert_eq!(refused.status(), status, "{headers:?}");
    }
    stage
        .rig
        .get("/api/v1/ws")
        .assert_problem(426, "upgrade_required");
}
