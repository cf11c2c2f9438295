//! Pairing by a code that is typed on the phone.

use pairbox_sim::{CodeRefusal, Fault};
use serde_json::Value;

use super::stage::{Stage, wait};
use crate::stories::scene::{OWNER, PATIENCE};

/// Asks for a code over the API.
fn ask(stage: &Stage) -> String {
    let body = format!(r#"{{"phone":"+{OWNER}"}}"#);
    let (status, answer) = stage.post("pairing-code", &body);
    assert_eq!(status, 200, "{answer}\n{}", stage.said());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let code = answer["code"].as_str().unwrap().to_owned();
    stage.powered.secret(&code);
    stage.powered.secret(&code.replace('-', ""));
    code
}

#[test]
fn a_code_typed_on_the_phone_links_the_box() {
    let stage = Stage::fresh();
    let code = ask(&stage);
    // On the glass as on the phone: two halves with a dash.
    assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
    stage.scene.wait_glass(&code);
    let account = stage.account();
    assert_eq!(account["status"], "scan_qr_code");
    assert_eq!(account["status_text"], "Enter code");
    assert_eq!(account["pairing"]["code"], code.as_str());
    // The QR is there too: whichever is quicker.
    let qr = stage.powered.path(1, "qr?format=raw").unwrap();
    let qr = stage.powered.get(&qr).unwrap();
    stage.powered.secret(&qr);
    assert!(qr.starts_with("2@"), "{qr}");

    stage.scene.phone.type_code(&code).unwrap();
    stage.scene.wait_connected(&stage.powered);
    assert_eq!(stage.scene.phone.devices().len(), 1);
    // Gone from everywhere.
    assert!(stage.account()["pairing"].is_null());
    assert!(!stage.scene.bench.picture().says(&code));
    stage.close();
}

#[test]
fn a_wrong_code_is_told_and_the_right_one_still_works() {
    let stage = Stage::fresh();
    let code = ask(&stage);
    let wrong = if code.starts_with('A') { 'B' } else { 'A' };
    let wrong = format!("{wrong}{}", &code[1..]);
    stage.scene.phone.type_code(&wrong).unwrap_err();
    stage.scene.phone.type_code(&code).unwrap();
    stage.scene.wait_connected(&stage.powered);
    stage.close();
}

#[test]
fn a_lost_connection_brings_another_code_by_itself() {
    let stage = Stage::fresh();
    let code = ask(&stage);
    stage.scene.wait_glass(&code);
    stage.scene.service.reset_all();
    let mut other = String::new();
    let renewed = wait(2 * PATIENCE, || {
        let account = stage.account();
        other = account["pairing"]["code"].as_str().unwrap_or("").to_owned();
        !other.is_empty() && other != code
    });
    assert!(renewed, "{}\n{}", stage.account(), stage.said());
    stage.powered.secret(&other);
    stage.powered.secret(&other.replace('-', ""));
    stage.scene.wait_glass(&other);
    stage.scene.phone.type_code(&other).unwrap();
    stage.scene.wait_connected(&stage.powered);
    stage.close();
}

#[test]
fn a_refused_code_is_told_in_words() {
    let stage = Stage::fresh();
    stage
        .scene
        .service
        .set_fault(Fault::Code(CodeRefusal::RateOverlimit));
    let body = format!(r#"{{"phone":"{OWNER}"}}"#);
    let (status, answer) = stage.post("pairing-code", &body);
    assert_eq!(status, 429, "{answer}");
    // The QR stays up, and can be scanned.
    stage.scene.scan_glass();
    stage.scene.wait_connected(&stage.powered);
    let (status, answer) = stage.post("pairing-code", &body);
    assert_eq!(status, 409, "{answer}");
    stage.close();
}
