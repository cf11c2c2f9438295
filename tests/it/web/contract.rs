//! The document, the router and the replies say the same.
//!
//! Every operation is asked in ways the document describes, with the real machine behind the desk, and
//! what comes back has a status, a form and a body the document gives. (Every other test of the web holds
//! its answers to the table, too: see `rig::checks`.)

use std::collections::{BTreeMap, BTreeSet};

use pairbox::web::Door;
use pairbox::web::openapi;
use pairbox::web::problem::codes::CODES;
use pairbox::web::reply::Reply;
use pairbox::web::route::operation::{Body, Method, Operation};
use pairbox::web::route::table::operations;
use serde_json::{Value, json};

use super::rig::checks::{Bare, NEVER_DONE, hold_bare, hold_to_schema, validator};
use super::rig::living::{Office, plain};
use super::rig::{SECOND, ids, me};
use super::router::in_full;

#[test]
fn the_document_and_the_router_have_the_same_operations() {
    let document = openapi::document();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            documented.insert((path.clone(), method.to_uppercase()));
            assert!(operation["responses"].as_object().unwrap().len() > 1);
        }
    }
    let routed: BTreeSet<_> = operations()
        .map(|row| (row.path.to_owned(), row.method.word().to_owned()))
        .collect();
    assert_eq!(documented, routed);
    assert_eq!(routed.len(), operations().count(), "a row is there twice");
    let names: BTreeSet<_> = operations().map(|row| row.id).collect();
    assert_eq!(names.len(), routed.len(), "a name is there twice");
}

#[test]
fn what_the_document_refers_to_is_in_it() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get("$ref") {
                    found.insert(target.clone());
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = openapi::document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for target in &found {
        let place = target.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{target}");
    }
    // Each is a schema by itself, and none is there for nothing.
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
        validator(schema);
        let target = format!("#/components/schemas/{name}");
        assert!(found.contains(&target), "nobody uses {name}");
    }
}

#[test]
fn every_code_is_in_the_table_once_and_used() {
    let rows: BTreeSet<_> = CODES
        .iter()
        .map(|(code, status, _)| (code, status))
        .collect();
    assert_eq!(rows.len(), CODES.len());
    assert!(CODES.is_sorted_by_key(|(code, ..)| code));
    let mut used: BTreeSet<&str> = operations().flat_map(Operation::problems).collect();
    used.extend(["not_found", "method_not_allowed"]);
    let known: BTreeSet<&str> = CODES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(used, known);
    // And whatever the sources make a problem of.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut folders = vec![folder];
    let mut made = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                for (status, code) in problems_made(&std::fs::read_to_string(&path).unwrap()) {
                    made += 1;
                    assert!(rows.contains(&(&code.as_str(), &status)), "{status} {code}");
                }
            }
        }
    }
    assert!(made > 50, "{made} were found only");
}

/// Status and code of each `Problem::new(…)`, where both are written out.
fn problems_made(source: &str) -> Vec<(u16, String)> {
    let calls = source.split("Problem::new(").skip(1);
    calls
        .filter_map(|call| {
            let (status, rest) = call.split_once(',')?;
            let code = rest.trim_start().strip_prefix('"')?.split('"').next()?;
            Some((status.trim().parse().ok()?, code.to_owned()))
        })
        .collect()
}

/// Bodies for the schema of that name, as the document describes them.
fn bodies(schema: &str) -> Vec<Value> {
    let all = match schema {
        "Nothing" => vec![json!({})],
        "AddSession" => vec![
            json!({}),
            json!({"label": "till", "start": false}),
            json!({"label": "till"}),
            json!({"phone": "+62 812-3456-789"}),
            json!({"phone": "1"}),
        ],
        "ChangeSession" => vec![
            json!({"label": "door", "country_prefix": "62"}),
            json!({"country_prefix": null}),
            json!({"label": "\u{7}"}),
            json!({"policy": {"dm": "open"}, "routes": {"sticky_ttl": 60}}),
        ],
        "PairByCode" => vec![json!({"phone": "628123456789"}), json!({"phone": "0"})],
        "SendMessage" => vec![
            json!({"to": "628123456789", "type": "text", "text": "x"}),
            json!({"to": "628123456789", "text": "x".repeat(5000)}),
            json!({"to": "120363043211234567@g.us", "text": "@628123456789", "mentions": ["628123456789"]}),
            json!({"to": "628123456789", "type": "image", "data": "AAAA", "mimetype": "image/png"}),
            json!({"to": "628123456789", "type": "document", "url": "http://169.254.169.254/x"}),
            json!({"to": "628123456789", "type": "location", "latitude": 1.5, "longitude": 2}),
            json!({"to": "628123456789", "type": "contact", "name": "Kim", "phone": "15550009876"}),
            json!({"to": "628123456789", "type": "reaction", "message": "3EB0", "emoji": "x"}),
            json!({"to": "nobody", "text": "x"}),
        ],
        "Typing" => vec![json!({}), json!({"on": false})],
        "MarkRead" => vec![json!({}), json!({"ids": ["3EB0AA"]})],
        "Policy" => vec![
            json!({}),
            json!({"dm": "allowlist", "allow_from": ["+15550009876", "*"], "ack_reaction": "\u{1f440}"}),
            json!({"allow_from": ["nobody"]}),
        ],
        "Routes" => vec![
            json!({}),
            json!({"routes": [{"name": "shop", "webhook": "wh_1", "match": {"text": "YES*"}}]}),
            json!({"link": "wh_99"}),
        ],
        "AddWebhook" => vec![
            json!({"url": "http://192.168.1.20:5678/hook", "events": ["*"], "headers": {"X-Key": "k"}}),
            json!({"url": "http://169.254.169.254/", "events": ["message"]}),
            json!({"url": "http://a.b", "events": ["message", "session.*"], "sessions": [me()]}),
        ],
        "ChangeWebhook" => vec![
            json!({"name": "till", "enabled": false}),
            json!({"rotate_secret": true, "enabled": true}),
            json!({"url": "ftp://a"}),
        ],
        "CreateToken" => vec![
            json!({"name": "till", "scopes": ["read"]}),
            json!({"name": "till", "scopes": ["read"], "sessions": [me()], "expires_in_s": 60}),
        ],
        "SignIn" => vec![json!({"code": "000000"})],
        other => panic!("what is a body of {other}?"),
    };
    let fits = validator(&json!({"$ref": format!("#/components/schemas/{schema}")}));
    for body in &all {
        assert!(fits.is_valid(body), "{schema}: {body}");
    }
    all
}

/// Requests that the document describes.
fn requests(row: &Operation) -> Vec<(String, String)> {
    let queries: &[&str] = match row.query.first().map(|parameter| parameter.name) {
        Some("limit") if row.id == "listMessages" => &[
            "",
            "?limit=1&direction=inbound",
            "?chat=15550009876%40s.whatsapp.net&cursor=7",
            "?direction=up",
            "?cursor=x",
        ],
        Some("status") => &["", "?status=dead", "?status=pending&limit=1", "?status=x"],
        Some("limit") => &["", "?limit=1", "?limit=200", "?limit=0"],
        Some("format") => &[
            "",
            "?format=png",
            "?format=svg",
            "?format=raw",
            "?format=ascii",
        ],
        Some("session") => &["", "?types=session.status", "?types=x"],
        _ => &[""],
    };
    let bodies: Vec<String> = match row.body {
        Body::None => vec![String::new()],
        Body::Optional(schema) | Body::Json(schema) | Body::JsonOrFile(schema, _) => {
            bodies(schema).iter().map(Value::to_string).collect()
        }
    };
    let mut all = Vec::new();
    for id in [
        me(),
        ids().name(SECOND),
        ids().name(pairbox::account::AccountId(40)),
    ] {
        for query in queries {
            for body in &bodies {
                let path = in_full(row.path, &id);
                all.push((format!("{path}{query}"), body.clone()));
            }
        }
        if !row.path.contains("{id}") {
            break;
        }
    }
    all
}

#[test]
fn every_operation_answers_as_the_document_says() {
    let office = Office::open(Box::new(plain));
    office.keep_a_message("3EB0KEPT");
    let mut seen: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    // What takes something away comes last.
    let rank = |row: &&Operation| {
        let makes = row.id == "addWebhook";
        (
            row.method == Method::Delete,
            row.path.ends_with("logout"),
            !makes,
        )
    };
    let mut rows: Vec<&Operation> = operations().collect();
    rows.sort_by_key(rank);
    let mut ask = |row: &'static Operation, key: Option<&str>, target: &str, body: &str| {
        let json = ("Content-Type", "application/json");
        let mut headers = vec![("Host", "127.0.0.1"), json];
        headers.extend(key.map(|key| ("X-Api-Key", key)));
        let door = key.map_or(Door::Lan, |key| {
            if key.is_empty() {
                Door::Control
            } else {
                Door::Lan
            }
        });
        headers.retain(|(_, value)| !value.is_empty());
        let reply = office.ask(row.method.word(), target, &headers, body.as_bytes(), door);
        check(row, target, &reply);
        seen.entry(row.id).or_default().insert(reply.status);
    };
    for row in rows {
        for (target, body) in requests(row) {
            let keys = &office.keys;
            let others = [
                &keys.read,
                &keys.control,
                &keys.send,
                &keys.second,
                &keys.first,
            ];
            for key in others {
                ask(row, Some(key), &target, &body);
            }
            ask(row, None, &target, &body);
            ask(row, Some("pbx_not-a-token"), &target, &body);
            ask(row, Some(""), &target, &body);
            ask(row, Some(&keys.admin), &target, &body);
        }
    }
    // Each was there and did what it is for, unless nothing here lets it.
    for row in operations().filter(|row| !NEVER_DONE.contains(&row.id)) {
        let seen = &seen[row.id];
        let worked = seen.iter().any(|status| (200..300).contains(status));
        assert!(worked, "{} only answered {seen:?}", row.id);
    }
    let answers: usize = seen.values().map(BTreeSet::len).sum();
    figure!(
        "contract: {} operations, {answers} kinds of answers",
        seen.len()
    );
}

fn check(row: &Operation, target: &str, reply: &Reply) {
    let bare = Bare {
        status: reply.status,
        content_type: if reply.body.is_empty() {
            ""
        } else {
            reply.content_type
        },
        allow: reply.headers.iter().any(|(name, _)| *name == "Allow"),
        body: &reply.body,
    };
    hold_bare(row.method.word(), target, &bare);
    if !reply.body.is_empty() || reply.status == 204 {
        hold_to_schema(row, &bare);
    }
}
