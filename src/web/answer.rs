//! From what is asked to the answer: reads the snapshot, puts wishes into the inbox.
//!
//! Nothing here knows sockets. The permission check is here, beside what it protects: without a
//! local listener there is no QR, no control and no message (tokens will change that).

use std::time::Duration;

use super::WebContext;
use super::messages::{ListBody, SendBody};
use super::page::Page;
use super::problem::Problem;
use super::reply::Reply;
use super::route::{Action, Head, Route};
use super::status::{self, Access};
use crate::account::AccountId;
use crate::event::{Event, Intent, Source};
use crate::fault::Fault;
use crate::inbox::InboxError;
use crate::limits::PULSE_STALE;
use crate::snapshot::{AccountView, Pairing, Snapshot, Status};
use crate::time::Mono;

/// What stays the same for all requests of one listener.
pub(super) struct Desk {
    /// Everything answers are made of.
    pub context: WebContext,
    /// What callers may do.
    pub access: Access,
    /// Tells this run of the program from the one before, whose snapshots had the same numbers.
    pub run: u64,
    /// The page.
    pub page: Page,
}

impl Desk {
    /// Answers a request that passed the router.
    pub fn answer(&self, route: Route, head: &Head<'_>, body: &[u8]) -> Reply {
        self.try_answer(route, head, body)
            .unwrap_or_else(Reply::from)
    }

    fn try_answer(&self, route: Route, head: &Head<'_>, body: &[u8]) -> Result<Reply, Problem> {
        let snapshot = self.context.snapshots.borrow().clone();
        let now = self.context.clock.mono();
        match route {
            Route::Page => Ok(self.page()),
            Route::Livez => livez(self.context.pulse.age(now)),
            Route::Status => self.status(&snapshot, now, head),
            Route::Metrics => {
                self.need_full_access()?;
                let text = (self.context.metrics)();
                Ok(Reply::new(200, "text/plain; version=0.0.4", text.into()))
            }
            Route::PanelPng => {
                self.need_full_access()?;
                self.panel_png(&snapshot, now)
            }
            Route::Qr(id) => {
                self.need_full_access()?;
                self.qr(account(&snapshot, id)?, now)
            }
            Route::Control(id, action) => {
                self.need_full_access()?;
                let account = account(&snapshot, id)?;
                self.wish(id, action, head)?;
                // Only a start takes its time; the other two count at once.
                let done = action != Action::Start || is_already(account, action);
                let session = status::session(account, now, self.access);
                Ok(Reply::json(if done { 200 } else { 202 }, &session))
            }
            Route::ListMessages { account: id, limit } => {
                self.need_full_access()?;
                account(&snapshot, id)?;
                match (self.context.list_messages)(id, limit) {
                    Ok(messages) => Ok(Reply::json(200, &ListBody::from(messages))),
                    Err(why) => Err(Problem::new(500, "store", why).about(id)),
                }
            }
            Route::SendMessage(id) => {
                self.need_full_access()?;
                account(&snapshot, id)?;
                let message = SendBody::parse(body)?;
                let receipt = (self.context.send_message)(id, &message.to, &message.text)
                    .map_err(|problem| Problem::from(problem).about(id))?;
                Ok(Reply::json(202, &receipt))
            }
        }
    }

    fn need_full_access(&self) -> Result<(), Problem> {
        match self.access {
            Access::Full => Ok(()),
            Access::StatusOnly => Err(Problem::new(
                403,
                "local_only",
                "This address can be reached from the network, and there is no way yet to tell who \
                 is asking. QR, buttons and messages are served only when [http] listen is a \
                 loopback address like 127.0.0.1:8080.",
            )),
        }
    }

    fn page(&self) -> Reply {
        Reply::new(
            200,
            "text/html; charset=utf-8",
            self.page.html.clone().into(),
        )
        .header(
            "Content-Security-Policy",
            &self.page.content_security_policy,
        )
    }

    fn status(&self, snapshot: &Snapshot, now: Mono, head: &Head<'_>) -> Result<Reply, Problem> {
        let tag = format!("\"{:x}-{}\"", self.run, snapshot.seq);
        let known = head.header("If-None-Match")?.unwrap_or_default();
        let reply = if known.split(',').any(|one| one.trim() == tag) {
            Reply::new(304, "application/json", Vec::new())
        } else {
            let body = status::status(snapshot, now, self.context.geometry, self.access);
            Reply::json(200, &body)
        };
        Ok(reply.header("ETag", &tag))
    }

    fn panel_png(&self, snapshot: &Snapshot, now: Mono) -> Result<Reply, Problem> {
        match (self.context.panel_png)(snapshot, now) {
            Some(png) => Ok(Reply::new(200, "image/png", png)),
            None => Err(Problem::new(404, "no_panel", "This box has no panel.")),
        }
    }

    fn qr(&self, account: &AccountView, now: Mono) -> Result<Reply, Problem> {
        let problem = |status, code, detail: &'static str| {
            Err(Problem::new(status, code, detail).about(account.id))
        };
        match &account.status {
            // A code that has run out is as good as none: the next one is on its way.
            Status::ScanQrCode(Pairing {
                qr: Some(pairing), ..
            }) if now < pairing.expires_at() => {
                match (self.context.qr_svg)(pairing.code.expose()) {
                    Some(svg) => Ok(Reply::new(200, "image/svg+xml", svg.into_bytes()).header(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'",
                    )),
                    None => problem(500, "qr_too_long", "The code does not fit a QR."),
                }
            }
            Status::ScanQrCode(_) | Status::Starting { .. } if !account.linked => {
                let session = status::session(account, now, self.access);
                Ok(Reply::json(202, &session).header("Retry-After", "1"))
            }
            Status::Working => problem(409, "already_working", "The session is connected."),
            Status::Failed {
                fault: Fault::QrExhausted,
                ..
            } => problem(410, "qr_exhausted", Fault::QrExhausted.advice()),
            _ => problem(409, "not_pairing", "Start the session to get a QR."),
        }
    }

    /// The wish is sent even when it seems fulfilled: an opposite one may be waiting in the queue.
    fn wish(&self, id: AccountId, action: Action, head: &Head<'_>) -> Result<(), Problem> {
        let intent = match action {
            Action::Start => Intent::Connect(id),
            Action::Stop => Intent::Disconnect(id),
            Action::Logout => Intent::Logout(id),
        };
        let from_browser =
            head.header("Sec-Fetch-Site")?.is_some() || head.header("Origin")?.is_some();
        let source = if from_browser {
            Source::Page
        } else {
            Source::Api
        };
        self.context
            .inbox
            .try_send(Event::Intent {
                intent,
                source,
                ticket: None,
            })
            .map_err(|error| {
                let code = match error {
                    InboxError::Full => "busy",
                    InboxError::Closed => "ending",
                };
                Problem::new(503, code, format!("Not done: {error}.")).retry_after_s(1)
            })
    }
}

/// The service is well when its loop goes round, whatever WhatsApp does.
fn livez(age: Duration) -> Result<Reply, Problem> {
    if age < PULSE_STALE {
        Ok(Reply::new(200, "text/plain; charset=utf-8", b"ok\n".into()))
    } else {
        Err(Problem::new(503, "stalled", "The event loop stands still."))
    }
}

fn account(snapshot: &Snapshot, id: AccountId) -> Result<&AccountView, Problem> {
    snapshot
        .accounts
        .iter()
        .find(|account| account.id == id)
        .ok_or_else(|| Problem::new(404, "unknown_session", "There is no such session.").about(id))
}

fn is_already(account: &AccountView, action: Action) -> bool {
    match action {
        Action::Start => account.status == Status::Working,
        Action::Stop => account.status == Status::Stopped,
        Action::Logout => !account.linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_no_life() {
        assert_eq!(livez(Duration::ZERO).unwrap().status, 200);
        let problem = livez(PULSE_STALE).unwrap_err();
        assert_eq!((problem.status, problem.code), (503, "stalled"));
    }
}
