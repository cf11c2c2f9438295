//! What a linked companion lives through: lost connections, restarts, a changed service key, being
//! replaced, being unlinked, logging itself out.

use pairbox_sim::{Event as Seen, Jid, Options, Pattern, RemovedBy, Service};
use whatsapp_rust::types::events::Event;

use crate::companion::{Companion, DEADLINE, NUMBER, backend, linked};

fn wait_handshake(service: &Service, cursor: &mut pairbox_sim::Cursor) -> Pattern {
    let _ = service;
    match cursor.wait(DEADLINE, |event| matches!(event, Seen::Handshake { .. })) {
        Ok(Seen::Handshake { pattern, .. }) => pattern,
        other => panic!("{other:?}"),
    }
}

fn the_device(service: &Service) -> Jid {
    service.phone(NUMBER, "Owner").devices().remove(0)
}

#[test]
fn a_lost_connection_comes_back_with_the_short_handshake() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    for cut in [Service::close_all, Service::reset_all] {
        let mut cursor = service.cursor();
        cut(&service);
        companion.wait(|event| matches!(event, Event::Disconnected(_)).then_some(()));
        companion.wait_connected();
        assert_eq!(wait_handshake(&service, &mut cursor), Pattern::Ik);
    }
}

#[test]
fn a_restarted_client_needs_no_scan() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    linked(&service, &backend).stop();
    let mut cursor = service.cursor();
    let mut companion = Companion::start(&service, &backend);
    companion.wait_connected();
    assert_eq!(wait_handshake(&service, &mut cursor), Pattern::Ik);
    assert!(!companion.heard(|event| matches!(event, Event::PairingQrCode(_))));
    assert_eq!(companion.push_name(), "Owner", "kept from before");
}

#[test]
fn a_client_with_an_old_service_key_falls_back() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    linked(&service, &backend).stop();
    service.rotate_static_key();
    let mut cursor = service.cursor();
    let mut companion = Companion::start(&service, &backend);
    companion.wait_connected();
    assert_eq!(wait_handshake(&service, &mut cursor), Pattern::XxFallback);
    // The new key was remembered.
    companion.stop();
    let mut companion = Companion::start(&service, &backend);
    companion.wait_connected();
    assert_eq!(wait_handshake(&service, &mut cursor), Pattern::Ik);
}

#[test]
fn a_second_login_replaces_the_first() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    let mut first = linked(&service, &backend);
    let mut second = Companion::start(&service, &backend);
    second.wait_connected();
    first.wait(|event| matches!(event, Event::StreamReplaced(_)).then_some(()));
    first.wait_ended();
}

#[test]
fn the_phone_unlinks_the_companion() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = linked(&service, &backend);
    let jid = the_device(&service);
    assert!(phone.remove_device(&jid));
    assert!(!phone.remove_device(&jid), "it is not linked any more");
    companion.wait(|event| match event {
        Event::LoggedOut(out) => (!out.on_connect).then_some(()),
        _ => None,
    });
    companion.wait_ended();
    assert!(phone.devices().is_empty());

    // Its old credentials are good for nothing.
    let mut companion = Companion::start(&service, &backend);
    companion.wait(|event| match event {
        Event::LoggedOut(out) => out.on_connect.then_some(()),
        _ => None,
    });
    companion.wait_ended();
}

#[test]
fn an_unlinked_companion_hears_of_it_when_it_comes_back() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    linked(&service, &backend).stop();
    let phone = service.phone(NUMBER, "Owner");
    assert!(phone.remove_device(&the_device(&service)));
    let mut companion = Companion::start(&service, &backend);
    companion.wait(|event| matches!(event, Event::LoggedOut(_)).then_some(()));
}

#[test]
fn the_companion_logs_itself_out() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    let jid = the_device(&service);
    companion.log_out();
    companion.wait(|event| matches!(event, Event::LoggedOut(_)).then_some(()));
    let wanted = Seen::DeviceRemoved {
        jid,
        by: RemovedBy::Companion,
    };
    service.wait(DEADLINE, |event| *event == wanted).unwrap();
    assert!(service.phone(NUMBER, "Owner").devices().is_empty());
}

#[test]
fn pings_are_answered_before_and_after_login() {
    let service = Service::start(Options::default()).unwrap();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    let qr = companion.wait_qr();
    let mut cursor = service.cursor();
    let ponged = |event: &Seen| matches!(event, Seen::Ponged { .. });
    service.ping();
    cursor.wait(DEADLINE, ponged).unwrap();
    phone.scan(&qr).unwrap();
    companion.wait_connected();
    service.ping();
    cursor.wait(DEADLINE, ponged).unwrap();
}

#[test]
fn two_accounts_are_linked_at_once() {
    let service = Service::start(Options::default()).unwrap();
    let mut first = linked(&service, &backend());
    let other = service.phone("15550003333", "Other");
    let mut second = Companion::start(&service, &backend());
    other.scan(&second.wait_qr()).unwrap();
    second.wait_connected();

    second.send_text(NUMBER, "from one companion to another");
    let (from, body) = first.wait_text();
    assert_eq!(from, "15550003333");
    assert_eq!(body, "from one companion to another");
}
