//! Where messages go: the routes of an account, as the API shows them, and what is remembered of a
//! person because of them.
//!
//! The ladder, first that applies: a link (everything to one webhook); a command (`/agent NAME`, `/agents`,
//! `/new`, `/help`); a route whose text glob matches (for this message only); the route the person talked
//! to within `sticky_ttl`; the first route without a glob that matches sender or group; the default.

use serde::{Deserialize, Serialize};

use super::webhook::WebhookId;

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
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
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

/// A text or a list of texts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
