//! The port: accepts TCP, answers plain HTTP for the client version, upgrades to the WebSocket.
//!
//! The upgrade is done by hand, because the checks are the point: only `/ws/chat`, only with the
//! Origin a browser would send. A panic in any connection's task ends every wait of the tests.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::faults::{Fault, Portal};
use super::{Shared, connection, media};
use crate::event_log::Event;
use crate::refusal::Refusal;

/// The path of the chat socket; a query may follow.
const CHAT: &str = "/ws/chat";
/// Where clients look up their current version.
const VERSION: &str = "/sw.js";
/// What a browser on WhatsApp Web sends, and all clients therefore do.
const ORIGIN: &str = "https://web.whatsapp.com";
/// A request longer than this is none of ours.
const REQUEST_MAX: usize = 16 * 1024;

/// Accepts until told to stop; then every connection is dropped.
pub(crate) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    mut stop: oneshot::Receiver<()>,
) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(ended) = tasks.join_next() => note(&shared, ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(serve(Arc::clone(&shared), stream));
                }
                Err(error) => log::warn!("accepting a connection: {error}"),
            },
        }
    }
    tasks.abort_all();
    while let Some(ended) = tasks.join_next().await {
        note(&shared, ended);
    }
}

fn note(shared: &Shared, ended: Result<(), JoinError>) {
    let Err(error) = ended else {
        return;
    };
    if let Ok(panic) = error.try_into_panic() {
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "(no message)".to_owned());
        shared.log.panicked(message);
    }
}

async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let mut faults = shared.faults.subscribe();
    if faults.borrow().has(Fault::Refuse) {
        // Best effort; a plain close does as well.
        drop(stream.set_zero_linger());
        shared.log.push(Event::TurnedAway);
        return;
    }
    // Stanzas are small and answered one by one.
    drop(stream.set_nodelay(true));
    let Some((head, rest)) = read_head(&mut stream).await else {
        return;
    };
    let portal = faults.borrow().portal();
    if let Some(portal) = portal {
        shared.log.push(Event::PortalAnswered);
        answer_as(&mut stream, portal).await;
        return;
    }
    let request = Request::parse(&head);
    if request.path == VERSION {
        answer_version(&shared, &mut stream).await;
        return;
    }
    if media::serves(request.path) {
        let request = request.for_media(rest);
        media::serve(shared, &mut stream, request).await;
        return;
    }
    // Fails only when the service ends.
    if faults
        .wait_for(|faults| !faults.has(Fault::Stall))
        .await
        .is_err()
    {
        return;
    }
    match request.accept() {
        Ok(key) => {
            let reply = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                derive_accept_key(key.as_bytes())
            );
            if stream.write_all(reply.as_bytes()).await.is_ok() {
                connection::run(shared, stream, rest).await;
            }
        }
        Err((status, why)) => {
            shared.log.push(Event::Refused { conn: None, why });
            answer(&mut stream, status, "text/plain", "").await;
        }
    }
}

/// Reads up to the empty line. Gives the head and what came behind it.
async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).ok()?, rest));
        }
        if bytes.len() > REQUEST_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// An HTTP request's line and headers.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    /// The path with its query.
    target: &'a str,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    fn parse(head: &'a str) -> Self {
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        Self {
            method,
            target,
            path: target.split('?').next().unwrap_or_default(),
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.trim(), value.trim()))
                .collect(),
        }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// What the media server needs of it.
    fn for_media(&self, rest: Vec<u8>) -> media::Request {
        media::Request {
            method: self.method.to_owned(),
            target: self.target.to_owned(),
            length: self
                .header("Content-Length")
                .and_then(|length| length.parse().ok()),
            chunked: self
                .header("Transfer-Encoding")
                .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")),
            rest,
        }
    }

    /// The WebSocket key, if this is an upgrade the service takes.
    fn accept(&self) -> Result<&'a str, (&'static str, Refusal)> {
        const BAD: &str = "400 Bad Request";
        if self.path != CHAT {
            return Err(("404 Not Found", Refusal::Upgrade("another path")));
        }
        if self.header("Origin") != Some(ORIGIN) {
            return Err(("403 Forbidden", Refusal::Origin));
        }
        let upgrade = self.header("Upgrade").unwrap_or_default();
        if self.method != "GET" || !upgrade.eq_ignore_ascii_case("websocket") {
            return Err((BAD, Refusal::Upgrade("no upgrade is asked for")));
        }
        if self.header("Sec-WebSocket-Version") != Some("13") {
            return Err((BAD, Refusal::Upgrade("another WebSocket version")));
        }
        self.header("Sec-WebSocket-Key")
            .ok_or((BAD, Refusal::Upgrade("no WebSocket key")))
    }
}

/// What the web client's service worker says of its revision; no more of it is needed.
async fn answer_version(shared: &Shared, stream: &mut TcpStream) {
    if shared.faults.borrow().has(Fault::NoVersion) {
        answer(stream, "503 Service Unavailable", "text/plain", "").await;
        return;
    }
    let revision = shared.lock().options.client_revision;
    let body = format!("/* simulated */ {{\"client_revision\":{revision}}}\n");
    answer(stream, "200 OK", "application/javascript", &body).await;
}

/// A captive portal's answer: where to log in, or the page for it.
async fn answer_as(stream: &mut TcpStream, portal: Portal) {
    match portal {
        Portal::Redirect => {
            let status = "302 Found\r\nLocation: http://portal.invalid/login";
            answer(stream, status, "text/html", "").await;
        }
        Portal::Page => {
            let page = "<!DOCTYPE html><title>Welcome</title><p>Accept the terms to go on.";
            answer(stream, "200 OK", "text/html", page).await;
        }
    }
}

async fn answer(stream: &mut TcpStream, status: &str, kind: &str, body: &str) {
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    // The client may be gone; then nobody misses the answer.
    if stream.write_all(reply.as_bytes()).await.is_ok() {
        drop(stream.shutdown().await);
    }
}
