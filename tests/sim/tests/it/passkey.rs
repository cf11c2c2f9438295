//! Accounts whose linking wants a passkey, as far as whatsapp-rust 0.7.0 plays along without one.

use pairbox_sim::{CodeError, Fault, Options, ScanError, Service};
use whatsapp_rust::types::events::Event;

use crate::companion::{Companion, NUMBER, backend};

fn asked(companion: &mut Companion) {
    let options = companion.wait(|event| match event {
        Event::PairPasskeyRequest(request) => Some(request.request_options_json.clone()),
        _ => None,
    });
    assert!(options.contains("whatsapp.com"));
}

#[test]
fn a_scan_is_answered_by_a_passkey_request_and_links_later() {
    let service = Service::start(Options::default()).unwrap();
    let phone = service.phone(NUMBER, "Owner");
    service.set_fault(Fault::Passkey);
    let mut companion = Companion::start(&service, &backend());
    let qr = companion.wait_qr();
    assert!(matches!(phone.scan(&qr), Err(ScanError::Passkey)));
    asked(&mut companion);
    assert!(phone.devices().is_empty());
    service.clear_faults();
    phone.scan(&qr).unwrap();
    companion.wait_connected();
}

#[test]
fn a_typed_code_is_answered_by_one_too() {
    let service = Service::start(Options::default()).unwrap();
    let phone = service.phone(NUMBER, "Owner");
    service.set_fault(Fault::Passkey);
    let mut companion = Companion::start_with_code(&service, &backend());
    let code = companion.wait_code();
    let typed = phone.type_code(&code);
    assert!(matches!(typed, Err(CodeError::Link(ScanError::Passkey))));
    asked(&mut companion);
    service.clear_faults();
    phone.type_code(&code).unwrap();
    companion.wait_connected();
}

#[test]
fn a_companion_without_a_passkey_fails_at_each_step() {
    let service = Service::start(Options::default()).unwrap();
    let phone = service.phone(NUMBER, "Owner");
    service.set_fault(Fault::PasskeyUntold);
    let mut companion = Companion::start(&service, &backend());
    let qr = companion.wait_qr();
    assert!(matches!(phone.scan(&qr), Err(ScanError::Passkey)));
    let failed = |companion: &mut Companion| {
        companion.wait(|event| match event {
            Event::PairPasskeyError(error) => Some(error.continuation),
            _ => None,
        })
    };
    assert!(!failed(&mut companion), "it was not told what to sign");
    service.continue_passkey();
    assert!(failed(&mut companion), "it has not signed anything");
}
