//! The rows about the messages of a session: what came and went, who may write, where it goes.

use super::{DEED, JSON, LOOK, answer, form};
use crate::token::Scope;
use crate::web::route::errands::Matter;
use crate::web::route::operation::{Body, Method, Need, Operation};
use crate::web::route::query::{CHAT, CURSOR, DIRECTION, LIMIT};

/// What rows here have in common: a look at something of one session.
const SEE: Operation = Operation {
    need: Need::Session(Scope::Read),
    problems: &["store"],
    ..LOOK
};

/// The same for what sends something.
const SEND: Operation = Operation {
    need: Need::Session(Scope::Send),
    problems: &[
        "bad_chat",
        "bad_message",
        "busy",
        "not_on_whatsapp",
        "not_working",
        "store",
        "unknown_message",
    ],
    ..DEED
};

/// The same for what only those in charge decide.
const DECIDE: Operation = Operation {
    need: Need::Session(Scope::Admin),
    ..DEED
};

pub(super) static MESSAGES: [Operation; 6] = [
    Operation {
        id: "listMessages",
        path: "/api/v1/sessions/{id}/messages",
        summary: "The newest messages, both ways, with how far those that went out are.",
        query: &[LIMIT, CURSOR, DIRECTION, CHAT],
        answers: &[answer(200, "The messages.", &[form(JSON, "MessageList")])],
        problems: &[
            "bad_chat",
            "bad_cursor",
            "bad_direction",
            "bad_limit",
            "store",
        ],
        make: |asked| asked.errand(Matter::List(asked.listing()?)),
        ..SEE
    },
    Operation {
        id: "sendMessage",
        path: "/api/v1/sessions/{id}/messages",
        summary: "Sends a message: it waits until it can go. With `Idempotency-Key` the same key gets \
                  the first answer for 24 h.",
        body: Body::JsonOrFile("SendMessage", "SendFile"),
        answers: &[answer(202, "It was taken.", &[form(JSON, "SendReceipt")])],
        problems: &[
            "bad_key",
            "bad_media",
            "bad_message",
            "bad_recipient",
            "bad_text",
            "busy",
            "clock_not_set",
            "cold_send_blocked",
            "idempotency_conflict",
            "media_too_large",
            "media_unreachable",
            "not_on_whatsapp",
            "not_working",
            "pacing_limited",
            "store",
            "unknown_message",
        ],
        make: |asked| asked.errand(Matter::Send),
        ..SEND
    },
    Operation {
        id: "getMessage",
        path: "/api/v1/sessions/{id}/messages/{mid}",
        summary: "One of them.",
        answers: &[answer(200, "The message.", &[form(JSON, "Message")])],
        problems: &["store", "unknown_message"],
        make: |asked| asked.errand(Matter::Show(asked.message()?)),
        ..SEE
    },
    Operation {
        id: "getMedia",
        path: "/api/v1/sessions/{id}/media/{event}",
        summary: "The file of a message that came in: fetched from WhatsApp if it is not here. Takes \
                  one `Range`.",
        answers: &[
            answer(200, "The file.", &[form("*/*", "Binary")]),
            answer(
                206,
                "The part that was asked for.",
                &[form("*/*", "Binary")],
            ),
        ],
        problems: &[
            "bad_range",
            "busy",
            "media_gone",
            "media_too_large",
            "media_unreachable",
            "no_media",
            "not_working",
            "store",
            "too_many_downloads",
        ],
        make: |asked| asked.errand(Matter::Media(asked.event()?)),
        ..SEE
    },
    Operation {
        id: "showTyping",
        path: "/api/v1/sessions/{id}/chats/{jid}/typing",
        summary: "Shows \"typing…\" in a chat, or no longer.",
        body: Body::Optional("Typing"),
        answers: &[answer(200, "It is shown.", &[form(JSON, "Nothing")])],
        make: |asked| asked.errand(Matter::Typing(asked.chat()?)),
        ..SEND
    },
    Operation {
        id: "markRead",
        path: "/api/v1/sessions/{id}/chats/{jid}/read",
        summary: "Marks messages of a chat as read: those named, or the newest of the ring.",
        body: Body::Optional("MarkRead"),
        answers: &[answer(200, "They are.", &[form(JSON, "Nothing")])],
        make: |asked| asked.errand(Matter::MarkRead(asked.chat()?)),
        ..SEND
    },
];

pub(super) static SETTINGS: [Operation; 7] = [
    Operation {
        id: "getPolicy",
        path: "/api/v1/sessions/{id}/policy",
        summary: "Who may write, and what is done with what they write.",
        answers: &[answer(200, "The policy.", &[form(JSON, "Policy")])],
        make: |asked| asked.errand(Matter::Policy),
        ..SEE
    },
    Operation {
        id: "setPolicy",
        method: Method::Put,
        path: "/api/v1/sessions/{id}/policy",
        summary: "Another policy; what is left out becomes the default.",
        body: Body::Json("Policy"),
        answers: &[answer(200, "The policy.", &[form(JSON, "Policy")])],
        problems: &["bad_policy", "busy", "store"],
        make: |asked| asked.errand(Matter::SetPolicy),
        ..DECIDE
    },
    Operation {
        id: "getRoutes",
        path: "/api/v1/sessions/{id}/routes",
        summary: "Which webhook hears of which messages.",
        answers: &[answer(200, "The routes.", &[form(JSON, "Routes")])],
        make: |asked| asked.errand(Matter::Routes),
        ..SEE
    },
    Operation {
        id: "setRoutes",
        method: Method::Put,
        path: "/api/v1/sessions/{id}/routes",
        summary: "Other routes; what is left out becomes the default.",
        body: Body::Json("Routes"),
        answers: &[answer(200, "The routes.", &[form(JSON, "Routes")])],
        problems: &["bad_routes", "busy", "store"],
        make: |asked| asked.errand(Matter::SetRoutes),
        ..DECIDE
    },
    Operation {
        id: "listPairingRequests",
        path: "/api/v1/sessions/{id}/pairing-requests",
        summary: "Unknown people who wrote and wait for approval; their codes for `admin` only.",
        answers: &[answer(200, "Who waits.", &[form(JSON, "RequestList")])],
        problems: &["store"],
        make: |asked| asked.errand(Matter::Requests),
        ..SEE
    },
    Operation {
        id: "approvePairingRequest",
        path: "/api/v1/sessions/{id}/pairing-requests/{code}/approve",
        summary: "Lets somebody in: they are on the list from now on.",
        answers: &[answer(200, "They are in.", &[form(JSON, "Request")])],
        problems: GATEWAY_DECISION,
        make: |asked| {
            let code = asked.code()?;
            asked.errand(Matter::Decide {
                code,
                approve: true,
            })
        },
        ..DECIDE
    },
    Operation {
        id: "denyPairingRequest",
        path: "/api/v1/sessions/{id}/pairing-requests/{code}/deny",
        summary: "Sends somebody away; they may ask again.",
        answers: &[answer(200, "They are gone.", &[form(JSON, "Request")])],
        problems: GATEWAY_DECISION,
        make: |asked| {
            let code = asked.code()?;
            asked.errand(Matter::Decide {
                code,
                approve: false,
            })
        },
        ..DECIDE
    },
];

const GATEWAY_DECISION: &[&str] = &[
    "busy",
    "clock_not_set",
    "request_expired",
    "store",
    "unknown_request",
];
