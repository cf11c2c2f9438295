//! Who hears of an event: which webhooks subscribe to it.

use super::intake::Settings;
use super::webhook::{Webhook, WebhookId};
use crate::account::AccountId;
use crate::journal::Kind;

/// Whether what is posted to the webhook waits for it: not while the box itself has switched it off,
/// because its receiver said that it is gone. One that a person switched off goes on collecting.
#[must_use]
pub fn collects(webhook: &Webhook) -> bool {
    webhook.disabled_reason.is_none()
}

/// Whether the webhook subscribes to that kind: by its word, by `session.*`, or by `*`, which leaves
/// out the QR, because it is a credential.
#[must_use]
pub fn subscribes(webhook: &Webhook, kind: Kind) -> bool {
    webhook.events.iter().any(|wanted| match wanted.as_str() {
        "*" => kind != Kind::SessionQr,
        wanted => match wanted.strip_suffix(".*") {
            Some(family) => {
                let of_family = kind.word().strip_prefix(family);
                let rest = of_family.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                rest && kind != Kind::SessionQr
            }
            None => wanted == kind.word(),
        },
    })
}

/// Whether the webhook is there for that account; `None`: for what is about the box.
#[must_use]
pub fn serves(
    settings: &Settings,
    id: WebhookId,
    webhook: &Webhook,
    account: Option<AccountId>,
) -> bool {
    let of_account = |accounts: &Vec<AccountId>| account.is_none_or(|it| accounts.contains(&it));
    let linked_to = settings
        .routes
        .iter()
        .find(|(_, routes)| routes.link == Some(id))
        .map(|(owner, _)| *owner);
    webhook.sessions.as_ref().is_none_or(of_account)
        && linked_to.is_none_or(|owner| account.is_none_or(|it| it == owner))
}

/// The webhooks that hear of something of that kind, whatever the routes say.
pub fn listeners(
    settings: &Settings,
    account: Option<AccountId>,
    kind: Kind,
) -> impl Iterator<Item = WebhookId> + '_ {
    settings
        .webhooks
        .iter()
        .filter(move |(id, webhook)| {
            collects(webhook)
                && subscribes(webhook, kind)
                && serves(settings, **id, webhook, account)
        })
        .map(|(id, _)| *id)
}
