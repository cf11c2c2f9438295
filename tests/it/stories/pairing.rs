//! From the press of a button to a linked account, and the ways it can go wrong.

use pairbox_chips::{Button, qr_check};
use pairbox_sim::{Fault, ScanError};

use super::scene::{OWNER_LAST4, PATIENCE, Scene};

#[test]
fn press_scan_connected() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");
    let before = powered.account().unwrap();
    assert_eq!(before["status"], "stopped");
    assert_eq!(before["linked"], false);

    scene.bench.tap(Button::Connect);
    let text = scene.wait_qr();
    assert_eq!(text.split(',').count(), 5);
    let pairing = powered.account().unwrap();
    assert_eq!(pairing["status"], "scan_qr_code");
    assert_eq!(pairing["status_text"], "Scan to pair");
    let qr = powered.path(1, "qr").unwrap() + "?format=svg";
    let svg = powered.get(&qr).unwrap();
    assert!(svg.contains("<svg"), "{svg}");

    scene.phone.scan(&text).unwrap();
    scene.wait_connected(&powered);

    // The credential is gone everywhere.
    let status = powered.get_lan("/api/v1/status", None).unwrap();
    let status = status.text().unwrap();
    assert!(
        !status.contains(&text) && !status.contains("15550001111"),
        "{status}"
    );
    let gone = powered.get(&qr).unwrap();
    assert!(!gone.contains("<svg"), "{gone}");
    let png = powered.get_bytes("/panel.png").unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    scene.close(powered);
}

#[test]
fn a_code_that_fails_the_check_stays_up_and_says_why() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");
    scene.bench.tap(Button::Connect);
    let text = scene.wait_qr();

    scene.service.set_fault(Fault::BadHmac);
    let refused = scene.phone.scan(&text);
    assert!(
        matches!(refused, Err(ScanError::ClientRefused { .. })),
        "{refused:?}"
    );
    scene.service.clear_faults();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("hmac"))
        .unwrap();
    let account = powered.account().unwrap();
    assert_eq!(account["status"], "scan_qr_code", "{account}");
    let error = account["last_error"].to_string();
    assert!(
        error.contains("pair_rejected") && error.contains("hmac"),
        "{error}"
    );

    // A code that is up, scanned properly, pairs.
    let text = scene.wait_qr();
    scene.phone.scan(&text).unwrap();
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn removed_on_the_phone_then_paired_again() {
    let scene = Scene::set();
    let powered = scene.paired();
    let devices = scene.phone.devices();
    assert_eq!(devices.len(), 1);

    assert!(scene.phone.remove_device(&devices[0]));
    scene.wait_glass("Unlinked");
    let account = powered.account().unwrap();
    assert_eq!(account["status"], "logged_out", "{account}");

    // The press confirms the loss: the old identity goes, a fresh code comes at once.
    scene.bench.tap(Button::Connect);
    scene.scan_glass();
    scene.wait_connected(&powered);
    assert_eq!(scene.phone.devices().len(), 1);
    scene.close(powered);
}

/// The client's own clock runs the codes: 60 s and five times 20 s.
#[test]
fn six_codes_run_out_and_a_press_brings_new_ones() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");
    scene.bench.tap(Button::Connect);
    let mut last = scene.wait_qr();
    let mut seen = vec![last.clone()];
    for _ in 1..6 {
        last = scene.wait_other_qr(&last);
        assert!(!seen.contains(&last), "a code came twice");
        seen.push(last.clone());
    }
    scene.wait_glass("Press to show QR");
    let account = powered.account().unwrap();
    assert_eq!(account["status"], "failed");
    assert_eq!(account["reason"], "qr_exhausted");

    scene.bench.tap(Button::Connect);
    scene.scan_glass();
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn stopping_takes_the_code_off_the_glass() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");
    scene.bench.tap(Button::Connect);
    let text = scene.wait_qr();
    scene.bench.tap(Button::Disconnect);
    scene.wait_glass("Disconnected");
    assert_eq!(powered.account().unwrap()["status"], "stopped");
    let late = scene.phone.scan(&text);
    assert!(late.is_err(), "a withdrawn code paired: {late:?}");

    // The service ends its side; nothing of it comes back to the glass.
    scene.bench.tap(Button::Connect);
    let fresh = scene.wait_other_qr(&text);
    scene.phone.scan(&fresh).unwrap();
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn a_power_cut_while_a_code_is_up_leaves_a_box_that_waits() {
    let scene = Scene::set();
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");
    scene.bench.tap(Button::Connect);
    scene.wait_qr();
    let log = powered.cut().unwrap();
    scene.check_log(&log);

    // Nobody asked it to pair since it has power again: it burns no codes.
    let powered = scene.power_on();
    let picture = scene.wait_glass("Disconnected");
    assert!(!picture.says(OWNER_LAST4));
    assert!(
        qr_check::read_qr(&picture).is_err(),
        "a stale code stands on the glass"
    );
    scene.close(powered);
}
