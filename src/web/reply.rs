//! An answer as data: what the routes make and `server` writes to the socket.
//!
//! Every answer says that nobody keeps a copy and that no other site may use it; the few that
//! differ say so themselves.

use serde::Serialize;

/// Status, headers and body of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Headers beyond those of every answer.
    pub headers: Vec<(&'static str, String)>,
    /// The body; not sent for HEAD and 304.
    pub body: Vec<u8>,
}

/// Headers of every answer.
pub const HEADERS: [(&str, &str); 6] = [
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Server", "pairbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
];

impl Reply {
    /// An answer with a body.
    #[must_use]
    pub fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
        }
    }

    /// A JSON answer.
    ///
    /// # Panics
    /// Never: it is only handed our own structs, without maps or anything else that can fail.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        #[allow(clippy::expect_used, reason = "see above")]
        let body = serde_json::to_vec(body).expect("plain structs serialise");
        Self::new(status, "application/json", body)
    }

    /// The same with a header more.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}
