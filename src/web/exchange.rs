//! One request and its answer, on `tiny_http`'s types.
//!
//! Bodies of up to 1 KiB are in memory before we see the request. Larger ones are read by whoever
//! asks, and *dropping* such a request reads the rest of its body. So these leave the worker for a
//! thread of their own; a connection can have one of them at a time. That drop also allocates what
//! the head promised: a promise beyond [`DISCARD_MAX`] could end the process, so such a request is
//! never dropped and its connection given up instead.

use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tiny_http::{Header, Request, Response};

use super::access::Door;
use super::answer::Outcome;
use super::problem::Problem;
use super::reply::{HEADERS, Reply};
use super::route::{Head, Route, route};
use super::server::{SendPermit, Shared};
use crate::limits::HTTP_BODY_MAX;

/// `tiny_http` reads bodies up to this many bytes before it hands a request out (`new_request`).
const READ_AHEAD: usize = 1024;

/// Bodies up to this size may be thrown away by `tiny_http`.
const DISCARD_MAX: usize = 1024 * 1024;

/// A request that can be let go of safely.
pub(super) struct Exchange {
    /// `None` once it is answered.
    request: Option<Request>,
    /// Bytes of the body that are still to come, as far as the head tells.
    unread: usize,
}

impl Exchange {
    /// Takes a request in.
    pub fn new(request: Request) -> Self {
        let told = |name| {
            request
                .headers()
                .iter()
                .any(|header| header.field.equiv(name))
        };
        let unread = if told("Transfer-Encoding") {
            // The length shows while reading; dropping it reads nothing.
            HTTP_BODY_MAX
        } else {
            let length = request.body_length().unwrap_or(0);
            if length > READ_AHEAD || told("Expect") {
                length
            } else {
                0
            }
        };
        Self {
            request: Some(request),
            unread,
        }
    }

    /// Answers here, or in a thread of its own when that may take long.
    pub fn handle(self, shared: &Arc<Shared>) {
        let Some(request) = &self.request else { return };
        let found = route(&head(request, &headers(request)), shared.desk.names());
        let is_small_send =
            self.unread == 0 && matches!(&found, Ok(route) if route.may_take_long());
        let permit = if is_small_send {
            match SendPermit::take(shared) {
                Some(permit) => Some(permit),
                None => return self.finish(Err(too_many_sends()), None, shared),
            }
        } else {
            None
        };
        if self.unread == 0 && permit.is_none() {
            return self.finish(found, None, shared);
        }
        let shared = shared.clone();
        let spawned = thread::Builder::new()
            .name("http-slow".into())
            .spawn(move || self.finish(found, permit, &shared));
        if let Err(error) = spawned {
            log::warn!("no thread for a long request: {error}");
        }
    }

    /// `permit` is there already for a small message; a large one needs it only once it is read, so
    /// that a slow upload keeps nobody from sending.
    fn finish(
        mut self,
        found: Result<Route, Problem>,
        mut permit: Option<SendPermit>,
        shared: &Arc<Shared>,
    ) {
        let reply = found.and_then(|route| {
            let mut body = Vec::new();
            if route.takes_body() {
                body = self.body()?;
            }
            if route.may_take_long() {
                permit = permit.take().or_else(|| SendPermit::take(shared));
                if permit.is_none() {
                    return Err(too_many_sends());
                }
            }
            let Some(request) = &self.request else {
                return Err(broken());
            };
            let headers = headers(request);
            // A bug in one answer must not take a worker away from all others.
            catch_unwind(AssertUnwindSafe(|| {
                let head = head(request, &headers);
                match shared.desk.attend(&route, &head, &body, Door::Lan) {
                    Outcome::Reply(reply) => reply,
                    // Streams are not served yet.
                    Outcome::Stream(_) => {
                        let problem =
                            Problem::new(503, "too_many_streams", "No stream can be had.");
                        problem.retry_after_s(60).into()
                    }
                }
            }))
            .map_err(|_| broken())
        });
        // The message is handed over; taking the answer may last.
        drop(permit);
        self.send(reply.unwrap_or_else(Reply::from));
    }

    /// The whole body.
    fn body(&mut self) -> Result<Vec<u8>, Problem> {
        let too_long = || {
            Problem::new(
                413,
                "too_long",
                format!("A body has at most {HTTP_BODY_MAX} bytes."),
            )
        };
        let Some(request) = &mut self.request else {
            return Err(broken());
        };
        let promised = request.body_length();
        if promised.is_some_and(|length| length > HTTP_BODY_MAX) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        // Without a promise one byte more than allowed tells that it is too long.
        let most = promised.unwrap_or(HTTP_BODY_MAX + 1);
        let read = request.as_reader().take(most as u64).read_to_end(&mut body);
        self.unread = self.unread.saturating_sub(body.len());
        match read {
            Ok(_) if body.len() > HTTP_BODY_MAX => Err(too_long()),
            Ok(_) if promised.is_none_or(|length| length == body.len()) => Ok(body),
            _ => Err(Problem::new(400, "cut_off", "The body ended too early.")),
        }
    }

    fn send(mut self, reply: Reply) {
        let Some(request) = self.request.take() else {
            return;
        };
        let response = response(reply);
        if self.unread > DISCARD_MAX {
            std::mem::forget(request.upgrade("close", response));
        } else if let Err(error) = request.respond(response) {
            log::debug!("an answer was not taken: {error}");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.unread > DISCARD_MAX {
            std::mem::forget(self.request.take());
        }
    }
}

fn too_many_sends() -> Problem {
    Problem::new(503, "busy", "Too many messages are being handed over.").retry_after_s(1)
}

fn broken() -> Problem {
    Problem::new(500, "broken", "Something broke inside; see the log.")
}

fn headers(request: &Request) -> Vec<(&str, &str)> {
    request
        .headers()
        .iter()
        .map(|header| (header.field.as_str().as_str(), header.value.as_str()))
        .collect()
}

fn head<'a>(request: &'a Request, headers: &'a [(&'a str, &'a str)]) -> Head<'a> {
    Head {
        method: request.method().as_str(),
        target: request.url(),
        headers,
    }
}

fn response(reply: Reply) -> Response<io::Cursor<Vec<u8>>> {
    let mut response = Response::from_data(reply.body).with_status_code(reply.status);
    let content_type = [("Content-Type", reply.content_type)];
    let special = reply
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    for (name, value) in HEADERS.into_iter().chain(content_type).chain(special) {
        // Ours are all ASCII; one that were not would be left out.
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // Whole answers have a length: HTTP/1.0 clients and our own tests like it.
    response.with_chunked_threshold(usize::MAX)
}
