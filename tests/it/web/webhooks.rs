//! Webhooks over the API: made, changed, shown without secrets, tested, their lines looked at.

use pairbox::limits::WEBHOOKS_MAX;
use serde_json::{Value, json};

use super::rig::Rig;

const HOOKS: &str = "/api/v1/webhooks";
/// Nothing listens there.
const URL: &str = "http://127.0.0.1:9/secret-path?key=secret-key";

fn add(rig: &Rig, body: &Value) -> super::rig::Answer {
    rig.post(HOOKS, &body.to_string())
}

#[test]
fn a_secret_is_told_once_and_a_url_whole_to_those_in_charge() {
    let rig = Rig::start();
    let made = add(
        &rig,
        &json!({"url": URL, "events": ["message", "session.*"], "headers": {"X-Key": "secret-value"}}),
    );
    assert_eq!(made.status(), 201, "{}", made.text);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{}",
        secret.len()
    );
    let path = made.header("location").to_owned();
    assert_eq!(
        path,
        format!("{HOOKS}/{}", made.json()["id"].as_str().unwrap())
    );
    for target in [HOOKS, path.as_str()] {
        let whole = rig.get(target);
        assert!(whole.text.contains("secret-path"));
        assert!(!whole.text.contains("secret-value") && !whole.text.contains(&secret));
        let looked = rig.by(&rig.keys.read, "GET", target, "");
        assert!(!looked.text.contains("secret-"), "{}", looked.text);
        assert!(
            looked.text.contains("http://127.0.0.1:9/…"),
            "{}",
            looked.text
        );
    }
    let change = |body: Value| rig.by(&rig.keys.admin, "PATCH", &path, &body.to_string());
    let renamed = change(json!({"name": "till", "enabled": false}));
    assert_eq!(renamed.json()["name"], "till");
    assert_eq!(renamed.json()["enabled"], false);
    assert!(renamed.json()["secret"].is_null());
    let rotated = change(json!({"rotate_secret": true}));
    assert_ne!(rotated.json()["secret"], json!(secret));
    assert!(rotated.json()["old_secret_until"].is_string());
    assert!(
        !rig.get(&path)
            .text
            .contains(rotated.json()["secret"].as_str().unwrap())
    );
    assert_eq!(rig.by(&rig.keys.admin, "DELETE", &path, "").status(), 204);
    rig.get(&path).assert_problem(404, "unknown_webhook");
    change(json!({})).assert_problem(404, "unknown_webhook");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let rig = Rig::start();
    for (url, fits) in [
        ("http://192.168.1.20:5678/hook?a=b", true),
        ("https://[fd12::1]:8443/x", true),
        ("http://n8n.local", true),
        ("ftp://a/", false),
        ("http://", false),
        ("http:///x", false),
        ("http://user:secret-words@host/", false),
        ("http://host/#part", false),
        ("http://host:0/", false),
        ("http://host:99999/", false),
        ("http://ho st/", false),
        ("http://[::1/", false),
        ("http://[fe80::1]/", false),
        ("http://169.254.169.254/latest", false),
        ("http://METADATA.google.internal./", false),
        ("http://100.100.100.200/", false),
        ("http://host/\u{e9}", false),
    ] {
        let answer = add(&rig, &json!({"url": url, "events": ["*"]}));
        assert_eq!(answer.status() == 201, fits, "{url}: {}", answer.text);
        if !fits {
            answer.assert_problem(422, "bad_url");
            assert!(!answer.text.contains("secret-words"));
        }
    }
    let with = |name: &str, value: Value| {
        let mut body = json!({"url": URL, "events": ["*"]});
        body[name] = value;
        add(&rig, &body)
    };
    for events in [
        json!([]),
        json!(["x"]),
        json!(["mess*"]),
        json!(["nope.*"]),
        json!(["message", ""]),
    ] {
        with("events", events).assert_problem(422, "bad_events");
    }
    for headers in [
        json!({"Host": "a"}),
        json!({"webhook-id": "a"}),
        json!({"X-Webhook-Hmac": "a"}),
        json!({"a b": "a"}),
        json!({"": "a"}),
        json!({"X": ""}),
        json!({"X": "a\r\nY: b"}),
        json!({"X": 1}),
        json!({"X": "a", "x": "b"}),
        json!(["X"]),
    ] {
        with("headers", headers).assert_problem(422, "bad_headers");
    }
    with("sessions", json!(["ses_1"])).assert_problem(422, "bad_sessions");
    with("sessions", json!([])).assert_problem(422, "bad_sessions");
    with("secret", json!("short")).assert_problem(422, "bad_secret");
    with("name", json!("\u{7}")).assert_problem(422, "bad_name");
    with("colour", json!(1)).assert_problem(422, "unknown_field");
    add(&rig, &json!({"events": ["*"]})).assert_problem(422, "bad_field");
    add(&rig, &json!({"url": URL})).assert_problem(422, "bad_field");
    // Three were made above.
    for _ in 3..WEBHOOKS_MAX {
        assert_eq!(with("enabled", json!(false)).status(), 201);
    }
    with("enabled", json!(false)).assert_problem(507, "webhook_cap");
    for id in ["wh_0", "wh_01", "wh_99", "1", "wh_", "..", "%00"] {
        rig.get(&format!("{HOOKS}/{id}"))
            .assert_problem(404, "unknown_webhook");
    }
}

#[test]
fn a_test_waits_in_line_and_is_seen_there() {
    let rig = Rig::start();
    let made = add(
        &rig,
        &json!({"url": URL, "events": ["message"], "enabled": false}),
    );
    let path = format!("{HOOKS}/{}", made.json()["id"].as_str().unwrap());
    for nth in 1..=3 {
        let told = rig.post(&format!("{path}/test"), "{}");
        assert_eq!(told.status(), 202, "{}", told.text);
        let webhook = rig.get(&path).json();
        assert_eq!(webhook["queue"]["pending"], nth);
    }
    let first = rig.get(&format!("{path}/deliveries?limit=2")).json();
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    assert_eq!(first["data"][0]["event"], "test");
    assert_eq!(first["data"][0]["status"], "pending");
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = rig
        .get(&format!("{path}/deliveries?limit=2&cursor={cursor}"))
        .json();
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert!(rest["next_cursor"].is_null());
    let dead = rig.get(&format!("{path}/deliveries?status=dead")).json();
    assert_eq!(dead["data"], json!([]));
    rig.get(&format!("{path}/deliveries?status=x"))
        .assert_problem(422, "bad_status");
    let again = rig.post(&format!("{path}/replay"), "{}");
    assert_eq!(
        (again.status(), again.json()),
        (202, json!({"replayed": 0}))
    );
    for id in ["dlv_99", "dlv_+1", "dlv_", "1"] {
        rig.post(&format!("{path}/deliveries/{id}/replay"), "{}")
            .assert_problem(404, "unknown_delivery");
    }
    rig.by(&rig.keys.read, "POST", &format!("{path}/test"), "{}")
        .assert_problem(403, "missing_scope");
}
