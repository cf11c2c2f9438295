//! Errors of the API: RFC 9457 `application/problem+json`.
//!
//! `code` is stable and for programs, `detail` is for people. No secret and no text of a request
//! is ever repeated in one: what a stranger sent must not come back to another reader.

use serde::Serialize;

use super::reply::Reply;

/// An error answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// A URI for the kind of problem, as the RFC wants one: `urn:pairbox:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The short name of the status.
    title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The stable word for programs.
    pub code: &'static str,
    /// What happened and what would be right, in one or two sentences.
    pub detail: String,
    /// The session it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// `Allow`, for 405.
    #[serde(skip)]
    pub allow: Option<&'static str>,
    /// `Retry-After` in seconds.
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of this status, code and detail.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:pairbox:problem:{code}"),
            title: title(status),
            status,
            code,
            detail: detail.into(),
            session: None,
            allow: None,
            retry_after_s: None,
        }
    }

    /// The same, naming the session it is about.
    #[must_use]
    pub fn about(mut self, session: String) -> Self {
        self.session = Some(session);
        self
    }

    /// The same, naming the methods that are allowed.
    #[must_use]
    pub fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The same, saying when to try again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let mut reply = Self::json(problem.status, &problem);
        reply.content_type = "application/problem+json";
        if let Some(methods) = problem.allow {
            reply = reply.header("Allow", methods);
        }
        if let Some(seconds) = problem.retry_after_s {
            reply = reply.header("Retry-After", &seconds.to_string());
        }
        reply
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
