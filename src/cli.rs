//! The command line's side of the control socket: each command is a question or two to the service that
//! runs, and what is printed of the answer.
//!
//! It knows the API only as any other program does, by its JSON; nothing of the machine comes here.

pub mod account;
pub mod client;
pub mod events;
pub mod failure;
pub mod gateway;
pub mod ink;
pub mod message;
mod messaging;
pub mod pages;
pub mod pair;
pub mod picture;
pub mod session;
pub mod show;
pub mod socket;
pub mod terminal;
pub mod token;
mod transport;

use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use serde_json::{Value, json};

use self::client::Client;
pub use self::failure::Failure;
use self::pair::By;
use self::session::{Overview, Session};
use self::terminal::Terminal;
use crate::args::{Ask, Confirm, TokenAsk, Which};

/// What every command needs.
struct Console {
    client: Client,
    terminal: Terminal,
    json: bool,
}

/// Does what was asked for.
///
/// # Errors
/// [`Failure`], each with the exit code it stands for.
pub fn run(ask: &Ask) -> Result<(), Failure> {
    let options = ask.console();
    let mut console = Console {
        client: Client::new(socket::path(options)?),
        terminal: Terminal::standard(),
        json: options.json,
    };
    console.run(ask)
}

impl Console {
    fn run(&mut self, ask: &Ask) -> Result<(), Failure> {
        match ask {
            Ask::Status(which) => self.status(which),
            Ask::Accounts(_) => self.accounts(),
            Ask::Add {
                label,
                phone,
                no_start,
                ..
            } => self.add(label.as_deref(), phone.as_deref(), !no_start),
            Ask::Start(which) => self.act(which.account.as_deref(), "start"),
            Ask::Stop(which) => self.act(which.account.as_deref(), "stop"),
            Ask::Restart(which) => self.act(which.account.as_deref(), "restart"),
            Ask::Select { account, .. } => self.act(Some(account), "select"),
            Ask::Pair {
                which,
                phone,
                timeout,
            } => self.pair(which, phone.as_deref(), timeout.map(Duration::from_secs)),
            Ask::Logout { which, confirm } => self.logout(which, *confirm),
            Ask::Rename { account, label, .. } => self.rename(account, label),
            Ask::Delete {
                account, confirm, ..
            } => self.delete(account, *confirm),
            Ask::Token(ask) => self.token(ask),
            Ask::Send(ask) => self.send(ask),
            Ask::Messages(ask) => self.messages(ask),
            Ask::Requests(ask) => self.requests(ask),
            Ask::Webhook(ask) => self.webhook(ask),
            Ask::Policy(ask) => self.policy(ask),
            Ask::Routes(which) => self.routes(which),
            Ask::Events {
                which,
                follow,
                types,
                limit,
            } => self.events(which, *follow, types, *limit),
        }
    }

    fn overview(&self) -> Result<Overview, Failure> {
        self.client.get("/api/v1/status")?.read()
    }

    /// The session that is meant.
    fn find(&self, asked: Option<&str>) -> Result<Session, Failure> {
        let mut sessions = self.overview()?.sessions;
        let at = account::find(&sessions, asked)?;
        Ok(sessions.swap_remove(at))
    }

    fn status(&mut self, which: &Which) -> Result<(), Failure> {
        if let Some(asked) = &which.account {
            let session = self.find(Some(asked))?;
            let answer = self.client.get(&path(&session, ""))?;
            if self.json {
                return self.terminal.line(&answer.text);
            }
            let text = show::account(&answer.read()?, self.terminal.ink());
            return self.terminal.print(&text);
        }
        let answer = self.client.get("/api/v1/status")?;
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let text = show::status(&answer.read()?, self.terminal.ink());
        self.terminal.print(&text)
    }

    fn accounts(&mut self) -> Result<(), Failure> {
        if self.json {
            let answer = self.client.get("/api/v1/sessions")?;
            return self.terminal.line(&answer.text);
        }
        let text = show::accounts(&self.overview()?, self.terminal.ink());
        self.terminal.print(&text)
    }

    fn add(
        &mut self,
        label: Option<&str>,
        phone: Option<&str>,
        start: bool,
    ) -> Result<(), Failure> {
        let mut body = json!({ "start": start });
        body["label"] = label.map_or(Value::Null, Value::from);
        body["phone"] = phone.map_or(Value::Null, Value::from);
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let answer = self.client.post("/api/v1/sessions", Some(&body))?;
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let session: Session = answer.read()?;
        if phone.is_some() {
            return self.watch(&session, By::PhoneAlready, None);
        }
        let text = show::after(&session, self.terminal.ink());
        self.terminal.print(&text)?;
        if start {
            eprintln!("`pairbox pair \"{}\"` shows the code here.", session.label);
        }
        Ok(())
    }

    /// A verb, and how the account is after it.
    fn act(&mut self, asked: Option<&str>, verb: &str) -> Result<(), Failure> {
        let session = self.find(asked)?;
        let answer = self.client.post(&path(&session, verb), None)?;
        self.after(&answer)
    }

    fn after(&mut self, answer: &client::Answer) -> Result<(), Failure> {
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let text = show::after(&answer.read()?, self.terminal.ink());
        self.terminal.print(&text)
    }

    fn pair(
        &mut self,
        which: &Which,
        phone: Option<&str>,
        timeout: Option<Duration>,
    ) -> Result<(), Failure> {
        let session = self.find(which.account.as_deref())?;
        let by = phone.map_or(By::Scan, |phone| By::Phone(phone.to_owned()));
        self.watch(&session, by, timeout)
    }

    fn watch(&mut self, of: &Session, by: By, timeout: Option<Duration>) -> Result<(), Failure> {
        let wish = pair::Wish {
            id: of.id.clone(),
            by,
            timeout,
            json: self.json,
        };
        pair::run(&self.client, &wish, &mut self.terminal)
    }

    fn logout(&mut self, which: &Which, confirm: Confirm) -> Result<(), Failure> {
        let session = self.find(which.account.as_deref())?;
        confirmed(
            confirm,
            &format!(
                "Unlink {}? Its phone has to scan a code again.",
                named(&session)
            ),
        )?;
        let answer = self.client.post(&path(&session, "logout"), None)?;
        self.after(&answer)
    }

    fn rename(&mut self, asked: &str, label: &str) -> Result<(), Failure> {
        let session = self.find(Some(asked))?;
        let body = json!({ "label": label });
        let answer = self.client.patch(&path(&session, ""), &body)?;
        self.after(&answer)
    }

    fn delete(&mut self, asked: &str, confirm: Confirm) -> Result<(), Failure> {
        let session = self.find(Some(asked))?;
        confirmed(
            confirm,
            &format!(
                "Unlink {} and forget all about it, its messages too?",
                named(&session)
            ),
        )?;
        self.client.delete(&path(&session, ""))?;
        if self.json {
            return Ok(());
        }
        self.terminal
            .line(&format!("{} is deleted.", ink::printable(&session.label)))
    }

    fn token(&mut self, ask: &TokenAsk) -> Result<(), Failure> {
        match ask {
            TokenAsk::Create {
                name,
                scopes,
                accounts,
                expires_in,
                ..
            } => {
                let ids: Result<Vec<String>, Failure> = accounts
                    .iter()
                    .map(|asked| Ok(self.find(Some(asked))?.id))
                    .collect();
                let wish = token::Wish {
                    name,
                    scopes,
                    sessions: &ids?,
                    expires_in_s: *expires_in,
                };
                token::create(&self.client, wish, self.json, &mut self.terminal)
            }
            TokenAsk::List(_) => {
                let sessions = self.overview()?.sessions;
                token::list(&self.client, &sessions, self.json, &mut self.terminal)
            }
            TokenAsk::Revoke { id, .. } => {
                token::revoke(&self.client, id, self.json, &mut self.terminal)
            }
        }
    }

    fn events(
        &mut self,
        which: &Which,
        follow: bool,
        types: &[String],
        limit: u32,
    ) -> Result<(), Failure> {
        let sessions = self.overview()?.sessions;
        let only = match &which.account {
            Some(asked) => Some(account::find(&sessions, Some(asked))?),
            None => None,
        };
        let wish = events::Wish {
            only: only.map(|at| &sessions[at]),
            types,
            limit,
            json: self.json,
        };
        let tell = if follow { events::follow } else { events::past };
        tell(&self.client, &sessions, wish, &mut self.terminal)
    }
}

/// The path of a session, or of something to do to it.
fn path(session: &Session, verb: &str) -> String {
    match verb {
        "" => format!("/api/v1/sessions/{}", session.id),
        verb => format!("/api/v1/sessions/{}/{verb}", session.id),
    }
}

fn named(session: &Session) -> String {
    let number = session.last4().map(|last4| format!(" (…{last4})"));
    format!(
        "{}{}",
        ink::printable(&session.label),
        number.unwrap_or_default()
    )
}

/// Asks on the terminal whether it is meant.
fn confirmed(confirm: Confirm, question: &str) -> Result<(), Failure> {
    if confirm.yes {
        return Ok(());
    }
    let input = io::stdin();
    if !(input.is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::Unconfirmed);
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}
