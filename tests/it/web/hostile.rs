//! Clients that are slow, lie or hold on: the page goes on for everybody else.
//!
//! Nothing here measures time. Where a client is stuck, the proof is that another one is answered;
//! every wait has a deadline far beyond what a loaded machine needs.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use pairbox::event::Answer as Said;
use pairbox::limits::{
    HTTP_CONNECTIONS_A_PEER, HTTP_HEAD_MAX, HTTP_HEADERS_MAX, HTTP_SENDS, HTTP_WORKERS,
};

use super::rig::{LOCAL, Rig, mine};

/// Longest wait for an answer before a test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Sends bytes on a connection of its own and keeps it open.
fn hold(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Sends bytes and reads until the other side closes.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = hold(address, bytes);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The start of a request to send a message, by somebody who may.
fn posting(rig: &Rig, noun: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {}\r\nContent-Type: application/json\r\n",
        mine(noun),
        rig.keys.admin
    )
}

/// Asks for the status on a new connection, as a person opening the page would.
fn status_line(address: SocketAddr) -> String {
    let request = "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(address, request.as_bytes());
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Each of these is refused with a problem, and the connection ends: what follows on it could be
/// anything.
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn what_cannot_be_read_in_one_way_only_is_refused() {
    let rig = Rig::start();
    let post = "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n";
    let next = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let get = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    let long = "a".repeat(HTTP_HEAD_MAX);
    let many = "X: 1\r\n".repeat(HTTP_HEADERS_MAX + 1);
    for (bytes, status) in [
        (
            format!("{post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
            400,
        ),
        (
            format!("{post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
            400,
        ),
        (
            format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            format!("{post}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n"),
            400,
        ),
        (
            format!("{post}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello"),
            400,
        ),
        (
            format!("{post}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n"),
            400,
        ),
        (
            format!("{post}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"),
            413,
        ),
        (format!("{post}Content-Length: 65537\r\n\r\n"), 413),
        (
            format!("{post}Content-Length: 18446744073709551616\r\n\r\n"),
            413,
        ),
        (
            format!("{post}Expect: magic\r\nContent-Length: 1\r\n\r\n"),
            417,
        ),
        (format!("{get}X: a\r\n b\r\n\r\n"), 400),
        (format!("{get}X: a\nY: b\r\n\r\n"), 400),
        (format!("{get}X : a\r\n\r\n"), 400),
        (format!("{get}X: \u{0}\r\n\r\n"), 400),
        (format!("GET /{long} HTTP/1.1\r\n"), 431),
        (format!("{get}X: {long}\r\n\r\n"), 431),
        (format!("{get}{many}\r\n"), 431),
        ("GET / HTTP/3.0\r\nHost: localhost\r\n\r\n".into(), 505),
        ("NONSENSE\r\n\r\n".into(), 400),
        ("\u{16}\u{3}\u{1}hello".into(), 400),
    ] {
        let answer = exchange(rig.address, format!("{bytes}{next}").as_bytes());
        let line = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&line), "{bytes:?}: {answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        // The second request was not read as one.
        assert_eq!(
            answer.matches("Server: pairbox").count(),
            1,
            "{bytes:?}: {answer}"
        );
    }
    // Bytes that are no text at all.
    for bytes in [
        &b"GET /\xff\xfe HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nX: \xc3\x28\r\n\r\n",
    ] {
        let mut stream = hold(rig.address, bytes);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");
}

#[test]
fn there_is_no_file_behind_a_path() {
    let rig = Rig::start();
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/....//etc/passwd",
        "//etc/passwd",
        "/etc/passwd%00.html",
        "/api/v1/sessions/../tokens",
        "http://localhost/",
        "*",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(rig.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    for head in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ] {
        let answer = exchange(rig.address, head.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

/// What says which door a request came through is the front's word alone.
#[test]
fn nobody_gets_in_by_saying_so() {
    let rig = Rig::start();
    for forged in ["X-Pairbox-Door: control", "x-pairbox-door: 0 control 1"] {
        let request = format!(
            "GET /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\n{forged}\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(rig.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
}

/// Somebody who has said all it has to say still hears the answer; requests can be sent ahead; a
/// client that wants a word before it sends its body gets it.
#[test]
fn clients_that_do_it_differently_are_answered() {
    let rig = Rig::start();
    let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut half = hold(rig.address, request.as_bytes());
    half.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let last = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(rig.address, format!("{request}{request}{last}").as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 3, "{answer}");

    let post = "POST /api/v1/access HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut waiting = hold(rig.address, post.as_bytes());
    let mut word = [0; 25];
    waiting.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
    waiting.write_all(b"{}").unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
}

/// One address cannot take every place: it displaces its own connections.
#[test]
fn one_host_displaces_itself() {
    let rig = Rig::start();
    let half = b"GET /livez HTTP/1.1\r\n";
    let mut held: Vec<TcpStream> = (0..=HTTP_CONNECTIONS_A_PEER)
        .map(|_| hold(rig.address, half))
        .collect();
    let mut first = held.remove(0);
    let gone = first.read(&mut [0; 1]);
    assert!(matches!(gone, Ok(0) | Err(_)), "{gone:?}");
    // The newest is still there.
    let mut newest = held.pop().unwrap();
    newest
        .write_all(b"Host: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    newest.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn slow_clients_hold_up_nobody_else() {
    let rig = Rig::start();
    let post = posting(&rig, "messages");
    let mut held = Vec::new();
    // More of each kind than there are workers.
    for _ in 0..HTTP_WORKERS * 3 {
        for half in [
            "GET /api/v1/status HTTP/1.1\r\nHost: loc".to_owned(),
            format!("{post}Content-Length: 40000\r\n\r\n{{\"to\":"),
            format!("{post}Content-Length: 500\r\n\r\n{{\"to\":"),
            format!("{post}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"to"),
            // Refused by the router, with a body that the library wants to read to its end.
            "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n".to_owned(),
        ] {
            held.push(hold(rig.address, half.as_bytes()));
            assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");
        }
    }
    // Uploads that do not end are more than the places for sending, and take none of them.
    assert!(held.len() > HTTP_SENDS);
    let body = r#"{"to":"120363043211234567@g.us","type":"text","text":"x"}"#;
    rig.publish_away();
    let sent = rig.post(&mine("messages"), body);
    assert_eq!(sent.status(), 202, "{}", sent.text);
}

#[test]
fn a_body_that_comes_in_pieces_is_put_together() {
    let rig = Rig::start();
    rig.publish_away();
    let text = "x".repeat(3000);
    let body =
        format!("{{\"to\":\"120363043211234567@g.us\",\"type\":\"text\",\"text\":\"{text}\"}}");
    let (first, second) = body.split_at(1500);
    let head = format!("{}Connection: close\r\n", posting(&rig, "messages"));
    for (start, rest) in [
        (
            format!("{head}Content-Length: {}\r\n\r\n{first}", body.len()),
            second.to_owned(),
        ),
        (
            format!(
                "{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n",
                first.len()
            ),
            format!("{:x}\r\n{second}\r\n0\r\n\r\n", second.len()),
        ),
    ] {
        let mut stream = hold(rig.address, start.as_bytes());
        // Another client in between: the first half has been read, or waits, but holds nobody up.
        assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }
}

#[test]
fn a_client_that_reads_nothing_is_cut_off() {
    let rig = Rig::start();
    let mut stream = TcpStream::connect(rig.address).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    // Far more answers than the buffers of two sockets hold: both workers end up writing to it.
    let page = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3000);
    // The far side may already have had enough.
    let _ = stream.write_all(page.as_bytes());
    assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");
}

#[test]
fn wishes_that_hang_leave_the_page_alone() {
    let rig = Rig::start();
    rig.answers(|_| None);
    let request = format!(
        "{}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}",
        posting(&rig, "stop")
    );
    let held: Vec<TcpStream> = (0..HTTP_SENDS)
        .map(|_| {
            let stream = hold(rig.address, request.as_bytes());
            rig.wishes.recv_timeout(DEADLINE).unwrap();
            stream
        })
        .collect();
    let refused = rig.post(&mine("start"), "{}");
    refused.assert_problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");

    for mut stream in held {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    // The places are free again.
    rig.answers(|_| Some(Said::Done));
    assert_eq!(rig.post(&mine("stop"), "{}").status(), 200);
}

#[test]
fn a_bug_in_one_answer_costs_that_answer_only() {
    let rig = Rig::with(LOCAL, |context| {
        context.panel_png = Box::new(|_, _| panic!("on purpose: a bug in drawing"));
    });
    for _ in 0..HTTP_WORKERS * 3 {
        rig.get("/panel.png").assert_problem(500, "broken");
    }
    assert_eq!(status_line(rig.address), "HTTP/1.1 200 OK");
}
