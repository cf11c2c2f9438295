//! Errors of the API: RFC 9457 `application/problem+json`.
//!
//! `code` is stable and for programs, `detail` is for people. No secret and no text of a request
//! is ever repeated in one: what a stranger sent must not come back to another reader. (The name of
//! an unknown field is, if it is a short plain word: see `fields`.)

pub mod codes;

use std::borrow::Cow;

use serde::Serialize;

use super::reply::Reply;

/// An error answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable word for programs.
    pub code: &'static str,
    /// What happened and what would be right, in one or two sentences.
    pub detail: Cow<'static, str>,
    /// The name of the session it is about.
    pub session: Option<String>,
    /// `Allow`, for 405.
    pub allow: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of this status, code and detail.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
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
    pub fn about(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// The same, naming the methods that are allowed.
    #[must_use]
    pub fn allowing(mut self, methods: impl Into<String>) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// The same, saying when to try again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

/// The members of the RFC, and two of ours.
#[derive(Serialize)]
struct Body<'a> {
    /// A URI for the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let body = Body {
            kind: format!("urn:pairbox:problem:{}", problem.code),
            title: title(problem.status),
            status: problem.status,
            code: problem.code,
            detail: &problem.detail,
            session: problem.session.as_deref(),
        };
        let mut reply = Self::json(problem.status, &body);
        reply.content_type = "application/problem+json";
        if let Some(methods) = problem.allow {
            reply = reply.header("Allow", &methods);
        }
        if let Some(seconds) = problem.retry_after_s {
            reply = reply.header("Retry-After", &seconds.to_string());
        }
        reply
    }
}

/// The short name of a status.
pub(super) fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "Error",
    }
}
