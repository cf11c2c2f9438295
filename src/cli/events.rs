//! `pairbox events`: what happened, and what happens. The stream's form (server-sent events) and the
//! lines for people are pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::failure::Failure;
use super::ink::{Ink, Tone, printable};
use super::session::Session;
use super::terminal::Terminal;
use crate::time::UnixMillis;
use crate::web::rfc3339;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Only of this session.
    pub only: Option<&'a Session>,
    /// Only of these kinds; of all when empty.
    pub types: &'a [String],
    /// At most so many of the past.
    pub limit: u32,
    /// For a script.
    pub json: bool,
}

/// A happening as the API tells it.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    id: String,
    /// Milliseconds since 1970; none while the clock is not set.
    timestamp: Option<u64>,
    event: String,
    session: Option<String>,
    payload: Value,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Value>,
}

/// What happened to the accounts, oldest first.
///
/// # Errors
/// Those of asking.
pub fn past(
    client: &Client,
    sessions: &[Session],
    wish: Wish<'_>,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    let of: Vec<&Session> = match wish.only {
        Some(only) => vec![only],
        None => sessions.iter().collect(),
    };
    for session in of {
        let path = format!(
            "/api/v1/sessions/{}/events?limit={}",
            session.id, wish.limit
        );
        all.extend(client.get(&path)?.read::<List>()?.data);
    }
    // Their ids grow with time, also while the clock is not set.
    let id = |event: &Value| event["id"].as_str().unwrap_or_default().to_owned();
    all.sort_by_key(id);
    all.retain(|event| wanted(event, wish.types));
    let most = usize::try_from(wish.limit).unwrap_or(usize::MAX);
    let labels = labels(sessions);
    for event in all.iter().skip(all.len().saturating_sub(most)) {
        tell(&event.to_string(), &labels, wish.json, terminal)?;
    }
    Ok(())
}

/// What happens, until the service ends or nobody reads it any more.
///
/// # Errors
/// Those of asking; the stream has no good end.
pub fn follow(
    client: &Client,
    sessions: &[Session],
    wish: Wish<'_>,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(wish.only.map(|only| format!("session={}", only.id)));
    if !wish.types.is_empty() {
        query.push(format!("types={}", wish.types.join(",")));
    }
    let query = match query.join("&") {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    };
    let mut lines = client.follow(&format!("/api/v1/events{query}"))?;
    let mut labels = labels(sessions);
    let mut stream = Sse::default();
    loop {
        if let Some(data) = stream.line(&lines.line()?) {
            learn(&mut labels, &data);
            tell(&data, &labels, wish.json, terminal)?;
        }
    }
}

type Labels = BTreeMap<String, String>;

fn labels(sessions: &[Session]) -> Labels {
    let label = |session: &Session| (session.id.clone(), session.label.clone());
    sessions.iter().map(label).collect()
}

/// Accounts get other names, and more come.
fn learn(labels: &mut Labels, data: &str) {
    let Ok(event) = serde_json::from_str::<Envelope>(data) else {
        return;
    };
    if let (Some(session), Some(label)) = (event.session, event.payload["label"].as_str()) {
        labels.insert(session, label.to_owned());
    }
}

fn wanted(event: &Value, types: &[String]) -> bool {
    let kind = event["event"].as_str();
    types.is_empty() || types.iter().any(|wanted| Some(wanted.as_str()) == kind)
}

fn tell(data: &str, labels: &Labels, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    if json {
        return terminal.line(data);
    }
    let event: Envelope =
        serde_json::from_str(data).map_err(|error| Failure::Broken(error.to_string()))?;
    terminal.line(&line(&event, labels, terminal.ink()))
}

/// One line for people: when, which account, what. A code is never in it.
fn line(event: &Envelope, labels: &Labels, ink: Ink) -> String {
    let when = match event.timestamp {
        Some(millis) => rfc3339::format(UnixMillis(millis)),
        None => "(clock not set)         ".to_owned(),
    };
    let id = event.session.clone().unwrap_or_default();
    let who = labels.get(&id).unwrap_or(&id);
    let widest = labels.values().map(|label| label.chars().count()).max();
    let who = format!("{:widest$}", printable(who), widest = widest.unwrap_or(0));
    let what = what(event);
    let tone = match event.payload["status"].as_str() {
        Some("working") => Tone::Good,
        Some("failed" | "logged_out") => Tone::Bad,
        _ => Tone::Plain,
    };
    let when = ink.paint(Tone::Faint, &when);
    format!("{when}  {who}  {}", ink.paint(tone, &what))
}

fn what(event: &Envelope) -> String {
    let text = |name: &str| event.payload[name].as_str().map(printable);
    match event.event.as_str() {
        "session.status" => {
            if event.payload["deleted"] == true {
                return "deleted".to_owned();
            }
            let status = text("status_text").or_else(|| text("status"));
            let because = [text("reason"), text("detail")];
            let because: Vec<String> = because.into_iter().flatten().collect();
            let status = status.unwrap_or_default();
            if because.is_empty() {
                status
            } else {
                format!("{status} ({})", because.join(": "))
            }
        }
        "session.qr" => "a new QR".to_owned(),
        "device.button" => {
            let button = text("button").unwrap_or_default();
            match event.payload["held_ms"].as_u64() {
                Some(held) => format!("button {button} up after {held} ms"),
                None => format!("button {button} down"),
            }
        }
        other => printable(other),
    }
}

/// The lines of a stream of server-sent events (WHATWG HTML, 9.2.6), of which only the data is wanted.
#[derive(Default)]
struct Sse {
    data: Option<String>,
}

impl Sse {
    /// Takes a line; the data of an event when this line ends one.
    fn line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            return self.data.take();
        }
        if let Some(data) = line.strip_prefix("data:") {
            let data = data.strip_prefix(' ').unwrap_or(data);
            match &mut self.data {
                Some(before) => {
                    before.push('\n');
                    before.push_str(data);
                }
                None => self.data = Some(data.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_in_its_own_words() {
        let text = ": hello\n\nid: evt_1\nevent: session.status\ndata: {\"a\":1}\n\n: beat\n\n\
                    data:x\ndata: y\n\nretry: 5\n\n";
        let mut stream = Sse::default();
        let data: Vec<String> = text.lines().filter_map(|line| stream.line(line)).collect();
        assert_eq!(data, ["{\"a\":1}", "x\ny"]);
    }

    fn told(json: &str) -> String {
        let labels = BTreeMap::from([("ses_A".to_owned(), "shop".to_owned())]);
        line(&serde_json::from_str(json).unwrap(), &labels, Ink::Plain)
    }

    #[test]
    fn lines_for_people() {
        assert_eq!(
            told(
                r#"{"id":"evt_1","timestamp":1772348709250,"event":"session.status","session":"ses_A",
                "me":{"id":"15550001111@s.whatsapp.net"},
                "payload":{"status":"failed","status_text":"Account locked","reason":"account_locked","detail":"403"}}"#
            ),
            "2026-03-01T07:05:09.250Z  shop  Account locked (account_locked: 403)"
        );
        assert_eq!(
            told(
                r#"{"event":"device.button","session":null,"payload":{"button":"connect","held_ms":120}}"#
            ),
            "(clock not set)                 button connect up after 120 ms"
        );
        let qr = told(
            r#"{"timestamp":0,"event":"session.qr","session":"ses_A","payload":{"code":"2@secret"}}"#,
        );
        assert!(qr.ends_with("shop  a new QR"), "{qr}");
        assert!(!told(r#"{"event":"new.kind","payload":{"code":"2@secret"}}"#).contains("secret"));
    }

    #[test]
    fn other_names_are_learnt() {
        let mut known = Labels::new();
        learn(
            &mut known,
            r#"{"session":"ses_B","payload":{"label":"bakery"}}"#,
        );
        assert_eq!(known["ses_B"], "bakery");
        learn(&mut known, "no json");
    }
}
