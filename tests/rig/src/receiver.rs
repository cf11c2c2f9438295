//! A receiver of webhooks that keeps every request whole, for tests that look at what is in them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use tiny_http::{Response, Server};

/// One request.
#[derive(Clone, Debug)]
pub struct Post {
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body, as it was signed.
    pub body: String,
    /// The same, read.
    pub envelope: Value,
}

impl Post {
    /// The event's kind.
    #[must_use]
    pub fn event(&self) -> &str {
        self.envelope["event"].as_str().unwrap_or_default()
    }

    /// What it tells.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.envelope["payload"]
    }

    /// A header, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What came and was not taken yet, and how to answer.
#[derive(Default)]
struct Desk {
    posts: Vec<Post>,
    answers: VecDeque<(u16, String)>,
}

struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receiver. It ends when dropped.
pub struct Receiver {
    shared: Arc<Shared>,
    server: Arc<Server>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// A receiver on loopback that answers 200 to everything.
    pub fn start() -> Result<Self> {
        let server =
            Server::http("127.0.0.1:0").map_err(|error| anyhow!("the receiver: {error}"))?;
        let address = server.server_addr().to_ip().context("no address")?;
        let server = Arc::new(server);
        let shared = Arc::new(Shared {
            desk: Mutex::default(),
            changed: Condvar::new(),
        });
        let (serving, desk) = (Arc::clone(&server), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            while let Ok(request) = serving.recv() {
                answer(&desk, request);
            }
        });
        Ok(Self {
            shared,
            server,
            address,
            thread: Some(thread),
        })
    }

    /// Where to post.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// How the next request that has no answer yet is answered.
    pub fn answer_next(&self, code: u16, body: &str) {
        self.shared
            .desk()
            .answers
            .push_back((code, body.to_owned()));
    }

    /// Waits for the first request that `wanted` accepts, and takes it out.
    #[allow(clippy::disallowed_methods, reason = "a deadline on the real process")]
    pub fn wait(&self, within: Duration, wanted: impl Fn(&Post) -> bool) -> Result<Post> {
        let deadline = Instant::now() + within;
        let mut desk = self.shared.desk();
        loop {
            if let Some(at) = desk.posts.iter().position(&wanted) {
                return Ok(desk.posts.remove(at));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let came: Vec<&Value> = desk.posts.iter().map(|post| &post.envelope).collect();
                bail!("no such request within {within:?}; came: {came:#?}");
            }
            let waited = self.shared.changed.wait_timeout(desk, left);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the next event of that kind, and takes it out.
    pub fn wait_event(&self, within: Duration, event: &str) -> Result<Post> {
        self.wait(within, |post| post.event() == event)
    }

    /// Everything that came and was not taken, oldest first.
    #[must_use]
    pub fn take_all(&self) -> Vec<Post> {
        std::mem::take(&mut self.shared.desk().posts)
    }
}

fn answer(shared: &Shared, mut request: tiny_http::Request) {
    let mut body = String::new();
    if request.as_reader().read_to_string(&mut body).is_err() {
        return;
    }
    let headers = request.headers().iter().map(|header| {
        let name = header.field.as_str().as_str().to_ascii_lowercase();
        (name, header.value.as_str().to_owned())
    });
    let post = Post {
        headers: headers.collect(),
        envelope: serde_json::from_str(&body).unwrap_or(Value::Null),
        body,
    };
    let (code, text) = {
        let mut desk = shared.desk();
        desk.posts.push(post);
        let next = desk.answers.pop_front();
        next.unwrap_or_else(|| (200, String::new()))
    };
    shared.changed.notify_all();
    // The sender may be gone: it was killed.
    let _ = request.respond(Response::from_string(text).with_status_code(code));
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // It only fails by a panic of its own.
            let _ = thread.join();
        }
    }
}
