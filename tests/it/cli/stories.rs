//! The whole product by its command line: the real service behind its real control socket, the simulated
//! WhatsApp and phone.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use pairbox_rig::power::PoweredBox;
use pairbox_sim::{Failure, StreamError};
use serde_json::Value;

use super::desk::{Ran, bare, ran};
use super::tty::{Theme, Tty, qr, screen, words};
use crate::stories::scene::{OWNER, PATIENCE, Scene};

fn command(powered: &PoweredBox, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.env("PAIRBOX_SOCKET", powered.control());
    command
}

fn run(powered: &PoweredBox, arguments: &[&str]) -> Ran {
    ran(command(powered, arguments).output().unwrap())
}

/// Runs it, sees it end well, and returns what it printed.
fn done(powered: &PoweredBox, arguments: &[&str]) -> String {
    let ran = run(powered, arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
    ran.out
}

fn json(powered: &PoweredBox, arguments: &[&str]) -> Value {
    let out = done(powered, arguments);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
}

/// The lines of a program that goes on, as they come.
fn lines(mut command: Command) -> (Child, Receiver<String>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    (child, receiver)
}

fn next(lines: &Receiver<String>, wanted: impl Fn(&str) -> bool) -> String {
    let mut before = Vec::new();
    loop {
        match lines.recv_timeout(2 * PATIENCE) {
            Ok(line) if wanted(&line) => return line,
            Ok(line) => before.push(line),
            Err(error) => panic!("{error}; so far: {before:#?}"),
        }
    }
}

#[test]
fn scanned_off_the_terminal() {
    let scene = Scene::set();
    let powered = scene.power_on();
    let tty = Tty::run(command(&powered, &["pair"]), (80, 40));
    let text = tty.wait("a code", |text| qr(screen(text), Theme::Dark));
    scene.socket.record.secret_qr(&text);
    // The panel shows the same one.
    assert_eq!(scene.wait_qr(), text);
    scene.phone.scan(&text).unwrap();
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(0), "{text}");
    assert!(
        words(&text).ends_with("pairbox is linked: …1111\n\n"),
        "{text}"
    );

    let told = done(&powered, &["status"])
        + &done(&powered, &["accounts"])
        + &done(&powered, &["status", "1"]);
    assert!(
        told.contains("Connected") && told.contains("…1111"),
        "{told}"
    );
    assert!(!told.contains(OWNER), "{told}");
    let status = json(&powered, &["status", "--json"]);
    assert_eq!(status["sessions"][0]["status"], "working");
    assert_eq!(
        status["sessions"][0]["phone"]
            .as_str()
            .map(|it| it.trim_start_matches('+')),
        Some(OWNER)
    );

    let past = done(&powered, &["events"]);
    assert!(past.lines().last().unwrap().contains("Connected"), "{past}");
    assert!(done(&powered, &["pair"]).contains("linked already"));
    scene.close(powered);
}

#[test]
fn for_a_script_one_document_a_line() {
    let scene = Scene::set();
    let powered = scene.power_on();
    let (mut child, lines) = lines(command(&powered, &["pair", "--json"]));
    let line = next(&lines, |line| line.contains("\"code\":\"2@"));
    let qr: Value = serde_json::from_str(&line).unwrap();
    assert!(qr["seq"].is_u64() && qr.get("expires_at").is_some(), "{qr}");
    scene.socket.record.secret_qr(qr["code"].as_str().unwrap());
    scene.phone.scan(qr["code"].as_str().unwrap()).unwrap();
    let last = next(&lines, |line| line.contains("\"status\":\"working\""));
    assert!(last.contains(OWNER), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    scene.close(powered);
}

#[test]
fn a_code_typed_on_the_phone() {
    let scene = Scene::set();
    let powered = scene.power_on();
    let number = format!("+{OWNER}");
    let (mut child, lines) = lines(command(&powered, &["pair", "--phone", &number]));
    let code = next(&lines, |line| line.len() == 9 && line.as_bytes()[4] == b'-');
    scene.keep_secret(&code);
    scene.phone.type_code(&code).unwrap();
    let last = next(&lines, |line| line.contains("linked"));
    assert_eq!(last, "pairbox is linked: …1111");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let wrong = run(&powered, &["add", "second", "--phone", "0123"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    assert!(wrong.err.contains("bad_phone"), "{}", wrong.err);
    scene.close(powered);
}

#[test]
fn the_service_dies_while_somebody_pairs() {
    let scene = Scene::set();
    let powered = scene.power_on();
    let control = powered.control().to_owned();
    let tty = Tty::run(command(&powered, &["pair"]), (80, 40));
    let text = tty.wait("a code", |text| qr(screen(text), Theme::Dark));
    scene.socket.record.secret_qr(&text);
    let log = powered.cut().unwrap();
    scene.check_log(&log);
    let (status, text) = tty.end();
    assert_eq!(status.code(), Some(3), "{text}");
    let after = words(text.rsplit_once("\x1b[?1049l").unwrap().1);
    assert!(
        after.contains("control.sock") && !after.contains('█'),
        "{after}"
    );

    let socket = control.to_str().unwrap();
    assert_eq!(
        ran(bare(&["status", "--socket", socket]).output().unwrap()).code,
        3
    );
    // The next run takes the socket it finds left over.
    let powered = scene.power_on();
    assert!(done(&powered, &["status"]).starts_with("pairbox"));
    scene.close(powered);
}

#[test]
fn what_happens_is_followed() {
    let scene = Scene::set();
    let powered = scene.paired();
    let (mut child, lines) = lines(command(&powered, &["events", "--follow", "--json"]));
    // Nothing says that somebody listens now: so something happens until it is heard.
    let heard = (0..20).find_map(|_| {
        done(&powered, &["stop"]);
        done(&powered, &["start"]);
        lines.recv_timeout(Duration::from_secs(2)).ok()
    });
    let event: Value = serde_json::from_str(&heard.expect("nothing was heard")).unwrap();
    assert_eq!(event["event"], "session.status", "{event}");
    assert!(event["id"].as_str().unwrap().starts_with("evt_"), "{event}");
    next(&lines, |line| line.contains("\"working\""));

    scene.phone.stream_error(StreamError::Replaced);
    let line = next(&lines, |line| line.contains("stream_replaced"));
    assert!(line.contains("\"failed\""), "{line}");
    let status = done(&powered, &["status"]);
    assert!(
        status.contains("In use elsewhere") && status.contains("\n         "),
        "{status}"
    );
    scene.close(powered);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_box_of_several() {
    let scene = Scene::set();
    let powered = scene.power_on();
    assert!(done(&powered, &["add", "second", "--no-start"]).starts_with("second  Disconnected"));
    let taken = run(&powered, &["add", "second", "--no-start"]);
    assert_eq!(taken.code, 1);
    assert!(taken.err.contains("label_taken"), "{}", taken.err);
    assert_eq!(run(&powered, &["start"]).code, 4);
    done(&powered, &["rename", "sec", "Corner shop"]);
    done(&powered, &["select", "corner"]);
    let listed = done(&powered, &["accounts"]);
    let second = listed.lines().nth(1).unwrap();
    assert!(second.starts_with("*  2  Corner shop"), "{listed}");
    assert_eq!(run(&powered, &["delete", "2"]).code, 2);
    assert_eq!(
        done(&powered, &["delete", "2", "--yes"]),
        "Corner shop is deleted.\n"
    );
    assert_eq!(
        json(&powered, &["accounts", "--json"])["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(run(&powered, &["delete", "Corner shop", "--yes"]).code, 4);
    scene.close(powered);
}

#[test]
fn started_stopped_and_unlinked() {
    let scene = Scene::set();
    let powered = scene.paired();
    assert!(done(&powered, &["stop"]).contains("Disconnected"));
    assert_eq!(json(&powered, &["start", "--json"])["linked"], true);
    powered
        .wait_log(0, PATIENCE, |line| line.contains("→ stopped"))
        .unwrap();
    done(&powered, &["restart"]);
    let refused = run(&powered, &["logout"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    done(&powered, &["logout", "--yes"]);
    assert_eq!(json(&powered, &["status", "1", "--json"])["linked"], false);
    scene.close(powered);
}

#[test]
fn a_login_that_is_refused_ends_the_wait() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.phone.fail_logins(Some(Failure::Locked));
    let ran = {
        let tty = Tty::run(command(&powered, &["pair"]), (80, 40));
        let text = tty.wait("a code", |text| qr(screen(text), Theme::Dark));
        scene.socket.record.secret_qr(&text);
        let _ = scene.phone.scan(&text);
        tty.end()
    };
    assert_eq!(ran.0.code(), Some(6), "{}", ran.1);
    scene.close(powered);
}

#[test]
fn a_token_opens_the_other_door_until_it_is_taken_back() {
    let scene = Scene::set();
    let powered = scene.power_on();
    let out = done(&powered, &["token", "create", "desk"]);
    let token = out.trim_end();
    scene.keep_secret(token);
    let knock = |token| powered.get_lan("/api/v1/sessions", token).unwrap().code;
    assert_eq!((knock(Some(token)), knock(None)), (200, 401));
    let listed = done(&powered, &["token", "list"]);
    assert!(
        listed.contains("desk") && !listed.contains(token),
        "{listed}"
    );
    let id = listed.split_whitespace().next().unwrap();
    done(&powered, &["token", "revoke", id]);
    assert_eq!(knock(Some(token)), 401);
    let again = run(&powered, &["token", "revoke", id]);
    assert_eq!(again.code, 4, "{}", again.err);
    scene.close(powered);
}
