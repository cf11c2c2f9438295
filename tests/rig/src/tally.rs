//! A receiver that keeps count: it takes webhooks, fails some of them on purpose, and knows of every
//! message how often it came, under which name, and in which order.
//!
//! Messages it can count say `chat N number M`: what a run sends is numbered within its chat from 0.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use tiny_http::{Header, Method, Request, Response, Server};

/// Threads that answer.
const THREADS: usize = 4;

/// How a receiver fails: all of them are to be tried again.
const FAILURES: [u16; 6] = [500, 502, 408, 503, 425, 429];

/// The text of a message that can be counted.
#[must_use]
pub fn text(chat: usize, number: usize) -> String {
    format!("chat {chat} number {number}")
}

fn read(text: &str) -> Option<(usize, usize)> {
    let mut words = text.split(' ');
    let mut word = |name| (words.next() == Some(name)).then(|| words.next()).flatten();
    let chat = word("chat")?.parse().ok()?;
    let number = word("number")?.parse().ok()?;
    Some((chat, number))
}

/// The receiver. It ends when dropped.
pub struct Tally {
    shared: Arc<Shared>,
    server: Arc<Server>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    book: Mutex<Book>,
    changed: Condvar,
}

/// What came.
#[derive(Default)]
struct Book {
    /// One request of so many fails; 0: none does.
    fails_one_in: u64,
    requests: u64,
    refused: u64,
    messages: BTreeMap<(usize, usize), Message>,
    /// Messages that were taken at least once.
    taken: usize,
    /// What was not as it must be, in words.
    wrong: Vec<String>,
}

/// One message.
struct Message {
    event: String,
    taken: u32,
    first: Instant,
}

/// What a run amounts to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// Requests of any outcome.
    pub requests: u64,
    /// Requests that were made to fail.
    pub refused: u64,
    /// Messages that were taken.
    pub messages: usize,
    /// Times a message was taken that had been taken before.
    pub duplicates: u64,
    /// What was not as it must be.
    pub wrong: Vec<String>,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Notes a request; says how to answer.
    #[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
    fn request(&mut self, name: Option<&str>, body: &[u8]) -> u16 {
        self.requests += 1;
        let fails =
            self.fails_one_in > 0 && scatter(self.requests).is_multiple_of(self.fails_one_in);
        let Ok(envelope) = serde_json::from_slice::<Value>(body) else {
            self.wrong.push("a body that is no JSON".to_owned());
            return 204;
        };
        let event = envelope["id"].as_str().unwrap_or_default();
        if name != Some(event) {
            self.wrong.push(format!("`webhook-id` is not {event}"));
        }
        let counted = envelope["payload"]["text"].as_str().and_then(read);
        let Some((chat, number)) = counted.filter(|_| envelope["event"] == "message") else {
            return 204;
        };
        match self.messages.get(&(chat, number)) {
            Some(message) if message.event == event => {}
            Some(message) => {
                let told = format!("chat {chat} number {number}: {} and {event}", message.event);
                self.wrong.push(told);
            }
            None => {
                let newest = self
                    .messages
                    .range((chat, 0)..=(chat, usize::MAX))
                    .next_back();
                let follows = newest
                    .is_none_or(|((_, last), message)| last + 1 == number && message.taken > 0);
                if !follows {
                    let told = format!("chat {chat} number {number} came out of turn");
                    self.wrong.push(told);
                }
                let message = Message {
                    event: event.to_owned(),
                    taken: 0,
                    first: Instant::now(),
                };
                self.messages.insert((chat, number), message);
            }
        }
        if fails {
            self.refused += 1;
            let kind = usize::try_from(self.refused).unwrap_or_default() % FAILURES.len();
            return FAILURES[kind];
        }
        if let Some(message) = self.messages.get_mut(&(chat, number)) {
            message.taken += 1;
            if message.taken == 1 {
                message.first = Instant::now();
                self.taken += 1;
            }
        }
        200
    }
}

/// Numbers that look like chance and are the same in every run (splitmix64, Steele et al. 2014).
fn scatter(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn answer(shared: &Shared, mut request: Request) {
    let mut body = Vec::new();
    if *request.method() != Method::Post || request.as_reader().read_to_end(&mut body).is_err() {
        return;
    }
    let header = |header: &&Header| header.field.equiv("webhook-id");
    let name = request.headers().iter().find(header);
    let name = name.map(|header| header.value.as_str().to_owned());
    let code = shared.book().request(name.as_deref(), &body);
    // The sender may be gone: it was killed.
    let _ = request.respond(Response::empty(code));
    shared.changed.notify_all();
}

impl Tally {
    /// A receiver of which one request of so many fails; 0: none does.
    pub fn start(fails_one_in: u64) -> Result<Self> {
        Self::start_at("127.0.0.1:0", fails_one_in)
    }

    /// The same at a certain address.
    pub fn start_at(address: &str, fails_one_in: u64) -> Result<Self> {
        let server = Server::http(address).map_err(|error| anyhow!("the receiver: {error}"))?;
        let address = server.server_addr().to_ip().context("no address")?;
        let server = Arc::new(server);
        let book = Book {
            fails_one_in,
            ..Book::default()
        };
        let shared = Arc::new(Shared {
            book: Mutex::new(book),
            changed: Condvar::new(),
        });
        let threads = (0..THREADS).map(|_| {
            let (server, shared) = (Arc::clone(&server), Arc::clone(&shared));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(&shared, request);
                }
            })
        });
        let threads = threads.collect();
        Ok(Self {
            shared,
            server,
            address,
            threads,
        })
    }

    /// Where to post.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many messages were taken so far.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.shared.book().taken
    }

    /// When a message was first taken.
    #[must_use]
    pub fn taken_at(&self, chat: usize, number: usize) -> Option<Instant> {
        let book = self.shared.book();
        let message = book.messages.get(&(chat, number));
        message.filter(|it| it.taken > 0).map(|it| it.first)
    }

    /// Which numbers of a chat were taken.
    #[must_use]
    pub fn numbers(&self, chat: usize) -> Vec<usize> {
        let book = self.shared.book();
        let of_chat = book.messages.range((chat, 0)..=(chat, usize::MAX));
        let taken = of_chat.filter(|(_, message)| message.taken > 0);
        taken.map(|((_, number), _)| *number).collect()
    }

    /// Waits until so many messages were taken. `patience` is for a single one: the deadline moves with
    /// every message that comes.
    #[allow(clippy::disallowed_methods, reason = "a deadline on the real process")]
    pub fn wait(&self, taken: usize, patience: Duration) -> Result<()> {
        let mut book = self.shared.book();
        let (mut seen, mut deadline) = (book.taken, Instant::now() + patience);
        while book.taken < taken {
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(
                !left.is_zero(),
                "nothing came for {patience:?}: {} of {taken} messages, {} requests, {} refused",
                book.taken,
                book.requests,
                book.refused
            );
            let waited = self.shared.changed.wait_timeout(book, left);
            book = waited.unwrap_or_else(PoisonError::into_inner).0;
            if book.taken > seen {
                (seen, deadline) = (book.taken, Instant::now() + patience);
            }
        }
        Ok(())
    }

    /// What it amounts to.
    #[must_use]
    pub fn sum(&self) -> Sum {
        let book = self.shared.book();
        let again = |it: &Message| u64::from(it.taken.saturating_sub(1));
        Sum {
            requests: book.requests,
            refused: book.refused,
            messages: book.taken,
            duplicates: book.messages.values().map(again).sum(),
            wrong: book.wrong.clone(),
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        for _ in &self.threads {
            self.server.unblock();
        }
        for thread in self.threads.drain(..) {
            // It only fails by a panic of its own.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(event: &str, chat: usize, number: usize) -> Vec<u8> {
        serde_json::json!({"id": event, "event": "message", "payload": {"text": text(chat, number)}})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn it_sees_what_is_wrong() {
        let mut book = Book::default();
        // What was dropped before the first one is nobody's fault.
        for (event, number) in [("a", 7), ("b", 8), ("b", 8)] {
            assert_eq!(book.request(Some(event), &body(event, 1, number)), 200);
        }
        assert!(book.wrong.is_empty(), "{:?}", book.wrong);
        assert_eq!((book.taken, book.messages[&(1, 8)].taken), (2, 2));
        // Another name for the same message, one too early, one too late, a header that does not fit.
        book.request(Some("c"), &body("c", 1, 8));
        book.request(Some("d"), &body("d", 1, 10));
        book.request(Some("d"), &body("d", 1, 6));
        book.request(Some("x"), &body("e", 2, 0));
        assert_eq!(book.wrong.len(), 4, "{:?}", book.wrong);
    }

    #[test]
    fn a_third_fails() {
        let mut book = Book {
            fails_one_in: 3,
            ..Book::default()
        };
        let taken = (0..3000).filter(|n| book.request(Some("a"), &body("a", 1, *n)) == 200);
        let taken = taken.count();
        assert!((1900..2100).contains(&taken), "{taken}");
    }
}
