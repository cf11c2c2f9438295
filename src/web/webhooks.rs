//! Webhooks as the API takes and shows them. Pure.
//!
//! A secret is shown once, when it is made. Headers are shown by name; a URL, whose path may be as good as a
//! password, is shown whole to those who may change it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::fields::Fields;
use super::problem::Problem;
use super::rfc3339;
use crate::account::AccountId;
use crate::journal::Kind;
use crate::message::webhook::{Delivery, Line, Webhook, WebhookId};
use crate::secret::Secret;
use crate::time::UnixMillis;
use crate::ulid::SessionIds;

/// Fields of a webhook.
pub(super) const FIELDS: &[&str] = &["url", "name", "events", "sessions", "headers", "enabled"];

const URL_MAX: usize = 2048;
const NAME_CHARS: usize = 50;
const HEADERS_MAX: usize = 16;
const HEADER_NAME_MAX: usize = 64;
const HEADER_VALUE_MAX: usize = 1024;
const SECRET_MIN: usize = 16;
const SECRET_MAX: usize = 256;

/// Headers that are the request's own, or ours.
const TAKEN: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A field of its own for each that is to be changed.
#[derive(Default)]
#[allow(
    clippy::option_option,
    reason = "left as it is, taken away, or given: as in the body"
)]
pub(super) struct Change {
    pub url: Option<String>,
    /// Null takes it away.
    pub name: Option<Option<String>>,
    pub events: Option<Vec<String>>,
    /// Null: all.
    pub sessions: Option<Option<Vec<AccountId>>>,
    pub headers: Option<Vec<(String, Secret)>>,
    pub enabled: Option<bool>,
}

impl Change {
    /// Reads it. `known`: whether there is such an account.
    pub fn read(
        fields: &Fields,
        ids: SessionIds,
        known: &dyn Fn(AccountId) -> bool,
    ) -> Result<Self, Problem> {
        Ok(Self {
            url: fields.text("url")?.map(url).transpose()?,
            name: match fields.text("name")? {
                Some(text) => Some(Some(name(text)?)),
                None => fields.has("name").then_some(None),
            },
            events: fields.texts("events")?.map(|it| events(&it)).transpose()?,
            sessions: match fields.texts("sessions")? {
                Some(names) => Some(Some(sessions(&names, ids, known)?)),
                None => fields.has("sessions").then_some(None),
            },
            headers: fields.value("headers").map(headers).transpose()?,
            enabled: fields.flag("enabled")?,
        })
    }

    /// The webhook with these changes.
    pub fn apply(self, mut webhook: Webhook) -> Webhook {
        webhook.url = self.url.unwrap_or(webhook.url);
        webhook.name = self.name.unwrap_or(webhook.name);
        webhook.events = self.events.unwrap_or(webhook.events);
        webhook.sessions = self.sessions.unwrap_or(webhook.sessions);
        webhook.headers = self.headers.unwrap_or(webhook.headers);
        if let Some(enabled) = self.enabled {
            webhook.enabled = enabled;
            // Whoever decides knows of it.
            webhook.disabled_reason = None;
        }
        webhook
    }
}

/// Whether a URL can be posted to. Where it leads is looked at when it is posted to: names change.
fn url(text: &str) -> Result<String, Problem> {
    let bad = |detail: &'static str| Err(Problem::new(422, "bad_url", detail));
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest else {
        return bad("`url` begins with http:// or https://.");
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if text.len() > URL_MAX || !text.bytes().all(plain) {
        return bad("`url` has at most 2048 characters, those of URLs; encode others.");
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return bad("`url` carries no name and password: send them in `headers`.");
    }
    if text.contains('#') {
        return bad("`url` has no fragment (#…): it is never sent.");
    }
    if !is_authority(authority) {
        return bad("`url` has no host, or a port that is none.");
    }
    if is_forbidden(host_of(authority)) {
        return bad("`url` leads to link-local or metadata addresses, where nothing is posted.");
    }
    Ok(text.to_owned())
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_authority(authority: &str) -> bool {
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, rest)| {
            let v6 = address.contains(':')
                && address
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit() || b".:".contains(&b));
            v6 && (rest.is_empty() || rest.strip_prefix(':').is_some_and(port))
        });
    }
    let (host, rest) = authority.split_once(':').unwrap_or((authority, "80"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !host.is_empty() && host.bytes().all(plain) && port(rest)
}

/// What can be told from the text alone; the rest is refused once it is resolved.
fn is_forbidden(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let v6 = ["fe8", "fe9", "fea", "feb"]
        .iter()
        .any(|it| host.starts_with(it));
    host.starts_with("169.254.")
        || host == "100.100.100.200"
        || host == "fd00:ec2::254"
        || host == "metadata"
        || host == "metadata.google.internal"
        || (v6 && host.contains(':'))
}

fn name(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = (1..=NAME_CHARS).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        let detail = format!("`name` has 1 to {NAME_CHARS} characters.");
        return Err(Problem::new(422, "bad_name", detail));
    }
    Ok(text.to_owned())
}

/// Kinds, the beginnings of some with `.*`, or `*`.
fn events(words: &[&str]) -> Result<Vec<String>, Problem> {
    let is_one = |word: &&str| {
        let start = word.strip_suffix('*').filter(|start| {
            let family = start.is_empty() || start.ends_with('.');
            family && Kind::ALL.iter().any(|kind| kind.word().starts_with(start))
        });
        start.is_some() || word.parse::<Kind>().is_ok()
    };
    if words.is_empty() || !words.iter().all(is_one) {
        let kinds = Kind::ALL.map(Kind::word).join(", ");
        let detail =
            format!("`events` is a list of one or more of: *, session.*, message.*, {kinds}.");
        return Err(Problem::new(422, "bad_events", detail));
    }
    let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn sessions(
    names: &[&str],
    ids: SessionIds,
    known: &dyn Fn(AccountId) -> bool,
) -> Result<Vec<AccountId>, Problem> {
    let all: Option<Vec<AccountId>> = names
        .iter()
        .map(|name| ids.account(name).filter(|id| known(*id)))
        .collect();
    let mut all = all.filter(|all| !all.is_empty()).ok_or_else(|| {
        let detail = "`sessions` is a list of sessions there are; leave it out for all.";
        Problem::new(422, "bad_sessions", detail)
    })?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn headers(value: &Value) -> Result<Vec<(String, Secret)>, Problem> {
    let bad = |detail: &'static str| Problem::new(422, "bad_headers", detail);
    let all = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(all) if all.len() <= HEADERS_MAX => all,
        _ => return Err(bad("`headers` is an object of at most 16 texts.")),
    };
    let mut kept: BTreeMap<String, (String, Secret)> = BTreeMap::new();
    for (name, value) in all {
        let low = name.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !(1..=HEADER_NAME_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(bad("A name in `headers` is no name of a header."));
        }
        if TAKEN.contains(&low.as_str())
            || ["webhook-", "x-webhook-", "proxy-"]
                .iter()
                .any(|it| low.starts_with(it))
        {
            return Err(bad("A header in `headers` is one that is sent anyway."));
        }
        let text = value.as_str().filter(|text| {
            let visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            (1..=HEADER_VALUE_MAX).contains(&text.len()) && visible && text.trim() == *text
        });
        let text =
            text.ok_or_else(|| bad("A value in `headers` has 1 to 1024 visible characters."))?;
        let header = (name.clone(), Secret::new(text.to_owned()));
        if kept.insert(low, header).is_some() {
            return Err(bad("A header in `headers` is there twice."));
        }
    }
    Ok(kept.into_values().collect())
}

/// A secret that somebody brings from elsewhere.
pub(super) fn own_secret(text: &str) -> Result<Secret, Problem> {
    let fits = (SECRET_MIN..=SECRET_MAX).contains(&text.len());
    if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = format!("`secret` has {SECRET_MIN} to {SECRET_MAX} visible characters.");
        return Err(Problem::new(422, "bad_secret", detail));
    }
    Ok(Secret::new(text.to_owned()))
}

/// A webhook, for somebody who may look at the box.
#[derive(Serialize)]
pub(super) struct WebhookBody {
    id: WebhookId,
    url: String,
    name: Option<String>,
    events: Vec<String>,
    sessions: Option<Vec<String>>,
    /// Their names.
    headers: Vec<String>,
    enabled: bool,
    disabled_reason: Option<String>,
    created_at: Option<String>,
    /// Until when the secret before this one signs as well.
    old_secret_until: Option<String>,
    queue: QueueBody,
}

#[derive(Serialize)]
struct QueueBody {
    pending: u64,
    dead: u64,
    bytes: u64,
    dropped: u64,
    oldest_at: Option<String>,
}

/// The same with the secret, once.
#[derive(Serialize)]
pub(super) struct NewWebhookBody {
    #[serde(flatten)]
    pub webhook: WebhookBody,
    pub secret: Option<String>,
}

impl WebhookBody {
    /// `whole`: with the path of its URL.
    pub fn of(id: WebhookId, webhook: &Webhook, line: Line, ids: SessionIds, whole: bool) -> Self {
        let names = |all: &Vec<AccountId>| all.iter().map(|id| ids.name(*id)).collect();
        Self {
            id,
            url: if whole {
                webhook.url.clone()
            } else {
                origin(&webhook.url)
            },
            name: webhook.name.clone(),
            events: webhook.events.clone(),
            sessions: webhook.sessions.as_ref().map(names),
            headers: webhook
                .headers
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason.clone(),
            created_at: webhook.created_at.map(rfc3339::format),
            old_secret_until: webhook
                .old_secret
                .as_ref()
                .map(|(_, until)| rfc3339::format(*until)),
            queue: QueueBody {
                pending: line.pending,
                dead: line.dead,
                bytes: line.bytes,
                dropped: line.dropped,
                oldest_at: line.oldest.map(rfc3339::format),
            },
        }
    }
}

/// Scheme, host and port; an ellipsis for the rest.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let more = if rest.len() > end + 1 { "/…" } else { "" };
    format!("{scheme}://{}{more}", &rest[..end])
}

/// Something that waits for a webhook, without what is in it.
#[derive(Serialize)]
pub(super) struct DeliveryBody {
    id: String,
    event_id: String,
    event: String,
    session: Option<String>,
    status: &'static str,
    queued_at: String,
    attempts: u32,
    next_at: Option<String>,
    last_error: Option<String>,
    bytes: usize,
}

impl DeliveryBody {
    pub fn of(delivery: Delivery, ids: SessionIds) -> Self {
        Self {
            id: format!("dlv_{}", delivery.id.place),
            event_id: format!("evt_{}", delivery.event),
            event: delivery.kind,
            session: delivery.account.map(|id| ids.name(id)),
            status: if delivery.dead { "dead" } else { "pending" },
            queued_at: rfc3339::format(delivery.queued_at),
            attempts: delivery.attempts,
            next_at: (!delivery.dead).then(|| rfc3339::format(delivery.next_at)),
            last_error: delivery.last_error,
            bytes: delivery.body.len(),
        }
    }
}

/// When a secret that was replaced stops to sign: a day later.
pub(super) fn day_after(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0.saturating_add(24 * 60 * 60 * 1000))
}
