//! `GET /api/v1/openapi.json`: OpenAPI 3.1, made from the table of operations, the table of codes and
//! the schemas beside this file, so that it cannot say anything else than the router. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::problem::codes;
use super::route::operation::{Answer, Body, Need, Operation};
use super::route::table::operations;

/// The schemas of all bodies (JSON Schema 2020-12), by name.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// Problems of requests that reach no operation.
const OF_NO_OPERATION: &[&str] = &["not_found", "method_not_allowed"];

/// The document.
///
/// # Panics
/// Never: the schemas are part of the program, and a test reads them.
#[must_use]
pub fn document() -> Value {
    #[allow(clippy::expect_used, reason = "see above")]
    let schemas: Value = serde_json::from_str(SCHEMAS).expect("the schemas are JSON");
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for row in operations() {
        let path = paths.entry(row.path).or_default();
        path.insert(row.method.word().to_lowercase(), operation(row));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pairbox",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Links WhatsApp accounts and works as their gateway.",
            "description": description(),
            "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "pairbox"},
            },
        },
    })
}

fn description() -> String {
    let mut text = "Errors are `application/problem+json` (RFC 9457). A GET answers HEAD, too. Paths that \
                    are not here answer 404 `not_found`; other methods 405 `method_not_allowed` with \
                    `Allow`. Who comes over the control socket may do everything and needs no token. The \
                    codes:\n\n"
        .to_owned();
    for (code, status, what) in codes::CODES {
        let general = if OF_NO_OPERATION.contains(code) {
            " (of no operation)"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "- `{code}` ({status}): {what}{general}");
    }
    text
}

fn operation(row: &Operation) -> Value {
    let mut parts = Map::new();
    let mut say = |name: &str, value: Value| parts.insert(name.to_owned(), value);
    say("operationId", json!(row.id));
    say("summary", json!(row.summary));
    say("description", json!(needs(row.need)));
    say("security", security(row.need));
    let parameters = parameters(row);
    if !parameters.is_empty() {
        say("parameters", Value::Array(parameters));
    }
    match row.body {
        Body::None => {}
        Body::Optional(schema) => {
            say("requestBody", request_body(schema, false));
        }
        Body::Json(schema) => {
            say("requestBody", request_body(schema, true));
        }
        Body::JsonOrFile(schema, parts) => {
            let mut body = request_body(schema, true);
            body["content"]["multipart/form-data"] = json!({"schema": reference(parts)});
            say("requestBody", body);
        }
    }
    say("responses", Value::Object(responses(row)));
    Value::Object(parts)
}

fn needs(need: Need) -> String {
    match need {
        Need::Nothing => "Needs no token.".to_owned(),
        Need::Anybody => "Needs no token; who asks decides what is answered.".to_owned(),
        Need::Session(scope) => format!("Needs a token with `{scope}` for this session."),
        Need::Some(scope) => {
            format!("Needs a token with `{scope}`; the answer holds the sessions it is for.")
        }
        Need::Box(scope) => format!("Needs a token with `{scope}` that is for all sessions."),
    }
}

fn security(need: Need) -> Value {
    let mut ways: Vec<Value> = Vec::new();
    if need.scope().is_none() {
        ways.push(json!({}));
    }
    if need != Need::Nothing {
        let scopes: Vec<&str> = need
            .scope()
            .map(crate::token::Scope::word)
            .into_iter()
            .collect();
        ways.extend(["bearer", "key", "cookie"].map(|way| json!({way: scopes})));
    }
    Value::Array(ways)
}

fn parameters(row: &Operation) -> Vec<Value> {
    let in_path = row.names().map(|name| {
        let schema = match name {
            "id" => "SessionId",
            "token" => "TokenId",
            "mid" => "MessageId",
            "jid" => "Chat",
            "code" => "Code",
            "event" => "EventId",
            "webhook" => "WebhookId",
            _ => "DeliveryId",
        };
        json!({"name": name, "in": "path", "required": true, "schema": reference(schema)})
    });
    let in_query = row.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "required": false,
            "description": parameter.what,
            "schema": reference(parameter.schema),
        })
    });
    in_path.chain(in_query).collect()
}

fn request_body(schema: &str, required: bool) -> Value {
    json!({
        "required": required,
        "content": {"application/json": {"schema": reference(schema)}},
    })
}

fn responses(row: &Operation) -> Map<String, Value> {
    let mut responses = Map::new();
    for answer in row.answers {
        responses.insert(answer.status.to_string(), response(answer));
    }
    for (status, codes) in by_status(&row.problems()) {
        let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let problem = json!({
            "description": listed.join(", "),
            "content": {"application/problem+json": {"schema": {
                "allOf": [
                    reference("Problem"),
                    {"properties": {"status": {"const": status}, "code": {"enum": codes}}},
                ],
            }}},
        });
        responses.insert(status.to_string(), problem);
    }
    responses
}

fn response(answer: &Answer) -> Value {
    let forms = answer.forms.iter();
    let content: Map<String, Value> = forms
        .map(|form| {
            let schema = json!({"schema": reference(form.schema)});
            (form.media.to_owned(), schema)
        })
        .collect();
    if content.is_empty() {
        json!({"description": answer.what})
    } else {
        json!({"description": answer.what, "content": content})
    }
}

fn by_status(codes: &[&'static str]) -> BTreeMap<u16, Vec<&'static str>> {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes {
        for status in codes::statuses(code) {
            by_status.entry(status).or_default().push(code);
        }
    }
    by_status
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
