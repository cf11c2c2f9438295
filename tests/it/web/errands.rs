//! Messages, policy, routes and those who wait, with the real gateway behind the page and no link.

use pairbox::account::AccountId;
use pairbox::message::address::{Chat, Person};
use pairbox::message::content::{Content, Media, MediaKind};
use pairbox::message::inbound::Inbound;
use pairbox::time::UnixMillis;
use serde_json::{Value, json};

use super::rig::{Rig, SECOND, ids, mine};

/// What the messages of these tests say: for those who may read.
const WORDS: &str = "words between friends";

/// A message from somebody.
fn inbound(id: &str, content: Content) -> Inbound {
    let sender: Person = "447700900155@s.whatsapp.net".parse().unwrap();
    Inbound {
        id: id.parse().unwrap(),
        chat: Chat::Person(sender.clone()),
        sender,
        from_me: false,
        name: Some("Lee".into()),
        group_name: None,
        at: UnixMillis(1_772_348_709_000),
        offline: false,
        content,
        mentioned: Vec::new(),
        quoted: None,
    }
}

fn text(id: &str) -> Inbound {
    inbound(id, Content::Text { text: WORDS.into() })
}

#[test]
fn messages_are_listed_in_pages_and_found_by_id() {
    let rig = Rig::start();
    for nth in 0..5 {
        rig.take_in(AccountId::FIRST, text(&format!("3EB0{nth}")));
    }
    rig.publish_away();
    let sent = rig.post(&mine("messages"), r#"{"to":"447700900155","text":"hello"}"#);
    assert_eq!(sent.status(), 202, "{}", sent.text);
    assert_eq!(sent.json()["status"], "queued");
    let mut seen: Vec<String> = Vec::new();
    let mut target = mine("messages?limit=2");
    loop {
        let page = rig.get(&target).json();
        for message in page["data"].as_array().unwrap() {
            seen.push(message["id"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        target = mine(&format!("messages?limit=2&cursor={cursor}"));
    }
    let own = sent.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        seen,
        [own.as_str(), "3EB04", "3EB03", "3EB02", "3EB01", "3EB00"]
    );
    let out = rig.get(&mine("messages?direction=outbound")).json();
    assert_eq!(out["data"].as_array().unwrap().len(), 1);
    assert_eq!(out["data"][0]["status"], "queued");
    let chat = rig
        .get(&mine("messages?chat=447700900155%40s.whatsapp.net"))
        .json();
    assert_eq!(chat["data"].as_array().unwrap().len(), 6);
    let other = rig.get(&mine("messages?chat=447700900199")).json();
    assert_eq!(other["data"], json!([]));
    let one = rig.get(&mine("messages/3EB03")).json();
    assert_eq!(
        (&one["text"], &one["status"]),
        (&json!(WORDS), &json!("received"))
    );
    assert_eq!(one["from"], "447700900155@s.whatsapp.net");
    rig.get(&mine("messages/3EB0NONE"))
        .assert_problem(404, "unknown_message");
    let session = rig.get(mine("").trim_end_matches('/')).json();
    assert_eq!(session["queue"]["waiting"], 1);
    for (query, code) in [
        ("limit=0", "bad_limit"),
        ("limit=201", "bad_limit"),
        ("direction=up", "bad_direction"),
        ("cursor=x", "bad_cursor"),
        ("cursor=-1", "bad_cursor"),
        ("chat=kim", "bad_chat"),
    ] {
        rig.get(&mine(&format!("messages?{query}")))
            .assert_problem(422, code);
    }
}

#[test]
fn a_file_that_came_is_shown_without_the_keys_that_open_it() {
    let rig = Rig::start();
    let remote = pairbox::message::content::Remote {
        direct_path: "/secret-path".into(),
        media_key: "secret-key".into(),
        enc_sha256: "secret-hash".into(),
    };
    let media = Media {
        kind: MediaKind::Image,
        mimetype: "image/jpeg".into(),
        size: 9,
        sha256: String::new(),
        caption: Some("look".into()),
        filename: None,
        seconds: None,
        remote: Some(remote),
    };
    rig.take_in(AccountId::FIRST, inbound("3EB0PIC", Content::Media(media)));
    let answer = rig.get(&mine("messages/3EB0PIC"));
    let message = answer.json();
    assert_eq!(
        (&message["type"], &message["text"]),
        (&json!("image"), &json!("look"))
    );
    assert!(!answer.text.contains("secret-"), "{}", answer.text);
    if let Some(url) = message["media"]["url"].as_str() {
        // Nothing is here, and nobody can fetch it.
        let answer = rig.get(url);
        assert!(matches!(answer.status(), 404 | 409), "{}", answer.text);
        rig.by(&rig.keys.send, "GET", url, "")
            .assert_problem(403, "missing_scope");
        rig.ask("GET", url, &[], "")
            .assert_problem(401, "unauthorized");
        rig.by(&rig.keys.second, "GET", url, "")
            .assert_problem(403, "other_session");
    }
    rig.get(&mine("media/evt_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        .assert_problem(404, "no_media");
    rig.get(&mine("media/passwd"))
        .assert_problem(404, "no_media");
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "one table of bodies and what is said to them"
)]
fn what_is_sent_is_checked_field_by_field() {
    let rig = Rig::start();
    let send = |body: Value| rig.by(&rig.keys.send, "POST", &mine("messages"), &body.to_string());
    send(json!({"to": "447700900155", "text": "x"})).assert_problem(409, "not_working");
    rig.publish_away();
    let to = "120363043211234567@g.us";
    for body in [
        json!({"to": to, "text": "x"}),
        json!({"to": to, "type": "text", "text": "x", "typing": true, "expires_in_s": 60}),
        json!({"to": to, "type": "image", "data": "AAAA", "mimetype": "image/png"}),
        json!({"to": to, "type": "document", "data": "AAAA", "mimetype": "a/b", "filename": "../x"}),
        json!({"to": to, "type": "location", "latitude": -90, "longitude": 1.5}),
        json!({"to": to, "type": "contact", "name": "Kim; Lee", "phone": "+1 555 000 9876"}),
        json!({"to": to, "type": "contact", "name": "x", "vcard": "BEGIN:VCARD\nEND:VCARD"}),
    ] {
        let answer = send(body.clone());
        assert_eq!(answer.status(), 202, "{body}: {}", answer.text);
    }
    for (body, code) in [
        (json!({"text": "x"}), "bad_message"),
        (json!({"to": to}), "bad_message"),
        (json!({"to": to, "text": " "}), "bad_message"),
        (json!({"to": " ", "text": "x"}), "bad_message"),
        (json!({"to": 5, "text": "secret words"}), "bad_message"),
        (json!({"to": "kim", "text": "x"}), "bad_recipient"),
        (
            json!({"to": to, "type": "poll", "text": "x"}),
            "bad_message",
        ),
        (
            json!({"to": to, "text": "x", "cc": "secret words"}),
            "unknown_field",
        ),
        (
            json!({"to": to, "type": "image", "text": "secret words"}),
            "unknown_field",
        ),
        (json!({"to": to, "type": "image"}), "bad_message"),
        (
            json!({"to": to, "type": "image", "url": "file:///etc/passwd"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "image", "url": "http://a", "data": "AA=="}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "image", "data": "AAAA"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "image", "data": "?", "mimetype": "a/b"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "image", "data": "", "mimetype": "a/b"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "image", "data": "AAAA", "mimetype": "x"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "location", "latitude": 91, "longitude": 0}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "location", "latitude": "1", "longitude": 0}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "contact", "name": "x"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "contact", "name": "x", "phone": "1"}),
            "bad_message",
        ),
        (
            json!({"to": to, "type": "reaction", "emoji": "x"}),
            "bad_message",
        ),
        (
            json!({"to": to, "text": "x", "mentions": "1"}),
            "bad_message",
        ),
        (
            json!({"to": to, "text": "x", "quoted": "a b"}),
            "bad_message",
        ),
        (
            json!({"to": to, "text": "x", "expires_in_s": 0}),
            "bad_message",
        ),
    ] {
        let answer = send(body.clone());
        answer.assert_problem(422, code);
        assert!(!answer.text.contains("secret words"), "{body}");
    }
    send(json!({"to": to, "text": "x", "quoted": "3EB0NONE"}))
        .assert_problem(404, "unknown_message");
    send(json!([])).assert_problem(422, "bad_field");
    rig.by(&rig.keys.send, "POST", &mine("messages"), "{")
        .assert_problem(400, "bad_json");
    // A field without its file leaves nothing behind.
    assert_eq!(rig.spooled().len(), 2, "{:?}", rig.spooled());
    rig.by(&rig.keys.read, "POST", &mine("messages"), "{}")
        .assert_problem(403, "missing_scope");
}

#[test]
fn the_same_key_gets_the_first_answer() {
    let rig = Rig::start();
    rig.publish_away();
    let send = |key: &str, body: &str| {
        rig.ask_with(
            "POST",
            &mine("messages"),
            &[
                ("Idempotency-Key", key),
                ("Content-Type", "application/json"),
            ],
            body,
        )
    };
    let body = r#"{"to":"120363043211234567@g.us","text":"x"}"#;
    let first = send("k-1", body);
    assert_eq!(first.status(), 202, "{}", first.text);
    assert_eq!(send("k-1", body).json()["id"], first.json()["id"]);
    assert_ne!(send("k-2", body).json()["id"], first.json()["id"]);
    send("k-1", &body.replace("\"x\"", "\"y\"")).assert_problem(409, "idempotency_conflict");
    let long = "k".repeat(129);
    for key in ["a b", long.as_str()] {
        send(key, body).assert_problem(422, "bad_key");
    }
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "one table of bodies and what is said to them"
)]
fn policy_and_routes_are_kept_and_refused_by_field() {
    let rig = Rig::start();
    let put =
        |noun: &str, body: &Value| rig.by(&rig.keys.admin, "PUT", &mine(noun), &body.to_string());
    let policy =
        json!({"dm": "allowlist", "allow_from": ["+447700900155"], "require_mention": true});
    let kept = put("policy", &policy);
    assert_eq!(kept.status(), 200, "{}", kept.text);
    assert_eq!(rig.get(&mine("policy")).json(), kept.json());
    assert_eq!(kept.json()["dm"], "allowlist");
    assert_eq!(
        kept.json()["groups"],
        "open",
        "what is left out is the default"
    );
    for (body, code, named) in [
        (json!({"dm": "secret-words"}), "bad_policy", "`dm`"),
        (
            json!({"allow_from": ["secret-words"]}),
            "bad_policy",
            "allow_from[0]",
        ),
        (json!({"dms": "open"}), "unknown_field", "dms"),
        (
            json!({"self_chat": "secret-words"}),
            "bad_policy",
            "`self_chat`",
        ),
        (json!([]), "bad_field", ""),
    ] {
        let answer = put("policy", &body);
        answer.assert_problem(422, code);
        assert!(answer.text.contains(named), "{}", answer.text);
        assert!(!answer.text.contains("secret-words"), "{}", answer.text);
    }
    let hook = rig.post(
        "/api/v1/webhooks",
        r#"{"url":"http://127.0.0.1:9/","events":["*"]}"#,
    );
    let hook = hook.json()["id"].as_str().unwrap().to_owned();
    let routes = json!({
        "default": "shop",
        "routes": [{"name": "shop", "webhook": hook, "match": {"text": "YES*", "from": "*"}}],
    });
    let kept = put("routes", &routes);
    assert_eq!(kept.status(), 200, "{}", kept.text);
    assert_eq!(rig.get(&mine("routes")).json()["routes"], routes["routes"]);
    for body in [
        json!({"routes": [{"name": "a", "webhook": "wh_99"}]}),
        json!({"routes": [{"name": "a", "webhook": "secret-words"}]}),
        json!({"routes": [{"name": "a", "webhook": hook, "secret": "secret-words"}]}),
        json!({"default": "none"}),
        json!({"link": hook, "routes": [{"name": "a", "webhook": hook}]}),
    ] {
        let answer = put("routes", &body);
        answer.assert_problem(422, "bad_routes");
        assert!(!answer.text.contains("secret-words"), "{}", answer.text);
    }
    // Nothing of a body that is refused is kept, whatever else is in it.
    let patch = |body: Value| {
        let path = mine("");
        rig.by(
            &rig.keys.admin,
            "PATCH",
            path.trim_end_matches('/'),
            &body.to_string(),
        )
    };
    patch(json!({"policy": {"dm": "open"}, "routes": {"default": "none"}}))
        .assert_problem(422, "bad_routes");
    assert_eq!(rig.get(&mine("policy")).json()["dm"], "allowlist");
    assert_eq!(patch(json!({"policy": {"dm": "open"}})).status(), 200);
    assert_eq!(rig.get(&mine("policy")).json()["dm"], "open");
    rig.by(&rig.keys.read, "PUT", &mine("policy"), "{}")
        .assert_problem(403, "missing_scope");
    assert_eq!(
        rig.by(&rig.keys.read, "GET", &mine("policy"), "").status(),
        200
    );
}

#[test]
fn somebody_who_waits_is_let_in_by_code() {
    let rig = Rig::start();
    let body = r#"{"dm":"pairing"}"#;
    assert_eq!(
        rig.by(&rig.keys.admin, "PUT", &mine("policy"), body)
            .status(),
        200
    );
    rig.take_in(AccountId::FIRST, text("3EB0ASK"));
    let list = rig.get(&mine("pairing-requests")).json();
    let code = list["data"][0]["code"].as_str().unwrap().to_owned();
    let looked = rig.by(&rig.keys.read, "GET", &mine("pairing-requests"), "");
    assert!(!looked.text.contains(&code), "{}", looked.text);
    assert_eq!(looked.json()["data"][0]["phone"], "447700900155");
    let approve = |key: &str, code: &str| {
        let path = mine(&format!("pairing-requests/{code}/approve"));
        rig.by(key, "POST", &path, "{}")
    };
    approve(&rig.keys.send, &code).assert_problem(403, "missing_scope");
    approve(&rig.keys.admin, "AAAAAAAA").assert_problem(404, "unknown_request");
    approve(&rig.keys.admin, "..").assert_problem(404, "unknown_request");
    let dashed = format!("{}-{}", &code[..4].to_lowercase(), &code[4..]);
    let done = approve(&rig.keys.admin, &dashed);
    assert_eq!(done.status(), 200, "{}", done.text);
    let policy = rig.get(&mine("policy")).json();
    assert_eq!(policy["allow_from"], json!(["+447700900155"]));
    assert_eq!(rig.get(&mine("pairing-requests")).json()["data"], json!([]));
}

#[test]
fn a_token_for_one_session_touches_no_other_ones_messages() {
    let rig = Rig::start();
    rig.take_in(AccountId::FIRST, text("3EB0X"));
    rig.publish_two();
    rig.take_in(SECOND, text("3EB0Y"));
    let key = &rig.keys.second;
    for noun in [
        "messages",
        "messages/3EB0X",
        "policy",
        "routes",
        "pairing-requests",
    ] {
        let other = rig.by(key, "GET", &mine(noun), "");
        other.assert_problem(403, "other_session");
        assert!(!other.text.contains(WORDS));
    }
    for path in ["/api/v1/webhooks", "/api/v1/webhooks/wh_1/deliveries"] {
        rig.by(key, "GET", path, "")
            .assert_problem(403, "other_session");
    }
    let own = format!("/api/v1/sessions/{}/messages", ids().name(SECOND));
    assert!(rig.by(key, "GET", &own, "").text.contains(WORDS));
    rig.by(&rig.keys.send, "GET", &own, "")
        .assert_problem(403, "missing_scope");
    rig.by(&rig.keys.control, "GET", &own, "")
        .assert_problem(403, "missing_scope");
    // Nor does the status of the box say what waits where.
    let status = rig.by(&rig.keys.send, "GET", "/api/v1/status", "").json();
    assert!(status["outbox"].is_null() && status["sessions"][0]["queue"].is_null());
    assert!(status["sessions"][0]["waiting_requests"].is_null());
    assert_eq!(rig.get("/api/v1/status").json()["outbox"]["pending"], 0);
}
