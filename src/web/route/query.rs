//! Parameters of a query, and how they are read. Pure.
//!
//! Nothing is percent-decoded: none of our values needs it. Unknown parameters are nobody's business
//! (proxies and caches add their own); one that is given twice counts the first time.

use crate::web::problem::Problem;

/// Most items of a list, and how many when nothing is said.
pub const LIMIT_MAX: usize = 200;
/// See [`LIMIT_MAX`].
pub const LIMIT_DEFAULT: usize = 50;

/// A parameter, for the OpenAPI document.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// The name of the schema of its value.
    pub schema: &'static str,
}

/// How many items.
pub const LIMIT: Parameter = Parameter {
    name: "limit",
    what: "At most this many, the newest.",
    schema: "Limit",
};
/// The form of a QR.
pub const FORMAT: Parameter = Parameter {
    name: "format",
    what: "The form; goes before `Accept`.",
    schema: "QrFormat",
};
/// Events of one session.
pub const SESSION: Parameter = Parameter {
    name: "session",
    what: "Events of this session only.",
    schema: "SessionId",
};
/// Events of some kinds.
pub const TYPES: Parameter = Parameter {
    name: "types",
    what: "Events of these kinds only, with commas between them.",
    schema: "EventTypes",
};

/// Messages of one direction.
pub const DIRECTION: Parameter = Parameter {
    name: "direction",
    what: "Messages that went this way only.",
    schema: "Direction",
};
/// Messages of one chat.
pub const CHAT: Parameter = Parameter {
    name: "chat",
    what: "Messages of this chat only.",
    schema: "Chat",
};
/// Where a list goes on.
pub const CURSOR: Parameter = Parameter {
    name: "cursor",
    what: "`next_cursor` of the answer before: the list goes on there.",
    schema: "Cursor",
};
/// Deliveries of one state.
pub const STATUS: Parameter = Parameter {
    name: "status",
    what: "Deliveries of this state only.",
    schema: "DeliveryStatus",
};

/// How a QR can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QrFormat {
    /// The text and its times, as JSON.
    Json,
    /// The text.
    Raw,
    /// A picture.
    Png,
    /// A drawing.
    Svg,
    /// Half blocks for a terminal.
    Ascii,
}

impl QrFormat {
    /// All, with their words and media types; the first is what is sent when nothing is said.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Json, "json", "application/json"),
        (Self::Raw, "raw", "text/plain"),
        (Self::Png, "png", "image/png"),
        (Self::Svg, "svg", "image/svg+xml"),
        (Self::Ascii, "ascii", "text/plain"),
    ];
}

/// The value of a parameter.
#[must_use]
pub fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// `?limit=`, 1 to [`LIMIT_MAX`].
pub fn limit(query: &str) -> Result<usize, Problem> {
    let Some(text) = parameter(query, "limit") else {
        return Ok(LIMIT_DEFAULT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
        .ok_or_else(|| {
            Problem::new(
                422,
                "bad_limit",
                format!("`limit` is a number from 1 to {LIMIT_MAX}."),
            )
        })
}

/// `?format=`, or what `Accept` asks for; JSON when neither says.
pub fn qr_format(query: &str, accept: Option<&str>) -> Result<QrFormat, Problem> {
    if let Some(word) = parameter(query, "format") {
        return QrFormat::ALL
            .into_iter()
            .find(|(_, known, _)| *known == word)
            .map(|(format, ..)| format)
            .ok_or_else(|| {
                Problem::new(
                    422,
                    "unknown_format",
                    "`format` is one of: json, raw, png, svg, ascii.",
                )
            });
    }
    Ok(accept.map_or(QrFormat::Json, accepted))
}

/// The form with the highest weight; what is named goes before a wildcard, and browsers' pictures come
/// as drawings. Nothing known: JSON, as if nothing had been asked.
fn accepted(accept: &str) -> QrFormat {
    let mut best = (0, QrFormat::Json);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1000, |q| {
                // Three digits after the point are all there may be (RFC 9110, 12.4.2).
                let q: f32 = q.parse().unwrap_or(0.0);
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within 0 to 1000"
                )]
                let thousandths = (q.clamp(0.0, 1.0) * 1000.0) as u32;
                thousandths
            });
        let named = QrFormat::ALL
            .into_iter()
            .find(|(_, _, known)| *known == media);
        let format = match (named, media) {
            (Some((format, ..)), _) => format,
            (None, "image/*") => QrFormat::Svg,
            (None, _) => continue,
        };
        if weight > best.0 {
            best = (weight, format);
        }
    }
    best.1
}
