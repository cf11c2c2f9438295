//! Where the steps of pairing are shown: on a screen of their own, line after line, or as JSON.

use super::super::client::Answer;
use super::super::failure::Failure;
use super::super::ink::Ink;
use super::super::picture::Picture;
use super::super::session::Session;
use super::super::terminal::{Screen, Terminal};
use super::step::{self, Step};

/// One of the three.
pub enum Outlet<'a> {
    /// A screen, for somebody who looks at it.
    Live {
        screen: Screen<'a>,
        ink: Ink,
        picture: Option<(String, Picture)>,
    },
    /// Whatever is new, once.
    Words {
        terminal: &'a mut Terminal,
        last: Option<Step>,
        qr: String,
    },
    /// The API's own words.
    Json {
        terminal: &'a mut Terminal,
        last: Option<Box<Session>>,
        qr: String,
    },
}

impl<'a> Outlet<'a> {
    /// The right one.
    pub fn of(terminal: &'a mut Terminal, json: bool) -> Result<Self, Failure> {
        let qr = String::new();
        Ok(if json {
            Self::Json {
                terminal,
                last: None,
                qr,
            }
        } else if terminal.is_looked_at() {
            let ink = terminal.ink();
            Self::Live {
                screen: terminal.screen()?,
                ink,
                picture: None,
            }
        } else {
            Self::Words {
                terminal,
                last: None,
                qr,
            }
        })
    }

    /// Tells how far it is. `code`: the QR, as answered and its text, once it was fetched.
    pub fn tell(
        &mut self,
        answer: &Answer,
        session: &Session,
        step: &Step,
        code: Option<(&Answer, &str)>,
    ) -> Result<(), Failure> {
        let code = code.filter(|_| matches!(step, Step::Scan { .. }));
        match self {
            Self::Live {
                screen,
                ink,
                picture,
            } => {
                let text = code.map(|(_, text)| text);
                if picture.as_ref().map(|(of, _)| of.as_str()) != text {
                    *picture = text.and_then(|text| Some((text.to_owned(), Picture::qr(text)?)));
                }
                let picture = picture.as_ref().map(|(_, picture)| picture);
                let size = screen.size();
                screen.show(&step::face(step, session, picture, *ink, size))
            }
            Self::Words { terminal, last, qr } => {
                if let Some((_, text)) = code.filter(|(_, text)| text != qr) {
                    text.clone_into(qr);
                    if let Some(picture) = Picture::qr(text) {
                        terminal.line(&picture.dark_on_light(Ink::Plain).join("\n"))?;
                    }
                }
                let said = last.as_ref().is_some_and(|last| same(last, step));
                // What ends it is said by whoever called, and a code's words belong below its picture.
                let ends = matches!(step, Step::Paired | Step::Ended(_));
                let early = matches!(step, Step::Scan { .. }) && code.is_none();
                if said || ends || early {
                    return Ok(());
                }
                *last = Some(step.clone());
                terminal.line(&step::words(step, session).join("\n"))
            }
            Self::Json { terminal, last, qr } => {
                let now = Box::new(lasting(session));
                if last.as_ref() != Some(&now) {
                    *last = Some(now);
                    terminal.line(&answer.text)?;
                }
                match code.filter(|(_, text)| text != qr) {
                    Some((answer, text)) => {
                        text.clone_into(qr);
                        terminal.line(&answer.text)
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

/// Whether two steps differ in nothing but the time left.
fn same(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Scan { seq: a, .. }, Step::Scan { seq: b, .. }) => a == b,
        (Step::Type { code: a, .. }, Step::Type { code: b, .. }) => a == b,
        _ => a == b,
    }
}

/// The session without what changes by itself as time goes by.
fn lasting(session: &Session) -> Session {
    let mut session = session.clone();
    session.since_ms = None;
    session.retry_in_ms = None;
    if let Some(pairing) = &mut session.pairing {
        pairing.expires_in_ms = None;
        pairing.code_expires_in_ms = None;
    }
    if let Some(error) = &mut session.last_error {
        error.ago_ms = None;
    }
    if let Some(reconnect) = &mut session.reconnect {
        reconnect.next_in_ms = None;
    }
    session
}
