//! `pairbox token`: what is sent, and how the list looks.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::failure::Failure;
use super::ink::{Ink, Row, Tone, cell, plain, table};
use super::session::Session;
use super::terminal::Terminal;
use crate::token::Scope;

/// A token as the API lists it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Token {
    id: String,
    name: String,
    scopes: Vec<String>,
    sessions: Option<Vec<String>>,
    kind: String,
    created_at: Option<String>,
    expires_at: Option<String>,
    until_restart: bool,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Token>,
}

#[derive(Deserialize)]
struct Created {
    token: Token,
    secret: String,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What it is for.
    pub name: &'a str,
    /// What it allows.
    pub scopes: &'a [Scope],
    /// With which sessions; with all when empty.
    pub sessions: &'a [String],
    /// Seconds it is good for.
    pub expires_in_s: Option<u64>,
}

/// Makes one. The token alone goes to standard output, the rest to standard error.
///
/// # Errors
/// Those of asking.
pub fn create(
    client: &Client,
    wish: Wish<'_>,
    json: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let answer = client.post("/api/v1/tokens", Some(&body(wish)))?;
    if json {
        return terminal.line(&answer.text);
    }
    let created: Created = answer.read()?;
    terminal.line(&created.secret)?;
    let id = &created.token.id;
    eprintln!(
        "This is {id}, shown this once: keep it. Send it as `Authorization: Bearer …`; \
         `pairbox token revoke {id}` takes it back."
    );
    Ok(())
}

/// Lists them.
///
/// # Errors
/// Those of asking.
pub fn list(
    client: &Client,
    sessions: &[Session],
    json: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let answer = client.get("/api/v1/tokens")?;
    if json {
        return terminal.line(&answer.text);
    }
    let list: List = answer.read()?;
    if list.data.is_empty() {
        return terminal.line("There are no tokens: `pairbox token create` makes one.");
    }
    let text = rows(&list.data, sessions, terminal.ink());
    terminal.print(&text)
}

/// Takes one back.
///
/// # Errors
/// Those of asking.
pub fn revoke(
    client: &Client,
    id: &str,
    json: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    client.delete(&format!("/api/v1/tokens/{id}"))?;
    if json {
        return Ok(());
    }
    terminal.line(&format!("{id} is taken back."))
}

fn body(wish: Wish<'_>) -> Value {
    let scopes: Vec<&str> = wish.scopes.iter().map(|scope| scope.word()).collect();
    let mut body = json!({ "name": wish.name, "scopes": scopes });
    if !wish.sessions.is_empty() {
        body["sessions"] = json!(wish.sessions);
    }
    if let Some(seconds) = wish.expires_in_s {
        body["expires_in_s"] = json!(seconds);
    }
    body
}

fn rows(tokens: &[Token], sessions: &[Session], ink: Ink) -> String {
    let label = |id: &String| {
        let known = sessions.iter().find(|session| session.id == *id);
        known.map_or_else(|| id.clone(), |session| session.label.clone())
    };
    let row = |token: &Token| {
        let limited = token.sessions.as_ref().map(|ids| {
            let labels: Vec<String> = ids.iter().map(label).collect();
            format!("only {}", labels.join(", "))
        });
        let end = match &token.expires_at {
            _ if token.until_restart => "until the box restarts".to_owned(),
            Some(end) => format!("until {end}"),
            None => String::new(),
        };
        let browser = if token.kind == "browser" {
            "browser"
        } else {
            ""
        };
        Row {
            cells: vec![
                plain(&token.id),
                cell(Tone::Strong, &token.name),
                plain(token.scopes.join(",")),
                plain(limited.unwrap_or_default()),
                plain(browser),
                cell(Tone::Faint, token.created_at.clone().unwrap_or_default()),
                cell(Tone::Faint, end),
            ],
            below: Vec::new(),
        }
    };
    let rows: Vec<Row> = tokens.iter().map(row).collect();
    table(ink, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_sent() {
        let wish = Wish {
            name: "desk",
            scopes: &[Scope::Read, Scope::Send],
            sessions: &[],
            expires_in_s: None,
        };
        assert_eq!(
            body(wish),
            json!({"name": "desk", "scopes": ["read", "send"]})
        );
        let limited = Wish {
            sessions: &["ses_A".to_owned()],
            expires_in_s: Some(60),
            ..wish
        };
        assert_eq!(
            body(limited),
            json!({"name": "desk", "scopes": ["read", "send"], "sessions": ["ses_A"], "expires_in_s": 60})
        );
    }

    #[test]
    fn what_tokens_allow() {
        let list: List = serde_json::from_str(
            r#"{"data":[{"id":"tok_1","name":"desk","scopes":["read","send"],"sessions":["ses_A"],"kind":"token",
            "created_at":"2026-03-01T07:05:09.250Z","expires_at":null,"until_restart":false,"own":false},
            {"id":"tok_2","name":"Firefox","scopes":["admin"],"sessions":null,"kind":"browser",
            "created_at":null,"expires_at":null,"until_restart":true,"own":false}]}"#,
        )
        .unwrap();
        let shop = Session {
            id: "ses_A".into(),
            label: "shop".into(),
            ..Session::default()
        };
        assert_eq!(
            rows(&list.data, &[shop], Ink::Plain),
            "tok_1  desk     read,send  only shop           2026-03-01T07:05:09.250Z\n\
             tok_2  Firefox  admin                 browser                            until the box restarts\n"
        );
    }
}
