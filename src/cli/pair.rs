//! `pairbox pair`: looks at the account until it is linked or cannot be, and shows what there is to be
//! paired with meanwhile. What is shown when is `step`'s, where it is shown `outlet`'s.

mod outlet;
pub mod step;

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use self::outlet::Outlet;
use self::step::{Step, Way};
use super::client::{Answer, Client};
use super::failure::Failure;
use super::session::Session;
use super::show;
use super::terminal::Terminal;
use crate::clock::Clock;
use crate::limits;
use crate::trial::Interrupt;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The session's id.
    pub id: String,
    /// By a code to type, instead of a QR.
    pub by: By,
    /// When to give up.
    pub timeout: Option<Duration>,
    /// For a script.
    pub json: bool,
}

/// How the account is to be paired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// By a QR.
    Scan,
    /// By a code to type on the phone with this number, which is to be asked for.
    Phone(String),
    /// By a code to type that was asked for when the account was added.
    PhoneAlready,
}

/// The QR as the API tells it.
#[derive(Debug, Deserialize)]
struct QrBody {
    code: String,
    seq: u32,
}

/// A QR that was fetched.
struct Fetched {
    answer: Answer,
    body: QrBody,
}

struct Watch<'a> {
    client: &'a Client,
    wish: &'a Wish,
    way: Way,
    interrupt: Interrupt,
    qr: Option<Fetched>,
}

/// Pairs.
///
/// # Errors
/// [`Failure::NotPaired`], [`Failure::TimedOut`], [`Failure::Interrupted`], and those of asking.
pub fn run(client: &Client, wish: &Wish, terminal: &mut Terminal) -> Result<(), Failure> {
    let answer = look(client, &wish.id)?;
    let session: Session = answer.read()?;
    if session.linked && session.status != "logged_out" {
        if wish.json {
            return terminal.line(&answer.text);
        }
        terminal.print(&show::after(&session, terminal.ink()))?;
        return terminal.line("It is linked already.");
    }
    let interrupt = Interrupt::listen()?;
    let code = begin(client, wish, &session)?;
    if let Some(code) = code.filter(|_| wish.json) {
        terminal.line(&code.text)?;
    }
    let way = match wish.by {
        By::Scan => Way::Scan,
        By::Phone(_) | By::PhoneAlready => Way::Type { seen: false },
    };
    let mut watch = Watch {
        client,
        wish,
        way,
        interrupt,
        qr: None,
    };
    // The screen of its own is left before anything else is said.
    let session = watch.follow(&mut Outlet::of(terminal, wish.json)?)?;
    if wish.json {
        return Ok(());
    }
    terminal.line(&step::words(&Step::Paired, &session).join("\n"))
}

fn look(client: &Client, id: &str) -> Result<Answer, Failure> {
    client.get(&format!("/api/v1/sessions/{id}"))
}

/// Has a code put up, unless one is. The answer if it is a code to type.
fn begin(client: &Client, wish: &Wish, session: &Session) -> Result<Option<Answer>, Failure> {
    let path = |verb| format!("/api/v1/sessions/{}/{verb}", wish.id);
    match &wish.by {
        By::Phone(phone) => {
            let body = json!({ "phone": phone });
            client.post(&path("pairing-code"), Some(&body)).map(Some)
        }
        By::PhoneAlready => Ok(None),
        By::Scan => {
            // Starting what shows a QR brings another one, and takes this one from whoever scans it.
            let up = session.pairing.as_ref().is_some_and(|p| p.seq.is_some());
            if !up {
                client.post(&path("start"), None)?;
            }
            Ok(None)
        }
    }
}

impl Watch<'_> {
    /// Looks and tells until the account is linked.
    fn follow(&mut self, outlet: &mut Outlet<'_>) -> Result<Session, Failure> {
        let clock = Clock::start();
        loop {
            let answer = look(self.client, &self.wish.id)?;
            let session: Session = answer.read()?;
            let step = step::step(&session, self.way);
            match &step {
                Step::Scan { seq, .. } => self.fetch(*seq)?,
                Step::Type { .. } => self.way = Way::Type { seen: true },
                _ => {}
            }
            let qr = self
                .qr
                .as_ref()
                .map(|qr| (&qr.answer, qr.body.code.as_str()));
            outlet.tell(&answer, &session, &step, qr)?;
            match step {
                Step::Paired => return Ok(session),
                Step::Ended(why) => return Err(Failure::NotPaired(why)),
                _ => {}
            }
            if self.wish.timeout.is_some_and(|most| clock.mono().0 >= most) {
                return Err(Failure::TimedOut(
                    "not paired in time; pairing goes on, `pairbox stop` ends it".into(),
                ));
            }
            if self.interrupt.within(limits::CONSOLE_WATCH) {
                return Err(Failure::Interrupted);
            }
        }
    }

    /// Gets the QR if the one at hand is another. It may have ended in between: the next look tells.
    fn fetch(&mut self, seq: u32) -> Result<(), Failure> {
        if self.qr.as_ref().is_some_and(|qr| qr.body.seq == seq) {
            return Ok(());
        }
        self.qr = None;
        let path = format!("/api/v1/sessions/{}/qr?format=json", self.wish.id);
        match self.client.get(&path) {
            Ok(answer) => {
                // Without a code while it starts (202).
                if let Ok(body) = answer.read() {
                    self.qr = Some(Fetched { answer, body });
                }
                Ok(())
            }
            Err(Failure::Refused {
                status: 409 | 410, ..
            }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
