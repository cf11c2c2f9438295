//! The rows about sessions: all of them, one of them, and what can be done to it.

use super::{CHANGING_202, DEED, JSON, LOOK, SESSION_200, SESSION_JSON, TEXT, answer, form};
use crate::token::Scope;
use crate::web::route::Ask;
use crate::web::route::Deed;
use crate::web::route::operation::{Body, Method, Need, Operation};
use crate::web::route::query::{self, FORMAT, LIMIT};

pub(super) static SESSIONS: [Operation; 5] = [
    Operation {
        id: "listSessions",
        path: "/api/v1/sessions",
        summary: "All sessions that the token is for.",
        need: Need::Some(Scope::Read),
        answers: &[answer(200, "The sessions.", &[form(JSON, "SessionList")])],
        make: |_| Ok(Ask::ListSessions),
        ..LOOK
    },
    Operation {
        id: "addSession",
        path: "/api/v1/sessions",
        summary: "One more session; pairs at once unless told otherwise.",
        need: Need::Box(Scope::Admin),
        body: Body::Optional("AddSession"),
        answers: &[answer(
            201,
            "The session; `Location` is its path.",
            SESSION_JSON,
        )],
        problems: &[
            "bad_label",
            "bad_phone",
            "ending",
            "label_taken",
            "session_cap",
        ],
        make: |_| Ok(Ask::AddSession),
        ..DEED
    },
    Operation {
        id: "getSession",
        path: "/api/v1/sessions/{id}",
        summary: "One session.",
        need: Need::Session(Scope::Read),
        answers: &[SESSION_200],
        make: |asked| asked.session(Deed::Show),
        ..LOOK
    },
    Operation {
        id: "changeSession",
        method: Method::Patch,
        path: "/api/v1/sessions/{id}",
        summary: "Another label, country prefix, policy or routes.",
        need: Need::Session(Scope::Admin),
        body: Body::Json("ChangeSession"),
        problems: &[
            "bad_country_prefix",
            "bad_label",
            "bad_policy",
            "bad_routes",
            "ending",
            "label_taken",
            "store",
        ],
        make: |asked| asked.session(Deed::Change),
        ..DEED
    },
    Operation {
        id: "deleteSession",
        method: Method::Delete,
        path: "/api/v1/sessions/{id}",
        summary: "Unlinks it at WhatsApp if that can be reached, and forgets everything about it.",
        need: Need::Session(Scope::Admin),
        body: Body::None,
        answers: &[answer(204, "It is gone.", &[])],
        make: |asked| asked.session(Deed::Delete),
        ..DEED
    },
];

pub(super) static DEEDS: [Operation; 10] = [
    Operation {
        id: "startSession",
        path: "/api/v1/sessions/{id}/start",
        summary: "Brings it online; pairs it if it is not linked; a fresh QR when one is up.",
        answers: &[SESSION_200, CHANGING_202],
        make: |asked| asked.session(Deed::Start),
        ..DEED
    },
    Operation {
        id: "connectSession",
        path: "/api/v1/sessions/{id}/connect",
        summary: "Another name of `start`.",
        answers: &[SESSION_200, CHANGING_202],
        make: |asked| asked.session(Deed::Start),
        ..DEED
    },
    Operation {
        id: "stopSession",
        path: "/api/v1/sessions/{id}/stop",
        summary: "Takes it offline; the link is kept.",
        make: |asked| asked.session(Deed::Stop),
        ..DEED
    },
    Operation {
        id: "disconnectSession",
        path: "/api/v1/sessions/{id}/disconnect",
        summary: "Another name of `stop`.",
        make: |asked| asked.session(Deed::Stop),
        ..DEED
    },
    Operation {
        id: "restartSession",
        path: "/api/v1/sessions/{id}/restart",
        summary: "Takes it offline and brings it online again.",
        answers: &[CHANGING_202],
        make: |asked| asked.session(Deed::Restart),
        ..DEED
    },
    Operation {
        id: "logOutSession",
        path: "/api/v1/sessions/{id}/logout",
        summary: "Unlinks it and wipes its keys; label and settings stay.",
        make: |asked| asked.session(Deed::Logout),
        ..DEED
    },
    Operation {
        id: "selectSession",
        path: "/api/v1/sessions/{id}/select",
        summary: "Shows it on the panel; the buttons act on it.",
        make: |asked| asked.session(Deed::Select),
        ..DEED
    },
    Operation {
        id: "getQr",
        path: "/api/v1/sessions/{id}/qr",
        summary: "The QR to scan; a credential, never to be kept.",
        need: Need::Session(Scope::Read),
        query: &[FORMAT],
        answers: &[
            answer(
                200,
                "The code that is on show.",
                &[
                    form(JSON, "Qr"),
                    form(TEXT, "Text"),
                    form("image/png", "Binary"),
                    form("image/svg+xml", "Text"),
                ],
            ),
            answer(202, "One is on its way; see `Retry-After`.", SESSION_JSON),
        ],
        problems: &[
            "already_working",
            "not_pairing",
            "qr_exhausted",
            "qr_too_long",
            "unknown_format",
        ],
        make: |asked| {
            let format = query::qr_format(asked.query, asked.accept)?;
            asked.session(Deed::Qr(format))
        },
        ..LOOK
    },
    Operation {
        id: "requestPairingCode",
        path: "/api/v1/sessions/{id}/pairing-code",
        summary: "A code to type on the phone, instead of a QR. Waits until WhatsApp agreed to it.",
        body: Body::Json("PairByCode"),
        answers: &[answer(200, "The code.", &[form(JSON, "PairingCode")])],
        problems: &[
            "already_linked",
            "bad_phone",
            "ending",
            "no_pairing_code",
            "store",
            "too_many_codes",
        ],
        make: |asked| asked.session(Deed::PairingCode),
        ..DEED
    },
    Operation {
        id: "listSessionEvents",
        path: "/api/v1/sessions/{id}/events",
        summary: "The last changes of its state with their reasons, the newest first.",
        need: Need::Session(Scope::Read),
        query: &[LIMIT],
        answers: &[answer(200, "The events.", &[form(JSON, "EventList")])],
        problems: &["bad_limit"],
        make: |asked| asked.session(Deed::ListEvents(query::limit(asked.query)?)),
        ..LOOK
    },
];
