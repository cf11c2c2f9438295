//! Answers that change something: a wish goes to the machine, and its answer becomes a reply.
//!
//! The wish is sent even when it seems fulfilled: an opposite one may be waiting in the queue. What is
//! shown afterwards comes from the snapshot, which is published before the machine's answer is told.

use std::time::Duration;

use serde::Serialize;

use super::{Desk, account};
use crate::account::{AccountId, CountryPrefix, E164, Label};
use crate::event::{Answer, Denial, Intent, Source};
use crate::inbox::InboxError;
use crate::limits::{ANSWER, ANSWER_LONG, ANSWER_PAIRING_CODE};
use crate::snapshot::Status;
use crate::ticket;
use crate::token::Caller;
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::route::{Deed, Head, unknown_session};
use crate::web::status::Eye;
use crate::web::status::session::{session, with_dash};

/// When somebody who asked WhatsApp for too many codes may try again, in seconds: it does not say, and
/// people report from minutes to hours.
const CODES_AGAIN_S: u32 = 600;

/// A body as it was sent.
pub(super) struct Body<'a>(pub &'a [u8]);

/// The answer of `POST …/pairing-code`.
#[derive(Serialize)]
struct PairingCodeBody {
    code: String,
    expires_at: Option<String>,
    expires_in_ms: u64,
}

/// Checks that a body says nothing.
pub(super) fn nothing(body: &[u8]) -> Result<(), Problem> {
    Fields::parse(body, &[]).map(|_| ())
}

impl Desk {
    pub(super) fn add(
        &self,
        body: &Body<'_>,
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        let fields = Fields::parse(body.0, &["label", "start", "phone"])?;
        let intent = Intent::AddAccount {
            label: label(&fields)?,
            start: fields.flag("start")?.unwrap_or(true),
            phone: fields.text("phone")?.map(phone).transpose()?,
        };
        match self.wish(intent, eye, head, ANSWER)? {
            Answer::Added(id) => {
                let path = format!("/api/v1/sessions/{}", eye.ids.name(id));
                Ok(self.show(201, id, eye)?.header("Location", &path))
            }
            Answer::Done | Answer::Typed { .. } | Answer::Denied(_) => Err(no_answer()),
        }
    }

    pub(super) fn change(
        &self,
        id: AccountId,
        body: &[u8],
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &["label", "country_prefix", "policy", "routes"])?;
        let (policy, routes) = self.settings_in(id, &fields)?;
        let country_prefix = match fields.text("country_prefix")? {
            None => fields.has("country_prefix").then_some(None),
            Some(text) => Some(Some(prefix(text)?)),
        };
        let intent = Intent::Change {
            account: id,
            label: label(&fields)?,
            country_prefix,
        };
        self.wish(intent, eye, head, ANSWER)?;
        policy.map_or(Ok(()), |policy| self.keep_policy(id, policy))?;
        routes.map_or(Ok(()), |routes| self.keep_routes(id, routes))?;
        self.show(200, id, eye)
    }

    pub(super) fn act(
        &self,
        id: AccountId,
        deed: &Deed,
        body: &[u8],
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        let (intent, deadline) = match deed {
            Deed::Start => (Intent::Connect(id), ANSWER),
            Deed::Stop => (Intent::Disconnect(id), ANSWER),
            Deed::Restart => (Intent::Restart(id), ANSWER),
            Deed::Logout => (Intent::Logout(id), ANSWER_LONG),
            Deed::Select => (Intent::Select(id), ANSWER),
            Deed::Delete => (Intent::Delete(id), ANSWER_LONG),
            Deed::Show
            | Deed::Change
            | Deed::Qr(_)
            | Deed::PairingCode
            | Deed::ListEvents(_)
            | Deed::Messages(_) => return Err(no_answer()),
        };
        if *deed != Deed::Delete {
            nothing(body)?;
        }
        self.wish(intent, eye, head, deadline)?;
        match deed {
            Deed::Delete => Ok(Reply::new(204, "application/json", Vec::new())),
            Deed::Start => {
                let snapshot = self.context.snapshots.borrow().clone();
                let done = account(&snapshot, id)?.status == Status::Working;
                self.show(if done { 200 } else { 202 }, id, eye)
            }
            Deed::Restart => self.show(202, id, eye),
            _ => self.show(200, id, eye),
        }
    }

    pub(super) fn pairing_code(
        &self,
        id: AccountId,
        body: &[u8],
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &["phone"])?;
        let intent = Intent::PairByCode {
            account: id,
            phone: phone(fields.wanted_text("phone")?)?,
        };
        match self.wish(intent, eye, head, ANSWER_PAIRING_CODE)? {
            Answer::Typed { code, expires_at } => {
                // It may have taken a while.
                let eye = self.eye(eye.caller);
                let body = PairingCodeBody {
                    code: with_dash(code.expose()),
                    expires_at: eye.wall(expires_at),
                    expires_in_ms: eye.until(expires_at),
                };
                Ok(Reply::json(200, &body))
            }
            Answer::Done | Answer::Added(_) | Answer::Denied(_) => Err(no_answer()),
        }
    }

    pub(super) fn acknowledge_restore(
        &self,
        eye: &Eye<'_>,
        head: &Head<'_>,
    ) -> Result<Reply, Problem> {
        self.wish(Intent::AcknowledgeRestore, eye, head, ANSWER)?;
        Ok(Reply::new(204, "application/json", Vec::new()))
    }

    /// The session as it is after a wish.
    fn show(&self, status: u16, id: AccountId, eye: &Eye<'_>) -> Result<Reply, Problem> {
        let snapshot = self.context.snapshots.borrow().clone();
        let eye = self.eye(eye.caller);
        let body = session(account(&snapshot, id)?, self.waiting(id), &eye);
        Ok(Reply::json(status, &body))
    }

    /// Asks the machine and waits for its answer; a denial is a problem.
    fn wish(
        &self,
        intent: Intent,
        eye: &Eye<'_>,
        head: &Head<'_>,
        deadline: Duration,
    ) -> Result<Answer, Problem> {
        let from_browser =
            head.header("Sec-Fetch-Site")?.is_some() || head.header("Origin")?.is_some();
        let source = match (eye.caller, from_browser) {
            (Caller::Console, _) => Source::Console,
            (_, true) => Source::Page,
            (_, false) => Source::Api,
        };
        let context = &self.context;
        let asked = context.tickets.ask(&context.inbox, intent, source);
        let asked = asked.map_err(|error| match error {
            InboxError::Full => {
                Problem::new(503, "busy", format!("Not done: {error}.")).retry_after_s(1)
            }
            InboxError::Closed => ending(),
        })?;
        match ticket::wait(asked, context.clock, deadline) {
            None => Err(no_answer()),
            Some(Err(_forgotten)) => Err(ending()),
            Some(Ok(Answer::Denied(denial))) => Err(denied(denial)),
            Some(Ok(answer)) => Ok(answer),
        }
    }
}

fn denied(denial: Denial) -> Problem {
    match denial {
        Denial::Ending => ending(),
        Denial::UnknownAccount => unknown_session(),
        Denial::LabelTaken => Problem::new(409, "label_taken", "Another session has that label."),
        Denial::TooManyAccounts => Problem::new(
            507,
            "session_cap",
            format!(
                "This box holds {} sessions. Delete one first.",
                crate::limits::ACCOUNTS_MAX
            ),
        ),
        Denial::AlreadyLinked => Problem::new(
            409,
            "already_linked",
            "The session is linked: there is nothing to pair.",
        ),
        Denial::NoTypedCode {
            throttled: true, ..
        } => Problem::new(
            429,
            "too_many_codes",
            "WhatsApp gives no more codes for this number now. Scan the QR, or wait.",
        )
        .retry_after_s(CODES_AGAIN_S),
        Denial::NoTypedCode { why, .. } => Problem::new(
            409,
            "no_pairing_code",
            format!("WhatsApp gave no code: {why}."),
        ),
        Denial::StoreFailed { why } => {
            Problem::new(503, "store", format!("The store did not keep it: {why}."))
        }
        // These belong to codes on the panel, which are asked for elsewhere.
        Denial::NoPanel
        | Denial::NoAccessCode
        | Denial::WrongAccessCode { .. }
        | Denial::AccessLocked { .. } => no_answer(),
    }
}

fn ending() -> Problem {
    Problem::new(503, "ending", "Not done: the service is ending.").retry_after_s(5)
}

fn no_answer() -> Problem {
    Problem::new(
        503,
        "busy",
        "The machine has not answered in time. It may still do what was asked: look before you try \
         again.",
    )
    .retry_after_s(2)
}

fn label(fields: &Fields) -> Result<Option<Label>, Problem> {
    let text = fields.text("label")?;
    text.map(|text| text.parse().map_err(|error| said(422, "bad_label", &error)))
        .transpose()
}

fn phone(text: &str) -> Result<E164, Problem> {
    text.parse().map_err(|error| said(422, "bad_phone", &error))
}

fn prefix(text: &str) -> Result<CountryPrefix, Problem> {
    text.parse()
        .map_err(|error| said(422, "bad_country_prefix", &error))
}

/// The words of an error of ours, as a sentence.
fn said(status: u16, code: &'static str, error: &dyn std::error::Error) -> Problem {
    let words = error.to_string();
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
    Problem::new(status, code, sentence)
}
