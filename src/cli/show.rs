//! What accounts look like on a terminal: from sessions to text. Pure.

use super::ink::{Cell, Ink, Row, Tone, cell, left, plain, printable, span, table};
use super::session::{Overview, Session};

/// `pairbox status`: one line for each account, what to do about it below, and what is wrong with the
/// box itself at the end.
#[must_use]
pub fn status(overview: &Overview, ink: Ink) -> String {
    let rows: Vec<Row> = overview.sessions.iter().map(line).collect();
    let mut text = table(ink, &rows);
    for trouble in box_troubles(overview) {
        text.push_str(&ink.paint(Tone::Bad, &printable(&trouble)));
        text.push('\n');
    }
    text
}

/// `pairbox accounts`: with the numbers that stand for them, the selected one marked.
#[must_use]
pub fn accounts(overview: &Overview, ink: Ink) -> String {
    let row = |(at, session): (usize, &Session)| {
        let selected = session.id == overview.selected;
        Row {
            cells: vec![
                plain(if selected { "*" } else { " " }),
                plain((at + 1).to_string()),
                plain(&session.label),
                state(session),
                plain(number(session)),
                cell(Tone::Faint, &session.id),
            ],
            below: Vec::new(),
        }
    };
    let rows: Vec<Row> = overview.sessions.iter().enumerate().map(row).collect();
    table(ink, &rows)
}

/// One account after something was done to it.
#[must_use]
pub fn after(session: &Session, ink: Ink) -> String {
    table(ink, &[line(session)])
}

/// `pairbox status ACCOUNT`: everything about one.
#[must_use]
pub fn account(session: &Session, ink: Ink) -> String {
    let mut rows = Vec::new();
    let mut say = |what: &str, words: Cell| {
        rows.push(Row {
            cells: vec![cell(Tone::Faint, what), words],
            below: Vec::new(),
        });
    };
    say("account", cell(Tone::Strong, &session.label));
    say("status", state(session));
    let facts = [
        ("", troubles(session)),
        ("advice", session.advice.clone()),
        (
            "since",
            session.since_ms.map(|ms| format!("{} ago", span(ms))),
        ),
        (
            "number",
            Some(number(session)).filter(|number| !number.is_empty()),
        ),
        ("name", session.push_name.clone()),
        (
            "linked",
            Some(if session.linked { "yes" } else { "no" }.into()),
        ),
        (
            "should be",
            Some(if session.enabled { "online" } else { "offline" }.into()),
        ),
        ("connected", session.last_connected_at.clone()),
        ("message", session.last_message_at.clone()),
        ("last error", last_error(session)),
        (
            "prefix",
            session
                .country_prefix
                .as_ref()
                .map(|digits| format!("+{digits}")),
        ),
        ("session", Some(session.id.clone())),
    ];
    for (what, words) in facts {
        if let Some(words) = words {
            say(what, plain(words));
        }
    }
    table(ink, &rows)
}

fn line(session: &Session) -> Row {
    let since = session.since_ms.map(span).unwrap_or_default();
    Row {
        cells: vec![
            plain(&session.label),
            state(session),
            plain(number(session)),
            cell(Tone::Faint, since),
            plain(troubles(session).unwrap_or_default()),
        ],
        below: session.advice.clone().into_iter().collect(),
    }
}

/// The status in the panel's words.
fn state(session: &Session) -> Cell {
    let tone = match session.status.as_str() {
        "working" => Tone::Good,
        "stopped" => Tone::Faint,
        "failed" | "logged_out" => Tone::Bad,
        _ => Tone::Busy,
    };
    let words = Some(&session.status_text).filter(|words| !words.is_empty());
    cell(tone, words.unwrap_or(&session.status))
}

fn number(session: &Session) -> String {
    let last4 = session.last4().map(|last4| format!("…{last4}"));
    last4.unwrap_or_default()
}

/// What keeps it from working, or will, in a few words.
fn troubles(session: &Session) -> Option<String> {
    let mut words = Vec::new();
    if let Some(pairing) = &session.pairing {
        let time = pairing.code_expires_in_ms.or(pairing.expires_in_ms);
        words.extend(time.map(|ms| format!("{} left", left(ms))));
    }
    if let Some(reconnect) = &session.reconnect {
        let next = reconnect
            .next_in_ms
            .map(|ms| format!("again in {}", left(ms)));
        words.push(format!("attempt {}", reconnect.attempt));
        words.extend(next);
    }
    let again = session
        .retry_in_ms
        .map(|ms| format!("tried again in {}", left(ms)));
    words.extend(again);
    words.extend(session.detail.clone());
    if let Some(silent) = &session.phone_silent {
        let hurry = if silent.urgent {
            ", open WhatsApp on it now"
        } else {
            ""
        };
        words.push(format!("phone silent for {} days{hurry}", silent.days));
    }
    Some(words.join(", ")).filter(|words| !words.is_empty())
}

fn last_error(session: &Session) -> Option<String> {
    let error = session.last_error.as_ref()?;
    let mut words = error.code.clone();
    if let Some(message) = &error.message {
        words = format!("{words}: {message}");
    }
    if let Some(ago) = error.ago_ms {
        words = format!("{words} ({} ago)", span(ago));
    }
    Some(words)
}

fn box_troubles(overview: &Overview) -> Vec<String> {
    let why = |what: &str, why: &Option<String>| match why {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    };
    let mut told = Vec::new();
    if overview.panel.status == "lost" {
        told.push(why("The panel does not answer", &overview.panel.why));
    }
    let store = overview.store.status.as_str();
    if !matches!(store, "" | "well" | "ok") {
        told.push(why(
            &format!("The storage is not well ({store})"),
            &overview.store.why,
        ));
    }
    if let Some(written) = overview.store.written.as_ref().filter(|it| it.heavy) {
        let mb = written.day_bytes.unwrap_or_default() / 1_000_000;
        told.push(format!(
            "The storage is written {mb} MB a day: more than a memory card should take"
        ));
    }
    if overview.shutting_down {
        told.push("The service is ending.".into());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = r#"{"version":"0.1.0","selected":"ses_B","panel":{"status":"lost","why":"no answer"},
        "store":{"status":"full","why":null},"sessions":[
        {"id":"ses_A","label":"shop","status":"working","status_text":"Connected","enabled":true,"linked":true,
         "phone":"15550001111","since_ms":184000,"phone_silent":{"days":12,"urgent":true}},
        {"id":"ses_B","label":"Łódź","status":"failed","status_text":"Account locked","reason":"account_locked",
         "since_ms":7200000,"retry_in_ms":60500,"advice":"Open WhatsApp on the phone."},
        {"id":"ses_C","label":"x","status":"reconnecting","status_text":"Reconnecting",
         "reconnect":{"attempt":3,"next_in_ms":12000},"detail":"no route","since_ms":5000,
         "last_error":{"code":"connection_lost","message":"reset","ago_ms":5000}},
        {"id":"ses_D","label":"new","status":"scan_qr_code","status_text":"Scan to pair",
         "pairing":{"method":"qr","seq":1,"expires_in_ms":44001}}]}"#;

    fn overview() -> Overview {
        serde_json::from_str(BOX).unwrap()
    }

    #[test]
    fn a_line_each_and_what_to_do() {
        let expected = "\
shop  Connected       …1111  3 min  phone silent for 12 days, open WhatsApp on it now
Łódź  Account locked         2 h    tried again in 61 s
      Open WhatsApp on the phone.
x     Reconnecting           5 s    attempt 3, again in 12 s, no route
new   Scan to pair                  45 s left
The panel does not answer: no answer
The storage is not well (full)
";
        assert_eq!(status(&overview(), Ink::Plain), expected);
    }

    #[test]
    fn accounts_have_numbers_and_one_is_marked() {
        let expected = concat!(
            "   1  shop  Connected       …1111  ses_A\n",
            "*  2  Łódź  Account locked         ses_B\n",
            "   3  x     Reconnecting           ses_C\n",
            "   4  new   Scan to pair           ses_D\n",
        );
        assert_eq!(accounts(&overview(), Ink::Plain), expected);
    }

    #[test]
    fn one_in_full_but_for_its_number() {
        let text = account(&overview().sessions[0], Ink::Plain);
        assert!(text.contains("number     …1111\n"), "{text}");
        assert!(text.contains("should be  online\n"), "{text}");
        let text = account(&overview().sessions[2], Ink::Plain);
        assert!(
            text.contains("last error  connection_lost: reset (5 s ago)"),
            "{text}"
        );
        for session in overview().sessions {
            assert!(!account(&session, Ink::Plain).contains("15550001111"));
        }
    }

    #[test]
    fn colours_say_how_it_is() {
        let text = status(&overview(), Ink::Colour);
        assert!(text.contains("\x1b[32mConnected\x1b[0m"), "{text}");
        assert!(text.contains("\x1b[31mAccount locked\x1b[0m"), "{text}");
    }
}
