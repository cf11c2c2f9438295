//! One request to a webhook. Blocks for as long as [`POST_TIMEOUT`].

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;
use ureq::unversioned::resolver::Resolver;

use super::reach;
use crate::limits::{POST_ANSWER_MAX, POST_TIMEOUT};
use crate::message::retry::{self, Outcome};
use crate::message::signature;
use crate::message::webhook::{Delivery, Webhook};
use crate::time::UnixMillis;

/// What posts. Cheap to clone; all clones use the same connections.
#[derive(Clone, Debug)]
pub struct Post(Agent);

/// How a request went.
#[derive(Debug)]
pub struct Posted {
    /// What it means.
    pub outcome: Outcome,
    /// What went wrong, in technical words without anything of URL or body; none if nothing did.
    pub error: Option<String>,
    /// What the receiver answered, if it took the event and said something of a readable size.
    pub answer: Vec<u8>,
}

impl Default for Post {
    fn default() -> Self {
        Self::new(POST_TIMEOUT)
    }
}

impl Post {
    /// One that waits so long for an answer.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self(reach::agent(reach::settings(timeout)))
    }

    /// One that has names looked up by somebody else.
    #[must_use]
    pub fn with_names(names: impl Resolver) -> Self {
        Self(reach::agent_with(reach::settings(POST_TIMEOUT), names))
    }

    /// Posts a delivery and waits for the answer.
    #[must_use]
    pub fn post(&self, webhook: &Webhook, delivery: &Delivery, now: UnixMillis) -> Posted {
        let mut request = self.0.post(&webhook.url);
        // Ours come last: a header of the owner's must not stand for a signature.
        for (name, value) in &webhook.headers {
            request = request.header(name, value.expose());
        }
        if let Some(headers) = request.headers_mut() {
            for (name, value) in signature::headers(webhook, delivery.event, now, &delivery.body) {
                if let Ok(value) = value.parse() {
                    headers.insert(name, value);
                }
            }
            headers.insert("content-type", JSON);
        }
        match request.send(delivery.body.as_str()) {
            Ok(answer) => judge(answer, now),
            Err(error) => Posted {
                outcome: Outcome::Away,
                error: Some(words(&error)),
                answer: Vec::new(),
            },
        }
    }
}

const JSON: ureq::http::HeaderValue = ureq::http::HeaderValue::from_static("application/json");

fn judge(answer: ureq::http::Response<ureq::Body>, now: UnixMillis) -> Posted {
    let status = answer.status().as_u16();
    let header = answer.headers().get("retry-after");
    let wait = header
        .and_then(|it| it.to_str().ok())
        .and_then(|it| retry::retry_after(it, now));
    let outcome = Outcome::of_status(status, wait);
    let error = match outcome {
        Outcome::Delivered => None,
        _ if (300..400).contains(&status) => {
            Some(format!("answered {status}; redirects are not followed"))
        }
        _ => Some(format!("answered {status}")),
    };
    let mut body = Vec::new();
    // What is read leaves a connection that can be used again. The event was taken, whatever becomes of
    // the rest of the answer: one that is cut, late or too large is none.
    let reader = answer.into_body().into_reader();
    let whole = reader.take(POST_ANSWER_MAX + 1).read_to_end(&mut body);
    let readable = whole.is_ok_and(|bytes| bytes as u64 <= POST_ANSWER_MAX);
    if outcome != Outcome::Delivered || !readable {
        body.clear();
    }
    Posted {
        outcome,
        error,
        answer: body,
    }
}

/// What went wrong. The library's own words may hold the URL, which may hold a password.
fn words(error: &ureq::Error) -> String {
    use ureq::Error as E;
    match error {
        E::Timeout(what) => format!("no answer in time ({what})"),
        E::HostNotFound => "its name is not known".to_owned(),
        E::ConnectionFailed => "no connection".to_owned(),
        E::Io(error) => format!("connection: {error}"),
        E::Tls(why) => format!("TLS: {why}"),
        E::Rustls(error) => format!("TLS: {error}"),
        E::Protocol(error) => format!("its answer is no HTTP: {error}"),
        E::LargeResponseHeader(..) => "the head of its answer is too large".to_owned(),
        E::Other(error) if error.is::<reach::Forbidden>() => reach::Forbidden.to_string(),
        E::BadUri(_) | E::Http(_) => "its URL cannot be used".to_owned(),
        _ => "the request failed".to_owned(),
    }
}
