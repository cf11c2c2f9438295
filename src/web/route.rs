//! From a request's head to what is asked: a pure function.
//!
//! Every request passes [`route`] first, so that the rules for all of them are in one place: who
//! may ask at all (`guard`), which paths there are, which methods they take. Both come out of one
//! table (`table`), and so does the OpenAPI document. There is no file system behind the paths and
//! nothing is percent-decoded: a path is one of these or it is a 404.

pub mod errands;
pub mod operation;
pub mod query;
pub mod table;

use std::fmt::Write as _;

use self::errands::{Hook, Matter};
use self::operation::{Body, Method, Need, Operation};
use self::query::QrFormat;
use super::guard;
use super::problem::Problem;
use crate::account::AccountId;
use crate::message::webhook::WebhookId;
use crate::token::{Caller, Scope, TokenId};
use crate::ulid::SessionIds;

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The target as sent: path and query.
    pub target: &'a str,
    /// All headers in order; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Head<'a> {
    /// The value of a header that may be there once; `Err` if it is there more often, which is how
    /// requests are smuggled past a check.
    pub fn header(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        let mut values = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Problem::new(
                400,
                "repeated_header",
                "A header that may be there once is there more often.",
            )),
        }
    }

    /// Path and query.
    #[must_use]
    pub fn split(&self) -> (&'a str, &'a str) {
        self.target.split_once('?').unwrap_or((self.target, ""))
    }
}

/// A request that is understood.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which operation.
    pub operation: &'static Operation,
    /// What it asks for.
    pub ask: Ask,
    /// The session in its path.
    account: Option<AccountId>,
}

/// Whom requests may name.
#[derive(Clone, Debug)]
pub struct Names {
    /// The names of sessions.
    pub sessions: SessionIds,
    /// Names of this box beyond those nobody can register (`[http] names`).
    pub hosts: Vec<String>,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// The page.
    Page,
    /// Does the service live?
    Livez,
    /// Do its sessions?
    Readyz,
    /// The counters.
    Metrics,
    /// The panel's picture.
    PanelPng,
    /// The document of all this.
    OpenApi,
    /// The whole box.
    Status,
    /// What happens, as server-sent events.
    Events,
    /// What happens, over a WebSocket.
    WebSocket,
    /// All sessions.
    ListSessions,
    /// One more session.
    AddSession,
    /// Something about one session.
    Session(AccountId, Deed),
    /// A copy of everything.
    Backup,
    /// A person knows that the store was restored.
    AcknowledgeRestore,
    /// All tokens.
    ListTokens,
    /// One more token.
    CreateToken,
    /// One token less.
    RevokeToken(TokenId),
    /// All webhooks.
    ListWebhooks,
    /// One more webhook.
    AddWebhook,
    /// Something about one webhook.
    Webhook(WebhookId, Hook),
    /// A code on the panel that lets whoever reads it in.
    ShowAccessCode,
    /// Such a code, typed.
    SignIn,
    /// The caller's own token is no longer wanted.
    SignOut,
}

/// What can be asked about one session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// What it is.
    Show,
    /// Other settings.
    Change,
    /// Forget it.
    Delete,
    /// Bring it online, or show a fresh QR.
    Start,
    /// Take it offline, keep the link.
    Stop,
    /// Both.
    Restart,
    /// Unlink it.
    Logout,
    /// Show it on the panel.
    Select,
    /// Its QR.
    Qr(QrFormat),
    /// A code to type on the phone.
    PairingCode,
    /// What happened to it: at most so many.
    ListEvents(usize),
    /// Something about its messages.
    Messages(Matter),
}

/// What the path and the query say, for the table.
#[derive(Debug)]
pub struct Asked<'a> {
    account: Option<AccountId>,
    token: Option<TokenId>,
    /// The path's template.
    template: &'static str,
    /// The path as sent.
    path: &'a str,
    query: &'a str,
    accept: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// What was sent where the template says `name`; empty if it does not.
    fn named(&self, name: &str) -> &'a str {
        let mut pieces = self.template.split('/').zip(self.path.split('/'));
        let found = pieces.find_map(|(piece, sent)| (piece == name).then_some(sent));
        found.unwrap_or_default()
    }

    fn errand(&self, errand: Matter) -> Result<Ask, Problem> {
        self.session(Deed::Messages(errand))
    }

    fn session(&self, deed: Deed) -> Result<Ask, Problem> {
        let account = self.account.ok_or_else(unknown_session)?;
        Ok(Ask::Session(account, deed))
    }
}

impl Route {
    /// Whether the answer may take longer than a page should wait for its other requests: whatever
    /// changes something waits for the machine, the disk or WhatsApp, and so does a file that has to be
    /// fetched or made. A thread of its own is due then.
    #[must_use]
    pub fn may_take_long(&self) -> bool {
        self.operation.method != Method::Get
            || matches!(
                self.ask,
                Ask::Backup | Ask::Session(_, Deed::Messages(Matter::Media(_)))
            )
    }

    /// Whether the body is to be read.
    #[must_use]
    pub fn takes_body(&self) -> bool {
        self.operation.body != Body::None
    }

    /// The session it is about.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.operation.is_about(self.account)
    }

    /// The one check of who may do what. What is shown to whom *within* an answer (lists, redaction) is
    /// up to the answer.
    pub fn permit(&self, caller: &Caller) -> Result<(), Problem> {
        let Some(scope) = self.operation.need.scope() else {
            return Ok(());
        };
        let grant = match caller {
            Caller::Console => return Ok(()),
            Caller::Stranger => {
                return Err(Problem::new(
                    401,
                    "unauthorized",
                    "This needs a token: sign in with the code on the panel, or send \
                     `Authorization: Bearer …`.",
                ));
            }
            Caller::Holder(grant) => grant,
        };
        let has_scope = grant.scopes.contains(&scope) || grant.scopes.contains(&Scope::Admin);
        let allowed = match self.operation.need {
            Need::Session(_) => caller.may(scope, self.account),
            Need::Box(_) => caller.may(scope, None),
            // Whichever sessions: the answer holds only those.
            Need::Some(_) | Need::Nothing | Need::Anybody => has_scope,
        };
        match (allowed, has_scope) {
            (true, _) => Ok(()),
            (false, true) => Err(Problem::new(
                403,
                "other_session",
                "This token is for some sessions only, and this is about another or the whole box.",
            )),
            (false, false) => Err(Problem::new(
                403,
                "missing_scope",
                format!("This needs a token with the scope `{scope}`."),
            )),
        }
    }
}

/// Finds what is asked, or why it is not answered.
pub fn route(head: &Head<'_>, names: &Names) -> Result<Route, Problem> {
    guard::host(head, &names.hosts)?;
    let (path, query) = head.split();
    let method = Method::of(head.method);
    let mut others = rows(path).peekable();
    if others.peek().is_none() {
        return Err(Problem::new(
            404,
            "not_found",
            "There is nothing at this path.",
        ));
    }
    let Some(operation) = others.find(|row| Some(row.method) == method) else {
        return Err(wrong_method(path));
    };
    let named = |name: &str| {
        let mut pieces = operation.path.split('/').zip(path.split('/'));
        pieces.find_map(|(piece, sent)| (piece == name).then_some(sent))
    };
    let account = match named("{id}") {
        None => None,
        Some(sent) => Some(names.sessions.account(sent).ok_or_else(unknown_session)?),
    };
    let token = match named("{token}") {
        None => None,
        Some(sent) => Some(token_of(sent).ok_or_else(unknown_token)?),
    };
    if operation.need.scope().is_some() || operation.method != Method::Get {
        guard::same_site(head)?;
    }
    if operation.body != Body::None {
        guard::json_body(head)?;
    }
    let ask = (operation.make)(&Asked {
        account,
        token,
        template: operation.path,
        path,
        query,
        accept: head.header("Accept").unwrap_or_default(),
    })?;
    Ok(Route {
        operation,
        ask,
        account,
    })
}

/// The template of the path, for the counters: never the path itself, which is the client's text.
#[must_use]
pub fn template(head: &Head<'_>) -> &'static str {
    rows(head.split().0).next().map_or("none", |row| row.path)
}

/// The rows of a path, one for each method.
pub fn rows(path: &str) -> impl Iterator<Item = &'static Operation> {
    table::operations().filter(move |row| matches(row.path, path))
}

fn matches(template: &str, path: &str) -> bool {
    let (mut pieces, mut sent) = (template.split('/'), path.split('/'));
    loop {
        match (pieces.next(), sent.next()) {
            (None, None) => return true,
            (Some(piece), Some(sent)) if piece.starts_with('{') || piece == sent => {}
            _ => return false,
        }
    }
}

/// `tok_N`, in one spelling each: no sign, no leading zero.
fn token_of(name: &str) -> Option<TokenId> {
    let digits = name.strip_prefix("tok_")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).map(TokenId)
}

/// There is no such session: also for names that no session of any box can have.
#[must_use]
pub fn unknown_session() -> Problem {
    Problem::new(404, "unknown_session", "There is no such session.")
}

/// There is no such token.
#[must_use]
pub fn unknown_token() -> Problem {
    Problem::new(404, "unknown_token", "There is no such token.")
}

fn wrong_method(path: &str) -> Problem {
    let mut methods = String::new();
    for row in rows(path) {
        let comma = if methods.is_empty() { "" } else { ", " };
        let head = if row.method == Method::Get {
            ", HEAD"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = write!(methods, "{comma}{}{head}", row.method.word());
    }
    Problem::new(
        405,
        "method_not_allowed",
        format!("This path takes {methods}."),
    )
    .allowing(methods)
}
