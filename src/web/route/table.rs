//! The table of all operations: what the router, `Allow`, the permission check, the contract test and
//! the OpenAPI document are made from. A new operation is a new row, and an arm in `answer`.

mod messages;
mod sessions;
mod webhooks;

use super::operation::{Answer, Body, Form, Method, Need, Operation};
use super::query::{SESSION, TYPES};
use super::{Ask, unknown_token};
use crate::token::Scope;

/// All rows.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    let sessions = sessions::SESSIONS.iter().chain(&sessions::DEEDS);
    let messages = messages::MESSAGES.iter().chain(&messages::SETTINGS);
    let gateway = messages.chain(&webhooks::WEBHOOKS);
    BOX.iter().chain(sessions).chain(gateway).chain(&ACCESS)
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// What rows have in common: a look at something that is the same for everybody.
const LOOK: Operation = Operation {
    id: "",
    method: Method::Get,
    path: "",
    summary: "",
    need: Need::Nothing,
    query: &[],
    body: Body::None,
    answers: &[],
    problems: &[],
    make: |_| Ok(Ask::Page),
};

/// What rows have in common: something done to one session, without anything to say about it.
const DEED: Operation = Operation {
    method: Method::Post,
    need: Need::Session(Scope::Control),
    body: Body::Optional("Nothing"),
    answers: &[SESSION_200],
    problems: WISH,
    ..LOOK
};

/// Problems of whatever asks the machine.
const WISH: &[&str] = &["ending", "store"];

const SESSION_JSON: &[Form] = &[form(JSON, "Session")];
const SESSION_200: Answer = answer(200, "The session as it is now.", SESSION_JSON);
const CHANGING_202: Answer = answer(202, "It is on its way there.", SESSION_JSON);
const PNG: &[Answer] = &[answer(200, "The picture.", &[form("image/png", "Binary")])];

const fn form(media: &'static str, schema: &'static str) -> Form {
    Form { media, schema }
}

const fn answer(status: u16, what: &'static str, forms: &'static [Form]) -> Answer {
    Answer {
        status,
        what,
        forms,
    }
}

static BOX: [Operation; 13] = [
    Operation {
        id: "getPage",
        path: "/",
        summary: "The page for people.",
        answers: &[answer(200, "The page.", &[form("text/html", "Text")])],
        make: |_| Ok(Ask::Page),
        ..LOOK
    },
    Operation {
        id: "getLivez",
        path: "/livez",
        summary: "Whether the service goes round and its store takes writes, whatever WhatsApp does.",
        answers: &[answer(200, "It does.", &[form(TEXT, "Text")])],
        problems: &["stalled", "store_failing"],
        make: |_| Ok(Ask::Livez),
        ..LOOK
    },
    Operation {
        id: "getReadyz",
        path: "/readyz",
        summary: "Whether every session that should be online is, or rightly waits for a person.",
        answers: &[answer(200, "They are.", &[form(TEXT, "Text")])],
        problems: &["not_ready", "stalled", "store_failing"],
        make: |_| Ok(Ask::Readyz),
        ..LOOK
    },
    Operation {
        id: "getMetrics",
        path: "/metrics",
        summary: "The counters, in Prometheus' text format.",
        need: Need::Box(Scope::Read),
        answers: &[answer(200, "The counters.", &[form(TEXT, "Text")])],
        make: |_| Ok(Ask::Metrics),
        ..LOOK
    },
    Operation {
        id: "getPanelPicture",
        path: "/panel.png",
        summary: "What the panel shows.",
        need: Need::Box(Scope::Read),
        answers: PNG,
        problems: &["no_picture"],
        make: |_| Ok(Ask::PanelPng),
        ..LOOK
    },
    Operation {
        id: "getPanelPictureOfApi",
        path: "/api/v1/panel.png",
        summary: "What the panel shows: another name of `/panel.png`.",
        need: Need::Box(Scope::Read),
        answers: PNG,
        problems: &["no_picture"],
        make: |_| Ok(Ask::PanelPng),
        ..LOOK
    },
    Operation {
        id: "getOpenApi",
        path: "/api/v1/openapi.json",
        summary: "This document.",
        answers: &[answer(200, "The document.", &[form(JSON, "Object")])],
        make: |_| Ok(Ask::OpenApi),
        ..LOOK
    },
    Operation {
        id: "getStatus",
        path: "/api/v1/status",
        summary: "The whole box, as far as the one who asks may see it. Has an `ETag`.",
        need: Need::Anybody,
        answers: &[
            answer(200, "The box.", &[form(JSON, "Status")]),
            answer(304, "Nothing changed since `If-None-Match`.", &[]),
        ],
        make: |_| Ok(Ask::Status),
        ..LOOK
    },
    Operation {
        id: "streamEvents",
        path: "/api/v1/events",
        summary: "What happens, as server-sent events; `Last-Event-ID` goes on where it broke off.",
        need: Need::Some(Scope::Read),
        query: &[SESSION, TYPES],
        answers: &[answer(
            200,
            "The stream.",
            &[form("text/event-stream", "Text")],
        )],
        problems: &[
            "bad_event_id",
            "bad_session",
            "bad_types",
            "other_session",
            "too_many_streams",
        ],
        make: |_| Ok(Ask::Events),
        ..LOOK
    },
    Operation {
        id: "streamEventsOverWebSocket",
        path: "/api/v1/ws",
        summary: "What happens, over a WebSocket: the state of every session first.",
        need: Need::Some(Scope::Read),
        query: &[SESSION, TYPES],
        answers: &[answer(101, "The WebSocket.", &[])],
        problems: &[
            "bad_event_id",
            "bad_handshake",
            "bad_session",
            "bad_types",
            "other_session",
            "too_many_streams",
            "upgrade_required",
        ],
        make: |_| Ok(Ask::WebSocket),
        ..LOOK
    },
    Operation {
        id: "getBackup",
        path: "/api/v1/backup",
        summary: "A copy of all the box keeps, keys too, as `pairbox backup` encrypts it: over the \
                  control socket only, one at a time.",
        need: Need::Box(Scope::Admin),
        answers: &[answer(
            200,
            "The copy.",
            &[form("application/octet-stream", "Binary")],
        )],
        problems: &["console_only", "no_copy", "store", "too_many_downloads"],
        make: |_| Ok(Ask::Backup),
        ..LOOK
    },
    Operation {
        id: "acknowledgeRestore",
        method: Method::Delete,
        path: "/api/v1/restored",
        summary: "Somebody knows that the store was damaged and restored: it is said no longer.",
        need: Need::Box(Scope::Control),
        answers: &[answer(204, "It is said no longer, or was not.", &[])],
        problems: WISH,
        make: |_| Ok(Ask::AcknowledgeRestore),
        ..LOOK
    },
    Operation {
        id: "listTokens",
        path: "/api/v1/tokens",
        summary: "All tokens, without their secrets.",
        need: Need::Box(Scope::Admin),
        answers: &[answer(200, "The tokens.", &[form(JSON, "TokenList")])],
        problems: &["store"],
        make: |_| Ok(Ask::ListTokens),
        ..LOOK
    },
];

static ACCESS: [Operation; 5] = [
    Operation {
        id: "createToken",
        method: Method::Post,
        path: "/api/v1/tokens",
        summary: "One more token; its secret is in this answer and never again.",
        need: Need::Box(Scope::Admin),
        body: Body::Json("CreateToken"),
        answers: &[answer(201, "The token.", &[form(JSON, "NewToken")])],
        problems: &[
            "bad_body",
            "bad_expiry",
            "bad_name",
            "bad_scopes",
            "bad_sessions",
            "clock_not_set",
            "no_chance",
            "store",
            "token_cap",
        ],
        make: |_| Ok(Ask::CreateToken),
        ..LOOK
    },
    Operation {
        id: "revokeToken",
        method: Method::Delete,
        path: "/api/v1/tokens/{token}",
        summary: "Takes a token back.",
        need: Need::Box(Scope::Admin),
        answers: &[answer(204, "It is worth nothing any more.", &[])],
        problems: &["store", "unknown_token"],
        make: |asked| Ok(Ask::RevokeToken(asked.token.ok_or_else(unknown_token)?)),
        ..LOOK
    },
    Operation {
        id: "showAccessCode",
        method: Method::Post,
        path: "/api/v1/access/code",
        summary: "Shows a code on the panel for 60 s: whoever reads it there may sign in.",
        need: Need::Anybody,
        body: Body::Optional("Nothing"),
        answers: &[answer(202, "It is up.", &[form(JSON, "AccessCodeShown")])],
        problems: &["ending", "locked", "no_chance", "no_panel"],
        make: |_| Ok(Ask::ShowAccessCode),
        ..LOOK
    },
    Operation {
        id: "signIn",
        method: Method::Post,
        path: "/api/v1/access",
        summary: "Signs in with the code on the panel; the answer sets a cookie.",
        need: Need::Anybody,
        body: Body::Json("SignIn"),
        answers: &[answer(200, "Signed in.", &[form(JSON, "SignedIn")])],
        problems: &[
            "bad_body",
            "bad_code",
            "ending",
            "locked",
            "no_chance",
            "no_code",
            "no_panel",
            "store",
            "token_cap",
            "wrong_code",
        ],
        make: |_| Ok(Ask::SignIn),
        ..LOOK
    },
    Operation {
        id: "signOut",
        method: Method::Delete,
        path: "/api/v1/access",
        summary: "Takes the caller's own token back and clears the cookie.",
        need: Need::Anybody,
        answers: &[answer(204, "Signed out.", &[])],
        problems: &["store"],
        make: |_| Ok(Ask::SignOut),
        ..LOOK
    },
];
