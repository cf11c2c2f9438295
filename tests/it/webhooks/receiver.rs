//! A receiver on loopback that notes what it hears and answers as it is told.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tiny_http::{Header, Request, Response, Server};

/// Longest wait for anything before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Heard {
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub path: String,
    pub body: String,
    pub envelope: Value,
    /// It was answered with 2xx.
    pub taken: bool,
}

impl Heard {
    pub fn id(&self) -> &str {
        self.envelope["id"].as_str().unwrap()
    }

    pub fn number(&self) -> u64 {
        self.envelope["payload"]["number"].as_u64().unwrap()
    }

    pub fn chat(&self) -> &str {
        self.envelope["payload"]["chat_id"].as_str().unwrap()
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    Header(u16, &'static str, &'static str),
    Body(u16, String),
    /// Nothing, for as long as the receiver lives.
    Hang,
}

type Plan = Box<dyn FnMut(&Heard) -> Answer + Send>;

struct Notes {
    heard: Vec<Heard>,
    plan: Plan,
    hanging: Vec<Request>,
    /// Chats with a request that is not answered yet, and whether one ever had two.
    open: Vec<String>,
    crossed: bool,
}

/// The receiver.
pub struct Receiver {
    pub address: SocketAddr,
    server: Arc<Server>,
    notes: Arc<(Mutex<Notes>, Condvar)>,
}

impl Receiver {
    /// One that answers as `plan` says.
    pub fn new(plan: impl FnMut(&Heard) -> Answer + Send + 'static) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let address = server.server_addr().to_ip().unwrap();
        let notes = Notes {
            heard: Vec::new(),
            plan: Box::new(plan),
            hanging: Vec::new(),
            open: Vec::new(),
            crossed: false,
        };
        let notes = Arc::new((Mutex::new(notes), Condvar::new()));
        for _ in 0..8 {
            let (server, notes) = (server.clone(), notes.clone());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &notes);
                }
            });
        }
        Self {
            address,
            server,
            notes,
        }
    }

    /// One that takes everything.
    pub fn willing() -> Self {
        Self::new(|_| Answer::Status(200))
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on it answers like that.
    pub fn now(&self, plan: impl FnMut(&Heard) -> Answer + Send + 'static) {
        self.notes.0.lock().unwrap().plan = Box::new(plan);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.notes.0.lock().unwrap().heard.clone()
    }

    /// Two requests of one chat were open at once.
    pub fn crossed(&self) -> bool {
        self.notes.0.lock().unwrap().crossed
    }

    /// Waits until what was heard is enough.
    pub fn wait(&self, enough: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let (notes, news) = &*self.notes;
        let notes = notes.lock().unwrap();
        let (notes, late) = news
            .wait_timeout_while(notes, DEADLINE, |notes| !enough(&notes.heard))
            .unwrap();
        assert!(!late.timed_out(), "heard {} only", notes.heard.len());
        notes.heard.clone()
    }

    /// Waits for so many requests.
    pub fn wait_for(&self, count: usize) -> Vec<Heard> {
        self.wait(|heard| heard.len() >= count)
    }

    /// Waits until so many different events were taken.
    pub fn wait_taken(&self, count: usize) -> Vec<Heard> {
        self.wait(|heard| taken(heard).len() >= count)
    }
}

/// The events that were taken, in the order of their first time.
pub fn taken(heard: &[Heard]) -> Vec<&Heard> {
    let mut firsts: Vec<&Heard> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for one in heard.iter().filter(|one| one.taken) {
        if seen.insert(one.id()) {
            firsts.push(one);
        }
    }
    firsts
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn answer(mut request: Request, notes: &(Mutex<Notes>, Condvar)) {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).unwrap();
    let headers = request.headers().iter().map(|header| {
        let name = header.field.as_str().as_str().to_ascii_lowercase();
        (name, header.value.as_str().to_owned())
    });
    let mut heard = Heard {
        headers: headers.collect(),
        path: request.url().to_owned(),
        envelope: serde_json::from_str(&body).unwrap(),
        body,
        taken: false,
    };
    let chat = heard.envelope["payload"]["chat_id"]
        .as_str()
        .map(str::to_owned);
    let (notes, news) = notes;
    let answer = {
        let mut notes = notes.lock().unwrap();
        if let Some(chat) = &chat {
            notes.crossed |= notes.open.contains(chat);
            notes.open.push(chat.clone());
        }
        let answer = (notes.plan)(&heard);
        let status = match &answer {
            Answer::Status(status) | Answer::Header(status, ..) | Answer::Body(status, _) => {
                *status
            }
            Answer::Hang => 0,
        };
        heard.taken = (200..300).contains(&status);
        notes.heard.push(heard);
        answer
    };
    // A moment, so that requests that should not meet would.
    thread::yield_now();
    if let (Some(chat), false) = (&chat, matches!(answer, Answer::Hang)) {
        let mut notes = notes.lock().unwrap();
        let place = notes.open.iter().position(|open| open == chat).unwrap();
        notes.open.remove(place);
    }
    let response = match answer {
        Answer::Status(status) => Response::from_string("").with_status_code(status),
        Answer::Header(status, name, value) => Response::from_string("")
            .with_status_code(status)
            .with_header(Header::from_bytes(name, value).unwrap()),
        Answer::Body(status, body) => Response::from_string(body).with_status_code(status),
        Answer::Hang => {
            notes.lock().unwrap().hanging.push(request);
            news.notify_all();
            return;
        }
    };
    let _ = request.respond(response.with_chunked_threshold(usize::MAX));
    news.notify_all();
}

/// A receiver that answers every connection with these bytes, whatever was asked, and then closes it; with
/// none, it resets the connection. It counts.
pub struct Raw {
    pub address: SocketAddr,
    pub count: Arc<Mutex<usize>>,
}

impl Raw {
    pub fn new(bytes: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                *counted.lock().unwrap() += 1;
                if bytes.is_empty() {
                    // What was sent and is not read makes a reset of the close.
                    let mut one = [0; 1];
                    let _ = stream.read_exact(&mut one);
                    continue;
                }
                let mut request = vec![0; 64 * 1024];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(&bytes);
            }
        });
        Self { address, count }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}
