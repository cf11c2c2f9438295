//! A program that webhooks are posted to: it writes down what it was told and answers as it is asked to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;
use tiny_http::{Response, Server};

/// The program. It ends when dropped.
pub struct Receiver {
    server: Arc<Server>,
    address: SocketAddr,
    answer: Arc<AtomicU16>,
    told: Arc<Mutex<Vec<Value>>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Listens on a port of the system's choice, and takes everything.
    pub fn start() -> Result<Self> {
        let server = Server::http("127.0.0.1:0").map_err(|error| anyhow!("{error}"))?;
        let address = server.server_addr().to_ip().context("no address")?;
        let server = Arc::new(server);
        let answer = Arc::new(AtomicU16::new(200));
        let told = Arc::new(Mutex::new(Vec::new()));
        let thread = std::thread::spawn({
            let (server, answer, told) = (server.clone(), answer.clone(), told.clone());
            move || {
                for mut request in server.incoming_requests() {
                    let mut body = Vec::new();
                    let _ = request.as_reader().read_to_end(&mut body);
                    let code = answer.load(Ordering::SeqCst);
                    if code == 200 {
                        let event = serde_json::from_slice(&body).unwrap_or_default();
                        told.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(event);
                    }
                    // The box may be gone: the walk says so itself.
                    let _ = request.respond(Response::empty(code));
                }
            }
        });
        Ok(Self {
            server,
            address,
            answer,
            told,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/whatsapp", self.address)
    }

    /// What it answers from now on.
    pub fn answers(&self, code: u16) {
        self.answer.store(code, Ordering::SeqCst);
    }

    /// How often it took an event of this kind whose payload says these words (`""`: whatever it says).
    pub fn took(&self, kind: &str, words: &str) -> usize {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |event: &&Value| {
            let text = event["payload"]["text"].as_str().unwrap_or_default();
            event["event"] == kind && (words.is_empty() || text == words)
        };
        told.iter().filter(fits).count()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // It ends now, or it panicked and is gone.
            let _ = thread.join();
        }
    }
}
