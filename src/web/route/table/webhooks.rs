//! The rows about webhooks, and what waits for them.

use super::{DEED, JSON, LOOK, answer, form};
use crate::token::Scope;
use crate::web::route::Ask;
use crate::web::route::errands::Hook;
use crate::web::route::operation::{Answer, Body, Method, Need, Operation};
use crate::web::route::query::{CURSOR, LIMIT, STATUS};

/// What rows here have in common: a look.
const SEE: Operation = Operation {
    need: Need::Box(Scope::Read),
    problems: &["store", "unknown_webhook"],
    ..LOOK
};

/// The same for what changes something.
const DECIDE: Operation = Operation {
    need: Need::Box(Scope::Admin),
    problems: &["busy", "store", "unknown_webhook"],
    ..DEED
};

const WEBHOOK_200: Answer = answer(200, "The webhook.", &[form(JSON, "Webhook")]);

pub(super) static WEBHOOKS: [Operation; 9] = [
    Operation {
        id: "listWebhooks",
        path: "/api/v1/webhooks",
        summary: "All webhooks, without secrets, and how their lines stand.",
        answers: &[answer(200, "The webhooks.", &[form(JSON, "WebhookList")])],
        problems: &["store"],
        make: |_| Ok(Ask::ListWebhooks),
        ..SEE
    },
    Operation {
        id: "addWebhook",
        path: "/api/v1/webhooks",
        summary: "One more webhook; its secret is in this answer and never again.",
        body: Body::Json("AddWebhook"),
        answers: &[answer(201, "The webhook.", &[form(JSON, "NewWebhook")])],
        problems: &[
            "bad_events",
            "bad_headers",
            "bad_name",
            "bad_secret",
            "bad_sessions",
            "bad_url",
            "busy",
            "no_chance",
            "store",
            "webhook_cap",
        ],
        make: |_| Ok(Ask::AddWebhook),
        ..DECIDE
    },
    Operation {
        id: "getWebhook",
        path: "/api/v1/webhooks/{webhook}",
        summary: "One webhook.",
        answers: &[WEBHOOK_200],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, Hook::Show)),
        ..SEE
    },
    Operation {
        id: "changeWebhook",
        method: Method::Patch,
        path: "/api/v1/webhooks/{webhook}",
        summary: "Other settings, on or off, or another secret; the old one signs for a day beside it.",
        body: Body::Json("ChangeWebhook"),
        answers: &[answer(200, "The webhook.", &[form(JSON, "NewWebhook")])],
        problems: &[
            "bad_events",
            "bad_headers",
            "bad_name",
            "bad_sessions",
            "bad_url",
            "busy",
            "clock_not_set",
            "no_chance",
            "store",
            "unknown_webhook",
        ],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, Hook::Change)),
        ..DECIDE
    },
    Operation {
        id: "deleteWebhook",
        method: Method::Delete,
        path: "/api/v1/webhooks/{webhook}",
        summary: "Forgets it and what waits for it.",
        body: Body::None,
        answers: &[answer(204, "It is gone.", &[])],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, Hook::Delete)),
        ..DECIDE
    },
    Operation {
        id: "testWebhook",
        path: "/api/v1/webhooks/{webhook}/test",
        summary: "Posts a `test` event to it, whatever it wants to hear.",
        answers: &[answer(202, "It waits in line.", &[form(JSON, "Told")])],
        problems: &["busy", "clock_not_set", "store", "unknown_webhook"],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, Hook::Test)),
        ..DECIDE
    },
    Operation {
        id: "listDeliveries",
        path: "/api/v1/webhooks/{webhook}/deliveries",
        summary: "What waits for it and what was given up, the oldest first; without what is in it.",
        query: &[STATUS, LIMIT, CURSOR],
        answers: &[answer(
            200,
            "The deliveries.",
            &[form(JSON, "DeliveryList")],
        )],
        problems: &[
            "bad_cursor",
            "bad_limit",
            "bad_status",
            "store",
            "unknown_webhook",
        ],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, asked.deliveries()?)),
        ..SEE
    },
    Operation {
        id: "replayDelivery",
        path: "/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
        summary: "Posts it once more, at once.",
        answers: &[answer(202, "It is on its way.", &[form(JSON, "Replayed")])],
        problems: &[
            "busy",
            "clock_not_set",
            "store",
            "unknown_delivery",
            "unknown_webhook",
        ],
        make: |asked| {
            let place = asked.delivery()?;
            Ok(Ask::Webhook(asked.webhook()?, Hook::Replay(place)))
        },
        ..DECIDE
    },
    Operation {
        id: "replayWebhook",
        path: "/api/v1/webhooks/{webhook}/replay",
        summary: "Posts everything once more that was given up.",
        answers: &[answer(202, "It is on its way.", &[form(JSON, "Replayed")])],
        problems: &["busy", "clock_not_set", "store", "unknown_webhook"],
        make: |asked| Ok(Ask::Webhook(asked.webhook()?, Hook::ReplayAll)),
        ..DECIDE
    },
];
