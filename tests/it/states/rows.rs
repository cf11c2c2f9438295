//! The table: a test for each row of the states people meet. Each enters its state by what the
//! simulated service, the owner or the world does, sees what the box says on every face, and leaves
//! the state the way people do.

use std::fs;
use std::time::Duration;

use pairbox_chips::Button;
use pairbox_sim::{Event, Failure, Fault, Portal, StreamError};

use super::stage::{Says, Stage, wait};
use crate::stories::scene::{PATIENCE, Scene};

const STOPPED: Says = Says {
    status: "stopped",
    text: "Disconnected",
    reason: None,
    glass: &["Disconnected"],
    more: "",
};
const SCANNING: Says = Says {
    status: "scan_qr_code",
    text: "Scan to pair",
    reason: None,
    glass: &[],
    more: "",
};
const CONNECTED: Says = Says {
    status: "working",
    text: "Connected",
    reason: None,
    glass: &["Connected", "1111"],
    more: "",
};

/// What is wrong with the world around the box from now on.
fn world(scene: &Scene, words: &str) {
    fs::write(scene.socket.folder.join("world"), words).unwrap();
}

/// What is wrong with its disk from now on.
fn disk(scene: &Scene, word: &str) {
    fs::write(scene.socket.folder.join("disk"), word).unwrap();
}

const STORAGE: Says = Says {
    status: "failed",
    text: "Storage problem",
    reason: Some("store"),
    glass: &["Storage problem"],
    more: "Nothing was deleted",
};

/// A way to WhatsApp that is blocked: what it says while starting.
const fn blocked(glass: &'static [&'static str], more: &'static str) -> Says {
    Says {
        status: "starting",
        text: "Starting…",
        reason: None,
        glass,
        more,
    }
}

#[test]
fn stopped_and_never_linked() {
    let stage = Stage::fresh();
    stage.expect(STOPPED);
    assert_eq!(stage.post("start", "{}").0, 202);
    stage.expect(SCANNING);
    stage.close();
}

#[test]
fn scanning() {
    let stage = Stage::fresh();
    stage.scene.bench.tap(Button::Connect);
    let account = stage.expect(SCANNING);
    assert_eq!(account["pairing"]["method"], "qr");
    stage.scene.scan_glass();
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn stopped_though_linked() {
    let stage = Stage::linked();
    stage.expect(CONNECTED);
    let (code, out, err) = stage.type_in(&["stop"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let account = stage.expect(STOPPED);
    assert_eq!(account["linked"], true);
    let (code, out, err) = stage.type_in(&["start"]);
    assert_eq!(code, Some(0), "{out}{err}");
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn starting_without_an_answer() {
    let stage = Stage::fresh();
    stage.scene.service.set_fault(Fault::Stall);
    stage.scene.bench.tap(Button::Connect);
    stage.expect(blocked(&["Starting"], ""));
    stage.expect(blocked(&["No answer"], "cannot be reached"));
    stage.scene.service.clear_faults();
    stage.expect(SCANNING);
    stage.close();
}

#[test]
fn starting_behind_a_login_page() {
    let stage = Stage::fresh();
    stage.scene.service.set_fault(Fault::Portal(Portal::Page));
    stage.scene.bench.tap(Button::Connect);
    stage.expect(blocked(&["Network login"], "Sign in to this network"));
    stage.scene.service.clear_faults();
    stage.scene.bench.tap(Button::Connect);
    stage.expect(SCANNING);
    stage.close();
}

#[test]
fn starting_without_a_name_service() {
    let mut scene = Scene::set();
    // A name that never exists (RFC 6761).
    scene.socket.endpoint = "wss://web.whatsapp.invalid/ws/chat".to_owned();
    let stage = Stage::on(scene);
    stage.scene.bench.tap(Button::Connect);
    stage.expect(blocked(&["No name service"], "DNS"));
    stage.scene.bench.tap(Button::Disconnect);
    stage.expect(STOPPED);
    stage.close();
}

#[test]
fn starting_without_a_clock() {
    let scene = Scene::set();
    world(&scene, "no-clock");
    let stage = Stage::on(scene);
    stage.scene.bench.tap(Button::Connect);
    // At once, and nothing is tried: no certificate could be judged.
    stage.expect(blocked(&["Waiting for the time"], "clock"));
    let tried = |event: &Event| matches!(event, Event::Handshake { .. });
    assert!(!stage.scene.service.events().iter().any(tried));
    world(&stage.scene, "");
    stage.expect(SCANNING);
    stage.close();
}

#[test]
fn starting_without_a_network() {
    let mut scene = Scene::set();
    world(&scene, "no-network");
    // Without a network every look-up fails, like that of a name that never exists (RFC 6761).
    scene.socket.endpoint = "wss://web.whatsapp.invalid/ws/chat".to_owned();
    let stage = Stage::on(scene);
    stage.scene.bench.tap(Button::Connect);
    stage.expect(blocked(&["No network"], "no network"));
    stage.scene.bench.tap(Button::Disconnect);
    stage.expect(STOPPED);
    stage.close();
}

#[test]
fn pairing_waits_for_a_full_disk() {
    let stage = Stage::fresh();
    disk(&stage.scene, "full");
    stage.scene.bench.tap(Button::Connect);
    stage.expect(STORAGE);
    // It goes on by itself when the disk does.
    disk(&stage.scene, "");
    stage.expect(SCANNING);
    stage.close();
}

#[test]
fn a_disk_that_becomes_read_only_ends_no_connection() {
    let stage = Stage::linked();
    disk(&stage.scene, "read-only");
    // Something that has to be kept meets it.
    stage.rename("Kiosk");
    let told = wait(PATIENCE, || stage.status()["store"]["status"] != "well");
    assert!(told, "{:#}", stage.status());
    assert_eq!(stage.account()["status"], "working");
    disk(&stage.scene, "");
    let well = wait(PATIENCE, || stage.status()["store"]["status"] == "well");
    assert!(well, "{:#}", stage.status());
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn a_store_that_cannot_be_read_at_the_start() {
    let scene = Scene::set();
    scene.paired().cut().unwrap();
    disk(&scene, "read-only");
    let stage = Stage::on(scene);
    stage.scene.wait_glass("Storage problem");
    // Without its store it knows no token: whoever is inside can look.
    let account = stage.powered.account().unwrap();
    assert_eq!(account["status"], "failed", "{account}");
    assert_eq!(account["status_text"], STORAGE.text);
    let (_, out, err) = stage.type_in(&["status"]);
    assert!(out.contains(STORAGE.text), "{out}{err}");
    disk(&stage.scene, "");
    stage.scene.wait_connected(&stage.powered);
    stage.close();
}

#[test]
fn a_phone_that_was_silent_for_long() {
    let scene = Scene::set();
    // A world that is there from the start is looked at again and again.
    world(&scene, "");
    let stage = Stage::linked_on(scene);
    world(&stage.scene, "days-later 11");
    // The wall is looked at with the next thing that happens.
    stage.scene.phone.reset_all();
    let warned = wait(PATIENCE, || stage.account()["phone_silent"]["days"] == 11);
    assert!(warned, "{:#}", stage.account());
    stage.scene.wait_glass("silent");
    let (_, out, _) = stage.type_in(&["status"]);
    assert!(out.contains("11 days"), "{out}");
    world(&stage.scene, "days-later 13");
    stage.scene.phone.reset_all();
    let urgent = wait(PATIENCE, || {
        stage.account()["phone_silent"]["urgent"] == true
    });
    assert!(urgent, "{:#}", stage.account());
    // A sign of life has the time of the service, which knows nothing of later days: so it is today again.
    world(&stage.scene, "");
    stage.scene.phone.reset_all();
    let back = wait(PATIENCE, || stage.account()["phone_silent"].is_null());
    assert!(back, "{:#}", stage.account());
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn a_passkey_is_wanted() {
    let stage = Stage::fresh();
    stage.scene.service.set_fault(Fault::Passkey);
    stage.scene.bench.tap(Button::Connect);
    let text = stage.scene.wait_qr();
    stage.scene.phone.scan(&text).unwrap_err();
    stage.expect(Says {
        status: "passkey_required",
        text: "Confirm on your phone",
        reason: None,
        glass: &["passkey"],
        more: "passkey",
    });
    // The step fails at the service: said, and no code is shown until somebody asks for one.
    stage.scene.service.continue_passkey();
    stage.expect(Says {
        status: "failed",
        text: "Passkey needed",
        reason: Some("passkey"),
        glass: &["Passkey needed"],
        more: "passkey",
    });
    stage.scene.service.clear_faults();
    stage.scene.bench.tap(Button::Connect);
    stage.scene.scan_glass();
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn nobody_scanned() {
    let stage = Stage::fresh();
    stage.scene.bench.tap(Button::Connect);
    stage.expect(SCANNING);
    stage.scene.service.offer_refs(0);
    stage.expect(Says {
        status: "failed",
        text: "Press to show QR",
        reason: Some("qr_exhausted"),
        glass: &["Press to show QR"],
        more: "Nobody scanned in time",
    });
    stage.scene.bench.tap(Button::Connect);
    stage.scene.scan_glass();
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn reconnecting_after_a_loss() {
    let stage = Stage::linked();
    stage.scene.service.set_fault(Fault::Refuse);
    stage.scene.service.reset_all();
    let account = stage.expect(Says {
        status: "reconnecting",
        text: "Reconnecting",
        reason: None,
        glass: &["Reconnecting"],
        more: "",
    });
    assert!(account["reconnect"]["attempt"].is_number(), "{account}");
    // Stop works at once, also during a wait.
    assert_eq!(stage.post("stop", "{}").0, 200);
    stage.expect(STOPPED);
    stage.scene.service.clear_faults();
    stage.post("start", "{}");
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn a_socket_that_is_open_and_says_nothing() {
    let stage = Stage::linked();
    stage.scene.phone.silence(true);
    // The library's own deadline, or ours: which is quicker is nobody's business.
    stage.expect(Says {
        status: "reconnecting",
        text: "Reconnecting",
        reason: None,
        glass: &["Reconnecting"],
        more: "",
    });
    stage.scene.phone.silence(false);
    stage.scene.bench.tap(Button::Connect);
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn replaced_by_another_client() {
    let stage = Stage::linked();
    let cursor = stage.scene.service.cursor();
    stage.scene.service.stream_error(StreamError::Replaced);
    stage.expect(Says {
        status: "failed",
        text: "In use elsewhere",
        reason: Some("stream_replaced"),
        glass: &["In use elsewhere"],
        more: "Another device runs with the same link",
    });
    // Not fought over.
    let tries = |event: &Event| matches!(event, Event::Handshake { .. });
    let seen = stage.scene.service.events();
    drop(cursor);
    let before = seen.iter().filter(|it| tries(it)).count();
    stage.scene.bench.tap(Button::Connect);
    stage.expect(CONNECTED);
    let after = stage.scene.service.events();
    assert_eq!(after.iter().filter(|it| tries(it)).count(), before + 1);
    stage.close();
}

/// A login that fails that way, after a restart of the connection.
fn refused(failure: Failure) -> Stage {
    let stage = Stage::linked();
    stage.scene.phone.fail_logins(Some(failure));
    stage.scene.phone.reset_all();
    stage
}

/// A person tries again once the reason is gone.
fn mended(stage: Stage) {
    stage.scene.phone.fail_logins(None);
    stage.scene.bench.tap(Button::Connect);
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn too_old_for_whatsapp() {
    let stage = refused(Failure::ClientOutdated);
    let account = stage.expect(Says {
        status: "failed",
        text: "Update needed",
        reason: Some("client_outdated"),
        glass: &["Update needed"],
        more: "Update pairbox",
    });
    assert!(account["retry_in_ms"].is_number(), "{account}");
    mended(stage);
}

#[test]
fn a_locked_account() {
    let stage = refused(Failure::Locked);
    let account = stage.expect(Says {
        status: "failed",
        text: "Account locked",
        reason: Some("account_locked"),
        glass: &["Account locked"],
        more: "Open WhatsApp on the phone",
    });
    let retry = account["retry_in_ms"].as_u64().unwrap();
    assert!((1..=300_000).contains(&retry), "{account}");
    mended(stage);
}

#[test]
fn a_ban_with_an_end() {
    let hour = Duration::from_secs(3600);
    let ban = Failure::TemporaryBan {
        code: 101,
        expire: hour,
    };
    let stage = refused(ban);
    let account = stage.expect(Says {
        status: "failed",
        text: "Temporarily banned",
        reason: Some("temporary_ban"),
        glass: &["Temporarily banned"],
        more: "banned",
    });
    let restriction = &account["restriction"];
    assert_eq!(restriction["kind"], "temporary_ban", "{account}");
    assert!(restriction["expires_at"].is_string(), "{account}");
    let retry = account["retry_in_ms"].as_u64().unwrap();
    assert!((1..=3_600_000).contains(&retry), "{account}");
    mended(stage);
}

#[test]
fn a_service_that_has_no_time_is_no_fault_of_the_account() {
    let stage = refused(Failure::Unavailable);
    stage.expect(Says {
        status: "reconnecting",
        text: "Reconnecting",
        reason: None,
        glass: &["Reconnecting"],
        more: "",
    });
    mended(stage);
}

const UNLINKED: Says = Says {
    status: "logged_out",
    text: "Unlinked",
    reason: None,
    glass: &["Unlinked"],
    more: "",
};

/// The phone lets the box in again, as a new device.
fn linked_anew(stage: Stage) {
    stage.scene.bench.tap(Button::Connect);
    stage.scene.scan_glass();
    stage.expect(CONNECTED);
    stage.close();
}

#[test]
fn unlinked_on_the_phone() {
    let stage = Stage::linked();
    let device = stage.scene.phone.devices()[0].clone();
    assert!(stage.scene.phone.remove_device(&device));
    let account = stage.expect(UNLINKED);
    assert_eq!(account["last_error"]["code"], "logged_out");
    linked_anew(stage);
}

#[test]
fn unlinked_over_the_api() {
    let stage = Stage::linked();
    assert_eq!(stage.post("logout", "{}").0, 200);
    stage.expect(UNLINKED);
    let told = wait(PATIENCE, || stage.scene.phone.devices().is_empty());
    assert!(told, "WhatsApp was not told");
    linked_anew(stage);
}

#[test]
fn refused_twice_is_unlinked() {
    let stage = Stage::linked();
    for _ in 0..2 {
        stage.scene.phone.fail_logins(Some(Failure::LoggedOut));
        stage.scene.phone.reset_all();
        stage.expect(UNLINKED);
        stage.scene.phone.fail_logins(None);
        // The first time nothing is lost: the box could be in again if the service was mistaken.
        if stage.account()["linked"] == false {
            break;
        }
    }
    linked_anew(stage);
}
