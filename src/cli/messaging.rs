//! The commands about messages: each a question or two to the service.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::client::Answer;
use super::failure::Failure;
use super::message::{self, Messages, Receipt};
use super::{Console, confirmed, gateway, path};
use crate::args::{Hook, MessagesAsk, PolicyAsk, RequestsAsk, SendAsk, Verdict, WebhookAsk, Which};

impl Console {
    pub(super) fn send(&mut self, ask: &SendAsk) -> Result<(), Failure> {
        let session = self.find(Some(&ask.account))?;
        let target = path(&session, "messages");
        let answer = match (&ask.file, &ask.text) {
            (Some(file), _) => {
                let upload = message::upload(ask, file, boundary()?)?;
                self.client.upload(&target, upload, ask.key.as_deref())?
            }
            (None, text) => {
                let body = message::text_body(ask, text.as_deref().unwrap_or_default());
                match &ask.key {
                    Some(key) => self.client.post_once(&target, &body, key)?,
                    None => self.client.post(&target, Some(&body))?,
                }
            }
        };
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let receipt: Receipt = answer.read()?;
        self.terminal.line(&message::taken(&receipt))
    }

    pub(super) fn messages(&mut self, ask: &MessagesAsk) -> Result<(), Failure> {
        let session = self.find(ask.which.account.as_deref())?;
        // Writing to a String cannot fail.
        let mut target = format!("{}?limit={}", path(&session, "messages"), ask.limit);
        if let Some(way) = &ask.direction {
            let _ = write!(target, "&direction={way}");
        }
        if let Some(chat) = &ask.chat {
            let _ = write!(target, "&chat={}", escaped(chat));
        }
        let answer = self.client.get(&target)?;
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let messages: Messages = answer.read()?;
        let text = message::list(&messages, self.terminal.ink());
        self.list(&text, "There are no messages.")
    }

    pub(super) fn requests(&mut self, ask: &RequestsAsk) -> Result<(), Failure> {
        match ask {
            RequestsAsk::List(which) => {
                let session = self.find(which.account.as_deref())?;
                let answer = self.client.get(&path(&session, "pairing-requests"))?;
                if self.json {
                    return self.terminal.line(&answer.text);
                }
                let text = gateway::requests(&answer.read()?, self.terminal.ink())?;
                self.list(&text, "Nobody waits for approval.")
            }
            RequestsAsk::Approve(verdict) => self.decide(verdict, "approve", "is let in"),
            RequestsAsk::Deny(verdict) => self.decide(verdict, "deny", "is sent away"),
        }
    }

    fn decide(&mut self, verdict: &Verdict, verb: &str, said: &str) -> Result<(), Failure> {
        let session = self.find(verdict.which.account.as_deref())?;
        let code = verdict.code.to_uppercase();
        let code = escaped(&code);
        let target = path(&session, &format!("pairing-requests/{code}/{verb}"));
        let answer = self.client.post(&target, None)?;
        self.said(&answer, &format!("{code} {said}."))
    }

    pub(super) fn webhook(&mut self, ask: &WebhookAsk) -> Result<(), Failure> {
        match ask {
            WebhookAsk::List(_) => {
                let answer = self.client.get("/api/v1/webhooks")?;
                if self.json {
                    return self.terminal.line(&answer.text);
                }
                let text = gateway::webhooks(&answer.read()?, self.terminal.ink())?;
                self.list(
                    &text,
                    "There are no webhooks: `pairbox webhook add` makes one.",
                )
            }
            WebhookAsk::Add {
                url,
                name,
                events,
                accounts,
                ..
            } => self.add_webhook(url, name.as_deref(), events, accounts),
            WebhookAsk::Remove { id, confirm, .. } => {
                confirmed(*confirm, &format!("Forget {id}, and what waits for it?"))?;
                self.client.delete(&hook(id, ""))?;
                if self.json {
                    return Ok(());
                }
                self.terminal.line(&format!("{id} is forgotten."))
            }
            WebhookAsk::Test(Hook { id, .. }) => {
                let answer = self.client.post(&hook(id, "/test"), None)?;
                self.said(&answer, "A test event is on its way.")
            }
            WebhookAsk::Deliveries { hook: of, status } => {
                let status = status.as_ref().map(|status| format!("?status={status}"));
                let target = hook(&of.id, "/deliveries") + &status.unwrap_or_default();
                let answer = self.client.get(&target)?;
                if self.json {
                    return self.terminal.line(&answer.text);
                }
                let text = gateway::deliveries(&answer.read()?, self.terminal.ink())?;
                self.list(&text, "Nothing waits for it.")
            }
            WebhookAsk::Replay { hook: of, delivery } => {
                let target = match delivery {
                    Some(id) => hook(&of.id, &format!("/deliveries/{}/replay", escaped(id))),
                    None => hook(&of.id, "/replay"),
                };
                let answer = self.client.post(&target, None)?;
                self.said(&answer, "It is on its way.")
            }
        }
    }

    fn add_webhook(
        &mut self,
        url: &str,
        name: Option<&str>,
        events: &[String],
        accounts: &[String],
    ) -> Result<(), Failure> {
        let mut body = json!({ "url": url });
        if let Some(name) = name {
            body["name"] = json!(name);
        }
        if !events.is_empty() {
            body["events"] = json!(events);
        }
        if !accounts.is_empty() {
            let ids: Result<Vec<String>, Failure> = accounts
                .iter()
                .map(|asked| Ok(self.find(Some(asked))?.id))
                .collect();
            body["sessions"] = json!(ids?);
        }
        let answer = self.client.post("/api/v1/webhooks", Some(&body))?;
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let made: Value = answer.read()?;
        let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        self.terminal.line(&text("secret"))?;
        eprintln!(
            "This is the secret of {id}, shown this once: its requests are signed with it. \
             `pairbox webhook test {id}` tries it out.",
            id = text("id")
        );
        Ok(())
    }

    pub(super) fn policy(&mut self, ask: &PolicyAsk) -> Result<(), Failure> {
        let (asked, changes) = match ask {
            PolicyAsk::Show(which) => (which.account.as_deref(), &[][..]),
            PolicyAsk::Set {
                account, changes, ..
            } => (Some(account.as_str()), changes.as_slice()),
        };
        let session = self.find(asked)?;
        let target = path(&session, "policy");
        let mut answer = self.client.get(&target)?;
        if !changes.is_empty() {
            let policy = gateway::changed(&answer.read()?, changes)?;
            answer = self.client.put(&target, &policy)?;
        }
        self.settings(&answer)
    }

    pub(super) fn routes(&mut self, which: &Which) -> Result<(), Failure> {
        let session = self.find(which.account.as_deref())?;
        let answer = self.client.get(&path(&session, "routes"))?;
        self.settings(&answer)
    }

    fn settings(&mut self, answer: &Answer) -> Result<(), Failure> {
        if self.json {
            return self.terminal.line(&answer.text);
        }
        let text = gateway::settings(&answer.read()?, self.terminal.ink());
        self.terminal.print(&text)
    }

    /// A deed that was done.
    fn said(&mut self, answer: &Answer, words: &str) -> Result<(), Failure> {
        let json = self.json && !answer.text.is_empty();
        self.terminal.line(if json { &answer.text } else { words })
    }

    fn list(&mut self, text: &str, nothing: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return self.terminal.line(nothing);
        }
        self.terminal.print(text)
    }
}

/// The path of a webhook, or of something about it.
fn hook(id: &str, rest: &str) -> String {
    format!("/api/v1/webhooks/{}{rest}", escaped(id))
}

/// What somebody typed, as a piece of a path or query (RFC 3986).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// What is in no file, as likely as not.
fn boundary() -> Result<String, Failure> {
    let mut chance = [0; 16];
    getrandom::fill(&mut chance).map_err(|error| Failure::Broken(error.to_string()))?;
    Ok(format!("pairbox-{:032x}", u128::from_be_bytes(chance)))
}
