//! Where messages go: the routes of an account, as the API shows them, and what is remembered of a
//! person because of them.
//!
//! The ladder, first that applies: a link (everything to one webhook); a command (`/agent NAME`, `/agents`,
//! `/new`, `/help`); a route whose text glob matches (for this message only); in a direct chat, the route
//! the person talked to within `sticky_ttl`; the first route without a glob that matches sender or group;
//! the default. It is climbed in [`crate::message::ladder`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::field::FieldError;
use super::webhook::{Webhook, WebhookId};
use crate::account::AccountId;
use crate::limits::{GLOB_CHARS, POLICY_ENTRIES, ROUTE_NAME_CHARS, ROUTES_MAX, STICKY_TTL_MAX};

/// The routes of an account. Its JSON is the body of `PUT …/routes`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Routes {
    /// The name of the route for what no other takes.
    pub default: Option<String>,
    /// Seconds for which a person stays with the route they talked to; 0: not at all.
    pub sticky_ttl: u32,
    /// The routes, in the order they are tried. Names are unique, whatever their case.
    pub routes: Vec<Route>,
    /// Everything goes to this webhook, and this webhook serves no other account: linking it here takes it
    /// from whoever had it. `routes` has to be empty then.
    pub link: Option<WebhookId>,
}

impl Default for Routes {
    fn default() -> Self {
        Self {
            default: None,
            sticky_ttl: 30 * 60,
            routes: Vec::new(),
            link: None,
        }
    }
}

impl Routes {
    /// Whether anything is routed at all; if not, every webhook that wants messages gets them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.link.is_none()
    }

    /// The route of that name, whatever its case.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Route> {
        let folded = name.to_lowercase();
        self.routes
            .iter()
            .find(|route| route.name.to_lowercase() == folded)
    }

    /// Whether they can be kept, for that account and with these webhooks.
    ///
    /// # Errors
    /// [`FieldError`] with the first field that is wrong, as `routes[2].match.text`.
    pub fn check(
        &self,
        account: AccountId,
        webhooks: &BTreeMap<WebhookId, Webhook>,
    ) -> Result<(), FieldError> {
        if self.sticky_ttl > STICKY_TTL_MAX {
            let why = format!("it is more than {STICKY_TTL_MAX} seconds");
            return Err(FieldError::new("sticky_ttl", why));
        }
        if self.routes.len() > ROUTES_MAX {
            let why = format!("there are more than {ROUTES_MAX}");
            return Err(FieldError::new("routes", why));
        }
        for (place, route) in self.routes.iter().enumerate() {
            let field = format!("routes[{place}]");
            check_name(&field, &route.name, &self.routes[..place])?;
            check_webhook(
                &format!("{field}.webhook"),
                route.webhook,
                account,
                webhooks,
            )?;
            if let Some(matches) = &route.matches {
                matches.check(&format!("{field}.match"))?;
            }
        }
        if let Some(name) = &self.default
            && self.named(name).is_none()
        {
            return Err(FieldError::new("default", "no route has that name"));
        }
        if let Some(link) = self.link {
            if !self.routes.is_empty() {
                let why = "everything goes there: `routes` has to be empty";
                return Err(FieldError::new("link", why));
            }
            check_webhook("link", link, account, webhooks)?;
        }
        Ok(())
    }

    /// The webhooks that are named: they hear only what is routed to them.
    pub fn webhooks(&self) -> impl Iterator<Item = WebhookId> + '_ {
        let routed = self.routes.iter().map(|route| route.webhook);
        routed.chain(self.link)
    }
}

/// One route.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its name, as typed after `/agent`: 1 to 25 letters, digits, `-` or `_`.
    pub name: String,
    /// Where it leads.
    pub webhook: WebhookId,
    /// What it takes; nothing, if left out, but what is sent there by command or default.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<Match>,
}

/// What a route takes: everything that is given has to fit.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// The sender: a number, an address, or a list of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<OneOrMore>,
    /// The group: its address, or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<OneOrMore>,
    /// The text: a glob with `*` and `?`, whatever the case (`YES*`, `*receipt*`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What it takes are numbers of people and their words.
impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |it: &Option<OneOrMore>| it.as_ref().map(|it| it.as_slice().len());
        f.debug_struct("Match")
            .field("from", &given(&self.from))
            .field("group", &given(&self.group))
            .field("text", &self.text.is_some())
            .finish()
    }
}

/// A text or a list of texts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

impl Match {
    /// Whether anything is given at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_none() && self.group.is_none() && self.text.is_none()
    }

    fn check(&self, field: &str) -> Result<(), FieldError> {
        if self.is_empty() {
            let why = "it says nothing: give `from`, `group` or `text`, or leave it out";
            return Err(FieldError::new(field, why));
        }
        let from = self.from.as_ref();
        check_names(&format!("{field}.from"), from, "a person", |entry| {
            !matches!(entry, Entry::Group(_))
        })?;
        let group = self.group.as_ref();
        check_names(&format!("{field}.group"), group, "a group", |entry| {
            !matches!(entry, Entry::Person(_))
        })?;
        match &self.text {
            Some(text) if text.trim().is_empty() => {
                let why = "it is empty; `*` takes every text";
                Err(FieldError::new(format!("{field}.text"), why))
            }
            Some(text) if text.chars().count() > GLOB_CHARS => {
                let why = format!("it has more than {GLOB_CHARS} characters");
                Err(FieldError::new(format!("{field}.text"), why))
            }
            _ => Ok(()),
        }
    }
}

fn check_name(field: &str, name: &str, before: &[Route]) -> Result<(), FieldError> {
    let letters = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let field = format!("{field}.name");
    if !(1..=ROUTE_NAME_CHARS).contains(&name.chars().count()) || !name.chars().all(letters) {
        let why = format!("it has to be 1 to {ROUTE_NAME_CHARS} letters, digits, `-` or `_`");
        return Err(FieldError::new(field, why));
    }
    let folded = name.to_lowercase();
    if before.iter().any(|it| it.name.to_lowercase() == folded) {
        return Err(FieldError::new(field, "another route has that name"));
    }
    Ok(())
}

fn check_webhook(
    field: &str,
    id: WebhookId,
    account: AccountId,
    webhooks: &BTreeMap<WebhookId, Webhook>,
) -> Result<(), FieldError> {
    let Some(webhook) = webhooks.get(&id) else {
        return Err(FieldError::new(field, "there is no such webhook"));
    };
    match &webhook.sessions {
        Some(sessions) if !sessions.contains(&account) => {
            let why = "that webhook is not for this session";
            Err(FieldError::new(field, why))
        }
        _ => Ok(()),
    }
}

fn check_names(
    field: &str,
    names: Option<&OneOrMore>,
    what: &str,
    fits: impl Fn(&Entry) -> bool,
) -> Result<(), FieldError> {
    let Some(names) = names else { return Ok(()) };
    let list = names.as_slice();
    if list.is_empty() || list.len() > POLICY_ENTRIES {
        let why = format!("it has to have 1 to {POLICY_ENTRIES} entries");
        return Err(FieldError::new(field, why));
    }
    for (place, name) in list.iter().enumerate() {
        let field = match names {
            OneOrMore::One(_) => field.to_owned(),
            OneOrMore::More(_) => format!("{field}[{place}]"),
        };
        match name.parse::<Entry>() {
            Ok(entry) if fits(&entry) => {}
            Ok(_) => return Err(FieldError::new(field, format!("it is not {what}"))),
            Err(error) => return Err(FieldError::new(field, error.to_string())),
        }
    }
    Ok(())
}
