//! From what is asked to the answer: reads the snapshot, puts wishes into the inbox.
//!
//! Nothing here knows sockets. Who asks is found by `access`, whether they may is checked in one place
//! ([`Route::permit`]), and what they see of a snapshot is decided in `status`.

mod account;
mod backup;
mod errands;
mod media;
mod qr;
mod settings;
mod webhooks;
mod well;
mod wish;

use std::collections::BTreeMap;

use super::openapi;
use super::page::Page;
use super::problem::Problem;
use super::reply::Reply;
use super::route::errands::Matter;
use super::route::operation::Need;
use super::route::{Ask, Deed, Head, Names, Route, route, unknown_session};
use super::status::{self, Eye};
use super::stream::Stream;
use super::{Door, WebContext};
use crate::account::AccountId;
use crate::metrics::Reading;
use crate::snapshot::{AccountView, Snapshot};
use crate::token::{Caller, Scope};

pub use errands::Sent;
pub use media::FileReply;
pub use qr::QrDrawings;

/// What stays the same for all requests.
pub struct Desk {
    /// Everything answers are made of.
    pub context: WebContext,
    /// Tells this run of the program from the one before, whose snapshots had the same numbers.
    run: u64,
    page: Page,
    /// The OpenAPI document.
    document: Vec<u8>,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It is answered.
    Reply(Reply),
    /// A file is handed out.
    File(FileReply),
    /// A stream begins, for this caller.
    Stream(Stream, Caller),
}

impl Desk {
    /// A desk. `run`: any number that an earlier run is unlikely to have had.
    #[must_use]
    pub fn new(context: WebContext, run: u64) -> Self {
        Self {
            run,
            page: Page::assemble(),
            document: openapi::document().to_string().into_bytes(),
            context,
        }
    }

    /// Whom requests may name.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.context.names
    }

    /// Who sends a request with this head.
    pub fn caller(&self, head: &Head<'_>, door: Door) -> Result<Caller, Problem> {
        let now = self.context.clock.now();
        self.context.access.caller(head, door, now)
    }

    /// Answers a request that passed the router: who asks, whether they may, and then what they ask.
    #[must_use]
    pub fn attend(&self, route: &Route, sent: Sent<'_>, door: Door) -> Outcome {
        match self.who(route, sent.head, door) {
            Ok(caller) => self.answer(route, sent, &caller),
            Err(problem) => Outcome::Reply(problem.into()),
        }
    }

    /// Whether a request would be answered, before its body is read.
    ///
    /// # Errors
    /// The problem it would be answered with.
    pub fn admit(&self, head: &Head<'_>, door: Door) -> Result<(), Problem> {
        let route = route(head, self.names())?;
        let caller = self.who(&route, head, door)?;
        route.permit(&caller)?;
        if let Some(id) = route.account() {
            account(&self.context.snapshots.borrow(), id)?;
        }
        Ok(())
    }

    fn who(&self, route: &Route, head: &Head<'_>, door: Door) -> Result<Caller, Problem> {
        match route.operation.need {
            // The same for everybody: a browser with an old cookie must get the page that signs it in.
            Need::Nothing => Ok(Caller::Stranger),
            Need::Anybody | Need::Session(_) | Need::Some(_) | Need::Box(_) => {
                self.caller(head, door)
            }
        }
    }

    /// Answers a caller.
    #[must_use]
    pub fn answer(&self, route: &Route, sent: Sent<'_>, caller: &Caller) -> Outcome {
        self.try_answer(route, sent, caller)
            .unwrap_or_else(|problem| Outcome::Reply(problem.into()))
    }

    fn try_answer(
        &self,
        route: &Route,
        sent: Sent<'_>,
        caller: &Caller,
    ) -> Result<Outcome, Problem> {
        route.permit(caller)?;
        let (head, body) = (sent.head, sent.body);
        let snapshot = self.context.snapshots.borrow().clone();
        let eye = self.eye(caller);
        let access = &self.context.access;
        let reply = match &route.ask {
            Ask::Page => Ok(self.page()),
            Ask::Livez => self.livez(&snapshot),
            Ask::Readyz => self.readyz(&snapshot),
            Ask::Metrics => Ok(self.metrics(&snapshot, &eye)),
            Ask::PanelPng => self.panel_png(&snapshot, &eye),
            Ask::OpenApi => Ok(Reply::new(200, "application/json", self.document.clone())),
            Ask::Status => self.status(&snapshot, &eye, head),
            Ask::Events => {
                let stream = Stream::events(head, eye.ids)?;
                if head.method == "HEAD" {
                    Ok(Reply::new(200, "text/event-stream", Vec::new()))
                } else {
                    return begin(stream, caller);
                }
            }
            Ask::WebSocket => return begin(Stream::web_socket(head, eye.ids)?, caller),
            Ask::ListSessions => Ok(account::list(&snapshot, &|id| self.waiting(id), &eye)),
            Ask::AddSession => self.add(&wish::Body(body), &eye, head),
            Ask::Session(id, Deed::Messages(errand)) => {
                let done = self.errand(*id, errand, &snapshot, &eye, sent);
                return done.map_err(|problem| problem.about(eye.ids.name(*id)));
            }
            Ask::Session(id, deed) => self.deed(*id, deed, &snapshot, &eye, head, body),
            Ask::AcknowledgeRestore => self.acknowledge_restore(&eye, head),
            Ask::Backup => return self.backup(caller).map(Outcome::File),
            Ask::ListTokens => access.list(caller),
            Ask::CreateToken => access.create(body),
            Ask::RevokeToken(token) => access.revoke(*token),
            Ask::ListWebhooks => self.list_webhooks(&eye),
            Ask::AddWebhook => self.add_webhook(body, &eye),
            Ask::Webhook(id, hook) => self.webhook(*id, *hook, body, &eye),
            Ask::ShowAccessCode => wish::nothing(body).and_then(|()| access.show_code()),
            Ask::SignIn => access.sign_in(body),
            Ask::SignOut => access.sign_out(caller),
        };
        reply.map(Outcome::Reply)
    }

    fn metrics(&self, snapshot: &Snapshot, eye: &Eye<'_>) -> Reply {
        let text = self.context.metrics.text(&Reading {
            snapshot,
            ids: eye.ids,
            now: eye.now,
            gauges: (self.context.gauges)(),
        });
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        Reply::new(200, kind, text.into())
    }

    fn errand(
        &self,
        id: AccountId,
        errand: &Matter,
        snapshot: &Snapshot,
        eye: &Eye<'_>,
        sent: Sent<'_>,
    ) -> Result<Outcome, Problem> {
        account(snapshot, id)?;
        let reply = match errand {
            Matter::List(listing) => self.list_messages(id, listing, eye),
            Matter::Show(message) => self.show_message(id, message, eye),
            Matter::Send => self.send_message(id, sent),
            Matter::Typing(chat) => self.typing(id, chat, sent.body),
            Matter::MarkRead(chat) => self.mark_read(id, chat, sent.body),
            Matter::Policy => self.policy(id),
            Matter::SetPolicy => self.set_policy(id, sent.body),
            Matter::Routes => self.routes(id),
            Matter::SetRoutes => self.set_routes(id, sent.body),
            Matter::Requests => self.list_requests(id, eye),
            Matter::Decide { code, approve } => self.decide(id, (code, *approve), sent.body),
            Matter::Media(event) => return self.media(id, *event, sent.head).map(Outcome::File),
        };
        reply.map(Outcome::Reply)
    }

    /// How many messages of an account wait to be sent.
    fn waiting(&self, id: AccountId) -> Option<u64> {
        self.context.backstage.as_ref()?.waiting(id)
    }

    fn eye<'a>(&self, caller: &'a Caller) -> Eye<'a> {
        Eye {
            caller,
            now: self.context.clock.now(),
            ids: self.context.names.sessions,
        }
    }

    fn deed(
        &self,
        id: AccountId,
        deed: &Deed,
        snapshot: &Snapshot,
        eye: &Eye<'_>,
        head: &Head<'_>,
        body: &[u8],
    ) -> Result<Reply, Problem> {
        let account = account(snapshot, id)?;
        let reply = match deed {
            Deed::Show => {
                let body = status::session::session(account, self.waiting(id), eye);
                Ok(Reply::json(200, &body))
            }
            Deed::Qr(format) => self.qr(account, *format, eye),
            Deed::ListEvents(limit) => Ok(self.list_events(id, *limit)),
            Deed::Change => self.change(id, body, eye, head),
            Deed::PairingCode => self.pairing_code(id, body, eye, head),
            Deed::Start
            | Deed::Stop
            | Deed::Restart
            | Deed::Logout
            | Deed::Select
            | Deed::Delete
            | Deed::Messages(_) => self.act(id, deed, body, eye, head),
        };
        reply.map_err(|problem| problem.about(eye.ids.name(id)))
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

    /// The tag names the run, the snapshot and the one who looks: they do not see the same.
    fn status(
        &self,
        snapshot: &Snapshot,
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        let looks = match eye.caller {
            Caller::Stranger => "s".to_owned(),
            Caller::Console => "c".to_owned(),
            // What a token may never changes.
            Caller::Holder(grant) => format!("t{}", grant.token.0),
        };
        // The queues are in no snapshot.
        let queues: BTreeMap<AccountId, u64> = eye
            .accounts(snapshot)
            .filter(|account| eye.caller.sees(account.id))
            .filter_map(|account| Some((account.id, self.waiting(account.id)?)))
            .collect();
        let waiting: Vec<String> = queues.values().map(u64::to_string).collect();
        let waiting = waiting.join(".");
        let tag = format!("\"{:x}-{}-{looks}-{waiting}\"", self.run, snapshot.seq);
        let known = head.header("If-None-Match")?.unwrap_or_default();
        let reply = if known.split(',').any(|one| one.trim() == tag) {
            Reply::new(304, "application/json", Vec::new())
        } else {
            let queues = |id| queues.get(&id).copied();
            let body = status::status(snapshot, self.context.geometry, &queues, eye);
            Reply::json(200, &body)
        };
        Ok(reply.header("ETag", &tag))
    }

    /// The codes on the glass are for whoever stands there: read off here, the one for the page would make
    /// an administrator of everybody who may look.
    fn panel_png(&self, snapshot: &Snapshot, eye: &Eye<'_>) -> Result<Reply, Problem> {
        let mut shown = snapshot.clone();
        if !eye.caller.may(Scope::Admin, None) {
            shown.access = None;
            shown.caller = None;
        }
        match (self.context.panel_png)(&shown, self.context.clock.mono()) {
            Some(png) => Ok(Reply::new(200, "image/png", png)),
            None => Err(Problem::new(404, "no_picture", "This box has no panel.")),
        }
    }
}

/// A stream is for sessions the caller may read; one that is asked for by name has to be among them.
fn begin(stream: Stream, caller: &Caller) -> Result<Outcome, Problem> {
    match stream.wanted().account {
        Some(account) if !caller.sees(account) => Err(Problem::new(
            403,
            "other_session",
            "This token is for other sessions.",
        )),
        _ => Ok(Outcome::Stream(stream, caller.clone())),
    }
}

fn account(snapshot: &Snapshot, id: AccountId) -> Result<&AccountView, Problem> {
    let mut accounts = snapshot.accounts.iter();
    accounts
        .find(|account| account.id == id)
        .ok_or_else(unknown_session)
}
