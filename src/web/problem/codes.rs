//! Every code a problem can have, with its status and what it means: the one table of them, which the
//! OpenAPI document lists and the tests hold every answer to. Pure; no behaviour.

/// Code, status, meaning; by code.
pub const CODES: &[(&str, u16, &str)] = &[
    (
        "already_linked",
        409,
        "The session is linked: there is nothing to pair.",
    ),
    (
        "already_working",
        409,
        "The session is connected: it has no QR.",
    ),
    (
        "bad_body",
        422,
        "The body has the wrong fields, or is no JSON object.",
    ),
    (
        "bad_chat",
        422,
        "The chat is named neither by an address nor by a number.",
    ),
    ("bad_code", 422, "The code is not six digits."),
    ("bad_country_prefix", 422, "The country prefix is not one."),
    (
        "bad_cursor",
        422,
        "`cursor` is not what an earlier answer said.",
    ),
    ("bad_direction", 422, "`direction` is out of range."),
    (
        "bad_event_id",
        422,
        "`Last-Event-ID` is not the id of an event.",
    ),
    (
        "bad_events",
        422,
        "The events of the webhook cannot be used.",
    ),
    ("bad_expiry", 422, "`expires_in_s` is out of range."),
    (
        "bad_field",
        422,
        "A field has the wrong kind of value, or is missing.",
    ),
    (
        "bad_handshake",
        400,
        "The handshake of the WebSocket is not as it should be.",
    ),
    (
        "bad_headers",
        422,
        "The headers of the webhook cannot be used.",
    ),
    ("bad_json", 400, "The body is not JSON."),
    ("bad_key", 422, "`Idempotency-Key` cannot be used."),
    ("bad_label", 422, "The label cannot be used."),
    ("bad_limit", 422, "`limit` is out of range."),
    (
        "bad_media",
        422,
        "The file cannot be sent as what it is called.",
    ),
    ("bad_message", 422, "The message has the wrong fields."),
    (
        "bad_multipart",
        400,
        "The multipart body is not as it should be.",
    ),
    ("bad_name", 422, "The name cannot be used."),
    (
        "bad_phone",
        422,
        "The number is none in international form.",
    ),
    ("bad_policy", 422, "The policy cannot be used."),
    ("bad_range", 416, "The file has no such part."),
    (
        "bad_recipient",
        422,
        "The recipient is neither a number nor a JID.",
    ),
    (
        "bad_request",
        400,
        "The request is not HTTP as it should be.",
    ),
    ("bad_routes", 422, "The routes cannot be used."),
    (
        "bad_scopes",
        422,
        "There is no such scope, or none is given.",
    ),
    (
        "bad_secret",
        422,
        "The secret of the webhook cannot be used.",
    ),
    (
        "bad_session",
        422,
        "`session` names no session of this box.",
    ),
    ("bad_sessions", 422, "`sessions` cannot be used."),
    ("bad_status", 422, "`status` is out of range."),
    ("bad_text", 422, "The text is empty or too long."),
    (
        "bad_token",
        401,
        "The token is unknown, taken back or past its end.",
    ),
    ("bad_types", 422, "There is no such kind of event."),
    ("bad_url", 422, "The URL of the webhook cannot be used."),
    ("broken", 500, "Something broke inside: a bug."),
    (
        "busy",
        503,
        "Too much is under way, or the machine does not answer; see `Retry-After`.",
    ),
    (
        "clock_not_set",
        401,
        "The clock is not set, so nobody can say whether the token is past its end.",
    ),
    (
        "clock_not_set",
        409,
        "The clock is not set, so nobody can say when it would end.",
    ),
    (
        "cold_send_blocked",
        403,
        "The recipient did not write first, and the policy blocks that.",
    ),
    (
        "console_only",
        403,
        "This is answered over the control socket only.",
    ),
    ("cross_site", 403, "Another site's page may not do this."),
    ("crowded", 503, "Too many connections are open."),
    ("cut_off", 400, "The body ended too early."),
    ("ending", 503, "The service is ending."),
    (
        "expectation_failed",
        417,
        "`Expect` asks for something that cannot be met.",
    ),
    ("foreign_host", 403, "The `Host` is not a name of this box."),
    (
        "head_too_large",
        431,
        "The head of the request is too large.",
    ),
    (
        "http_version",
        505,
        "Only HTTP/1.1 and HTTP/1.0 are spoken.",
    ),
    (
        "idempotency_conflict",
        409,
        "The idempotency key was used for another message.",
    ),
    ("label_taken", 409, "Another session has that label."),
    ("locked", 429, "Too many wrong codes; see `Retry-After`."),
    ("media_gone", 410, "The file is not at WhatsApp any more."),
    (
        "media_too_large",
        413,
        "The file is larger than this box takes.",
    ),
    ("media_unreachable", 502, "The file could not be fetched."),
    (
        "method_not_allowed",
        405,
        "The path takes other methods; see `Allow`.",
    ),
    ("missing_scope", 403, "The token lacks a scope."),
    ("no_answer", 504, "No answer came in time."),
    ("no_chance", 503, "The system gives no random numbers."),
    ("no_code", 409, "No code is on the panel."),
    ("no_copy", 507, "There is no copy of the store."),
    (
        "no_door",
        403,
        "The request did not come through the front.",
    ),
    ("no_host", 400, "There is no `Host`."),
    ("no_media", 404, "There is no file of this name."),
    ("no_pairing_code", 409, "WhatsApp gave no code to type."),
    ("no_panel", 409, "The box has no panel to show a code."),
    ("no_picture", 404, "The box has no panel."),
    ("not_found", 404, "There is nothing at this path."),
    (
        "not_json",
        415,
        "The body has to be sent as `application/json`.",
    ),
    (
        "not_on_whatsapp",
        404,
        "Nobody with this number is on WhatsApp.",
    ),
    ("not_pairing", 409, "The session has no QR: start it."),
    ("not_ready", 503, "A session that should be online is not."),
    ("not_working", 409, "The session is not connected."),
    ("other_session", 403, "The token is for other sessions."),
    (
        "pacing_limited",
        429,
        "The account sends too much; see `Retry-After`.",
    ),
    (
        "qr_exhausted",
        410,
        "All codes were shown and none was scanned: start it again.",
    ),
    ("qr_too_long", 500, "The code fits no QR."),
    (
        "repeated_header",
        400,
        "A header that may be there once is there more often.",
    ),
    ("request_expired", 410, "The request ran out."),
    (
        "session_cap",
        507,
        "The box holds as many sessions as it can.",
    ),
    ("spool_failed", 507, "The file could not be kept."),
    ("stalled", 503, "The event loop stands still."),
    ("store", 503, "The store could not be read or written."),
    ("store_failing", 503, "The store takes no writes."),
    ("token_cap", 507, "The box holds as many tokens as it can."),
    ("too_large", 413, "The file is larger than this box takes."),
    ("too_long", 413, "The body is too long."),
    (
        "too_many_codes",
        429,
        "WhatsApp gives no more codes for this number now.",
    ),
    (
        "too_many_downloads",
        503,
        "As many files as there may be are being taken; see `Retry-After`.",
    ),
    (
        "too_many_streams",
        503,
        "As many event streams as there may be are open; see `Retry-After`.",
    ),
    (
        "too_many_uploads",
        503,
        "As many files as there may be are being sent here; see `Retry-After`.",
    ),
    ("too_slow", 408, "The request came too slowly."),
    (
        "two_credentials",
        400,
        "The request carries two different tokens.",
    ),
    ("unauthorized", 401, "A token is needed."),
    ("unknown_delivery", 404, "There is no such delivery."),
    (
        "unknown_field",
        422,
        "The body has a field that is not known here.",
    ),
    ("unknown_format", 422, "A QR does not come in this form."),
    ("unknown_message", 404, "There is no such message."),
    ("unknown_request", 404, "Nobody waits with this code."),
    ("unknown_session", 404, "There is no such session."),
    ("unknown_token", 404, "There is no such token."),
    ("unknown_webhook", 404, "There is no such webhook."),
    ("upgrade_required", 426, "Only a WebSocket can be had here."),
    (
        "webhook_cap",
        507,
        "The box holds as many webhooks as it can.",
    ),
    ("wrong_code", 403, "That is not the code on the panel."),
];

/// The statuses a problem of this code can have; none when there is no such code.
pub fn statuses(code: &str) -> impl Iterator<Item = u16> {
    let rows = CODES.iter().filter(move |(known, ..)| *known == code);
    rows.map(|(_, status, _)| *status)
}

/// Whether a problem of this status may have this code.
#[must_use]
pub fn is_known(status: u16, code: &str) -> bool {
    statuses(code).any(|one| one == status)
}
