//! The commands about messages, webhooks, policies and those who wait.

use serde_json::{Value, json};

use super::desk::{Desk, JSON, overview};

fn desk() -> Desk {
    Desk::with(|words| {
        let answer = match words {
            "GET /api/v1/status" => overview(),
            "POST /api/v1/sessions/ses_A/messages" => {
                return (
                    202,
                    JSON,
                    json!({"id": "3EB0AA", "status": "queued", "warning": "cold_send"}).to_string(),
                );
            }
            "GET /api/v1/sessions/ses_A/messages?limit=2&direction=inbound&chat=15550002222%3A1@lid" =>
            {
                json!({"data": []})
            }
            _ if words.starts_with("GET /api/v1/sessions/ses_A/messages") => json!({"data": [
                {"id": "B", "direction": "outbound", "chat": "1@lid", "type": "image", "text": "March", "at": "t2",
                    "status": "failed", "reason": "expired"},
                {"id": "A", "direction": "inbound", "chat": "1@lid", "name": "Ann", "type": "text", "text": "hi\nyou",
                    "at": "t1", "status": "received"}], "next_cursor": null}),
            "GET /api/v1/sessions/ses_A/pairing-requests" => json!({"data": [
                {"code": "ABCD2345", "phone": "+15550002222", "jid": "x", "name": "Ann", "expires_at": "t"}]}),
            "GET /api/v1/webhooks" => {
                json!({"data": [{"id": "wh_1", "url": "http://nas.local/in", "name": "desk",
                "events": ["message"], "enabled": true, "queue": {"pending": 3, "dead": 0, "dropped": 1}}]})
            }
            "POST /api/v1/webhooks" => json!({"id": "wh_2", "secret": "whsec_x"}),
            "GET /api/v1/webhooks/wh_1/deliveries?status=dead" => {
                json!({"data": [{"id": "dlv_7", "event": "message",
                "status": "dead", "queued_at": "t", "attempts": 10, "last_error": "refused"}]})
            }
            "GET /api/v1/sessions/ses_A/policy" => {
                json!({"dm": "open", "allow_from": [], "self_chat": false})
            }
            _ if words.starts_with("DELETE ") => return (204, JSON, String::new()),
            _ => json!({"dm": "pairing"}),
        };
        (200, JSON, answer.to_string())
    })
}

fn printed(desk: &Desk, arguments: &[&str]) -> String {
    let ran = desk.run(arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran.out
}

#[test]
fn a_text_is_sent() {
    let desk = desk();
    let said = printed(
        &desk,
        &[
            "send", "shop", "0151 234", "Ready.", "--quote", "3EB0", "--key", "k",
        ],
    );
    assert!(said.starts_with("queued 3EB0AA; "), "{said}");
    let (words, body) = desk.asked().pop().unwrap();
    assert_eq!(words, "POST /api/v1/sessions/ses_A/messages");
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        sent,
        json!({"to": "0151 234", "type": "text", "text": "Ready.", "quoted": "3EB0"})
    );
    assert_eq!(
        desk.run(&["send", "shop", "1"]).code,
        2,
        "something has to be said"
    );
    assert_eq!(desk.run(&["send", "shop", "1", "x", "--file", "y"]).code, 2);
    assert_eq!(
        desk.run(&["send", "shop", "1", "--file", "not-there.png"])
            .code,
        2
    );
}

#[test]
fn a_file_is_sent_whole_in_a_part_of_its_own() {
    let desk = desk();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("in\"voice.PDF");
    std::fs::write(&file, "%PDF-1 bytes").unwrap();
    printed(
        &desk,
        &[
            "send",
            "shop",
            "1",
            "--file",
            file.to_str().unwrap(),
            "--caption",
            "March",
        ],
    );
    let (_, body) = desk.asked().pop().unwrap();
    for part in [
        "name=\"to\"\r\n\r\n1\r\n",
        "name=\"type\"\r\n\r\ndocument\r\n",
        "name=\"caption\"\r\n\r\nMarch\r\n",
        "name=\"file\"; filename=\"invoice.PDF\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1 bytes\r\n--pairbox-",
    ] {
        assert!(body.contains(part), "{part:?} in {body}");
    }
    assert!(body.ends_with("--\r\n"));
}

#[test]
fn messages_read_like_a_chat() {
    let desk = desk();
    assert_eq!(
        printed(&desk, &["messages", "shop"]),
        "t1  <  1@lid  Ann  received         hi you\n\
         t2  >  1@lid       failed: expired  [image] March\n"
    );
    let of = [
        "messages",
        "shop",
        "--limit",
        "2",
        "--direction",
        "inbound",
        "--chat",
        "15550002222:1@lid",
    ];
    assert_eq!(printed(&desk, &of), "There are no messages.\n");
}

#[test]
fn those_who_wait_are_let_in_or_not() {
    let desk = desk();
    let listed = printed(&desk, &["requests", "list", "shop"]);
    assert_eq!(listed, "ABCD2345  +15550002222  Ann  until t\n");
    desk.asked();
    assert_eq!(
        printed(&desk, &["requests", "approve", "abcd2345", "shop"]),
        "ABCD2345 is let in.\n"
    );
    assert_eq!(
        printed(&desk, &["requests", "deny", "ABCD/2345", "shop"]),
        "ABCD%2F2345 is sent away.\n"
    );
    let decided = "POST /api/v1/sessions/ses_A/pairing-requests";
    assert_eq!(
        desk.deeds(),
        [
            format!("{decided}/ABCD2345/approve"),
            format!("{decided}/ABCD%2F2345/deny")
        ]
    );
}

#[test]
fn webhooks() {
    let desk = desk();
    assert_eq!(
        printed(&desk, &["webhook", "list"]),
        "wh_1  on  desk  http://nas.local/in  message  3 waiting  1 dropped\n"
    );
    let add = [
        "webhook",
        "add",
        "http://nas.local/in",
        "--events",
        "message,session.*",
        "--account",
        "shop",
    ];
    assert_eq!(printed(&desk, &add), "whsec_x\n");
    let (_, body) = desk.asked().pop().unwrap();
    let made: Value = serde_json::from_str(&body).unwrap();
    let wanted = json!({"url": "http://nas.local/in", "events": ["message", "session.*"], "sessions": ["ses_A"]});
    assert_eq!(made, wanted);
    let dead = printed(
        &desk,
        &["webhook", "deliveries", "wh_1", "--status", "dead"],
    );
    assert_eq!(
        dead,
        "dlv_7  dead  message  10 attempts  t\n       refused\n"
    );
    assert_eq!(
        desk.run(&["webhook", "remove", "wh_1"]).code,
        2,
        "it has to be meant"
    );
    for arguments in [
        &["webhook", "test", "wh_1"][..],
        &["webhook", "replay", "wh_1"],
        &["webhook", "replay", "wh_1", "--delivery", "dlv_7"],
        &["webhook", "remove", "wh_1", "--yes"],
    ] {
        printed(&desk, arguments);
    }
    assert_eq!(
        desk.deeds(),
        [
            "POST /api/v1/webhooks/wh_1/test",
            "POST /api/v1/webhooks/wh_1/replay",
            "POST /api/v1/webhooks/wh_1/deliveries/dlv_7/replay",
            "DELETE /api/v1/webhooks/wh_1",
        ]
    );
}

#[test]
fn a_policy_is_shown_and_changed() {
    let desk = desk();
    let shown = printed(&desk, &["policy", "show", "shop"]);
    assert_eq!(
        shown,
        "allow_from  -\ndm          open\nself_chat   false\n"
    );
    desk.asked();
    printed(
        &desk,
        &[
            "policy",
            "set",
            "shop",
            "dm=pairing",
            "allow_from=+1,+2",
            "self_chat=on",
        ],
    );
    let (words, body) = desk.asked().pop().unwrap();
    assert_eq!(words, "PUT /api/v1/sessions/ses_A/policy");
    let put: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        put,
        json!({"dm": "pairing", "allow_from": ["+1", "+2"], "self_chat": true})
    );
    let wrong = desk.run(&["policy", "set", "shop", "colour=red"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("allow_from, dm, self_chat"),
        "{}",
        wrong.err
    );
    printed(&desk, &["routes", "shop", "--json"]);
}
