//! What is said, and which exit code is left, when it does not go well.

use std::os::unix::net::UnixListener;
use std::process::Stdio;

use serde_json::json;

use super::desk::{Desk, JSON, PROBLEM, bare, overview, problem, ran, shop};

#[test]
fn nobody_there() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    let run = || {
        ran(bare(&["status", "--socket", socket.to_str().unwrap()])
            .output()
            .unwrap())
    };
    let none = run();
    assert_eq!((none.code, none.out.as_str()), (3, ""));
    let path = socket.display().to_string();
    assert!(
        none.err.contains(&path) && none.err.contains("systemctl status"),
        "{}",
        none.err
    );
    // A service that was killed leaves its socket behind.
    drop(UnixListener::bind(&socket).unwrap());
    let dead = run();
    assert_eq!(dead.code, 3);
    assert!(
        dead.err.contains("refused") && dead.err.contains("systemctl start"),
        "{}",
        dead.err
    );
    assert_eq!(dead.err.lines().count(), 1, "{}", dead.err);
}

#[test]
fn which_account() {
    let desk = Desk::of_two();
    for (arguments, told) in [
        (&["start"][..], "which account?"),
        (&["start", "kitchen"], "no account \"kitchen\""),
        (&["logout", "3", "--yes"], "no account \"3\""),
        (&["delete", "", "--yes"], "no account \"\""),
        (&["pair", "x"], "no account \"x\""),
        (&["events", "--follow", "x"], "no account \"x\""),
        (&["token", "create", "--account", "x"], "no account \"x\""),
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(told), "{arguments:?}: {}", ran.err);
        assert!(
            ran.err.ends_with("\n  1  shop\n  2  Bakery\n"),
            "{}",
            ran.err
        );
        assert_eq!(desk.deeds(), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn the_service_says_no() {
    let said = |status: u16, code: &'static str| {
        let desk = Desk::with(move |words| match words {
            "GET /api/v1/status" => (200, JSON, overview().to_string()),
            _ => (status, PROBLEM, problem(status, code, "It cannot be.")),
        });
        let ran = desk.run(&["rename", "shop", "Bakery"]);
        assert!(
            ran.err.contains("It cannot be.") && ran.err.contains(code),
            "{}",
            ran.err
        );
        assert_eq!(ran.out, "");
        ran.code
    };
    assert_eq!(said(409, "label_taken"), 1);
    assert_eq!(said(503, "busy"), 1);
    // It went between the question which and the deed.
    assert_eq!(said(404, "unknown_session"), 4);
}

#[test]
fn answers_that_make_no_sense() {
    for text in ["", "{", "[1]", "<html>"] {
        let ran = Desk::with(move |_| (200, JSON, text.to_owned())).run(&["status"]);
        assert_eq!(ran.code, 1, "{text}: {}", ran.err);
        assert!(ran.err.contains("makes no sense"), "{}", ran.err);
    }
    // No end of it: cut off, not kept.
    let ran = Desk::with(|_| (200, JSON, " ".repeat(5 * 1024 * 1024))).run(&["status"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn what_cannot_be_undone_is_not_done_unasked() {
    let desk = Desk::of_two();
    for arguments in [
        &["logout", "shop"][..],
        &["delete", "shop"],
        &["delete", "shop", "--json"],
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("--yes"), "{}", ran.err);
        assert_eq!(desk.deeds(), Vec::<String>::new());
    }
}

#[test]
fn wrong_arguments() {
    for arguments in [
        &["statsu"][..],
        &["rename", "shop"],
        &["pair", "--timeout", "0"],
        &["token", "create", "--scope", "everything"],
        &["token"],
        &["add", "x", "--phone", "1", "--no-start"],
        &["completions", "tcsh"],
    ] {
        let ran = ran(bare(arguments).output().unwrap());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
    }
    // What somebody typed never becomes another path.
    let desk = Desk::of_two();
    let ran = desk.run(&["token", "revoke", "tok 1\r\nx: y"]);
    assert_eq!((ran.code, desk.asked().len()), (2, 0), "{}", ran.err);
}

#[test]
fn pairing_that_takes_too_long() {
    let waiting = json!({"id": "ses_A", "label": "shop", "status": "starting", "status_text": "Starting…",
        "enabled": true, "detail": "no route"});
    let desk = Desk::with(move |words| match words {
        "GET /api/v1/status" => (200, JSON, json!({"sessions": [waiting]}).to_string()),
        _ => (202, JSON, waiting.to_string()),
    });
    let ran = desk.run(&["pair", "--timeout", "1"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert_eq!(ran.out, "Waiting for a code from WhatsApp…\nno route\n");
}

#[test]
fn pairing_that_comes_to_nothing() {
    let failed = |reason: &str, text: &str| {
        let after = json!({"id": "ses_A", "label": "shop", "status": "failed", "status_text": text,
            "reason": reason, "advice": "Do this.", "enabled": true});
        let before = json!({"sessions": [{"id": "ses_A", "label": "shop", "status": "stopped"}]});
        let desk = Desk::with(move |words| match words {
            "GET /api/v1/status" => (200, JSON, before.to_string()),
            _ => (200, JSON, after.to_string()),
        });
        let ran = desk.run(&["pair"]);
        assert_eq!(ran.code, 6, "{}", ran.err);
        let json = desk.run(&["pair", "--json"]);
        assert_eq!(
            (json.code, json.out.lines().count()),
            (6, 1),
            "{}",
            json.out
        );
        ran.err
    };
    assert!(failed("qr_exhausted", "Press to show QR").contains("nobody scanned in time"));
    assert!(failed("passkey", "Passkey needed").contains("Passkey needed. Do this."));
    assert!(failed("refused", "WhatsApp refused").contains("WhatsApp refused. Do this."));
}

#[test]
fn linked_already_is_no_failure() {
    let desk = Desk::of_two();
    let ran = desk.run(&["pair", "shop"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("linked already"), "{}", ran.out);
    assert_eq!(desk.deeds(), Vec::<String>::new());
}

#[test]
fn a_stream_that_ends() {
    let event = json!({"id": "evt_1", "event": "session.status", "session": "ses_A",
        "payload": {"status_text": "Connected"}});
    let stream = format!(": hello\n\nid: evt_1\ndata: {event}\n\n");
    let desk = Desk::with(move |words| match words {
        "GET /api/v1/status" => (200, JSON, overview().to_string()),
        _ => (200, "text/event-stream", stream.clone()),
    });
    let ran = desk.run(&["events", "--follow", "shop", "--types", "session.status"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.ends_with("  Connected\n"), "{}", ran.out);
    assert!(ran.err.contains("the service ended"), "{}", ran.err);
    let last = desk.asked().pop().unwrap().0;
    assert_eq!(
        last,
        "GET /api/v1/events?session=ses_A&types=session.status"
    );
}

/// `pairbox … | head -1` ends quietly.
#[test]
fn a_reader_that_goes_away() {
    let desk = Desk::with(|_| {
        (
            200,
            JSON,
            json!({"sessions": vec![shop(); 2000]}).to_string(),
        )
    });
    let mut command = desk.command(&["status"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
