//! What each command asks, and what it prints of the answer, for people and for scripts.

use serde_json::Value;

use super::desk::{Desk, JSON, overview, shop};

fn printed(arguments: &[&str]) -> String {
    let ran = Desk::of_two().run(arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    ran.out
}

#[test]
fn status_and_accounts() {
    assert_eq!(
        printed(&["status"]),
        "shop    Connected       …1111  3 min\n\
         Bakery  Account locked         5 s    tried again in 60 s\n        \
         Open WhatsApp on the phone.\n"
    );
    assert_eq!(
        printed(&["accounts"]),
        concat!(
            "   1  shop    Connected       …1111  ses_A\n",
            "*  2  Bakery  Account locked         ses_B\n"
        )
    );
    let one = printed(&["status", "shop"]);
    assert!(
        one.starts_with("account    shop\nstatus     Connected\n"),
        "{one}"
    );
    assert!(one.contains("\nnumber     …1111\n"), "{one}");
}

#[test]
fn for_scripts_it_is_the_answer_itself() {
    let same = |arguments: &[&str], expected: &Value| {
        let out = printed(arguments);
        assert_eq!(out.lines().count(), 1, "{out}");
        assert_eq!(&serde_json::from_str::<Value>(&out).unwrap(), expected);
    };
    same(&["status", "--json"], &overview());
    same(&["status", "1", "--json"], &shop());
    same(&["start", "shop", "--json"], &shop());
    same(&["rename", "shop", "store", "--json"], &shop());
    same(&["add", "--json"], &shop());
    let listed: Value = serde_json::from_str(&printed(&["accounts", "--json"])).unwrap();
    assert_eq!(listed["data"], overview()["sessions"]);
    assert_eq!(printed(&["delete", "shop", "--yes", "--json"]), "");
}

#[test]
fn every_deed_asks_for_itself() {
    let desk = Desk::of_two();
    for (arguments, deed, said) in [
        (
            &["start", "shop"][..],
            "POST /api/v1/sessions/ses_A/start",
            "shop  Connected",
        ),
        (
            &["stop", "2"],
            "POST /api/v1/sessions/ses_B/stop",
            "Bakery  Account locked",
        ),
        (
            &["restart", "bak"],
            "POST /api/v1/sessions/ses_B/restart",
            "Bakery",
        ),
        (
            &["select", "ses_A"],
            "POST /api/v1/sessions/ses_A/select",
            "shop",
        ),
        (
            &["logout", "shop", "--yes"],
            "POST /api/v1/sessions/ses_A/logout",
            "shop",
        ),
        (
            &["rename", "shop", "Corner shop"],
            "PATCH /api/v1/sessions/ses_A {\"label\":\"Corner shop\"}",
            "shop",
        ),
        (
            &["delete", "bakery", "-y"],
            "DELETE /api/v1/sessions/ses_B",
            "Bakery is deleted.",
        ),
        (
            &["add", "third", "--no-start"],
            "POST /api/v1/sessions {\"label\":\"third\",\"start\":false}",
            "shop",
        ),
        (&["add"], "POST /api/v1/sessions {\"start\":true}", "shop"),
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        assert_eq!(desk.deeds(), [deed], "{arguments:?}");
        assert!(ran.out.starts_with(said), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn a_token_is_all_that_is_printed() {
    let desk = Desk::with(|words| match words {
        "GET /api/v1/status" => (200, JSON, overview().to_string()),
        "POST /api/v1/tokens" => (
            201,
            JSON,
            r#"{"token":{"id":"tok_3","name":"desk","scopes":["read"]},"secret":"pbx_abc"}"#.into(),
        ),
        "GET /api/v1/tokens" => (200, JSON, r#"{"data":[],"next_cursor":null}"#.into()),
        _ => (204, JSON, String::new()),
    });
    let made = desk.run(&[
        "token",
        "create",
        "desk",
        "--scope",
        "read,send",
        "--account",
        "shop",
        "--expires-in",
        "1h",
    ]);
    assert_eq!((made.code, made.out.as_str()), (0, "pbx_abc\n"));
    assert!(
        made.err.contains("tok_3") && !made.err.contains("pbx_abc"),
        "{}",
        made.err
    );
    assert_eq!(
        desk.deeds(),
        [
            "POST /api/v1/tokens {\"expires_in_s\":3600,\"name\":\"desk\",\"scopes\":[\"read\",\"send\"],\
          \"sessions\":[\"ses_A\"]}"
        ]
    );
    let made = desk.run(&["token", "create", "--json"]);
    assert_eq!(made.err, "");
    assert!(made.out.contains("\"secret\":\"pbx_abc\""), "{}", made.out);
    let revoked = desk.run(&["token", "revoke", "tok_3"]);
    assert_eq!(
        (revoked.code, revoked.out.as_str()),
        (0, "tok_3 is taken back.\n")
    );
    assert!(desk.run(&["token", "list"]).out.contains("no tokens"));
}

/// Events of several accounts come in the order in which they happened, the newest last.
#[test]
fn what_happened_comes_in_order() {
    let event = |id: &str, session: &str, text: &str| {
        format!(
            r#"{{"id":"{id}","timestamp":1772348709250,"event":"session.status","session":"{session}","payload":{{"status_text":"{text}"}}}}"#
        )
    };
    let of_shop = [event("evt_3", "ses_A", "c"), event("evt_1", "ses_A", "a")].join(",");
    let of_bakery = event("evt_2", "ses_B", "b");
    let desk = Desk::with(move |words| match words {
        "GET /api/v1/status" => (200, JSON, overview().to_string()),
        _ if words.contains("ses_A/events") => (200, JSON, format!("{{\"data\":[{of_shop}]}}")),
        _ => (200, JSON, format!("{{\"data\":[{of_bakery}]}}")),
    });
    let out = desk.run(&["events"]).out;
    let ends: Vec<&str> = out.lines().map(|line| &line[26..]).collect();
    assert_eq!(ends, ["shop    a", "Bakery  b", "shop    c"], "{out}");
    assert_eq!(
        desk.run(&["events", "--limit", "1", "shop"])
            .out
            .lines()
            .count(),
        1
    );
    assert_eq!(desk.run(&["events", "--types", "device.button"]).out, "");
    let json = desk.run(&["events", "--json", "shop"]).out;
    let ids: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
        .collect();
    assert_eq!(ids, ["evt_1", "evt_3"]);
}
