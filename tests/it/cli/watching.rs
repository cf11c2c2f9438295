//! `pairbox pair` on a terminal, and questions a terminal is asked: against a service that only plays
//! one, which shows one code after the other.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::desk::{Desk, JSON, overview};
use super::tty::{Theme, Tty, qr, screen, words};

/// Like a pairing text in length and letters.
fn code(number: u32) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
    format!("2@{number},{}", letters.repeat(4).split_at(220).0)
}

/// A box whose one account is in a state that the test changes.
struct Stage(Desk, Arc<Mutex<Value>>);

impl Stage {
    fn set() -> Self {
        let state = Arc::new(Mutex::new(
            json!({"id": "ses_A", "label": "shop", "status": "starting",
            "status_text": "Starting…", "enabled": true}),
        ));
        let shared = Arc::clone(&state);
        let desk = Desk::with(move |words| {
            let session = shared.lock().unwrap().clone();
            match words {
                "GET /api/v1/status" => (200, JSON, json!({"sessions": [session]}).to_string()),
                "POST /api/v1/sessions/ses_A/pairing-code" => (
                    200,
                    JSON,
                    json!({"code": "WXYZ-1234", "expires_at": null}).to_string(),
                ),
                _ if words.contains("/qr?") => {
                    let seq = session["pairing"]["seq"].as_u64().unwrap();
                    let body = json!({"code": code(u32::try_from(seq).unwrap()), "seq": seq});
                    (200, JSON, body.to_string())
                }
                _ => (200, JSON, session.to_string()),
            }
        });
        Self(desk, state)
    }

    fn change(&self, fields: &Value) {
        let mut state = self.1.lock().unwrap();
        for (name, value) in fields.as_object().unwrap() {
            state[name] = value.clone();
        }
    }

    fn show(&self, seq: u32) {
        self.change(
            &json!({"status": "scan_qr_code", "status_text": "Scan to pair", "pairing":
            {"method": "qr", "seq": seq, "remaining": 6 - seq, "expires_in_ms": 20_000}}),
        );
    }

    fn link(&self) {
        self.change(
            &json!({"status": "working", "status_text": "Connected", "linked": true,
            "phone": "15550001111", "pairing": null}),
        );
    }
}

/// The screen is the terminal's own again, with its cursor, and no code is left on it.
fn left_clean(text: &str) -> String {
    let (own, after) = text
        .rsplit_once("\x1b[?1049l")
        .expect("the screen was never left");
    assert!(
        own.contains("\x1b[?1049h") && own.ends_with("\x1b[?25h"),
        "{text:?}"
    );
    let after = words(after);
    assert!(!after.contains('█') && !after.contains('▀'), "{after}");
    after
}

#[test]
fn a_code_is_read_off_the_terminal_and_replaced() {
    let stage = Stage::set();
    let tty = Tty::run(stage.0.command(&["pair"]), (80, 40));
    tty.wait("waiting", |text| {
        screen(text).contains("Waiting for a code").then_some(())
    });
    for seq in [1, 2] {
        stage.show(seq);
        for theme in [Theme::Dark, Theme::Light] {
            tty.wait("the code", |text| {
                qr(screen(text), theme).filter(|it| *it == code(seq))
            });
        }
        tty.wait("its time", |text| {
            screen(text)
                .contains(&format!("Code {seq}: 20 s left"))
                .then_some(())
        });
    }
    stage.change(&json!({"status": "starting", "status_text": "Linking…", "pairing": null}));
    let linking = tty.wait("linking", |text| {
        screen(text)
            .contains("Linking…")
            .then(|| screen(text).to_owned())
    });
    assert_eq!(
        qr(&linking, Theme::Dark),
        None,
        "a used code stays on the screen"
    );
    stage.link();
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(left_clean(&text), "shop is linked: …1111\n\n");
}

/// Somebody who wants no colours wants a QR that can be read.
#[test]
fn without_colours_the_code_keeps_its_two() {
    let stage = Stage::set();
    let mut command = stage.0.command(&["pair"]);
    command.env("NO_COLOR", "1");
    let tty = Tty::run(command, (80, 40));
    stage.show(1);
    for theme in [Theme::Dark, Theme::Light] {
        tty.wait("the code", |text| {
            qr(screen(text), theme).filter(|it| *it == code(1))
        });
    }
    stage.link();
    assert_eq!(tty.end().0.code(), Some(0));
}

#[test]
fn a_window_that_is_too_small_grows() {
    let stage = Stage::set();
    stage.show(1);
    let tty = Tty::run(stage.0.command(&["pair"]), (80, 24));
    let small = tty.wait("why not", |text| {
        screen(text)
            .contains("too small")
            .then(|| screen(text).to_owned())
    });
    assert!(small.contains("--phone") && !small.contains('█'), "{small}");
    tty.resize(80, 40);
    tty.wait("the code", |text| {
        qr(screen(text), Theme::Dark).filter(|it| *it == code(1))
    });
    stage.change(
        &json!({"status": "failed", "status_text": "Press to show QR", "reason": "qr_exhausted",
        "pairing": null}),
    );
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(6));
    assert!(left_clean(&text).contains("not paired: nobody scanned in time"));
}

#[test]
fn ctrl_c_leaves_a_clean_terminal() {
    let stage = Stage::set();
    stage.show(1);
    let tty = Tty::run(stage.0.command(&["pair"]), (80, 40));
    tty.wait("the code", |text| qr(screen(text), Theme::Dark));
    tty.interrupt();
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(130));
    assert!(left_clean(&text).contains("pairing goes on"));
    // It was up already: nobody's code was taken away for it.
    assert_eq!(stage.0.deeds(), Vec::<String>::new());
}

#[test]
fn a_code_to_type_is_large() {
    let stage = Stage::set();
    let tty = Tty::run(
        stage.0.command(&["pair", "--phone", "+1 555 000 1111"]),
        (80, 24),
    );
    stage.change(
        &json!({"status": "scan_qr_code", "status_text": "Enter code", "pairing":
        {"method": "code", "seq": 1, "code": "WXYZ-1234", "code_expires_in_ms": 170_000}}),
    );
    let shown = tty.wait("the code", |text| {
        let shown = words(screen(text));
        shown.contains("\nWXYZ-1234\n").then_some(shown)
    });
    assert!(
        shown.contains("170 s left") && shown.contains("phone number"),
        "{shown}"
    );
    assert!(shown.contains('█'), "{shown}");
    stage.link();
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(0));
    left_clean(&text);
    assert_eq!(
        stage.0.deeds(),
        ["POST /api/v1/sessions/ses_A/pairing-code {\"phone\":\"+1 555 000 1111\"}"]
    );
}

#[test]
fn a_passkey_is_no_riddle() {
    let stage = Stage::set();
    let tty = Tty::run(stage.0.command(&["pair"]), (80, 24));
    stage.change(
        &json!({"status": "passkey_required", "status_text": "Confirm on your phone",
        "advice": "Follow the phone.", "pairing": {"code": "ABCD-9876"}}),
    );
    tty.wait("what to do", |text| {
        let shown = words(screen(text));
        (shown.contains("passkey")
            && shown.contains("Follow the phone.")
            && shown.contains("ABCD-9876"))
        .then_some(())
    });
    stage
        .change(&json!({"status": "failed", "status_text": "Passkey needed", "reason": "passkey"}));
    assert_eq!(tty.end().0.code(), Some(6));
}

/// Into a file, or through a pipe: one code after the other, for a dark terminal, no commands.
#[test]
fn without_a_terminal_codes_come_one_below_the_other() {
    let stage = Stage::set();
    stage.show(1);
    let mut command = stage.0.command(&["pair"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The second code is shown once the first was fetched.
    while !stage
        .0
        .asked()
        .iter()
        .any(|(words, _)| words.contains("/qr?"))
    {
        std::thread::yield_now();
    }
    stage.show(2);
    while !stage
        .0
        .asked()
        .iter()
        .any(|(words, _)| words.contains("/qr?"))
    {
        std::thread::yield_now();
    }
    stage.link();
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(!out.contains('\x1b'), "{out:?}");
    let (first, second) = out.split_once("Code 1: 20 s left").unwrap();
    assert_eq!(qr(first, Theme::Dark).as_deref(), Some(code(1).as_str()));
    assert_eq!(qr(second, Theme::Dark).as_deref(), Some(code(2).as_str()));
    assert!(out.ends_with("shop is linked: …1111\n"), "{out}");
}

#[test]
fn a_terminal_is_asked() {
    for (key, exit, deeds) in [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0)] {
        let desk = Desk::of_two();
        let mut tty = Tty::run(desk.command(&["logout", "shop"]), (80, 24));
        tty.wait("a question", |text| {
            text.contains("Unlink shop (…1111)?").then_some(())
        });
        tty.press(key);
        let (status, text) = tty.end();
        assert_eq!(status.code(), Some(exit), "{text}");
        assert_eq!(desk.deeds().len(), deeds, "{text}");
    }
}

#[test]
fn colours_only_for_those_who_see_and_want_them() {
    let text = |name: &str, value: &str| {
        let desk = Desk::with(|_| (200, JSON, overview().to_string()));
        let mut command = desk.command(&["status"]);
        command.env(name, value);
        Tty::run(command, (80, 24)).end().1
    };
    assert!(text("X", "1").contains("\x1b[32mConnected\x1b[0m"));
    assert!(!text("NO_COLOR", "1").contains('\x1b'));
    assert!(!text("TERM", "dumb").contains('\x1b'));
    assert!(text("NO_COLOR", "").contains('\x1b'));
}
