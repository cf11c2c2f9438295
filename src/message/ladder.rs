//! Where a message goes: the ladder of [`super::route`], climbed for one message.

use wildmatch::WildMatch;

use super::address::{GroupJid, Person};
use super::entry::{lists, lists_group};
use super::hearing::{collects, serves};
use super::intake::Settings;
use super::route::{Match, Route, Routes};
use super::webhook::WebhookId;
use crate::account::AccountId;

/// What of a message its way depends on.
#[derive(Clone, Copy, Debug)]
pub struct Traveller<'a> {
    /// Who wrote it, with every name that is known.
    pub sender: &'a Person,
    /// In which group, if in one.
    pub group: Option<&'a GroupJid>,
    /// What globs are compared with: nothing, for what is no message of its own.
    pub text: Option<&'a str>,
    /// The route the sender talks to, if that still holds.
    pub sticky: Option<&'a str>,
}

/// Which rung it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way<'a> {
    /// The account has no routes: everybody who wants messages gets it.
    Unrouted,
    /// Everything goes to this webhook.
    Link(WebhookId),
    /// A glob took it, this once.
    Glob(&'a Route),
    /// The person talks to this route.
    Sticky(&'a Route),
    /// The route takes sender or group.
    Matched(&'a Route),
    /// Nothing else took it.
    Default(&'a Route),
    /// No route takes it: only webhooks that no route names hear of it.
    Nowhere,
}

impl<'a> Way<'a> {
    /// The route, if it is one.
    #[must_use]
    pub fn route(self) -> Option<&'a Route> {
        match self {
            Self::Glob(route)
            | Self::Sticky(route)
            | Self::Matched(route)
            | Self::Default(route) => Some(route),
            Self::Unrouted | Self::Link(_) | Self::Nowhere => None,
        }
    }

    /// The webhook it leads to, if to one.
    #[must_use]
    pub fn webhook(self) -> Option<WebhookId> {
        match self {
            Self::Link(webhook) => Some(webhook),
            other => other.route().map(|route| route.webhook),
        }
    }
}

/// Climbs. A route whose webhook is gone, or is not there for this account, takes nothing.
#[must_use]
pub fn climb<'a>(
    settings: &'a Settings,
    account: AccountId,
    routes: &'a Routes,
    traveller: Traveller<'_>,
) -> Way<'a> {
    let open = |id: WebhookId| {
        let webhook = settings.webhooks.get(&id);
        webhook.is_some_and(|it| collects(it) && serves(settings, id, it, Some(account)))
    };
    if routes.is_empty() {
        return Way::Unrouted;
    }
    if let Some(link) = routes.link {
        return if open(link) {
            Way::Link(link)
        } else {
            Way::Nowhere
        };
    }
    let there = || routes.routes.iter().filter(|route| open(route.webhook));
    let matching = |glob: bool| {
        there().find(|route| {
            let matches = route.matches.as_ref();
            matches.is_some_and(|it| it.text.is_some() == glob && fits(it, traveller))
        })
    };
    let named = |name: &str| routes.named(name).filter(|route| open(route.webhook));
    let sticky = traveller.sticky.filter(|_| traveller.group.is_none());
    if let Some(route) = matching(true) {
        Way::Glob(route)
    } else if let Some(route) = sticky.and_then(named) {
        Way::Sticky(route)
    } else if let Some(route) = matching(false) {
        Way::Matched(route)
    } else if let Some(route) = routes.default.as_deref().and_then(named) {
        Way::Default(route)
    } else {
        Way::Nowhere
    }
}

/// Whether everything that is given fits. Nothing given takes nothing.
fn fits(matches: &Match, traveller: Traveller<'_>) -> bool {
    let from = matches
        .from
        .as_ref()
        .is_none_or(|from| lists(from.as_slice(), traveller.sender));
    let group = matches.group.as_ref().is_none_or(|groups| {
        traveller
            .group
            .is_some_and(|group| lists_group(groups.as_slice(), group))
    });
    let text = matches
        .text
        .as_ref()
        .is_none_or(|glob| traveller.text.is_some_and(|text| fits_glob(glob, text)));
    !matches.is_empty() && from && group && text
}

/// Whether a text fits a glob with `*` and `?`, whatever the case.
#[must_use]
pub fn fits_glob(glob: &str, text: &str) -> bool {
    WildMatch::new_case_insensitive(glob).matches(text.trim())
}
