//! `pairbox requests`, `webhook`, `policy`, `routes`: what is sent, and how the answers look.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::ink::{Ink, Row, Tone, cell, plain, table};

/// Somebody who waits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    code: Option<String>,
    phone: Option<String>,
    jid: String,
    name: Option<String>,
    expires_at: String,
}

/// A webhook, and how its line stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Webhook {
    id: String,
    url: String,
    name: Option<String>,
    events: Vec<String>,
    enabled: bool,
    disabled_reason: Option<String>,
    queue: Queue,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Queue {
    pending: u64,
    dead: u64,
    dropped: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
struct Delivery {
    id: String,
    event: String,
    status: String,
    queued_at: String,
    attempts: u32,
    last_error: Option<String>,
}

/// A list of the API's.
#[derive(Deserialize)]
pub(super) struct List {
    pub data: Vec<Value>,
}

fn read<T: for<'a> Deserialize<'a>>(value: &Value) -> Result<T, Failure> {
    T::deserialize(value).map_err(|error| Failure::Broken(error.to_string()))
}

fn rows<T: for<'a> Deserialize<'a>>(
    list: &List,
    ink: Ink,
    row: impl Fn(T) -> Row,
) -> Result<String, Failure> {
    let rows: Result<Vec<Row>, Failure> = list.data.iter().map(|it| Ok(row(read(it)?))).collect();
    Ok(table(ink, &rows?))
}

fn of(cells: Vec<super::ink::Cell>, below: Option<String>) -> Row {
    Row {
        cells,
        below: below.into_iter().collect(),
    }
}

/// Those who wait for approval.
pub(super) fn requests(list: &List, ink: Ink) -> Result<String, Failure> {
    rows(list, ink, |it: Request| {
        let who = it.phone.unwrap_or(it.jid);
        let cells = vec![
            cell(Tone::Strong, it.code.unwrap_or_default()),
            plain(who),
            plain(it.name.unwrap_or_default()),
            cell(Tone::Faint, format!("until {}", it.expires_at)),
        ];
        of(cells, None)
    })
}

/// The webhooks.
pub(super) fn webhooks(list: &List, ink: Ink) -> Result<String, Failure> {
    rows(list, ink, |it: Webhook| {
        let (tone, state) = match (&it.disabled_reason, it.enabled) {
            (Some(reason), _) => (Tone::Bad, format!("off: {reason}")),
            (None, false) => (Tone::Faint, "off".to_owned()),
            (None, true) => (Tone::Good, "on".to_owned()),
        };
        let count = |number: u64, word: &str| match number {
            0 => String::new(),
            number => format!("{number} {word}"),
        };
        let cells = vec![
            plain(it.id),
            cell(tone, state),
            cell(Tone::Strong, it.name.unwrap_or_default()),
            plain(it.url),
            plain(it.events.join(",")),
            cell(Tone::Busy, count(it.queue.pending, "waiting")),
            cell(Tone::Bad, count(it.queue.dead, "given up")),
            cell(Tone::Bad, count(it.queue.dropped, "dropped")),
        ];
        of(cells, None)
    })
}

/// What waits for one.
pub(super) fn deliveries(list: &List, ink: Ink) -> Result<String, Failure> {
    rows(list, ink, |it: Delivery| {
        let tone = if it.status == "dead" {
            Tone::Bad
        } else {
            Tone::Busy
        };
        let cells = vec![
            plain(it.id),
            cell(tone, it.status),
            plain(it.event),
            plain(format!("{} attempts", it.attempts)),
            cell(Tone::Faint, it.queued_at),
        ];
        of(cells, it.last_error)
    })
}

/// A policy, or routes: a line for each key.
pub(super) fn settings(all: &Value, ink: Ink) -> String {
    let all = all.as_object().cloned().unwrap_or_default();
    let row = |(key, value): (String, Value)| {
        let text = match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text,
            Value::Array(all) if all.is_empty() => "-".to_owned(),
            Value::Array(all) if all.iter().all(Value::is_string) => {
                let texts = all.iter().filter_map(Value::as_str);
                texts.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        of(vec![cell(Tone::Strong, key), plain(text)], None)
    };
    table(ink, &all.into_iter().map(row).collect::<Vec<_>>())
}

/// The policy with changes like `dm=pairing`; what kind of value a key has is seen from what it has now.
///
/// # Errors
/// [`Failure::Usage`].
pub(super) fn changed(policy: &Value, changes: &[String]) -> Result<Value, Failure> {
    let mut all: Map<String, Value> = policy.as_object().cloned().unwrap_or_default();
    for change in changes {
        let wrong = || Failure::Usage(format!("{change:?} is not KEY=VALUE, as dm=pairing"));
        let (key, text) = change.split_once('=').ok_or_else(wrong)?;
        let Some(value) = all.get_mut(key) else {
            let known: Vec<&str> = all.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(Failure::Usage(format!(
                "a policy has no {key:?}; it has: {known}"
            )));
        };
        *value = match value {
            Value::Bool(_) => match text {
                "true" | "yes" | "on" => json!(true),
                "false" | "no" | "off" => json!(false),
                _ => return Err(Failure::Usage(format!("{key} is true or false"))),
            },
            Value::Array(_) => {
                let items = text.split(',').map(str::trim);
                json!(items.filter(|it| !it.is_empty()).collect::<Vec<_>>())
            }
            _ if text.is_empty() => Value::Null,
            _ => json!(text),
        };
    }
    Ok(Value::Object(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_keep_the_kind_of_what_they_change() {
        let policy = json!({"dm": "open", "allow_from": ["+1"], "require_mention": false, "ack_reaction": null});
        let with = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|it| (*it).to_owned()).collect();
            changed(&policy, &changes)
        };
        assert_eq!(
            with(&[
                "dm=pairing",
                "allow_from=+2, +3",
                "require_mention=yes",
                "ack_reaction=👀"
            ])
            .unwrap(),
            json!({"dm": "pairing", "allow_from": ["+2", "+3"], "require_mention": true, "ack_reaction": "👀"})
        );
        assert_eq!(
            with(&["allow_from=", "ack_reaction="]).unwrap(),
            json!({"dm": "open", "allow_from": [], "require_mention": false, "ack_reaction": null})
        );
        for wrong in ["dm", "colour=red", "require_mention=perhaps"] {
            assert!(matches!(with(&[wrong]), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
