//! Somebody who plays the service behind a control socket, and the program asking them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;
use tiny_http::{Header, Response, Server};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pairbox");

/// What the player answers: status, content type, body.
pub type Line = (u16, &'static str, String);

/// A socket with somebody behind it.
pub struct Desk {
    folder: TempDir,
    server: Arc<Server>,
    asked: Arc<Mutex<VecDeque<(String, String)>>>,
    player: Option<JoinHandle<()>>,
}

/// How a run of the program went.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Desk {
    /// Answers every request with what `play` makes of "METHOD target".
    pub fn with(play: impl Fn(&str) -> Line + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Arc::new(Server::http_unix(&folder.path().join("control.sock")).unwrap());
        let asked = Arc::new(Mutex::new(VecDeque::new()));
        let player = std::thread::spawn({
            let (server, asked) = (Arc::clone(&server), Arc::clone(&asked));
            move || {
                while let Ok(mut request) = server.recv() {
                    let words = format!("{} {}", request.method(), request.url());
                    let mut body = String::new();
                    request.as_reader().read_to_string(&mut body).unwrap();
                    let (status, kind, text) = play(&words);
                    asked.lock().unwrap().push_back((words, body));
                    let kind = Header::from_bytes("Content-Type", kind).unwrap();
                    let answer = Response::from_string(text);
                    // Whoever asked may be gone.
                    let _ = request.respond(answer.with_status_code(status).with_header(kind));
                }
            }
        });
        Self {
            folder,
            server,
            asked,
            player: Some(player),
        }
    }

    /// A box with two accounts, on which every deed ends well.
    pub fn of_two() -> Self {
        Self::with(|words| match words {
            "GET /api/v1/status" => (200, JSON, overview().to_string()),
            "GET /api/v1/sessions" => (
                200,
                JSON,
                json!({"data": overview()["sessions"], "next_cursor": null}).to_string(),
            ),
            "POST /api/v1/sessions" => (201, JSON, shop().to_string()),
            _ if words.starts_with("DELETE ") => (204, JSON, String::new()),
            _ if words.contains("ses_A") => (200, JSON, shop().to_string()),
            _ if words.contains("ses_B") => (200, JSON, bakery().to_string()),
            _ => (404, PROBLEM, problem(404, "not_found", "There is nothing.")),
        })
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    /// Runs the program with these arguments against this desk.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("PAIRBOX_SOCKET", self.socket());
        command
    }

    /// What was asked since the last time: "METHOD target", and the body.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().drain(..).collect()
    }

    /// What was asked that changes something.
    pub fn deeds(&self) -> Vec<String> {
        let asked = self.asked().into_iter();
        asked
            .filter(|(words, _)| !words.starts_with("GET "))
            .map(|(words, body)| format!("{words} {body}").trim_end().to_owned())
            .collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(player) = self.player.take()
            && player.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the player panicked");
        }
    }
}

pub const JSON: &str = "application/json";
pub const PROBLEM: &str = "application/problem+json";

/// The program without anything around it that could change what it says.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_remove("PAIRBOX_SOCKET")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color")
        .stdin(Stdio::null());
    command
}

pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn problem(status: u16, code: &str, detail: &str) -> String {
    let title = "Title";
    json!({"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail})
        .to_string()
}

pub fn shop() -> Value {
    json!({"id": "ses_A", "label": "shop", "status": "working", "status_text": "Connected", "enabled": true,
        "linked": true, "phone": "15550001111", "since_ms": 184_000})
}

pub fn bakery() -> Value {
    json!({"id": "ses_B", "label": "Bakery", "status": "failed", "status_text": "Account locked",
        "reason": "account_locked", "advice": "Open WhatsApp on the phone.", "enabled": true, "linked": true,
        "retry_in_ms": 60_000, "since_ms": 5_000})
}

pub fn overview() -> Value {
    json!({"seq": 7, "version": "0.1.0", "selected": "ses_B", "shutting_down": false,
        "panel": {"status": "attached", "why": null}, "store": {"status": "well", "why": null},
        "sessions": [shop(), bakery()]})
}
