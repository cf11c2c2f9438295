//! An account whose linking wants a passkey, which this box cannot give.

use pairbox::event::LinkEvent;
use pairbox_sim::{Fault, ScanError};

use super::scene::Scene;

#[test]
fn a_passkey_is_asked_for_and_linking_goes_on_without_it_later() {
    let scene = Scene::set();
    scene.service.set_fault(Fault::Passkey);
    let mut running = scene.start();
    let qr = running.wait_qr();
    assert!(matches!(scene.phone.scan(&qr), Err(ScanError::Passkey)));
    running.wait_for(|event| *event == LinkEvent::PasskeyRequired);
    scene.service.clear_faults();
    scene.phone.scan(&qr).unwrap();
    running.wait_connected();
}

#[test]
fn a_passkey_step_that_fails_is_told() {
    let scene = Scene::set();
    scene.service.set_fault(Fault::Passkey);
    let mut running = scene.start();
    let qr = running.wait_qr();
    assert!(matches!(scene.phone.scan(&qr), Err(ScanError::Passkey)));
    running.wait_for(|event| *event == LinkEvent::PasskeyRequired);
    scene.service.continue_passkey();
    running.wait_for(|event| matches!(event, LinkEvent::PasskeyFailed { .. }));
}

#[test]
fn a_passkey_request_that_does_not_say_what_to_sign_has_failed() {
    let scene = Scene::set();
    scene.service.set_fault(Fault::PasskeyUntold);
    let mut running = scene.start();
    let qr = running.wait_qr();
    assert!(matches!(scene.phone.scan(&qr), Err(ScanError::Passkey)));
    running.wait_for(|event| matches!(event, LinkEvent::PasskeyFailed { .. }));
}
