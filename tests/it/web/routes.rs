//! Each route with an ordinary client.
//!
//! Every answer goes over a real socket, so that headers, lengths and the absence of a body are what
//! a browser would see. The snapshot is published by the test.

use std::time::Duration;

use base64::Engine as _;
use pairbox::fault::{Fault, Obstacle, Trouble};
use pairbox::snapshot::Status;
use sha2::{Digest as _, Sha256};

use super::rig::{LOCAL, PHONE, PNG, Rig, me, mine, scan};

#[test]
fn the_page_is_one_document_that_runs_nothing_else() {
    let rig = Rig::start();
    let page = rig.get("/");
    assert_eq!(page.status(), 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let (_, rest) = page.text.split_once(open).unwrap();
        let (inside, _) = rest.split_once(close).unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(inside));
        assert!(inside.len() > 1000, "{open} was not filled in");
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{open}");
        assert_eq!(page.text.matches(open).count(), 1);
    }
    // Nothing is loaded from anywhere else: the URLs are the name of a namespace, and an example in a field.
    let mut elsewhere = page.text.replace("http://www.w3.org/2000/svg", "");
    elsewhere = elsewhere.replace("placeholder=\"http://192.168.1.30:5000/whatsapp\"", "");
    assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"));
    assert!(!elsewhere.contains(" style=") && !elsewhere.contains(" onclick="));
    figure!("the page: {} bytes, in one answer", page.text.len());

    let head = rig.ask("HEAD", "/", &[], "");
    assert_eq!((head.status(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-security-policy"), policy);
}

#[test]
fn the_page_reads_what_the_status_tells() {
    let rig = Rig::start();
    rig.publish(scan());
    let script = rig.get("/").text;
    let status = rig.get("/api/v1/status").json();
    for (name, value) in [
        ("status", &status),
        ("session", &status["sessions"][0]),
        ("panel", &status["panel"]),
        ("pairing", &status["sessions"][0]["pairing"]),
    ] {
        let mut read = 0;
        for (at, _) in script.match_indices(&format!("{name}.")) {
            // The end of a longer word, or of a path like `x.session.`, is another thing.
            let before = script[..at].chars().next_back().unwrap();
            let field: String = script[at + name.len() + 1..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if before.is_ascii_alphanumeric() || ".-\"/".contains(before) || field.is_empty() {
                continue;
            }
            assert!(value.get(&field).is_some(), "the page reads {name}.{field}");
            read += 1;
        }
        assert!(read >= 2, "{name} is read in {read} places only");
    }
}

#[test]
fn the_status_tells_the_account_and_is_cheap_when_nothing_changed() {
    let rig = Rig::start();
    rig.publish(Status::Working);
    let answer = rig.get("/api/v1/status");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    let session = &body["sessions"][0];
    assert_eq!(body["selected"], me());
    assert_eq!(body["caller"]["kind"], "token");
    assert_eq!(body["caller"]["scopes"], serde_json::json!(["admin"]));
    assert_eq!(body["panel"]["width"], 128);
    assert_eq!(session["id"], me());
    assert_eq!(session["label"], "shop");
    assert_eq!(session["status"], "working");
    assert_eq!(session["status_text"], "Connected");
    assert_eq!(session["phone"], PHONE);
    assert_eq!(session["jid"], format!("{PHONE}@s.whatsapp.net"));
    assert_eq!(session["lid"], "98765432101234@lid");
    assert_eq!(session["since"], "2026-03-01T07:05:09.250Z");

    let tag = answer.header("etag").to_owned();
    let known = |tags: &str| rig.ask_with("GET", "/api/v1/status", &[("If-None-Match", tags)], "");
    let again = known(&tag);
    assert_eq!((again.status(), again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(known(&format!("\"x\", {tag}")).status(), 304);
    // Somebody else does not see the same, and must not be told that nothing changed.
    let stranger = rig.ask("GET", "/api/v1/status", &[("If-None-Match", &tag)], "");
    assert_eq!(stranger.status(), 200);
    rig.publish(scan());
    let changed = known(&tag);
    assert_eq!(changed.status(), 200);
    assert_eq!(changed.json()["sessions"][0]["pairing"]["seq"], 2);
}

#[test]
fn a_tag_of_an_earlier_run_is_not_known() {
    let (before, after) = (Rig::start(), Rig::start());
    let tag = before.get("/api/v1/status").header("etag").to_owned();
    let answer = after.ask_with("GET", "/api/v1/status", &[("If-None-Match", &tag)], "");
    assert_eq!(answer.status(), 200);
}

#[test]
fn the_status_carries_what_each_state_carries() {
    let rig = Rig::start();
    let now = rig.clock.mono();
    let session = |status: Status| {
        rig.publish(status);
        rig.get("/api/v1/status").json()["sessions"][0].clone()
    };
    let within = |value: &serde_json::Value, most: u64| {
        let ms = value.as_u64().unwrap_or_else(|| panic!("{value}"));
        assert!(ms > 0 && ms <= most, "{ms}");
    };

    let failed = session(Status::Failed {
        fault: Fault::AccountLocked,
        retry_at: Some(now + Duration::from_secs(300)),
    });
    assert_eq!(failed["reason"], "account_locked");
    assert_eq!(failed["advice"], Fault::AccountLocked.advice());
    within(&failed["retry_in_ms"], 300_000);

    let reconnecting = session(Status::Reconnecting {
        attempt: 3,
        next_at: Some(now + Duration::from_secs(60)),
        trouble: None,
    });
    assert_eq!(reconnecting["reconnect"]["attempt"], 3);
    within(&reconnecting["reconnect"]["next_in_ms"], 60_000);

    let scanning = session(scan());
    assert_eq!(scanning["pairing"]["lifetime_ms"], 3_600_000);
    within(&scanning["pairing"]["expires_in_ms"], 3_600_000);

    let slow = session(Status::Starting {
        pairing_done: false,
        slow: Some(Trouble {
            obstacle: Obstacle::NoAnswer,
            why: "no route".into(),
        }),
    });
    assert_eq!(slow["detail"], "no route");
    assert_eq!(slow["pairing"], serde_json::Value::Null);
}

#[test]
fn the_panels_picture() {
    let rig = Rig::start();
    let picture = rig.get("/api/v1/panel.png");
    assert_eq!(picture.status(), 200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert_eq!(picture.header("cache-control"), "no-store");
    assert_eq!(picture.text, String::from_utf8_lossy(PNG));
    let headless = Rig::with(LOCAL, |context| context.panel_png = Box::new(|_, _| None));
    headless.get("/panel.png").assert_problem(404, "no_picture");
}

#[test]
fn what_is_not_there_or_not_meant_is_told() {
    let rig = Rig::start();
    for path in [
        "/index.html",
        "/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/livez/",
        "//livez",
        "/api/v1",
        "/api/v1/",
        "/api/v1/sessions/",
        &mine("qr/"),
        "/api/v2/status",
    ] {
        let answer = rig.get(path);
        assert_eq!(answer.status(), 404, "{path}");
    }
    for id in ["ses_1", "1", "x", "..", &me().to_lowercase(), &me()[..29]] {
        rig.get(&format!("/api/v1/sessions/{id}/qr"))
            .assert_problem(404, "unknown_session");
    }
    for (method, path, allow) in [
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/api/v1/status", "GET, HEAD"),
        ("GET", &mine("start"), "POST"),
        ("TRACE", &mine("stop"), "POST"),
        ("PUT", &mine("messages"), "GET, HEAD, POST"),
        ("PUT", "/api/v1/sessions", "GET, HEAD, POST"),
        ("PATCH", &mine("policy"), "GET, HEAD, PUT"),
        ("PUT", "/api/v1/webhooks/wh_1", "GET, HEAD, PATCH, DELETE"),
        (
            "POST",
            mine("").trim_end_matches('/'),
            "GET, HEAD, PATCH, DELETE",
        ),
        ("GET", "/api/v1/access", "POST, DELETE"),
    ] {
        let answer = rig.ask(method, path, &[("Content-Type", "application/json")], "");
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allow);
    }
    for row in pairbox::web::route::table::operations() {
        let get =
            row.method.word() == "GET" && !row.path.contains('{') && !row.id.starts_with("stream");
        if get {
            let head = rig.ask_with("HEAD", row.path, &[], "");
            assert_eq!(head.status(), rig.get(row.path).status(), "{}", row.path);
            assert!(head.text.is_empty(), "{}", row.path);
        }
    }
}

#[test]
fn an_address_that_cannot_be_had_is_told_in_one_line() {
    let rig = Rig::start();
    let said = |address: &str| {
        let error = pairbox::web::bind(address.parse().unwrap()).err().unwrap();
        let said = error.to_string();
        assert_eq!(said.lines().count(), 1, "{said}");
        said
    };
    let taken = rig.address.to_string();
    assert_eq!(
        said(&taken),
        format!("the page cannot listen on {taken}: another program does already ([http] listen)")
    );
    assert_eq!(
        said("192.0.2.1:8080"),
        "the page cannot listen on 192.0.2.1:8080: this machine does not have that address ([http] \
         listen)"
    );
}
