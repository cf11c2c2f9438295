//! What must hold of every answer whatsoever, checked wherever one is received.

use std::sync::LazyLock;

use jsonschema::Validator;
use pairbox::web::openapi;
use pairbox::web::problem::codes;
use pairbox::web::route::operation::{Method, Operation};
use pairbox::web::route::rows;
use serde_json::{Value, json};

use super::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);

/// Operations that nothing here lets do what they are for.
pub const NEVER_DONE: [&str; 9] = [
    // No store in a file: `backup` does it.
    "getBackup",
    "streamEventsOverWebSocket",
    "signIn",
    // They need a link, a file, somebody who waits, or a delivery: shown elsewhere.
    "getMedia",
    "showTyping",
    "markRead",
    "approvePairingRequest",
    "denyPairingRequest",
    "replayDelivery",
];

/// An answer without its socket.
pub struct Bare<'a> {
    pub status: u16,
    /// `Content-Type` as sent; empty without one.
    pub content_type: &'a str,
    /// `Allow` is there.
    pub allow: bool,
    pub body: &'a [u8],
}

/// Checks an answer that came over a socket.
pub fn hold(method: &str, target: &str, answer: &Answer) {
    let bare = Bare {
        status: answer.status(),
        content_type: answer.header("content-type"),
        allow: !answer.header("allow").is_empty(),
        body: &answer.bytes,
    };
    hold_bare(method, target, &bare);
}

/// Checks an answer: a problem has its form and a known code, and what an operation answers is listed.
pub fn hold_bare(method: &str, target: &str, answer: &Bare<'_>) {
    let said = String::from_utf8_lossy(answer.body);
    let what = || format!("{method} {target}: {} {said}", answer.status);
    let is_problem = answer.content_type == "application/problem+json";
    assert_eq!(is_problem, answer.status >= 400, "{}", what());
    assert_eq!(answer.status == 405, answer.allow, "{}", what());
    if is_problem && method != "HEAD" {
        let body: Value =
            serde_json::from_slice(answer.body).unwrap_or_else(|_| panic!("{}", what()));
        assert_eq!(body["status"], json!(answer.status), "{}", what());
        let code = body["code"].as_str().unwrap_or_default();
        assert!(codes::is_known(answer.status, code), "{}", what());
        let faults: Vec<_> = problem()
            .iter_errors(&body)
            .map(|it| it.to_string())
            .collect();
        assert!(faults.is_empty(), "{faults:?} {}", what());
        if let Some(row) = row(method, target) {
            // A path whose names mean nothing reaches no operation.
            assert!(
                row.problems().contains(&code),
                "{} lists no {code}: {}",
                row.id,
                what()
            );
        } else {
            assert!(
                matches!(
                    answer.status,
                    400 | 403 | 404 | 405 | 408 | 413 | 417 | 431 | 503 | 504 | 505
                ),
                "{}",
                what()
            );
        }
    } else if let Some(row) = row(method, target) {
        assert!(row.lists(answer.status), "{} lists no {}", row.id, what());
    } else {
        assert!(answer.status >= 400, "{}", what());
    }
}

/// The operation of a request.
pub fn row(method: &str, target: &str) -> Option<&'static Operation> {
    let path = target.split('?').next().unwrap_or_default();
    let method = Method::of(method)?;
    rows(path).find(|row| row.method == method)
}

/// Checks what an operation answered against the schema the document gives for it.
pub fn hold_to_schema(row: &Operation, answer: &Bare<'_>) {
    let media = answer.content_type.split(';').next().unwrap_or_default();
    let pointer = format!(
        "/paths/{}/{}/responses/{}",
        row.path.replace('~', "~0").replace('/', "~1"),
        row.method.word().to_lowercase(),
        answer.status
    );
    let said = DOCUMENT.pointer(&pointer);
    let said = said.unwrap_or_else(|| panic!("{} has no {}", row.id, answer.status));
    let Some(content) = said.get("content") else {
        assert!(
            answer.body.is_empty(),
            "{} {}: a body",
            row.id,
            answer.status
        );
        return;
    };
    let schema = content.get(media).and_then(|form| form.get("schema"));
    let schema = schema.unwrap_or_else(|| panic!("{} {}: {media}", row.id, answer.status));
    if !media.ends_with("json") {
        return;
    }
    let body: Value = serde_json::from_slice(answer.body).unwrap();
    let faults: Vec<_> = validator(schema)
        .iter_errors(&body)
        .map(|it| format!("{it} at {}", it.instance_path()))
        .collect();
    assert!(
        faults.is_empty(),
        "{} {}: {faults:?} in {body}",
        row.id,
        answer.status
    );
}

/// A validator for a schema of the document.
pub fn validator(schema: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = DOCUMENT["components"].clone();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&whole)
        .unwrap()
}

fn problem() -> &'static Validator {
    static PROBLEM: LazyLock<Validator> =
        LazyLock::new(|| validator(&json!({"$ref": "#/components/schemas/Problem"})));
    &PROBLEM
}
