//! One request and its answer, on `tiny_http`'s types.
//!
//! The front hands over whole requests only, of a bounded size, so reading one never waits. What may
//! wait is the answer: whatever changes something waits for the machine, the disk or WhatsApp. Such a
//! request leaves the worker for a thread of its own, at most
//! [`HTTP_SENDS`](crate::limits::HTTP_SENDS) of them, and so does a stream.

use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tiny_http::{Header, Request, Response};

use super::answer::{FileReply, Outcome, Sent};
use super::door::inner::{DOOR_HEADER, Origin, STREAM_HEADER, UPLOAD_HEADER};
use super::door::upload::Arrived;
use super::problem::Problem;
use super::reply::{HEADERS, Reply};
use super::route::{Head, Route, route, template};
use super::server::{Permit, Shared};
use super::stream::{self, Listening, Outlet, Stream, Telling};
use crate::limits::HTTP_BODY_MAX;
use crate::time::Mono;
use crate::token::Caller;

/// A request that is not answered yet.
pub(super) struct Exchange {
    request: Request,
    /// Its headers, without the front's.
    headers: Vec<(String, String)>,
    pass: Option<String>,
    /// What the front says about a file that came with it.
    upload: Option<String>,
    /// That file.
    file: Option<Arrived>,
    /// When it was taken in.
    began: Mono,
}

impl Exchange {
    /// Takes a request in.
    pub fn new(request: Request, began: Mono) -> Self {
        let (mut headers, mut pass, mut upload) = (Vec::new(), None, None);
        for header in request.headers() {
            let value = header.value.as_str().to_owned();
            if header.field.equiv(DOOR_HEADER) {
                pass = Some(value);
            } else if header.field.equiv(UPLOAD_HEADER) {
                upload = Some(value);
            } else {
                headers.push((header.field.as_str().as_str().to_owned(), value));
            }
        }
        Self {
            request,
            headers,
            pass,
            upload,
            file: None,
            began,
        }
    }

    /// Answers here, or in a thread of its own when that may take long.
    pub fn handle(mut self, shared: &Arc<Shared>) {
        let origin = self
            .pass
            .as_deref()
            .and_then(|pass| shared.inner.origin(pass));
        let Some(origin) = origin else {
            let problem = Problem::new(403, "no_door", "Requests come through the front only.");
            return self.send(problem.into());
        };
        if let (Some(words), Ok(spool)) = (&self.upload, shared.desk.spool()) {
            let file = shared.inner.upload(words);
            // Whatever ends before the file is used throws it away.
            self.file = file.map(|(file, size)| Arrived::new(spool, file, size));
        }
        let found = self.heed(|head| route(head, shared.desk.names()));
        let waits = matches!(&found, Ok(route) if route.may_take_long());
        if !waits {
            return self.finish(found, origin, shared);
        }
        let Some(permit) = Permit::to_wait(shared) else {
            let problem = Problem::new(503, "busy", "Too much is being changed at once.");
            return self.answered(problem.retry_after_s(1).into(), shared);
        };
        let shared = shared.clone();
        on_a_thread("http-slow", move || {
            self.finish(found, origin, &shared);
            drop(permit);
        });
    }

    fn finish(mut self, found: Result<Route, Problem>, origin: Origin, shared: &Arc<Shared>) {
        let body = self.body();
        let upload = self.file.take();
        // A bug in one answer must not take a worker away from all others.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.heed(|head| {
                let (route, body) = (found?, body?);
                let sent = Sent {
                    head,
                    body: &body,
                    file: upload.as_ref(),
                };
                Ok(shared.desk.attend(&route, sent, origin.door))
            })
        }));
        match outcome.unwrap_or_else(|_| Err(broken())) {
            Ok(Outcome::Reply(reply)) => self.answered(reply, shared),
            Ok(Outcome::File(file)) => self.hand_out(file, shared),
            Ok(Outcome::Stream(stream, caller)) => self.listen(stream, &caller, origin, shared),
            Err(problem) => self.answered(problem.into(), shared),
        }
    }

    /// Counts an answer and sends it.
    fn answered(self, reply: Reply, shared: &Shared) {
        let context = &shared.desk.context;
        let took = context.clock.mono().since(self.began);
        let route = self.heed(template);
        context.metrics.answered(route, reply.status, took);
        self.send(reply);
    }

    /// Hands a file out, if there is a place, and a thread to wait for its client.
    fn hand_out(self, file: FileReply, shared: &Arc<Shared>) {
        let Some(permit) = Permit::to_hand_out(shared) else {
            let problem =
                Problem::new(503, "too_many_downloads", "Too many files are being taken.");
            return self.answered(problem.retry_after_s(5).into(), shared);
        };
        let context = &shared.desk.context;
        let took = context.clock.mono().since(self.began);
        let route = self.heed(template);
        context.metrics.answered(route, file.reply.status, took);
        on_a_thread("http-file", move || {
            let FileReply {
                reply,
                media_type,
                file,
                length,
            } = file;
            let status = tiny_http::StatusCode(reply.status);
            let headers = headers(&reply, &media_type);
            let size = usize::try_from(length).ok();
            let response = Response::new(status, headers, file.take(length), size, None);
            let response = response.with_chunked_threshold(usize::MAX);
            if let Err(error) = self.request.respond(response) {
                log::debug!("a file was not taken: {error}");
            }
            drop(permit);
        });
    }

    /// Begins a stream, if there is a place.
    fn listen(self, stream: Stream, caller: &Caller, origin: Origin, shared: &Arc<Shared>) {
        let Some(permit) = Permit::to_stream(shared) else {
            let problem = Problem::new(503, "too_many_streams", "Too many streams are open.");
            return self.answered(problem.retry_after_s(5).into(), shared);
        };
        let listening = Listening::begin(&shared.desk.context.journal, &stream, caller);
        shared.uplinks.put(origin, listening.uplink.clone());
        let shared = shared.clone();
        on_a_thread("http-stream", move || {
            let told = self.tell(&stream, &listening, origin, &shared);
            if let Err(error) = told {
                log::debug!("a stream ended: {error}");
            }
            drop(permit);
        });
    }

    fn tell(
        self,
        stream: &Stream,
        listening: &Listening,
        origin: Origin,
        shared: &Arc<Shared>,
    ) -> io::Result<()> {
        let (method, target) = (
            self.request.method().as_str().to_owned(),
            self.request.url().to_owned(),
        );
        let headers = self.headers;
        let outlet = match stream {
            Stream::Events(_) => {
                let mut sink = self.request.into_writer();
                sink.write_all(event_stream_head().as_bytes())?;
                Outlet::lines(sink)?
            }
            Stream::WebSocket { accept, .. } => {
                let mut response = Response::empty(101);
                for (name, value) in [
                    ("Sec-WebSocket-Accept", accept.as_str()),
                    (STREAM_HEADER, "1"),
                ] {
                    if let Ok(header) = Header::from_bytes(name, value) {
                        response.add_header(header);
                    }
                }
                let socket = self.request.upgrade("websocket", response);
                Outlet::frames(socket)
            }
        };
        let context = &shared.desk.context;
        let caller = || {
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let head = Head {
                method: &method,
                target: &target,
                headers: &headers,
            };
            let caller = shared.desk.caller(&head, origin.door).ok();
            caller.filter(|caller| *caller != Caller::Stranger)
        };
        let telling = Telling {
            journal: &context.journal,
            ids: context.names.sessions,
            clock: context.clock,
            caller: &caller,
            snapshot: context.snapshots.borrow().clone(),
            ending: &shared.stopping,
        };
        stream::run(stream, listening, outlet, &telling)
    }

    /// The whole body: the front has seen to its size.
    fn body(&mut self) -> Result<Vec<u8>, Problem> {
        let mut body = Vec::new();
        let read = self
            .request
            .as_reader()
            .take(HTTP_BODY_MAX as u64)
            .read_to_end(&mut body);
        match read {
            Ok(_) => Ok(body),
            Err(_) => Err(Problem::new(400, "cut_off", "The body ended too early.")),
        }
    }

    fn heed<T>(&self, what: impl FnOnce(&Head<'_>) -> T) -> T {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        what(&Head {
            method: self.request.method().as_str(),
            target: self.request.url(),
            headers: &headers,
        })
    }

    fn send(self, reply: Reply) {
        if let Err(error) = self.request.respond(response(reply)) {
            log::debug!("an answer was not taken: {error}");
        }
    }
}

/// Without a thread the request is dropped, and its client told so by `tiny_http`.
fn on_a_thread(name: &str, work: impl FnOnce() + Send + 'static) {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    if let Err(error) = spawned {
        log::warn!("no thread for a long request: {error}");
    }
}

fn broken() -> Problem {
    Problem::new(500, "broken", "Something broke inside; see the log.")
}

/// The head of an answer that goes on: written as it is, because `tiny_http` would gather it in
/// blocks.
fn event_stream_head() -> String {
    let own = [("Content-Type", "text/event-stream"), (STREAM_HEADER, "1")];
    let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
    for (name, value) in HEADERS.into_iter().chain(own) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    head
}

fn response(reply: Reply) -> Response<io::Cursor<Vec<u8>>> {
    let headers = headers(&reply, reply.content_type);
    let mut response = Response::from_data(reply.body).with_status_code(reply.status);
    for header in headers {
        response.add_header(header);
    }
    // Whole answers have a length: the front and HTTP/1.0 clients need it.
    response.with_chunked_threshold(usize::MAX)
}

fn headers(reply: &Reply, content_type: &str) -> Vec<Header> {
    let content_type = [("Content-Type", content_type)];
    let special = reply
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let all = HEADERS.into_iter().chain(content_type).chain(special);
    // Ours are all ASCII; one that were not would be left out.
    all.filter_map(|(name, value)| Header::from_bytes(name, value).ok())
        .collect()
}
